"""A correction is held to the rules of a first entry, by whoever asks, approves, verifies and releases; holes an auditor
found stay closed."""

import pytest
from one_batch import (
    BAG,
    BATCH,
    CHEN,
    COLLECTION,
    GRADIENT,
    HEALTHY,
    LI,
    LIU,
    LOTS,
    ORDER,
    SUBJECT,
    SUN,
    WANG,
    ZHAO,
    announce,
    bedside,
    late_sterility,
    review,
)
from test_after_a_correction import correct_a_culture_count, settle_deviation
from test_correcting import WHY, approve, ask, code_of, correct

from inkt_mfg.records.batch import Batch
from inkt_mfg.records.collection import Collection
from inkt_mfg.records.correction import Correction
from inkt_mfg.records.count import CellCount
from inkt_mfg.records.step import Step
from inkt_mfg.records.testing import TestResult
from inkt_mfg.records.words import BatchState, CorrectionState
from inkt_mfg.refusal import Refusal
from inkt_mfg.workflow import (
    collections,
    corrections,
    culture,
    custody,
    guards,
    lots,
    reassessing,
    release,
    subjects,
)
from inkt_mfg.workflow.catalogue import JOBS
from inkt_mfg.workflow.verifying import verifier_did_not_perform

assert JOBS


def open_rules(site) -> set[str]:
    with site.case(Batch, BATCH) as case:
        return {d.rule for d in case.open_deviations}


@pytest.mark.requirement("R32", "R37")
def test_a_lot_that_had_expired_when_used_opens_a_deviation(at):
    site = at("in review")
    correct(site, corrections.correct_lot, LOTS["il2"], "expires_on", "2026-03-01")
    assert open_rules(site) == {"R32"}
    review(site)
    assert site.stopped_by(guards.no_open_deviation, ZHAO, release.release, BATCH)


@pytest.mark.requirement("R30", "R37")
def test_holds_and_days_of_later_steps_are_judged_again(at):
    site = at("in review")
    correct(site, corrections.correct_collection, COLLECTION, "collected_at", "2026-03-20 07:30")
    with site.case(Batch, BATCH) as case:
        assert any("24 h" in d.description for d in case.open_deviations)


@pytest.mark.requirement("R37")
def test_a_patient_who_was_not_eligible_by_the_corrected_record_opens_a_critical_deviation(at):
    site = at("in review")
    correct(site, corrections.correct_subject, SUBJECT, "birth_date", "2020-05-04")
    correct(site, corrections.correct_subject, SUBJECT, "consent_signed_on", site.today())
    assert {"subject.eligibility", "subject.consent"} <= open_rules(site)


@pytest.mark.requirement("R02", "R32")
def test_a_lot_under_correction_is_neither_used_nor_released(at):
    site = at("planned")
    code = ask(site, corrections.correct_lot, LOTS["density_gradient"], "expires_on", "2026-03-01")
    refusal = site.refused(LI, culture.separate, BATCH, performed_at=site.now(), **GRADIENT)
    assert (refusal.rule, code in refusal.first.what.english) == ("R02", True)
    new = site.run(LI, lots.register_lot, material="medium", lot_number="MX-9", expires_on="2026-12-31").code
    ask(site, corrections.correct_lot, new, "expires_on", "2026-03-01")
    assert site.refused(CHEN, lots.release_lot, new).rule == "R02"


@pytest.mark.requirement("R02")
def test_a_collection_under_correction_is_not_accepted(at):
    site = at("received")
    ask(site, corrections.correct_collection, COLLECTION, "donation_id", "YA260325009")
    refusal = site.refused(CHEN, collections.accept, COLLECTION, **HEALTHY)
    assert refusal.rule == "R02"


@pytest.mark.requirement("R02")
@pytest.mark.parametrize(
    ("value", "new", "rule"),
    [("volume_given", "5000 mL", "dose.volume"), ("volume_given", "5 kg", "units.unknown")],
)
def test_what_the_patient_got_is_corrected_by_two_and_never_beyond_what_was_released(at, value, new, rule):
    site = at("infused")
    typed = {"value": value, **WHY}
    assert site.refused(SUN, corrections.correct_infusion, "I-00001", new=new, **typed).rule == rule
    code = site.run(SUN, corrections.correct_infusion, "I-00001", new="90 mL", **typed).code
    assert site.row(Correction, code).state is CorrectionState.PENDING


@pytest.mark.requirement("R02", "R34")
def test_the_day_of_a_result_is_corrected_by_two_and_never_before_it_could_be_read(at):
    site = at("infused")
    sterility = late_sterility(site)
    early = {"value": "resulted_on", "new": "2026-04-09", **WHY}
    assert site.refused(LI, corrections.correct_result, sterility, **early).rule == "result.early"
    site.later(days=1)
    code = ask(site, corrections.correct_result, sterility, "resulted_on", site.today())
    assert site.row(Correction, code).state is CorrectionState.PENDING


@pytest.mark.requirement("R02", "R50")
@pytest.mark.parametrize(("value", "new"), [("reactive_agents", "none"), ("testing_complete", "no")])
def test_reactive_agents_wait_for_a_second_person(at, value, new):
    site = at("received")
    site.run(CHEN, collections.accept, COLLECTION, **HEALTHY, reactive_agents="HBsAg")
    code = ask(site, corrections.correct_collection, COLLECTION, value, new)
    assert site.row(Correction, code).state is CorrectionState.PENDING
    assert site.row(Collection, COLLECTION).reactive_agents == "HBsAg"


def test_blood_collected_at_the_beginning_of_the_calendar_is_refused_not_a_crash(at):
    site = at("received")
    typed = {"value": "collected_at", "new": "0001-01-01 00:30", **WHY}
    refusal = site.refused(LI, corrections.correct_collection, COLLECTION, **typed)
    assert (refusal.rule, refusal.first.field) == ("time.year", "new")


def test_a_donation_is_one_collection_also_by_correction(at):
    site = at("received")
    announce(site, "YA260325002")
    twice = {"value": "donation_id", "new": "YA260325002", **WHY}
    refusal = site.refused(LI, corrections.correct_collection, COLLECTION, **twice)
    assert refusal.rule == "collection.donation"
    with pytest.raises(Refusal, match="YA260325002"):
        announce(site, "YA260325002")


@pytest.mark.requirement("R33")
def test_gates_are_compared_one_by_one(at):
    site = at("formulated")
    of = code_of(site, CellCount, point="formulate")
    code = ask(site, corrections.correct_count, of, "gates", "CD3 of live: 92 %; iNKT of CD3: 75 %")
    swapped = site.refused(
        CHEN, corrections.approve, code, source_says="CD3 of live: 75 %; iNKT of CD3: 92 %"
    )
    assert swapped.rule == "R33"
    approve(site, code, "CD3 of live: 92.0 %;iNKT of CD3: 75 %")


@pytest.mark.requirement("R24")
def test_who_changed_an_entry_does_not_verify_it(at):
    site = at("in review")
    feed = code_of(site, Step, plan_code="feed")
    site.run(WANG, corrections.correct_step, feed, value="remark", new="foamed", **WHY)
    assert site.stopped_by(verifier_did_not_perform, WANG, culture.verify_step, feed).rule == "R24"
    site.run(CHEN, culture.verify_step, feed)


@pytest.mark.requirement("R24")
def test_who_corrected_an_entry_does_not_release(at):
    site = at("in review")
    of = code_of(site, CellCount, point="feed")
    approve(site, ask(site, corrections.correct_count, of, "volume", "241 mL", who=ZHAO), "241 mL")
    review(site)
    assert site.stopped_by(guards.releaser_performed_nothing, ZHAO, release.release, BATCH).rule == "R24"


@pytest.mark.requirement("R02")
def test_day_0_is_recorded_once_and_changed_by_two(at):
    site = at("in review")
    refusal = site.refused(SUN, subjects.record_first_tae, SUBJECT, day="2026-01-02", reason="moved")
    assert refusal.rule == "R02"
    correct(site, corrections.correct_subject, SUBJECT, "first_tae_on", "2026-01-02")
    with site.case(Batch, BATCH) as case:
        (moved,) = [d for d in case.open_deviations if d.rule == "order.window"]
    assert ORDER in moved.description


@pytest.mark.requirement("R23", "R35")
def test_a_release_is_not_upheld_over_what_would_not_be_released(at):
    site = at("infused")
    endotoxin = code_of(site, TestResult, test="endotoxin")
    correct(site, corrections.correct_result, endotoxin, "result", "55 EU/mL")
    settle_deviation(site)
    assert site.stopped_by(guards.no_result_fails, ZHAO, reassessing.reassess, BATCH)
    unverified = at("infused")
    feed = code_of(unverified, Step, plan_code="feed")
    unverified.run(LI, corrections.correct_step, feed, value="remark", new="foamed", **WHY)
    settle_deviation(unverified)
    assert unverified.stopped_by(guards.critical_entries_are_verified, ZHAO, reassessing.reassess, BATCH)


@pytest.mark.requirement("R41", "R55")
def test_a_bag_whose_label_says_another_patient_is_not_infused(at):
    site = at("at the ward")
    correct(site, corrections.correct_subject, SUBJECT, "patient_id", "H9999999")
    settle_deviation(site)
    statement = {"statement": "the id was mistyped", "reason": "looked at again"}
    assert site.refused(ZHAO, reassessing.reassess, BATCH, **statement).rule == "R55"
    blocker = site.stopped_by(guards.label_says_what_the_record_says, SUN, custody.record_infusion, BAG)
    assert "patient_id" in blocker.what.english
    site.refused(SUN, custody.record_infusion, BAG, **bedside(site, scanned_patient_id="H9999999"))


@pytest.mark.requirement("R23")
def test_a_destroyed_bag_leaves_a_way_to_close(at):
    site = at("released")
    site.run(LIU, custody.destroy_container, BAG, reason="dropped")
    correct_a_culture_count(site)
    assert site.row(Batch, BATCH).state is BatchState.IN_REVIEW
    site.run(ZHAO, release.reject, BATCH, reason="the only bag is destroyed")
    site.run(CHEN, release.close, BATCH)


@pytest.mark.requirement("R05", "R24")
def test_a_row_that_says_it_is_another_sites_is_not_obeyed(at):
    site = at("reviewed")
    site.behind("INSERT INTO site SELECT 'evil' || substr(key, 5), 'EVIL', 1, 'EVIL', name, address, time_zone, "
                "training, settings FROM site")  # fmt: skip
    site.behind("INSERT INTO disposition SELECT 'f' || substr(key, 2), 'EVIL', 1, 'D-9', key, 'final', planned_at, "
                "(SELECT key FROM person LIMIT 1), '{}', NULL, NULL FROM batch")  # fmt: skip
    with site.case(Batch, BATCH) as case:
        assert case.disposition == "quarantine"
