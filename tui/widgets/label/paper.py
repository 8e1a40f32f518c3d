"""A label as it will print: a picture where the terminal shows pictures, else its text at the label's own proportions.

The label screens show a drawn sheet with ``show``. What a finding is about is underlined, and its line marked with ✗ at
the edge; in a picture it is framed. Heavy work is done in a worker; nothing of the labels floor is imported before.
"""

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

from textual.app import ComposeResult
from textual.containers import ScrollableContainer
from textual.content import Content
from textual.message import Message

from inkt_mfg.language import Phrase
from tui.asking import Asking
from tui.terminal_image import MOST, Protocol, protocol
from tui.widgets.frame.plain import Plain
from tui.widgets.label.picture import Picture

if TYPE_CHECKING:
    from labels.as_text import Stretch
    from labels.produce import LabelSheet

_MARK = "✗"
_SCROLL_BAR = 2  # cells
_FRAME_DOTS = 3
_LEAST = 50  # cells in which a picture is worth looking at


class View(Enum):
    """The ways in which a label can be looked at here."""

    PICTURE = Phrase("picture")
    BLOCKS = Phrase("dots")
    TEXT = Phrase("text")


@dataclass(frozen=True, slots=True)
class _Drawn:
    """What the worker made of a sheet for one view."""

    content: Content
    columns: int
    picture: Any = None  # the grey image


class Paper(Asking, ScrollableContainer):
    """Scrolls in both directions; ``turn`` goes on to the next way of looking."""

    DEFAULT_CSS = """
    Paper { width: 1fr; height: 1fr; border: round $primary 60%; align: left top; }
    Paper:focus { border: round $accent; }
    Paper #text { width: auto; height: auto; }
    Paper Picture { display: none; }
    """

    class Drawn(Message):
        """The label is shown, so many columns wide."""

        def __init__(self, columns: int) -> None:
            super().__init__()
            self.columns = columns

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 — Textual's own word
        super().__init__(id=id)
        self.border_title = str(Phrase("As it will print"))
        self._pictures = protocol()
        self.view = View.TEXT if self._pictures is Protocol.TEXT else View.PICTURE
        self._sheet: LabelSheet | None = None
        self._can_blocks = False

    def compose(self) -> ComposeResult:
        yield Plain("", id="text")
        yield Picture(self._pictures)

    def show(self, sheet: "LabelSheet") -> None:
        """Show this sheet, whether its proof passed or not."""
        self._sheet = sheet
        self.scroll_home(animate=False)
        self._draw()

    def clear(self) -> None:
        """Nothing is shown any more."""
        self._sheet = None
        self.query_one("#text", Plain).update("")
        self.query_one(Picture).forget()

    @property
    def views(self) -> tuple[View, ...]:
        """What there is to choose from at this terminal and this width."""
        can = {
            View.TEXT: True,
            View.PICTURE: self._pictures is not Protocol.TEXT,
            View.BLOCKS: self._can_blocks,
        }
        return tuple(view for view in View if can[view])

    def turn(self) -> None:
        """The next way of looking, if there is one."""
        views = self.views
        if views == (View.TEXT,):
            says = Phrase("This terminal shows no pictures here: the label is shown as text.")
            self.app.notify(str(says), markup=False)
        self.view = views[(views.index(self.view) + 1) % len(views)] if self.view in views else View.TEXT
        self._draw()

    def on_resize(self) -> None:
        """Another width: a picture is drawn for it anew."""
        if self._sheet is not None and self.view is not View.TEXT:
            self._draw()

    def _draw(self) -> None:
        sheet, view = self._sheet, self.view
        if sheet is None:
            return
        wide = max(20, min(MOST, self.size.width - _SCROLL_BAR))
        self.ask(lambda: _drawn(sheet, view, wide), self._drawn, group="paper")

    def _drawn(self, found: tuple[View, _Drawn, bool]) -> None:
        view, drawn, self._can_blocks = found
        text, picture = self.query_one("#text", Plain), self.query_one(Picture)
        text.display, picture.display = view is not View.PICTURE, view is View.PICTURE
        if view is View.PICTURE:
            picture.show(drawn.picture, drawn.columns)
        else:
            picture.forget()
            text.update(drawn.content)
        more = len(self.views) > 1
        self.border_subtitle = f"{view.value} · v" if more else str(view.value)
        self.post_message(self.Drawn(_LEAST if view is View.PICTURE else drawn.columns))


def _drawn(sheet: "LabelSheet", view: View, wide: int) -> "tuple[View, _Drawn, bool]":
    """In a worker: the sheet for this view; as text where dots would not be legible."""
    from labels.as_blocks import (  # numpy and the labels floor: when a label is shown
        half_blocks,
        legible_columns,
    )
    from labels.as_text import as_text
    from labels.raster import image_of

    wrong = frozenset(finding.element for finding in sheet.proof.findings if finding.element)
    blocks = legible_columns(sheet.page) <= wide
    if view is View.PICTURE:
        finest = max(sheet.proof.dpi)
        image = image_of(sheet, next(d for d in _resolutions(sheet) if float(d) == finest))
        return view, _Drawn(Content(""), wide, _framed(image, sheet, wrong, finest)), blocks
    if view is View.BLOCKS and blocks:
        dpi = _resolutions(sheet)[0]
        lines = half_blocks(_framed(image_of(sheet, dpi), sheet, wrong, float(dpi)), wide)
        return view, _Drawn(Content.styled("\n".join(lines), "black on white"), wide), blocks
    found = as_text(sheet.page)
    return View.TEXT, _Drawn(told(found.lines, wrong), found.columns), blocks


def _resolutions(sheet: "LabelSheet") -> "tuple[Any, ...]":
    return tuple(sheet.page.template.dpi)


def told(lines: "tuple[tuple[Stretch, ...], ...]", wrong: frozenset[str]) -> Content:
    """Black on white as paper is; what findings are about stands out, and its line has a mark at the edge."""
    said = []
    for line in lines:
        pieces = [Content.styled(s.text, _look(s, wrong)) for s in line]
        if (
            any(s.element in wrong for s in line)
            and line[0].text.startswith(" ")
            and line[0].element not in wrong
        ):
            first = line[0]
            pieces[0] = Content.assemble(
                Content.styled(_MARK, "bold reverse red on white"),
                Content.styled(first.text[1:], _look(first, wrong)),
            )
        said.append(Content("").join(pieces))
    return Content("\n").join(said)


def _look(stretch: "Stretch", wrong: frozenset[str]) -> str:
    if stretch.element in wrong:
        return "bold underline reverse red on white"
    return {
        "heavy": "bold black on white",
        "reverse": "bold reverse black on white",
    }.get(stretch.look.value, "black on white")


def _framed(image: Any, sheet: "LabelSheet", wrong: frozenset[str], dpi: float) -> Any:
    """The image with a frame round everything a finding is about."""
    if not wrong:
        return image
    found = image.copy()
    high, wide = found.shape
    for left, top, right, bottom in _boxes(sheet, wrong):
        x0, x1 = (min(wide - 1, max(0, round(x / 72 * dpi))) for x in (left, right))
        y0, y1 = (min(high - 1, max(0, round(y / 72 * dpi))) for y in (top, bottom))
        found[y0 : y0 + _FRAME_DOTS, x0:x1] = found[max(0, y1 - _FRAME_DOTS) : y1, x0:x1] = 0
        found[y0:y1, x0 : x0 + _FRAME_DOTS] = found[y0:y1, max(0, x1 - _FRAME_DOTS) : x1] = 0
    return found


def _boxes(sheet: "LabelSheet", wrong: frozenset[str]) -> "list[tuple[float, float, float, float]]":
    """Left, top, right, bottom in points from the upper left corner."""
    from labels.layout import MM

    high = float(sheet.page.template.height_mm) * MM
    boxes = [
        (run.x - 2, high - run.y - run.size, run.x + run.width + 2, high - run.y + run.size / 3)
        for run in sheet.page.runs
        if run.element in wrong
    ]
    for placed in sheet.page.symbols:
        if placed.element in wrong:
            left, top = float(placed.left_mm) * MM, float(placed.top_mm) * MM
            wide, tall = float(placed.symbol.width_mm) * MM, float(placed.symbol.height_mm) * MM
            boxes.append((left - 3, top - 3, left + wide + 3, top + tall + 3))
    return boxes
