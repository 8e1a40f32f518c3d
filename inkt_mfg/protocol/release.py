"""The tables of a protocol file from the sample to the ward: samples, tests, release, product, expiry, labels.

``workflow`` asks them which tests must be reported and which may be pending, views ask them when results are due,
``labels`` what to print. They hold what the file says; the computed endotoxin limit is in ``endotoxin``.
"""

from enum import StrEnum
from typing import Literal

from inkt_mfg.protocol.values import (
    Cited,
    Code,
    CriterionText,
    Duration,
    KindName,
    Range,
    Sentence,
    Sourced,
    Table,
    Temperature,
    Volume,
    WholeNumber,
    YesNo,
)
from inkt_mfg.science.intervals import Interval
from inkt_mfg.units import Kind, Measured, of

_SIGNED = frozenset({Kind.TEMPERATURE, Kind.GROWTH_RATE})  # of these a number below zero means something


class Sample(Cited):
    """A sample of the sampling plan: taken at which step, and how much."""

    code: Code
    title: Sentence
    step: Code
    volume: Volume


class Due(StrEnum):
    """When a test must be reported."""

    BEFORE_RELEASE = "before_release"
    AFTER_RELEASE = "after_release"


class ReleaseTest(Cited):
    """A test of the specification. Its limit is a criterion, or is computed for each patient (``limit_from``).

    ``read_after`` is how long after the sample was taken the result of a late test reads out. A percentage is a part of a
    whole unless ``may_exceed_whole`` says otherwise, as for a recovery.
    """

    code: Code
    title: Sentence
    method: Sentence
    sample: Code
    kind: KindName
    criterion: CriterionText | None = None
    limit_from: Literal["endotoxin"] | None = None
    due: Due
    read_after: Duration | None = None
    may_exceed_whole: YesNo = False

    @property
    def possible(self) -> Interval | None:
        """Which numbers can be reported for it at all: none below zero, and of a whole no more than all of it."""
        if not isinstance(self.kind, Kind) or self.kind in _SIGNED:
            return None
        of_a_whole = self.kind is Kind.PERCENT and not self.may_exceed_whole
        return Interval(of(0, self.kind.canonical), of(100, "%") if of_a_whole else None)


class Release(Cited):
    """Whether a conditional release is allowed, and which tests may be pending then."""

    conditional_allowed: YesNo
    may_be_pending: tuple[Code, ...]


class Words(Cited):
    """Words a laboratory writes for a number, as exact text: "No beads" = "0"."""

    numbers: dict[Sentence, Sentence]


class Product(Table):
    """What the product is called and how it is given."""

    name: Sourced[Sentence]
    code: Sourced[Sentence]
    route: Sourced[Sentence]
    directions: Sourced[Sentence]


class Container(Cited):
    """The final container, and what of its volume never reaches the patient."""

    volume: Volume
    number: WholeNumber
    excipients: tuple[Sentence, ...]
    antibiotics: tuple[Sentence, ...]  # empty: the product holds none, and its label says so
    line_residual: Volume
    quality_control_volume: Volume
    retain_volume: Volume

    @property
    def taken(self) -> tuple[Measured, ...]:
        """Every volume of the container that is no dose: line residual, quality control, retain."""
        return (self.line_residual, self.quality_control_volume, self.retain_volume)


class Collection(Cited):
    """What a collection should be when it arrives."""

    volume: Range[Volume]
    temperature: Range[Temperature]
    anticoagulants: tuple[Sentence, ...]


class Hold(Cited):
    """The longest time from a moment that was written down until a step is done."""

    code: Code
    title: Sentence
    starts_at: Code
    ends_with: Code
    limit: Duration


class Expiry(Cited):
    """The expiry clock of the final product, the moment that starts it, and where it is kept meanwhile."""

    starts_at: Code
    within: Duration
    storage_low: Temperature
    storage_high: Temperature


class Labels(Table):
    """Which label profiles and languages are printed."""

    profiles: Sourced[tuple[Sentence, ...]]
    languages: Sourced[tuple[Sentence, ...]]


class RecordKeeping(Cited):
    """When an act counts as entered late and asks why."""

    late_entry_after: Duration
