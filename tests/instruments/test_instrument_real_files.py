"""The readers against real exports, where this machine has them: read, doubted or refused exactly as they deserve.

Collected only where the files are (conftest.py), so that nothing is skipped.
"""

import os
from decimal import Decimal
from pathlib import Path

import pytest

from inkt_mfg import units
from inkt_mfg.instruments import CellReading, read_export
from inkt_mfg.refusal import Refusal

_BESIDE_THE_PROJECT = Path(__file__).resolve().parents[3] / "shared" / "data"
FOLDER = Path(os.environ.get("INKT_SHARED", _BESIDE_THE_PROJECT)) / "instruments"
FILES = sorted(FOLDER.iterdir())

# file: how many samples, and those nobody may use without a second look
EXPECTED: dict[str, tuple[int, set[str]]] = {
    "Beckman_Vi-Cell-BLU_example01.csv": (10, {"CLB008"}),  # ERROR in place of its counts
    "Beckman_Vi-Cell-BLU_example01_utf16.csv": (10, set()),
    "Beckman_Vi-Cell-XR_example07_instrumentOutput.txt": (1, set()),
    "Cellaca_Example_1.csv": (3, {"Plate1/1", "Plate1/2", "Plate1/3"}),  # made up: more live cells than cells
    "chememotec_nc_view_example.csv": (32, {"8", "11"}),  # foreign objects
    "chemometec_nucleoview_example01.csv": (1, set()),
    "chemometec_nucleoview_example03.csv": (1, set()),
    "chemometec_nucleoview_example04.csv": (1, {"20231120-0012-c-cellsABCD"}),  # out of optimal range
    "chemometec_nucleoview_example07.csv": (1, {"20231120-0002-c-cellsABCD"}),  # no live concentration
    "roche_cedex_hires_example_1.csv": (8, set()),
}


def _files(*names: str) -> list[Path]:
    return [path for path in FILES if path.name in names]


def _ids(path: Path) -> str:
    return path.name


@pytest.mark.parametrize("path", _files(*EXPECTED), ids=_ids)
def test_a_real_export_is_read_whole(path: Path):
    readings = read_export(path)
    samples, doubted = EXPECTED[path.name]
    assert len(readings) == samples
    assert {reading.sample_id for reading in readings if reading.doubts} == doubted


@pytest.mark.parametrize("path", _files(*EXPECTED), ids=_ids)
def test_the_units_are_right_because_the_numbers_agree(path: Path):
    """Total × viability is viable within two in a hundred, and a culture has 10^4 to 10^8 cells in a millilitre."""
    for reading in read_export(path):
        if reading.doubts:
            continue
        total, viable, viability = _three(reading)
        assert abs(total * viability / 100 / viable - 1) < Decimal("0.02")
        assert 10**4 < viable <= total < 10**8


def _three(reading: CellReading) -> tuple[Decimal, Decimal, Decimal]:
    assert reading.total_concentration
    assert reading.viable_concentration
    assert reading.viability
    kind = units.Kind.CELL_CONCENTRATION
    total, viable = (
        units.canonical(m, kind) for m in (reading.total_concentration, reading.viable_concentration)
    )
    return total, viable, reading.viability.value


@pytest.mark.parametrize("path", _files("Beckman_Vi-Cell-XR_example07_instrumentOutput.txt"), ids=_ids)
def test_a_vi_cell_xr_prints_concentrations_with_both_dilutions_applied(path: Path):
    """4263 cells in 50 images of 45.392e-6 mL, diluted 20 and 2.4 times, are the 90.2e6 cells/mL it prints."""
    (reading,) = read_export(path)
    total, _, _ = _three(reading)
    counted = Decimal(4263) / (50 * Decimal("45.392e-6"))
    assert abs(counted * 20 * Decimal("2.4") / total - 1) < Decimal("0.001")


@pytest.mark.parametrize(
    "path", _files("Beckman_Vi-Cell-BLU_example01.csv", "Beckman_Vi-Cell-BLU_example01_utf16.csv"), ids=_ids
)
def test_both_encodings_of_a_vi_cell_blu_export_are_one_reading(path: Path):
    other = read_export(FOLDER / "Beckman_Vi-Cell-BLU_example01.csv")
    assert [r.total_concentration for r in read_export(path)] == [r.total_concentration for r in other]


@pytest.mark.parametrize(
    "path", [path for path in FILES if path.suffix in {".xls", ".xlsx", ".wsp"}], ids=_ids
)
def test_spreadsheets_and_cytometer_workspaces_are_refused(path: Path):
    with pytest.raises(Refusal) as refused:
        read_export(path)
    wanted = "instrument.format" if path.suffix == ".wsp" else "instrument.spreadsheet"
    assert refused.value.rule == wanted


def test_every_real_export_is_expected_here_or_refused():
    known = {*EXPECTED, *(path.name for path in FILES if path.suffix in {".xls", ".xlsx", ".wsp"})}
    assert {path.name for path in FILES} <= known
