"""A label goes out as the raster that was proofed: PNG and ZPL say the same dots, and a reader reads them."""

import io
import re
from fractions import Fraction

import numpy as np
import pytest
from PIL import Image as Picture

from inkt_mfg.refusal import Refusal
from labels.produce import LabelSheet, produce, specimen
from labels.raster import as_png, as_zpl, image_of, zpl
from labels.reading import Image, decode, one_bit
from tests.labels.specimens import content

pytestmark = pytest.mark.requirement("R51")
DPI = Fraction("203.2")


@pytest.fixture(scope="module")
def sheet() -> LabelSheet:
    return produce(content())


def decoded_zpl(code: bytes) -> Image:
    """What a printer burns: a decoder of ``^GFA`` of our own, written from the printer's manual and not from the writer."""
    found = re.fullmatch(
        rb"\^XA\^PW(\d+)\^LL(\d+)\^LH0,0\^FO0,0\^GFA,(\d+),(\d+),(\d+),(.*)\^FS\^PQ1\^XZ\n", code, re.DOTALL
    )
    assert found is not None
    width, height, total, again, across = (int(found[n]) for n in range(1, 6))
    assert total == again == across * height
    rows: list[str] = []
    row, count = "", 0
    for letter in found[6].decode("ascii"):
        if letter == ":":
            assert row == ""
            rows.append(rows[-1])
        elif letter in ",!":
            rows.append(row.ljust(across * 2, "0" if letter == "," else "F"))
            row = ""
        elif "G" <= letter <= "Y":
            count += ord(letter) - ord("F")
        elif "g" <= letter <= "z":
            count += (ord(letter) - ord("f")) * 20
        else:
            row, count = row + letter * (count or 1), 0
        if len(row) == across * 2:
            rows.append(row)
            row = ""
    assert (row, count) == ("", 0)
    assert len(rows) == height
    bits = np.unpackbits(
        np.frombuffer(bytes.fromhex("".join(rows)), np.uint8).reshape(height, across), axis=1
    )
    return np.where(bits[:, :width] == 1, np.uint8(0), np.uint8(255))


def test_zpl_decodes_to_the_very_dots_that_were_proofed(sheet: LabelSheet) -> None:
    burned = decoded_zpl(as_zpl(sheet, DPI))
    assert (burned == one_bit(image_of(sheet, DPI))).all()
    read = {symbol.text for symbol in decode(burned, DPI, "1-bit")}
    assert read == {sheet.content.payload, sheet.content.linear}


@pytest.mark.parametrize("template", ["vial-38x19", "tube-51x25", "vessel-50x50", "collection-100x50"])
def test_every_size_goes_to_the_printer_as_its_raster(template: str) -> None:
    small = specimen(template)
    burned = decoded_zpl(as_zpl(small, DPI))
    assert (burned == one_bit(image_of(small, DPI))).all()
    assert small.content.payload in {symbol.text for symbol in decode(burned, DPI, "1-bit")}


def test_zpl_is_one_label_once_and_sets_no_font(sheet: LabelSheet) -> None:
    code = as_zpl(sheet, DPI)
    assert (code.count(b"^XA"), code.count(b"^XZ"), code.count(b"^PQ1")) == (1, 1, 1)
    assert not re.search(rb"\^(A|B|CF|CI|FD)", code.partition(b"^GFA")[0])
    assert len(code) < 100_000, "compressed: the bare raster is twice that in hexadecimal digits"


@pytest.mark.parametrize(
    "rows",
    [
        np.zeros((3, 17), np.uint8),
        np.full((2, 9), 255, np.uint8),
        np.tile(np.array([0, 255], np.uint8), (1, 4000)),
        np.repeat(np.array([[0, 255, 0]], np.uint8), 3400, axis=1),
        np.eye(40, dtype=np.uint8) * 255,
    ],
    ids=["black", "white", "stripes", "long runs", "diagonal"],
)
def test_any_raster_survives_the_compression(rows: Image) -> None:
    assert (decoded_zpl(zpl(rows)) == rows).all()


def test_png_is_the_proofed_image_at_its_resolution(sheet: LabelSheet) -> None:
    for thermal, expected in ((False, image_of(sheet, DPI)), (True, one_bit(image_of(sheet, DPI)))):
        picture = Picture.open(io.BytesIO(as_png(sheet, DPI, thermal=thermal)))
        assert picture.info["dpi"] == pytest.approx((203.2, 203.2))
        assert (np.asarray(picture.convert("L")) == expected).all()


def test_a_resolution_the_label_was_not_proofed_at_is_refused(sheet: LabelSheet) -> None:
    with pytest.raises(Refusal) as refused:
        as_zpl(sheet, Fraction("609.6"))
    assert refused.value.rule == "R51"
    assert "203.2, 304.8" in str(refused.value)


@pytest.mark.slow
def test_a_label_is_proofed_for_a_finer_printer_when_asked() -> None:
    fine = produce(content(), (Fraction("609.6"),))
    assert fine.proof.dpi == (609.6,)
    assert decoded_zpl(as_zpl(fine, Fraction("609.6"))).shape == (2400, 2400)


def test_a_printer_whose_dots_do_not_fit_the_modules_is_refused() -> None:
    with pytest.raises(Refusal) as refused:
        produce(content(), (Fraction(300),))
    assert refused.value.rule == "label.symbol"


def test_the_same_label_gives_the_same_png_and_zpl(sheet: LabelSheet) -> None:
    again = produce(content())
    assert as_png(again, DPI) == as_png(sheet, DPI)
    assert as_zpl(again, DPI) == as_zpl(sheet, DPI)
