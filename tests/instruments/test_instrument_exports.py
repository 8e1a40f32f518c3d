"""Each example export beside its golden reading, and what every reader promises."""

import json
from decimal import Decimal
from pathlib import Path

import pytest

from inkt_mfg import units
from inkt_mfg.instruments import CellReading, read_export
from inkt_mfg.refusal import Refusal
from inkt_mfg.science.counting import InstrumentConcentration, undiluted, viable_cell_density

EXPORTS = Path(__file__).with_name("exports")
GOLDEN = sorted(EXPORTS.glob("*.json"))


def _named(name: str) -> dict[str | None, CellReading]:
    return {reading.sample_id: reading for reading in read_export(EXPORTS / name)}


@pytest.mark.requirement("R33")
@pytest.mark.parametrize("golden", GOLDEN, ids=[path.stem for path in GOLDEN])
def test_an_export_is_read_as_its_golden_result_says(golden: Path):
    export = EXPORTS / golden.name.removesuffix(".json")
    readings = [reading.as_json() for reading in read_export(export)]
    assert readings == json.loads(golden.read_text(encoding="utf-8"))


def test_every_example_has_its_golden_result():
    exports = {path.name for path in EXPORTS.iterdir() if path.suffix in {".csv", ".txt"}}
    assert exports == {path.name.removesuffix(".json") for path in GOLDEN}


@pytest.mark.parametrize("golden", GOLDEN, ids=[path.stem for path in GOLDEN])
def test_a_value_is_a_plain_number_or_there_is_a_doubt(golden: Path):
    for reading in read_export(EXPORTS / golden.name.removesuffix(".json")):
        values = (reading.total_concentration, reading.viable_concentration, reading.viability)
        assert reading.is_reliable == (not reading.doubts)
        assert all(values) or not reading.is_reliable


@pytest.mark.parametrize("golden", GOLDEN, ids=[path.stem for path in GOLDEN])
def test_no_reader_multiplies_by_a_dilution(golden: Path):
    for reading in read_export(EXPORTS / golden.name.removesuffix(".json")):
        assert reading.dilution_already_applied
        for value in (reading.total_concentration, reading.viable_concentration):
            assert value is None or value.value == Decimal(value.typed.replace("\N{NO-BREAK SPACE}", ""))


def test_no_reading_has_a_zone_its_file_does_not_print():
    zones = {
        name: {r.zone for r in read_export(EXPORTS / name)} for name in ("nucleoview.csv", "vi_cell_blu.csv")
    }
    assert zones == {"nucleoview.csv": {"8"}, "vi_cell_blu.csv": {None}}
    for reading in read_export(EXPORTS / "vi_cell_blu.csv"):
        assert reading.remarks[0].english == "the time is printed without a zone"


def test_a_date_stays_the_text_it_is_because_1_4_may_be_april():
    assert _named("vi_cell_blu.csv")["B0001-d10"].taken_at == "1/4/2027 9:30"


def test_a_file_without_a_time_says_so():
    (first, *_) = read_export(EXPORTS / "nc_view.csv")
    assert (first.taken_at, first.remarks[0].english) == (
        None,
        "the file does not say when the count was taken",
    )


def test_columns_nobody_read_are_named():
    assert "Tag" in _named("vi_cell_blu.csv")[None].unread
    assert "Tag" not in _named("vi_cell_blu.csv")["B0001-d10"].unread, "an empty cell is nothing unread"


def test_words_in_place_of_a_number_are_a_doubt_and_no_value():
    (reading,) = read_export(EXPORTS / "nucleoview_out_of_range.csv")
    assert (reading.total_concentration, reading.viable_concentration) == (None, None)
    assert [doubt.typed for doubt in reading.doubts] == ["2.10E4 (Out of optimal range)", "Not determined"]
    with pytest.raises(Refusal) as refused:
        reading.reliable()
    assert refused.value.rule == "instrument.unreliable"


def test_a_mark_that_wraps_onto_the_next_line_is_still_a_doubt():
    (reading,) = read_export(EXPORTS / "nucleoview_wrapped.csv")
    assert reading.viable_concentration is None
    assert reading.doubts[0].typed == "1.30E6 (Uncertain"


def test_a_value_that_was_not_printed_is_never_worked_out_from_the_others():
    (reading,) = read_export(EXPORTS / "nucleoview_live_missing.csv")
    assert reading.viable_concentration is None
    assert reading.doubts[0].rule == "instrument.missing"
    assert _named("vi_cell_blu.csv")["B0003-d10"].viable_concentration is None


def test_an_error_in_the_counts_casts_doubt_on_the_concentrations_beside_it():
    assert _named("vi_cell_blu.csv")["B0002-d10"].doubts[0].typed == "ERROR"


def test_a_viability_above_100_is_a_doubt():
    assert "instrument.range" in {doubt.rule for doubt in _named("vi_cell_blu.csv")["B0004-d10"].doubts}


def test_a_row_without_a_sample_is_a_doubt():
    assert "instrument.missing" in {doubt.rule for doubt in _named("vi_cell_blu.csv")[None].doubts}


def test_values_that_contradict_each_other_are_a_doubt():
    for name, sample in (("cellaca.csv", "P7/A3"), ("cedex_hires.csv", "B0002-d14")):
        assert [doubt.rule for doubt in _named(name)[sample].doubts] == ["instrument.contradiction"]


def test_a_warning_of_the_instrument_is_a_doubt():
    assert _named("nc_view.csv")["B0002-d7"].doubts[0].rule == "instrument.status"
    assert _named("cellaca.csv")["P7/A2"].doubts[0].typed == "Out of focus"


def test_digits_grouped_in_threes_by_nc_view_are_one_number_and_no_other_grouping_is():
    readings = _named("nc_view.csv")
    assert readings["B0001-d7"].total_concentration == units.of("1310000", "cell/mL")
    assert readings["B0003-d7"].total_concentration is None, "402 00 is not grouped in threes"
    assert readings["B0004-d7"].total_concentration is None, "a plain space is not NC-View's"


def test_what_the_file_leaves_unsaid_about_units_is_said():
    for name, word in (("cellaca.csv", "volume"), ("cedex_hires.csv", "unit")):
        for reading in read_export(EXPORTS / name):
            assert any(f"names no {word}" in remark.english for remark in reading.remarks)


def test_the_hash_is_that_of_the_bytes_in_the_file():
    utf8, utf16 = (read_export(EXPORTS / f"vi_cell_blu{kind}.csv")[0] for kind in ("", "_utf16"))
    assert utf8.total_concentration == utf16.total_concentration
    assert utf8.file_sha256 != utf16.file_sha256


def test_a_reading_goes_into_the_science_without_a_dilution_and_refuses_one():
    reading = _named("vi_cell_xr.txt")["B0001-d14"].reliable()
    assert reading.total_concentration
    assert reading.viability
    total = InstrumentConcentration(reading.total_concentration, of="total")
    density = viable_cell_density(total, reading.viability)
    assert units.canonical(density, units.Kind.CELL_CONCENTRATION) == Decimal(4018500)
    with pytest.raises(Refusal):
        undiluted(total, Decimal(reading.dilution or "0"))
