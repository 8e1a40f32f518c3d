"""A value changed under a release signature: before issue the release is taken back, after it a new look is due (R23)."""

import pytest
from one_batch import (
    BAG,
    BATCH,
    BODY,
    CHEN,
    LABEL,
    LI,
    LIU,
    SUBJECT,
    SUN,
    ZHAO,
    arrive,
    bedside,
    infuse,
    let_go,
    order,
    print_label,
    review,
    scan_of,
)
from test_correcting import WHY, approve, ask, code_of, correct

from inkt_mfg.records.batch import Batch
from inkt_mfg.records.count import CellCount
from inkt_mfg.records.dose import Container
from inkt_mfg.records.label import Label
from inkt_mfg.records.step import Step
from inkt_mfg.records.subject import Subject
from inkt_mfg.records.words import BatchState, ContainerState, DispositionKind, LabelState, Severity
from inkt_mfg.views.signatures import reassessment_is_due, release_stands
from inkt_mfg.workflow import (
    corrections,
    custody,
    deviations,
    guards,
    labelling,
    reassessing,
    release,
    subjects,
)
from inkt_mfg.workflow.catalogue import JOBS

assert JOBS


def correct_a_culture_count(site):
    """A value under the signature that leaves the dose as it is."""
    count = code_of(site, CellCount, point="feed")
    return correct(site, corrections.correct_count, count, "volume", "241 mL")


def settle_deviation(site) -> None:
    with site.case(Batch, BATCH) as case:
        codes = [d.code for d in case.open_deviations]
    for code in codes:
        site.run(CHEN, deviations.assess_deviation, code, assessment="no effect on the dose")
        site.run(CHEN, deviations.close_deviation, code)


def uphold(site, who: str = ZHAO):
    return site.run(
        who, reassessing.reassess, BATCH, statement="the dose is unchanged", reason="looked at again"
    )


@pytest.mark.requirement("R23", "R55")
def test_before_issue_the_batch_is_back_in_review_and_its_labels_are_void(at):
    site = at("labelled")
    receipt = correct_a_culture_count(site)
    assert "in review again" in receipt.says.english
    assert site.row(Batch, BATCH).state is BatchState.IN_REVIEW
    assert site.row(Label, LABEL).state is LabelState.SPOILED
    assert site.row(Container, BAG).state is ContainerState.FILLED
    with site.case(Batch, BATCH) as case:
        assert case.disposition is DispositionKind.QUARANTINE
        assert not release_stands(case)
    assert site.ledger_is_whole()


@pytest.mark.requirement("R23", "R52")
def test_a_batch_taken_back_is_reviewed_released_and_labelled_again(at):
    site = at("labelled")
    correct_a_culture_count(site)
    review(site)
    let_go(site)
    with site.case(Batch, BATCH) as case:
        assert release_stands(case)
    again = site.run(LIU, labelling.prepare_label, BAG).code
    print_label(site, again)
    assert site.row(Container, BAG).state is ContainerState.LABELLED


@pytest.mark.requirement("R23")
def test_a_value_changed_at_once_takes_the_release_back_as_well(at):
    site = at("released")
    feed = code_of(site, Step, plan_code="feed")
    receipt = site.run(LI, corrections.correct_step, feed, value="remark", new="foamed a little", **WHY)
    assert "in review again" in receipt.says.english
    assert site.row(Batch, BATCH).state is BatchState.IN_REVIEW


@pytest.mark.requirement("R23", "R35")
@pytest.mark.parametrize("stage", ["issued", "at the ward", "infused"])
def test_after_issue_the_state_stays_and_a_new_look_is_due(at, stage):
    site = at(stage)
    before = site.row(Container, BAG).state
    receipt = correct_a_culture_count(site)
    assert "RE-ASSESSMENT DUE" in receipt.says.english
    assert site.row(Batch, BATCH).state is BatchState.RELEASED
    assert site.row(Container, BAG).state is before
    with site.case(Batch, BATCH) as case:
        assert reassessment_is_due(case)
        assert [(d.rule, d.severity) for d in case.open_deviations] == [("R23", Severity.CRITICAL)]
    assert "re-assessment" in site.row(Subject, SUBJECT).dose_blocked
    refusal = site.refused(SUN, subjects.order_dose, SUBJECT, infusion_number=2, planned_on="2026-04-22")
    assert refusal.first.rule == "R35"
    assert site.ledger_is_whole()


@pytest.mark.requirement("R23")
def test_a_bag_on_its_way_waits_until_the_release_is_upheld(at):
    site = at("issued")
    correct_a_culture_count(site)
    assert site.stopped_by(guards.release_signature_stands, SUN, custody.receive_dose, BAG)
    assert site.stopped_by(guards.no_open_deviation, ZHAO, reassessing.reassess, BATCH)
    settle_deviation(site)
    uphold(site)
    site.run(CHEN, release.lift_dose_block, SUBJECT, reason="assessed: the dose is unchanged")
    arrive(site)
    infuse(site)
    assert site.row(Container, BAG).state is ContainerState.INFUSED


@pytest.mark.requirement("R23")
def test_a_bag_on_its_way_whose_dose_changed_cannot_be_upheld(at):
    site = at("at the ward")
    count = code_of(site, CellCount, point="formulate")
    correct(site, corrections.correct_count, count, "gates", "CD3 of live: 45 %; iNKT of CD3: 70 %")
    blocker = site.stopped_by(reassessing.dose_still_to_be_given_is_within, ZHAO, reassessing.reassess, BATCH)
    assert blocker.rule == "dose.assessment"
    typed = bedside(site)
    assert "R23" in {b.rule for b in site.refused(SUN, custody.record_infusion, BAG, **typed).blockers}


@pytest.mark.requirement("R23", "R34")
def test_upheld_the_earlier_disposition_stays_beside_the_new_one_and_what_was_pending_is_pending(at):
    site = at("infused")
    correct_a_culture_count(site)
    with site.case(Batch, BATCH) as case:
        before = [(d.kind, d.pending) for d in case.dispositions]
    settle_deviation(site)
    uphold(site)
    with site.case(Batch, BATCH) as case:
        after = [(d.kind, d.pending) for d in case.dispositions]
        assert not reassessment_is_due(case)
    assert after == [*before, before[-1]]


@pytest.mark.requirement("R24")
def test_nothing_is_upheld_that_was_not_changed(at):
    site = at("infused")
    refusal = site.refused(ZHAO, reassessing.reassess, BATCH, statement="x", reason="looked at again")
    assert refusal.first.rule == "R23"


@pytest.mark.requirement("R35")
def test_the_next_dose_stays_blocked_until_upheld_and_the_deviation_closed(at):
    site = at("infused")
    correct_a_culture_count(site)
    lift = {"reason": "assessed"}
    assert site.refused(CHEN, release.lift_dose_block, SUBJECT, **lift).first.rule == "R35"
    settle_deviation(site)
    assert site.refused(CHEN, release.lift_dose_block, SUBJECT, **lift).first.rule == "R35"
    uphold(site)
    site.run(CHEN, release.lift_dose_block, SUBJECT, **lift)
    order(site, 2)


@pytest.mark.requirement("R23")
def test_a_patients_weight_corrected_after_release_takes_back_the_batch_it_dosed(at):
    site = at("released")
    ask_code = ask(site, corrections.correct_body, BODY, "weight", "66 kg")
    approve(site, ask_code, "66 kg")
    assert site.row(Batch, BATCH).state is BatchState.IN_REVIEW
    assert site.stopped_by(guards.dose_is_assessed, ZHAO, release.release, BATCH)


@pytest.mark.requirement("R23")
def test_a_lots_expiry_corrected_reaches_every_release_it_went_into(at):
    site = at("infused")
    with site.case(Batch, BATCH) as case:
        lot = case.materials[0][1].code
    correct(site, corrections.correct_lot, lot, "expires_on", "2026-11-30")
    with site.case(Batch, BATCH) as case:
        assert reassessment_is_due(case)


@pytest.mark.requirement("R23")
def test_a_correction_asked_for_and_refused_leaves_the_release_standing(at):
    site = at("labelled")
    code = ask(site, corrections.correct_body, BODY, "weight", "66 kg")
    assert site.blocker(LIU, custody.issue_dose, BAG, "R02")
    site.run(CHEN, corrections.refuse_correction, code, reason="the chart says 65")
    site.run(LIU, custody.issue_dose, BAG, to_whom="ward 3", scanned_label=scan_of(site), temperature="5 °C")
    with site.case(Batch, BATCH) as case:
        assert release_stands(case)
