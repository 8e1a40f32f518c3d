"""A4 paper for records: one typeface that is embedded, wrapped cells, tables that break, a head and foot on every page.

``batch_record`` and ``certificate`` draw on it. The same content gives the same bytes: no date of printing, no random
identifier. A character none of the labels' faces has is printed as its code point, so that nothing is lost in silence.
"""

import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from xml.sax.saxutils import escape

from inkt_mfg.language import Phrase
from inkt_mfg.views.record_parts import Entered
from labels import fonts

MM = 72 / 25.4
WIDTH_MM = 180.0
_MARGIN = 15 * MM
_TOP, _BOTTOM = 24 * MM, 19 * MM
_FRAME_PADDING = 6  # platypus' own, inside the margins
_LINE = 0.3
NOTE = "†"


@dataclass(frozen=True, slots=True)
class Bold:
    """Text that a tired eye must not miss."""

    text: object


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands on every page: what it is, whose, the marks across the top, the line at the foot."""

    title: str
    code: str
    owner: str
    marks: tuple[str, ...]
    foot: str


def _code_points(text: str) -> str:
    """``[U+1F600]`` for each character: nothing is lost in silence."""
    return "".join(f"[U+{ord(character):04X}]" for character in text)


def printable(text: str) -> str:
    """The text in the one face of head and foot."""
    return "".join(run if name == fonts.FACE else _code_points(run) for name, run in fonts.on_paper(text))


def marked_up(text: str) -> str:
    """Text as reportlab's paragraphs read it: escaped, line breaks kept, raised digits raised, rare characters in their face."""
    shown = "".join(_marked_run(name, run) for name, run in fonts.on_paper(text))
    for character, plain in fonts.RAISED.items():
        shown = shown.replace(character, f"<super>{plain}</super>")
    return shown.replace("\n", "<br/>")


def _marked_run(name: str | None, run: str) -> str:
    if name is None:
        return _code_points(run)
    return escape(run) if name == fonts.FACE else f'<font name="{name}">{escape(run)}</font>'


@dataclass
class Paper:
    """One document under way. Add to it from top to bottom, then take its bytes."""

    frame: Frame
    story: list[Any] = field(default_factory=list)

    def __post_init__(self) -> None:
        # Here: platypus takes 0.15 s to import, and only a printout needs it.
        from reportlab.lib.styles import ParagraphStyle

        fonts.face()
        plain = ParagraphStyle("plain", fontName=fonts.FACE, fontSize=7.6, leading=9.6, splitLongWords=1)
        self._styles = {
            "plain": plain,
            "bold": ParagraphStyle("bold", plain, fontName=fonts.HEAVY),
            "head": ParagraphStyle("head", plain, fontName=fonts.HEAVY, fontSize=7, leading=8.6),
            "h1": ParagraphStyle("h1", plain, fontName=fonts.HEAVY, fontSize=14, leading=18, spaceAfter=4),
            "h2": ParagraphStyle(
                "h2", plain, fontName=fonts.HEAVY, fontSize=10.5, leading=13, spaceBefore=9, spaceAfter=3
            ),
            "small": ParagraphStyle("small", plain, fontSize=6.6, leading=8.4, textColor="#333333"),
            "loud": ParagraphStyle(
                "loud", plain, fontName=fonts.HEAVY, fontSize=11, leading=14, spaceAfter=3
            ),
        }

    # --- what can be put on it

    def title(self, text: object) -> None:
        self._say(text, "h1")

    def section(self, text: object, room_mm: float = 35) -> None:
        """A heading that never stands alone at the end of a page."""
        from reportlab.platypus import CondPageBreak

        self.story.append(CondPageBreak(room_mm * MM))
        self._say(text, "h2")

    def text(self, text: object) -> None:
        self._say(text, "plain")

    def small(self, text: object) -> None:
        self._say(text, "small")

    def loud(self, text: object) -> None:
        self._say(text, "loud")

    def gap(self, mm: float = 2) -> None:
        from reportlab.platypus import Spacer

        self.story.append(Spacer(1, mm * MM))

    def facts(self, pairs: Iterable[tuple[object, Any]], *, columns: int = 2, label_mm: float = 30) -> None:
        """Labels with their values, in columns, read from left to right."""
        told = list(pairs)
        told += [("", "")] * (-len(told) % columns)
        rows = [
            [part for label, value in told[n : n + columns] for part in (Bold(label), value)]
            for n in range(0, len(told), columns)
        ]
        value_mm = WIDTH_MM / columns - label_mm
        self.table((), rows, [label_mm, value_mm] * columns, together=True)

    def table(
        self,
        head: Sequence[object],
        rows: Iterable[Sequence[Any]],
        widths: Sequence[float],
        *,
        together: bool = False,
    ) -> None:
        """Rows under a head that is repeated on every page; widths in mm. A row too high for a page is split."""
        from reportlab.platypus import KeepTogether, Table, TableStyle

        cells = [[self._cell(c, "head") for c in head]] if head else []
        cells += [[self._cell(c, "plain") for c in row] for row in rows]
        if not cells:
            return
        style = [
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("LINEBELOW", (0, 0), (-1, -1), _LINE, "#777777"),
            ("LINEABOVE", (0, 0), (-1, 0), _LINE, "#777777"),
            ("LEFTPADDING", (0, 0), (-1, -1), 3),
            ("RIGHTPADDING", (0, 0), (-1, -1), 3),
            ("TOPPADDING", (0, 0), (-1, -1), 1.6),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 2.4),
        ]
        if head:
            style.append(("BACKGROUND", (0, 0), (-1, 0), "#e4e4e4"))
        made = Table(
            cells, [w * MM for w in widths], repeatRows=1 if head else 0, splitInRow=1, hAlign="LEFT"
        )
        made.setStyle(TableStyle(style))
        self.story.append(KeepTogether([made]) if together else made)

    # --- text

    def _say(self, text: object, style: str) -> None:
        from reportlab.platypus import Paragraph

        self.story.append(Paragraph(marked_up(str(text)), self._styles[style]))

    def _cell(self, cell: Any, style: str) -> list[Any]:
        from reportlab.platypus import Paragraph

        return [
            Paragraph(text, self._styles["bold" if loud and style == "plain" else style])
            for text, loud in _paragraphs(cell)
        ]

    # --- bytes

    def pdf(self) -> bytes:
        """The finished document, the same bytes for the same content."""
        from reportlab import rl_config
        from reportlab.lib.pagesizes import A4
        from reportlab.platypus import SimpleDocTemplate

        rl_config.useA85 = 0  # as labels.pdf sets it: whichever is drawn first, the bytes are the same
        buffer = io.BytesIO()
        document = SimpleDocTemplate(
            buffer, pagesize=A4, leftMargin=_MARGIN - _FRAME_PADDING, rightMargin=_MARGIN - _FRAME_PADDING, topMargin=_TOP, bottomMargin=_BOTTOM,
            title=f"{self.frame.title} {self.frame.code}", author=self.frame.owner, invariant=1, pageCompression=1,
        )  # fmt: skip
        document.build(self.story, canvasmaker=_numbered(self.frame))
        return buffer.getvalue()


def _paragraphs(cell: Any) -> Iterator[tuple[str, bool]]:
    """The paragraphs of a cell as marked-up text, and whether each is bold."""
    if isinstance(cell, Bold):
        yield marked_up(str(cell.text)), True
    elif isinstance(cell, Entered):
        notes = " ".join(f"{NOTE}{n}" for n in cell.notes)
        mark = f' <font name="{fonts.HEAVY}">{notes}</font>' if notes else ""
        yield marked_up(cell.text) + mark, False
    elif isinstance(cell, list | tuple):
        for part in cell:
            yield from _paragraphs(part)
    elif str(cell):
        yield marked_up(str(cell)), False


def _numbered(frame: Frame) -> Callable[..., Any]:
    """A canvas that draws head and foot when the number of pages is known."""
    from reportlab.pdfgen.canvas import Canvas

    class Numbered(Canvas):  # type: ignore[misc]  # reportlab has no types
        def __init__(self, *positional: Any, **named: Any) -> None:
            super().__init__(*positional, **named)
            self._pages: list[dict[str, Any]] = []

        def showPage(self) -> None:  # noqa: N802 — reportlab's name
            self._pages.append(dict(self.__dict__))
            self._startPage()

        def save(self) -> None:
            for page in self._pages:
                self.__dict__.update(page)
                _draw_frame(self, frame, self._pageNumber, len(self._pages))
                super().showPage()
            super().save()

    return Numbered


def _draw_frame(canvas: Any, frame: Frame, number: int, of: int) -> None:
    width, height = canvas._pagesize  # noqa: SLF001 — reportlab has no other way to ask
    left, right = _MARGIN, width - _MARGIN
    top = height - 12 * MM
    canvas.setFillGray(0)
    canvas.setFont(fonts.HEAVY, 9)
    canvas.drawString(left, top, frame.title)
    canvas.drawRightString(right, top, frame.code)
    canvas.setFont(fonts.FACE, 7)
    canvas.drawString(left, top - 10, printable(frame.owner))
    _draw_marks(canvas, frame.marks, left, right, top - 15)
    canvas.setLineWidth(_LINE)
    canvas.line(left, 16 * MM, right, 16 * MM)
    canvas.setFont(fonts.FACE, 6.4)
    canvas.drawString(left, 12.5 * MM, frame.foot)
    canvas.setFont(fonts.FACE, 7)
    canvas.drawString(left, 9 * MM, f"{frame.title} {frame.code}")
    page = str(Phrase("page {n} of {total}", n=number, total=of))
    canvas.drawRightString(right, 9 * MM, page)


def _draw_marks(canvas: Any, marks: Sequence[str], left: float, right: float, top: float) -> None:
    """White on black across the page: what must be seen before anything else is read."""
    if not marks:
        return
    canvas.setFillGray(0)
    canvas.rect(left, top - 13, right - left, 13, stroke=0, fill=1)
    canvas.setFillGray(1)
    canvas.setFont(fonts.HEAVY, 8.5)
    canvas.drawCentredString((left + right) / 2, top - 9.8, "   ·   ".join(marks))
    canvas.setFillGray(0)
