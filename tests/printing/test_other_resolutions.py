"""A printer of another resolution than the label was proofed at: proofed again there, and refused where anything is found."""

import hashlib
import io
from fractions import Fraction

import numpy as np
import pypdfium2
import pytest
from one_batch import LIU
from PIL import Image as Picture
from waiting import FIRST, PRINTER, SECOND, zebra_at
from zebra import burned

from inkt_mfg.refusal import Refusal
from inkt_mfg.views.jobs import jobs
from inkt_mfg.views.labels import label_content
from labels.printers.archive import archived, folder_of
from labels.printers.run import print_labels
from labels.reading import decode

pytestmark = pytest.mark.requirement("R51")


def test_a_picture_into_a_file_is_the_proofed_dots_at_the_printers_resolution(waiting, tmp_path):
    zebra_at(waiting, str(tmp_path), transport="file", language="png", dots_per_inch="304.8", media="104x102")
    print_labels(waiting.bench(LIU), [FIRST], printer=PRINTER)
    picture = Picture.open(io.BytesIO((tmp_path / f"{FIRST}.png").read_bytes()))
    assert (picture.size, picture.mode) == ((1248, 1224), "1")
    dots = np.asarray(picture.convert("L"))
    frozen = label_content(waiting.store, FIRST)
    read = {symbol.text for symbol in decode(dots, Fraction("304.8"), "1-bit")}
    assert read == {frozen.payload, frozen.linear}
    assert (dots[1200:] == 255).all(), "what the medium has more than the label stays white"


@pytest.mark.slow
def test_a_finer_printer_gets_what_passes_its_proof_there(waiting, zebra):
    zebra_at(waiting, zebra.address, dots_per_inch="609.6")
    print_labels(waiting.bench(LIU), [FIRST], printer=PRINTER)
    (label,) = burned(zebra.labels[0])
    frozen = label_content(waiting.store, FIRST)
    assert label.image.shape == (2400, 2400)
    assert label.read(Fraction("609.6")) == {frozen.payload, frozen.linear}


def covered(pdf: bytes) -> bytes:
    """The page with a white patch over the middle of it: what stood there is not to be seen any more."""
    document = pypdfium2.PdfDocument(pdf)
    page, raw = document[0], pypdfium2.raw
    patch = raw.FPDFPageObj_CreateNewRect(100.0, 100.0, 80.0, 40.0)
    raw.FPDFPageObj_SetFillColor(patch, 255, 255, 255, 255)
    raw.FPDFPath_SetDrawMode(patch, raw.FPDF_FILLMODE_ALTERNATE, 0)
    raw.FPDFPage_InsertObject(page, patch)
    page.gen_content()
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


@pytest.mark.parametrize("dpi", ["203.2", pytest.param("609.6", marks=pytest.mark.slow)])
def test_bytes_that_do_not_pass_at_the_printers_resolution_are_not_sent(waiting, zebra, dpi):
    """Somebody put another page under the registered hash: its image is not the proofed one, and it is looked at again."""
    zebra_at(waiting, zebra.address, dots_per_inch=dpi)
    page = covered(archived(waiting.store, SECOND))
    (folder_of(waiting.store) / f"{SECOND}.pdf").write_bytes(page)
    digest = hashlib.sha256(page).hexdigest()
    waiting.behind(f"UPDATE label SET pdf_sha256 = '{digest}' WHERE code = '{SECOND}'")
    with pytest.raises(Refusal) as refused:
        print_labels(waiting.bench(LIU), [FIRST, SECOND], printer=PRINTER)
    assert refused.value.rule == "R51"
    assert f"{SECOND} does not pass its proof at {dpi} dpi" in refused.value.first.what.english
    sent = [card.sent for card in jobs(waiting.store)]
    assert sent == ([] if dpi == "609.6" else [(FIRST,)])
    assert len(zebra.labels) == len(sent)
