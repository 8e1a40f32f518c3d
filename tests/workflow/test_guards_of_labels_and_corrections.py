"""One test for each guard about corrections, re-assessment and ended labels: it stops with its rule, and lets pass what has
been mended."""

import pytest
from guards_shown import shows
from one_batch import (
    ADMIN,
    BAG,
    BATCH,
    BODY,
    CHEN,
    COLLECTION,
    LABEL,
    LI,
    LIU,
    ORDER,
    SUBJECT,
    SUN,
    WANG,
    ZHAO,
    count,
)
from test_after_a_correction import correct_a_culture_count, settle_deviation
from test_correcting import WHY, ask, code_of
from test_transitions import printed

from inkt_mfg.demo.lab import LOTS
from inkt_mfg.records.count import CellCount
from inkt_mfg.workflow import accounting, corrections, counting, custody, guards, people, reassessing, release
from inkt_mfg.workflow.catalogue import JOBS
from inkt_mfg.workflow.verifying import no_correction_of_it_is_pending

assert JOBS


@shows(guards.no_correction_is_pending)
def test_a_correction_that_waits_stops_the_release_until_it_is_decided(at):
    site = at("reviewed")
    code = ask(site, corrections.correct_body, BODY, "weight", "66 kg")
    assert site.stopped_by(guards.no_correction_is_pending, ZHAO, release.release, BATCH).rule == "R02"
    site.run(CHEN, corrections.refuse_correction, code, reason="the chart says 65")
    assert site.not_stopped_by(guards.no_correction_is_pending, ZHAO, release.release, BATCH)


@shows(no_correction_of_it_is_pending)
def test_an_entry_is_not_verified_while_a_correction_of_it_waits(at):
    site = at("expanded")
    again = count(site, "feed", "1e6 cells/mL", "240 mL", verified=False, reason="counted twice")
    code = ask(site, corrections.correct_count, again, "volume", "241 mL")
    assert site.stopped_by(no_correction_of_it_is_pending, WANG, counting.verify_count, again).rule == "R02"
    site.run(LI, corrections.withdraw, code, reason="looked again")
    assert site.not_stopped_by(no_correction_of_it_is_pending, WANG, counting.verify_count, again)


@shows(corrections.approver_did_not_ask)
def test_who_asks_does_not_approve(at):
    site = at("assessed")
    of = code_of(site, CellCount, point="formulate")
    code = site.run(CHEN, corrections.correct_count, of, value="volume", new="106 mL", **WHY).code
    assert site.stopped_by(corrections.approver_did_not_ask, CHEN, corrections.approve, code).rule == "R24"
    assert site.not_stopped_by(corrections.approver_did_not_ask, ZHAO, corrections.approve, code)


@shows(corrections.only_who_asked)
def test_only_who_asked_takes_it_back(at):
    site = at("assessed")
    code = ask(site, corrections.correct_body, BODY, "weight", "66 kg")
    blocker = site.stopped_by(corrections.only_who_asked, WANG, corrections.withdraw, code)
    assert blocker.rule == "correction.asked"
    assert site.not_stopped_by(corrections.only_who_asked, LI, corrections.withdraw, code)


@shows(reassessing.something_is_to_be_reassessed)
def test_a_release_that_stands_is_not_reassessed(at):
    site = at("issued")
    guard = reassessing.something_is_to_be_reassessed
    assert site.stopped_by(guard, ZHAO, reassessing.reassess, BATCH).rule == "R23"
    correct_a_culture_count(site)
    assert site.not_stopped_by(guard, ZHAO, reassessing.reassess, BATCH)


@shows(reassessing.dose_still_to_be_given_is_within)
def test_a_bag_on_its_way_is_upheld_only_as_the_dose_that_was_released(at):
    guard = reassessing.dose_still_to_be_given_is_within
    site = at("issued")
    correct_a_culture_count(site)
    settle_deviation(site)
    assert site.not_stopped_by(guard, ZHAO, reassessing.reassess, BATCH)
    of = code_of(site, CellCount, point="formulate")
    asked = ask(site, corrections.correct_count, of, "volume", "100 mL")
    site.run(CHEN, corrections.approve, asked, source_says="100 mL")
    gates = ask(site, corrections.correct_count, of, "gates", "CD3 of live: 80 %; iNKT of CD3: 60 %")
    site.run(CHEN, corrections.approve, gates, source_says="CD3 of live: 80 %; iNKT of CD3: 60 %")
    assert site.stopped_by(guard, ZHAO, reassessing.reassess, BATCH).rule == "dose.assessment"


@shows(reassessing.label_still_to_be_read_is_true)
def test_a_bag_on_its_way_is_not_upheld_under_a_label_that_says_otherwise(at):
    guard = reassessing.label_still_to_be_read_is_true
    site = at("issued")
    correct_a_culture_count(site)
    settle_deviation(site)
    assert site.not_stopped_by(guard, ZHAO, reassessing.reassess, BATCH)
    asked = ask(site, corrections.correct_subject, SUBJECT, "patient_id", "H9999999")
    site.run(CHEN, corrections.approve, asked, source_says="H9999999")
    assert site.stopped_by(guard, ZHAO, reassessing.reassess, BATCH).rule == "R55"


@shows(guards.label_says_what_the_record_says)
def test_a_bag_is_given_under_a_label_that_says_what_the_record_says(at):
    site = at("issued")
    guard = guards.label_says_what_the_record_says
    assert site.not_stopped_by(guard, SUN, custody.receive_dose, BAG)
    asked = ask(site, corrections.correct_subject, SUBJECT, "birth_date", "1969-05-14")
    site.run(CHEN, corrections.approve, asked, source_says="1969-05-14")
    assert site.stopped_by(guard, SUN, custody.receive_dose, BAG).rule == "R55"


@shows(guards.batch_is_released)
def test_a_bag_is_given_only_while_its_batch_is_released(at):
    site = at("issued")
    assert site.not_stopped_by(guards.batch_is_released, SUN, custody.receive_dose, BAG)
    site.behind("UPDATE batch SET state = 'in_review'")
    assert site.stopped_by(guards.batch_is_released, SUN, custody.receive_dose, BAG).rule == "R55"


def to_qa(site, who: str) -> None:
    site.run(ADMIN, people.grant_role, user_name=who, role="qa_officer", reason="short of hands")
    site.benches.pop(who, None)


@shows(corrections.approver_did_not_perform)
def test_who_made_an_entry_is_not_its_second_reader(at):
    site = at("assessed")
    to_qa(site, LI)
    of = code_of(site, CellCount, point="formulate")
    code = site.run(WANG, corrections.correct_count, of, value="volume", new="106 mL", **WHY).code
    guard = corrections.approver_did_not_perform
    assert site.stopped_by(guard, LI, corrections.approve, code).rule == "R24"
    assert site.not_stopped_by(guard, CHEN, corrections.approve, code)


@pytest.mark.requirement("R24")
@pytest.mark.parametrize(
    ("made_by", "command", "on", "value", "new"),
    [
        (SUN, corrections.correct_order, ORDER, "planned_on", "2026-04-09"),  # ordered it
        (SUN, corrections.correct_body, BODY, "weight", "66 kg"),  # read it first
        (SUN, corrections.correct_subject, SUBJECT, "arm", "control"),  # enrolled; no column says so, the ledger does
        (LI, corrections.correct_lot, LOTS["il2"], "expires_on", "2027-01-31"),  # registered; the ledger says so
        (LI, corrections.correct_collection, COLLECTION, "donation_id", "YA260325009"),  # announced; the ledger says so
        (LIU, corrections.correct_collection, COLLECTION, "donation_id", "YA260325009"),  # received it
    ],
)  # fmt: skip
def test_nobody_becomes_the_second_reader_of_an_own_entry_by_moving_to_qa(
    at, made_by, command, on, value, new
):
    site = at("harvested")
    if made_by == LIU:
        site.behind(f"UPDATE collection SET received_by = '{site.bench(LIU).person.key}'")
    to_qa(site, made_by)
    code = site.run(WANG, command, on, value=value, new=new, **WHY).code
    guard = corrections.approver_did_not_perform
    assert site.stopped_by(guard, made_by, corrections.approve, code).rule == "R24"
    assert site.not_stopped_by(guard, ZHAO, corrections.approve, code)


@shows(accounting.witness_did_not_destroy)
def test_who_destroyed_a_label_is_not_its_witness(at):
    site = printed(at)
    site.run(LIU, accounting.destroy_label, LABEL, reason="torn")
    guard = accounting.witness_did_not_destroy
    assert site.stopped_by(guard, LIU, accounting.witness_destruction, LABEL).rule == "R24"
    assert site.not_stopped_by(guard, CHEN, accounting.witness_destruction, LABEL)


@shows(accounting.not_witnessed_yet)
def test_a_destruction_is_witnessed_once(at):
    site = printed(at)
    site.run(LIU, accounting.destroy_label, LABEL, reason="torn")
    guard = accounting.not_witnessed_yet
    assert site.not_stopped_by(guard, CHEN, accounting.witness_destruction, LABEL)
    site.run(CHEN, accounting.witness_destruction, LABEL)
    assert site.stopped_by(guard, ZHAO, accounting.witness_destruction, LABEL).rule == "R52"
    assert site.blocker(SUN, custody.receive_dose, BAG, "R52") is None
