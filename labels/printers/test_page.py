"""A printer's test page: rulers from each edge, Data Matrix symbols of 1 to 10 dots a module, and what the register says.

Sent through the same path as labels (``labels.printers.run.try_printer``). Where the rulers stand on the paper is the offset
to register; the smallest symbol a scanner reads says how fine printer, ribbon and medium print. Nobody's data are on it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import groupby

from inkt_mfg.views.printers import PrinterCard
from labels import fonts, pdf
from labels.layout import MM, Placed, Run
from labels.printers.paper import Size, dots_on_media, page_on_media
from labels.reading import Reading
from labels.symbols import MM_PER_INCH, Symbol, data_matrix

LADDER = (1, 2, 3, 4, 5, 6, 8, 10)  # dots a module
_SMALL = 40  # mm: a medium with a side below it has room for few words
_SIZE, _LEADING = 6.0, 1.25
_LINE = Fraction(_SIZE * _LEADING / MM).limit_denominator(1000)  # mm


def page_of(card: PrinterCard) -> bytes:
    """The bytes for this printer, moved by its offset; rulers may leave the medium, that is what they show."""
    size = Size(Fraction(card.width_mm), Fraction(card.height_mm))
    page = drawn(card)
    if card.language == "pdf":
        return page_on_media(card, page, size, may_cut=True)
    with Reading(page) as reading:
        image = reading.render(size.width_mm, size.height_mm, Fraction(card.dots_per_inch))
    return dots_on_media(card, image, may_cut=True)


def drawn(card: PrinterCard) -> bytes:
    """The page as PDF, before it is moved."""
    laid = Laid(card)
    height = float(laid.high) * MM
    canvas, buffer = pdf.sheet(float(laid.wide) * MM, height)
    canvas.setFillGray(0)
    path = "\n".join(_rectangle(box, height) for box in (*laid.marks(), *laid.modules()))
    canvas.addLiteral(f"{path}\nf")
    pdf.write(
        canvas,
        [
            Run("", text, float(x) * MM, height - float(y) * MM, _SIZE, bold=False, white=False)
            for x, y, text in laid.texts
        ],
    )
    canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def _rectangle(box: "Box", height: float) -> str:
    """To a hundred-thousandth of a point: reportlab's own rounding would tear whole dots."""
    x, y, wide, high = (float(side) * MM for side in box)
    return f"{x:.5f} {height - y - high:.5f} {wide:.5f} {high:.5f} re"


Box = tuple[Fraction, Fraction, Fraction, Fraction]  # left, top, width, height in mm


@dataclass
class Laid:
    """What stands where, in millimetres from the upper left corner; symbols and marks on whole dots of this printer."""

    card: PrinterCard
    symbols: list[Placed] = field(default_factory=list)
    texts: list[tuple[Fraction, Fraction, str]] = field(default_factory=list)  # left, baseline, text

    def __post_init__(self) -> None:
        self.dot = MM_PER_INCH / Fraction(self.card.dots_per_inch)
        self.wide, self.high = Fraction(self.card.width_mm), Fraction(self.card.height_mm)
        self.small = min(self.wide, self.high) < _SMALL
        self.short, self.long = (
            (Fraction(4, 5), Fraction(8, 5)) if self.small else (Fraction(3, 2), Fraction(3))
        )
        self.inside = self.long + (Fraction(3, 5) if self.small else Fraction(7, 2))
        self._number_marks()
        self._ladder(self._write())

    def _number_marks(self) -> None:
        """Each ten millimetres from the left and from the top, where they are in nobody's way."""
        if self.small:
            return
        for n in range(10, int(self.wide) - 5, 10):
            self.texts.append((Fraction(n - 1), self.long + Fraction(11, 5), str(n)))
        for n in range(10, int(self.high) - 5, 10):
            self.texts.append((self.long + Fraction(1, 2), n + Fraction(4, 5), str(n)))

    def _write(self) -> Fraction:
        """What the register says, below each other; returns where it ends."""
        y = self.inside
        for text in said(self.card, few=self.small):
            for line in _broken(text, float(self.wide - 2 * self.inside) * MM):
                y += _LINE
                self.texts.append((self.inside, y - _LINE / 5, line))
        return y + Fraction(1, 2)

    def _ladder(self, top: Fraction) -> None:
        """The narrowest modules first, side by side, as many as have room; below each its dots, where there is room."""
        x, tallest, numbers = self.inside, Fraction(0), Fraction(0) if self.small else _LINE
        for dots in LADDER:
            symbol = data_matrix(f"TEST {dots}", dots * self.dot)
            across = symbol.width_mm + 2 * symbol.quiet_mm
            if x + across > self.wide - self.inside:
                x, top, tallest = self.inside, top + tallest, Fraction(0)
            below = symbol.height_mm + 2 * symbol.quiet_mm + numbers
            if x + across > self.wide - self.inside or top + below > self.high - self.inside:
                return
            left, high = x + symbol.quiet_mm, top + symbol.quiet_mm
            self.symbols.append(Placed("", symbol, self._whole(left), self._whole(high)))
            if numbers:
                self.texts.append(
                    (left, high + symbol.height_mm + symbol.quiet_mm + _LINE * 4 / 5, str(dots))
                )
            x, tallest = x + max(across, Fraction(3)), max(tallest, below)

    def _whole(self, length: Fraction) -> Fraction:
        return round(length / self.dot) * self.dot

    def modules(self) -> Iterator[Box]:
        """The black modules of every symbol."""
        for placed in self.symbols:
            yield from _modules(placed.symbol, placed.left_mm, placed.top_mm)

    def marks(self) -> Iterator[Box]:
        """Two dots thick, each millimetre along all four edges from the upper left corner; every fifth is longer."""
        thick = 2 * self.dot
        for n in range(int(self.wide)):
            x, long = self._whole(Fraction(n)), self.short if n % 5 else self.long
            yield x, Fraction(0), thick, long
            yield x, self.high - long, thick, long
        for n in range(int(self.high)):
            y, long = self._whole(Fraction(n)), self.short if n % 5 else self.long
            yield Fraction(0), y, long, thick
            yield self.wide - long, y, long, thick


def _modules(symbol: Symbol, left: Fraction, top: Fraction) -> Iterator[Box]:
    """Neighbours in a row as one."""
    side = symbol.module_mm
    for number, row in enumerate(symbol.rows):
        column = 0
        for black, run in groupby(row):
            modules = len(list(run))
            if black:
                yield left + column * side, top + number * side, modules * side, side
            column += modules


def said(card: PrinterCard, *, few: bool) -> tuple[str, ...]:
    """The register in a few lines; a character the face does not have is shown as its code point."""
    name = "".join(f"U+{ord(c):04X}" if fonts.missing_glyphs(c) else c for c in card.code)
    offset = f"{card.offset_across:+} / {card.offset_down:+} mm"
    if few:
        return (f"TEST {name}", f"{card.dots_per_inch} dpi {card.media} mm", f"offset {offset}")
    return (
        f"{name}  ·  TEST PAGE, NOT A LABEL",
        f"{card.dots_per_inch} dpi  ·  {card.media} mm  ·  {card.transport} {card.language}  ·  offset {offset}",
        "marks: 1 mm  ·  numbers: mm from left and top  ·  symbols: dots a module",
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
