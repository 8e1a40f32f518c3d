"""The protocol of a trial: the master batch record and its rules, read from one TOML text and never changed.

Everyone above asks it; nothing of any trial is written anywhere else. ``Protocol.read`` refuses a text with a wrong
unit or dimension, an unknown or missing key, an empty window, a step out of order, a code used twice, a reference to
nothing or a criterion that cannot be read, naming file, key and line, every fault at once.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Self, TypeVar

from pydantic import PrivateAttr, ValidationError

from inkt_mfg.language import Phrase
from inkt_mfg.protocol import plain, rules
from inkt_mfg.protocol.dosing import Body, Counting, Dose, Endotoxin, Forecast
from inkt_mfg.protocol.endotoxin import EndotoxinLimit, endotoxin_limit
from inkt_mfg.protocol.faults import ProtocolText, wrongs_of
from inkt_mfg.protocol.making import Act, Check, Entry, Material, Operation, SecondPerson, Step
from inkt_mfg.protocol.release import (
    Collection,
    Container,
    Due,
    Expiry,
    Hold,
    Labels,
    Product,
    RecordKeeping,
    Release,
    ReleaseTest,
    Sample,
    Words,
)
from inkt_mfg.protocol.trial import Arm, Consent, EligibilityCriterion, Exclusion, Il2, Schedule, Trial
from inkt_mfg.protocol.values import Basis, Code, Sentence, Table
from inkt_mfg.refusal import refuse
from inkt_mfg.science.acceptance import Criterion
from inkt_mfg.science.body import BodyLimits, Plausible
from inkt_mfg.science.calendar import SchedulePlan
from inkt_mfg.science.dosing import DoseWindow
from inkt_mfg.units import Measured

Coded = TypeVar("Coded", Arm, Entry, Material, Step, Sample, ReleaseTest)


@dataclass(frozen=True, slots=True)
class SiteValue:
    """A value nobody has published. It must be approved before a real batch starts; ``illustrative`` ones never can."""

    key: str
    value: str
    citation: str
    illustrative: bool


class Protocol(Table):
    """One version of one trial's protocol. Fields are the tables of the file; properties are what others work with."""

    id: Code
    version: Sentence
    title: Sentence
    trial: Trial
    arms: tuple[Arm, ...]
    consent: Consent
    eligibility: tuple[EligibilityCriterion, ...]
    exclusions: tuple[Exclusion, ...]
    schedule: Schedule
    il2: Il2 | None = None
    dose: Dose
    body: Body
    counting: Counting
    forecast: Forecast
    entries: tuple[Entry, ...]
    materials: tuple[Material, ...]
    steps: tuple[Step, ...]
    samples: tuple[Sample, ...]
    tests: tuple[ReleaseTest, ...]
    endotoxin: Endotoxin | None = None
    release: Release
    words: Words
    product: Product
    container: Container
    collection: Collection
    holds: tuple[Hold, ...]
    expiry: Expiry
    labels: Labels
    record_keeping: RecordKeeping
    second_person: tuple[SecondPerson, ...]

    _text: str = PrivateAttr()

    @classmethod
    def read(cls, text: str, name: str) -> Self:
        """The protocol a TOML text describes; ``name`` is the file to point at. Raises a Refusal of ``Fault``s."""
        source = ProtocolText(text, name)
        tables = source.parse()
        try:
            protocol = cls.model_validate(tables)
        except ValidationError as error:
            refusal = source.refusal(wrongs_of(error, plain.all_keys(cls)))
            assert refusal is not None, "pydantic says what is wrong"
            raise refusal from error
        if (refusal := source.refusal(rules.everything_wrong(protocol))) is not None:
            raise refusal
        protocol._text = text  # noqa: SLF001 - its own, set once here
        return protocol

    @property
    def text(self) -> str:
        """The original text, to be pinned by a batch and read again with ``read``."""
        return self._text

    @property
    def content_sha256(self) -> str:
        """SHA-256 (hexadecimal) of the text in UTF-8: what an approval signs and a batch pins."""
        return hashlib.sha256(self._text.encode()).hexdigest()

    # --- what decides a dose, in the types of ``science``

    @property
    def dose_window(self) -> DoseWindow:
        return DoseWindow(self.dose.low.value, self.dose.high.value)

    @property
    def dose_basis(self) -> Basis:
        """Which cells are the dose: viable iNKT, or total viable."""
        return self.dose.basis.value

    @property
    def bsa_formula(self) -> str:
        return self.dose.bsa_formula.value

    @property
    def syringe_step(self) -> Measured:
        return self.dose.syringe_step.value

    @property
    def body_limits(self) -> BodyLimits:
        body = self.body
        return BodyLimits(
            height=_plausible(body.height_hard, body.height_soft),
            weight=_plausible(body.weight_hard, body.weight_soft),
            bmi=_plausible(body.bmi_hard, body.bmi_soft),
            bsa=_plausible(body.bsa_hard, body.bsa_soft),
        )

    @property
    def schedule_plan(self) -> SchedulePlan:
        plan, il2 = self.schedule, self.il2
        return SchedulePlan(
            tae_days=plan.tae_days.value,
            infusion_days=plan.infusion_days.value,
            culture_days=plan.culture_days.value,
            sterility_read_days=plan.sterility_read_days.value,
            il2_start_days=il2.first_day_after_infusion.value if il2 else None,
            il2_course_days=il2.planned_days.value if il2 else None,
        )

    @property
    def number_of_infusions(self) -> int:
        return len(self.schedule.infusion_days.value)

    # --- the batch record

    def arm(self, code: str) -> Arm:
        return _with_code(self.arms, code, Phrase("arm"))

    def step(self, code: str) -> Step:
        return _with_code(self.steps, code, Phrase("step"))

    def entry(self, code: str) -> Entry:
        return _with_code(self.entries, code, Phrase("entry"))

    def material(self, code: str) -> Material:
        return _with_code(self.materials, code, Phrase("material"))

    def sample(self, code: str) -> Sample:
        return _with_code(self.samples, code, Phrase("sample"))

    def test(self, code: str) -> ReleaseTest:
        return _with_code(self.tests, code, Phrase("test"))

    def steps_doing(self, operation: Operation) -> tuple[Step, ...]:
        """The steps a command of this kind may record, in their order."""
        return tuple(step for step in self.steps if step.operation is operation)

    def checks_for(self, act: Act) -> tuple[Check, ...]:
        """Any one of these satisfies the second-person rule for the act; empty when the protocol asks for none."""
        return next((rule.by for rule in self.second_person if rule.act is act), ())

    # --- results and release

    @property
    def terms(self) -> Mapping[str, str]:
        """Words that are numbers, with the number as text."""
        return MappingProxyType(self.words.numbers)

    def tests_due(self, due: Due) -> tuple[ReleaseTest, ...]:
        return tuple(test for test in self.tests if test.due is due)

    def criterion_of(self, test: str, *, weight: Measured, area: Measured, volume: Measured) -> Criterion:
        """The criterion a result is judged by; a limit K/M is computed for this patient and this volume given."""
        found = self.test(test)
        if found.criterion is not None:
            return found.criterion
        return self.endotoxin_limit(weight=weight, area=area, volume=volume).criterion

    def endotoxin_limit(self, *, weight: Measured, area: Measured, volume: Measured) -> EndotoxinLimit:
        """Both endotoxin limits for this patient and volume, and the criterion of the one in force."""
        assert self.endotoxin is not None, (
            "a computed limit without its table was refused when the text was read"
        )
        return endotoxin_limit(self.endotoxin, weight=weight, area=area, volume=volume)

    # --- approval and printing

    def site_values(self) -> tuple[SiteValue, ...]:
        """Every value nobody has published, in the order of the file."""
        return tuple(
            SiteValue(key, value, cited.citation, cited.illustrative)
            for key, value, cited in plain.site_values(self)
        )

    @property
    def is_illustrative(self) -> bool:
        """True while any value only shows what the program does: no real batch, and every printout says so."""
        return any(value.illustrative for value in self.site_values())

    def as_json(self) -> dict[str, Any]:
        """The whole protocol with its hash; quantities as value and unit."""
        return {
            **plain.tables(self),
            "content_sha256": self.content_sha256,
            "illustrative": self.is_illustrative,
        }


def _plausible(hard: Any, soft: Any) -> Plausible:
    return Plausible((hard.low, hard.high), (soft.low, soft.high))


def _with_code(items: tuple[Coded, ...], code: str, noun: Phrase) -> Coded:
    """The item of this code. Refuses protocol.reference."""
    for item in items:
        if item.code == code:
            return item
    raise refuse(
        "protocol.reference",
        Phrase("the protocol has no {noun} {code}", noun=noun, code=repr(code)),
        expected=Phrase("one of {codes}", codes=", ".join(item.code for item in items)),
        field="code",
        typed=code,
    )
