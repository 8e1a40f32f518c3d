"""One more patient, walked through visibly: every receipt printed as it happens, with the refusals a user would meet.

``inkt demo`` runs it at the end of the simulated trial. It provokes some refusals on purpose and shows them; a refusal
that does not come when it should is a bug and ends the walk.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

from inkt_mfg import protocol
from inkt_mfg.demo.course import BatchStory
from inkt_mfg.demo.lab import Told, Waits
from inkt_mfg.demo.people import sign_as
from inkt_mfg.demo.trial import PROTOCOL, Patient, Trial, enrol
from inkt_mfg.language import Phrase
from inkt_mfg.refusal import Refusal
from inkt_mfg.views.batch_page import dose_card
from inkt_mfg.workflow import labelling, release, subjects
from inkt_mfg.workflow.bench import Receipt

Say = Callable[[object], None]
POUNDS = "143 kg"  # 65 kg read off a scale in pounds


@dataclass
class VisibleStory(BatchStory):
    """A batch whose people also try what is not allowed."""

    say: Say = print

    def _try(self, what: Phrase, act: Callable[[], Receipt]) -> None:
        self.say(Phrase("   tries: {what}", what=what))
        try:
            receipt = act()
        except Refusal as refusal:
            for blocker in refusal.blockers:
                self.say(f"   ✗ {blocker}")
            return
        raise AssertionError(f"{receipt.command} should have been refused")

    def _measure_body(self) -> None:
        physician, height, today = self.lab.staff["sun.md"], f"{self.height} cm", self.lab.today()
        self._try(
            Phrase("the weight in pounds typed as kilograms"),
            lambda: physician.run(
                subjects.measure_body, self.subject, height=height, weight=POUNDS, measured_on=today
            ),
        )
        super()._measure_body()

    def _decide(self) -> Waits:
        technician = self.lab.staff["li.tech"]
        pharmacist = self.lab.staff["liu.pharm"]
        self._try(
            Phrase("the technician who counted releases the batch"),
            lambda: technician.run(release.release, self.code, sign_with=sign_as(technician)),
        )
        self._try(
            Phrase("an infusion label before release"),
            lambda: pharmacist.run(labelling.prepare_label, f"{self.code}-1"),
        )
        self.say("")
        self.say(Phrase("   How the dose was worked out:"))
        card = dose_card(self.lab.store, self.code)
        assert card is not None
        for line in card.derivation:
            self.say(f"     {line.formula}:  {line.values}  =  {line.result}")
        self.say("")
        yield from super()._decide()


def visible_patient(trial: Trial) -> Patient:
    """The sixty-first subject, whose first infusion falls on the last day."""
    days = protocol.load(PROTOCOL).schedule.infusion_days.value
    return Patient(
        number=f"YA-{trial.subjects + 1:03d}",
        name="欧阳晓",
        patient_id="H6100061",
        birth_date=trial.last_day.replace(year=trial.last_day.year - 61, day=1),
        sex="female",
        arm="inkt",
        first_tae=trial.last_day - timedelta(days=days[0]),
        height=168,
        weight=65.0,
    )


def walk_story(
    trial: Trial, patient: Patient, protocol_code: str, say: Say, hear: Callable[[str, Receipt], None]
) -> tuple[VisibleStory, Waits]:
    """The story object, whose ``code`` becomes the batch, and the waits to let run on the trial's clock."""
    lab = replace(trial.lab, told=Told(hear))
    story = VisibleStory(
        lab=lab,
        random=trial.random,
        subject=patient.number,
        identity=subjects.chain_of_identity(lab.store.site, patient.number),
        patient_id=patient.patient_id,
        infusion=1,
        infusion_day=trial.last_day,
        fate=trial.good_fate(),
        weight=patient.weight,
        height=patient.height,
        say=say,
    )

    def tell() -> Waits:
        yield lab.at(patient.first_tae - timedelta(days=12), 8, 30)
        enrol(lab, patient, protocol_code)
        yield from story.tell()

    return story, tell()
