"""One test for every arrow between two states: who leads a record along it, and where it stands then."""

from collections.abc import Callable

import pytest
from one_batch import (
    BAG,
    BATCH,
    CHEN,
    COLLECTION,
    IDENTITY,
    LABEL,
    LI,
    LIU,
    SEEDING,
    SUN,
    ZHAO,
    accept,
    arrival,
    arrive,
    bedside,
    formulation_entries,
    issue,
    label,
    late_sterility,
    let_go,
    proof_of,
    reprint,
    scan_of,
    separate,
    wash,
)

from inkt_mfg.records.batch import Batch
from inkt_mfg.records.collection import Collection
from inkt_mfg.records.correction import Correction
from inkt_mfg.records.deviation import Deviation
from inkt_mfg.records.dose import Container
from inkt_mfg.records.label import Label
from inkt_mfg.records.printing import PrintJob
from inkt_mfg.records.step import MaterialLot, Step
from inkt_mfg.records.testing import TestResult
from inkt_mfg.records.words import (
    BatchState,
    CollectionState,
    ContainerState,
    CorrectionState,
    DeviationState,
    DispositionKind,
    JobState,
    LabelState,
    LotState,
)
from inkt_mfg.workflow import (
    accounting,
    collections,
    corrections,
    culture,
    custody,
    deviations,
    formulation,
    jobs,
    labelling,
    lots,
    release,
)
from inkt_mfg.workflow.catalogue import JOBS
from inkt_mfg.workflow.states import moves

assert JOBS
_SHOWN: set[tuple] = set()


def way(name: str, start, end) -> Callable:
    """The arrow a test shows; the last test below compares them with the declarations."""

    def show(test: Callable) -> Callable:
        _SHOWN.add((name, type(start), start, end))
        return test

    return show


# --- collection


@way("collection.receive", CollectionState.EXPECTED, CollectionState.RECEIVED)
def test_a_technician_receives_an_expected_collection(at):
    site = at("announced")
    site.run(LI, collections.receive, COLLECTION, **arrival(site))
    assert site.row(Collection, COLLECTION).state is CollectionState.RECEIVED


@way("collection.accept", CollectionState.RECEIVED, CollectionState.ACCEPTED)
def test_qa_accepts_a_received_collection(at):
    site = at("received")
    accept(site)
    assert site.row(Collection, COLLECTION).state is CollectionState.ACCEPTED


@way("collection.reject", CollectionState.RECEIVED, CollectionState.REJECTED)
def test_qa_rejects_a_received_collection_and_says_why(at):
    site = at("received")
    assert site.refused(CHEN, collections.reject, COLLECTION).rule == "R02"
    site.run(CHEN, collections.reject, COLLECTION, reason="clotted")
    assert site.row(Collection, COLLECTION).state is CollectionState.REJECTED


# --- lots


@way("lot.release", LotState.QUARANTINE, LotState.RELEASED)
def test_qa_releases_a_registered_lot(at):
    site = at("founded")
    site.run(LI, lots.register_lot, material="medium", lot_number="MX-1", expires_on="2027-01-01")
    assert site.row(MaterialLot, "MX-1").state is LotState.QUARANTINE
    site.run(CHEN, lots.release_lot, "MX-1")
    assert site.row(MaterialLot, "MX-1").state is LotState.RELEASED


@way("lot.reject", LotState.QUARANTINE, LotState.REJECTED)
def test_qa_rejects_a_lot_in_quarantine(at):
    site = at("founded")
    site.run(LI, lots.register_lot, material="medium", lot_number="MX-1", expires_on="2027-01-01")
    site.run(CHEN, lots.reject_lot, "MX-1", reason="box was open")
    assert site.row(MaterialLot, "MX-1").state is LotState.REJECTED


@way("lot.reject", LotState.RELEASED, LotState.REJECTED)
def test_qa_rejects_a_lot_that_was_released(at):
    site = at("founded")
    site.run(CHEN, lots.reject_lot, "MX-3310", reason="recalled by its maker")
    assert site.row(MaterialLot, "MX-3310").state is LotState.REJECTED


# --- batch


@way("batch.start", BatchState.PLANNED, BatchState.IN_CULTURE)
def test_a_technician_starts_the_culture_of_a_planned_batch(at):
    site = at("planned")
    separate(site)
    site.run(LI, culture.start_culture, BATCH, performed_at=site.now(), **SEEDING)
    batch = site.row(Batch, BATCH)
    assert (batch.state, batch.started_at is not None) == (BatchState.IN_CULTURE, True)


@way("batch.harvest", BatchState.IN_CULTURE, BatchState.HARVESTED)
def test_a_technician_harvests_on_day_14(at):
    site = at("expanded")
    site.later(days=3)
    site.run(LI, culture.harvest, BATCH, performed_at=site.now(), readings={"harvest_volume": "800 mL"})
    batch = site.row(Batch, BATCH)
    assert (batch.state, batch.harvested_at is not None) == (BatchState.HARVESTED, True)


@way("batch.formulate", BatchState.HARVESTED, BatchState.FORMULATED)
def test_formulating_fills_the_bag_and_starts_its_expiry(at):
    site = at("harvested")
    wash(site)
    site.run(LI, formulation.formulate, BATCH, performed_at=site.now(), **formulation_entries(site))
    assert site.row(Batch, BATCH).state is BatchState.FORMULATED
    bag = site.row(Container, BAG)
    assert bag.state is ContainerState.FILLED
    assert (bag.expires_at - bag.filled_at).total_seconds() == 8 * 3600


@way("batch.submit", BatchState.FORMULATED, BatchState.IN_REVIEW)
def test_the_bench_hands_the_record_to_qa(at):
    site = at("assessed")
    site.run(LI, release.submit, BATCH)
    assert site.row(Batch, BATCH).state is BatchState.IN_REVIEW


@way("batch.release", BatchState.IN_REVIEW, BatchState.RELEASED)
@pytest.mark.requirement("R34")
def test_a_release_before_the_late_result_is_conditional_and_names_it(at):
    site = at("reviewed")
    receipt = site.run(ZHAO, release.release, BATCH)
    assert "pending: Sterility, 14 days, due 2026-04-22" in receipt.says.english
    assert site.row(Batch, BATCH).state is BatchState.RELEASED
    with site.case(Batch, BATCH) as case:
        assert case.disposition is DispositionKind.CONDITIONAL
        assert case.dispositions[-1].pending == '{"sterility_final": "2026-04-22"}'


@way("batch.reject", BatchState.IN_REVIEW, BatchState.REJECTED)
def test_qa_rejects_a_batch_and_says_why(at):
    site = at("in review")
    assert site.refused(ZHAO, release.reject, BATCH).rule == "R02"
    site.run(ZHAO, release.reject, BATCH, reason="particles seen")
    assert site.row(Batch, BATCH).state is BatchState.REJECTED
    with site.case(Batch, BATCH) as case:
        assert case.disposition is DispositionKind.REJECTED


@way("batch.release_exceptionally", BatchState.IN_REVIEW, BatchState.RELEASED)
@pytest.mark.requirement("R36")
def test_an_exceptional_release_follows_a_physicians_request(at):
    site = at("in review")
    written = {"justification": "no other option", "risk": "lower effect"}
    site.run(SUN, release.request_exceptional, BATCH, **written)
    site.run(CHEN, release.review, BATCH, audit_trail_reviewed="read")
    risk = {"risk_statement": "accepted by the sponsor", "reason": "physician's request"}
    site.run(ZHAO, release.release_exceptionally, BATCH, **risk)
    with site.case(Batch, BATCH) as case:
        assert (case.batch.state, case.disposition) == (BatchState.RELEASED, DispositionKind.EXCEPTIONAL)
        assert case.dispositions[-1].statement == "accepted by the sponsor"


@way("batch.return_to_bench", BatchState.IN_REVIEW, BatchState.FORMULATED)
def test_qa_sends_a_batch_back_to_the_bench(at):
    site = at("in review")
    site.run(CHEN, release.return_to_bench, BATCH, reason="recount the product")
    assert site.row(Batch, BATCH).state is BatchState.FORMULATED


@way("batch.recall_to_review", BatchState.RELEASED, BatchState.IN_REVIEW)
@way("batch.recall_to_review", ContainerState.LABELLED, ContainerState.FILLED)
def test_a_recall_before_issue_voids_the_label_and_the_release(at):
    site = at("labelled")
    site.run(ZHAO, release.recall_to_review, BATCH, reason="a count is doubted")
    with site.case(Batch, BATCH) as case:
        assert (case.batch.state, case.disposition) == (BatchState.IN_REVIEW, DispositionKind.QUARANTINE)
        assert [label.state for label in case.labels] == [LabelState.SPOILED]
        assert [bag.state for bag in case.containers] == [ContainerState.FILLED]


@way("batch.close", BatchState.RELEASED, BatchState.CLOSED)
def test_a_batch_is_closed_when_nothing_of_it_is_open(at):
    site = at("infused")
    late_sterility(site)
    site.run(ZHAO, release.finalise, BATCH)
    site.run(ZHAO, release.close, BATCH)
    assert site.row(Batch, BATCH).state is BatchState.CLOSED


@way("batch.close", BatchState.REJECTED, BatchState.CLOSED)
def test_a_rejected_batch_is_closed_when_its_bag_is_destroyed(at):
    site = at("in review")
    site.run(ZHAO, release.reject, BATCH, reason="particles seen")
    site.run(LIU, custody.destroy_container, BAG, reason="batch rejected")
    site.run(ZHAO, release.close, BATCH)
    assert site.row(Batch, BATCH).state is BatchState.CLOSED


TERMINATED_FROM = {
    "planned": BatchState.PLANNED,
    "in culture": BatchState.IN_CULTURE,
    "harvested": BatchState.HARVESTED,
    "formulated": BatchState.FORMULATED,
    "in review": BatchState.IN_REVIEW,
}
for state in TERMINATED_FROM.values():
    _SHOWN.add(("batch.terminate", BatchState, state, BatchState.TERMINATED))


@pytest.mark.parametrize("stage", TERMINATED_FROM)
def test_a_batch_is_given_up_at_any_time_before_release(at, stage):
    site = at(stage)
    assert site.row(Batch, BATCH).state is TERMINATED_FROM[stage]
    site.run(ZHAO, culture.terminate, BATCH, reason="stopped growing")
    assert site.row(Batch, BATCH).state is BatchState.TERMINATED


def test_a_released_batch_is_not_terminated_any_more(at):
    refusal = at("released").refused(ZHAO, culture.terminate, BATCH, reason="second thoughts")
    assert (refusal.rule, refusal.first.field, refusal.first.typed) == ("R30", "state", "released")


# --- deviations


@way("deviation.assess", DeviationState.OPEN, DeviationState.ASSESSED)
@way("deviation.close", DeviationState.ASSESSED, DeviationState.CLOSED)
@pytest.mark.requirement("R37")
def test_a_deviation_is_assessed_and_then_closed(at):
    site = at("in culture")
    code = site.run(
        LI, deviations.open_deviation, BATCH, description="incubator door open", severity="minor"
    ).code
    refusal = site.refused(CHEN, deviations.close_deviation, code)
    assert refusal.first.expected.english == "assessed"
    site.run(CHEN, deviations.assess_deviation, code, assessment="36.1 °C for two minutes, no effect")
    assert site.row(Deviation, code).state is DeviationState.ASSESSED
    site.run(CHEN, deviations.close_deviation, code)
    assert site.row(Deviation, code).state is DeviationState.CLOSED


# --- labels


@way("label.register", LabelState.PREPARED, LabelState.PROOFED)
@way("label.confirm", LabelState.PROOFED, LabelState.PRINTED)
@way("label.apply", LabelState.PRINTED, LabelState.APPLIED)
@way("label.apply", ContainerState.FILLED, ContainerState.LABELLED)
@pytest.mark.requirement("R51", "R52")
def test_a_label_is_proofed_then_printed_then_applied(at):
    site = at("released")
    code = site.run(LIU, labelling.prepare_label, BAG).code
    assert site.row(Label, code).state is LabelState.PREPARED
    site.run(LIU, labelling.register_label, code, **proof_of(site, code))
    assert site.row(Label, code).state is LabelState.PROOFED
    site.run(LIU, labelling.confirm_printed, code)
    assert site.row(Label, code).state is LabelState.PRINTED
    scans = {"scanned_label": scan_of(site, code), "scanned_identity": IDENTITY, "scanned_container": BAG}
    site.run(LIU, labelling.apply_label, code, **scans)
    assert site.row(Label, code).state is LabelState.APPLIED
    assert site.row(Container, BAG).state is ContainerState.LABELLED


SPOILED_FROM = (LabelState.PREPARED, LabelState.PROOFED, LabelState.PRINTED, LabelState.APPLIED)
for state in SPOILED_FROM:
    _SHOWN.add(("label.spoil", LabelState, state, LabelState.SPOILED))


def prepared_up_to(site, state):
    site.run(LIU, labelling.prepare_label, BAG)
    if state in (LabelState.PROOFED, LabelState.PRINTED):
        site.run(LIU, labelling.register_label, LABEL, **proof_of(site, LABEL))
    if state is LabelState.PRINTED:
        site.run(LIU, labelling.confirm_printed, LABEL)
    return site


for state in SPOILED_FROM:
    _SHOWN.add(("label.reprint", LabelState, state, LabelState.SPOILED))


@pytest.mark.requirement("R52")
@pytest.mark.parametrize("state", SPOILED_FROM)
def test_a_label_that_is_reprinted_ends_wherever_it_was(at, state):
    site = at("labelled") if state is LabelState.APPLIED else prepared_up_to(at("released"), state)
    copy = reprint(site, LABEL)
    assert site.row(Label, LABEL).state is LabelState.SPOILED
    assert site.row(Label, copy).state is LabelState.PREPARED


@pytest.mark.requirement("R52")
@pytest.mark.parametrize("state", SPOILED_FROM)
def test_a_label_is_spoiled_while_the_bag_is_still_here(at, state):
    site = at("labelled") if state is LabelState.APPLIED else prepared_up_to(at("released"), state)
    assert site.row(Label, LABEL).state is state
    assert site.refused(LIU, accounting.spoil_label, LABEL).rule == "R02"
    site.run(LIU, accounting.spoil_label, LABEL, reason="smeared")
    assert site.row(Label, LABEL).state is LabelState.SPOILED


# --- the bag


@way("dose.issue", ContainerState.LABELLED, ContainerState.ISSUED)
@way("dose.receive", ContainerState.ISSUED, ContainerState.RECEIVED)
@way("dose.infuse", ContainerState.RECEIVED, ContainerState.INFUSED)
@pytest.mark.requirement("R41")
def test_a_bag_goes_from_the_hatch_to_the_patient(at):
    site = at("labelled")
    issue(site)
    assert site.row(Container, BAG).state is ContainerState.ISSUED
    arrive(site)
    assert site.row(Container, BAG).state is ContainerState.RECEIVED
    site.later(minutes=5)
    site.run(SUN, custody.record_infusion, BAG, **bedside(site))
    assert site.row(Container, BAG).state is ContainerState.INFUSED
    with site.case(Container, BAG) as case:
        assert [h.kind.value for h in case.handovers] == ["issue", "receipt"]
        assert case.infusions[0].volume_given_typed == "100 mL"


RETURNED_FROM = {"issued": ContainerState.ISSUED, "at the ward": ContainerState.RECEIVED}
for state in RETURNED_FROM.values():
    _SHOWN.add(("dose.return", ContainerState, state, ContainerState.RETURNED))


@pytest.mark.parametrize("stage", RETURNED_FROM)
def test_a_bag_comes_back_from_the_ward_with_its_reason_and_temperature(at, stage):
    site = at(stage)
    scanned = {"scanned_label": scan_of(site), "temperature": "6.0 °C"}
    assert site.refused(SUN, custody.return_dose, BAG, **scanned).rule == "R02"
    site.run(SUN, custody.return_dose, BAG, reason="patient has a fever", **scanned)
    assert site.row(Container, BAG).state is ContainerState.RETURNED


@way("dose.destroy", ContainerState.FILLED, ContainerState.DESTROYED)
@way("dose.destroy", ContainerState.LABELLED, ContainerState.DESTROYED)
@pytest.mark.parametrize("stage", ["released", "labelled"])
def test_a_bag_still_here_is_destroyed(at, stage):
    site = at(stage)
    site.run(LIU, custody.destroy_container, BAG, reason="bag leaks")
    assert site.row(Container, BAG).state is ContainerState.DESTROYED


@way("dose.destroy", ContainerState.RETURNED, ContainerState.DESTROYED)
def test_a_returned_bag_is_destroyed_and_never_issued_again(at):
    site = at("issued")
    scanned = {"scanned_label": scan_of(site), "temperature": "6.0 °C"}
    site.run(SUN, custody.return_dose, BAG, reason="fever", **scanned)
    again = {"to_whom": "ward 3", **scanned}
    assert site.refused(LIU, custody.issue_dose, BAG, **again).rule == "R30"
    site.run(LIU, custody.destroy_container, BAG, reason="returned")
    assert site.row(Container, BAG).state is ContainerState.DESTROYED


# --- nothing else


@way("label.destroy", LabelState.PRINTED, LabelState.DESTROYED)
def test_a_printed_label_is_destroyed_before_a_witness(at):
    site = printed(at)
    assert site.refused(LIU, accounting.destroy_label, LABEL).rule == "R02"
    site.run(LIU, accounting.destroy_label, LABEL, reason="torn in the printer")
    assert site.row(Label, LABEL).state is LabelState.DESTROYED


@way("label.keep_specimen", LabelState.PRINTED, LabelState.SPECIMEN)
def test_a_printed_label_is_kept_as_specimen(at):
    site = printed(at)
    site.run(LIU, accounting.keep_specimen, LABEL, reason="filed with the record")
    assert site.row(Label, LABEL).state is LabelState.SPECIMEN


@way("job.stop", JobState.RUNNING, JobState.STOPPED)
@way("job.resume", JobState.STOPPED, JobState.RUNNING)
@way("job.sent", JobState.RUNNING, JobState.DONE)
@pytest.mark.requirement("R52")
def test_a_print_job_is_stopped_resumed_and_done(at, tmp_path):
    site = prepared_up_to(at("released"), LabelState.PROOFED)
    job = site.run(LIU, jobs.start_job, labels=LABEL, folder=str(tmp_path)).code
    for command, typed, then in (
        (jobs.stop_job, {"reason": "the folder is full", "under_way": "not_sent"}, JobState.STOPPED),
        (jobs.resume_job, {}, JobState.RUNNING),
        (jobs.record_sent, {"label": LABEL, "sha256": "0" * 64}, JobState.DONE),
    ):
        site.run(LIU, command, job, **typed)
        assert site.row(PrintJob, job).state is then


@way("label.return", LabelState.PRINTED, LabelState.RETURNED)
def test_a_printed_label_that_was_not_needed_is_given_back(at):
    site = printed(at)
    site.run(LIU, accounting.return_label, LABEL, reason="the bag was not filled")
    assert site.row(Label, LABEL).state is LabelState.RETURNED


def printed(at_stage):
    """A label that is out of the printer and not on a bag."""
    return prepared_up_to(at_stage("released"), LabelState.PRINTED)


# --- corrections


def corrected(at_stage, ask_for, table: type, value: str, new: str, **of: object) -> tuple:
    site = at_stage("labelled")
    with site.case(Batch, BATCH) as case:
        rows = {Step: case.steps, TestResult: case.all_results}.get(table, [case.collection])
        on = next(r.code for r in rows if all(getattr(r, k) == v for k, v in of.items()))
    why = {"why": "transcription", "reason": "the worksheet says otherwise"}
    return site, site.run(LI, ask_for, on, value=value, new=new, **why).code


def taken_back(site) -> bool:
    void = site.row(Label, LABEL).state is LabelState.SPOILED
    filled = site.row(Container, BAG).state is ContainerState.FILLED
    return void and filled and site.row(Batch, BATCH).state is BatchState.IN_REVIEW


@way("step.correct", ContainerState.LABELLED, ContainerState.FILLED)
@way("step.correct", BatchState.RELEASED, BatchState.IN_REVIEW)
def test_a_steps_remark_corrected_after_release_takes_the_release_back(at):
    site, _code = corrected(at, corrections.correct_step, Step, "remark", "foamed", plan_code="feed")
    assert taken_back(site)


@way("collection.correct", ContainerState.LABELLED, ContainerState.FILLED)
@way("collection.correct", BatchState.RELEASED, BatchState.IN_REVIEW)
def test_a_collections_anticoagulant_corrected_after_release_takes_the_release_back(at):
    site, _code = corrected(at, corrections.correct_collection, Collection, "anticoagulant", "CPD")
    assert taken_back(site)


@way("correction.approve", ContainerState.LABELLED, ContainerState.FILLED)
@way("correction.approve", BatchState.RELEASED, BatchState.IN_REVIEW)
@way("correction.approve", CorrectionState.PENDING, CorrectionState.APPLIED)
def test_a_critical_value_corrected_after_release_takes_the_release_back_when_approved(at):
    site, code = corrected(at, corrections.correct_result, TestResult, "result", "70.2 %", test="inkt_purity")
    assert not taken_back(site)
    site.run(CHEN, corrections.approve, code, source_says="70.2 %")
    assert taken_back(site)
    assert site.row(Correction, code).state is CorrectionState.APPLIED


@way("correction.refuse", CorrectionState.PENDING, CorrectionState.REFUSED)
def test_qa_refuses_a_correction_and_says_why(at):
    site, code = corrected(at, corrections.correct_result, TestResult, "result", "70.2 %", test="inkt_purity")
    assert site.refused(CHEN, corrections.refuse_correction, code).rule == "R02"
    site.run(CHEN, corrections.refuse_correction, code, reason="the certificate says 70.1")
    assert site.row(Correction, code).state is CorrectionState.REFUSED


@way("correction.withdraw", CorrectionState.PENDING, CorrectionState.WITHDRAWN)
def test_who_asked_withdraws_a_correction(at):
    site, code = corrected(at, corrections.correct_result, TestResult, "result", "70.2 %", test="inkt_purity")
    site.run(LI, corrections.withdraw, code, reason="looked again")
    assert site.row(Correction, code).state is CorrectionState.WITHDRAWN


@pytest.mark.requirement("R30")
def test_every_declared_arrow_has_its_test_here():
    assert {(m.command.name, type(m.start), m.start, m.end) for m in moves()} == _SHOWN


@pytest.mark.requirement("R30")
@pytest.mark.parametrize(
    ("stage", "who", "command"),
    [
        ("planned", LI, culture.harvest),
        ("in culture", LI, culture.start_culture),
        ("harvested", LI, culture.feed),
        ("formulated", LI, culture.wash),
        ("in review", LI, release.submit),
        ("formulated", CHEN, release.review),
        ("formulated", ZHAO, release.release),
        ("released", ZHAO, release.reject),
        ("infused", ZHAO, release.release),
    ],
)
def test_an_act_out_of_its_state_is_refused_with_both_states_named(standing, stage, who, command):
    site = standing(stage)
    reason = "a reason" if command.asks_reason else None
    refusal = site.refused(who, command, BATCH, reason=reason)
    assert (refusal.rule, refusal.first.field) == ("R30", "state")
    assert refusal.first.typed == site.row(Batch, BATCH).state.value
    assert refusal.first.expected.english
    assert refusal.first.resolve_by.english


def test_a_label_is_only_put_on_a_bag_of_the_batch_it_was_made_for(at):
    site = at("reviewed")
    let_go(site)
    label(site)
    with site.case(Label, LABEL) as case:
        assert (case.container.code, case.batch.code) == (BAG, BATCH)
