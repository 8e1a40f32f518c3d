"""Files no reader should touch, and files that look like an export and are not quite one."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkt_mfg.instruments import READERS, read, read_export
from inkt_mfg.instruments.export import of_bytes
from inkt_mfg.refusal import Refusal, Unable

EXPORTS = Path(__file__).with_name("exports")
EXAMPLES = sorted(path for path in EXPORTS.iterdir() if path.suffix in {".csv", ".txt"})


@pytest.fixture
def rule_when() -> Callable[[str, str, str], str]:
    """The rule that refuses an example after one passage of it was replaced."""

    def spoil(name: str, passage: str, replacement: str) -> str:
        text = (EXPORTS / name).read_bytes().decode()
        assert passage in text
        with pytest.raises(Refusal) as refused:
            read(of_bytes(text.replace(passage, replacement, 1).encode(), name))
        return refused.value.rule

    return spoil


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        pytest.param(b"", "instrument.format", id="an empty file"),
        pytest.param(b"Sample,Total\nA,1\n", "instrument.format", id="a table of somebody else"),
        pytest.param(b"<?xml version='1.0'?><Workspace/>", "instrument.format", id="a cytometer's workspace"),
        pytest.param(b"PK\x03\x04rest", "instrument.spreadsheet", id="xlsx"),
        pytest.param(b"\xd0\xcf\x11\xe0rest", "instrument.spreadsheet", id="xls"),
        pytest.param(b"Viability (%);93\xb5\n", "instrument.encoding", id="Latin-1"),
        pytest.param(b"Sample ID\x00", "instrument.encoding", id="not a text"),
        pytest.param(b"\xff\xfeS", "instrument.encoding", id="half a character"),
    ],
)
def test_what_is_not_an_export_is_refused(content, rule):
    with pytest.raises(Refusal) as refused:
        read(of_bytes(content, "file"))
    assert refused.value.rule == rule
    assert "file" in refused.value.first.what.english


@pytest.mark.parametrize(
    ("name", "passage", "replacement", "rule"),
    [
        pytest.param("vi_cell_blu.csv", "Viability (%)", "Viability", "instrument.columns", id="a column missing"),
        pytest.param("vi_cell_blu.csv", "Images", "Cell type", "instrument.table", id="a column twice"),
        pytest.param("vi_cell_blu.csv", "3012,2801,1.09,1.01", "3012,2801,1,09,1.01", "instrument.table",
                     id="a comma that splits a number"),
        pytest.param("vi_cell_blu.csv", "B0001-d10", '"B0001-d10', "instrument.table", id="a quote left open"),
        pytest.param("nc_view.csv", "LIVE (cells/ml)", "LIVE (cells/ul)", "instrument.columns", id="another unit"),
        pytest.param("nucleoview.csv", "Viability (%)", "Viability", "instrument.format", id="a key missing"),
        pytest.param("nucleoview.csv", "Operator;tech1", "Total (cells/ml);9.9E6", "instrument.table",
                     id="a total twice"),
        pytest.param("vi_cell_xr.txt", "Images : 50", "Total cells : 50", "instrument.table", id="a key twice"),
        pytest.param("vi_cell_xr.txt", "Viability (%)", "Viability", "instrument.columns", id="no viability"),
        pytest.param("cellaca.csv", "Plate Name,P7", "Plate Name,", "instrument.columns", id="a nameless plate"),
        pytest.param("cellaca.csv", "Live Concentration (E6)", "Live Concentration (E5)", "instrument.format",
                     id="another power of ten"),
    ],
)  # fmt: skip
def test_an_export_with_something_changed_is_refused(rule_when, name, passage, replacement, rule):
    assert rule_when(name, passage, replacement) == rule


def test_a_heading_without_a_row_is_refused():
    heading = (EXPORTS / "nc_view.csv").read_text(encoding="utf-8").split("\n")[0]
    with pytest.raises(Refusal) as refused:
        read(of_bytes(heading.encode(), "empty.csv"))
    assert refused.value.rule == "instrument.empty"


@pytest.mark.parametrize("path", EXAMPLES, ids=[path.name for path in EXAMPLES])
def test_exactly_one_reader_recognises_each_example(path: Path):
    export = of_bytes(path.read_bytes(), path.name)
    assert sum(reader.recognises(export) for reader in READERS.values()) == 1


def test_a_byte_order_mark_changes_nothing():
    content = (EXPORTS / "vi_cell_blu.csv").read_bytes()
    plain, marked = read(of_bytes(content, "a")), read(of_bytes(b"\xef\xbb\xbf" + content, "a"))
    assert [r.total_concentration for r in plain] == [r.total_concentration for r in marked]


def test_a_missing_file_is_refused_and_a_folder_cannot_be_read(tmp_path):
    with pytest.raises(Refusal) as refused:
        read_export(tmp_path / "none.csv")
    assert refused.value.rule == "instrument.file"
    with pytest.raises(Unable):
        read_export(tmp_path)


def test_a_file_larger_than_any_export_is_refused_unread(tmp_path):
    path = tmp_path / "large.csv"
    with path.open("wb") as file:
        file.truncate(20_000_001)
    with pytest.raises(Refusal) as refused:
        read_export(path)
    assert refused.value.rule == "instrument.file"


@given(st.data())
def test_any_damage_is_refused_doubted_or_leaves_every_number_plain(data: st.DataObject):
    path = data.draw(st.sampled_from(EXAMPLES))
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        readings = read(of_bytes(bytes(content), path.name))
    except Refusal:
        return
    for reading in readings:
        values = (reading.total_concentration, reading.viable_concentration, reading.viability)
        assert reading.doubts or all(value is not None and value.value >= 0 for value in values)


def test_a_separator_damaged_so_that_two_headings_run_together_is_refused():
    whole = next(path for path in EXAMPLES if path.name == "cellaca.csv").read_bytes()
    damaged = whole.replace(b"Live Count,Live Conc", b"Live Count\x01Live Conc", 1)
    with pytest.raises(Refusal) as refused:
        read(of_bytes(damaged, "cellaca.csv"))
    assert refused.value.rule == "instrument.columns"
