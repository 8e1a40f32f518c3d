"""Body measurements: surface area by a named formula, body mass index, and whether the numbers can be a patient's.

Pure functions on measured values. A height, weight, index or surface beyond a hard limit is refused (swapped entries,
metres as centimetres, pounds as kilograms); one between the soft and the hard limit is returned as a concern that a
second person must answer. Nothing is ever moved into range.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import pairwise

from inkt_mfg import units
from inkt_mfg.language import Phrase
from inkt_mfg.refusal import Blocker, Refusal
from inkt_mfg.science.surface import FORMULAS, BsaFormula, body_surface_area, formula_named, surface_line
from inkt_mfg.units import Kind, Measured

__all__ = [
    "ADULT", "FORMULAS", "Body", "BodyCheck", "BodyLimits", "BsaFormula", "ImplausibleBody", "Plausible",
    "body_mass_index", "body_surface_area", "check_body", "formula_named", "surface_line",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Body:
    """The height and weight a dose is worked out from."""

    height: Measured
    weight: Measured


def body_mass_index(height: Measured, weight: Measured) -> Measured:
    """Weight over height squared, in kg/m². Refuses units.dimension for what is no height or weight."""
    with units.working():
        metres = units.canonical(height, Kind.HEIGHT) / 100
        return units.of(units.canonical(weight, Kind.BODY_WEIGHT) / metres**2, "kg/m^2")


@dataclass(frozen=True, slots=True)
class Plausible:
    """Two closed ranges for one measurement: outside ``hard`` is refused, between ``soft`` and ``hard`` is asked."""

    hard: tuple[Measured, Measured]
    soft: tuple[Measured, Measured]

    def __post_init__(self) -> None:
        ladder = (self.hard[0], self.soft[0], self.soft[1], self.hard[1])
        if any(units.compare(a, b) > 0 for a, b in pairwise(ladder)):
            raise ValueError("limits must rise: hard low, soft low, soft high, hard high")


@dataclass(frozen=True, slots=True)
class BodyLimits:
    """What the protocol takes for a plausible patient."""

    height: Plausible
    weight: Plausible
    bmi: Plausible
    bsa: Plausible

    def __post_init__(self) -> None:
        wanted = {"height": Kind.HEIGHT, "weight": Kind.BODY_WEIGHT, "bmi": Kind.BODY_MASS_INDEX}
        for name, kind in (*wanted.items(), ("bsa", Kind.BODY_SURFACE)):
            if kind not in units.kind_of(getattr(self, name).hard[0].unit):
                raise ValueError(f"the limits of {name} need a unit of {kind.value}")


def _plausible(unit: str, *ladder: str) -> Plausible:
    hard_low, soft_low, soft_high, hard_high = (units.of(value, unit) for value in ladder)
    return Plausible((hard_low, hard_high), (soft_low, soft_high))


# For the calculator outside a site, where no protocol speaks: an adult. A protocol brings its own.
ADULT = BodyLimits(
    height=_plausible("cm", "120", "140", "200", "230"),
    weight=_plausible("kg", "25", "40", "120", "250"),
    bmi=_plausible("kg/m^2", "12", "16", "35", "45"),
    bsa=_plausible("m^2", "0.9", "1.2", "2.4", "3.0"),
)


class ImplausibleBody(Refusal):
    """A body beyond a hard limit; every limit it breaks is named."""


@dataclass(frozen=True, slots=True)
class BodyCheck:
    """A body inside the hard limits, with what a second person still has to answer for."""

    bmi: Measured
    bsa: Measured
    concerns: tuple[Blocker, ...]


def check_body(height: Measured, weight: Measured, bsa_formula: str, limits: BodyLimits) -> BodyCheck:
    """Index and surface of a plausible body, with its soft concerns. Raises ImplausibleBody beyond a hard limit."""
    both = f"{_as_typed(height)}, {_as_typed(weight)}"
    entered = (
        _Reading("height", Phrase("height"), height, limits.height, _as_typed(height)),
        _Reading("weight", Phrase("weight"), weight, limits.weight, _as_typed(weight)),
    )
    _refuse_beyond_hard(entered, height, weight, limits)
    bmi, bsa = body_mass_index(height, weight), body_surface_area(bsa_formula, height, weight)
    derived = (
        _Reading("bmi", Phrase("body mass index"), bmi, limits.bmi, both),
        _Reading("bsa", Phrase("body surface area"), bsa, limits.bsa, both),
    )
    _refuse_beyond_hard(derived, height, weight, limits)
    return BodyCheck(bmi, bsa, tuple(r.concern() for r in (*entered, *derived) if r.outside(r.limits.soft)))


def _as_typed(m: Measured) -> str:
    return m.typed or units.show(m)


@dataclass(frozen=True, slots=True)
class _Reading:
    """One of the four numbers, with its limits and the text it came from."""

    field: str
    name: Phrase
    m: Measured
    limits: Plausible
    typed: str

    def outside(self, limits: tuple[Measured, Measured]) -> bool:
        return units.compare(self.m, limits[0]) < 0 or units.compare(self.m, limits[1]) > 0

    def beyond(self) -> Blocker:
        value = units.show(self.m, beside=self.limits.hard)
        what = Phrase("no patient has a {name} of {value}", name=self.name, value=value)
        return self._blocker(what, self.limits.hard, Phrase("whoever measured, by reading the source again"))

    def concern(self) -> Blocker:
        value = units.show(self.m, beside=self.limits.soft)
        what = Phrase("a {name} of {value} is unusual", name=self.name, value=value)
        second = Phrase("a second person who reads the source again, with a reason")
        return self._blocker(what, self.limits.soft, second)

    def _blocker(self, what: Phrase, limits: tuple[Measured, Measured], resolve_by: Phrase) -> Blocker:
        low, high = (units.show(limit) for limit in limits)
        expected = Phrase("{name} from {low} to {high}", name=self.name, low=low, high=high)
        return Blocker(f"body.{self.field}", what, expected, resolve_by, self.field, self.typed)


def _refuse_beyond_hard(
    readings: Iterable[_Reading], height: Measured, weight: Measured, limits: BodyLimits
) -> None:
    """Name every broken hard limit; the first says which slip of the hand would explain the numbers, if one does."""
    beyond = [reading.beyond() for reading in readings if reading.outside(reading.limits.hard)]
    if not beyond:
        return
    slip = _slip(height, weight, limits)
    if slip is not None:
        what = Phrase("{what}; {slip}", what=beyond[0].what, slip=slip)
        beyond[0] = replace(beyond[0], what=what)
    raise ImplausibleBody(*beyond)


def _slip(height: Measured, weight: Measured, limits: BodyLimits) -> Phrase | None:
    """The commonest slip under which height and weight would be plausible. Offered to the reader, never applied."""
    cm, kg = units.canonical(height, Kind.HEIGHT), units.canonical(weight, Kind.BODY_WEIGHT)
    slips = (
        (Phrase("height and weight may be swapped"), units.of(kg, "cm"), units.of(cm, "kg")),
        (Phrase("the height may be in metres"), units.of(cm, "m"), weight),
        (Phrase("the weight may be in pounds"), height, units.of(kg, "lb")),
    )
    for phrase, tall, heavy in slips:
        entered = _is_plausible(tall, limits.height) and _is_plausible(heavy, limits.weight)
        if entered and _is_plausible(body_mass_index(tall, heavy), limits.bmi):
            return phrase
    return None


def _is_plausible(m: Measured, limits: Plausible) -> bool:
    return units.compare(m, limits.hard[0]) >= 0 >= units.compare(m, limits.hard[1])
