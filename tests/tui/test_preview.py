"""The label as it will print, with its proof beside it, on whatever terminal stands at the bench."""

from dataclasses import replace

import pytest
from who_is_there import BATCH

from inkt_mfg.language import Phrase
from inkt_mfg.views.batch_page import batch_page
from labels.finding import Finding
from labels.produce import drawn, specimen
from labels.raster import image_of
from tui.widgets.label import proof_note
from tui.widgets.label.paper import View, _drawn

ISSUED = BATCH["YA-005"]


@pytest.mark.slow
@pytest.mark.requirement("R51")
async def test_a_pharmacist_looks_at_a_label_as_it_prints_with_its_proof_above_it(keys, site):
    label = batch_page(site.store, ISSUED).labels[-1]
    async with keys("liu.pharm", size=(80, 24)) as person:
        await person.shows("Prepare an infusion label")
        await person.press("down", "down", "down")
        assert person.app.screen.held.batch == ISSUED
        await person.press("b")
        await person.screen("BatchScreen")
        await person.shows(label.code)
        await person.press("l")
        await person.screen("LabelsScreen")
        await person.shows("infusion bag")
        await person.press("p")
        await person.screen("PreviewScreen")
        await person.shows(label.code, "✓ The proof passes", "203.2 dpi: 800 × 800 dots", "module 6 dots")
        await person.shows("Patient ID H", "× 10⁸", "FOR AUTOLOGOUS USE ONLY")
        paper = person.app.screen.query_one("Paper")
        assert person.app.focused is paper
        await person.press("down", "down", "right")
        await person.until(lambda: paper.scroll_offset.y > 0 and paper.scroll_offset.x > 0)
        await person.press("v")
        await person.shows("This terminal shows no pictures here")
        await person.press("escape")
        await person.screen("LabelsScreen")


def failed(sheet, element="patient_id"):
    finding = Finding("text", element, Phrase("“{c}” is missing", c="H"))
    return replace(sheet, proof=replace(sheet.proof, findings=(finding,)))


@pytest.mark.requirement("R51")
def test_a_finding_stands_in_words_and_what_it_is_about_is_marked_without_colour():
    sheet = failed(specimen("tube-51x25"))
    said = [line.plain for line in proof_note.told(sheet)]
    assert said[0].startswith("✗ The proof FAILS: 1 findings.")
    assert said[1] == "✗ [text] patient_id: “H” is missing"
    view, text, _ = _drawn(sheet, View.TEXT, 80)
    assert view is View.TEXT
    marked = [line for line in text.content.plain.splitlines() if line.startswith("✗")]
    assert len(marked) == 1
    assert "YA20260417" in marked[0]
    styles = {str(span.style) for span in text.content.spans}
    assert "bold underline reverse red on white" in styles


def test_in_a_picture_what_a_finding_is_about_is_framed():
    sheet = specimen("tube-51x25")
    _, plain, _ = _drawn(sheet, View.PICTURE, 60)
    _, framed, _ = _drawn(failed(sheet, "data_matrix"), View.PICTURE, 60)
    finest = max(sheet.page.template.dpi)
    assert (plain.picture == image_of(sheet, finest)).all()
    assert (framed.picture < plain.picture).sum() > 100
    assert not (framed.picture > plain.picture).any()


def test_a_wide_terminal_shows_small_labels_dot_by_dot_and_a_narrow_one_their_words():
    sheet = specimen("vial-38x19")
    view, wide, can = _drawn(sheet, View.BLOCKS, 220)
    assert (view, can) == (View.BLOCKS, True)
    assert set(wide.content.plain) <= set(" ▀▄█\n")
    view, narrow, can = _drawn(sheet, View.BLOCKS, 80)
    assert (view, can) == (View.TEXT, False)
    assert "王小明" in narrow.content.plain


def test_a_symbol_nobody_read_is_said_so_at_its_resolution():
    sheet = specimen("vial-38x19")
    unread = replace(sheet, proof=replace(sheet.proof, decoded=sheet.proof.decoded[:1]))
    said = next(line.plain for line in proof_note.told(unread) if "grey" in line.plain).strip()
    assert said == (
        "203.2 dpi: read in grey ✓, in black and white ✗, module 2 dots · "
        "304.8 dpi: read in grey ✗, in black and white ✗, module 3 dots"
    )


def test_a_sheet_is_drawn_again_as_it_was():
    sheet = specimen("vial-38x19")
    assert drawn(sheet.content).pdf == sheet.pdf
