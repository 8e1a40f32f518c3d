"""The typefaces the labels embed, and what they can draw: widths in points, missing glyphs refused by name (rule R54).

Every module of ``labels`` may use it. A character is drawn by the first face of the chain that has it: the label's own,
the one for rare characters of names, then the site's (``fonts`` in the folder INKT_LABELS names), in order of name.
"""

import os
import re
from collections.abc import Iterator
from copy import copy
from functools import cache, lru_cache
from itertools import groupby
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

from inkt_mfg.language import Phrase
from inkt_mfg.refusal import Refusal, refuse
from labels.fonts.heavy import GROWTH
from labels.fonts.truetype import TrueType, heavy_file, load

FACE = "LabelFace"  # by these names reportlab knows the label's own face, for the paper of reports
HEAVY = "LabelFaceHeavy"
_HERE = Path(__file__).parent
FACE_FILE = _HERE / "wqy-microhei.ttf"
RARE_FILE = _HERE / "label-rare-han.ttf"
ASCENT = 0.80  # of the size, above the baseline: covers capitals and Chinese characters of this face
DESCENT = 0.22

RAISED = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789−", strict=True))
RAISED_SIZE = 0.66  # of the size of the text it stands on
RAISED_BY = 0.36  # of that size, above the baseline
NO_BREAK = "\u00a0"
_BEYOND = re.compile(r"> <([0-9A-F]{5,6})>")
_OVERSHOOT = 0.05  # what round and pointed shapes reach beyond a line without touching the next


@cache
def chain() -> tuple[Path, ...]:
    """The files of all faces, in the order they are asked; settled when the first label is drawn."""
    site = os.environ.get("INKT_LABELS")
    of_site = sorted((Path(site) / "fonts").glob("*.ttf")) if site else []
    return FACE_FILE, RARE_FILE, *of_site


@cache
def opened(file: Path) -> TrueType:
    """The face in this file, read when the first character needs it. Raises Refusal ``label.file``."""
    return load(file)


@lru_cache(maxsize=8192)
def drawn_by(character: str) -> tuple[TrueType, int] | None:
    """The first face that has this character, and the number of its glyph there; None when no face has it."""
    code = 32 if character == NO_BREAK else ord(character)
    for file in chain():
        face = opened(file)
        glyph = face.glyphs.get(code)
        if glyph is not None:
            return face, glyph
    return None


@lru_cache(maxsize=8192)
def advance(character: str) -> float:
    """How far the next character is, in thousandths of the size; raised digits are counted at their own size."""
    plain = RAISED.get(character)
    found = drawn_by(plain or character)
    if found is None:
        return 0.0
    face, glyph = found
    return face.advance(glyph) * (RAISED_SIZE if plain else 1.0)


@lru_cache(maxsize=2048)
def width(text: str, size: float) -> float:
    """Points the text takes at this size."""
    return sum(map(advance, text)) * size / 1000


@lru_cache(maxsize=2048)
def extent(text: str) -> tuple[float, float]:
    """How far the text reaches below and above its baseline, in parts of its size.

    DESCENT and ASCENT, which lines leave room for, unless a character (an accent on a capital) reaches further.
    """
    if len(text) != 1:
        reach = [extent(character) for character in set(text)]
        return max((low for low, _ in reach), default=DESCENT), max(
            (high for _, high in reach), default=ASCENT
        )
    _, bottom, _, top = _box(text)
    low = max(DESCENT, -bottom + GROWTH) if -bottom > DESCENT + _OVERSHOOT else DESCENT
    high = max(ASCENT, top + GROWTH) if top > ASCENT + _OVERSHOOT else ASCENT
    return low, high


@lru_cache(maxsize=2048)
def reach(text: str) -> tuple[float, float, float, float]:
    """How far its ink, heavy or light, reaches at most: left of its first place, below and above, right of its last."""
    low, high = extent(text)
    for _, bottom, _, top in map(_box, set(text)):
        low, high = max(low, -bottom + GROWTH), max(high, top + GROWTH)
    left = max(0.0, GROWTH - _box(text[0])[0])
    right = max(0.0, GROWTH + _box(text[-1])[2] - advance(text[-1]) / 1000)
    return left, low, right, high


def _box(character: str) -> tuple[float, float, float, float]:
    found = drawn_by(RAISED.get(character, character))
    return found[0].box(found[1]) if found else (0.0, 0.0, 0.0, 0.0)


@lru_cache(maxsize=2048)
def missing_glyphs(text: str) -> tuple[str, ...]:
    """The characters no face can draw or that nobody could see, in order, each once."""
    drawn = (RAISED.get(character, character) for character in text if character not in f"{NO_BREAK}\n")
    return tuple(c for c in dict.fromkeys(drawn) if not _is_seen(c))


@lru_cache(maxsize=8192)
def _is_seen(character: str) -> bool:
    return character.isprintable() and drawn_by(character) is not None


def refuse_missing(element: str, text: str) -> Refusal | None:
    """The refusal (R54) that names the first character the faces lack, or None when they can draw them all."""
    lacking = missing_glyphs(text)
    if not lacking:
        return None
    named = ", ".join(f"{c} (U+{ord(c):04X})" for c in lacking)
    return refuse(
        "R54",
        Phrase(
            "the label's typeface has no glyph for {characters} in {element}",
            characters=named,
            element=element,
        ),
        expected=Phrase("characters the typeface can draw"),
        resolve_by=Phrase("a QA officer, by approving a spelling the typeface can draw"),
        field=element,
        typed=text,
    )


# ---- the same face as reportlab knows it: for the paper of reports


def on_paper(text: str) -> Iterator[tuple[str | None, str]]:
    """The text in runs, each with reportlab's name of the face that draws it; None for what no face draws."""
    for name, run in groupby(text, _paper_face):
        yield name, "".join(run)


@lru_cache(maxsize=8192)
def _paper_face(character: str) -> str | None:
    if character in RAISED or character in f"{NO_BREAK}\n":
        return FACE
    if not character.isprintable():
        return None
    drawn = (file for file in chain() if ord(character) in opened(file).glyphs)
    file = next(drawn, None)
    return None if file is None else FACE if file == FACE_FILE else _further_face(file)


@cache
def _further_face(file: Path) -> str:
    """Reportlab's name of a face beside the label's own, registered when the first character needs it."""
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont

    class Further(TTFont):  # type: ignore[misc]  # reportlab has no types
        """Reportlab writes what a character beyond U+FFFF stands for in five digits; PDF wants UTF-16 (9.10.3)."""

        def addObjects(self, doc: Any) -> None:  # noqa: N802 — reportlab's name
            known = set(doc.idToObject)
            super().addObjects(doc)
            for key in doc.idToObject.keys() - known:
                if key.startswith("toUnicodeCMap:"):
                    stream = doc.idToObject[key]
                    stream.content = _BEYOND.sub(_in_utf_16, stream.content)

    name = f"{FACE}-{file.stem}"
    pdfmetrics.registerFont(Further(name, str(file)))
    return name


def _in_utf_16(told: re.Match[str]) -> str:
    return f"> <{chr(int(told[1], 16)).encode('utf-16-be').hex()}>"


@cache
def face() -> Any:
    """Reportlab's parsed face, registered under ``FACE``, and heavy under ``HEAVY``. The first call costs 0.15 s."""
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont

    font = TTFont(FACE, str(FACE_FILE))
    font.face.charWidths = {code: round(points) for code, points in font.face.charWidths.items()}
    font.face.defaultWidth = round(font.face.defaultWidth)
    pdfmetrics.registerFont(font)
    pdfmetrics.registerFont(_heavy(font))
    return font.face


def _heavy(font: Any) -> Any:
    """The same face under another name, its outlines grown when a subset of it is embedded."""
    heavy_font, heavy_face = copy(font), copy(font.face)
    plain_subset = font.face.makeSubset
    heavy_face.makeSubset = lambda subset: heavy_file(plain_subset(subset))
    heavy_face.name = type(font.face.name)(b"WenQuanYiMicroHeiHeavy")
    heavy_font.fontName, heavy_font.face, heavy_font.state = HEAVY, heavy_face, WeakKeyDictionary()
    return heavy_font
