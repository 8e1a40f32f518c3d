"""The contact sheet: every kind × profile × language of label as it prints, on one picture a kind, with captions.

Called by ``inkt label contact-sheet`` and by the test that keeps ``docs/labels`` true. Each label on it has passed its
proof, and is shown as a thermal printer burns it at 203.2 dpi. ``index`` says what is on each picture by hash.
"""

import dataclasses
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from inkt_mfg.views.label_content import LabelContent
from inkt_mfg.views.label_facts import wording
from inkt_mfg.views.label_kinds import KINDS
from labels import fonts, pdf
from labels.layout import MM, Page, Run, lay_out
from labels.produce import produce
from labels.raster import image_of, png
from labels.reading import Image, Reading, one_bit
from labels.specimen import CONDITIONAL, EXCEPTIONAL, specimen_content

DPI = Fraction("203.2")
_ACROSS_MM = 312
_GAP_MM = 4
_CAPTION_MM = 5
_DOTS = 8  # a millimetre
COMBINATIONS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("CN", ("zh",)),
    ("CN", ("en", "zh")),
    ("EU-IMP", ("en",)),
    ("EU-IMP", ("en", "zh")),
    ("US-IND", ("en",)),
    ("US-IND", ("en", "zh")),
)
_NOT_EVALUATED: dict[str, Any] = {"testing_complete": False, "reactive": ()}
_MARKS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("infusion", "conditional, results pending", CONDITIONAL),
    ("infusion", "exceptional", EXCEPTIONAL),
    ("infusion", "training, reprint 2", {"training": True, "serial": "L-000123", "reprint": 2}),
    ("infusion", "not evaluated, shipped abroad", {**_NOT_EVALUATED, "shipped_abroad": True}),
    (
        "infusion",
        "two agents reactive",
        {"reactive": (wording(en="hepatitis B", zh="乙型肝炎"), wording(en="syphilis", zh="梅毒"))},
    ),
    ("collection_bag", "training", {"training": True, "serial": "L-000123", **_NOT_EVALUATED}),
    ("cryovial", "training", {"training": True, "serial": "L-000123", "reactive": ()}),
)


@dataclass(frozen=True, slots=True)
class Shown:
    """One label of the sheet and the words under which it is shown."""

    caption: str
    content: LabelContent


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture of the sheet."""

    name: str
    shown: tuple[Shown, ...]


def pictures() -> Iterator[Picture]:
    """Every picture: one a kind, and one of the marks that change a label."""
    for kind, row in KINDS.items():
        of_kind = (
            Shown(
                f"{row.title.english} · {profile} · {' + '.join(languages)}",
                specimen_content(kind, profile, languages),
            )
            for profile, languages in COMBINATIONS
        )
        yield Picture(kind.replace("_", "-"), tuple(of_kind))
    marked = (
        Shown(
            f"{KINDS[kind].title.english} · {mark} · EU-IMP · en",
            specimen_content(kind, "EU-IMP", ("en",), **changed),
        )
        for kind, mark, changed in _MARKS
    )
    yield Picture("marks", tuple(marked))


def draw_picture(picture: Picture) -> bytes:
    """The picture as PNG; refused as ``produce`` refuses when one of its labels does not pass its proof."""
    return png(
        _composed([(s.caption, image_of(produce(s.content, (DPI,)), DPI)) for s in picture.shown]),
        DPI,
        bits=1,
    )


def index(drawn: dict[str, bytes]) -> str:
    """What is on the pictures, as JSON: captions, and hashes of contents, layouts and files."""
    body = {
        picture.name: {
            "png_sha256": hashlib.sha256(drawn[picture.name]).hexdigest(),
            "labels": [fingerprint(s) for s in picture.shown],
        }
        for picture in pictures()
    }
    return json.dumps(body, ensure_ascii=False, indent=1) + "\n"


def fingerprint(shown: Shown) -> dict[str, str]:
    """What identifies one label of the sheet: its words, its content, and where everything stands on it."""
    return {
        "caption": shown.caption,
        "content_sha256": shown.content.sha256,
        "layout_sha256": _layout_sha256(lay_out(shown.content)),
    }


def _layout_sha256(page: Page) -> str:
    """Hash of everything placed, to a hundredth of a point."""
    placed = [
        *(f"{r.element} {r.text} {r.x:.2f} {r.y:.2f} {r.size:.2f} {r.bold} {r.white}" for r in page.runs),
        *(" ".join(f"{v:.2f}" for v in dataclasses.astuple(r)) for r in page.rules),
        *(f"{s.symbol.text} {s.symbol.module_mm} {s.left_mm} {s.top_mm}" for s in page.symbols),
        *(f"{d.name} {d.x:.2f} {d.y:.2f} {d.size:.2f}" for d in page.drawings),
    ]
    return hashlib.sha256("\n".join(placed).encode()).hexdigest()


def _composed(labels: list[tuple[str, Image]]) -> Image:
    """The labels row by row on white paper, each in a thin frame under its caption."""
    paper = np.full((_DOTS * 2000, _DOTS * _ACROSS_MM), 255, np.uint8)
    gap, caption_rows = _DOTS * _GAP_MM, _DOTS * _CAPTION_MM
    left, top, tallest, widest = gap, gap, 0, 0
    for caption, image in labels:
        rows, columns = image.shape
        if left + columns + gap > paper.shape[1]:
            left, top, tallest = gap, top + tallest + gap, 0
        words = _words(caption, min(max(columns, _DOTS * 70), paper.shape[1] - left), caption_rows)
        paper[top : top + caption_rows, left : left + words.shape[1]] = words
        at = top + caption_rows
        paper[at - 2 : at + rows + 2, left - 2 : left + columns + 2] = 0
        paper[at - 1 : at + rows + 1, left - 1 : left + columns + 1] = 255
        paper[at : at + rows, left : left + columns] = one_bit(image)
        step = max(columns, words.shape[1])
        widest = max(widest, left + step)
        left, tallest = left + step + gap, max(tallest, rows + caption_rows)
    return paper[: top + tallest + gap, : widest + gap]


def _words(caption: str, columns: int, rows: int) -> Image:
    """A caption in the label's own face."""
    width, height = columns / _DOTS * MM, rows / _DOTS * MM
    size = min(8.0, width / fonts.width(caption, 1.0))
    canvas, buffer = pdf.sheet(width, height)
    pdf.write(canvas, [Run("", caption, 0, height * 0.3, size, bold=False, white=False)])
    canvas.showPage()
    canvas.save()
    with Reading(buffer.getvalue()) as reading:
        return one_bit(reading.render(Fraction(columns, _DOTS), Fraction(rows, _DOTS), DPI))
