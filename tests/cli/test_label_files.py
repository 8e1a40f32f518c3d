"""``inkt label proof``, ``preview`` and ``contact-sheet``: a file proves itself, and against the record."""

import dataclasses
import hashlib

import pypdfium2
import pypdfium2.raw as pdfium
import pytest
from PIL import Image as Picture

LABEL = ("label", "infusion", "B-00001", "--out", "bag.pdf", "--as", "liu.pharm")


@pytest.fixture
def bag(at, released, tmp_path):
    """The PDF of a label on record."""
    assert at(*LABEL).code == 0
    return tmp_path / "bag.pdf"


@pytest.mark.requirement("R51")
def test_a_label_on_record_passes_against_the_record(at, bag):
    ended = at.json("label", "proof", bag)
    assert ended.code == 0, ended.err
    said = ended.document
    assert (said["passed"], said["findings"], said["dpi"]) == (True, [], [203.2])
    assert said["record"] == said["serial"] == "L-00001"
    assert said["pdf_sha256"] == hashlib.sha256(bag.read_bytes()).hexdigest()
    assert "is what the record holds" in at("label", "proof", bag).out


@pytest.mark.requirement("R51")
def test_without_a_site_the_page_is_held_against_its_own_content(at, bag):
    at.environment.delenv("INKT_SITE")
    ended = at.json("label", "proof", bag, "--dpi", "304.8")
    assert ended.code == 0, ended.err
    assert (ended.document["record"], ended.document["dpi"]) == (None, [304.8])
    assert "--site tells" in at("label", "proof", bag).out


@pytest.mark.requirement("R51", "R55")
def test_a_good_label_of_another_content_is_not_what_the_record_holds(at, bag, tmp_path):
    from inkt_mfg.views.label_content import LabelContent
    from labels.produce import produce
    from labels.reading import Reading

    with Reading(bag.read_bytes()) as reading:
        content = LabelContent.from_json(reading.content())
    forged = dataclasses.replace(content, facts=dataclasses.replace(content.facts, patient_id="YA99999999"))
    (tmp_path / "forged.pdf").write_bytes(produce(forged).pdf)
    ended = at.json("label", "proof", "forged.pdf")
    assert ended.code == 3
    assert [f["check"] for f in ended.document["findings"]] == ["record", "record"]
    assert "do not use it" in at("label", "proof", "forged.pdf").out


@pytest.mark.requirement("R51")
def test_a_page_that_was_written_on_does_not_pass(at, bag, tmp_path):
    document = pypdfium2.PdfDocument(bag.read_bytes())
    page = document[0]
    mark = pdfium.FPDFPageObj_CreateNewRect(150, 150, 40, 4)
    pdfium.FPDFPath_SetDrawMode(mark, pdfium.FPDF_FILLMODE_ALTERNATE, 0)
    pdfium.FPDFPage_InsertObject(page, mark)
    page.gen_content()
    document.save(str(tmp_path / "marked.pdf"))
    at.environment.delenv("INKT_SITE")
    ended = at.json("label", "proof", "marked.pdf")
    assert ended.code == 3
    assert ended.document["passed"] is False
    assert ended.document["findings"]


@pytest.mark.parametrize("wrong", [b"not a PDF", b""])
def test_a_file_that_is_no_label_is_refused(shell, tmp_path, wrong):
    (tmp_path / "x.pdf").write_bytes(wrong)
    assert shell.json("label", "proof", "x.pdf").refused["rule"] == "label.proof"
    assert shell.json("label", "proof", "none.pdf").refused["typed"] == "none.pdf"


@pytest.mark.parametrize("dpi", ["0", "9999"])
def test_a_resolution_no_printer_has_is_refused(shell, tmp_path, dpi):
    (tmp_path / "x.pdf").write_bytes(b"")
    assert shell.json("label", "proof", "x.pdf", "--dpi", dpi).refused["field"] == "dpi"


def test_a_preview_is_a_png_at_the_printers_resolution(at, bag, tmp_path):
    ended = at.json("label", "preview", "L-00001", "--out", "by-serial.png")
    assert ended.code == 0, ended.err
    assert at.json("label", "preview", bag, "--out", "by-file.png").code == 0
    assert (tmp_path / "by-serial.png").read_bytes() == (tmp_path / "by-file.png").read_bytes()
    assert Picture.open(tmp_path / "by-file.png").size == (800, 800)
    fine = at.json("label", "preview", bag, "--out", "fine.png", "--dpi", "304.8").document
    assert (Picture.open(tmp_path / "fine.png").size, fine["dpi"]) == ((1200, 1200), 304.8)
    assert fine["proof"]["passed"] is True


def test_a_serial_nobody_prepared_is_refused(at, released):
    assert at.json("label", "preview", "L-99999", "--out", "x.png").refused["rule"] == "record.unknown"


@pytest.mark.slow
def test_the_contact_sheet_is_drawn_into_a_folder(shell, tmp_path):
    ended = shell.json("label", "contact-sheet", "--out", "sheet")
    assert ended.code == 0, ended.err
    assert len(ended.document["pictures"]) == len(list((tmp_path / "sheet").glob("*.png"))) == 13
    assert ended.document["bytes"] < 1_500_000
