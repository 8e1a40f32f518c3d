"""The faces of one PDF document: which characters it uses of each, embedded as small subsets that can be read back.

Called by ``labels.pdf``. Each face of the chain, light and heavy, is one composite font (ISO 32000-1, 9.7) whose codes
are numbered as its characters first appear, so that the same page gives the same bytes.
"""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from labels import fonts
from labels.fonts.truetype import TrueType

_LEVEL = 1  # of compression: the smallest file is 4 % smaller and takes three times as long
_TO_UNICODE = """/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CIDSystemInfo
<< /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def /CMapName /Adobe-Identity-UCS def /CMapType 2 def
1 begincodespacerange <0000> <FFFF> endcodespacerange
{characters}
endcmap CMapName currentdict /CMap defineresource pop end end"""
_AT_ONCE = 100  # characters in one list of a ToUnicode map


@dataclass(slots=True)
class _Used:
    """What a document uses of one face in one weight."""

    face: TrueType
    bold: bool
    name: str
    glyphs: list[int] = field(default_factory=list)
    characters: list[str] = field(default_factory=list)  # in UTF-16, two units of which a rare one takes
    widths: list[str] = field(default_factory=list)


class Faces:
    """The faces of a document under way. reportlab calls ``addObjects`` when the document is written."""

    def __init__(self) -> None:
        self._used: dict[tuple[TrueType, bool], _Used] = {}
        self._codes: dict[tuple[str, bool], tuple[str, str]] = {}

    def shown(self, text: str, *, bold: bool) -> Iterator[tuple[str, str]]:
        """The text as stretches of one face each: the face's name in the document, the codes in hexadecimal."""
        name, codes = "", ""
        for character in text:
            known = self._codes.get((character, bold)) or self._coded(character, bold)
            if known[0] != name:
                if codes:
                    yield name, codes
                name, codes = known[0], ""
            codes += known[1]
        if codes:
            yield name, codes

    def _coded(self, character: str, bold: bool) -> tuple[str, str]:
        face, glyph, in_utf_16, width = _described(character)
        used = self._used.get((face, bold))
        if used is None:
            used = self._used[face, bold] = _Used(face, bold, f"L{len(self._used) + 1}")
        used.glyphs.append(glyph)
        used.characters.append(in_utf_16)
        used.widths.append(width)
        known = self._codes[character, bold] = used.name, f"{len(used.glyphs):04X}"
        return known

    def addObjects(self, document: Any) -> None:  # noqa: N802 – reportlab's name
        for used in self._used.values():
            document.idToObject["BasicFonts"].dict[used.name] = _embedded(document, used)


@lru_cache(maxsize=8192)
def _described(character: str) -> tuple[TrueType, int, str, str]:
    """What draws a character, its UTF-16 in hexadecimal, and its width in thousandths of the size."""
    found = fonts.drawn_by(character)
    if found is None:
        raise ValueError(f"no face draws {character!r}")  # the layout has refused it
    return *found, character.encode("utf-16-be").hex(), f"{fonts.advance(character):.0f}"


def faces_of(canvas: Any) -> Faces:
    """The faces of the document this canvas draws."""
    document = canvas._doc  # noqa: SLF001 – reportlab has no public door to a document's own fonts
    found = next((font for font in document.delayedFonts if isinstance(font, Faces)), None)
    if found is None:
        found = Faces()
        document.delayedFonts.append(found)
    return found


def _embedded(document: Any, used: _Used) -> Any:
    """The font's five objects, each referring to the one before."""
    file = used.face.subset(used.glyphs, bold=used.bold)
    base = f"LABEL{used.name[-1]}+{used.face.name}{'-heavy' if used.bold else ''}"
    ascent, descent = round(1000 * fonts.ASCENT), round(-1000 * fonts.DESCENT)
    stream = _stream(document, file, f"/Length1 {len(file)}")
    descriptor = _object(
        document,
        f"<< /Type /FontDescriptor /FontName /{base} /Flags 4 /ItalicAngle 0 /StemV 80 /CapHeight {ascent}"
        f" /Ascent {ascent} /Descent {descent} /FontBBox [-500 -400 1500 1200] /FontFile2 {stream} >>",
    )
    descendant = _object(
        document,
        f"<< /Type /Font /Subtype /CIDFontType2 /BaseFont /{base} /CIDToGIDMap /Identity /DW 1000 /W [1 [{' '.join(used.widths)}]]"
        f" /CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> /FontDescriptor {descriptor} >>",
    )
    readable = _stream(document, _to_unicode(used.characters), "")
    return _reference(
        document,
        f"<< /Type /Font /Subtype /Type0 /BaseFont /{base} /Encoding /Identity-H /DescendantFonts [{descendant}]"
        f" /ToUnicode {readable} >>".encode(),
    )


def _to_unicode(characters: list[str]) -> bytes:
    """Which character each code is."""
    lines = [f"<{n:04X}> <{c}>" for n, c in enumerate(characters, start=1)]
    lists = [lines[start : start + _AT_ONCE] for start in range(0, len(lines), _AT_ONCE)]
    said = "\n".join("\n".join([f"{len(some)} beginbfchar", *some, "endbfchar"]) for some in lists)
    return _TO_UNICODE.replace("{characters}", said).encode("ascii")


def _stream(document: Any, content: bytes, more: str) -> str:
    packed = zlib.compress(content, _LEVEL)
    head = f"<< /Filter /FlateDecode /Length {len(packed)} {more} >>\nstream\n"
    return _numbered(document, _reference(document, head.encode() + packed + b"\nendstream"))


def _object(document: Any, body: str) -> str:
    return _numbered(document, _reference(document, body.encode()))


def _numbered(document: Any, reference: Any) -> str:
    said: bytes = reference.format(document)
    return said.decode("ascii")


def _reference(document: Any, body: bytes) -> Any:
    """An object of the document written as it is. reportlab's own spelling of widths and names takes most of a label."""
    from reportlab.pdfbase.pdfdoc import PDFObject

    class Written(PDFObject):  # type: ignore[misc]  # reportlab has no types
        __RefOnly__ = 1

        def format(self, _: Any) -> bytes:
            return body

    return document.Reference(Written())
