"""Printing for people: short, but never so short that a value changes sides of a limit beside it."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkt_mfg.units import Kind, compare, of, read, show

HIGH = of("1e9", "cell/m^2")


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        ("168", "cm", "168 cm"),
        ("1.75E+9", "cell", "1.75×10^9 cells"),
        ("1.750E+9", "cell", "1.750×10^9 cells"),
        ("1004796190.585", "cell/m^2", "1.005×10^9 cells/m^2"),
        ("999999", "cell", "1.000×10^6 cells"),
        ("0.00012345", "g/L", "1.234×10^-4 g/L"),
        ("0.0012", "g/L", "0.0012 g/L"),
        ("0", "cell", "0 cells"),
        ("0E+8", "cell", "0 cells"),
        ("1000000000", "cell", "1.000×10^9 cells"),
        ("4", "degC", "4 °C"),
        ("-80", "degC", "-80 °C"),
        ("5", "uL", "5 µL"),
        ("25000", "IU/kg/d", "25000 IU/kg/day"),
        ("0.8", "1", "0.8"),
        ("1.9", "10^6 cell/mL", "1.9 10^6 cells/mL"),
    ],
)
def test_a_value_is_shown_as_people_write_it(value, unit, shown):
    assert show(of(value, unit)) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("1004000000", "1.004×10^9 cells/m^2"),
        ("1000400000", "1.0004×10^9 cells/m^2"),
        ("1000000001", "1.000000001×10^9 cells/m^2"),
        ("999999999", "9.99999999×10^8 cells/m^2"),
        ("1E+9", "1×10^9 cells/m^2"),
    ],
)
def test_beside_a_limit_enough_digits_are_shown_to_see_the_verdict(value, shown):
    assert show(of(value, "cell/m^2"), digits=2, beside=[HIGH]) == shown


def test_a_limit_in_another_unit_counts_as_well():
    assert (
        show(of("1000000001", "cell/m^2"), beside=[of("1", "10^9 cell/m^2")]) == "1.000000001×10^9 cells/m^2"
    )


DOSES = st.decimals(min_value=Decimal("1e8"), max_value=Decimal("2e9"), places=9, allow_nan=False)


@given(st.one_of(DOSES, st.integers(-1000, 1000).map(lambda n: Decimal(10**9) + n)), st.integers(1, 6))
def test_what_is_shown_lies_on_the_same_side_of_the_limit_as_the_value(value, digits):
    m = of(value, "cell/m^2")
    shown = read(show(m, digits, beside=[HIGH]), Kind.CELLS_PER_AREA, field="x")
    assert compare(shown, HIGH) == compare(m, HIGH)


@given(DOSES, st.integers(1, 12))
def test_rounding_for_show_is_to_the_nearest(value, digits):
    shown = read(show(of(value, "cell/m^2"), digits), Kind.CELLS_PER_AREA, field="x").value
    assert abs(shown - value) <= Decimal(1).scaleb(value.adjusted() - digits + 1) / 2


@pytest.mark.parametrize(
    ("value", "shown"), [("1234567", "1.234567×10^6 cells"), ("1500000000", "1.5×10^9 cells")]
)
def test_long_values_shown_in_full_lose_no_digit_and_carry_no_empty_ones(value, shown):
    assert show(of(value, "cell"), 12) == shown
