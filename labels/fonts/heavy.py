"""A heavy weight made from the regular face: every outline moved outwards by the same amount, widths unchanged.

Called by ``labels.fonts`` only. The face has no bold; stroking text instead makes a page three times slower to render
and prints differently from reader to reader. Only the glyphs a label uses are made heavy, each once, when embedded.
"""

import struct
from functools import lru_cache
from itertools import pairwise
from math import hypot
from typing import Any

GROWTH = 36  # font units (of 2048 to the em) each edge moves
_ON_CURVE = 1
_REPEAT = 8
Point = tuple[float, float]


def heavy_subset(font_file: bytes) -> bytes:
    """A small TrueType file with all its simple outlines grown and its hinting, which no longer fits, left out."""
    from reportlab.pdfbase.ttfonts import TTFontMaker

    tables = _tables(font_file)
    long_offsets = struct.unpack(">h", tables["head"][50:52])[0] == 1
    count = len(tables["loca"]) // (4 if long_offsets else 2)
    raw = struct.unpack(f">{count}{'L' if long_offsets else 'H'}", tables["loca"])
    offsets = [offset if long_offsets else offset * 2 for offset in raw]
    glyphs = [heavy(tables["glyf"][a:b]) for a, b in pairwise(offsets)]
    starts = [0]
    for glyph in glyphs:
        starts.append(starts[-1] + len(glyph))
    tables["glyf"] = b"".join(glyphs)
    tables["loca"] = struct.pack(f">{count}L", *starts)
    tables["head"] = tables["head"][:50] + b"\x00\x01" + tables["head"][52:]
    maker: Any = TTFontMaker()
    for tag, table in tables.items():
        if tag not in {"cvt ", "fpgm", "prep"}:
            maker.add(tag, table)
    made: bytes = maker.makeStream()
    return made


@lru_cache(maxsize=8192)
def heavy(glyph: bytes) -> bytes:
    """One glyph's data with its outline grown; empty and composite glyphs stay as they are."""
    if len(glyph) < 10 or struct.unpack(">h", glyph[:2])[0] <= 0:
        return glyph
    ends, flags, points = _outline(glyph)
    outward = -1.0 if _area(points, ends) < 0 else 1.0
    grown: list[Point] = []
    start = 0
    for end in ends:
        grown += _grow(points[start : end + 1], outward * GROWTH)
        start = end + 1
    return _written(ends, flags, [(round(x), round(y)) for x, y in grown])


class Outlines:
    """The glyph outlines of a TrueType file, looked up one by one."""

    def __init__(self, font_file: bytes) -> None:
        tables = _tables(font_file)
        self._glyphs, self._places = tables["glyf"], tables["loca"]
        self._long = struct.unpack(">h", tables["head"][50:52])[0] == 1

    def box(self, glyph: int) -> tuple[int, int]:
        """The lowest and the highest point of a glyph in font units; both 0 when nothing is drawn."""
        start, end = struct.unpack_from(
            *((">LL", self._places, glyph * 4) if self._long else (">HH", self._places, glyph * 2))
        )
        at, after = (start, end) if self._long else (start * 2, end * 2)
        if after - at < 10:
            return 0, 0
        low, high = struct.unpack_from(">hxxh", self._glyphs, at + 4)
        return low, high


def _tables(font_file: bytes) -> dict[str, bytes]:
    tables: dict[str, bytes] = {}
    for number in range(struct.unpack(">H", font_file[4:6])[0]):
        tag, _, offset, length = struct.unpack_from(">4sLLL", font_file, 12 + 16 * number)
        tables[tag.decode("ascii")] = font_file[offset : offset + length]
    return tables


def _outline(glyph: bytes) -> tuple[tuple[int, ...], list[int], list[Point]]:
    """End points of the contours, on-curve flags and coordinates of a simple glyph (OpenType ``glyf``)."""
    contours = struct.unpack(">h", glyph[:2])[0]
    ends = struct.unpack_from(f">{contours}H", glyph, 10)
    at = 10 + 2 * contours
    at += 2 + struct.unpack_from(">H", glyph, at)[0]
    flags: list[int] = []
    while len(flags) <= ends[-1]:
        flag = glyph[at]
        at += 1
        times = 1
        if flag & _REPEAT:
            times += glyph[at]
            at += 1
        flags += [flag] * times
    xs, at = _coordinates(glyph, at, flags, short=2, same=16)
    ys, _ = _coordinates(glyph, at, flags, short=4, same=32)
    return ends, flags, list(zip(xs, ys, strict=True))


def _coordinates(
    glyph: bytes, at: int, flags: list[int], *, short: int, same: int
) -> tuple[list[float], int]:
    values: list[float] = []
    value = 0
    for flag in flags:
        if flag & short:
            value += glyph[at] if flag & same else -glyph[at]
            at += 1
        elif not flag & same:
            value += struct.unpack_from(">h", glyph, at)[0]
            at += 2
        values.append(value)
    return values, at


def _area(points: list[Point], ends: tuple[int, ...]) -> float:
    """Twice the signed area of all contours: negative when the outer ones run clockwise, as TrueType's do."""
    total = 0.0
    start = 0
    for end in ends:
        contour = points[start : end + 1]
        total += sum(
            a[0] * b[1] - b[0] * a[1] for a, b in zip(contour, [*contour[1:], contour[0]], strict=True)
        )
        start = end + 1
    return total


def _grow(contour: list[Point], by: float) -> list[Point]:
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


def _direction(contour: list[Point], index: int, step: int) -> Point | None:
    """The unit vector from a point to the next one that lies elsewhere."""
    x, y = contour[index]
    for away in range(1, len(contour)):
        ox, oy = contour[(index + step * away) % len(contour)]
        length = hypot(ox - x, oy - y)
        if length:
            return (ox - x) / length, (oy - y) / length
    return None


def _written(ends: tuple[int, ...], flags: list[int], points: list[tuple[int, int]]) -> bytes:
    """A simple glyph with plain 16-bit coordinates and no instructions, padded to four bytes."""
    xs, ys = [x for x, _ in points], [y for _, y in points]
    steps_x = [b - a for a, b in pairwise([0, *xs])]
    steps_y = [b - a for a, b in pairwise([0, *ys])]
    data = struct.pack(">hhhhh", len(ends), min(xs), min(ys), max(xs), max(ys))
    data += struct.pack(f">{len(ends)}HH", *ends, 0)
    data += bytes(flag & _ON_CURVE for flag in flags)
    data += struct.pack(f">{2 * len(points)}h", *steps_x, *steps_y)
    return data + b"\0" * (-len(data) % 4)
