"""One test for each guard about trial, body and record: it stops with its rule, and lets pass what has been mended."""

import pytest
from guards_shown import shows
from one_batch import (
    ADMIN,
    BAG,
    BATCH,
    CHEN,
    COLLECTION,
    CONTROL,
    HEIGHT,
    LI,
    LIU,
    SUBJECT,
    SUN,
    WANG,
    WEIGHT,
    ZHAO,
    accept,
    arrival,
    assess,
    count,
    formulation_entries,
    late_sterility,
    measure,
    order,
    print_label,
    reprint,
    review,
    sampling,
    step,
    submit,
    wash,
)
from test_correcting import correct

from inkt_mfg.records.batch import Batch
from inkt_mfg.records.count import CellCount
from inkt_mfg.records.words import Severity
from inkt_mfg.workflow import (
    collections,
    corrections,
    culture,
    custody,
    deviations,
    formulation,
    guards,
    labelling,
    lots,
    people,
    protocols,
    release,
    subjects,
    testing,
)
from inkt_mfg.workflow.catalogue import JOBS
from inkt_mfg.workflow.collections import no_open_deviation_about_it
from inkt_mfg.workflow.counting import verify_count
from inkt_mfg.workflow.deviations import nothing_holds_it_yet, something_holds_it
from inkt_mfg.workflow.protocols import illustrative_values_train_only, signer_has_not_approved_yet
from inkt_mfg.workflow.verifying import not_verified_yet, verifier_did_not_perform

assert JOBS
DEVIATION = "DV-00001"


def close_deviations(site, *codes: str) -> None:
    for code in codes:
        site.run(CHEN, deviations.assess_deviation, code, assessment="no effect on the product")
        site.run(CHEN, deviations.close_deviation, code)


# --- the trial


@shows(guards.arm_is_dosed)
def test_a_control_subject_is_never_collected_from_and_never_ordered_a_dose(standing):
    site = standing("enrolled")
    blocker = site.stopped_by(guards.arm_is_dosed, LI, collections.announce, CONTROL)
    assert (blocker.rule, blocker.typed) == ("dose.arm", CONTROL)
    assert "arm control, which is never dosed" in blocker.what.english
    assert blocker.resolve_by.english == "nobody: a control subject receives no cells"
    site.stopped_by(guards.arm_is_dosed, SUN, subjects.order_dose, CONTROL)
    assert site.not_stopped_by(guards.arm_is_dosed, LI, collections.announce, SUBJECT)
    assert site.not_stopped_by(guards.arm_is_dosed, SUN, subjects.order_dose, SUBJECT)


@shows(guards.eligibility_stands)
@pytest.mark.requirement("R02")
def test_a_patient_whose_corrected_answer_speaks_against_the_trial_is_treated_no_further(at):
    """An answer of the enrolment was mistyped: the true one is recorded, and what was begun is QA's to judge."""
    site = at("in review")
    assert site.not_stopped_by(guards.eligibility_stands, LI, collections.announce, SUBJECT)
    correct(site, corrections.correct_subject, SUBJECT, "eligibility:haemoglobin", "84 g/L")
    blocker = site.stopped_by(guards.eligibility_stands, LI, collections.announce, SUBJECT)
    assert (blocker.rule, blocker.typed) == ("subject.eligibility", SUBJECT)
    assert "haemoglobin" in blocker.what.english
    site.stopped_by(guards.eligibility_stands, LI, culture.plan_batch, COLLECTION)
    with site.case(Batch, BATCH) as case:
        (opened,) = [d for d in case.open_deviations if d.rule == "subject.eligibility"]
    assert opened.severity is Severity.CRITICAL
    correct(site, corrections.correct_subject, SUBJECT, "eligibility:haemoglobin", "94 g/L")
    assert site.not_stopped_by(guards.eligibility_stands, LI, collections.announce, SUBJECT)


@pytest.mark.requirement("R02")
@pytest.mark.parametrize(
    ("value", "new"),
    [("eligibility:diagnosis", "perhaps"), ("eligibility:diagnosis", ""), ("eligibility:haemoglobin", "high"),
     ("eligibility:transplant", " "), ("eligibility:age_from", "17")],
)  # fmt: skip
def test_an_answer_is_not_corrected_to_what_says_neither(at, value, new):
    typed = {"value": value, "new": new, "why": "transcription", "reason": "the worksheet says otherwise"}
    assert at("enrolled").refused(LI, corrections.correct_subject, SUBJECT, **typed).first.field in {
        "new",
        "value",
    }


@shows(guards.protocol_is_approved)
@pytest.mark.requirement("R31")
def test_no_batch_is_planned_on_a_protocol_two_people_have_not_approved(at):
    site = at("accepted")
    site.behind("UPDATE protocol_version SET approved = false")
    blocker = site.stopped_by(guards.protocol_is_approved, LI, culture.plan_batch, COLLECTION)
    assert (blocker.rule, blocker.resolve_by.english) == ("R31", "a QA officer or a physician")
    site.behind("UPDATE protocol_version SET approved = true")
    assert site.not_stopped_by(guards.protocol_is_approved, LI, culture.plan_batch, COLLECTION)


@shows(guards.collection_is_accepted)
@pytest.mark.requirement("R30")
def test_no_batch_is_planned_from_a_collection_qa_has_not_accepted(at):
    site = at("received")
    blocker = site.stopped_by(guards.collection_is_accepted, LI, culture.plan_batch, COLLECTION)
    assert (blocker.rule, blocker.typed) == ("R30", COLLECTION)
    assert blocker.resolve_by.english == "a QA officer"
    accept(site)
    assert site.not_stopped_by(guards.collection_is_accepted, LI, culture.plan_batch, COLLECTION)


@shows(guards.next_dose_is_not_blocked)
@pytest.mark.requirement("R35")
def test_a_late_failure_blocks_the_next_dose_until_it_is_settled(at):
    site = at("infused")
    assert site.not_stopped_by(guards.next_dose_is_not_blocked, SUN, subjects.order_dose, SUBJECT)
    late_sterility(site, "growth")
    blocker = site.stopped_by(guards.next_dose_is_not_blocked, SUN, subjects.order_dose, SUBJECT)
    assert blocker.rule == "R35"
    assert "sterility_final of batch B-00001 after release: fail" in blocker.what.english
    site.run(ZHAO, release.fail_late, BATCH, reason="positive bottle")
    close_deviations(site, DEVIATION)
    site.run(ZHAO, release.lift_dose_block, SUBJECT, reason="contaminant of the sampling")
    assert site.not_stopped_by(guards.next_dose_is_not_blocked, SUN, subjects.order_dose, SUBJECT)


@shows(guards.dose_is_ordered)
def test_nothing_is_released_that_no_physician_ordered(at):
    site = at("reviewed")
    site.behind("DELETE FROM dose_order")
    blocker = site.stopped_by(guards.dose_is_ordered, ZHAO, release.release, BATCH)
    assert (blocker.rule, blocker.resolve_by.english) == ("order.missing", "a physician")
    order(site)
    assert site.not_stopped_by(guards.dose_is_ordered, ZHAO, release.release, BATCH)


@shows(guards.infusion_is_not_given_yet)
def test_a_second_bag_under_one_order_is_never_given(at):
    assert at("at the ward").not_stopped_by(
        guards.infusion_is_not_given_yet, SUN, custody.record_infusion, BAG
    )
    site = at("infused")
    site.behind("UPDATE container SET state = 'received'")
    blocker = site.stopped_by(guards.infusion_is_not_given_yet, SUN, custody.record_infusion, BAG)
    assert (blocker.rule, blocker.typed) == ("order.given", "1")
    assert "infusion 1 of YA-001 was given (I-00001)" in blocker.what.english


@shows(signer_has_not_approved_yet)
@pytest.mark.requirement("R31")
def test_two_approvals_are_two_people(standing):
    site = standing("founded")
    protocol = "nct04011033@1.0-demo"
    blocker = site.stopped_by(signer_has_not_approved_yet, CHEN, protocols.approve_protocol, protocol)
    assert (blocker.rule, blocker.expected.english) == ("R31", "the approval of a second person")
    assert site.not_stopped_by(signer_has_not_approved_yet, ZHAO, protocols.approve_protocol, protocol)


@shows(illustrative_values_train_only)
@pytest.mark.requirement("R31")
def test_a_clinical_site_refuses_values_that_are_only_illustrative(at):
    site = at("founded")
    protocol = "nct04011033@1.0-demo"
    assert site.not_stopped_by(illustrative_values_train_only, ZHAO, protocols.approve_protocol, protocol)
    site.behind("UPDATE site SET training = false")
    blocker = site.stopped_by(illustrative_values_train_only, ZHAO, protocols.approve_protocol, protocol)
    assert blocker.rule == "protocol.illustrative"
    assert "only illustrative" in blocker.what.english


# --- the body


@shows(guards.body_is_confirmed)
@pytest.mark.requirement("R33")
def test_a_body_read_by_one_person_doses_nobody(at):
    site = at("formulated")
    assert site.not_stopped_by(guards.body_is_confirmed, LI, formulation.assess_dose, BATCH)
    typed = {"height": HEIGHT, "weight": WEIGHT}
    newer = site.run(SUN, subjects.measure_body, SUBJECT, measured_on=site.today(), **typed).code
    blocker = site.stopped_by(guards.body_is_confirmed, LI, formulation.assess_dose, BATCH)
    assert blocker.rule == "R33"
    assert blocker.what.english == f"measurement {newer} is not confirmed"
    site.run(LIU, subjects.read_body_again, newer, **typed)
    assert site.not_stopped_by(guards.body_is_confirmed, LI, formulation.assess_dose, BATCH)


@shows(guards.weight_is_fresh)
def test_a_weight_older_than_the_protocol_allows_decides_nothing(at):
    site = at("reviewed")
    site.later(days=7)
    assert site.not_stopped_by(guards.weight_is_fresh, ZHAO, release.release, BATCH)
    site.later(days=1)
    blocker = site.stopped_by(guards.weight_is_fresh, ZHAO, release.release, BATCH)
    assert (blocker.rule, blocker.typed) == ("body.stale", "2026-04-08")
    assert "8 days old" in blocker.what.english
    assert "within 7 d" in blocker.expected.english
    measure(site)
    assert site.not_stopped_by(guards.weight_is_fresh, ZHAO, release.release, BATCH)


# --- holds and deviations


@shows(guards.no_hold)
@shows(nothing_holds_it_yet)
@shows(something_holds_it)
@pytest.mark.requirement("R37")
def test_while_a_hold_stands_nothing_of_the_batch_moves_on(at):
    site = at("reviewed")
    site.stopped_by(something_holds_it, ZHAO, deviations.lift_hold, BATCH)
    site.run(ZHAO, deviations.place_hold, BATCH, reason="freezer alarm")
    blocker = site.stopped_by(guards.no_hold, ZHAO, release.release, BATCH)
    assert (blocker.rule, blocker.what.english) == ("R37", "the batch is on hold: freezer alarm")
    assert site.stopped_by(nothing_holds_it_yet, ZHAO, deviations.place_hold, BATCH).rule == "R37"
    assert site.not_stopped_by(something_holds_it, ZHAO, deviations.lift_hold, BATCH)
    site.run(CHEN, deviations.lift_hold, BATCH, reason="alarm was a test")
    assert site.not_stopped_by(guards.no_hold, ZHAO, release.release, BATCH)
    assert site.not_stopped_by(nothing_holds_it_yet, ZHAO, deviations.place_hold, BATCH)


@shows(guards.no_open_deviation)
@pytest.mark.requirement("R37", "R39")
def test_a_release_waits_until_every_deviation_is_closed(at):
    site = at("in review")
    site.run(LI, deviations.open_deviation, BATCH, description="spill", severity="minor")
    blocker = site.stopped_by(guards.no_open_deviation, ZHAO, release.release, BATCH)
    assert (blocker.rule, blocker.typed) == ("R39", DEVIATION)
    site.run(CHEN, deviations.assess_deviation, DEVIATION, assessment="outside the isolator")
    site.stopped_by(guards.no_open_deviation, ZHAO, release.release, BATCH)
    site.run(CHEN, deviations.close_deviation, DEVIATION)
    assert site.not_stopped_by(guards.no_open_deviation, ZHAO, release.release, BATCH)


@shows(guards.no_open_critical_deviation)
@pytest.mark.requirement("R37")
@pytest.mark.parametrize(("severity", "stops"), [("critical", True), ("major", False), ("minor", False)])
def test_only_a_critical_deviation_stops_a_bag_that_is_released(at, severity, stops):
    site = at("labelled")
    site.run(LIU, deviations.open_deviation, BATCH, description="bag swollen", severity=severity)
    assert site.not_stopped_by(guards.no_open_critical_deviation, LIU, custody.issue_dose, BAG) is not stops
    if stops:
        blocker = site.stopped_by(guards.no_open_critical_deviation, LIU, custody.issue_dose, BAG)
        assert (blocker.rule, blocker.typed) == ("R37", DEVIATION)
        close_deviations(site, DEVIATION)
        assert site.not_stopped_by(guards.no_open_critical_deviation, LIU, custody.issue_dose, BAG)


@pytest.mark.requirement("R37", "R55")
def test_a_critical_deviation_also_stops_the_label_of_that_bag_on_its_way_to_it(at):
    site = at("released")
    code = site.run(LIU, labelling.prepare_label, BAG).code
    guard = guards.no_open_critical_deviation
    assert site.not_stopped_by(guard, LIU, labelling.register_label, code)
    site.run(LIU, deviations.open_deviation, BATCH, description="bag swollen", severity="critical")
    assert site.stopped_by(guard, LIU, labelling.register_label, code).rule == "R37"
    close_deviations(site, DEVIATION)
    assert site.not_stopped_by(guard, LIU, labelling.register_label, code)


@shows(no_open_deviation_about_it)
@pytest.mark.requirement("R37")
def test_a_collection_that_came_too_warm_waits_for_its_deviation(at):
    site = at("announced")
    warm = arrival(site, temperature="27 °C", deviation_reason="cooling failed on the way")
    site.run(LI, collections.receive, COLLECTION, **warm)
    blocker = site.stopped_by(no_open_deviation_about_it, CHEN, collections.accept, COLLECTION)
    assert (blocker.rule, blocker.typed) == ("R37", DEVIATION)
    close_deviations(site, DEVIATION)
    assert site.not_stopped_by(no_open_deviation_about_it, CHEN, collections.accept, COLLECTION)


# --- steps, counts, verification


@shows(guards.every_required_step_is_done)
@pytest.mark.requirement("R30")
def test_a_batch_with_a_step_left_out_is_not_submitted(at):
    site = at("harvested")
    wash(site)
    step(site, formulation.formulate, **formulation_entries(site))
    blocker = site.stopped_by(guards.every_required_step_is_done, LI, release.submit, BATCH)
    assert blocker.rule == "R30"
    assert blocker.typed == "Take the release samples and the retain sample"
    step(site, culture.sample, **sampling(site, "sample_product", "5 mL"))
    assert site.not_stopped_by(guards.every_required_step_is_done, LI, release.submit, BATCH)


@shows(guards.every_step_is_counted)
@pytest.mark.requirement("R30")
def test_a_step_that_records_cells_is_not_left_without_its_count(at):
    site = at("harvested")
    wash(site)
    step(site, formulation.formulate, **formulation_entries(site))
    blocker = site.stopped_by(guards.every_step_is_counted, LI, release.submit, BATCH)
    assert (blocker.rule, blocker.field) == ("R30", "count")
    count(site, "formulate", "2e7 cells/mL", "107 mL", "70 %")
    assert site.not_stopped_by(guards.every_step_is_counted, LI, release.submit, BATCH)


@shows(guards.critical_entries_are_verified)
@pytest.mark.requirement("R33", "R39")
def test_what_one_person_typed_decides_nothing_until_a_second_has_looked(at):
    site = at("formulated")
    code = site.run(
        LI, culture.sample, BATCH, performed_at=site.now(), deviation_reason="one more tube wanted",
        **sampling(site, "sample_in_process", "10 mL"),
    ).code  # fmt: skip
    blocker = site.stopped_by(guards.critical_entries_are_verified, LI, formulation.assess_dose, BATCH)
    assert (blocker.rule, blocker.typed) == ("R33", code)
    assert blocker.resolve_by.english == "a technician or a QA officer"
    site.run(WANG, culture.verify_step, code)
    assert site.not_stopped_by(guards.critical_entries_are_verified, LI, formulation.assess_dose, BATCH)


@shows(verifier_did_not_perform)
@pytest.mark.requirement("R24", "R33")
def test_nobody_verifies_their_own_entry(at):
    site = at("harvested")
    wash(site)
    step(site, formulation.formulate, **formulation_entries(site))
    code = count(site, "formulate", "2e7 cells/mL", "107 mL", "70 %", verified=False)
    blocker = site.stopped_by(verifier_did_not_perform, LI, verify_count, code)
    assert (blocker.rule, blocker.what.english) == ("R24", "Li Na (li.tech) made or changed this entry")
    assert site.not_stopped_by(verifier_did_not_perform, WANG, verify_count, code)


@shows(not_verified_yet)
@pytest.mark.requirement("R24")
def test_the_first_verifiers_name_stays(at):
    site = at("harvested")
    with site.case(CellCount, "N-00001") as case:
        done = case.target.verified_by
    blocker = site.stopped_by(not_verified_yet, CHEN, verify_count, "N-00001")
    assert (blocker.rule, blocker.what.english) == ("R24", "N-00001 is verified by Wang Jun (wang.tech)")
    assert site.refused(CHEN, verify_count, "N-00001").rule == "R24"
    assert site.row(CellCount, "N-00001").verified_by == done


# --- review and release


@shows(guards.chain_is_intact)
@pytest.mark.requirement("R05", "R39")
def test_a_row_edited_with_the_databases_own_shell_stops_the_release(at):
    site = at("reviewed")
    assert site.not_stopped_by(guards.chain_is_intact, ZHAO, release.release, BATCH)
    site.behind("UPDATE step_reading SET value_typed = '108 mL' WHERE name = 'formulated_volume'")
    blocker = site.stopped_by(guards.chain_is_intact, ZHAO, release.release, BATCH)
    assert (blocker.rule, blocker.field) == ("R39", "ledger")
    assert blocker.typed.startswith("step_reading ")
    site.behind("UPDATE step_reading SET value_typed = '107 mL' WHERE name = 'formulated_volume'")
    assert site.not_stopped_by(guards.chain_is_intact, ZHAO, release.release, BATCH)


@shows(guards.record_is_reviewed)
@pytest.mark.requirement("R38", "R39")
def test_a_release_needs_a_review_of_the_record_as_it_is_now(at):
    site = at("in review")
    blocker = site.stopped_by(guards.record_is_reviewed, ZHAO, release.release, BATCH)
    assert (blocker.rule, blocker.what.english) == ("R38", "the record has not been reviewed")
    review(site)
    assert site.not_stopped_by(guards.record_is_reviewed, ZHAO, release.release, BATCH)
    again = {"test": "viability", "result": "91.0 %", "resulted_on": site.today(), "reason": "repeat"}
    site.run(LI, testing.record_result, BATCH, **again)
    blocker = site.stopped_by(guards.record_is_reviewed, ZHAO, release.release, BATCH)
    assert blocker.what.english == "the record has changed since the review"
    review(site)
    assert site.not_stopped_by(guards.record_is_reviewed, ZHAO, release.release, BATCH)


@shows(guards.releaser_performed_nothing)
@pytest.mark.requirement("R24")
def test_a_qa_officer_who_recorded_a_result_releases_nothing(at):
    site = at("reviewed")
    assert site.not_stopped_by(guards.releaser_performed_nothing, ZHAO, release.release, BATCH)
    again = {"test": "viability", "result": "91.0 %", "resulted_on": site.today(), "reason": "repeat"}
    site.run(ZHAO, testing.record_result, BATCH, **again)
    blocker = site.stopped_by(guards.releaser_performed_nothing, ZHAO, release.release, BATCH)
    assert (blocker.rule, blocker.resolve_by.english) == ("R24", "another QA officer")
    assert "Zhao Lin (zhao.qa) performed or verified a step" in blocker.what.english
    assert site.not_stopped_by(guards.releaser_performed_nothing, CHEN, release.release, BATCH)


@shows(guards.infusion_labels_are_reconciled)
@pytest.mark.requirement("R52", "R39")
def test_a_label_nobody_has_accounted_for_stops_the_issue(at):
    guard = guards.infusion_labels_are_reconciled
    site = at("labelled")
    second = reprint(site, "L-00001")
    blocker = site.stopped_by(guard, LIU, custody.issue_dose, BAG)
    assert (blocker.rule, blocker.typed) == ("R52", second)
    print_label(site, second)
    assert site.not_stopped_by(guard, LIU, custody.issue_dose, BAG)


@shows(guards.lots_are_still_good)
@pytest.mark.requirement("R32")
def test_a_lot_rejected_after_it_was_used_stops_what_it_is_in(at):
    site = at("labelled")
    assert site.not_stopped_by(guards.lots_are_still_good, LIU, custody.issue_dose, BAG)
    site.run(CHEN, lots.reject_lot, "DG-2201", reason="recalled by its maker")
    blocker = site.stopped_by(guards.lots_are_still_good, LIU, custody.issue_dose, BAG)
    assert (blocker.rule, blocker.typed) == ("R32", "DG-2201")
    other = at("labelled")
    other.run(LI, lots.register_lot, material="medium", lot_number="MX-9", expires_on="2027-01-01")
    other.run(CHEN, lots.reject_lot, "MX-9", reason="a lot of another batch")
    assert other.not_stopped_by(guards.lots_are_still_good, LIU, custody.issue_dose, BAG)


def test_a_technician_given_a_qa_role_still_performed_the_batch(at):
    site = at("formulated")
    site.run(ADMIN, people.grant_role, user_name=LI, role="qa_officer", reason="promoted")
    assess(site)
    submit(site)
    blocker = site.stopped_by(guards.releaser_performed_nothing, LI, release.reject, BATCH)
    assert blocker.rule == "R24"
