"""Printed = applied + spoiled + destroyed + specimen + returned, limit 0; and the line cleared between two batches."""

import pytest
from one_batch import BAG, BATCH, CHEN, CODE, LABEL, LI, LIU, print_label, proof_of, reprint, scan_of
from sqlmodel import select
from test_transitions import printed

from inkt_mfg.ledger.intent import Actor, Intent
from inkt_mfg.records.batch import Batch
from inkt_mfg.records.label import Label
from inkt_mfg.records.printing import Printer
from inkt_mfg.records.words import LabelState
from inkt_mfg.views.label_reconciliation import label_reconciliation
from inkt_mfg.workflow import accounting, custody, guards, labelling, printers, printing
from inkt_mfg.workflow.catalogue import JOBS
from inkt_mfg.workflow.next_acts import next_acts

assert JOBS
ISSUE = {"to_whom": "ward 3", "temperature": "5 °C"}


def the_sum(site):
    with site.case(Batch, BATCH) as case:
        (of_infusion,) = label_reconciliation(case)
    return of_infusion


@pytest.mark.requirement("R52")
def test_a_destruction_with_one_signature_is_not_accounted_for_and_the_dose_is_not_issued(at):
    site = printed(at)
    site.run(LIU, accounting.destroy_label, LABEL, reason="torn in the printer")
    assert (the_sum(site).unwitnessed, the_sum(site).difference, the_sum(site).reconciled) == (1, 1, False)
    offered = {
        act.command.name for act in next_acts(site.bench(CHEN), BATCH) if act.on == LABEL and act.in_state
    }
    assert "label.witness" in offered
    again = site.run(LIU, labelling.prepare_label, BAG, profile="EU-IMP").code
    print_label(site, again)
    blocker = site.stopped_by(guards.infusion_labels_are_reconciled, LIU, custody.issue_dose, BAG)
    assert (blocker.rule, blocker.typed) == ("R52", LABEL)
    site.run(CHEN, accounting.witness_destruction, LABEL)
    assert the_sum(site).reconciled
    site.run(LIU, custody.issue_dose, BAG, scanned_label=scan_of(site, again), **ISSUE)


@pytest.mark.requirement("R52")
def test_every_end_is_counted_once_and_a_serial_never_printed_is_void(at):
    site = printed(at)
    ends = (accounting.keep_specimen, accounting.return_label, accounting.spoil_label)
    for number, way in enumerate(ends, start=1):
        site.run(LIU, way, f"L-{number:05d}", reason="not for the bag")
        code = reprint(site, f"L-{number:05d}", "other", "another")
        if number < len(ends):
            site.run(LIU, labelling.register_label, code, **proof_of(site, code))
            site.run(LIU, labelling.confirm_printed, code)
    site.run(LIU, accounting.spoil_label, "L-00004", reason="prepared by mistake")
    used = reprint(site, "L-00004", "other", "the one that is used")
    print_label(site, used)
    found = the_sum(site)
    assert (found.prepared, found.never_printed, found.printed) == (5, 1, 4)
    assert found.ended == {"applied": 1, "spoiled": 1, "destroyed": 0, "specimen": 1, "returned": 1}
    assert found.reconciled


@pytest.mark.requirement("R52")
def test_who_when_and_why_stand_on_the_label_itself(at):
    site = printed(at)
    site.run(LIU, accounting.spoil_label, LABEL, reason="smeared")
    row = site.row(Label, LABEL)
    assert (row.state, row.end_reason) == (LabelState.SPOILED, "smeared")
    assert row.ended_by == site.bench(LIU).person.key
    assert row.ended_at is not None


@pytest.mark.requirement("R52")
def test_once_a_printer_is_registered_every_print_names_it(at):
    site = at("released")
    register(site)
    site.run(LIU, labelling.prepare_label, BAG)
    site.run(LIU, labelling.register_label, LABEL, **proof_of(site, LABEL))
    unsaid = site.refused(LIU, labelling.confirm_printed, LABEL)
    assert (unsaid.rule, unsaid.first.field) == ("R52", "printer")
    unknown = site.refused(LIU, labelling.confirm_printed, LABEL, printer="ZEBRA-9")
    assert unknown.rule == "record.unknown"
    site.run(LIU, labelling.confirm_printed, LABEL, printer="ZEBRA-1")
    assert site.row(Label, LABEL).state is LabelState.PRINTED


def register(site) -> None:
    site.run(LIU, printers.register_printer, name="ZEBRA-1", dots_per_inch="304.8", media="100 x 100 mm")


def another_batchs_label_came_last(site) -> None:
    """Its batch and its label, as the commands of that batch would leave them."""
    with site.store.reading() as session:
        printer = session.exec(select(Printer)).one().key
        batch = session.exec(select(Batch)).one().model_dump(exclude={"key", "code", "row_version"})
        other = session.exec(select(Label)).one().model_dump(exclude={"key", "code", "row_version", "batch"})
    actor = Actor("0" * 32, "wang.tech", "Wang Jun", "technician")
    intent = Intent(CODE, "label.confirm", actor, "bench-2", site.clock.now())
    with site.store.work(intent) as work:
        elsewhere = work.add(Batch(**batch, code="B-00002"))
        came = {"printer": printer, "printed_at": site.clock.now(), "state": LabelState.PRINTED}
        work.add(Label(**{**other, **came}, code="L-00002", batch=elsewhere.key))


@pytest.mark.requirement("R52")
def test_between_two_batches_the_line_is_cleared_and_signed_for(at):
    site = at("released")
    register(site)
    site.run(LIU, labelling.prepare_label, BAG)
    site.run(LIU, labelling.register_label, LABEL, **proof_of(site, LABEL))
    another_batchs_label_came_last(site)
    refusal = site.refused(LIU, labelling.confirm_printed, LABEL, printer="ZEBRA-1")
    assert "another batch" in refusal.first.what.english
    site.later(minutes=1)
    site.run(LIU, printing.clear_line, "ZEBRA-1", next_batch=BATCH, statement="nothing lies there")
    site.run(LIU, labelling.confirm_printed, LABEL, printer="ZEBRA-1")


def test_a_printer_of_a_resolution_nothing_is_proofed_at_is_refused(at):
    site = at("released")
    typed = {"name": "Z", "dots_per_inch": "203", "media": "100 x 100 mm"}
    refusal = site.refused(LIU, printers.register_printer, **typed)
    assert (refusal.rule, refusal.first.typed) == ("printer.resolution", "203")


def test_a_printer_is_registered_once_and_by_whoever_prints(at):
    site = at("released")
    register(site)
    again = {"name": "ZEBRA-1", "dots_per_inch": "203.2", "media": "50 x 25 mm"}
    assert site.refused(LIU, printers.register_printer, **again).rule == "printer.exists"
    assert site.refused(LI, printers.register_printer, **again).rule.startswith("R24")
