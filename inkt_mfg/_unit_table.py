"""The one table of units: the atoms they are built from, and which spellings are allowed for which quantity.

Private to ``inkt_mfg.units``, which everyone else imports. A unit that is not in this table does not exist here:
there is no default registry behind it, no prefixes, and no guess at what a spelling may have meant.
"""

import re
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction
from functools import cache

# name, how many of the base unit (exact), and the base unit or, for a base unit, its own dimension.
# Body mass and product mass are two dimensions, so that mg of a drug per kg of patient never cancels to a number;
# cells, IU and EU are dimensions too, so that none of them is ever added to another.
ATOMS: tuple[tuple[str, str, str], ...] = (
    ("m", "1", "[length]"),
    ("cm", "0.01", "m"),
    ("mm", "0.001", "m"),
    ("inch", "0.0254", "m"),
    ("kg", "1", "[body_mass]"),
    ("body_g", "0.001", "kg"),
    ("lb", "0.45359237", "kg"),
    ("g", "1", "[product_mass]"),
    ("mg", "1e-3", "g"),
    ("ug", "1e-6", "g"),
    ("ng", "1e-9", "g"),
    ("L", "1", "[volume]"),
    ("dL", "0.1", "L"),
    ("mL", "1e-3", "L"),
    ("uL", "1e-6", "L"),
    ("s", "1", "[time]"),
    ("min", "60", "s"),
    ("h", "3600", "s"),
    ("d", "86400", "s"),
    ("week", "604800", "s"),
    ("cell", "1", "[cells]"),
    ("IU", "1", "[activity]"),
    ("kIU", "1e3", "IU"),
    ("MIU", "1e6", "IU"),
    ("EU", "1", "[endotoxin]"),
    ("umol", "1", "[amount]"),
    ("nmol", "1e-3", "umol"),
    ("mmol", "1e3", "umol"),
    ("degC", "1", "[temperature]"),
    ("percent", "1", "[percentage]"),
)
_FACTOR = {name: Fraction(factor) for name, factor, _ in ATOMS}


class Kind(Enum):
    """What is being measured. A value is read for one kind, and only that kind's units are accepted for it."""

    HEIGHT = "height"
    BODY_WEIGHT = "body weight"
    BODY_MASS_INDEX = "body mass index"
    BODY_SURFACE = "body surface area"
    VOLUME = "volume"
    CELLS = "number of cells"
    CELL_CONCENTRATION = "cell concentration"
    PERCENT = "percentage"
    CELLS_PER_AREA = "cells per body surface"
    CELLS_PER_BODY_WEIGHT = "cells per body weight"
    DURATION = "duration"
    TEMPERATURE = "temperature"
    ACTIVITY = "activity"
    ACTIVITY_CONCENTRATION = "activity concentration"
    ACTIVITY_PER_BODY_WEIGHT_PER_DAY = "activity per body weight per day"
    ACTIVITY_PER_DAY = "activity per day"
    ENDOTOXIN = "endotoxin"
    ENDOTOXIN_CONCENTRATION = "endotoxin concentration"
    ENDOTOXIN_PER_BODY_WEIGHT = "endotoxin per body weight"
    ENDOTOXIN_RATE = "endotoxin per body weight per hour"
    ENDOTOXIN_PER_AREA_RATE = "endotoxin per body surface per hour"
    MASS_CONCENTRATION = "mass concentration"
    AMOUNT_CONCENTRATION = "amount concentration"
    GROWTH_RATE = "growth rate"
    RATIO = "ratio"
    COUNT = "count"

    @property
    def canonical(self) -> str:
        """The unit the canonical number is kept in: the first spelling of this kind's list."""
        return ALLOWED[self][0]

    @property
    def units(self) -> tuple[str, ...]:
        """Every unit accepted for this kind, in our spelling."""
        return ALLOWED[self]

    @property
    def example(self) -> str:
        """A right way to type one, for the sentence that refuses a wrong one."""
        return EXAMPLES[self]

    @property
    def may_be_negative(self) -> bool:
        return self in {Kind.TEMPERATURE, Kind.GROWTH_RATE}


# Our spellings, canonical first. "10^6 cell/mL" is a unit of its own, as printed on counters and clinical reports.
ALLOWED: dict[Kind, tuple[str, ...]] = {
    Kind.HEIGHT: ("cm", "m", "mm", "inch"),
    Kind.BODY_WEIGHT: ("kg", "body_g", "lb"),
    Kind.BODY_MASS_INDEX: ("kg/m^2",),
    Kind.BODY_SURFACE: ("m^2", "cm^2"),
    Kind.VOLUME: ("mL", "L", "uL"),
    Kind.CELLS: ("cell", "10^3 cell", "10^6 cell", "10^7 cell", "10^8 cell", "10^9 cell", "10^10 cell"),
    Kind.CELL_CONCENTRATION: (
        "cell/mL", "cell/uL", "cell/L", "10^3 cell/mL", "10^4 cell/mL", "10^5 cell/mL", "10^6 cell/mL",
        "10^7 cell/mL", "10^8 cell/mL", "10^3 cell/uL", "10^6 cell/L", "10^9 cell/L",
    ),
    Kind.PERCENT: ("%",),
    Kind.CELLS_PER_AREA: ("cell/m^2", "10^6 cell/m^2", "10^7 cell/m^2", "10^8 cell/m^2", "10^9 cell/m^2"),
    Kind.CELLS_PER_BODY_WEIGHT: ("cell/kg", "10^5 cell/kg", "10^6 cell/kg", "10^7 cell/kg", "10^8 cell/kg"),
    Kind.DURATION: ("h", "min", "s", "d", "week"),
    Kind.TEMPERATURE: ("degC",),
    Kind.ACTIVITY: ("IU", "kIU", "MIU"),
    Kind.ACTIVITY_CONCENTRATION: ("IU/mL", "IU/L", "kIU/mL", "MIU/mL"),
    Kind.ACTIVITY_PER_BODY_WEIGHT_PER_DAY: ("IU/kg/d", "kIU/kg/d"),
    Kind.ACTIVITY_PER_DAY: ("IU/d", "kIU/d", "MIU/d"),
    Kind.ENDOTOXIN: ("EU",),
    Kind.ENDOTOXIN_CONCENTRATION: ("EU/mL", "EU/L"),
    Kind.ENDOTOXIN_PER_BODY_WEIGHT: ("EU/kg",),
    Kind.ENDOTOXIN_RATE: ("EU/kg/h",),
    Kind.ENDOTOXIN_PER_AREA_RATE: ("EU/m^2/h",),
    Kind.MASS_CONCENTRATION: ("g/L", "g/dL", "mg/mL", "mg/L", "mg/dL", "ug/mL", "ug/L", "ng/mL"),
    Kind.AMOUNT_CONCENTRATION: ("umol/L", "mmol/L", "nmol/L"),
    Kind.GROWTH_RATE: ("1/h", "1/d"),
    Kind.RATIO: ("1",),
    Kind.COUNT: ("1",),
}  # fmt: skip

EXAMPLES: dict[Kind, str] = {
    Kind.HEIGHT: "168 cm",
    Kind.BODY_WEIGHT: "65 kg",
    Kind.BODY_MASS_INDEX: "23.0 kg/m^2",
    Kind.BODY_SURFACE: "1.74 m^2",
    Kind.VOLUME: "100 mL",
    Kind.CELLS: "1.75e9 cells",
    Kind.CELL_CONCENTRATION: "1.9e6 cells/mL",
    Kind.PERCENT: "92.8 %",
    Kind.CELLS_PER_AREA: "5×10^8 cells/m^2",
    Kind.CELLS_PER_BODY_WEIGHT: "1e6 cells/kg",
    Kind.DURATION: "24 h",
    Kind.TEMPERATURE: "4 °C",
    Kind.ACTIVITY: "1.625 MIU",
    Kind.ACTIVITY_CONCENTRATION: "100 IU/mL",
    Kind.ACTIVITY_PER_BODY_WEIGHT_PER_DAY: "25000 IU/kg/day",
    Kind.ACTIVITY_PER_DAY: "1.625 MIU/day",
    Kind.ENDOTOXIN: "5 EU",
    Kind.ENDOTOXIN_CONCENTRATION: "0.5 EU/mL",
    Kind.ENDOTOXIN_PER_BODY_WEIGHT: "5 EU/kg",
    Kind.ENDOTOXIN_RATE: "5 EU/kg/h",
    Kind.ENDOTOXIN_PER_AREA_RATE: "97 EU/m^2/h",
    Kind.MASS_CONCENTRATION: "85 g/L",
    Kind.AMOUNT_CONCENTRATION: "90 umol/L",
    Kind.GROWTH_RATE: "0.03 /h",
    Kind.RATIO: "0.8",
    Kind.COUNT: "42",
}


@dataclass(frozen=True, slots=True)
class Unit:
    """One unit taken apart: a power of ten, and atoms with their exponents."""

    multiplier: Fraction
    atoms: tuple[tuple[str, int], ...]

    @property
    def factor(self) -> Fraction:
        """How many of the base units one of this unit is; exact."""
        result = self.multiplier
        for name, exponent in self.atoms:
            result *= _FACTOR[name] ** exponent
        return result

    @property
    def expression(self) -> str:
        """The atoms alone, as the registry reads them."""
        return " * ".join(f"{name} ** {exponent}" for name, exponent in self.atoms) or "dimensionless"


_PART = re.compile(r"(?P<atom>[A-Za-z_]+)(?:\^(?P<power>[0-9]))?")


@cache
def take_apart(unit: str) -> Unit:
    """The parts of one of our own spellings; KeyError when the spelling is not in the table."""
    if unit not in _KNOWN:
        raise KeyError(unit)
    multiplier = Fraction(1)
    numerator, *denominators = unit.replace("%", "percent").split("/")
    if numerator.startswith("10^"):
        power, _, numerator = numerator.partition(" ")
        multiplier = Fraction(10) ** int(power.removeprefix("10^"))
    parts = [] if numerator == "1" else [(numerator, 1)]
    return Unit(multiplier, tuple(_atom(p, sign) for p, sign in [*parts, *((d, -1) for d in denominators)]))


def _atom(part: str, sign: int) -> tuple[str, int]:
    match = _PART.fullmatch(part)
    assert match, f"{part!r} is no part of a unit of this table"
    return match["atom"], sign * int(match["power"] or 1)


_KNOWN = frozenset(unit for units in ALLOWED.values() for unit in units)

_ALIASES = {
    "cells": "cell", "ml": "mL", "l": "L", "ul": "uL", "dl": "dL", "m2": "m^2", "cm2": "cm^2",
    "day": "d", "days": "d", "hour": "h", "hours": "h", "minutes": "min", "weeks": "week", "lbs": "lb",
    "°C": "degC", "℃": "degC", "C": "degC", "in": "inch",
}  # fmt: skip
_SUPERSCRIPTS = {ord(raised): plain for raised, plain in zip("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789", strict=True)}
_RAISED = re.compile("[⁰¹²³⁴⁵⁶⁷⁸⁹]+")


def lower_exponents(text: str) -> str:
    """``10⁸`` as ``10^8`` and ``m²`` as ``m^2``, so that one spelling is looked up."""
    return _RAISED.sub(lambda m: "^" + m[0].translate(_SUPERSCRIPTS), text)


def spelled_our_way(typed: str, kind: Kind) -> str | None:
    """Our spelling of a unit as typed, or None when it is not on this kind's list. Upper and lower case matter."""
    text = lower_exponents(" ".join(typed.split())).replace("µ", "u").replace("μ", "u")
    power, _, rest = text.partition(" ") if text.startswith("10^") else ("", "", text)
    if power and not rest and "/" in power:  # "10^9/L", as blood counts are printed
        power, slash, rest = power.partition("/")
        rest = slash + rest
    parts = [_ALIASES.get(part.strip(), part.strip()) for part in rest.split("/")]
    if parts[0] == "" and len(parts) > 1:  # "/L" of cells, "/h" of growth
        parts[0] = {Kind.CELL_CONCENTRATION: "cell", Kind.GROWTH_RATE: "1"}.get(kind, "")
    if kind is Kind.BODY_WEIGHT and parts == ["g"]:
        parts = ["body_g"]
    unit = f"{power} {'/'.join(parts)}".strip() or "1"
    return unit if unit in ALLOWED[kind] else None
