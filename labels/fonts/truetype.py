"""A TrueType file read as far as a label needs it: which characters it draws, how wide, their outlines, small subsets.

Called by ``labels.fonts`` and ``labels.embedding``. A file without TrueType outlines (``glyf``) or one that forbids
embedding is refused (rule ``label.file``): its text could not be drawn on every printer as it was proofed.
"""

import struct
from collections.abc import Sequence
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np

from inkt_mfg.language import Phrase
from inkt_mfg.refusal import refuse
from labels.fonts.heavy import heavy
from labels.fonts.outline import Outline, read, written

_WHOLE = 0xFFFFFFFF
_ADJUSTED = 0xB1B0AFBA  # what the sum over a whole file is made to be (OpenType, "head")
_RESTRICTED = 0x0002  # OS/2 fsType: may not be embedded


class TrueType:
    """One face. Widths are whole thousandths of the size: PDF readers take integers, so layout and reader agree."""

    def __init__(self, font_file: bytes, name: str = "") -> None:
        self.name = name
        self.tables = tables_of(font_file)
        self.units: int = struct.unpack_from(">H", self.tables["head"], 18)[0]
        self._metrics: int = struct.unpack_from(">H", self.tables["hhea"], 34)[0]
        long_offsets = struct.unpack_from(">h", self.tables["head"], 50)[0] == 1
        places = np.frombuffer(self.tables["loca"], ">u4" if long_offsets else ">u2").astype(np.int64)
        self._places: list[int] = (places if long_offsets else places * 2).tolist()

    @cached_property
    def glyphs(self) -> dict[int, int]:
        """Glyph numbers by code point."""
        cmap = self.tables["cmap"]
        found = [
            struct.unpack_from(">HHL", cmap, 4 + 8 * n) for n in range(struct.unpack_from(">H", cmap, 2)[0])
        ]
        there = {struct.unpack_from(">H", cmap, at)[0]: at for platform, _, at in found if platform in {0, 3}}
        return _in_groups(cmap, there[12]) if 12 in there else _in_segments(cmap, there[4])

    def advance(self, glyph: int) -> int:
        """How far the next character is, in thousandths of the size."""
        units: int = struct.unpack_from(">H", self.tables["hmtx"], 4 * min(glyph, self._metrics - 1))[0]
        return round(units * 1000 / self.units)

    def box(self, glyph: int) -> tuple[float, float, float, float]:
        """The outermost points of a glyph, left, low, right and high, in parts of the size; 0 when nothing is drawn."""
        data = self._data(glyph)
        if len(data) < 10:
            return 0.0, 0.0, 0.0, 0.0
        left, low, right, high = struct.unpack_from(">hhhh", data, 2)
        return left / self.units, low / self.units, right / self.units, high / self.units

    def outline(self, glyph: int, *, bold: bool) -> Outline:
        plain = read(self._data(glyph), self._data)
        return heavy(plain, self.units) if bold else plain

    def _data(self, glyph: int) -> bytes:
        return self.tables["glyf"][self._places[glyph] : self._places[glyph + 1]]

    def subset(self, glyphs: Sequence[int], *, bold: bool) -> bytes:
        """A file of an empty glyph 0 and these, in this order: what a PDF embeds (ISO 32000-1, 9.9)."""
        drawn = [_drawn(self, glyph, bold) for glyph in glyphs]
        data = [b"", *(outline for outline, _ in drawn)]
        tables = {
            "head": self.tables["head"],
            "hhea": self.tables["hhea"][:34] + struct.pack(">H", len(data)),
            "hmtx": struct.pack(">HH", self.units, 0) + b"".join(metrics for _, metrics in drawn),
            "maxp": self._limits(len(data)),
        }
        return file_of(tables, data)

    def _limits(self, count: int) -> bytes:
        """``maxp`` for simple glyphs without instructions: the points of composites are now their own."""
        points, contours, *composed = struct.unpack_from(">4H", self.tables["maxp"], 6)
        most = (max(points, composed[0]), max(contours, composed[1]))
        return struct.pack(">LHHHHHH", 0x10000, count, *most, 0, 0, 2) + b"\0" * 16


@lru_cache(maxsize=8192)
def _drawn(face: TrueType, glyph: int, bold: bool) -> tuple[bytes, bytes]:
    """A glyph's outline, and its advance and leftmost point as ``hmtx`` has them."""
    outline = written(face.outline(glyph, bold=bold))
    left = struct.unpack_from(">h", outline, 2)[0] if outline else 0
    return outline, struct.pack(">Hh", round(face.advance(glyph) * face.units / 1000), left)


def load(path: Path) -> TrueType:
    """The face in this file. Raises Refusal ``label.file``."""
    try:
        face = TrueType(path.read_bytes(), path.stem)
        may = struct.unpack_from(">H", face.tables["OS/2"], 8)[0] if "OS/2" in face.tables else 0
        usable = (
            {"glyf", "hmtx", "maxp"} <= set(face.tables) and may & 0xF != _RESTRICTED and bool(face.glyphs)
        )
    except (OSError, struct.error, KeyError, ValueError):
        usable = False
    if not usable:
        raise refuse(
            "label.file",
            Phrase("{file} is not a typeface a label can embed", file=path.name),
            expected=Phrase("a TrueType file (.ttf) with TrueType outlines that may be embedded"),
            resolve_by=Phrase("whoever keeps the site's label files"),
            field="fonts",
            typed=path.name,
        )
    return face


def heavy_file(font_file: bytes) -> bytes:
    """The same file with every glyph heavy and its hinting, which no longer fits, left out."""
    face = TrueType(font_file)
    count = struct.unpack_from(">H", face.tables["maxp"], 4)[0]
    data = [written(face.outline(glyph, bold=True)) for glyph in range(count)]
    kept = {
        tag: table
        for tag, table in face.tables.items()
        if tag not in {"cvt ", "fpgm", "prep", "glyf", "loca"}
    }
    return file_of(kept, data)


def file_of(tables: dict[str, bytes], glyphs: Sequence[bytes]) -> bytes:
    """A TrueType file of these tables and glyphs, with its sums."""
    starts = np.cumsum([0, *map(len, glyphs)]).astype(">u4").tobytes()
    head = tables["head"][:8] + b"\0\0\0\0" + tables["head"][12:50] + b"\0\1\0\0"
    whole = {**tables, "head": head, "glyf": b"".join(glyphs), "loca": starts}
    power = len(whole).bit_length() - 1
    start = struct.pack(">LHHHH", 0x10000, len(whole), 16 << power, power, 16 * len(whole) - (16 << power))
    at = len(start) + 16 * len(whole)
    body = b""
    for tag, table in sorted(whole.items()):
        padded = table + b"\0" * (-len(table) % 4)
        start += struct.pack(">4sLLL", tag.encode("ascii"), _sum(padded), at + len(body), len(table))
        body += padded
    adjusted = struct.pack(">L", (_ADJUSTED - _sum(start + body)) & _WHOLE)
    mark = body.index(head) + 8
    return start + body[:mark] + adjusted + body[mark + 4 :]


def _sum(data: bytes) -> int:
    return int(np.frombuffer(data, ">u4").sum(dtype=np.uint64)) & _WHOLE


def tables_of(font_file: bytes) -> dict[str, bytes]:
    """The tables of a font file by tag."""
    tables: dict[str, bytes] = {}
    for number in range(struct.unpack(">H", font_file[4:6])[0]):
        tag, _, offset, length = struct.unpack_from(">4sLLL", font_file, 12 + 16 * number)
        tables[tag.decode("ascii")] = font_file[offset : offset + length]
    return tables


def _in_groups(cmap: bytes, at: int) -> dict[int, int]:
    """Format 12: all of Unicode."""
    found: dict[int, int] = {}
    for number in range(struct.unpack_from(">L", cmap, at + 12)[0]):
        first, last, glyph = struct.unpack_from(">LLL", cmap, at + 16 + 12 * number)
        found.update(zip(range(first, last + 1), range(glyph, glyph + last - first + 1), strict=True))
    return found


def _in_segments(cmap: bytes, at: int) -> dict[int, int]:
    """Format 4: the first 65,536 code points."""
    count = struct.unpack_from(">H", cmap, at + 6)[0] // 2
    columns = [at + 14, *(at + 16 + 2 * count * n for n in (1, 2, 3))]
    last, first, delta, offset = (struct.unpack_from(f">{count}H", cmap, column) for column in columns)
    found: dict[int, int] = {}
    for n in range(count):
        for code in range(first[n], last[n] + 1):
            glyph = code
            if offset[n]:
                (glyph,) = struct.unpack_from(
                    ">H", cmap, columns[3] + 2 * n + offset[n] + 2 * (code - first[n])
                )
            if glyph or not offset[n]:
                glyph = (glyph + delta[n]) & 0xFFFF
            if glyph and code != 0xFFFF:
                found[code] = glyph
    return found
