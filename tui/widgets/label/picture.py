"""A grey image on a terminal that shows pictures, in the size of the widget's columns: by Kitty's placeholders or as Sixel.

``Paper`` uses it. The picture shows a patient: it is taken out of the terminal's memory when it is no longer shown.
"""

from itertools import count
from typing import Any, ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region, Size
from textual.strip import Strip
from textual.widget import Widget

from tui.terminal_image import MOST, Protocol, cell_of_terminal, kitty, kitty_forget, placeholders, sixel

_INK = 160  # grey levels below this are ink where there is only black and white
_PAPER = Style.parse("black on white")


class Picture(Widget):
    """Empty until something is shown. Its height follows from the picture's own."""

    DEFAULT_CSS = "Picture { width: auto; height: auto; }"
    # By its number Kitty knows a picture; it is said in the blue of a colour, so there are 255.
    _numbers: "ClassVar[count[int]]" = count(1)

    def __init__(self, how: Protocol) -> None:
        super().__init__()
        self._how = how
        self._number = 0
        self._cells = Size(0, 0)
        self._image: Any = None
        self._lines: tuple[str, ...] = ()
        self._scaled: Any = None
        self._due = False  # to be painted once this refresh is through

    def show(self, image: Any, columns: int) -> None:
        """Show this grey image, so many characters wide."""
        self.forget()
        cell = cell_of_terminal()
        high, wide = image.shape
        columns = min(columns, MOST)
        rows = max(1, round(high / wide * columns * cell.width / cell.height))
        if rows > MOST:
            columns, rows = max(1, columns * MOST // rows), MOST
        self._cells, self._image = Size(columns, rows), image
        if self._how is Protocol.KITTY:
            self._number = (next(self._numbers) - 1) % 255 + 1
            self._lines = placeholders(columns, rows)
            self._write(kitty(_png(image), self._number, columns, rows))
        else:
            self._scaled = _shrunk(image, columns * cell.width, rows * cell.height) < _INK
        self.refresh(layout=True)

    def forget(self) -> None:
        """Nothing is shown, and the terminal keeps nothing."""
        if self._number:
            self._write(kitty_forget(self._number))
        self._number, self._cells, self._image, self._scaled, self._lines = 0, Size(0, 0), None, None, ()
        self.refresh(layout=True)

    def on_unmount(self) -> None:
        """The screen is left."""
        if self._number:
            self._write(kitty_forget(self._number))

    def get_content_width(self, container: Size, viewport: Size) -> int:
        """As many characters as it was told to take."""
        del container, viewport
        return self._cells.width

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """As many lines as keep its proportions."""
        del container, viewport, width
        return self._cells.height

    def render_line(self, y: int) -> Strip:
        """A line of placeholders, or paper that the picture is painted over."""
        if y < len(self._lines):
            return Strip(
                [Segment(self._lines[y], Style(color=f"rgb(0,0,{self._number})"))], self._cells.width
            )
        return Strip([Segment(" " * self._cells.width, _PAPER)], self._cells.width)

    def render_lines(self, crop: Region) -> list[Strip]:
        """As every widget; what is painted over the characters is painted after them."""
        if self._scaled is not None and not self._due:
            self._due = True
            self.call_after_refresh(self._paint)
        return super().render_lines(crop)

    def _paint(self) -> None:
        """The part of the picture that is in sight, where it is in sight."""
        self._due = False
        if self._scaled is None or not self.is_attached or not self.screen.is_active:
            return
        place = self.screen.find_widget(self)
        seen = place.visible_region
        if not seen.area:
            return
        cell = cell_of_terminal()
        top, left = (seen.y - place.region.y) * cell.height, (seen.x - place.region.x) * cell.width
        part = self._scaled[top : top + seen.height * cell.height, left : left + seen.width * cell.width]
        if part.size:
            self._write(f"\x1b7\x1b[{seen.y + 1};{seen.x + 1}H{sixel(part)}\x1b8")

    def _write(self, sequence: str) -> None:
        driver = self.app._driver  # noqa: SLF001 — Textual offers no other way to the terminal
        if driver is not None:
            driver.write(sequence)
            driver.flush()


def _png(image: Any) -> bytes:
    from fractions import Fraction

    from labels.raster import png  # loaded by whoever drew the image

    return png(image, Fraction(1016, 5))


def _shrunk(image: Any, wide: int, high: int) -> Any:
    """The mean grey of the dots that fall on each of so many dots; a larger size repeats them."""
    import numpy as np

    rows, columns = image.shape
    if wide >= columns or high >= rows:
        return image[np.arange(high) * rows // high][:, np.arange(wide) * columns // wide]
    down, across = np.arange(high) * rows // high, np.arange(wide) * columns // wide
    total = np.add.reduceat(np.add.reduceat(image.astype(float), down, axis=0), across, axis=1)
    return total / np.outer(np.diff([*down, rows]), np.diff([*across, columns]))
