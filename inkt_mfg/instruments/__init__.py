"""Strict readers for the exports of cell counters: a file in, plain readings out.

``read_export`` finds out which instrument wrote a file and reads it. What it does not recognise it refuses; a value
that is missing or in words is never a number, but a doubt the reading carries; nothing is multiplied by a dilution.
"""

from pathlib import Path
from typing import Protocol

from inkt_mfg.instruments import cedex_hires, cellaca, nc_view, nucleoview, vi_cell_blu, vi_cell_xr
from inkt_mfg.instruments.export import Export, open_export
from inkt_mfg.instruments.reading import CellReading
from inkt_mfg.language import Phrase

__all__ = ["CellReading", "read", "read_export"]


class _Reader(Protocol):
    """What every instrument's module offers."""

    def recognises(self, export: Export) -> bool: ...
    def read(self, export: Export) -> tuple[CellReading, ...]: ...


READERS: dict[str, _Reader] = {
    "ChemoMetec NucleoView (NC-200) CSV": nucleoview,
    "ChemoMetec NC-View CSV": nc_view,
    "Beckman Coulter Vi-CELL BLU CSV": vi_cell_blu,
    "Beckman Coulter Vi-CELL XR text": vi_cell_xr,
    "Revvity Cellaca CSV": cellaca,
    "Roche Cedex HiRes CSV": cedex_hires,
}


def read_export(path: Path) -> tuple[CellReading, ...]:
    """Every count in an export. Refuses ``instrument.*``; Unable when the file cannot be read."""
    return read(open_export(path))


def read(export: Export) -> tuple[CellReading, ...]:
    """The same, of an export already opened. Refuses ``instrument.format`` unless exactly one reader knows it."""
    knowing = [reader for reader in READERS.values() if reader.recognises(export)]
    if len(knowing) != 1:
        what = Phrase("no reader knows this layout, or more than one does")
        raise export.refusal("instrument.format", what, Phrase("one of {names}", names=", ".join(READERS)))
    return knowing[0].read(export)
