"""Roche Cedex HiRes: CSV, one row a sample. The headings name no unit; concentrations are in cells/mL.

That the file itself prints no unit is said in the remarks of every reading. Dates stay text.
"""

from inkt_mfg.instruments.export import Export, comma_separated, table
from inkt_mfg.instruments.printed import significant
from inkt_mfg.instruments.reading import CellReading
from inkt_mfg.instruments.tabular import Layout, read_rows
from inkt_mfg.language import Phrase

LAYOUT = Layout(
    instrument="Roche Cedex HiRes",
    sample_id="Sample identifer",  # the instrument's own spelling
    total="Total Cell Conc.",
    viable="Viable Cell Conc.",
    viability="Viability",
    unit="cell/mL",
    taken_at="Date finished",
    serial="Cedex ID",
    dilution="Dilution",
    counts=("Viable Cell Count", "Total Cell Count"),
    cells=significant(6),  # single precision behind many printed digits
    percent=significant(6),
    remarks=(
        Phrase(
            "the file names no unit: concentrations are taken in the instrument's cells/mL, viability in %"
        ),
    ),
)


def recognises(export: Export) -> bool:
    """A first line with the headings of a Cedex HiRes."""
    return export.lines[0].startswith("Cedex ID,") and LAYOUT.total in export.lines[0]


def read(export: Export) -> tuple[CellReading, ...]:
    """Every row of the file."""
    heading, *rows = comma_separated(export)
    return read_rows(export, LAYOUT, table(export, heading[1], rows))
