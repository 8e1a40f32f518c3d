"""Proof, part three: every symbol is decoded with the other library, is whole printer dots, and has its quiet zone.

Called by ``labels.proof`` for each resolution, on the grey image and on what a thermal printer would burn of it.
"""

from collections.abc import Iterator
from fractions import Fraction

import numpy as np

from inkt_mfg.language import Phrase
from labels.finding import Finding
from labels.layout import Page, Placed
from labels.reading import Decoded, Image, decode, one_bit
from labels.symbols import DATA_MATRIX, dots

_PAPER = 4  # dots of white around a cut-out symbol, as there is paper around a label


def read_symbols(page: Page, image: Image, dpi: Fraction, decoded: list[Decoded]) -> Iterator[Finding]:
    """Findings about all symbols at this resolution; what was decoded is added to ``decoded``."""
    for placed in page.symbols:
        rows, columns = _window(placed, dpi)
        around = image[_around(placed, rows, columns, dpi)]
        for depth, picture in (("grey", around), ("1-bit", one_bit(around))):
            found = decode(np.pad(picture, _PAPER, constant_values=255), dpi, depth)
            decoded += found
            yield from _compare(placed, found, dpi, depth)
        bits = one_bit(image[rows, columns])
        yield from _compare_dots(placed, bits, dpi)
        if int((one_bit(around) == 0).sum()) != int((bits == 0).sum()):
            what = Phrase("the quiet zone is not white at {dpi} dpi", dpi=float(dpi))
            yield Finding("quiet zone", placed.element, what)


def _compare(placed: Placed, found: list[Decoded], dpi: Fraction, depth: str) -> Iterator[Finding]:
    if [(s.kind, s.text) for s in found] != [(placed.symbol.kind, placed.symbol.text)]:
        read = ", ".join(s.text for s in found) or "nothing"
        what = Phrase(
            "at {dpi} dpi, {depth}, the symbol reads {read}", dpi=float(dpi), depth=depth, read=read
        )
        yield Finding("symbol", placed.element, what)


def _compare_dots(placed: Placed, bits: Image, dpi: Fraction) -> Iterator[Finding]:
    symbol = placed.symbol
    across, down = dots(symbol.module_mm, dpi), dots(symbol.row_mm, dpi)
    should = np.array(symbol.rows, dtype=bool).repeat(down, axis=0).repeat(across, axis=1)
    if bits.shape != should.shape or bool(((bits == 0) != should).any()):
        what = Phrase("the symbol is not dot for dot what it should be at {dpi} dpi", dpi=float(dpi))
        yield Finding("dots", placed.element, what)


def _window(placed: Placed, dpi: Fraction) -> tuple[slice, slice]:
    symbol = placed.symbol
    left, top = dots(placed.left_mm, dpi), dots(placed.top_mm, dpi)
    wide, high = dots(symbol.width_mm, dpi), dots(symbol.height_mm, dpi)
    return slice(top, top + high), slice(left, left + wide)


def _around(placed: Placed, rows: slice, columns: slice, dpi: Fraction) -> tuple[slice, slice]:
    """The symbol with its quiet zone; the layout keeps both on the label."""
    quiet = dots(placed.symbol.quiet_mm, dpi)
    above = quiet if placed.symbol.kind == DATA_MATRIX else 0
    return (
        slice(max(0, rows.start - above), rows.stop + above),
        slice(max(0, columns.start - quiet), columns.stop + quiet),
    )
