"""Weighing ink: how much black each character should leave, and how much a rendered label really has there.

Called by ``labels.proof`` only. Anti-aliased glyphs keep their area to within a percent wherever they stand, so covered,
clipped, faded or doubled text weighs wrong. Reference glyphs are drawn alone on a scratch sheet, once, and remembered.
"""

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
_REMEMBERED = 20_000
COARSE_DPI = 203.2
SNAP = 0.7  # dots: a renderer puts small glyphs on whole dots, so an edge may move this far
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
    """Dots of full black a glyph leaves: in all, and beyond (or within ``SNAP`` of) either end of its advance."""

    ink: float
    left: float
    right: float


def weights_of(expected: Expected, dpi: Fraction) -> Numbers:
    """For each character its ink, and what of it lies beyond either end of its advance (``Weight``), as columns."""
    keys = [(run.text, run.size, run.bold, float(dpi)) for run in expected.runs]
    unknown = [key for key in keys if key not in _rows]
    if unknown:
        _know(unknown, dpi)
    rows = [_rows[key] for key in keys]
    return np.concatenate(rows) if rows else np.zeros((0, 3))


def _know(keys: list[_Key], dpi: Fraction) -> None:
    """Weighs the glyphs of these runs that were never weighed before, all on one scratch sheet."""
    if len(_weights) + len(_rows) > _REMEMBERED:
        _weights.clear()
        _rows.clear()
    visible = {key: shape_of(key[0])[0] for key in keys}
    at = float(dpi)
    glyphs = {(c, key[1], key[2]) for key, text in visible.items() for c in text}
    unknown = sorted(glyph for glyph in glyphs if (glyph, at) not in _weights)
    if unknown:
        measured = zip(unknown, _measured(unknown, dpi), strict=True)
        _weights.update({(glyph, at): weight for glyph, weight in measured})
    for key, text in visible.items():
        known = [_weights[(c, key[1], key[2]), at] for c in text]
        _rows[key] = np.array([(w.ink, w.left, w.right) for w in known]).reshape(-1, 3)


def _measured(glyphs: list[Glyph], dpi: Fraction) -> list[Weight]:
    """Each glyph alone in its own cell of a scratch sheet, rendered and weighed."""
    side = max(size for _, size, _ in glyphs) * 2
    across = max(1, round(len(glyphs) ** 0.5))
    down = -(-len(glyphs) // across)
    width, height = across * side, down * side
    canvas, buffer = pdf.sheet(width, height)
    runs = [
        Run(
            "",
            glyph,
            (n % across + 0.25) * side,
            height - (n // across + 0.7) * side,
            size,
            bold,
            white=False,
        )
        for n, (glyph, size, bold) in enumerate(glyphs)
    ]
    pdf.write(canvas, runs)
    canvas.showPage()
    canvas.save()
    dots_mm = Fraction(MM_PER_INCH / 72).limit_denominator(10**6)
    with Reading(buffer.getvalue()) as reading:
        image = reading.render(Fraction(width) * dots_mm, Fraction(height) * dots_mm, dpi)
    ink = Ink(image)
    scale = Scale(height, dpi)
    weights = []
    snapped = SNAP / scale.dots
    for n, run in enumerate(runs):
        x, y = n % across * side, height - (n // across + 1) * side
        left, right = run.x + snapped, run.x + run.width - snapped
        parts = np.array([(x, y, side, side), (x, y, left - x, side), (right, y, x + side - right, side)])
        black = ink.weigh_all(scale, parts, np.zeros(3, dtype=bool))
        weights.append(Weight(*(max(0.0, float(part)) for part in black)))
    return weights


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
