"""Weighing ink: how much black each character should leave, and how much a rendered label really has there.

Called by ``labels.proof`` only. Anti-aliased glyphs keep their area to within a percent wherever they stand, so covered,
clipped, faded or doubled text weighs wrong. Reference glyphs are drawn alone on a scratch sheet, once, and remembered.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from labels import fonts, pdf
from labels.check_text import Expected, Numbers, shape_of
from labels.layout import Drawing, Run
from labels.reading import Image, Reading
from labels.symbols import MM_PER_INCH

Glyph = tuple[str, float, bool]  # character, size in points, heavy
Window = tuple[int, int, int, int]  # rows and columns: top, bottom, left, right
_weights: dict[tuple[Glyph, float], "Weight"] = {}  # by glyph and resolution
_Key = tuple[str, float, bool, float]  # text and size of a run, heavy, resolution
_rows: dict[_Key, Numbers] = {}
_REMEMBERED, _REMEMBERED_RUNS = 20_000, 1_000
COARSE_DPI = 203.2
SNAP = 0.7  # dots: a renderer puts small glyphs on whole dots, so an edge may move this far
BETWEEN_DOTS = 4  # places between two dots at which a glyph is weighed: where it snaps to is not known before
SLACK = 1e-3  # dots: a whole number of them is not one more for a rounding error


class Scale:
    """Points of the page to dots of an image at one resolution."""

    def __init__(self, height_pt: float, dpi: Fraction) -> None:
        self.height = height_pt
        self.dots = float(dpi) / 72
        self.fine = (float(dpi) / COARSE_DPI) ** 2  # dots where a coarse printer has one

    def window(self, x: float, bottom: float, width: float, height: float, margin: float = 0.0) -> Window:
        """Rows and columns (top, bottom, left, right) that hold this rectangle, with a margin in dots."""
        slack = SLACK - margin
        top = (self.height - bottom - height) * self.dots + slack
        low = (self.height - bottom) * self.dots - slack
        left, right = x * self.dots + slack, (x + width) * self.dots - slack
        return max(0, int(np.floor(top))), int(np.ceil(low)), max(0, int(np.floor(left))), int(np.ceil(right))


class Ink:
    """An image as a table of sums, so that any rectangle is weighed in four look-ups (dots of full black)."""

    def __init__(self, image: Image) -> None:
        self.rows, self.columns = image.shape
        self.sums: npt.NDArray[np.int32] = np.zeros((self.rows + 1, self.columns + 1), np.int32)
        dark = self.sums[1:, 1:]
        np.subtract(255, image, out=dark)
        np.cumsum(dark, axis=1, out=dark)  # 8 million dots fit
        above = dark[0]
        for row in dark[1:]:  # a row at a time, twice as fast as numpy's own way down the columns
            np.add(row, above, out=row)
            above = row

    def weigh(self, window: Window) -> float:
        """Black in the window, in dots."""
        top, bottom, left, right = window
        bottom, right = min(bottom, self.rows), min(right, self.columns)
        sums = self.sums
        corners = (sums[bottom, right], sums[top, right], sums[bottom, left], sums[top, left])
        whole, above, beside, both = (int(corner) for corner in corners)
        return (whole - above - beside + both) / 255

    def weigh_all(
        self, scale: Scale, boxes: npt.NDArray[np.float64], white: npt.NDArray[np.bool_]
    ) -> npt.NDArray[np.float64]:
        """The same for many boxes (x, bottom, width, height in points); where ``white``, the ink that is missing.

        Edges may lie within a dot, which then counts in part, so that neighbours and the lines above and below weigh
        nothing.
        """
        x, bottom, width, height = boxes.T
        top = np.clip((scale.height - bottom - height) * scale.dots, 0, self.rows)
        low = np.clip((scale.height - bottom) * scale.dots, 0, self.rows)
        left = np.clip(x * scale.dots, 0, self.columns)
        right = np.clip((x + width) * scale.dots, 0, self.columns)
        black = (
            self._above(low, right)
            - self._above(low, left)
            - self._above(top, right)
            + self._above(top, left)
        )
        ink: npt.NDArray[np.float64] = np.where(white, (low - top) * (right - left) - black, black)
        return ink

    def _above(
        self, row: npt.NDArray[np.float64], column: npt.NDArray[np.float64]
    ) -> npt.NDArray[np.float64]:
        """Black from the upper left corner to a place that may lie within a dot."""
        down = np.minimum(row.astype(np.intp), self.rows - 1)
        across = np.minimum(column.astype(np.intp), self.columns - 1)
        lower, further = row - down, column - across
        sums = self.sums
        upper = sums[down, across] * (1 - further) + sums[down, across + 1] * further
        under = sums[down + 1, across] * (1 - further) + sums[down + 1, across + 1] * further
        black: npt.NDArray[np.float64] = (upper * (1 - lower) + under * lower) / 255
        return black


@dataclass(frozen=True, slots=True)
class Weight:
    """Dots of full black a glyph leaves, and at most beyond (or within ``SNAP`` of) the left, the right and either end."""

    ink: float
    left: float
    right: float
    outside: float


def weights_of(expected: Expected, dpi: Fraction) -> Numbers:
    """For each character its ``Weight`` as columns."""
    if len(_rows) > _REMEMBERED_RUNS:
        _rows.clear()
    keys = [(run.text, run.size, run.bold, float(dpi)) for run in expected.runs]
    known = {key: _rows[key] for key in keys if key in _rows}
    known |= _weighed([key for key in dict.fromkeys(keys) if key not in known], dpi)
    return np.concatenate([known[key] for key in keys]) if keys else np.zeros((0, 4))


def _weighed(keys: list[_Key], dpi: Fraction) -> dict[_Key, Numbers]:
    """These runs, the glyphs never weighed before all on one scratch sheet."""
    visible = {key: shape_of(key[0])[0] for key in keys}
    known = weights({(c, key[1], key[2]) for key, text in visible.items() for c in text}, dpi)
    rows = {}
    for key, text in visible.items():
        of = [known[c, key[1], key[2]] for c in text]
        rows[key] = np.array([(w.ink, w.left, w.right, w.outside) for w in of]).reshape(-1, 4)
    _rows.update(rows)
    return rows


def weights(glyphs: Iterable[Glyph], dpi: Fraction) -> dict[Glyph, Weight]:
    """Dots of full black each glyph leaves at this resolution."""
    if len(_weights) > _REMEMBERED:
        _weights.clear()
    at = float(dpi)
    wanted = sorted(set(glyphs))
    known = {glyph: _weights[glyph, at] for glyph in wanted if (glyph, at) in _weights}
    unknown = [glyph for glyph in wanted if glyph not in known]
    if unknown:
        measured = dict(zip(unknown, _measured(unknown, dpi), strict=True))
        _weights.update({(glyph, at): weight for glyph, weight in measured.items()})
        known |= measured
    return known


def _measured(glyphs: list[Glyph], dpi: Fraction) -> list[Weight]:
    """Each glyph alone in cells of a scratch sheet, rendered and weighed, once for each place between two dots."""
    dots = float(dpi) / 72
    side = (
        np.ceil(max(size for _, size, _ in glyphs) * 2 * dots) / dots
    )  # whole dots, so that cells are alike
    across = max(1, round(len(glyphs) ** 0.5)) * BETWEEN_DOTS
    down = -(-len(glyphs) * BETWEEN_DOTS // across)
    width, height = across * side, down * side
    runs = [
        Run("", glyph, (n % across + 0.25) * side + n % BETWEEN_DOTS / BETWEEN_DOTS / dots,
            height - (n // across + 0.7) * side, size, bold, white=False)
        for n, (glyph, size, bold) in enumerate(glyph for glyph in glyphs for _ in range(BETWEEN_DOTS))
    ]  # fmt: skip
    canvas, buffer = pdf.sheet(width, height)
    pdf.write(canvas, runs)
    canvas.showPage()
    canvas.save()
    dots_mm = Fraction(MM_PER_INCH / 72).limit_denominator(10**6)
    with Reading(buffer.getvalue()) as reading:
        image = reading.render(Fraction(width) * dots_mm, Fraction(height) * dots_mm, dpi)
    x, y = (np.arange(len(runs)) % across) * side, height - (np.arange(len(runs)) // across + 1) * side
    start, advance = np.array([(run.x, run.width) for run in runs]).T
    snapped = SNAP / dots
    ink, scale, whole = Ink(image), Scale(height, dpi), np.full(len(runs), side)
    none = np.zeros(len(runs), dtype=bool)
    black = ink.weigh_all(scale, np.column_stack([x, y, whole, whole]), none)
    left = ink.weigh_all(scale, np.column_stack([x, y, start + snapped - x, whole]), none)
    over = start + advance - snapped
    right = ink.weigh_all(scale, np.column_stack([over, y, x + side - over, whole]), none)
    parts = np.maximum(0.0, [left, right, left + right]).reshape(3, -1, BETWEEN_DOTS).max(axis=2)
    means = black.reshape(-1, BETWEEN_DOTS).mean(axis=1)
    return [Weight(*each) for each in np.vstack([means, parts]).T.tolist()]


def window_of(run: Run, scale: Scale, margin: float = 0.0) -> Window:
    """Where a run's ink is, from its outermost points to the opposite ones."""
    left, low, right, high = (part * run.size for part in fonts.reach(run.text))
    return scale.window(run.x - left, run.y - low, left + run.width + right, low + high, margin)


@lru_cache(maxsize=64)
def sign_weight(name: str, size: float, dpi: Fraction) -> list[float]:
    """What the four quarters of a pictogram weigh, drawn alone at this size."""
    canvas, buffer = pdf.sheet(size, size)
    pdf.pictogram(canvas, Drawing("", name, 0, 0, size))
    canvas.showPage()
    canvas.save()
    side = Fraction(size).limit_denominator(10**6) * MM_PER_INCH / 72
    with Reading(buffer.getvalue()) as reading:
        image = reading.render(side, side, dpi)
    return quarters(Ink(image), Scale(size, dpi), 0, 0, size)


def quarters(ink: Ink, scale: Scale, x: float, y: float, size: float) -> list[float]:
    """What each quarter of a square weighs."""
    half = size / 2
    return [ink.weigh(scale.window(x + a * half, y + b * half, half, half)) for a in (0, 1) for b in (0, 1)]
