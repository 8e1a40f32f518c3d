"""The building stones of a protocol file: a value with its source, and quantities read with their unit.

Every table of the model is made of these. They refuse a quantity of the wrong kind, a number without a unit, an
unknown key, a citation left empty, and "illustrative" on anything but a site value.
"""

from collections.abc import Callable
from enum import StrEnum
from typing import Annotated, Generic, Literal, TypeVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    InstanceOf,
    PlainValidator,
    StrictBool,
    StrictInt,
    StringConstraints,
    model_validator,
)

from inkt_mfg import units
from inkt_mfg.language import Phrase
from inkt_mfg.refusal import Refusal, refuse
from inkt_mfg.science.acceptance import Criterion
from inkt_mfg.units import Kind, Measured

T = TypeVar("T")


class Refused(ValueError):
    """A refusal on its way through pydantic, which only carries ValueErrors together with the key they belong to."""

    def __init__(self, refusal: Refusal) -> None:
        self.refusal = refusal
        super().__init__(str(refusal))


class Source(StrEnum):
    """Who says so."""

    REGISTRY = "registry"  # the public registry record of the trial
    LITERATURE = "literature"  # published elsewhere: the citation says where
    SITE = "site"  # not published: approved by the site before a real batch starts


class Table(BaseModel):
    """A table of the file: nothing in it can be changed, and no key is ignored."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=False, hide_input_in_errors=True)


Sentence = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
Code = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
WholeNumber = StrictInt
YesNo = StrictBool


class Cited(Table):
    """A table whose values all come from one place."""

    source: Source
    citation: Sentence
    illustrative: YesNo = False

    @model_validator(mode="after")
    def _only_a_site_value_is_illustrative(self) -> "Cited":
        if self.illustrative and self.source is not Source.SITE:
            raise Refused(
                refuse(
                    "protocol.source",
                    Phrase("a {source} value is marked illustrative", source=self.source.value),
                    expected=Phrase('illustrative = true beside source = "site" only'),
                )
            )
        return self


class Sourced(Cited, Generic[T]):
    """One value with its own source: ``key = { value = …, source = …, citation = … }``."""

    value: T


class Range(Table, Generic[T]):
    """From low to high, both ends inside."""

    low: T
    high: T


def _reads(kind: Kind) -> Callable[[object], Measured]:
    def read(text: object) -> Measured:
        if isinstance(text, Measured):
            return text
        try:
            return units.read(_text(text, Phrase(kind.value), kind.example), kind, field=kind.value)
        except Refusal as refusal:
            raise Refused(refusal) from refusal

    return read


def _text(given: object, name: Phrase, example: str) -> str:
    if isinstance(given, str):
        return given
    raise refuse(
        "units.missing",
        Phrase("it is not a text with a unit"),
        expected=Phrase('{name} in quotation marks, such as "{example}"', name=name, example=example),
        typed=str(given),
    )


Height = Annotated[InstanceOf[Measured], BeforeValidator(_reads(Kind.HEIGHT))]
BodyWeight = Annotated[InstanceOf[Measured], BeforeValidator(_reads(Kind.BODY_WEIGHT))]
BodyMassIndex = Annotated[InstanceOf[Measured], BeforeValidator(_reads(Kind.BODY_MASS_INDEX))]
BodySurface = Annotated[InstanceOf[Measured], BeforeValidator(_reads(Kind.BODY_SURFACE))]
Volume = Annotated[InstanceOf[Measured], BeforeValidator(_reads(Kind.VOLUME))]
Percent = Annotated[InstanceOf[Measured], BeforeValidator(_reads(Kind.PERCENT))]
Duration = Annotated[InstanceOf[Measured], BeforeValidator(_reads(Kind.DURATION))]
Temperature = Annotated[InstanceOf[Measured], BeforeValidator(_reads(Kind.TEMPERATURE))]
DailyActivity = Annotated[
    InstanceOf[Measured], BeforeValidator(_reads(Kind.ACTIVITY_PER_BODY_WEIGHT_PER_DAY))
]
ActivityConcentration = Annotated[InstanceOf[Measured], BeforeValidator(_reads(Kind.ACTIVITY_CONCENTRATION))]
MassConcentration = Annotated[InstanceOf[Measured], BeforeValidator(_reads(Kind.MASS_CONCENTRATION))]
GrowthRate = Annotated[InstanceOf[Measured], BeforeValidator(_reads(Kind.GROWTH_RATE))]
EndotoxinRate = Annotated[InstanceOf[Measured], BeforeValidator(_reads(Kind.ENDOTOXIN_RATE))]


def _dose_limit(text: object) -> Measured:
    """Cells per body surface or per body weight; the table's ``per`` says which, and is compared later."""
    try:
        typed = _text(text, Phrase("a dose"), Kind.CELLS_PER_AREA.example)
        by_weight = "g" in typed or "lb" in typed
        kind = Kind.CELLS_PER_BODY_WEIGHT if by_weight else Kind.CELLS_PER_AREA
        return units.read(typed, kind, field="dose")
    except Refusal as refusal:
        raise Refused(refusal) from refusal


DoseLimit = Annotated[InstanceOf[Measured], BeforeValidator(_dose_limit)]


def _criterion(text: object) -> Criterion:
    try:
        return Criterion.read(_text(text, Phrase("a criterion"), ">= 70 %"))
    except Refusal as refusal:
        raise Refused(refusal) from refusal


CriterionText = Annotated[InstanceOf[Criterion], BeforeValidator(_criterion)]


class Written(StrEnum):
    """What is written down that is not a quantity."""

    TEXT = "text"
    IDENTIFIER = "identifier"
    MOMENT = "moment"
    YES_NO = "yes_no"
    QUALITATIVE = "qualitative"


def _kind(name: object) -> Kind | Written:
    """``cell_concentration`` and its like name a quantity; text, identifier, moment, yes_no, qualitative do not."""
    quantities = {kind.name.lower(): kind for kind in Kind}
    words = {word.value: word for word in Written}
    if isinstance(name, str) and name in quantities:
        return quantities[name]
    if isinstance(name, str) and name in words:
        return words[name]
    raise Refused(
        refuse(
            "protocol.kind",
            Phrase("there is no such kind of quantity"),
            expected=Phrase("one of {names}", names=", ".join([*quantities, *words])),
            typed=str(name),
        )
    )


KindName = Annotated[Kind | Written, PlainValidator(_kind)]
Per = Literal["area", "body_weight"]
Basis = Literal["viable_inkt", "total_viable"]
