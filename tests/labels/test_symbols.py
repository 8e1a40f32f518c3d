"""Symbols are drawn in whole printer dots with their quiet zones, and a library that did not write them reads them."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkt_mfg.refusal import Refusal
from labels.reading import decode
from labels.symbols import CODE_128, DATA_MATRIX, code_128, data_matrix, dots

QUARTER = Fraction(1, 4)
DPI = Fraction("203.2")
text = st.text("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ.-*", min_size=1, max_size=48)


def picture(rows: tuple[tuple[bool, ...], ...], times: int, tall: int) -> np.ndarray:
    black = np.array(rows).repeat(tall, axis=0).repeat(times, axis=1)
    return np.pad(np.where(black, np.uint8(0), np.uint8(255)), 30, constant_values=255)


@given(text)
def test_every_data_matrix_is_read_back_by_the_other_library(said: str) -> None:
    symbol = data_matrix(said, QUARTER)
    assert [(d.kind, d.text) for d in decode(picture(symbol.rows, 4, 4), DPI, "1-bit")] == [
        (DATA_MATRIX, said)
    ]


@given(text)
def test_every_code_128_is_read_back_by_the_other_library(said: str) -> None:
    row = code_128(said, QUARTER, Fraction(30)).rows
    assert [(d.kind, d.text) for d in decode(picture(row, 2, 60), DPI, "1-bit")] == [(CODE_128, said)]


def test_a_data_matrix_is_square_and_keeps_two_modules_quiet() -> None:
    symbol = data_matrix("IK1", Fraction(3, 4))
    assert symbol.width_mm == symbol.height_mm
    assert symbol.quiet_mm == Fraction(3, 2)


def test_bars_keep_ten_modules_quiet() -> None:
    assert code_128("IC1", QUARTER, Fraction(10)).quiet_mm == Fraction(5, 2)


@pytest.mark.parametrize("height", [Fraction(4), Fraction(49, 10)])
def test_bars_lower_than_five_millimetres_are_refused(height: Fraction) -> None:
    with pytest.raises(Refusal, match="too low"):
        code_128("A", QUARTER, height)


def test_bars_lower_than_fifteen_percent_of_their_width_are_refused() -> None:
    with pytest.raises(Refusal, match="too low"):
        code_128("ABCDEFGHIJKLMNOPQRSTUVW", QUARTER, Fraction(6))


@pytest.mark.parametrize(
    ("length", "dpi", "whole"),
    [
        ("0.25", "203.2", 2),
        ("0.25", "304.8", 3),
        ("0.75", "304.8", 9),
        ("0.25", "609.6", 6),
        ("100", "203.2", 800),
    ],
)
def test_lengths_on_the_grid_are_whole_dots(length: str, dpi: str, whole: int) -> None:
    assert dots(Fraction(length), Fraction(dpi)) == whole


@pytest.mark.parametrize(
    ("length", "dpi"),
    [("0.33", "203.2"), ("0.17", "203.2"), ("0.25", "203"), ("0.125", "304.8"), ("0", "203.2")],
)
def test_lengths_that_are_not_whole_dots_are_refused(length: str, dpi: str) -> None:
    with pytest.raises(Refusal, match="whole number of printer dots"):
        dots(Fraction(length), Fraction(dpi))
