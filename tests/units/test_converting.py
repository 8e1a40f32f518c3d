"""Conversion is exact, comparison is exact, and what differs in kind never meets."""

from decimal import Decimal, getcontext
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkt_mfg.refusal import Refusal
from inkt_mfg.units import Kind, canonical, compare, convert, exact, measured, of, quantity, registry, working

TYPED = st.decimals(
    min_value=Decimal("0.001"), max_value=10**12, places=3, allow_nan=False, allow_infinity=False
)


@given(st.sampled_from(list(Kind)), TYPED, st.data())
def test_there_and_back_is_the_same_value_where_decimals_allow_it(kind, number, data):
    unit, other = (data.draw(st.sampled_from(kind.units)) for _ in range(2))
    m = of(number, unit)
    there = convert(m, other)
    if exact(there) == exact(m):  # min in hours, say, has no last digit
        assert convert(there, unit).value == m.value
    else:
        assert abs(exact(there) / exact(m) - 1) < Fraction(1, 10**32)


@given(st.sampled_from(list(Kind)), TYPED, TYPED, st.data())
def test_order_does_not_depend_on_the_unit(kind, left, right, data):
    unit, other = (data.draw(st.sampled_from(kind.units)) for _ in range(2))
    in_one = compare(of(left, unit), of(right, unit))
    assert in_one == (left > right) - (left < right)
    converted = convert(of(right, unit), other)
    if exact(converted) == exact(of(right, unit)):
        assert compare(of(left, unit), converted) == in_one


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (("90", "min"), ("1.5", "h")),
        (("1", "lb"), ("0.45359237", "kg")),
        (("3.0", "10^9 cell/L"), ("3000", "cell/uL")),
        (("8.5", "g/dL"), ("85", "g/L")),
        (("1", "week"), ("10080", "min")),
        (("24", "1/d"), ("1", "1/h")),
    ],
)
def test_equal_facts_in_different_units_compare_as_equal(left, right):
    a, b = (of(*fact) for fact in (left, right))
    assert compare(a, b) == compare(b, a) == 0


def test_the_thirtieth_digit_still_decides():
    assert compare(of("1.00000000000000000000000000001", "h"), of(60, "min")) == 1


@pytest.mark.parametrize(
    ("unit", "other"),
    [("cell", "cell/mL"), ("cell/m^2", "cell/kg"), ("IU", "EU"), ("IU/mL", "EU/mL"), ("kg", "g/L"), ("%", "1"),
     ("cell/mL", "cell/m^2"), ("EU/kg", "EU/kg/h")],
)  # fmt: skip
def test_what_measures_something_else_is_refused(unit, other):
    with pytest.raises(Refusal) as refused:
        convert(of(1, unit), other)
    assert refused.value.rule == "units.dimension"
    with pytest.raises(Refusal):
        compare(of(1, unit), of(1, other))


@pytest.mark.parametrize("kind", list(Kind))
def test_pint_agrees_with_every_factor_of_the_table(kind):
    for unit in kind.units:
        by_pint = measured(quantity(of(7, unit)), kind.canonical).value
        assert abs(by_pint - canonical(of(7, unit), kind)) <= abs(by_pint) * Decimal("1e-32")


@pytest.mark.parametrize(
    ("numerator", "denominator", "wrong"),
    [("cell", "m^2", "cell/mL"), ("IU", "mL", "EU/mL"), ("mg/mL", "kg", "1"), ("cell", "kg", "cell/m^2")],
)
def test_the_registry_keeps_dimensions_apart(numerator, denominator, wrong):
    with working():
        result = quantity(of(6, numerator)) / quantity(of(2, denominator))
    with pytest.raises(Refusal) as refused:
        measured(result, wrong)
    assert refused.value.rule == "units.dimension"


def test_product_mass_never_cancels_body_mass():
    with working():
        dose = quantity(of(1, "mg/mL")) * quantity(of(1, "mL")) / quantity(of(1, "kg"))
    assert not dose.dimensionless


@pytest.mark.parametrize(
    "outsider", ["meter", "pound", "gallon", "kcell", "millicell", "radian", "exaenzyme_unit"]
)
def test_the_registry_is_closed(outsider):
    assert outsider not in registry()


def test_working_precision_does_not_depend_on_the_process():
    before = getcontext().prec
    with working() as context:
        assert context.prec == 34
        assert str(Decimal(1) / 3) == "0." + "3" * 34
    assert getcontext().prec == before


def test_a_result_of_arithmetic_can_be_asked_for_in_millions():
    with working():
        held = quantity(of("1.9", "10^6 cell/mL")) * quantity(of(30, "mL"))
    assert measured(held, "10^6 cell") == of(57, "10^6 cell")


def test_a_conversion_that_ends_is_exact_however_many_digits_it_takes():
    converted = convert(of("1.23456789012345678901234567891", "lb"), "kg").value
    assert Fraction(converted) == Fraction("1.23456789012345678901234567891") * Fraction("0.45359237")
    assert len(converted.as_tuple().digits) > 34


def test_a_conversion_that_never_ends_has_the_working_precision():
    assert str(convert(of(1, "s"), "h").value) == "0.0002777777777777777777777777777777778"


def test_the_refusal_shows_a_value_that_was_never_typed():
    with pytest.raises(Refusal) as refused:
        convert(of("5.0", "mL"), "cell")
    assert refused.value.first.typed == "5.0 mL"
