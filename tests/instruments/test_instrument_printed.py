"""How finely instruments print, and that honest rounding is never taken for a contradiction."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkt_mfg import units
from inkt_mfg.instruments import read_export
from inkt_mfg.instruments.export import Row, of_bytes, table
from inkt_mfg.instruments.printed import LastPlace, Printed, fixed, last_digit, significant
from inkt_mfg.refusal import Refusal
from inkt_mfg.units import Measured

CELLS = st.decimals("1e4", "1e8", places=2)
PERCENT = st.decimals("1", "100", places=6)


@pytest.mark.parametrize(
    ("rule", "printed", "step"),
    [
        (last_digit, "2.45E6", "1E4"),
        (last_digit, "97.0", "0.1"),
        (last_digit, "4753276", "1"),
        (significant(3), "274000", "1000"),
        (significant(3), "69700", "100"),
        (significant(3), "0", "1"),
        (fixed("0.01"), "96.9", "0.01"),
    ],
)
def test_the_worth_of_the_last_printed_digit(rule: LastPlace, printed: str, step: str):
    assert rule(Decimal(printed)) == Decimal(step)


def _measured(value: Decimal, unit: str) -> Measured:
    return Measured(value, unit, str(value))


def _doubts(total: Decimal, viable: Decimal, viability: Decimal, cells: LastPlace, percent: LastPlace) -> int:
    printed = Printed("line 2")
    values = (_measured(total, "cell/mL"), _measured(viable, "cell/mL"), _measured(viability, "%"))
    printed.must_agree(*values, cells=cells, percent=percent)
    return len(printed.doubts)


@given(CELLS, PERCENT)
def test_values_an_instrument_has_rounded_agree(total: Decimal, viability: Decimal):
    viable = total * viability / 100
    three, tenth = significant(3), Decimal("0.1")
    rounded = [value.quantize(three(value)) for value in (total, viable)]
    assert _doubts(*rounded, viability.quantize(tenth), three, fixed("0.1")) == 0


@given(CELLS, PERCENT)
def test_values_an_instrument_has_cut_off_agree_too(total: Decimal, viability: Decimal):
    viable = total * viability / 100
    cut = [value // 10000 * 10000 for value in (total, viable)]
    tenths = viability // Decimal("0.1") * Decimal("0.1")
    assert _doubts(*cut, tenths, fixed("1E4"), fixed("0.1")) == 0


FAR = st.decimals("0", "0.9", places=2) | st.decimals("1.1", "3", places=2)


@given(st.decimals("1e5", "1e8", places=2), st.decimals("20", "100", places=6), FAR)
def test_a_viable_concentration_far_from_total_times_viability_is_a_doubt(total, viability, factor):
    wrong = total * viability / 100 * factor
    assert _doubts(total, wrong, viability, last_digit, last_digit) == 1


@pytest.mark.parametrize("text", ["", None])
def test_an_empty_cell_is_missing(text):
    printed = Printed("line 2")
    assert printed.value("viability", text, "%") is None
    assert printed.doubts[0].rule == "instrument.missing"
    assert printed.doubts[0].what.english == "line 2: viability was not printed"


@pytest.mark.parametrize(
    "text", ["1,2E6", "1 200 000", "nan", "inf", "-", "12 (low)", ">1E6", "1.2.3", "１２", "0x10", "1_000"]
)
def test_anything_but_a_plain_number_is_no_value(text: str):
    printed = Printed("line 2")
    assert printed.value("total", text, "cell/mL") is None
    assert printed.doubts[0].typed == text


@given(st.text(max_size=12) | st.text("0123456789.,+-eE ", max_size=8))
def test_no_text_becomes_a_number_other_than_itself(text: str):
    value = Printed("line 2").value("total", text, "cell/mL")
    assert value is None or value.value == units.read_number(text, field="total")


@pytest.mark.parametrize("text", ["-1", "-0.1"])
def test_a_negative_value_is_a_doubt(text: str):
    printed = Printed("line 2")
    printed.value("total", text, "cell/mL")
    assert printed.doubts[0].rule == "instrument.range"


@pytest.mark.parametrize(
    ("text", "doubts"), [("3012", 0), ("0", 0), ("ERROR", 1), ("", 1), ("12.5", 1), ("³", 1)]
)
def test_a_count_is_a_whole_number(text: str, doubts: int):
    printed = Printed("line 2")
    printed.must_count("Cell count", text)
    assert len(printed.doubts) == doubts


def test_what_was_not_read_cannot_contradict():
    printed = Printed("line 2")
    printed.must_agree(None, units.of(1, "cell/mL"), units.of(50, "%"))
    assert printed.doubts == []


def test_a_column_without_a_heading_is_named_by_its_place():
    export = of_bytes(b"", "file")
    assert list(table(export, ["A", "", " B "], [(2, [" 1 ", "x", "2"])])) == [
        Row("line 2", {"A": "1", "column 2": "x", "B": "2"})
    ]


@pytest.mark.parametrize("cells", [["1"], ["1", "2", "3"]])
def test_a_row_that_does_not_fit_its_heading_is_refused(cells: list[str]):
    with pytest.raises(Refusal) as refused:
        list(table(of_bytes(b"", "file"), ["A", "B"], [(2, cells)]))
    assert refused.value.first.what.english == f"file: line 2 has {len(cells)} cells under 2 headings"


def test_a_file_on_disk_is_read_like_the_bytes_in_hand(tmp_path):
    path = tmp_path / "count.txt"
    path.write_bytes(b"Vi-CELL XR 2.06\n\nSample ID : A\n")
    with pytest.raises(Refusal) as refused:
        read_export(path)
    assert refused.value.rule == "instrument.columns"
