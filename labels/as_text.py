"""A label as lines of text, for a terminal that shows no pictures: everything that prints, in its place, nothing cut.

Called by the terminal's preview. A column of the terminal is a millimetre of the label or less, a row is two columns
high. Where the terminal's characters are wider than the label's, places give way: no word is lost and none covered.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby, pairwise
from unicodedata import combining, east_asian_width

from labels import fonts
from labels.layout import MM, Drawing, Page, Placed, Rule, Run
from labels.symbols import CODE_128, DATA_MATRIX

SCALES_MM = (1.0, 0.95, 0.9, 0.85, 0.8, 0.75, 0.7, 0.65, 0.6)  # millimetres a column, widest first
_THIN = 2.2  # points: a rule no thicker than this is a line, a thicker one the ground of a banner
_ONE_LINE = 0.35  # of the size: baselines nearer than this are read as one line
_MARGIN = (
    4  # columns: words beginning further in than this, with as much room after them, stand in the middle
)
_JOIN = 0.02  # points: the next run begins where the one before it ended
_LINES = " ╷─┌╵│└├─┐─┬┘┤┴┼"  # box drawing by arms: down 1, right 2, up 4, left 8
_DOWN, _RIGHT, _UP, _LEFT = 1, 2, 4, 8
_TO_RAISED = {plain: raised for raised, plain in fonts.RAISED.items()}
_SIGNS = {"biohazard": "☣"}
_TITLES = {DATA_MATRIX: "Data Matrix", CODE_128: "Code 128"}


class Look(StrEnum):
    """How a stretch of text looks on the label."""

    PLAIN = "plain"
    HEAVY = "heavy"
    REVERSE = "reverse"
    SYMBOL = "symbol"
    LINE = "line"


@dataclass(frozen=True, slots=True)
class Stretch:
    """Neighbouring characters of one look and one element; "" is the paper and its lines."""

    text: str
    look: Look
    element: str


@dataclass(frozen=True, slots=True)
class TextLabel:
    """The whole label: each line is exactly ``columns`` cells wide."""

    columns: int
    lines: tuple[tuple[Stretch, ...], ...]

    def plain(self) -> str:
        """The characters alone, a line each."""
        return "\n".join("".join(stretch.text for stretch in line).rstrip() for line in self.lines)


def as_text(page: Page) -> TextLabel:
    """The page in as few columns as hold its words beside each other."""
    plans = (_Plan(page, scale * MM) for scale in SCALES_MM)
    plan = next((plan for plan in plans if not plan.pushed), None) or _Plan(page, SCALES_MM[-1] * MM)
    return plan.painted()


def cells(text: str) -> int:
    """Columns of a terminal the text takes: two for a Chinese character, none for a combining mark."""
    return sum(0 if combining(c) else 2 if east_asian_width(c) in "WF" else 1 for c in text)


@dataclass(slots=True)
class _Words:
    """Runs that follow each other without a gap on one line; ``at`` is the first column they take."""

    stretches: list[Stretch]
    x: float
    y: float
    right: float
    size: float
    at: int = 0

    @property
    def wide(self) -> int:
        return sum(cells(stretch.text) for stretch in self.stretches)


@dataclass(slots=True)
class _Band:
    """What shares a row, or the rows of a symbol: its spans of columns, its row and how many it needs."""

    y: float
    words: list[_Words]
    spans: list[tuple[int, int]]
    rows: int = 1
    row: int = 0
    of: Rule | Placed | Drawing | None = None


class _Plan:
    """Where everything goes at one scale; ``pushed`` says that words had to give way to others."""

    def __init__(self, page: Page, column: float) -> None:
        self.page, self.column = page, column
        self.height = float(page.template.height_mm) * MM
        self.columns = round(float(page.template.width_mm) * MM / column)
        self.pushed = False
        self.sides = [r for r in page.rules if r.width <= _THIN < r.height]
        self.edges = [r for r in page.rules if r.height <= _THIN < r.width]
        self.grounds = [r for r in page.rules if r.height > _THIN < r.width]
        self.boxed = {id(run): edges for run in page.runs if (edges := self._box_round(run))}
        self.bands = sorted(self._bands(), key=lambda band: -band.y)
        self._give_rows()

    def _box_round(self, run: Run) -> list[Rule]:
        """The upper and lower edge of a small frame round this run alone, or nothing."""
        middle = run.x + run.width / 2
        near = [e for e in self.edges if e.width < run.width + 2 * run.size and e.x < middle < e.x + e.width]
        below = [e for e in near if 0 <= run.y - e.y < 0.6 * run.size]
        over = [e for e in near if 0 < e.y - run.y < 1.2 * run.size]
        return below + over if below and over else []

    # ---- what there is

    def _bands(self) -> Iterator[_Band]:
        yield from self._lines_of_words()
        small = [edge for edges in self.boxed.values() for edge in edges]
        for rule in self.edges:
            if rule not in small:
                yield _Band(rule.y, [], [(self._at(rule.x), self._at(rule.x + rule.width))], of=rule)
        for placed in self.page.symbols:
            yield self._symbol(placed)
        for drawing in self.page.drawings:
            middle = self._at(drawing.x + drawing.size / 2)
            yield _Band(drawing.y + drawing.size / 2, [], [(middle, middle + 1)], of=drawing)

    def _symbol(self, placed: Placed) -> _Band:
        left, top = float(placed.left_mm) * MM, self.height - float(placed.top_mm) * MM
        wide, high = float(placed.symbol.width_mm) * MM, float(placed.symbol.height_mm) * MM
        across = max(3, round(wide / self.column))
        rows = max(2, round(high / self.column / 2))
        first = min(self._at(left), self.columns - across)
        return _Band(top - self.column, [], [(first, first + across)], rows, of=placed)

    def _lines_of_words(self) -> Iterator[_Band]:
        band: _Band | None = None
        for words in sorted(self._words(), key=lambda words: (-words.y, words.x)):
            if band is None or band.y - words.y > _ONE_LINE * words.size or self._meets(band, words):
                if band is not None:
                    yield self._set(band)
                band = _Band(words.y, [], [])
            band.words.append(words)
        if band is not None:
            yield self._set(band)

    def _meets(self, band: _Band, words: _Words) -> bool:
        return any(other.x < words.right - 1 and words.x < other.right - 1 for other in band.words)

    def _words(self) -> Iterator[_Words]:
        """Runs put together again as the layout broke them: raised digits, other weights, other elements."""
        words: _Words | None = None
        for run in self.page.runs:
            follows = words is not None and abs(run.x - words.right) < _JOIN
            level = run.y - fonts.RAISED_BY * run.size / fonts.RAISED_SIZE if run.raised else run.y
            if words is not None and follows and abs(level - words.y) < _JOIN:
                words.stretches.append(self._stretch(run))
                words.right = run.x + run.width
                continue
            if words is not None:
                yield words
            words = _Words([self._stretch(run)], run.x, level, run.x + run.width, run.size)
        if words is not None:
            yield words

    def _stretch(self, run: Run) -> Stretch:
        text = run.text.replace(fonts.NO_BREAK, " ")
        if run.raised:
            text = "".join(_TO_RAISED.get(c, c) for c in text)
        if id(run) in self.boxed:
            text = f" [{text.strip()}]"
        look = Look.REVERSE if run.white else Look.HEAVY if run.bold else Look.PLAIN
        return Stretch(text, look, run.element)

    # ---- columns

    def _at(self, x: float) -> int:
        return round(x / self.column)

    def _set(self, band: _Band) -> _Band:
        """Each group of words in its columns: where it stands, or where the one before it ends."""
        free = 0
        for words in sorted(band.words, key=lambda words: words.x):
            first, last = self._between(words)
            middle = (words.x + words.right) / 2 / self.column
            centred = abs(middle - (first + last) / 2) < 1 and self._at(words.x) > first + _MARGIN
            at = (first + last - words.wide) // 2 if centred else self._at(words.x)
            at = max(first, min(at, last - words.wide))
            words.at = max(at, free)
            self.pushed |= words.at > at or words.at + words.wide > last
            free = words.at + words.wide + 1
            self.columns = max(self.columns, words.at + words.wide + (last < self.columns))
            band.spans.append((words.at, free))
        return band

    def _between(self, words: _Words) -> tuple[int, int]:
        """The columns free for words inside the frame they stand in, or on the label."""
        level = words.y + 0.3 * words.size
        sides = [s for s in self.sides if s.y < level < s.y + s.height and s.height > 1.6 * words.size]
        left = max((self._at(s.x) + 1 for s in sides if s.x <= words.x), default=0)
        right = min((self._at(s.x) for s in sides if s.x >= words.x), default=self.columns)
        return left, right

    # ---- rows

    def _give_rows(self) -> None:
        """Each band under all that stands above it in its columns, and not higher than on the label."""
        placed: list[_Band] = []
        for band in self.bands:
            natural = round((self.height - band.y) / self.column / 2) - 1
            above = (b.row + b.rows for b in placed if _overlap(b, band))
            band.row = max(0, natural, *above)
            placed.append(band)

    def _row_of(self, rule: Rule, y: float) -> int | None:
        """The row of the edge that meets a frame's side at its end ``y``."""
        ends = (
            b
            for b in self.bands
            if isinstance(b.of, Rule) and b.of.x - 1 <= rule.x <= b.of.x + b.of.width + 1
        )
        nearest = min(ends, key=lambda b: abs(b.y - y), default=None)
        return nearest.row if nearest is not None and abs(nearest.y - y) < 2 * _THIN else None

    # ---- the picture

    def painted(self) -> TextLabel:
        paper = _Paper(self.columns, max(band.row + band.rows for band in self.bands))
        for band in self.bands:
            if isinstance(band.of, Rule):
                paper.across(band.row, *band.spans[0])
        for side in self.sides:
            top, bottom = self._row_of(side, side.y + side.height), self._row_of(side, side.y)
            if top is not None and bottom is not None:
                paper.down(
                    self._at(side.x + side.width if side.x > self.columns * self.column / 2 else side.x),
                    top,
                    bottom,
                )
        for ground in self.grounds:
            rows = [
                b.row for b in self.bands if any(ground.y < w.y < ground.y + ground.height for w in b.words)
            ]
            for row in range(min(rows, default=0), max(rows, default=-1) + 1):
                paper.black(row, self._at(ground.x), self._at(ground.x + ground.width))
        for band in self.bands:
            for words in band.words:
                paper.write(band.row, words.at, words.stretches)
            self._draw(paper, band)
        legend = list(_legend(self.page, self.columns))
        first = paper.longer(len(legend) + 1) + 1
        for number, line in enumerate(legend):
            paper.write(first + number, 0, line)
        return paper.label()

    def _draw(self, paper: "_Paper", band: _Band) -> None:
        if isinstance(band.of, Drawing):
            sign = _SIGNS.get(band.of.name, "◆")
            paper.write(band.row, band.spans[0][0], [Stretch(sign, Look.HEAVY, band.of.element)])
        elif isinstance(band.of, Placed):
            first, after = band.spans[0]
            for number, line in enumerate(_block(band.of, after - first, band.rows)):
                paper.write(band.row + number, first, [Stretch(line, Look.SYMBOL, band.of.element)])


def _overlap(one: _Band, other: _Band) -> bool:
    return any(a < d and c < b for a, b in one.spans for c, d in other.spans)


def _block(placed: Placed, across: int, rows: int) -> list[str]:
    """A symbol as a block of this size: bars over and under what they say, or what a matrix says within its edges."""
    symbol = placed.symbol
    if symbol.kind == CODE_128:
        said = _wrapped(symbol.text, across, rows - 1)
        over = (rows - len(said) + 1) // 2
        bars = [_bars(symbol.rows[0], across)]
        return bars * over + [line.center(across) for line in said] + bars * (rows - len(said) - over)
    said = _wrapped(f"{_TITLES[symbol.kind]} {symbol.text}", across - 2, rows - 2)
    inner = said + [""] * (rows - 2 - len(said))
    top = ("█" + "▀ " * across)[: across - 1] + " "
    return [top, *(f"█{line:{across - 2}}▐" for line in inner), "█" * across]


def _legend(page: Page, columns: int) -> Iterator[list[Stretch]]:
    """What each symbol says, under the label: the blocks of a small label have no room for it."""
    for placed in page.symbols:
        said = f"{_TITLES[placed.symbol.kind]}: {placed.symbol.text}"
        for line in _wrapped(said, columns, len(said)):
            yield [Stretch(line, Look.SYMBOL, placed.element)]


def _wrapped(text: str, across: int, most: int) -> list[str]:
    """The text in lines of this width; nothing when it takes more of them than there are."""
    lines = [text[start : start + across] for start in range(0, len(text), max(1, across))]
    return lines if len(lines) <= most else []


def _bars(modules: tuple[bool, ...], across: int) -> str:
    """Two halves of a column to each character, black where most of its modules are."""
    edges = [len(modules) * n // (2 * across) for n in range(2 * across + 1)]
    halves = [2 * sum(modules[a : max(b, a + 1)]) >= max(b - a, 1) for a, b in pairwise(edges)]
    return "".join(" ▐▌█"[2 * left + right] for left, right in zip(halves[::2], halves[1::2], strict=True))


_Cell = tuple[
    str, Look, str
]  # what it shows ("" under the second half of a wide character), how, and whose it is


class _Paper:
    """Cells to write on."""

    def __init__(self, columns: int, rows: int) -> None:
        self.cells: list[list[_Cell]] = [[(" ", Look.PLAIN, "")] * columns for _ in range(rows)]
        self.arms = [[0] * columns for _ in range(rows)]

    def longer(self, rows: int) -> int:
        """Adds rows at the end; says which is the first of them."""
        before = len(self.cells)
        self.cells += [[(" ", Look.PLAIN, "")] * len(self.cells[0]) for _ in range(rows)]
        self.arms += [[0] * len(self.cells[0]) for _ in range(rows)]
        return before

    def across(self, row: int, first: int, last: int) -> None:
        last = min(last, len(self.arms[row]) - 1)
        for column in range(first, last + 1):
            self.arms[row][column] |= (_LEFT if column > first else 0) | (_RIGHT if column < last else 0)

    def down(self, column: int, top: int, bottom: int) -> None:
        column = min(column, len(self.arms[0]) - 1)
        for row in range(top, bottom + 1):
            self.arms[row][column] |= (_UP if row > top else 0) | (_DOWN if row < bottom else 0)

    def black(self, row: int, first: int, after: int) -> None:
        for column in range(first, min(after, len(self.cells[row]))):
            self.cells[row][column] = (" ", Look.REVERSE, "")

    def write(self, row: int, at: int, stretches: list[Stretch]) -> None:
        for stretch in stretches:
            for character in stretch.text:
                if combining(character):
                    before = self.cells[row][at - 1]
                    self.cells[row][at - 1] = (before[0] + character, *before[1:])
                    continue
                self.cells[row][at] = (character, stretch.look, stretch.element)
                if cells(character) == 2:
                    self.cells[row][at + 1] = ("", stretch.look, stretch.element)
                at += cells(character)

    def label(self) -> TextLabel:
        for row, arms in enumerate(self.arms):
            for column, arm in enumerate(arms):
                if arm and self.cells[row][column][0] == " ":
                    self.cells[row][column] = (_LINES[arm], Look.LINE, "")
        return TextLabel(len(self.cells[0]), tuple(tuple(_joined(row)) for row in self.cells))


def _joined(row: list[_Cell]) -> Iterator[Stretch]:
    """Neighbours of one look and element as one stretch."""
    for (look, element), together in groupby(row, key=lambda cell: (cell[1], cell[2])):
        yield Stretch("".join(character for character, _, _ in together), look, element)
