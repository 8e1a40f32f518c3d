"""A printer's test page: rulers from each edge, Data Matrix symbols of 1 to 10 dots a module, and what the register says.

Sent through the same path as labels (``labels.printers.run.try_printer``). What a ruler measures on paper is the offset to
register; the smallest symbol a scanner reads says how fine this printer, ribbon and medium print. Nobody's data are on it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from inkt_mfg.views.printers import PrinterCard
from labels import fonts, pdf
from labels.layout import MM, Placed, Run
from labels.printers.paper import Size, dots_on_media, page_on_media
from labels.reading import Reading
from labels.symbols import MM_PER_INCH, Symbol, data_matrix

LADDER = (10, 8, 6, 5, 4, 3, 2, 1)  # dots a module, the widest first
_SHORT, _LONG = Fraction(3, 2), Fraction(3)  # mm: a mark each millimetre, and every fifth
_SIZE = 6.0
_LINE = 1.3


def page_of(card: PrinterCard) -> bytes:
    """The bytes for this printer. Raises Refusal ``printer.offset`` where the rulers would leave the medium."""
    size = Size(Fraction(card.width_mm), Fraction(card.height_mm))
    page = drawn(card)
    if card.language == "pdf":
        return page_on_media(card, page, size)
    with Reading(page) as reading:
        return dots_on_media(
            card, reading.render(size.width_mm, size.height_mm, Fraction(card.dots_per_inch))
        )


def drawn(card: PrinterCard) -> bytes:
    """The page as PDF, before it is moved."""
    width, height = float(card.width_mm) * MM, float(card.height_mm) * MM
    canvas, buffer = pdf.sheet(width, height)
    laid = _Drawn(card)
    canvas.setFillGray(0)
    for x, y, wide, high in laid.boxes():
        canvas.rect(x, height - y - high, wide, high, stroke=0, fill=1)
    pdf.write(canvas, [Run("", t, x, height - y, _SIZE, bold=False, white=False) for x, y, t in laid.texts])
    _finish(canvas)
    return buffer.getvalue()


def _finish(canvas: Any) -> None:
    canvas.showPage()
    canvas.save()


@dataclass
class _Drawn:
    """What stands where, in points from the upper left corner; symbols on whole dots of this printer."""

    card: PrinterCard
    symbols: list[Placed] = field(default_factory=list)
    texts: list[tuple[float, float, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.dot = MM_PER_INCH / Fraction(self.card.dots_per_inch)
        self.wide, self.high = Fraction(self.card.width_mm), Fraction(self.card.height_mm)
        inside = Fraction(5)
        below = self._write(inside)
        self._ladder(inside, below)

    def _write(self, inside: Fraction) -> Fraction:
        """What the register says, as many lines as there is room for; returns where they end, in millimetres."""
        room = float(self.wide - 2 * inside) * MM
        y = float(inside) * MM
        for text in said(self.card):
            for line in _broken(text, room):
                y += _SIZE * _LINE
                self.texts.append((float(inside) * MM, y, line))
        return Fraction(y / MM).limit_denominator(1000) + 1

    def _ladder(self, left: Fraction, top: Fraction) -> None:
        """The widest modules first, side by side, as many as fit; each says its dots."""
        x, row = left, Fraction(0)
        for dots in reversed(LADDER):
            symbol = data_matrix(f"TEST {dots}", dots * self.dot)
            across = symbol.width_mm + 2 * symbol.quiet_mm
            if x + across > self.wide - 4:
                x, top, row = left, top + row + 3, Fraction(0)
            if top + across + 3 > self.high - 4 or x + across > self.wide - 4:
                return
            self.symbols.append(Placed("", symbol, self._whole(x + symbol.quiet_mm), self._whole(top)))
            self.texts.append(
                (
                    float(x + symbol.quiet_mm) * MM,
                    float(top + symbol.height_mm + Fraction(5, 2)) * MM,
                    str(dots),
                )
            )
            x, row = x + max(across, Fraction(4)), max(row, symbol.height_mm + symbol.quiet_mm)

    def _whole(self, length: Fraction) -> Fraction:
        return round(length / self.dot) * self.dot

    def boxes(self) -> Iterator[tuple[float, float, float, float]]:
        """Every black rectangle: x, y, width, height."""
        for x, y, wide, high in self._marks():
            yield float(x) * MM, float(y) * MM, float(wide) * MM, float(high) * MM
        for placed in self.symbols:
            yield from _modules(placed.symbol, placed.left_mm, placed.top_mm)

    def _marks(self) -> Iterator[tuple[Fraction, Fraction, Fraction, Fraction]]:
        """A mark two dots thick each millimetre along all four edges, beginning at the corner; the fifth ones longer."""
        thick = 2 * self.dot
        for n in range(int(self.wide)):
            x, long = self._whole(Fraction(n)), _LONG if n % 5 == 0 else _SHORT
            yield x, Fraction(0), thick, long
            yield x, self.high - long, thick, long
        for n in range(int(self.high)):
            y, long = self._whole(Fraction(n)), _LONG if n % 5 == 0 else _SHORT
            yield Fraction(0), y, long, thick
            yield self.wide - long, y, long, thick


def _modules(symbol: Symbol, left: Fraction, top: Fraction) -> Iterator[tuple[float, float, float, float]]:
    module = float(symbol.module_mm) * MM
    for number, row in enumerate(symbol.rows):
        for column, black in enumerate(row):
            if black:
                yield float(left) * MM + column * module, float(top) * MM + number * module, module, module


def said(card: PrinterCard) -> tuple[str, ...]:
    """The register in a few lines; a character the face does not have is shown as its code point."""
    name = "".join(c if not fonts.refuse_missing("", c) else f"U+{ord(c):04X}" for c in card.code)
    return (
        f"{name}  ·  TEST PAGE, NOT A LABEL",
        f"{card.dots_per_inch} dpi  ·  {card.width_mm} × {card.height_mm} mm  ·  {card.transport} {card.language}",
        f"offset: {card.offset_across} mm across, {card.offset_down} mm down",
        "marks: 1 mm, long 5 mm, from each edge  ·  symbols: dots a module",
    )


def _broken(text: str, room: float) -> Iterator[str]:
    """Between words, or in the middle of one that is too long for a line."""
    line = ""
    for word in text.split(" "):
        wider = f"{line} {word}" if line else word
        if line and fonts.width(wider, _SIZE) > room:
            yield line
            wider = word
        while fonts.width(wider, _SIZE) > room:
            most = next(
                n for n in range(len(wider), 0, -1) if n == 1 or fonts.width(wider[:n], _SIZE) <= room
            )
            yield wider[:most]
            wider = wider[most:]
        line = wider
    yield line
