"""A proofed label as dots: the grey image of its page, a PNG at the printer's resolution, ZPL II with the very raster.

Called by the command line, the terminal and ``labels.printers``. Only what was proofed goes out: an image whose hash
is not in the sheet's proof, or a resolution it was not proofed at, is refused (rule R51).
"""

import hashlib
import re
import struct
import zlib
from collections.abc import Iterator
from fractions import Fraction

import numpy as np

from inkt_mfg.language import Phrase
from inkt_mfg.refusal import refuse
from labels.produce import LabelSheet
from labels.reading import Image, Reading, one_bit
from labels.symbols import MM_PER_INCH

_DOTS_IN_A_METRE = Fraction(1000) / MM_PER_INCH
_RUN = re.compile(r"(.)\1\1+")  # of two digits the count would be no shorter


def image_of(sheet: LabelSheet, dpi: Fraction) -> Image:
    """The page in whole dots of this printer, as it was proofed. Raises Refusal R51."""
    template = sheet.page.template
    with Reading(sheet.pdf) as reading:
        image = reading.render(template.width_mm, template.height_mm, dpi)
    if dict(sheet.proof.images).get(float(dpi)) != hashlib.sha256(image.tobytes()).hexdigest():
        known = ", ".join(f"{at:g}" for at, _ in sheet.proof.images)
        raise refuse(
            "R51",
            Phrase("the label was not proofed as it would print at {dpi} dpi", dpi=float(dpi)),
            expected=Phrase("one of its proofed resolutions: {known} dpi", known=known),
            resolve_by=Phrase("whoever prints, by producing the label for this printer"),
            field="dpi",
            typed=f"{float(dpi):g}",
        )
    return image


def on_media(image: Image, dots: tuple[int, int], offset: tuple[int, int], *, may_cut: bool = False) -> Image:
    """The very image on a medium of ``dots`` (across, down), moved by ``offset``: white is added or cut off, never scaled.

    Raises Refusal ``printer.offset`` where ink would fall off the medium, unless it ``may_cut``: a test page's rulers may.
    """
    rows, columns = image.shape
    across, down = offset
    medium = np.full((dots[1], dots[0]), 255, np.uint8)
    top, left = max(0, down), max(0, across)
    bottom, right = min(dots[1], rows + down), min(dots[0], columns + across)
    if bottom > top and right > left:
        medium[top:bottom, left:right] = image[top - down : bottom - down, left - across : right - across]
    if not may_cut and int((one_bit(medium) == 0).sum()) != int((one_bit(image) == 0).sum()):
        raise refuse(
            "printer.offset",
            Phrase("moved by {across} and {down} dots the label would not stay on its medium",
                   across=across, down=down),
            expected=Phrase("an offset that keeps every dot on the paper, or a larger medium"),
            resolve_by=Phrase("whoever sets the printer up: adjust it at the printer instead"),
            field="offset_across",
            typed=f"{across}, {down}",
        )  # fmt: skip
    return medium


def as_png(sheet: LabelSheet, dpi: Fraction, *, thermal: bool = False) -> bytes:
    """The label as a grey PNG with its resolution in it, or one black-and-white as a ``thermal`` printer burns it."""
    return png(image_of(sheet, dpi), dpi, bits=1 if thermal else 8)


def png(image: Image, dpi: Fraction, *, bits: int = 8) -> bytes:
    """A grey image as PNG (ISO/IEC 15948) of 8 bits or 1 bit a dot; the same image, the same bytes."""
    rows, columns = image.shape
    header = struct.pack(">IIBBBBB", columns, rows, bits, 0, 0, 0, 0)
    metre = round(dpi * _DOTS_IN_A_METRE)
    lines = np.hstack([np.zeros((rows, 1), np.uint8), _packed(image, bits)])
    chunks = (
        (b"IHDR", header),
        (b"pHYs", struct.pack(">IIB", metre, metre, 1)),
        (b"IDAT", zlib.compress(lines.tobytes(), 9)),
        (b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, body) for kind, body in chunks)


def _packed(image: Image, bits: int) -> Image:
    if bits == 1:
        return np.packbits(one_bit(image) > 0, axis=1)
    return image


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def as_zpl(sheet: LabelSheet, dpi: Fraction) -> bytes:
    """One label, once, as ZPL II: the proofed raster and nothing that the printer would have to set in a font."""
    return zpl(image_of(sheet, dpi))


def zpl(image: Image) -> bytes:
    """``^GFA`` with the compression every ZPL II printer reads (Zebra's programming guide, "alternative data compression")."""
    black = np.packbits(one_bit(image) == 0, axis=1)  # in ZPL a set bit burns
    rows, across = black.shape
    graphic = "".join(_lines([row.tobytes().hex().upper() for row in black]))
    total = rows * across
    return (
        f"^XA^PW{image.shape[1]}^LL{rows}^LH0,0^FO0,0^GFA,{total},{total},{across},{graphic}^FS^PQ1^XZ\n"
    ).encode("ascii")


def _lines(rows: list[str]) -> Iterator[str]:
    before = ""
    for row in rows:
        yield ":" if row == before else _shortened(row)
        before = row


def _shortened(row: str) -> str:
    """One line of hexadecimal digits: ``,`` fills the rest with white, ``!`` with black, long runs are counted."""
    for digit, fill in (("0", ","), ("F", "!")):
        kept = row.rstrip(digit)
        if kept != row:
            return _RUN.sub(_run, kept) + fill
    return _RUN.sub(_run, row)


def _run(found: re.Match[str]) -> str:
    return _counted(found.end() - found.start()) + found[1]


def _counted(count: int) -> str:
    """G to Y say 1 to 19, g to z say 20 to 400 in twenties."""
    most, count = divmod(count, 400)
    twenties, ones = divmod(count, 20)
    letters = "z" * most
    letters += chr(ord("g") + twenties - 1) if twenties else ""
    return letters + (chr(ord("G") + ones - 1) if ones else "")
