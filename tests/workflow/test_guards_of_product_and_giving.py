"""One test for each guard about results, dose, bag and label: it stops with its rule, and lets pass what was mended."""

import pytest
from guards_shown import SHOWN, shows
from one_batch import (
    BAG,
    BATCH,
    CHEN,
    LABEL,
    LI,
    LIU,
    RESULTS,
    SUBJECT,
    SUN,
    WANG,
    ZHAO,
    arrive,
    bedside,
    count,
    formulate,
    formulation_entries,
    infuse,
    issue,
    label,
    late_sterility,
    let_go,
    measure,
    print_label,
    record_result,
    report,
    reprint,
    review,
    sampling,
    scan_of,
    step,
    submit,
    wash,
)
from test_correcting import code_of, correct
from test_guards_of_label_kinds import JOBS as _OF_LABELS  # their tests show guards as well
from test_guards_of_labels_and_corrections import JOBS as _THEIRS
from test_guards_of_trial_and_record import close_deviations
from test_people_training import SPILL as _ALSO_THEIRS

from inkt_mfg.records.dose import Container, DoseAssessment
from inkt_mfg.records.label import Label
from inkt_mfg.records.testing import TestResult
from inkt_mfg.workflow import (
    accounting,
    corrections,
    culture,
    custody,
    deviations,
    formulation,
    guards,
    labelling,
    reassessing,
    release,
    testing,
)
from inkt_mfg.workflow.catalogue import JOBS
from inkt_mfg.workflow.command import CATALOGUE
from inkt_mfg.workflow.release import (
    a_result_does_not_pass,
    dose_is_not_above,
    exceptional_supply_is_requested,
    the_block_is_assessed,
)

assert JOBS
TOO_FEW, TOO_MANY = "5e6 cells/mL", "4e7 cells/mL"
REQUEST = {"justification": "no other option before the next TACE", "risk": "lower expected effect"}


def in_review_with(at, product: str, **results: str):
    """The batch in review, made of a product of this concentration, with these results among the others."""
    site = at("harvested")
    formulate(site, product)
    site.run(LI, formulation.assess_dose, BATCH)
    report(site, **results)
    submit(site)
    return site


# --- the dose


@shows(guards.product_is_counted)
def test_a_harvest_count_never_doses(at):
    site = at("harvested")
    wash(site)
    step(site, formulation.formulate, **formulation_entries(site))
    step(site, culture.sample, **sampling(site, "sample_product", "5 mL"))
    blocker = site.stopped_by(guards.product_is_counted, LI, formulation.assess_dose, BATCH)
    assert (blocker.rule, blocker.what.english) == ("dose.count", "the formulated product has no count")
    count(site, "formulate", "2e7 cells/mL", "107 mL", "70 %")
    assert site.not_stopped_by(guards.product_is_counted, LI, formulation.assess_dose, BATCH)


@shows(guards.product_is_sampled)
def test_what_the_samples_took_is_known_before_a_dose_is(at):
    site = at("harvested")
    wash(site)
    step(site, formulation.formulate, **formulation_entries(site))
    count(site, "formulate", "2e7 cells/mL", "107 mL", "70 %")
    blocker = site.stopped_by(guards.product_is_sampled, LI, formulation.assess_dose, BATCH)
    assert (blocker.rule, blocker.field) == ("dose.volume", "sample_volume")
    step(site, culture.sample, **sampling(site, "sample_product", "5 mL"))
    assert site.not_stopped_by(guards.product_is_sampled, LI, formulation.assess_dose, BATCH)
    assert site.row(Container, BAG).withdrawn == 7  # 5 mL of samples and 2 mL that stay in the line


@shows(guards.dose_is_assessed)
def test_a_dose_is_worked_out_before_the_batch_is_submitted(at):
    site = at("formulated")
    blocker = site.stopped_by(guards.dose_is_assessed, LI, release.submit, BATCH)
    assert (blocker.rule, blocker.field) == ("dose.assessment", "dose")
    site.run(LI, formulation.assess_dose, BATCH)
    assert site.not_stopped_by(guards.dose_is_assessed, LI, release.submit, BATCH)


@pytest.mark.requirement("R39")
def test_a_dose_check_vouches_for_nothing_whose_count_would_dose_nobody_now(at):
    site = at("assessed")
    site.behind("UPDATE cell_count SET recount_asked = 1 WHERE point = 'formulate'")
    assert site.stopped_by(guards.dose_is_assessed, LI, release.submit, BATCH).rule == "dose.assessment"


@shows(guards.dose_to_give_is_within)
def test_a_dose_below_the_window_is_not_released(at):
    site = in_review_with(at, TOO_FEW)
    blocker = site.stopped_by(guards.dose_to_give_is_within, ZHAO, release.release, BATCH)
    assert (blocker.rule, blocker.what.english) == ("dose.window", "the dose is below the window")
    assert at("reviewed").not_stopped_by(guards.dose_to_give_is_within, ZHAO, release.release, BATCH)


def test_a_dose_above_the_window_is_released_as_a_part_that_is_within(at):
    site = in_review_with(at, TOO_MANY)
    found = site.row(DoseAssessment, "A-00001")
    assert (found.verdict.value, found.verdict_to_give.value) == ("above", "within")
    assert found.low <= found.dose_to_give <= found.high < found.dose
    assert found.volume_to_give % 1 in (0, 0.5)  # the syringe's steps
    assert site.not_stopped_by(guards.dose_to_give_is_within, ZHAO, release.release, BATCH)


@shows(dose_is_not_above)
@pytest.mark.requirement("R36")
def test_exceptional_supply_is_for_less_and_never_for_more(at):
    site = in_review_with(at, TOO_FEW)
    assert site.not_stopped_by(dose_is_not_above, ZHAO, release.release_exceptionally, BATCH)
    site.behind("UPDATE dose_assessment SET verdict_to_give = 'above'")
    blocker = site.stopped_by(dose_is_not_above, ZHAO, release.release_exceptionally, BATCH)
    assert (blocker.rule, blocker.what.english) == ("dose.window", "the dose is above the window")


@shows(exceptional_supply_is_requested)
@pytest.mark.requirement("R36")
def test_nothing_is_released_exceptionally_unasked(at):
    site = in_review_with(at, TOO_FEW)
    guard = exceptional_supply_is_requested
    blocker = site.stopped_by(guard, ZHAO, release.release_exceptionally, BATCH)
    assert (blocker.rule, blocker.resolve_by.english) == ("R36", "a physician")
    site.run(SUN, release.request_exceptional, BATCH, **REQUEST)
    assert site.not_stopped_by(guard, ZHAO, release.release_exceptionally, BATCH)


# --- results


@shows(guards.every_test_is_reported)
@pytest.mark.requirement("R39", "R34")
@pytest.mark.parametrize("missing", RESULTS)
def test_a_missing_result_is_never_a_pass(at, missing):
    site = at("formulated")
    site.run(LI, formulation.assess_dose, BATCH)
    for test, result in RESULTS.items():
        if test != missing:
            record_result(site, test, result)
    submit(site)
    blocker = site.stopped_by(guards.every_test_is_reported, ZHAO, release.release, BATCH)
    assert (blocker.rule, blocker.typed) == ("R39", missing)
    assert blocker.resolve_by.english == "a technician or a QA officer"
    record_result(site, missing, RESULTS[missing])
    assert site.not_stopped_by(guards.every_test_is_reported, ZHAO, release.release, BATCH)


@shows(guards.every_result_passes)
@pytest.mark.requirement("R39")
@pytest.mark.parametrize(
    ("test", "result", "verdict"),
    [
        ("viability", "69.9 %", "fail"),
        ("endotoxin", "<10 EU/mL", "not_determined"),
        ("gram_stain", "cocci seen", "not_determined"),
        ("mycoplasma", "positive", "fail"),
    ],
)
def test_a_failing_and_an_undetermined_result_both_stop_the_release(at, test, result, verdict):
    site = at("in review")
    record_result(site, test, result, reason="second sample")
    blocker = site.stopped_by(guards.every_result_passes, ZHAO, release.release, BATCH)
    assert (blocker.rule, blocker.typed) == ("R39", f"{test} ({verdict})")
    record_result(site, test, RESULTS[test], reason="laboratory error, see its report")
    assert site.not_stopped_by(guards.every_result_passes, ZHAO, release.release, BATCH)


@shows(guards.results_are_verified)
@pytest.mark.requirement("R33")
def test_a_result_one_person_typed_releases_nothing(at):
    site = at("in review")
    typed = {"test": "viability", "result": "91.0 %", "resulted_on": site.today(), "reason": "repeat"}
    code = site.run(LI, testing.record_result, BATCH, **typed).code
    blocker = site.stopped_by(guards.results_are_verified, ZHAO, release.release, BATCH)
    assert (blocker.rule, blocker.typed) == ("R33", code)
    site.run(WANG, testing.verify_result, code)
    assert site.not_stopped_by(guards.results_are_verified, ZHAO, release.release, BATCH)


@shows(guards.results_are_judged_by_what_is_given)
@pytest.mark.requirement("R39")
def test_an_endotoxin_limit_is_the_limit_of_the_dose_that_is_given(at):
    site = at("in review")
    guard = guards.results_are_judged_by_what_is_given
    assert site.not_stopped_by(guard, ZHAO, release.release, BATCH)
    site.run(CHEN, release.return_to_bench, BATCH, reason="the weight is doubted")
    measure(site, weight="60 kg")
    site.run(LI, formulation.assess_dose, BATCH)
    submit(site)
    blocker = site.stopped_by(guard, ZHAO, release.release, BATCH)
    assert blocker.rule == "R39"
    assert blocker.typed == "T-00005"
    record_result(site, "endotoxin", RESULTS["endotoxin"], reason="judged by the new limit")
    assert site.not_stopped_by(guard, ZHAO, release.release, BATCH)


@shows(guards.no_result_fails)
@shows(a_result_does_not_pass)
@pytest.mark.requirement("R35")
def test_a_result_that_fails_late_stops_a_bag_wherever_it_is(at):
    site = at("at the ward")
    assert site.not_stopped_by(guards.no_result_fails, SUN, custody.record_infusion, BAG)
    assert site.stopped_by(a_result_does_not_pass, ZHAO, release.fail_late, BATCH).rule == "R35"
    typed = {"test": "gram_stain", "result": "positive", "resulted_on": site.today(), "reason": "read again"}
    code = site.run(LI, testing.record_result, BATCH, **typed).code
    blocker = site.stopped_by(guards.no_result_fails, SUN, custody.record_infusion, BAG)
    assert (blocker.rule, blocker.typed) == ("R35", code)
    assert site.not_stopped_by(a_result_does_not_pass, ZHAO, release.fail_late, BATCH)
    assert site.row(TestResult, code).verdict.value == "fail"


# --- after release


@shows(guards.nothing_is_pending)
@shows(guards.disposition_is_conditional)
@pytest.mark.requirement("R34")
def test_a_conditional_release_becomes_final_once_when_the_last_result_is_there(at):
    site = at("infused")
    blocker = site.stopped_by(guards.nothing_is_pending, ZHAO, release.finalise, BATCH)
    assert (blocker.rule, blocker.typed) == ("R34", "sterility_final")
    late_sterility(site)
    assert site.not_stopped_by(guards.nothing_is_pending, ZHAO, release.finalise, BATCH)
    assert site.not_stopped_by(guards.disposition_is_conditional, ZHAO, release.finalise, BATCH)
    site.run(ZHAO, release.finalise, BATCH)
    blocker = site.stopped_by(guards.disposition_is_conditional, ZHAO, release.finalise, BATCH)
    assert blocker.what.english == "the disposition is final, not conditional"


@shows(guards.disposition_is_settled)
@shows(guards.released_batch_is_fully_reported)
@pytest.mark.requirement("R34")
def test_a_batch_is_not_closed_while_its_release_is_conditional(at):
    site = at("infused")
    assert site.stopped_by(guards.released_batch_is_fully_reported, ZHAO, release.close, BATCH).rule == "R34"
    late_sterility(site)
    assert site.not_stopped_by(guards.released_batch_is_fully_reported, ZHAO, release.close, BATCH)
    assert site.stopped_by(guards.disposition_is_settled, ZHAO, release.close, BATCH).rule == "R34"
    site.run(ZHAO, release.finalise, BATCH)
    assert site.not_stopped_by(guards.disposition_is_settled, ZHAO, release.close, BATCH)


@shows(guards.containers_are_accounted_for)
def test_a_batch_is_not_closed_while_a_bag_is_somewhere(at):
    site = at("in review")
    site.run(ZHAO, release.reject, BATCH, reason="particles")
    blocker = site.stopped_by(guards.containers_are_accounted_for, ZHAO, release.close, BATCH)
    assert (blocker.rule, blocker.typed) == ("batch.containers", BAG)
    site.run(LIU, custody.destroy_container, BAG, reason="rejected")
    assert site.not_stopped_by(guards.containers_are_accounted_for, ZHAO, release.close, BATCH)


@shows(guards.disposition_releases)
@pytest.mark.requirement("R55")
def test_there_is_no_infusion_label_before_release(at):
    site = at("reviewed")
    blocker = site.stopped_by(guards.disposition_releases, LIU, labelling.prepare_label, BAG)
    assert (blocker.rule, blocker.typed) == ("R55", BATCH)
    assert "its disposition is quarantine" in blocker.what.english
    let_go(site)
    assert site.not_stopped_by(guards.disposition_releases, LIU, labelling.prepare_label, BAG)


@shows(guards.release_signature_stands)
@pytest.mark.requirement("R23")
def test_a_covered_value_changed_after_release_leaves_the_record_unsigned(at):
    site = at("released")
    site.behind("UPDATE cell_count SET viability = '95' WHERE point = 'formulate'")
    blocker = site.stopped_by(guards.release_signature_stands, LIU, labelling.prepare_label, BAG)
    assert blocker.rule == "R23"
    assert site.refused(LIU, labelling.prepare_label, BAG).rule == "R23"
    site.behind("UPDATE cell_count SET viability = '90' WHERE point = 'formulate'")
    assert site.not_stopped_by(guards.release_signature_stands, LIU, labelling.prepare_label, BAG)


@shows(guards.not_expired)
def test_past_its_expiry_a_bag_is_neither_labelled_nor_issued(at):
    site = at("labelled")
    assert site.not_stopped_by(guards.not_expired, LIU, custody.issue_dose, BAG)
    site.later(hours=8)
    blocker = site.stopped_by(guards.not_expired, LIU, custody.issue_dose, BAG)
    assert (blocker.rule, blocker.field) == ("dose.expiry", "expires_at")
    assert blocker.typed == "2026-04-08 14:30 UTC+08:00"
    assert blocker.resolve_by.english == "nobody: an expired product is not given"


@shows(guards.container_is_labelled)
@pytest.mark.requirement("R50")
def test_a_bag_leaves_only_with_a_proofed_label_on_it(at):
    site = at("labelled")
    site.run(LIU, accounting.spoil_label, LABEL, reason="creased")
    blocker = site.stopped_by(guards.container_is_labelled, LIU, custody.issue_dose, BAG)
    assert (blocker.rule, blocker.resolve_by.english) == ("R50", "a pharmacist")
    second = reprint(site, LABEL)
    print_label(site, second)
    assert site.not_stopped_by(guards.container_is_labelled, LIU, custody.issue_dose, BAG)


@shows(guards.earlier_copy_is_accounted_for)
@pytest.mark.requirement("R52")
def test_a_bag_has_one_label_at_a_time(at):
    site = at("labelled")
    blocker = site.stopped_by(guards.earlier_copy_is_accounted_for, LIU, labelling.prepare_label, BAG)
    assert (blocker.rule, blocker.typed) == ("R52", LABEL)
    site.run(LIU, accounting.spoil_label, LABEL, reason="creased")
    assert site.not_stopped_by(guards.earlier_copy_is_accounted_for, LIU, labelling.prepare_label, BAG)
    refusal = site.refused(LIU, labelling.prepare_label, BAG)
    assert (refusal.rule, refusal.first.typed) == ("R52", LABEL)
    assert "label.reprint L-00001" in refusal.first.expected.english
    assert site.row(Label, reprint(site, LABEL)).reprint_number == 1


@shows(guards.bag_is_still_here)
@pytest.mark.requirement("R52")
def test_a_bag_destroyed_while_its_label_was_printed_gets_no_label(at):
    site = at("released")
    code = site.run(LIU, labelling.prepare_label, BAG).code
    assert site.not_stopped_by(guards.bag_is_still_here, LIU, labelling.register_label, code)
    site.run(LIU, custody.destroy_container, BAG, reason="leaks")
    blocker = site.stopped_by(guards.bag_is_still_here, LIU, labelling.register_label, code)
    assert (blocker.rule, blocker.typed) == ("R52", BAG)
    site.run(LIU, accounting.spoil_label, code, reason="its bag is destroyed")


@shows(guards.container_has_not_left)
@pytest.mark.requirement("R52")
def test_a_label_on_a_bag_that_left_is_not_spoiled_from_afar(at):
    site = at("labelled")
    assert site.not_stopped_by(guards.container_has_not_left, LIU, accounting.spoil_label, LABEL)
    issue(site)
    blocker = site.stopped_by(guards.container_has_not_left, LIU, accounting.spoil_label, LABEL)
    assert (blocker.rule, blocker.typed) == ("R52", BAG)


@shows(guards.no_container_has_left)
def test_a_batch_is_recalled_to_review_only_while_its_bag_is_here(at):
    site = at("labelled")
    assert site.not_stopped_by(guards.no_container_has_left, ZHAO, release.recall_to_review, BATCH)
    issue(site)
    blocker = site.stopped_by(guards.no_container_has_left, ZHAO, release.recall_to_review, BATCH)
    assert (blocker.rule, blocker.typed) == ("batch.issued", BAG)


@shows(the_block_is_assessed)
@pytest.mark.requirement("R35")
def test_a_blocked_dose_is_not_let_go_before_the_late_failure_is_settled(at):
    site = at("infused")
    assert site.stopped_by(the_block_is_assessed, ZHAO, release.lift_dose_block, SUBJECT).rule == "R35"
    late_sterility(site, "growth")
    blocker = site.stopped_by(the_block_is_assessed, ZHAO, release.lift_dose_block, SUBJECT)
    assert (blocker.rule, blocker.typed) == ("R35", BATCH)
    site.run(ZHAO, release.fail_late, BATCH, reason="positive bottle")
    assert site.stopped_by(the_block_is_assessed, ZHAO, release.lift_dose_block, SUBJECT).typed == BATCH
    close_deviations(site, "DV-00001")
    assert site.not_stopped_by(the_block_is_assessed, ZHAO, release.lift_dose_block, SUBJECT)


# --- whole ways


def test_an_under_dose_is_given_only_by_the_exceptional_way(at):
    site = in_review_with(at, TOO_FEW)
    site.run(SUN, release.request_exceptional, BATCH, **REQUEST)
    review(site)
    assert site.refused(ZHAO, release.release, BATCH).rule == "dose.window"
    words = {"risk_statement": "at the physician's request", "reason": "physician's request"}
    site.run(ZHAO, release.release_exceptionally, BATCH, **words)
    label(site)
    issue(site)
    arrive(site)
    infuse(site)
    assert site.row(Container, BAG).state.value == "infused"


@pytest.mark.slow
def test_of_an_over_dose_no_more_is_given_than_the_part_that_was_released(at):
    site = in_review_with(at, TOO_MANY)
    review(site)
    let_go(site)
    label(site)
    issue(site)
    arrive(site)
    site.later(minutes=5)
    part = site.row(DoseAssessment, "A-00001").volume_to_give
    refusal = site.refused(SUN, custody.record_infusion, BAG, **bedside(site))
    assert (refusal.rule, refusal.first.field) == ("dose.volume", "volume_given")
    assert refusal.first.expected.english == f"at most {part} mL"
    site.run(SUN, custody.record_infusion, BAG, **bedside(site, volume_given=f"{part} mL"))


def released_below_its_viability(at):
    """Released exceptionally with one failing result, and labelled."""
    site = in_review_with(at, "2e7 cells/mL", viability="65 %")
    close_deviations(site, "DV-00001")
    site.run(SUN, release.request_exceptional, BATCH, **REQUEST)
    review(site)
    words = {"risk_statement": "viability below its limit", "reason": "physician's request"}
    site.run(ZHAO, release.release_exceptionally, BATCH, **words)
    label(site)
    return site


def test_an_exceptional_release_accepted_its_own_failing_result_and_no_later_one(at):
    site = released_below_its_viability(at)
    assert site.not_stopped_by(guards.no_result_fails, LIU, custody.issue_dose, BAG)
    record_result(site, "gram_stain", "positive", reason="read again")
    assert site.stopped_by(guards.no_result_fails, LIU, custody.issue_dose, BAG).rule == "R35"
    scanned = {"to_whom": "ward 3", "scanned_label": scan_of(site), "temperature": "5 °C"}
    assert {"R35"} <= {b.rule for b in site.refused(LIU, custody.issue_dose, BAG, **scanned).blockers}


def test_an_exceptional_release_did_not_accept_a_pass_that_is_corrected_to_a_failure(at):
    site = released_below_its_viability(at)
    issue(site)
    arrive(site)
    infuse(site)
    viability, endotoxin = (code_of(site, TestResult, test=test) for test in ("viability", "endotoxin"))
    correct(site, corrections.correct_result, viability, "result", "64 %")
    assert site.not_stopped_by(guards.no_result_fails, ZHAO, reassessing.reassess, BATCH)
    correct(site, corrections.correct_result, endotoxin, "result", "55 EU/mL")
    assert site.stopped_by(guards.no_result_fails, ZHAO, reassessing.reassess, BATCH).typed == endotoxin


def test_a_deviation_can_be_opened_by_everybody_who_works_on_the_batch(at):
    site = at("assessed")
    for who in (LI, CHEN, LIU, SUN):
        site.run(who, deviations.open_deviation, BATCH, description="label printer smells", severity="minor")
    with site.case(Container, BAG) as case:
        assert len(case.open_deviations) == 4


@pytest.mark.requirement("R39")
def test_every_guard_of_every_command_has_a_test_of_its_own():
    assert _OF_LABELS
    assert _THEIRS
    assert _ALSO_THEIRS
    assert {guard for command in CATALOGUE.values() for guard in command.guards} == SHOWN
