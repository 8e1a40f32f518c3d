"""Where everything on a label goes: frozen content and a template (TOML) become runs of text, rules and symbols in place.

Called by ``labels.pdf`` and ``labels.proof``. Text is broken into lines, never shrunk and never clipped: what does not
fit is refused and named (rule ``label.fit``), and so is an element of the table that the template forgot (R50).
Positions are points from the lower left corner; symbols stand on a grid both printers share.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from inkt_mfg.language import Phrase
from inkt_mfg.refusal import Refusal, refuse
from inkt_mfg.views.label_content import LabelContent
from labels import fonts, symbols
from labels.elements import Element, elements
from labels.lines import (
    Word,
    broken,
    levels,
    line_width,
    pieces,
    tied,
    width_of,
    with_captions_whole,
    words_of,
)
from labels.symbols import Symbol
from labels.template import Block, Column, Item, Template, load

MM = 72 / 25.4
BOX_ROOM = 0.16  # of the size: what a frame round a character takes above its line, and below
_QA = Phrase("a QA officer, by approving a shorter text or another template")


@dataclass(frozen=True, slots=True)
class Run:
    """One piece of text on one baseline, in one size."""

    element: str
    text: str
    x: float
    y: float
    size: float
    bold: bool
    white: bool
    raised: bool = False

    @property
    def width(self) -> float:
        return fonts.width(self.text, self.size)


@dataclass(frozen=True, slots=True)
class Rule:
    """A black rectangle: a line, a side of a frame, or the ground of a banner."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Placed:
    """A symbol whose upper left module stands ``left_mm`` and ``top_mm`` from the label's upper left corner."""

    element: str
    symbol: Symbol
    left_mm: Fraction
    top_mm: Fraction


@dataclass(frozen=True, slots=True)
class Drawing:
    """A pictogram in a square box of ``size`` points."""

    element: str
    name: str
    x: float
    y: float
    size: float


@dataclass(frozen=True, slots=True)
class Page:
    """A label laid out; everything a reader should find on it, and nothing else is on it.

    ``attached`` names the elements for which the label had no room and which the table lets the papers carry.
    """

    template: Template
    runs: tuple[Run, ...]
    rules: tuple[Rule, ...]
    symbols: tuple[Placed, ...]
    drawings: tuple[Drawing, ...]
    attached: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Line:
    """Words of one line, and what they need beyond their size: above it for accents on capitals, below it."""

    words: list[Word]
    above: float
    below: float


_Broken = dict[tuple[int, float, tuple[str, ...]], list[_Line]]


@dataclass(slots=True)
class _Ink:
    """What has been placed so far."""

    runs: list[Run]
    rules: list[Rule]
    symbols: list[Placed]
    drawings: list[Drawing]


def lay_out(content: LabelContent) -> Page:
    """The whole label. Refuses what is missing, has no glyph, has no place in the template, or does not fit."""
    template = load(content.template, content.template_version)
    if content.kind not in template.kinds:
        raise _wrong_kind(content, template)
    present = elements(content, template.short)
    _refuse_unplaced(present, template)
    for element in present.values():
        refusal = fonts.refuse_missing(element.name, "".join(element.caption + element.text))
        if refusal:
            raise refusal
    page = _with_room(template, present)
    placed = template.placed()
    elsewhere = tuple(name for name, e in present.items() if e.mark == "T" and name not in placed)
    return replace(page, attached=page.attached + elsewhere)


def _with_room(template: Template, present: Mapping[str, Element]) -> Page:
    """The label with as many optional items as fit; the last ones of the template go to the papers first."""
    items = [i for b in template.blocks for c in b.columns for i in c.items if i.optional]
    may_leave = [
        name for item in items for name in item.elements if name in present and present[name].mark != "A"
    ]
    known: _Broken = {}
    tries = [(count, False) for count in range(len(may_leave), -1, -1)] + [(0, True)]
    for count, tight in tries:
        attached = tuple(may_leave[count:])
        kept = {name: element for name, element in present.items() if name not in attached}
        try:
            return _Sheet(template, kept, known, tight).page(attached)
        except Refusal as refusal:
            if tight or refusal.rule != "label.fit":
                raise
    raise AssertionError("the last try returns or raises")


def _wrong_kind(content: LabelContent, template: Template) -> Refusal:
    return refuse(
        "label.template",
        Phrase(
            "template {template} is not for a label of kind {kind}", template=template.name, kind=content.kind
        ),
        expected=Phrase("one of {kinds}", kinds=", ".join(template.kinds)),
        resolve_by=_QA,
        field="template",
        typed=content.kind,
    )


def _refuse_unplaced(present: Mapping[str, Element], template: Template) -> None:
    placed = template.placed()
    forgotten = [name for name, element in present.items() if name not in placed and element.mark == "A"]
    if forgotten:
        raise refuse(
            "R50",
            Phrase(
                "template {template} has no place for {elements}",
                template=template.name,
                elements=", ".join(forgotten),
            ),
            expected=Phrase("a place for every element the label carries"),
            resolve_by=_QA,
            field=forgotten[0],
        )


class _Sheet:
    """One label being laid out, block under block."""

    def __init__(
        self, template: Template, present: Mapping[str, Element], known: _Broken, tight: bool
    ) -> None:
        self.template = template
        self.present = present
        self.ink = _Ink([], [], [], [])
        self.tight = tight  # the smallest module the template allows, so that all words have room
        self.known = known  # lines already broken, shared between tries
        self.heights: dict[tuple[int, float], float] = {}
        self.page_height = float(template.height_mm) * MM
        self.left = float(template.margin_mm) * MM
        self.right = float(template.width_mm) * MM - self.left

    def page(self, attached: tuple[str, ...]) -> Page:
        """The blocks that have something to say, the room left over shared out between them."""
        blocks = [block for block in self.template.blocks if self._speaks(block)]
        heights = [self._height(block) for block in blocks]
        room = self.page_height - 2 * self.left - sum(heights) - self.template.gap_pt * (len(blocks) - 1)
        if room < 0:
            raise self._does_not_fit("everything", f"{-room / MM:.1f} mm too high")
        gap = self.template.gap_pt + min(room / max(1, len(blocks) - 1), self.template.gap_most_pt)
        top = self.page_height - self.left
        for block, height in zip(blocks, heights, strict=True):
            self._place(block, top, height)
            top -= height + gap
        ink = self.ink
        return Page(
            self.template,
            tuple(ink.runs),
            tuple(ink.rules),
            tuple(ink.symbols),
            tuple(ink.drawings),
            attached,
        )

    def _speaks(self, block: Block) -> bool:
        return any(
            name in self.present
            for column in block.columns
            for item in column.items
            for name in item.elements
        )

    def _items(self, column: Column) -> list[Item]:
        return [item for item in column.items if any(name in self.present for name in item.elements)]

    def _first(self, item: Item) -> Element:
        return next(self.present[name] for name in item.elements if name in self.present)

    def _columns(self, block: Block) -> Iterator[tuple[Column, float, float]]:
        """Each column that says something with its left edge and width, inside the frame's padding; no room for an absent one."""
        columns = [column for column in block.columns if self._items(column)]
        pad = block.pad_pt if block.style in {"frame", "reverse"} else 0.0
        whole = self.right - self.left - 2 * pad - block.between_pt * (len(columns) - 1)
        shares = sum(column.share for column in columns)
        x = self.left + pad
        for column in columns:
            width = whole * column.share / shares
            yield column, x, width
            x += width + block.between_pt

    def _height(self, block: Block) -> float:
        tallest = max(self._column_height(column, width) for column, _, width in self._columns(block))
        return tallest + 2 * block.pad_pt

    def _column_height(self, column: Column, width: float) -> float:
        items = self._items(column)
        return sum(self._item_height(item, width) for item in items) + column.gap_pt * max(0, len(items) - 1)

    def _item_height(self, item: Item, width: float) -> float:
        asked = (id(item), width)
        if asked not in self.heights:
            self.heights[asked] = self._needed_height(item, width)
        return self.heights[asked]

    def _needed_height(self, item: Item, width: float) -> float:
        present = self._first(item)
        if present.symbol:
            symbol = self._symbol(item, present, width)
            return float(symbol.height_mm + 2 * _quiet_above(symbol)) * MM
        if present.drawing and item.drawing_mm:
            return item.drawing_mm * MM
        lines = self._lines(item, width)
        caption = item.caption_pt * self.template.leading if item.caption == "above" else 0.0
        box = 2 * BOX_ROOM * item.size if self._is_boxed(item) else 0.0
        tall = sum(line.above + line.below for line in lines)
        return caption + box + tall + len(lines) * item.size * self.template.leading

    def _is_boxed(self, item: Item) -> bool:
        return item.boxed in self.present

    def _place(self, block: Block, top: float, height: float) -> None:
        if block.style == "reverse":
            self.ink.rules.append(Rule(self.left, top - height, self.right - self.left, height))
        elif block.style == "frame":
            self._frame(self.left, top, self.right - self.left, height, block.line_pt)
        elif block.style == "rule":
            self.ink.rules.append(Rule(self.left, top - 0.25, self.right - self.left, block.line_pt))
        for column, x, width in self._columns(block):
            spare = height - 2 * block.pad_pt - self._column_height(column, width)
            y = top - block.pad_pt - {"top": 0.0, "middle": spare / 2, "bottom": spare}[column.vertical]
            for item in self._items(column):
                self._place_item(item, x, y, width, block.style == "reverse")
                y -= self._item_height(item, width) + column.gap_pt

    def _frame(self, x: float, top: float, width: float, height: float, line: float) -> None:
        bottom = top - height
        self.ink.rules += [
            Rule(x, top - line, width, line),
            Rule(x, bottom, width, line),
            Rule(x, bottom + line, line, height - 2 * line),
            Rule(x + width - line, bottom + line, line, height - 2 * line),
        ]

    def _place_item(self, item: Item, x: float, top: float, width: float, white: bool) -> None:
        element = self._first(item)
        if element.symbol:
            self._place_symbol(item, element, x, top, width)
        elif element.drawing and item.drawing_mm:
            size = item.drawing_mm * MM
            left, below = self._on_grid(x + (width - size) / 2), self._on_grid(self.page_height - top)
            bottom = self.page_height - below - size
            self.ink.drawings.append(Drawing(element.name, element.drawing, left, bottom, size))
        else:
            self._place_text(item, x, top, width, white)

    def _place_text(self, item: Item, x: float, top: float, width: float, white: bool) -> None:
        if item.caption == "above":
            self._place_line(
                self._caption(item, width), item, x, top - fonts.ASCENT * item.caption_pt, width, white=white
            )
            top -= item.caption_pt * self.template.leading
        if self._is_boxed(item):
            top -= BOX_ROOM * item.size
        for number, line in enumerate(self._lines(item, width)):
            top -= line.above
            baseline = (
                top
                - (number + (self.template.leading - 1) / 2) * item.size * self.template.leading
                - fonts.ASCENT * item.size
            )
            self._place_line(line.words, item, x, baseline, width, white=white)
            top -= line.below

    def _place_line(
        self, line: list[Word], item: Item, x: float, baseline: float, width: float, *, white: bool
    ) -> None:
        used = line_width(line)
        x += {"left": 0.0, "center": (width - used) / 2, "right": width - used}[item.align]
        for piece in pieces(line):
            if piece.element == item.boxed:
                lead = fonts.width(piece.text, piece.size) - fonts.width(piece.text.strip(), piece.size)
                self._box_round(x + lead, baseline, width_of(piece) - lead, piece.size)
            for text, raised in levels(piece.text):
                size = piece.size * fonts.RAISED_SIZE if raised else piece.size
                y = baseline + piece.size * fonts.RAISED_BY if raised else baseline
                run = Run(piece.element, text, x, y, size, piece.bold, white, raised)
                self.ink.runs.append(run)
                x += run.width

    def _box_round(self, x: float, baseline: float, width: float, size: float) -> None:
        """A thin frame around one character, such as the check character beside the collection identifier."""
        bottom, height = baseline - 0.33 * size, 1.24 * size
        self._frame(x - 0.3 * size, bottom + height, width + 0.6 * size, height, 0.5)

    def _caption(self, item: Item, width: float) -> list[Word]:
        element = self._first(item)
        line = list(words_of(element.name, " ".join(element.caption), item.caption_pt, bold=False))
        if line_width(line) > width:
            raise self._does_not_fit(element.name, " ".join(element.caption))
        return line

    def _lines(self, item: Item, width: float) -> list[_Line]:
        """The item's words broken into lines; a word longer than a line is refused."""
        asked = (id(item), width, tuple(name for name in item.elements if name in self.present))
        if asked not in self.known:
            self.known[asked] = self._broken(item, width)
        return self.known[asked]

    def _broken(self, item: Item, width: float) -> list[_Line]:
        lines: list[_Line] = []
        for paragraph in self._paragraphs(item):
            too_wide = next((word for word in paragraph if width_of(word) > width), None)
            if too_wide:
                raise self._does_not_fit(too_wide.element, too_wide.text)
            lines += [
                _Line(line, _above(line), _below(line)) for line in self._fewest(item, paragraph, width)
            ]
        return lines

    def _fewest(self, item: Item, paragraph: list[Word], width: float) -> list[list[Word]]:
        """Captions in one piece where that takes no further line: a label has no room to spare."""
        loose = list(broken(paragraph, width))
        if item.caption != "inline" or len(loose) == 1:
            return loose
        whole = list(broken(with_captions_whole(paragraph), width))
        return whole if len(whole) == len(loose) else loose

    def _paragraphs(self, item: Item) -> Iterator[list[Word]]:
        """One paragraph of all the item's elements, or with ``join = "lines"`` one for each text."""
        present = [self.present[name] for name in item.elements if name in self.present]
        if item.join == "lines":
            for element in present:
                for text in element.text:
                    for line in text.split("\n"):
                        yield list(words_of(element.name, line, item.size, item.bold))
            return
        words: list[Word] = []
        for element in present:
            if words and item.separator and element.name != item.boxed:
                words.append(Word(element.name, item.separator, item.size, bold=False))
            if item.caption == "inline" and element.caption:
                words += [Word(element.name, part, item.caption_pt, bold=False) for part in element.caption]
            text = f" {item.between} ".join(element.text).replace("\n", " · ")
            if element.name == item.boxed:
                text = fonts.NO_BREAK + text  # room for its frame
            first, *others = words_of(element.name, text, item.size, item.bold)
            stays = element.name == item.boxed or (item.caption == "inline" and element.caption)
            words += [tied(first) if stays else first, *others]
        yield words

    def _symbol(self, item: Item, element: Element, width: float) -> Symbol:
        """The symbol in the widest module of the template's that fits the column, or a refusal."""
        for module_mm in item.modules_mm[-1:] if self.tight else item.modules_mm:
            if element.symbol.endswith("_matrix"):
                symbol = symbols.data_matrix(element.text[0], module_mm)
            else:
                symbol = symbols.code_128(element.text[0], module_mm, item.height_mm)
            for dpi in self.template.dpi:
                symbols.dots(module_mm, dpi)
            if float(symbol.width_mm + 2 * symbol.quiet_mm) * MM <= width + 1e-6:
                return symbol
        raise self._does_not_fit(element.name, element.text[0])

    def _place_symbol(self, item: Item, element: Element, x: float, top: float, width: float) -> None:
        symbol = self._symbol(item, element, width)
        whole = float(symbol.width_mm) * MM
        quiet = float(symbol.quiet_mm) * MM
        start = x + {"left": quiet, "center": (width - whole) / 2, "right": width - whole - quiet}[item.align]
        grid = self.template.grid_mm
        left_mm = Fraction(round(start / MM / float(grid))) * grid
        top_mm = Fraction(round((self.page_height - top) / MM / float(grid))) * grid + _quiet_above(symbol)
        self.ink.symbols.append(Placed(element.name, symbol, left_mm, top_mm))

    def _on_grid(self, length: float) -> float:
        """The nearest length in points that is whole dots on every printer of the template."""
        grid = float(self.template.grid_mm) * MM
        return round(length / grid) * grid

    def _does_not_fit(self, element: str, text: str) -> Refusal:
        return refuse(
            "label.fit",
            Phrase(
                "{element} does not fit on label {template}: {text}",
                element=element,
                template=self.template.name,
                text=text,
            ),
            expected=Phrase("text that fits at the template's size; a label is never shrunk or clipped"),
            resolve_by=_QA,
            field=element,
            typed=text,
        )


def _above(line: list[Word]) -> float:
    """Points a line needs above its size."""
    return max((fonts.extent(word.text)[1] - fonts.ASCENT) * word.size for word in line)


def _below(line: list[Word]) -> float:
    """The same for what reaches deeper than descenders."""
    return max((fonts.extent(word.text)[0] - fonts.DESCENT) * word.size for word in line)


def _quiet_above(symbol: Symbol) -> Fraction:
    """A Data Matrix is quiet on all four sides, a Code 128 only left and right."""
    return symbol.quiet_mm if symbol.kind == symbols.DATA_MATRIX else Fraction(0)
