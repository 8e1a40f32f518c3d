"""What comes before a culture: enrolment, the order, the collection announced, received by scanning, accepted, planned."""

import pytest
from test_pharmacist_and_ward import to_subject
from test_technician import open_batch
from who_is_there import BATCH

from inkt_mfg.demo.people import PASSWORD
from inkt_mfg.refusal import Refusal
from inkt_mfg.views.batch_page import batch_page
from inkt_mfg.views.enrolment import enrolment_questions
from inkt_mfg.views.subjects import collection_list, subject_page
from inkt_mfg.workflow import collections
from inkt_mfg.workflow.bench import log_in
from inkt_mfg.workflow.signing import Credentials

SUBJECT = "YA-001"
ANSWERS = {
    "life_expectancy": "26 weeks",
    "white_cells": "5.1×10^9/L",
    "lymphocytes": "1.4×10^9/L",
    "haemoglobin": "12.8 g/dL",
    "platelets": "40×10^3/µL",
    "creatinine": "78 µmol/L; 104 µmol/L",
    "inkt_concentration": "220 cells/mL",
}


@pytest.mark.slow
async def test_a_subject_is_enrolled_once_every_criterion_is_met(keys, site):
    asked = enrolment_questions(site.store)[0]
    async with keys("sun.md") as person:
        await person.press("f4")
        await person.screen("SubjectsScreen")
        await person.press("n")
        await person.screen("ActScreen")
        await person.field("subject_number", "YA-061")
        await person.field("patient_name", "王小明")
        await person.field("patient_id", "H1000123")
        await person.field("birth_date", "1969-05-04")
        await person.field("sex", "male")
        await person.field("arm", "TAE/TACE and")
        await person.field("consent_signed_on", "2026-11-18")
        for wanted in asked.inclusion:
            await person.field(wanted.code, ANSWERS.get(wanted.code, "yes"))
        for exclusion in asked.exclusion:
            await person.field(exclusion.code, "no")
        await person.press("ctrl+s")
        await person.shows("subject.eligibility", "Platelets above 50×10^9/L")
        assert person.app.focused.name == "platelets"
        with pytest.raises(Refusal):
            subject_page(site.store, "YA-061")
        await person.field("platelets", "148×10^3/µL")
        await person.press("ctrl+s")
        await person.screen("SubjectsScreen")
    page = subject_page(site.store, "YA-061")
    assert (page.patient_name, page.arm) == ("王小明", "inkt")


@pytest.mark.slow
@pytest.mark.requirement("R41")
async def test_a_collection_is_announced_and_received_by_scanning_both_identifiers(keys, site):
    subject = subject_page(site.store, SUBJECT)
    async with keys("li.tech") as person:
        await to_subject(person, SUBJECT)
        await person.choose("collection.announce")
        await person.screen("ActScreen")
        await person.type("YA261119001")
        await person.press("enter")
        await person.type("ACD-A")
        await person.press("ctrl+s")
        await person.screen("SubjectScreen")

        await person.press("f6")
        await person.screen("CollectionsScreen")
        await person.shows("Receive a collection")
        await person.press("enter")
        await person.screen("ActScreen")
        await person.shows(subject.patient_name, "both identifiers")
        await person.until(lambda: person.app.focused.name == "scanned_identity")
        await person.type(f"]C0{subject.chain_of_identity}")
        await person.press("enter")
        await person.type(subject.patient_id)
        await person.press("enter")
        for typed in ("2026-11-19 09:30", "2026-11-19 10:15", "101 mL", "20.5 °C"):
            await person.type(typed)
            await person.press("enter")
        await person.field("container_intact", "yes")
        await person.press("ctrl+s")
        await person.screen("CollectionsScreen")
    newest = collection_list(site.store)[0]
    assert (newest.state, newest.volume) == ("received", "101 mL")


@pytest.mark.slow
async def test_a_qa_officer_accepts_a_collection_and_a_batch_can_be_planned_from_it(keys, site):
    received(site)
    async with keys("chen.qa") as person:
        await person.press("f6")
        await person.screen("CollectionsScreen")
        await person.shows("Accept a collection")
        await person.press("enter")
        await person.screen("ActScreen")
        await person.field("screening_complete", "yes")
        await person.field("testing_complete", "yes")
        await person.field("risk_factor", "no")
        await person.press("ctrl+s")
        await person.sign("chen.qa")
        await person.screen("CollectionsScreen")
        await person.shows("Plan a batch")
    assert collection_list(site.store)[0].state == "accepted"


@pytest.mark.slow
@pytest.mark.requirement("R33")
async def test_the_dose_check_shows_its_derivation_line_by_line(keys, site):
    batch = BATCH["YA-002"]
    async with keys("li.tech") as person:
        await open_batch(person, batch)
        await person.choose("dose.assess")
        await person.screen("DoseScreen")
        await person.shows("nothing is typed here", "Newest count")
        await person.press("ctrl+s")
        await person.shows("Back to the batch", "max cells = high × BSA", "✓ within")
        await person.press("enter")
        await person.screen("BatchScreen")
    assert batch_page(site.store, batch).dose is not None


def received(site) -> None:
    bench = log_in(site.store, Credentials("li.tech", PASSWORD), "bench-2")
    subject = subject_page(site.store, SUBJECT)
    code = bench.run(collections.announce, SUBJECT, donation_id="YA261119001", anticoagulant="ACD-A").code
    bench.run(
        collections.receive,
        code,
        scanned_identity=subject.chain_of_identity,
        scanned_patient_id=subject.patient_id,
        collected_at="2026-11-19 09:30",
        received_at="2026-11-19 10:15",
        volume="101 mL",
        temperature="20.5 °C",
        container_intact="yes",
    )
