"""Body measurements: surface area by a named formula, body mass index, and whether the numbers can be a patient's.

Pure functions on measured values. A height, weight, index or surface beyond a hard limit is refused (swapped entries,
metres as centimetres, pounds as kilograms); one between the soft and the hard limit is returned as a concern that a
second person must answer. Nothing is ever moved into range.
"""

from collections.abc import Iterator
from dataclasses import dataclass
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
    """Weight over height squared, in kg/m²."""
    with units.working():
        return units.measured(units.quantity(weight) / units.quantity(height) ** 2, "kg/m^2")


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
    entries = (("height", height, limits.height), ("weight", weight, limits.weight))
    beyond = [
        _beyond_hard(name, m, plausible) for name, m, plausible in entries if _outside(m, plausible.hard)
    ]
    if beyond:
        raise ImplausibleBody(*_with_suspicion(beyond, height, weight, limits))
    bmi, bsa = body_mass_index(height, weight), body_surface_area(bsa_formula, height, weight)
    derived = (("bmi", bmi, limits.bmi), ("bsa", bsa, limits.bsa))
    beyond = [
        _beyond_hard(name, m, plausible) for name, m, plausible in derived if _outside(m, plausible.hard)
    ]
    if beyond:
        raise ImplausibleBody(*_with_suspicion(beyond, height, weight, limits))
    return BodyCheck(
        bmi,
        bsa,
        tuple(_beyond_soft(name, m, p) for name, m, p in (*entries, *derived) if _outside(m, p.soft)),
    )


_MEASURER = Phrase("whoever measured, by reading the source again")


def _outside(m: Measured, limits: tuple[Measured, Measured]) -> bool:
    return units.compare(m, limits[0]) < 0 or units.compare(m, limits[1]) > 0


def _beyond_hard(name: str, m: Measured, plausible: Plausible) -> Blocker:
    return _concern(
        name,
        m,
        plausible.hard,
        Phrase("no patient has a {name} of {value}", name=Phrase(name), value=_near(m, plausible.hard)),
    )


def _beyond_soft(name: str, m: Measured, plausible: Plausible) -> Blocker:
    what = Phrase("a {name} of {value} is unusual", name=Phrase(name), value=_near(m, plausible.soft))
    return _concern(
        name, m, plausible.soft, what, Phrase("a second person who reads the source again, with a reason")
    )


def _near(m: Measured, limits: tuple[Measured, Measured]) -> str:
    return units.show(m, beside=limits)


def _concern(
    name: str,
    m: Measured,
    limits: tuple[Measured, Measured],
    what: Phrase,
    resolve_by: Phrase = _MEASURER,
) -> Blocker:
    low, high = (units.show(limit) for limit in limits)
    return Blocker(
        f"body.{name}",
        what,
        Phrase("{low} to {high}", low=low, high=high),
        resolve_by,
        name,
        m.typed or units.show(m),
    )


def _with_suspicion(
    beyond: list[Blocker], height: Measured, weight: Measured, limits: BodyLimits
) -> Iterator[Blocker]:
    """The same blockers, the first saying which slip of the hand would explain the numbers, if one does."""
    suspicion = _slip(height, weight, limits)
    for blocker in beyond:
        what = (
            Phrase("{what}; {suspicion}", what=blocker.what, suspicion=suspicion)
            if suspicion
            else blocker.what
        )
        yield Blocker(blocker.rule, what, blocker.expected, blocker.resolve_by, blocker.field, blocker.typed)
        suspicion = None


def _slip(height: Measured, weight: Measured, limits: BodyLimits) -> Phrase | None:
    """The commonest slip under which height and weight would be plausible. Offered to the reader, never applied."""
    cm, kg = units.canonical(height, Kind.HEIGHT), units.canonical(weight, Kind.BODY_WEIGHT)
    slips = (
        (Phrase("height and weight may be swapped"), kg, cm, "kg"),
        (Phrase("the height may be in metres"), 100 * cm, kg, "kg"),
        (Phrase("the weight may be in pounds"), cm, kg, "lb"),
    )
    for phrase, h, w, unit in slips:
        tall, heavy = units.of(h, "cm"), units.of(w, unit)
        if _outside(tall, limits.height.hard) or _outside(heavy, limits.weight.hard):
            continue
        if not _outside(body_mass_index(tall, heavy), limits.bmi.hard):
            return phrase
    return None
