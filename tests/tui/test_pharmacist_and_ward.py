"""From the released bag to the bedside: the label printed, proofed and applied, the dose issued, received and infused."""

import pytest
from who_is_there import BATCH

from inkt_mfg.demo.people import PASSWORD
from inkt_mfg.views.batch_page import batch_page
from inkt_mfg.views.labels import label_content

RELEASED, ISSUED = BATCH["YA-004"], BATCH["YA-005"]


@pytest.mark.requirement("R41", "R51")
async def test_a_pharmacist_prints_proofs_applies_the_label_and_issues_the_dose(keys, site):
    async with keys("liu.pharm") as person:
        await person.shows("Prepare an infusion label")
        await person.press("enter")
        await person.screen("PrepareScreen")
        await person.shows("Shipped abroad", "Profile")
        await person.press("ctrl+s")
        await person.screen("LabelScreen")
        await person.shows(
            "✓ The proof passes", "203.2 dpi: 800 × 800 dots", "Look at the label and its proof"
        )
        label = batch_page(site.store, RELEASED).labels[-1]
        await person.press("enter", "enter")  # nothing is printed by an Enter that came too soon
        assert batch_page(site.store, RELEASED).labels[-1].state == "prepared"
        await person.press("ctrl+s")
        await person.shows("It came out of the printer", "Look at it, then confirm")
        assert batch_page(site.store, RELEASED).labels[-1].state == "proofed"
        for folder in ("labels", "labels/to-print"):
            assert (site.folder / folder / f"{label.code}.pdf").read_bytes().startswith(b"%PDF")
        await person.press("enter")
        await person.screen("ActScreen")
        await person.shows("Apply the label to what it is for")
        content = label_content(site.store, label.code)
        await person.until(lambda: person.app.focused.name == "scanned_label")
        await person.type(f"]d1{content.payload}")
        await person.press("enter")
        await person.type(content.facts.chain_of_identity)
        await person.press("enter")
        await person.type(f"{RELEASED}-1")
        await person.press("enter", "ctrl+s")
        await person.screen("DayBoardScreen")
        assert batch_page(site.store, RELEASED).containers[0].state == "labelled"

        await person.shows("Issue the dose")
        await person.press("enter")
        await person.screen("ActScreen")
        await person.until(lambda: person.app.focused.name == "scanned_label")
        await person.type(content.payload)
        await person.press("enter")
        await person.type("ward 3")
        await person.press("enter")
        await person.type("5.1 °C")
        await person.press("ctrl+s")
        await person.sign("liu.pharm")
        await person.screen("DayBoardScreen")
        assert batch_page(site.store, RELEASED).containers[0].state == "issued"


@pytest.mark.slow
@pytest.mark.requirement("R41")
async def test_a_physician_receives_the_dose_at_the_ward_and_records_its_infusion(keys, site):
    page = batch_page(site.store, ISSUED)
    payload = label_content(site.store, page.labels[-1].code).payload
    async with keys("sun.md") as person:
        await person.shows("Receive the dose at the ward")
        await person.press("enter")
        await person.screen("ActScreen")
        await person.field("scanned_label", payload)
        await person.field("ward", "ward 3")
        await person.field("temperature", "5.6 °C")
        await person.press("ctrl+s")
        await person.screen("DayBoardScreen")
        await person.shows("Record the infusion")

        await person.press("enter")
        await person.screen("ActScreen")
        await person.field("scanned_label", payload)
        await person.field("scanned_identity", page.chain_of_identity)
        await person.field("scanned_patient_id", page.patient_id)
        await person.field("started_at", "2026-11-19 10:31")
        await person.field("finished_at", "2026-11-19 10:31")
        await person.field("volume_given", "100 mL")
        await person.field("reaction", "none")
        await person.press("ctrl+s")
        await person.sign("sun.md")
        await person.screen("DayBoardScreen")
    assert batch_page(site.store, ISSUED).containers[0].state == "infused"


@pytest.mark.slow
@pytest.mark.requirement("R41")
async def test_another_patients_code_at_the_bag_is_a_hard_stop_that_says_so(keys, site):
    page = batch_page(site.store, ISSUED)
    other = batch_page(site.store, RELEASED)
    async with keys("sun.md") as person:
        await person.shows("Receive the dose at the ward")
        await person.press("b")
        await person.screen("BatchScreen")
        await person.choose("dose.receive")
        await person.screen("ActScreen")
        payload = label_content(site.store, page.labels[-1].code).payload
        await person.field("scanned_label", payload.replace("YA-005", "YA-004"))
        await person.press("enter")
        await person.shows("a character was misread or mistyped", "label.code")
        assert person.app.focused.name == "scanned_label"
    assert batch_page(site.store, ISSUED).open_deviations == ()
    assert other.chain_of_identity != page.chain_of_identity


@pytest.mark.slow
@pytest.mark.requirement("R33")
async def test_height_and_weight_are_read_again_by_a_second_person_who_does_not_see_the_first(keys, site):
    async with keys("sun.md") as person:
        await to_subject(person, "YA-001")
        await person.choose("body.measure")
        await person.screen("ActScreen")
        await person.field("height", "168 cm")
        await person.field("weight", "143 kg")
        await person.field("measured_on", "")
        await person.press("ctrl+n", "ctrl+s")
        await person.shows("body.bmi")
        assert person.value("weight") == "143 kg"
        await person.field("weight", "65 kg")
        await person.press("ctrl+s")
        await person.screen("SubjectScreen")
        await person.shows("•••", "awaits the second reading")
        await person.choose("body.read_again")
        await person.screen("ActScreen")
        assert "65 kg" not in person.says
        await person.field("height", "1.68 m")
        await person.field("weight", "65 kg")
        await person.press("ctrl+s")
        await person.sign("liu.pharm", PASSWORD)
        await person.screen("SubjectScreen")
        await person.shows("confirmed", "65 kg")


async def to_subject(person, code: str) -> None:
    await person.press("f4")
    await person.screen("SubjectsScreen")
    await person.press("slash")
    await person.type(code)
    await person.until(lambda: person.app.screen.query_one("#subjects").row_count == 1)
    await person.press("enter")
    await person.screen("SubjectScreen")
    await person.shows("Chain of identity")
