"""Reading a finished label PDF back: its page rendered at a printer's resolution, its characters with their places.

Called by ``labels.proof`` only. The reader (pdfium, zxing-cpp) shares nothing with the writer (reportlab, ppf.datamatrix).
Positions are points from the lower left corner, images are grey levels from 0 (black) to 255, row 0 at the top.
"""

import ctypes
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from types import TracebackType
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from labels.pdf import ATTACHMENT
from labels.symbols import MM_PER_INCH

Image = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Characters:
    """Visible characters as the PDF says them: their origins on the baseline and the sizes they are set in."""

    text: str
    x: npt.NDArray[np.float64]
    y: npt.NDArray[np.float64]
    size: npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Decoded:
    """One symbol a reader found: what it is, what it says, and the resolution and depth it was read at."""

    kind: str
    text: str
    dpi: float
    depth: str  # grey | 1-bit


class Reading:
    """An open label PDF; a context manager, because pdfium's objects are closed by hand."""

    def __init__(self, pdf: bytes) -> None:
        import pypdfium2

        self._document = pypdfium2.PdfDocument(pdf)
        self.pages = len(self._document)
        self._page = self._document[0]
        self.width, self.height = self._page.get_size()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._page.close()
        self._document.close()

    def render(self, width_mm: Fraction, height_mm: Fraction, dpi: Fraction) -> Image:
        """The page in whole dots of this printer, as grey levels, annotations and all."""
        import pypdfium2.raw as pdfium
        from pypdfium2 import PdfBitmap

        columns, rows = round(width_mm * dpi / MM_PER_INCH), round(height_mm * dpi / MM_PER_INCH)
        bitmap = PdfBitmap.new_native(columns, rows, pdfium.FPDFBitmap_Gray)
        bitmap.fill_rect((255, 255, 255, 255), 0, 0, columns, rows)
        pdfium.FPDF_RenderPageBitmap(bitmap, self._page, 0, 0, columns, rows, 0, pdfium.FPDF_ANNOT)
        image: Image = np.array(bitmap.to_numpy(), dtype=np.uint8).reshape(rows, columns)
        bitmap.close()
        return image

    def content(self) -> str | None:
        """The content attached to the file, or None when there is none."""
        for index in range(self._document.count_attachments()):
            attachment = self._document.get_attachment(index)
            if attachment.get_name() == ATTACHMENT:
                return bytes(attachment.get_data()).decode("utf-8", "replace")
        return None

    def characters(self) -> Characters:
        """Every visible character in the order it was drawn; spaces and what pdfium itself adds are left out."""
        page = self._page.get_textpage()
        found = _characters(page)
        page.close()
        return found


_INVISIBLE = frozenset({0x20, 0xA0, 0x0A, 0x0D})
_HYPHEN_AT_LINE_END = 2  # pdfium's own mark for it
_FIRST_HALF, _SECOND_HALF = range(0xD800, 0xDC00), range(0xDC00, 0xE000)  # of a character beyond U+FFFF
_DOUBLE = ctypes.sizeof(ctypes.c_double)


@cache
def _asking() -> tuple[Any, Any, Any]:
    """Pdfium's code, size and origin of a character, called with plain addresses: ctypes' own pointers take longer to
    make than the answers to find.
    """
    import pypdfium2.raw as pdfium

    page, index, place = ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p
    of = (
        (pdfium.FPDFText_GetUnicode, ctypes.CFUNCTYPE(ctypes.c_uint, page, index)),
        (pdfium.FPDFText_GetFontSize, ctypes.CFUNCTYPE(ctypes.c_double, page, index)),
        (pdfium.FPDFText_GetCharOrigin, ctypes.CFUNCTYPE(ctypes.c_int, page, index, place, place)),
    )
    code, size, origin = (kind(ctypes.cast(ask, ctypes.c_void_p).value or 0) for ask, kind in of)
    return code, size, origin


def _characters(page: Any) -> Characters:
    code_of, size_of, origin = _asking()
    address = ctypes.addressof(page.raw.contents)
    count = page.count_chars()
    places, sizes = np.zeros((count, 2)), np.zeros(count)
    at, kept, text, first = places.ctypes.data, 0, [], 0
    for index in range(count):
        code = code_of(address, index)
        if code in _INVISIBLE:
            continue
        if code in _FIRST_HALF:
            first = code
            continue
        if code in _SECOND_HALF and first:  # where a character of pdfium's is 16 bits
            code = 0x10000 + (first - _FIRST_HALF.start) * 0x400 + code - _SECOND_HALF.start
        first = 0
        origin(address, index, at, at + _DOUBLE)
        sizes[kept] = size_of(address, index)
        text.append("-" if code == _HYPHEN_AT_LINE_END else chr(code))
        at += 2 * _DOUBLE
        kept += 1
    return Characters("".join(text), places[:kept, 0], places[:kept, 1], sizes[:kept])


def decode(image: Image, dpi: Fraction, depth: str) -> list[Decoded]:
    """Every upright symbol a reader finds in this image; bytes are compared, so a text is its Latin-1 spelling."""
    import zxingcpp

    kinds = zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.DataMatrix, zxingcpp.BarcodeFormat.Code128])
    read = zxingcpp.read_barcodes(
        np.ascontiguousarray(image), formats=kinds, try_invert=False, try_rotate=False, try_downscale=False
    )
    return [
        Decoded(str(symbol.format.name), symbol.bytes.decode("latin-1"), float(dpi), depth) for symbol in read
    ]


def one_bit(image: Image) -> Image:
    """The image as a thermal printer burns it: black below half, white above."""
    return ((image >= 128) * np.uint8(255)).astype(np.uint8, copy=False)
