"""What counts as a number when a person types it, and the reason each wrong one is sent back with."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkt_mfg.refusal import Refusal
from inkt_mfg.units import Kind, read, read_number


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("168", "168"),
        ("0", "0"),
        ("0.5", "0.5"),
        ("1.90e6", "1.90E+6"),
        ("1.90E+6", "1.90E+6"),
        ("5e8", "5E+8"),
        ("5e-3", "0.005"),
        ("5×10^8", "5E+8"),
        ("5 × 10^8", "5E+8"),
        ("5 x 10^8", "5E+8"),
        ("5X10^8", "5E+8"),
        ("5*10^8", "5E+8"),
        ("5·10⁸", "5E+8"),
        ("5⋅10⁸", "5E+8"),
        ("2×10^-3", "0.002"),
        ("10^8", "1E+8"),
        ("10⁸", "1E+8"),
        ("-4", "-4"),
        ("−4", "-4"),
        ("+4", "4"),
        (" 65 ", "65"),
    ],
)
def test_a_number_is_read_in_the_ways_people_write_it(typed, meant):
    assert str(read_number(typed, field="count")) == str(Decimal(meant))


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("", "nothing was typed"),
        ("   ", "nothing was typed"),
        ("1,234", "a factor of 1000 apart"),
        ("1,5", "a factor of 1000 apart"),
        ("1.234,5", "a factor of 1000 apart"),
        ("1 000", "a space between digits"),
        ("1\u00a0000", "a space between digits"),
        ("1\u202f000", "a space between digits"),
        ("1 .5", "a space between digits"),
        ("1.5.2", "a decimal point too many"),
        ("1..2", "a decimal point too many"),
        ("5.", "a decimal point too many"),
        (".5", "write 0.5"),
        ("-.5", "write 0.5"),
        ("9**9**9", "sums are not worked out"),
        ("5*3", "sums are not worked out"),
        ("5^8", "sums are not worked out"),
        ("2+2", "'+2' follows the number"),
        ("NaN", "it is not a number"),
        ("nan", "it is not a number"),
        ("inf", "it is not a number"),
        ("-Infinity", "it is not a number"),
        ("five", "does not begin with a number"),
        ("±5", "does not begin with a number"),
        ("--5", "does not begin with a number"),
        ("0x10", "'x10' follows the number"),
        ("1_000", "'_000' follows the number"),
        ("007", "leading zeros"),
        ("５", "full-width"),
        ("5．5", "full-width"),
        ("1５", "full-width"),
        ("٣", "does not begin with a number"),
        ("1e999999999", "beyond 30"),
        ("1e-999999999", "beyond 30"),
        ("10^99999", "beyond 30"),
        ("1e31", "beyond 30"),
        ("1." + "1" * 40, "more than 30 digits"),
        ("1" * 100, "too long"),
    ],
)
def test_anything_another_reader_might_take_differently_is_refused_with_its_reason(typed, reason):
    with pytest.raises(Refusal) as refused:
        read_number(typed, field="count")
    assert refused.value.rule == "units.number"
    assert reason in refused.value.first.what.english
    assert refused.value.first.typed == typed
    assert refused.value.first.field == "count"


@pytest.mark.parametrize("typed", ["1e400000000000", "10^" + "9" * 50, "9" * 59, "1e" + "9" * 55])
def test_a_huge_power_is_refused_without_being_computed(typed):
    with pytest.raises(Refusal):
        read(f"{typed} cells", Kind.CELLS, field="cells")


@given(st.decimals(min_value=0, max_value=10**12, places=4, allow_nan=False, allow_infinity=False))
def test_a_decimal_is_read_as_exactly_what_it_says(number):
    assert read_number(f"{number:f}", field="x").as_tuple() == Decimal(f"{number:f}").as_tuple()


@given(
    st.integers(1, 10**8).filter(lambda n: n % 10),
    st.integers(-20, 20),
    st.sampled_from(["{m}e{p}", "{m}E{p}", "{m}×10^{p}", "{m} x 10^{p}", "{m}·10^{p}"]),
)
def test_every_way_of_writing_a_power_means_the_same(mantissa, power, way):
    assert read_number(way.format(m=mantissa, p=power), field="x") == Decimal(mantissa).scaleb(power)


@given(st.text(max_size=30))
def test_any_text_at_all_is_either_a_finite_number_or_refused(text):
    try:
        number = read_number(text, field="x")
    except Refusal as refused:
        assert refused.rule == "units.number"  # noqa: PT017 - either outcome is right, nothing else is
    else:
        assert number.is_finite()


def test_trailing_zeros_are_kept_because_they_say_how_well_it_was_measured():
    assert str(read_number("65.0", field="weight")) == "65.0"


@pytest.mark.parametrize("typed", ["1e30", "1e-30", "10^30", "1." + "1" * 29])
def test_the_bounds_themselves_are_numbers(typed):
    assert read_number(typed, field="x").is_finite()


@pytest.mark.parametrize("typed", ["1e31", "1e-31", "10^31", "1." + "1" * 30])
def test_one_beyond_the_bounds_is_not(typed):
    with pytest.raises(Refusal):
        read_number(typed, field="x")
