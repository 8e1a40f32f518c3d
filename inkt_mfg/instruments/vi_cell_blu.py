"""Beckman Coulter Vi-CELL BLU: CSV in UTF-8 or UTF-16, one row a sample, in 10^6 cells/mL.

ERROR in place of a number of cells is a doubt about the whole row. Dates have no zone, and whether the month or the
day comes first depends on the instrument's setting, so they stay text.
"""

from inkt_mfg.instruments.export import Export, comma_separated, table
from inkt_mfg.instruments.printed import fixed
from inkt_mfg.instruments.reading import CellReading
from inkt_mfg.instruments.tabular import Layout, read_rows

LAYOUT = Layout(
    instrument="Beckman Coulter Vi-CELL BLU",
    sample_id="Sample ID",
    total="Total (x10^6) cells/mL",
    viable="Viable (x10^6) cells/mL",
    viability="Viability (%)",
    unit="10^6 cell/mL",
    taken_at="Analysis date/time",
    dilution="Dilution",
    counts=("Cell count", "Viable cells"),
    cells=fixed("0.01"),
    percent=fixed("0.01"),
)


def recognises(export: Export) -> bool:
    """A first line with the headings of a Vi-CELL BLU."""
    return export.lines[0].startswith("Sample ID,") and LAYOUT.total in export.lines[0]


def read(export: Export) -> tuple[CellReading, ...]:
    """Every row of the file."""
    heading, *rows = comma_separated(export)
    return read_rows(export, LAYOUT, table(export, heading[1], rows))
