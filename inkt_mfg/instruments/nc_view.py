"""ChemoMetec NC-View (NucleoCounter NC-202): CSV, one row a sample, in cells/mL.

It rounds to three significant digits and groups digits with U+00A0 (a space that does not break), so both are
understood here and nowhere else. A STATUS other than OK is a doubt. The file prints no time.
"""

import re

from inkt_mfg.instruments.export import Export, comma_separated, table
from inkt_mfg.instruments.printed import fixed, significant
from inkt_mfg.instruments.reading import CellReading
from inkt_mfg.instruments.tabular import Layout, read_rows

_GROUPED = re.compile("[0-9]{1,3}(?:\N{NO-BREAK SPACE}[0-9]{3})+")


def _ungroup(text: str) -> str:
    return text.replace("\N{NO-BREAK SPACE}", "") if _GROUPED.fullmatch(text) else text


LAYOUT = Layout(
    instrument="ChemoMetec NucleoCounter NC-202 (NC-View)",
    sample_id="SAMPLE ID",
    total="TOTAL (cells/ml)",
    viable="LIVE (cells/ml)",
    viability="VIABILITY (%)",
    unit="cell/mL",
    serial="INSTRUMENT",
    dilution="DILUTION FACTOR",
    status={"STATUS": "OK"},
    cells=significant(3),
    percent=fixed("0.1"),
    ungroup=_ungroup,
)


def recognises(export: Export) -> bool:
    """A first line with NC-View's headings."""
    return export.lines[0].startswith("NAME,SAMPLE ID,") and LAYOUT.total in export.lines[0]


def read(export: Export) -> tuple[CellReading, ...]:
    """Every row of the file."""
    heading, *rows = comma_separated(export)
    return read_rows(export, LAYOUT, table(export, heading[1], rows))
