"""Data Matrix and Code 128 as module patterns, with their sizes and quiet zones; drawn as vectors by ``labels.pdf``.

Called by ``labels.layout``. Written with ppf.datamatrix and reportlab, read back only by ``labels.proof`` with zxing-cpp.
A module that is not a whole number of printer dots is refused: it would print uneven and read only sometimes.
"""

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from inkt_mfg.language import Phrase
from inkt_mfg.refusal import refuse

DATA_MATRIX = "DataMatrix"
CODE_128 = "Code128"
QUIET_MODULES = {DATA_MATRIX: 2, CODE_128: 10}  # ISO/IEC 16022 asks 1, 15417 asks 10
MM_PER_INCH = Fraction(254, 10)


@dataclass(frozen=True, slots=True)
class Symbol:
    """A symbol ready to draw: rows of modules (True is black), module width and bar height in millimetres."""

    kind: str
    text: str
    rows: tuple[tuple[bool, ...], ...]
    module_mm: Fraction
    row_mm: Fraction

    @property
    def quiet_mm(self) -> Fraction:
        return QUIET_MODULES[self.kind] * self.module_mm

    @property
    def width_mm(self) -> Fraction:
        """Width of the black and white modules, without the quiet zone."""
        return len(self.rows[0]) * self.module_mm

    @property
    def height_mm(self) -> Fraction:
        return len(self.rows) * self.row_mm


@lru_cache(maxsize=256)
def _data_matrix_rows(text: str) -> tuple[tuple[bool, ...], ...]:
    from ppf.datamatrix import DataMatrix

    return tuple(tuple(bool(module) for module in row) for row in DataMatrix(text).matrix)


@lru_cache(maxsize=256)
def _code_128_row(text: str) -> tuple[bool, ...]:
    from reportlab.graphics.barcode.code128 import Code128

    code = Code128(text)
    code.validate()
    code.encode()
    row: list[bool] = []
    for letter in code.decompose():  # capital: bar, small: space; A..D: 1..4 modules
        row.extend([letter.isupper()] * (ord(letter.upper()) - ord("A") + 1))
    return tuple(row)


def data_matrix(text: str, module_mm: Fraction) -> Symbol:
    """A square ECC 200 symbol of this ASCII text."""
    return Symbol(DATA_MATRIX, text, _data_matrix_rows(text), module_mm, module_mm)


def code_128(text: str, module_mm: Fraction, height_mm: Fraction) -> Symbol:
    """A Code 128 symbol; the height is at least 5 mm and 15 % of the width, or it is refused (``label.symbol``)."""
    symbol = Symbol(CODE_128, text, (_code_128_row(text),), module_mm, height_mm)
    if height_mm < max(Fraction(5), symbol.width_mm * Fraction(15, 100)):
        raise refuse(
            "label.symbol",
            Phrase(
                "bars {height} mm high are too low for a Code 128 of {width} mm",
                height=float(height_mm),
                width=float(symbol.width_mm),
            ),
            expected=Phrase("5 mm and 15 % of the width at least"),
            resolve_by=Phrase("a QA officer, by approving a template with a larger symbol"),
            field="code_128",
        )
    return symbol


def dots(length_mm: Fraction, dpi: Fraction) -> int:
    """The length in whole printer dots, or a refusal (``label.symbol``) when it is not a whole number."""
    exact = length_mm * dpi / MM_PER_INCH
    if exact.denominator != 1 or exact < 1:
        raise refuse(
            "label.symbol",
            Phrase(
                "{length} mm is {dots} dots at {dpi} dpi",
                length=float(length_mm),
                dots=float(exact),
                dpi=float(dpi),
            ),
            expected=Phrase("a whole number of printer dots"),
            resolve_by=Phrase("a QA officer, by approving a template for this printer"),
            field="module_mm",
        )
    return exact.numerator
