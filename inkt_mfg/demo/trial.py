"""The whole trial of the demo: sixty subjects, two arms, and every batch's story on one simulated clock.

``Trial.run_until`` lets each story go on when its moment comes. The same seed and the same last day give the same trial;
the stories of the last day stop at different places, so that batches stand in every state when it ends.
"""

import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial
from itertools import count
from random import Random

from inkt_mfg import protocol
from inkt_mfg.demo.course import BatchStory
from inkt_mfg.demo.lab import LOTS, Fate, Lab, Waits
from inkt_mfg.demo.templates import approve_templates
from inkt_mfg.workflow import lots, protocols, subjects
from inkt_mfg.workflow.subjects import chain_of_identity

PROTOCOL = "nct04011033"
SUBJECTS = 60
SLOT_DAYS = 7
GOOD_FOLDS = (11.5, 16.5)
_FAMILY = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"
_GIVEN = (
    "伟",
    "芳",
    "娜",
    "敏",
    "静",
    "丽",
    "强",
    "磊",
    "军",
    "洋",
    "勇",
    "艳",
    "杰",
    "涛",
    "明",
    "超",
    "秀英",
    "建国",
    "小红",
    "志强",
)


@dataclass(frozen=True, slots=True)
class Patient:
    """One invented subject of the trial."""

    number: str
    name: str
    patient_id: str
    birth_date: date
    sex: str
    arm: str
    first_tae: date
    height: int
    weight: float


@dataclass
class Trial:
    """The trial on its clock. ``last_day`` is the day the demo ends on; ``seed`` makes it repeatable."""

    lab: Lab
    last_day: date
    seed: int = 2011
    subjects: int = SUBJECTS
    protocol_code: str = ""

    def __post_init__(self) -> None:
        self.random = Random(self.seed)  # noqa: S311 — a story, not a secret
        self._queue: list[tuple[datetime, int, Waits]] = []
        self._order = count()
        self.patients = list(self._patients())
        self.begins = min(p.first_tae for p in self.patients) - timedelta(days=16)

    # --- the clock

    def let(self, story: Waits) -> None:
        """Let a story run on the trial's clock from its first moment on."""
        at = next(story, None)
        if at is not None:
            heapq.heappush(self._queue, (at, next(self._order), story))

    def run_until(self, end: datetime, hear: Callable[[datetime], None] | None = None) -> None:
        """Carry out everything due before ``end``, in the order of time."""
        while self._queue and self._queue[0][0] <= end:
            at, _n, story = heapq.heappop(self._queue)
            if at > self.lab.clock.at:
                self.lab.clock.move_to(at.astimezone(UTC))
            if hear is not None:
                hear(at)
            self.let(story)
        if end > self.lab.clock.at:
            self.lab.clock.move_to(end.astimezone(UTC))

    # --- who takes part

    def _patients(self) -> Iterator[Patient]:
        """Half in each arm; in the last weeks three a week began, before that one, the last of them a few weeks ago."""
        dosed = self.subjects // 2
        arms = ["inkt"] * dosed + ["control"] * (self.subjects - dosed)
        slots = [week for week in range(8) for _ in range(3)] + list(range(8, 8 + max(0, dosed - 24)))
        for n, arm in enumerate(arms):
            week = slots[n] if arm == "inkt" else self.random.randint(0, 13)
            sex = self.random.choice(("female", "male"))
            height = self.random.randint(150, 165) if sex == "female" else self.random.randint(160, 180)
            age_days = self.random.randint(19 * 365, 79 * 365)
            yield Patient(
                number=f"YA-{n + 1:03d}",
                name=self.random.choice(_FAMILY) + self.random.choice(_GIVEN),
                patient_id=f"H{self.random.randint(1_000_000, 9_999_999)}",
                birth_date=self.last_day - timedelta(days=age_days + 200),
                sex=sex,
                arm=arm,
                first_tae=self.last_day - timedelta(days=SLOT_DAYS * (week + 1)),
                height=height,
                weight=round((height / 100) ** 2 * self.random.uniform(19, 26), 1),
            )

    # --- the stories

    def prepare(self) -> str:
        """Protocol registered and approved by two, label templates approved, lots released; returns the protocol's code."""
        do = self.lab.do
        approve_templates(partial(do, "chen.qa", sign=True))
        text = protocol.load(PROTOCOL).text
        code = do("chen.qa", protocols.register_protocol, text=text, file_name=f"{PROTOCOL}.toml").code
        do("chen.qa", protocols.approve_protocol, code, sign=True)
        do("sun.md", protocols.approve_protocol, code, sign=True)
        expiry = (self.last_day + timedelta(days=300)).isoformat()
        for material, lot in LOTS.items():
            do("li.tech", lots.register_lot, material=material, lot_number=lot, expires_on=expiry)
            do("chen.qa", lots.release_lot, lot, sign=True)
        return code

    def enrol_all(self, protocol_code: str) -> None:
        """Let every patient's story begin."""
        fates = self._fates()
        for n, patient in enumerate(self.patients):
            self.let(self._patient_story(patient, protocol_code, fates.get(n, {})))

    def _fates(self) -> dict[int, dict[int, Fate]]:
        """What must be seen in the demo, by patient and infusion; everything else goes well.

        On the last day patients 0-2 are at infusion 1, 6-8 at 2, 12-14 at 3, 18-20 at 4, 24 at 5, 26 at 6.
        """
        ends = "stops_growing"
        return {
            0: {1: Fate(13, stop_after="harvest")},
            1: {1: Fate(13, stop_after="formulate")},
            2: {1: Fate(13, stop_after="submit"), 2: Fate(13, stop_after="plan")},
            6: {2: Fate(13, stop_after="review")},
            7: {1: Fate(20), 2: Fate(13, stop_after="release")},
            8: {2: Fate(21, stop_after="release"), 3: Fate(13, stop_after="plan")},
            12: {3: Fate(13, stop_after="label")},
            13: {2: Fate(6), 3: Fate(13, stop_after="issue")},
            14: {1: Fate(0.4, ends), 3: Fate(13, stop_after="infuse")},
            18: {2: Fate(13, late_result="growth"), 3: Fate(0.4, ends), 4: Fate(6, stop_after="review")},
            19: {3: Fate(6.5, "exceptional")},
            20: {1: Fate(13, "rejected")},
            21: {2: Fate(24)},
            22: {3: Fate(6.2)},
            25: {4: Fate(13, "rejected")},
            27: {2: Fate(0.4, ends)},
        }

    def _patient_story(self, patient: Patient, protocol_code: str, fates: dict[int, Fate]) -> Waits:
        yield self.lab.at(patient.first_tae - timedelta(days=12), 8, 30)
        enrol(self.lab, patient, protocol_code)
        if patient.arm != "inkt":
            return
        for story in self.batch_stories(patient, fates):
            self.let(story)

    def batch_stories(self, patient: Patient, fates: dict[int, Fate]) -> Iterator[Waits]:
        """One story per infusion of the course."""
        days = protocol.load(PROTOCOL).schedule.infusion_days.value
        for number, day in enumerate(days, start=1):
            story = BatchStory(
                lab=self.lab,
                random=Random(f"{self.seed}/{patient.number}/{number}"),  # noqa: S311
                subject=patient.number,
                identity=chain_of_identity(self.lab.store.site, patient.number),
                patient_id=patient.patient_id,
                infusion=number,
                infusion_day=patient.first_tae + timedelta(days=day),
                fate=fates.get(number) or self.good_fate(),
                weight=patient.weight,
                height=patient.height,
            )
            yield story.tell()

    def good_fate(self) -> Fate:
        """A culture that gives a dose within the window."""
        low, high = GOOD_FOLDS
        return Fate(self.random.uniform(low, high))


def enrol(lab: Lab, patient: Patient, protocol_code: str) -> None:
    """Enrolment with every eligibility answer, and the day of the first TAE/TACE."""
    lab.do(
        "sun.md",
        subjects.enrol_subject,
        protocol=protocol_code,
        subject_number=patient.number,
        patient_name=patient.name,
        patient_id=patient.patient_id,
        birth_date=patient.birth_date.isoformat(),
        sex=patient.sex,
        arm=patient.arm,
        consent_signed_on=lab.today(),
        answers=eligible_answers(),
    )
    lab.do("sun.md", subjects.record_first_tae, patient.number, day=patient.first_tae.isoformat())


def eligible_answers() -> dict[str, str]:
    """An eligible subject's answers, in the units laboratories really use."""
    rules = protocol.load(PROTOCOL)
    answers = {criterion.code: "yes" for criterion in rules.eligibility}
    answers |= {exclusion.code: "no" for exclusion in rules.exclusions}
    return answers | {
        "life_expectancy": "26 weeks",
        "white_cells": "5.1×10^9/L",
        "lymphocytes": "1.4×10^9/L",
        "haemoglobin": "12.8 g/dL",
        "platelets": "148×10^3/µL",
        "creatinine": "78 µmol/L; 104 µmol/L",
        "inkt_concentration": "220 cells/mL",
    }
