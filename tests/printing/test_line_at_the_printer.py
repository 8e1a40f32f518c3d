"""Line clearance before a job: what was sent counts as what was confirmed, and a patient's own collection is of one line."""

import pytest
from label_kinds_prepared import KEPT
from one_batch import BATCH, CHEN, COLLECTION, LI, LIU, SUN, enrolment, order
from waiting import FIRST, PRINTER, SECOND, THIRD, register, zebra_at

from inkt_mfg.workflow import bench_labels, collections, culture, deviations, labelling, printing, subjects
from inkt_mfg.workflow import jobs as job_commands
from labels.printers.run import print_labels

pytestmark = pytest.mark.requirement("R52")
LOOKED = "nothing lies there"
OTHER, NEXT_COLLECTION = "YA-002", "C-00002"


def vessel_label(site, batch: str) -> str:
    """A label of a culture vessel of this batch, proofed."""
    typed = {"kind": "vessel", "step": "seed", "volume": "40 mL", **KEPT}
    code = site.run(LI, bench_labels.prepare_in_process_labels, batch, **typed).code
    register(site, code)
    return code


def tube_label(site, collection: str) -> str:
    """A label of a tube of this collection, proofed."""
    code = site.run(LI, bench_labels.prepare_collection_labels, collection, kind="collection_tube").code
    register(site, code)
    return code


def next_batch(site) -> str:
    """Another batch of the same patient's collection, planned."""
    order(site, 2)
    return site.run(LI, culture.plan_batch, COLLECTION, infusion_number=2).code


def other_patient(site) -> str:
    """Somebody else's collection, announced."""
    site.run(SUN, subjects.enrol_subject, **enrolment(OTHER, "inkt", "H3000789"))
    site.run(LI, collections.announce, OTHER, donation_id="YA260325002", anticoagulant="ACD-A")
    return NEXT_COLLECTION


def sent_one(site, zebra) -> None:
    """The released batch's label went to the printer; whether anybody confirmed it matters nothing."""
    zebra_at(site, zebra.address)
    print_labels(site.bench(LIU), [FIRST], printer=PRINTER)


def cannot_start(site, *serials: str):
    return site.refused(LIU, job_commands.start_job, labels=" ".join(serials), printer=PRINTER)


def test_what_was_sent_to_a_printer_makes_the_line_anothers(waiting, zebra):
    site = waiting
    sent_one(site, zebra)
    vessel = vessel_label(site, next_batch(site))
    refusal = cannot_start(site, vessel)
    assert (refusal.rule, "another batch" in refusal.first.what.english) == ("R52", True)
    site.later(minutes=1)
    site.run(LIU, printing.clear_line, PRINTER, next_batch=BATCH, statement=LOOKED)
    assert cannot_start(site, vessel).rule == "R52", "cleared for the batch that was there before"
    site.run(LI, printing.clear_line, PRINTER, next_batch="B-00002", statement=LOOKED)
    print_labels(site.bench(LI), [vessel], printer=PRINTER)
    site.run(LIU, labelling.confirm_printed, FIRST)  # when it was sent its line was clear
    assert cannot_start(site, SECOND).rule == "R52", "and now it is the other batch's"


def test_a_patients_own_collection_is_of_one_line_and_somebody_elses_is_not(waiting, zebra):
    site = waiting
    sent_one(site, zebra)
    print_labels(site.bench(LI), [tube_label(site, COLLECTION)], printer=PRINTER)
    vessel = vessel_label(site, next_batch(site))
    assert cannot_start(site, vessel).rule == "R52", "a collection's label between two batches clears nothing"
    print_labels(site.bench(LIU), [SECOND], printer=PRINTER)
    tube = tube_label(site, other_patient(site))
    refusal = cannot_start(site, tube)
    assert (refusal.rule, "another patient" in refusal.first.what.english) == ("R52", True)
    site.later(minutes=1)
    site.run(LI, printing.clear_line, PRINTER, next_collection=COLLECTION, statement=LOOKED)
    assert cannot_start(site, tube).rule == "R52", "cleared for somebody else's collection"
    site.run(LI, printing.clear_line, PRINTER, next_collection=NEXT_COLLECTION, statement=LOOKED)
    print_labels(site.bench(LI), [tube], printer=PRINTER)
    assert cannot_start(site, THIRD).rule == "R52", "and now it is that patient's"


@pytest.mark.parametrize("typed", [{}, {"next_batch": BATCH, "next_collection": COLLECTION}], ids=len)
def test_a_line_is_cleared_for_one_batch_or_one_collection(waiting, typed):
    zebra_at(waiting, "192.0.2.20:9100")
    refusal = waiting.refused(LI, printing.clear_line, PRINTER, statement=LOOKED, **typed)
    assert (refusal.rule, refusal.first.field) == ("entry.missing", "next_batch")


def test_a_job_is_of_one_line(waiting, zebra):
    site = waiting
    zebra_at(site, zebra.address)
    vessel = vessel_label(site, next_batch(site))
    for serials in ((FIRST, vessel), (tube_label(site, COLLECTION), FIRST, vessel)):
        refusal = cannot_start(site, *serials)
        assert (refusal.rule, refusal.first.field) == ("R52", "labels")


@pytest.mark.requirement("R24")
def test_whoever_labels_before_release_does_not_print_a_released_dose(waiting, zebra):
    site = waiting
    zebra_at(site, zebra.address)
    refusal = site.refused(LI, job_commands.start_job, labels=FIRST, printer=PRINTER)
    assert (refusal.rule, refusal.first.resolve_by.english) == ("R24", "a pharmacist")


@pytest.mark.requirement("R51")
def test_only_what_is_proofed_and_still_stands_is_begun_and_every_reason_is_said(waiting, zebra):
    site = waiting
    zebra_at(site, zebra.address)
    site.run(LIU, labelling.confirm_printed, FIRST, printer=PRINTER)
    site.run(CHEN, deviations.place_hold, BATCH, reason="freezer alarm")
    refusal = cannot_start(site, FIRST, SECOND, THIRD)
    assert refusal.rule == "R51"
    said = [b.what.english for b in refusal.blockers]
    assert said[0] == f"label {FIRST} is printed"
    assert len(said) == len(set(said)) == 2, "and the hold, once"


@pytest.mark.parametrize(
    ("typed", "rule"),
    [("", "entry.missing"), (f"{FIRST} {FIRST}", "job.twice"), ("L-00009", "record.unknown")],
)
def test_labels_are_named_once_and_are_there(waiting, zebra, typed, rule):
    zebra_at(waiting, zebra.address)
    refusal = waiting.refused(LIU, job_commands.start_job, labels=typed, printer=PRINTER)
    assert refusal.rule == rule
