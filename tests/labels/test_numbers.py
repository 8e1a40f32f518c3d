"""Cell numbers as printed: raised powers, enough digits to give the verdict, and a second way of saying them."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labels.numbers import counted_in, judge, limit, power_of_ten, rounded, telling_digits

LOW, HIGH = Decimal("5e8"), Decimal("1e9")


@pytest.mark.parametrize(
    ("value", "digits", "printed"),
    [
        ("852172043.7", 3, "8.52 × 10⁸"),
        ("1.004e9", 4, "1.004 × 10⁹"),
        ("9.999e8", 3, "1.00 × 10⁹"),
        ("870000000", 3, "8.70 × 10⁸"),
        ("12", 3, "1.20 × 10¹"),
        ("0", 3, "0"),
        ("0.0005", 1, "5 × 10⁻⁴"),
    ],
)
def test_a_number_is_printed_as_a_power_of_ten(value: str, digits: int, printed: str) -> None:
    assert power_of_ten(Decimal(value), digits) == printed.replace(" ", "\u00a0")


@pytest.mark.parametrize(
    ("value", "digits"),
    [
        ("852172043.7", 3),
        ("1.004e9", 4),
        ("1.0002e9", 5),
        ("1e9", 3),
        ("5e8", 3),
        ("499999999.6", 10),
        ("1000000001", 10),
    ],
)
def test_as_many_digits_are_printed_as_tell_the_verdict(value: str, digits: int) -> None:
    assert telling_digits(Decimal(value), LOW, HIGH) == digits


@given(st.decimals(min_value="1e8", max_value="2e9", places=3))
def test_the_printed_number_is_always_judged_as_the_exact_one(value: Decimal) -> None:
    digits = telling_digits(value, LOW, HIGH)
    assert digits >= 3
    assert judge(rounded(value, digits), LOW, HIGH) == judge(value, LOW, HIGH)


def test_the_closed_window_holds_its_ends_and_nothing_beyond() -> None:
    assert [judge(v, LOW, HIGH) for v in (LOW, HIGH, LOW - 1, HIGH + 1)] == [
        "within",
        "within",
        "below",
        "above",
    ]


@pytest.mark.parametrize(
    ("value", "printed"), [("5e8", "5 × 10⁸"), ("1e9", "1 × 10⁹"), ("7.25e6", "7.25 × 10⁶")]
)
def test_a_limit_is_printed_exactly_and_short(value: str, printed: str) -> None:
    assert limit(Decimal(value)) == printed.replace(" ", "\u00a0")


@pytest.mark.parametrize(
    ("value", "million", "yi"),
    [
        ("870000000", "870", "8.7"),
        ("1.484184e9", "1480", "14.8"),
        ("4.2e5", "0.42", "0.0042"),
        ("1e9", "1000", "10"),
    ],
)
def test_the_second_way_says_the_same_rounded_number(value: str, million: str, yi: str) -> None:
    assert counted_in(Decimal(value), 3, Decimal(10) ** 6) == million
    assert counted_in(Decimal(value), 3, Decimal(10) ** 8) == yi


@given(st.decimals(min_value="1e5", max_value="1e11", places=1), st.integers(3, 9))
def test_both_ways_of_saying_a_number_agree(value: Decimal, digits: int) -> None:
    assert Decimal(counted_in(value, digits, Decimal(10) ** 6)) * 10**6 == rounded(value, digits)
    assert Decimal(counted_in(value, digits, Decimal(10) ** 8)) * 10**8 == rounded(value, digits)
