"""The typeface the labels embed, and what it can draw: widths in points, missing glyphs refused by name (rule R54).

Every module of ``labels`` may use it. reportlab is imported when the first label is drawn; the face is parsed once.
"""

from copy import copy
from functools import cache, lru_cache
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

from inkt_mfg.language import Phrase
from inkt_mfg.refusal import Refusal, refuse
from labels.fonts.heavy import GROWTH, Outlines, heavy_subset

FACE = "LabelFace"
HEAVY = "LabelFaceHeavy"
FACE_FILE = Path(__file__).parent / "wqy-microhei.ttf"
ASCENT = 0.80  # of the size, above the baseline: covers capitals and Chinese characters of this face
DESCENT = 0.22

RAISED = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789−", strict=True))
RAISED_SIZE = 0.66  # of the size of the text it stands on
RAISED_BY = 0.36  # of that size, above the baseline
NO_BREAK = "\u00a0"
UNITS = 2048  # to the em, in this face
_GROWN = GROWTH / UNITS
_OVERSHOOT = 0.05  # what round and pointed shapes reach beyond a line without touching the next


@cache
def face() -> Any:
    """Reportlab's parsed face, registered under ``FACE``. The first call costs about 0.15 s."""
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont

    font = TTFont(FACE, str(FACE_FILE))
    # Whole thousandths of the size: readers take a PDF's widths as integers, so layout and reader agree exactly.
    font.face.charWidths = {code: round(points) for code, points in font.face.charWidths.items()}
    font.face.defaultWidth = round(font.face.defaultWidth)
    pdfmetrics.registerFont(font)
    pdfmetrics.registerFont(_heavy(font))
    return font.face


def _heavy(font: Any) -> Any:
    """The same face under another name, its outlines grown when a subset of it is embedded."""
    heavy_font, heavy_face = copy(font), copy(font.face)
    plain_subset = font.face.makeSubset
    heavy_face.makeSubset = lambda subset: heavy_subset(plain_subset(subset))
    heavy_face.name = type(font.face.name)(b"WenQuanYiMicroHeiHeavy")
    heavy_font.fontName, heavy_font.face, heavy_font.state = HEAVY, heavy_face, WeakKeyDictionary()
    return heavy_font


@lru_cache(maxsize=8192)
def width(text: str, size: float) -> float:
    """Points the text takes at this size; raised digits are counted at their own size."""
    widths = face().charWidths
    total = 0.0
    for character in text:
        drawn = RAISED.get(character)
        if drawn is None:
            total += widths[32 if character == NO_BREAK else ord(character)]
        else:
            total += widths[ord(drawn)] * RAISED_SIZE
    return float(total) * size / 1000


@lru_cache(maxsize=8192)
def extent(text: str) -> tuple[float, float]:
    """How far the text reaches below and above its baseline, in parts of its size.

    DESCENT and ASCENT, which lines leave room for, unless a character (an accent on a capital) reaches further.
    """
    low, high = DESCENT, ASCENT
    for character in text:
        glyph = face().charToGlyph.get(ord(RAISED.get(character, character)), 0)
        bottom, top = (edge / UNITS for edge in _outlines().box(glyph))
        low = max(low, -bottom + _GROWN) if -bottom > DESCENT + _OVERSHOOT else low
        high = max(high, top + _GROWN) if top > ASCENT + _OVERSHOOT else high
    return low, high


@cache
def _outlines() -> Outlines:
    return Outlines(FACE_FILE.read_bytes())


def missing_glyphs(text: str) -> list[str]:
    """The characters the face cannot draw or that nobody could see, in order, each once."""
    glyphs = face().charToGlyph
    drawn = (RAISED.get(character, character) for character in text if character not in f"{NO_BREAK}\n")
    return [c for c in dict.fromkeys(drawn) if ord(c) not in glyphs or not c.isprintable()]


def refuse_missing(element: str, text: str) -> Refusal | None:
    """The refusal (R54) that names the first character this face lacks, or None when it can draw them all."""
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
