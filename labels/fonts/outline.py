"""A TrueType glyph as points: read from the ``glyf`` table and written again, simple outlines only, no instructions.

Called by ``labels.fonts.truetype`` and ``labels.fonts.heavy``. Composite glyphs are put together from their parts, so
that each glyph of an embedded face stands by itself.
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass

_ON_CURVE, _SHORT_X, _SHORT_Y, _REPEAT, _SAME_X, _SAME_Y = 1, 2, 4, 8, 16, 32
_WORDS, _PLACES, _SCALE, _MORE, _TWO_SCALES, _MATRIX = 1, 2, 8, 32, 64, 128
_MOST_PARTS = 8  # deep: a face whose glyphs contain each other is not drawn for ever
Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Outline:
    """The last point of each contour, which points are on the curve, and where the points are in font units."""

    ends: tuple[int, ...]
    on_curve: tuple[bool, ...]
    points: tuple[Point, ...]


EMPTY = Outline((), (), ())


def read(glyph: bytes, part: Callable[[int], bytes], deep: int = 0) -> Outline:
    """A glyph's outline; ``part`` gives the data of the glyphs a composite is made of. Empty when nothing is drawn."""
    if len(glyph) < 10 or deep > _MOST_PARTS:
        return EMPTY
    contours = struct.unpack(">h", glyph[:2])[0]
    if contours < 0:
        return _composed(glyph, part, deep)
    return _simple(glyph, contours)


def _simple(glyph: bytes, contours: int) -> Outline:
    ends = struct.unpack_from(f">{contours}H", glyph, 10)
    at = 10 + 2 * contours
    at += 2 + struct.unpack_from(">H", glyph, at)[0]
    flags: list[int] = []
    while ends and len(flags) <= ends[-1]:
        flag = glyph[at]
        at += 1
        times = 1
        if flag & _REPEAT:
            times += glyph[at]
            at += 1
        flags += [flag] * times
    xs, at = _coordinates(glyph, at, flags, _SHORT_X, _SAME_X)
    ys, _ = _coordinates(glyph, at, flags, _SHORT_Y, _SAME_Y)
    return Outline(ends, tuple(bool(flag & _ON_CURVE) for flag in flags), tuple(zip(xs, ys, strict=True)))


def _coordinates(glyph: bytes, at: int, flags: list[int], short: int, same: int) -> tuple[list[float], int]:
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


def _composed(glyph: bytes, part: Callable[[int], bytes], deep: int) -> Outline:
    """The parts of a composite, each in its place and scale, as one outline."""
    ends: list[int] = []
    on_curve: list[bool] = []
    points: list[Point] = []
    at, more = 10, True
    while more:
        flags, index = struct.unpack_from(">HH", glyph, at)
        (x, y), at = _place(glyph, at + 4, flags)
        (a, b, c, d), at = _matrix(glyph, at, flags)
        of = read(part(index), part, deep + 1)
        placed = [(a * px + c * py + x, b * px + d * py + y) for px, py in of.points]
        ends += [end + len(points) for end in of.ends]
        on_curve += of.on_curve
        points += placed
        more = bool(flags & _MORE)
    return Outline(tuple(ends), tuple(on_curve), tuple(points))


def _place(glyph: bytes, at: int, flags: int) -> tuple[Point, int]:
    """Where a part stands; parts hung up by their points, which no face of ours has, stand at the origin."""
    form, size = (">hh", 4) if flags & _WORDS else (">bb", 2)
    x, y = struct.unpack_from(form, glyph, at)
    return ((x, y) if flags & _PLACES else (0, 0)), at + size


def _matrix(glyph: bytes, at: int, flags: int) -> tuple[tuple[float, float, float, float], int]:
    if flags & _SCALE:
        scale = struct.unpack_from(">h", glyph, at)[0] / 16384
        return (scale, 0, 0, scale), at + 2
    if flags & _TWO_SCALES:
        across, up = struct.unpack_from(">hh", glyph, at)
        return (across / 16384, 0, 0, up / 16384), at + 4
    if flags & _MATRIX:
        a, b, c, d = struct.unpack_from(">hhhh", glyph, at)
        return (a / 16384, b / 16384, c / 16384, d / 16384), at + 8
    return (1, 0, 0, 1), at


def written(outline: Outline) -> bytes:
    """The outline as a simple glyph in whole units, short coordinates where they fit, padded to four bytes."""
    if not outline.points:
        return b""
    points = [(round(x), round(y)) for x, y in outline.points]
    xs, ys = [x for x, _ in points], [y for _, y in points]
    flags, across, up = bytearray(), bytearray(), bytearray()
    x = y = 0
    for (px, py), on_curve in zip(points, outline.on_curve, strict=True):
        flag = _step(px - x, across, _SHORT_X, _SAME_X) | _step(py - y, up, _SHORT_Y, _SAME_Y)
        flags.append(flag | (_ON_CURVE if on_curve else 0))
        x, y = px, py
    data = struct.pack(">hhhhh", len(outline.ends), min(xs), min(ys), max(xs), max(ys))
    data += struct.pack(f">{len(outline.ends)}HH", *outline.ends, 0) + flags + across + up
    return data + b"\0" * (-len(data) % 4)


def _step(by: int, out: bytearray, short: int, same: int) -> int:
    if by == 0:
        return same
    if abs(by) < 256:
        out.append(abs(by))
        return short | (same if by > 0 else 0)
    out += struct.pack(">h", by)
    return 0
