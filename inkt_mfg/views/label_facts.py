"""What a label of each kind needs to know, as plain values of the record: collection, batch, dose, release, and beyond.

Each class adds what its moment in the making adds, so a quarantine label cannot even be handed a certificate number. An
absent fact is ``""`` or ``None``; whether it may be absent is the element table's question (R50). Refused (rule
``label.content``): floats, endless numbers, times without an offset, text with control characters.
"""

import dataclasses
import typing
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from inkt_mfg.language import Phrase
from inkt_mfg.refusal import Refusal, refuse

Basis = Literal["viable_inkt", "total_viable"]
Verdict = Literal["below", "within", "above"]
ReleaseStatus = Literal["released", "conditional", "exceptional"]


@dataclass(frozen=True, slots=True)
class Wording:
    """One text in several languages, as sorted (language code, text) pairs. Make it with ``wording(en=…, zh=…)``."""

    by_language: tuple[tuple[str, str], ...]

    def get(self, language: str) -> str:
        """The text in this language, empty when there is none."""
        return dict(self.by_language).get(language, "")


def wording(**by_language: str) -> Wording:
    """``wording(en="Intravenous infusion", zh="静脉输注")``: what is said differently in each language."""
    return Wording(tuple(sorted(by_language.items())))


Worded = str | Wording  # a plain str is printed as it is in every language (names, codes, addresses)


@dataclass(frozen=True, slots=True)
class PendingResult:
    """A test whose result is not there at a conditional release, and the day it is due."""

    test: Worded
    due: date


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectionFacts:
    """What is known when something is collected, and stays true until the infusion: whose it is, what, since when."""

    # who
    patient_name: str
    patient_id: str
    subject_number: str
    date_of_birth: date | None
    # what
    product_name: Worded
    product_code: str
    container: int
    containers: int
    chain_of_identity: str
    collection_code: str
    site_code: str
    # where from
    collection_facility: Worded
    collected_at: datetime | None
    # how much, with what, until when
    volume_ml: Decimal | None
    anticoagulant: Worded
    additives: Worded
    antibiotics: Worded
    storage_low_c: Decimal | None
    storage_high_c: Decimal | None
    expires_at: datetime | None
    shipped_abroad: bool
    # infectious disease
    screening_complete: bool
    testing_complete: bool
    risk_factor: bool
    reactive: tuple[Worded, ...]
    # where the numbers of the protocol come from
    illustrative: bool

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            refuse_unprintable(field.name, getattr(self, field.name))


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchFacts(CollectionFacts):
    """With a batch: where it is made and, as soon as they were counted, its cells. All numbers are unrounded."""

    batch: str
    processing_facility: Worded
    processing_address: Worded
    container_viable_cells: Decimal | None
    viability_percent: Decimal | None
    inkt_percent: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StepFacts(BatchFacts):
    """A vessel, vial, sample or part of a batch on its way: what it is for, and when it was filled."""

    purpose: Worded
    filled_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DestroyedFacts(BatchFacts):
    """A container that must never be used: why, when, and the two people who answer for it."""

    destroyed_why: Worded
    destroyed_at: datetime | None
    destroyed_by: str
    witnessed_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DoseFacts(BatchFacts):
    """A final container with its dose, before release.

    The four ``dose_…`` numbers describe what is *to be given*: the whole container, or, when ``give_ml`` is not None,
    only that measured part of it.
    """

    give_ml: Decimal | None
    dose_basis: Basis
    dose_viable_inkt: Decimal | None
    dose_total_viable: Decimal | None
    dose_viable_inkt_per_unit: Decimal | None
    dose_total_viable_per_unit: Decimal | None
    dose_unit: Literal["m^2", "kg"]
    dose_low: Decimal | None
    dose_high: Decimal | None
    verdict: Verdict

    def __post_init__(self) -> None:
        CollectionFacts.__post_init__(
            self
        )  # by name: a slotted dataclass is made twice, and super() knows the first
        if self.dose_basis not in typing.get_args(Basis) or self.verdict not in typing.get_args(Verdict):
            typed = f"{self.dose_basis}, {self.verdict}"
            raise bad_content("dose_basis", typed, Phrase("a known basis and verdict"))


@dataclass(frozen=True, slots=True, kw_only=True)
class InfusionFacts(DoseFacts):
    """Everything an infusion label may need, as plain values of the released record."""

    # the trial
    trial: str
    sponsor: Worded
    investigator: Worded
    contact: Worded
    # how
    route: Worded
    directions: Worded
    # release
    release_status: ReleaseStatus
    pending: tuple[PendingResult, ...]
    exceptional_statement: Worded
    certificate: str
    released_by: str
    released_at: datetime | None

    def __post_init__(self) -> None:
        DoseFacts.__post_init__(self)
        if self.release_status not in typing.get_args(ReleaseStatus):
            raise refuse(
                "R55",
                Phrase(
                    "an infusion label was asked for while the release status is {status!r}",
                    status=self.release_status,
                ),
                expected=Phrase("released, conditional or exceptional"),
                resolve_by=Phrase("a QA officer, by releasing the batch"),
                field="release_status",
                typed=str(self.release_status),
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class CartonFacts(InfusionFacts):
    """The carton the released bag and its papers travel in: where to, and to whom."""

    consignee: Worded
    consignee_address: Worded


def refuse_unprintable(field: str, value: object) -> None:
    """Raises Refusal ``label.content`` for what a label cannot hold."""
    if isinstance(value, float) or (isinstance(value, Decimal) and not value.is_finite()):
        raise bad_content(field, str(value), Phrase("a finite Decimal"))
    if isinstance(value, str) and any(character < " " for character in value):
        raise bad_content(field, value, Phrase("one line of text without control characters"))
    if isinstance(value, datetime) and value.utcoffset() is None:
        raise bad_content(field, str(value), Phrase("a time with its UTC offset"))


def bad_content(field: str, typed: str, expected: Phrase) -> Refusal:
    """The refusal of a value no label can hold: our own record gave it."""
    return refuse(
        "label.content",
        Phrase("the content of a label cannot hold this {field}", field=field),
        expected=expected,
        resolve_by=Phrase("whoever maintains the program: the record gave a value of another type"),
        field=field,
        typed=typed,
    )
