"""Beckman Coulter Vi-CELL XR: the text file of one sample, ``key : value`` on each line, in 10^6 cells/mL.

The printed concentrations hold both its dilutions already. The spreadsheets the same software writes are refused
before they come here. The file prints no zone.
"""

import re

from inkt_mfg.instruments.export import Export, Row
from inkt_mfg.instruments.reading import CellReading
from inkt_mfg.instruments.tabular import Layout, read_rows
from inkt_mfg.language import Phrase

LAYOUT = Layout(
    instrument="Beckman Coulter Vi-CELL XR",
    sample_id="Sample ID",
    total="Total cells / ml (x 10^6)",
    viable="Total viable cells / ml (x 10^6)",
    viability="Viability (%)",
    unit="10^6 cell/mL",
    taken_at="RunDate",
    serial="Unit S/N",
    dilution="Dilution",
    counts=("Total cells", "Viable cells"),
)
_PAIR = re.compile(r"(?P<key>\S.*?)\s+:(?P<value>.*)")


def recognises(export: Export) -> bool:
    """The program's name and version on the first line."""
    return export.lines[0].startswith("Vi-CELL XR")


def read(export: Export) -> tuple[CellReading, ...]:
    """The one count of the file. Refuses a key printed twice."""
    cells: dict[str, str] = {}
    for line in export.lines:
        if pair := _PAIR.match(line):
            if pair["key"] in cells:
                what = Phrase("{key} is printed twice", key=pair["key"])
                raise export.refusal("instrument.table", what, Phrase("one sample in a file"))
            cells[pair["key"]] = pair["value"].strip()
    return read_rows(export, LAYOUT, [Row("file", cells)])
