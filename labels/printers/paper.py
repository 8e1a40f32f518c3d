"""A registered label as its printer takes it: the very PDF, or the proofed raster as ZPL or PNG, on the medium loaded.

``labels.printers.run`` calls it before anything is sent. It refuses a label larger than the medium, a resolution at which
the proof finds anything, and an offset that would move ink off the medium; nothing is ever scaled.
"""

import hashlib
import io
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction

from inkt_mfg.language import Phrase
from inkt_mfg.refusal import Blocker, Refusal, refuse
from inkt_mfg.views.jobs import LabelToPrint
from inkt_mfg.views.printers import PrinterCard
from labels.proof import proof
from labels.raster import on_media, png, zpl
from labels.reading import Image, Reading, one_bit
from labels.symbols import MM_PER_INCH
from labels.template import load

_POINTS = Fraction(72) / MM_PER_INCH


@dataclass(frozen=True, slots=True)
class Size:
    """Width and height of a label in millimetres."""

    width_mm: Fraction
    height_mm: Fraction


def size_of(label: LabelToPrint) -> Size:
    """As its template says."""
    template = load(label.content.template, label.content.template_version)
    return Size(template.width_mm, template.height_mm)


def refuse_unfit(card: PrinterCard, label: LabelToPrint, pdf: Callable[[], bytes]) -> dict[str, str]:
    """A label this printer cannot print as it was proofed: too large, findings at its resolution, moved off the medium.

    Returns what was proofed here, as ``LabelToPrint.images`` has it, so that it is not proofed twice.
    """
    size = size_of(label)
    if Fraction(card.width_mm) < size.width_mm or Fraction(card.height_mm) < size.height_mm:
        raise refuse(
            "printer.media",
            Phrase(
                "label {label} is {wide} × {high} mm, and {media} mm is loaded in {printer}",
                label=label.serial,
                wide=float(size.width_mm),
                high=float(size.height_mm),
                media=card.media,
                printer=card.code,
            ),
            expected=Phrase("a medium at least as large: a label is never scaled"),
            resolve_by=Phrase("whoever loads the printer, then `inkt printer change --media`"),
            field="printer",
            typed=card.code,
        )
    proofed: dict[str, str] = {}
    at = f"{float(card.dots_per_inch):g}"
    if at not in label.images:
        image = _proofed_image(label, pdf(), size, Fraction(card.dots_per_inch))
        proofed[at] = hashlib.sha256(image.tobytes()).hexdigest()
    if offset_dots(card) != (0, 0):
        printed(card, replace(label, images={**label.images, **proofed}), pdf())
    return proofed


def printed(card: PrinterCard, label: LabelToPrint, pdf: bytes) -> bytes:
    """The bytes that are sent. Raises Refusal R51, ``printer.offset``."""
    size = size_of(label)
    if card.language == "pdf":
        return page_on_media(card, pdf, size)
    image = _proofed_image(label, pdf, size, Fraction(card.dots_per_inch))
    return dots_on_media(card, image)


def dots_on_media(card: PrinterCard, image: Image, *, may_cut: bool = False) -> bytes:
    """A grey image at the printer's resolution as ZPL or PNG, on its medium and moved by its offset."""
    dpi = Fraction(card.dots_per_inch)
    placed = on_media(image, _dots(card), offset_dots(card), may_cut=may_cut)
    return zpl(placed) if card.language == "zpl" else png(placed, dpi, bits=1)


def page_on_media(card: PrinterCard, pdf: bytes, size: Size, *, may_cut: bool = False) -> bytes:
    """The very bytes where label and medium agree; else the same page with its paper moved round it, compared dot for dot."""
    across, down = offset_dots(card)
    if (across, down) == (0, 0) and (Fraction(card.width_mm), Fraction(card.height_mm)) == (
        size.width_mm,
        size.height_mm,
    ):
        return pdf
    moved = _with_paper_moved(card, pdf, size, across, down)
    dpi = Fraction(card.dots_per_inch)
    with Reading(pdf) as reading:
        image = reading.render(size.width_mm, size.height_mm, dpi)
    should = on_media(image, _dots(card), (across, down), may_cut=may_cut)
    with Reading(moved) as reading:
        does = reading.render(Fraction(card.width_mm), Fraction(card.height_mm), dpi)
    if one_bit(does).tobytes() != one_bit(should).tobytes():
        raise refuse(
            "R51",
            Phrase("the page moved by its offset does not print as it was proofed"),
            expected=Phrase("the same dots, moved"),
            resolve_by=Phrase("whoever sets the printer up: adjust it at the printer instead"),
            field="offset_across",
            typed=f"{card.offset_across}, {card.offset_down}",
        )
    return moved


def _with_paper_moved(card: PrinterCard, pdf: bytes, size: Size, across: int, down: int) -> bytes:
    import pypdfium2  # here: a label whose page and medium agree needs it only to be proofed

    dot = MM_PER_INCH / Fraction(card.dots_per_inch)
    left, top = -across * dot * _POINTS, (size.height_mm + down * dot) * _POINTS
    wide, high = Fraction(card.width_mm) * _POINTS, Fraction(card.height_mm) * _POINTS
    document = pypdfium2.PdfDocument(pdf)
    document[0].set_mediabox(float(left), float(top - high), float(left + wide), float(top))
    out = io.BytesIO()
    document.save(out)
    document.close()
    return out.getvalue()


def _dots(card: PrinterCard) -> tuple[int, int]:
    dpi = Fraction(card.dots_per_inch)
    return (
        round(Fraction(card.width_mm) * dpi / MM_PER_INCH),
        round(Fraction(card.height_mm) * dpi / MM_PER_INCH),
    )


def offset_dots(card: PrinterCard) -> tuple[int, int]:
    """The registered offset in the printer's own dots: no printer moves by less."""
    dpi = Fraction(card.dots_per_inch)
    return (
        round(Fraction(card.offset_across) * dpi / MM_PER_INCH),
        round(Fraction(card.offset_down) * dpi / MM_PER_INCH),
    )


def _proofed_image(label: LabelToPrint, pdf: bytes, size: Size, dpi: Fraction) -> Image:
    """The image its proof saw; at a resolution it was not proofed at, proofed now. Raises Refusal R51."""
    with Reading(pdf) as reading:
        image = reading.render(size.width_mm, size.height_mm, dpi)
    seen = hashlib.sha256(image.tobytes()).hexdigest()
    if label.images.get(f"{float(dpi):g}") != seen:
        now = proof(pdf, label.content, (dpi,))
        if not now.passed or dict(now.images).get(float(dpi)) != seen:
            raise _not_proofed(label.serial, now.findings, dpi)
    return image


def _not_proofed(serial: str, findings: tuple[object, ...], dpi: Fraction) -> Refusal:
    first = findings[0] if findings else None
    return Refusal(
        Blocker(
            "R51",
            Phrase(
                "label {label} does not pass its proof at {dpi} dpi: {what}",
                label=serial,
                dpi=f"{float(dpi):g}",
                what=getattr(first, "what", Phrase("other dots than before")),
            ),
            Phrase("a label that reads back as the record says at the printer's own resolution"),
            Phrase("whoever maintains the program or its templates; nothing was printed"),
            "printer",
        )
    )
