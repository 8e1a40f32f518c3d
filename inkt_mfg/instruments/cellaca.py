"""Revvity Cellaca MX: CSV of a plate: keys and values first, then a table with one row a well, in 10^6 cells.

A sample is named by plate and well ("Plate1/A1"). The headings say E6 without a volume; that is a remark of every
reading. Anything in the column Errors is a doubt.
"""

from dataclasses import replace

from inkt_mfg.instruments.export import Export, Row, comma_separated, table
from inkt_mfg.instruments.reading import CellReading
from inkt_mfg.instruments.tabular import Layout, read_rows
from inkt_mfg.language import Phrase

LAYOUT = Layout(
    instrument="Revvity Cellaca MX",
    sample_id="sample",
    total="Total Concentration (E6)",
    viable="Live Concentration (E6)",
    viability="Viability (%)",
    unit="10^6 cell/mL",
    taken_at="Results Timestamp",
    serial="Instrument SN",
    dilution="Dilution",
    counts=("Live Count", "Total Count"),
    status={"Errors": ""},
    remarks=(Phrase("the file names no volume: concentrations are taken in the instrument's 10^6 cells/mL"),),
)
_OF_THE_PLATE = ("Dilution", "Results Timestamp", "Instrument SN")


def recognises(export: Export) -> bool:
    """A plate's name first and, somewhere below, the headings of a Cellaca's table."""
    return export.lines[0].startswith("Plate Name,") and "Live Concentration (E6)" in export.text


def read(export: Export) -> tuple[CellReading, ...]:
    """Every well of the plate."""
    rows = comma_separated(export)
    headings = [i for i, (_, cells) in enumerate(rows) if LAYOUT.viable in [cell.strip() for cell in cells]]
    if not headings:  # they stand in the text, but a damaged separator has run two of them together
        what = Phrase("the headings of the table cannot be told apart")
        raise export.refusal("instrument.columns", what, Phrase("the file as the instrument wrote it"))
    start = headings[0]
    plate = {cells[0].strip(): cells[1].strip() for _, cells in rows[:start] if len(cells) > 1}
    wells = table(export, rows[start][1], rows[start + 1 :])
    return read_rows(export, LAYOUT, (_of_plate(export, plate, well) for well in wells))


def _of_plate(export: Export, plate: dict[str, str], well: Row) -> Row:
    """The well with what the file says once for the whole plate."""
    shared = {name: plate.get(name, "") for name in _OF_THE_PLATE}
    names = plate.get("Plate Name", ""), well.cells.pop("Well Name", "")
    if not all(names):
        what = Phrase("{place}: the plate or the well has no name", place=well.place)
        raise export.refusal("instrument.columns", what, Phrase("a plate and a well to name the sample by"))
    return replace(well, cells={**well.cells, **shared, "sample": "/".join(names)})
