"""Measured values: read strictly as typed, converted exactly, printed so that no verdict is hidden.

Every floor uses it. ``read`` takes what a person typed and looks its unit up in the short list for that kind of
quantity; a missing, unknown or foreign unit is refused with an example, never guessed. ``quantity`` hands a value to
the one closed pint registry, whose dimensions keep cells, IU, EU, body mass and product mass apart; pint itself never
sees typed text.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from decimal import ROUND_HALF_EVEN, Context, Decimal, localcontext
from fractions import Fraction
from functools import cache
from typing import TYPE_CHECKING, Any

from inkt_mfg._unit_numbers import read_number, refuse_number, split_number
from inkt_mfg._unit_table import ALLOWED, ATOMS, Kind, spelled_our_way, take_apart
from inkt_mfg.language import Phrase
from inkt_mfg.refusal import refuse

if TYPE_CHECKING:
    from pint import UnitRegistry

__all__ = [
    "PRECISION", "Kind", "Measured", "canonical", "compare", "convert", "exact", "kind_of", "measured", "of",
    "quantity", "read", "read_any", "read_number", "registry", "show", "working",
]  # fmt: skip

PRECISION = 34  # digits carried by every computed value (decimal128); comparisons of typed values are exact


@dataclass(frozen=True, slots=True)
class Measured:
    """A value with its unit, as typed: trailing zeros kept, the unit in our spelling, the whole text beside it."""

    value: Decimal
    unit: str
    typed: str = dataclass_field(default="", compare=False)

    def as_json(self) -> dict[str, str]:
        """``{"value": "1.75E+9", "unit": "cell"}``: the decimal as text, never rounded."""
        return {"value": str(self.value), "unit": self.unit}


def working() -> Any:
    """A decimal context for computing: 34 digits, half-even, no matter what the process has set."""
    return localcontext(Context(prec=PRECISION, rounding=ROUND_HALF_EVEN))


def of(value: Decimal | int | str, unit: str) -> Measured:
    """A value from our own code or protocol, never from a person. ValueError when the unit is not in the table."""
    if not kind_of(unit):
        raise ValueError(f"{unit!r} is not a unit of this registry")
    return Measured(Decimal(value), unit)


@cache
def kind_of(unit: str) -> frozenset[Kind]:
    """The kinds of quantity a unit measures; empty for an unknown one ("1" is both a ratio and a count)."""
    return frozenset(kind for kind, units in ALLOWED.items() if unit in units)


def read(text: str, kind: Kind, *, field: str) -> Measured:
    """What a person typed, as a value of this kind. Refuses units.number, units.missing, units.unknown."""
    number, typed_unit = split_number(text, field=field)
    example = Phrase("{kind}, such as {example}", kind=Phrase(kind.value), example=kind.example)
    unit = spelled_our_way(typed_unit, kind)
    if unit is None and not typed_unit:
        what = Phrase("there is no unit, and none is guessed")
        raise refuse("units.missing", what, expected=example, field=field, typed=text)
    if unit is None:
        what = _foreign(typed_unit, kind)
        raise refuse("units.unknown", what, expected=example, field=field, typed=text)
    if number < 0 and not kind.may_be_negative:
        raise refuse_number(Phrase("it is below zero"), field, text, example)
    if kind is Kind.COUNT and number != number.to_integral_value():
        raise refuse_number(Phrase("a count is a whole number"), field, text, example)
    return Measured(number, unit, text)


def read_any(text: str, *, field: str) -> Measured:
    """A number with any unit of the table, or with none (a ratio): for criteria and results, which name their own unit.

    Refuses units.number, units.unknown.
    """
    number, typed_unit = split_number(text, field=field)
    if not typed_unit:
        return Measured(number, "1", text)
    for kind in Kind:
        unit = spelled_our_way(typed_unit, kind)
        if unit not in {None, "1"}:
            return Measured(number, str(unit), text)
    raise refuse(
        "units.unknown",
        Phrase("{unit} is not in the table of units", unit=repr(typed_unit)),
        expected=Phrase("a number with a unit such as %, EU/mL, EU/kg or cells/kg, or a plain number"),
        field=field,
        typed=text,
    )


def _foreign(typed_unit: str, kind: Kind) -> Phrase:
    """Say what a refused unit does measure, when it is one of ours."""
    others = [other for other in Kind if spelled_our_way(typed_unit, other) not in {None, "1"}]
    if others:
        return Phrase(
            "{unit} is a unit of {other}, not of {kind}",
            unit=typed_unit, other=Phrase(others[0].value), kind=Phrase(kind.value),
        )  # fmt: skip
    allowed = ", ".join(printed(unit) or "no unit" for unit in kind.units)
    return Phrase("{unit} is not on the list of units ({allowed})", unit=repr(typed_unit), allowed=allowed)


def exact(m: Measured) -> Fraction:
    """The value in base units as an exact fraction, for comparisons that nothing has rounded."""
    return Fraction(m.value) * take_apart(m.unit).factor


def compare(left: Measured, right: Measured) -> int:
    """-1, 0 or 1 as left is less than, equal to or more than right, exactly, whatever the units. As ``convert``."""
    _same_dimension(left, right.unit)
    difference = exact(left) - exact(right)
    return (difference > 0) - (difference < 0)


def convert(m: Measured, unit: str) -> Measured:
    """The same quantity in another unit, exact where a decimal can be. Refuses units.dimension."""
    if unit == m.unit:
        return m
    _same_dimension(m, unit)
    return Measured(_decimal(exact(m) / take_apart(unit).factor), unit, m.typed)


def canonical(m: Measured, kind: Kind) -> Decimal:
    """The number in the kind's canonical unit, for keeping beside the value as typed. Refuses units.dimension."""
    return convert(m, kind.canonical).value


def _same_dimension(m: Measured, unit: str) -> None:
    if not kind_of(m.unit) & kind_of(unit):
        raise refuse(
            "units.dimension",
            Phrase("{left} and {right} measure different things", left=m.unit, right=unit),
            expected=Phrase("a value in a unit that converts to {unit}", unit=unit),
            typed=m.typed or f"{m.value} {m.unit}",
        )


def _decimal(fraction: Fraction) -> Decimal:
    """Exact when the fraction ends in decimal, else correct to the working precision."""
    rest = fraction.denominator
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    digits = PRECISION if rest > 1 else 400  # typed numbers and factors are bounded, so 400 always suffices
    result = Context(prec=digits).divide(Decimal(fraction.numerator), Decimal(fraction.denominator))
    return result.normalize(Context(prec=digits)) if rest == 1 else result


@cache
def registry() -> "UnitRegistry[Any]":
    """The closed registry: our atoms and nothing else, with Decimal numbers."""
    # Here, not above: pint takes 150-300 ms to import, and reading or printing a value does not need it.
    from pint import UnitRegistry

    closed: UnitRegistry[Any] = UnitRegistry(None, non_int_type=Decimal, on_redefinition="raise")
    for name, factor, base in ATOMS:
        closed.define(f"{name} = {base}" if base.startswith("[") else f"{name} = {factor} * {base}")
    return closed


def quantity(m: Measured) -> Any:
    """The value as a pint quantity, for arithmetic that checks its dimensions (in units and science only)."""
    unit = take_apart(m.unit)
    with working():
        magnitude = m.value * Decimal(unit.multiplier.numerator)
        return registry().Quantity(magnitude, registry().parse_units(unit.expression))


def measured(result: Any, unit: str) -> Measured:
    """A pint quantity back as a measured value in one of our units. Refuses units.dimension."""
    from pint import DimensionalityError  # loaded already, by the quantity in hand

    parts = take_apart(unit)
    try:
        with working():
            magnitude = result.to(registry().parse_units(parts.expression)).magnitude
            return Measured(Decimal(magnitude) / Decimal(parts.multiplier.numerator), unit)
    except DimensionalityError as error:
        raise refuse(
            "units.dimension",
            Phrase("the result has the dimension {found}", found=str(error.dim1)),
            expected=Phrase("a value in {unit}", unit=unit),
        ) from error


def show(m: Measured, digits: int = 4, *, beside: Iterable[Measured] = ()) -> str:
    """For people: rounded to ``digits``, but never so far that its order against a value ``beside`` it changes.

    1.0045e9 cell/m^2 beside a limit of 1e9 prints 1.005×10^9 cells/m^2; 1000000001 prints all its digits.
    """
    limits = [convert(limit, m.unit).value for limit in beside]
    rounded = m.value
    for wanted in range(digits, len(m.value.as_tuple().digits)):
        rounded = Context(prec=wanted, rounding=ROUND_HALF_EVEN).plus(m.value)
        if all(rounded.compare(limit) == m.value.compare(limit) for limit in limits):
            break
        rounded = m.value
    unit = printed(m.unit)
    return f"{_scientific(rounded)} {unit}".rstrip()


def _scientific(value: Decimal) -> str:
    """Plain between a thousandth and a million, else ``1.75×10^9``; the digits given, none added or lost."""
    if -3 <= value.adjusted() < 6:
        return f"{value:f}" if value or value.adjusted() <= 0 else "0"  # not 0E+5 as 00000
    if value == 0:
        return "0"
    sign, digits, _ = value.as_tuple()
    text = "".join(map(str, digits))
    fraction = text[1:].rstrip("0") if len(text) > 6 else text[1:]
    mantissa = f"{text[0]}.{fraction}" if fraction else text[0]
    return f"{'-' if sign else ''}{mantissa}×10^{value.adjusted()}"


def printed(unit: str) -> str:
    """Our spelling as people read it; every one of these can be typed back."""
    for ours, theirs in (("cell", "cells"), ("degC", "°C"), ("body_g", "g"), ("uL", "µL"), ("/d", "/day")):
        unit = unit.replace(ours, theirs) if ours != "/d" or unit.endswith("/d") else unit
    # A ratio has none; a rate reads "0.03 /h", because "0.03 1/h" looks like two numbers.
    return unit[1:] if unit == "1" or unit.startswith("1/") else unit
