"""A heavy weight made from the regular face: every outline moved outwards by the same amount, widths unchanged.

Called by ``labels.fonts`` only. The faces have no bold; stroking text instead makes a page three times slower to render
and prints differently from reader to reader. Only the glyphs a label uses are made heavy, each once, when embedded.
"""

from itertools import pairwise
from math import hypot

from labels.fonts.outline import Outline, Point

GROWTH = 36 / 2048  # of the em: how far each edge moves


def heavy(outline: Outline, units: int) -> Outline:
    """One outline grown, in a face of so many units to the em."""
    outward = -1.0 if _area(outline) < 0 else 1.0
    grown: list[Point] = []
    for contour in _contours(outline):
        grown += _grow(contour, outward * GROWTH * units)
    return Outline(outline.ends, outline.on_curve, tuple(grown))


def _contours(outline: Outline) -> list[tuple[Point, ...]]:
    return [outline.points[before + 1 : end + 1] for before, end in pairwise((-1, *outline.ends))]


def _area(outline: Outline) -> float:
    """Twice the signed area of all contours: negative when the outer ones run clockwise, as TrueType's do."""
    return sum(
        a[0] * b[1] - b[0] * a[1]
        for contour in _contours(outline)
        for a, b in zip(contour, (*contour[1:], contour[0]), strict=True)
    )


def _grow(contour: tuple[Point, ...], by: float) -> list[Point]:
    """The contour with each point moved along the bisector of its two edges; sharp corners at most doubled."""
    count = len(contour)
    grown: list[Point] = []
    for index, (x, y) in enumerate(contour):
        before = _direction(contour, index, -1)
        after = _direction(contour, index, 1)
        if before is None or after is None or count < 3:
            grown.append((x, y))
            continue
        into = (-before[0], -before[1])
        along = 1 + into[0] * after[0] + into[1] * after[1]
        factor = by / max(along, 0.5)
        grown.append((x + (into[1] + after[1]) * factor, y - (into[0] + after[0]) * factor))
    return grown


def _direction(contour: tuple[Point, ...], index: int, step: int) -> Point | None:
    """The unit vector from a point to the next one that lies elsewhere."""
    x, y = contour[index]
    for away in range(1, len(contour)):
        ox, oy = contour[(index + step * away) % len(contour)]
        length = hypot(ox - x, oy - y)
        if length:
            return (ox - x) / length, (oy - y) / length
    return None
