"""Changing an entered value: a reason always, a second person for a critical one, and nothing computes in between."""

from decimal import Decimal

import pytest
from one_batch import (
    BAG,
    BATCH,
    BODY,
    CHEN,
    COLLECTION,
    LI,
    LIU,
    ORDER,
    SUBJECT,
    SUN,
    WANG,
    ZHAO,
    let_go,
    measure,
    review,
)

from inkt_mfg.records.batch import Batch
from inkt_mfg.records.collection import Collection
from inkt_mfg.records.correction import Correction
from inkt_mfg.records.count import CellCount
from inkt_mfg.records.dose import Container
from inkt_mfg.records.step import MaterialLot, Step
from inkt_mfg.records.subject import BodyMeasurement, DoseOrder, Subject
from inkt_mfg.records.testing import TestResult
from inkt_mfg.records.words import CorrectionState, ReadingState, TestVerdict
from inkt_mfg.workflow import corrections, counting, culture, formulation, guards, release
from inkt_mfg.workflow.catalogue import JOBS
from inkt_mfg.workflow.correctable import CORRECTABLE_TABLES, correctable_values

assert JOBS
WHY = {"why": "transcription", "reason": "the worksheet says otherwise"}


def code_of(site, table: type, **where: object) -> str:
    """The code of the one record of this batch that these columns name."""
    with site.case(Batch, BATCH) as case:
        rows = {Step: case.steps, CellCount: case.counts, TestResult: case.all_results}[table]
        return next(r.code for r in rows if all(getattr(r, k) == v for k, v in where.items()))


def ask(site, command, on: str, value: str, new: str, who: str = LI) -> str:
    return site.run(who, command, on, value=value, new=new, **WHY).code


def approve(site, code: str, source_says: str, who: str = CHEN):
    return site.run(who, corrections.approve, code, source_says=source_says)


def correct(site, command, on: str, value: str, new: str):
    """Asked by Li, approved by Chen from the source."""
    return approve(site, ask(site, command, on, value, new), new)


@pytest.mark.requirement("R02", "R01")
def test_a_value_that_is_not_critical_is_changed_at_once_with_its_reason(at):
    site = at("expanded")
    feed = code_of(site, Step, plan_code="feed")
    with site.case(Step, feed) as case:
        lot = next(v.name for v in correctable_values(case) if v.name.startswith("amount:"))
    code = ask(site, corrections.correct_step, feed, lot, "52 mL")
    correction = site.row(Correction, code)
    assert (correction.state, correction.critical) == (CorrectionState.APPLIED, False)
    assert (correction.old_typed, correction.new_typed) == ("as planned", "52 mL")
    assert site.ledger_is_whole()


@pytest.mark.requirement("R02")
@pytest.mark.parametrize("left_out", ["reason", "why"])
def test_a_change_without_its_reason_is_refused(at, left_out):
    site = at("expanded")
    count = code_of(site, CellCount, point="feed")
    typed = {"value": "volume", "new": "242 mL", **WHY, left_out: ""}
    refusal = site.refused(LI, corrections.correct_count, count, **typed)
    assert refusal.first.field == left_out


@pytest.mark.requirement("R02", "R39")
def test_a_critical_value_waits_and_until_then_neither_the_old_nor_the_new_one_computes(at):
    site = at("reviewed")
    count = code_of(site, CellCount, point="formulate")
    code = ask(site, corrections.correct_count, count, "volume", "105 mL")
    assert site.row(Correction, code).state is CorrectionState.PENDING
    assert site.row(CellCount, count).volume_typed == "107 mL"
    pending = site.stopped_by(guards.no_correction_is_pending, ZHAO, release.release, BATCH)
    assert (pending.rule, pending.typed) == ("R02", code)
    assert pending.what.english.startswith("CORRECTION PENDING")
    assert "107 mL → 105 mL" in pending.what.english
    site.refused(ZHAO, release.release, BATCH)
    site.refused(ZHAO, release.review, BATCH, audit_trail_reviewed="read")


@pytest.mark.requirement("R02", "R39")
@pytest.mark.parametrize("stage", ["assessed", "released", "issued", "at the ward"])
def test_dose_label_release_and_infusion_all_answer_correction_pending(at, stage):
    asked = {
        "assessed": (LI, formulation.assess_dose, BATCH),
        "released": (LIU, "label.prepare", BAG),
        "issued": (SUN, "dose.receive", BAG),
        "at the ward": (SUN, "dose.infuse", BAG),
    }
    site = at(stage)
    ask(site, corrections.correct_body, BODY, "weight", "66 kg")
    who, command, on = asked[stage]
    named = next(c for c in _commands() if c.name == command) if isinstance(command, str) else command
    assert site.stopped_by(guards.no_correction_is_pending, who, named, on).rule == "R02"


def _commands():
    from inkt_mfg.workflow.command import CATALOGUE

    return CATALOGUE.values()


@pytest.mark.requirement("R02", "R24", "R33")
def test_the_second_person_reads_the_source_again_and_is_never_the_one_who_asks(at):
    site = at("assessed")
    count = code_of(site, CellCount, point="formulate")
    own = ask(site, corrections.correct_count, count, "volume", "105 mL", who=CHEN)
    assert site.refused(CHEN, corrections.approve, own, source_says="105 mL").first.rule == "R24"
    otherwise = site.refused(ZHAO, corrections.approve, own, source_says="106 mL")
    assert (otherwise.first.rule, otherwise.first.typed) == ("R33", "106 mL")
    approve(site, own, "0.105 L", who=ZHAO)
    assert site.row(Correction, own).state is CorrectionState.APPLIED
    assert site.row(CellCount, count).volume_typed == "105 mL"


@pytest.mark.requirement("R02")
def test_what_follows_from_a_corrected_count_is_what_a_first_entry_would_have_given(at):
    site = at("expanded")
    count = code_of(site, CellCount, point="feed")
    before = site.row(CellCount, count)
    correct(site, corrections.correct_count, count, "concentration:1", "1.2e6 cells/mL")
    after = site.row(CellCount, count)
    with site.case(CellCount, count) as case:
        rows = case.replicates(case.target)
        mean = sum(r.concentration for r in rows) / len(rows)
    assert after.total_concentration == mean != before.total_concentration
    assert after.total_viable_cells == after.viable_cell_density * after.volume
    assert site.ledger_is_whole()


def test_a_body_measurement_corrected_is_confirmed_by_the_readings_of_two_and_its_area_follows(at):
    site = at("assessed")
    before = site.row(BodyMeasurement, BODY)
    correct(site, corrections.correct_body, BODY, "weight", "56 kg")
    after = site.row(BodyMeasurement, BODY)
    assert after.state is ReadingState.CONFIRMED
    assert (after.weight_typed, after.second_weight_typed) == ("56 kg", "56 kg")
    assert (after.weight, after.height) == (Decimal(56), before.height)
    assert after.bsa < before.bsa
    assert site.stopped_by(guards.dose_is_assessed, LI, release.submit, BATCH)
    site.run(LI, formulation.assess_dose, BATCH)
    assert site.not_stopped_by(guards.dose_is_assessed, LI, release.submit, BATCH)


def test_a_weight_beyond_the_hard_limit_is_refused_as_a_correction_too(at):
    site = at("assessed")
    ask_ = {"value": "weight", "new": "5.6 kg", **WHY}
    code = site.run(LI, corrections.correct_body, BODY, **ask_).code
    site.refused(CHEN, corrections.approve, code, source_says="5.6 kg")
    assert site.row(BodyMeasurement, BODY).weight_typed == "65 kg"


@pytest.mark.requirement("R33")
def test_the_figures_of_a_first_reading_cannot_be_had_by_asking_what_may_be_corrected(at):
    site = at("assessed")
    from inkt_mfg.workflow import subjects

    waiting = site.run(
        LI, subjects.measure_body, SUBJECT, height="168 cm", weight="64 kg", measured_on=site.today()
    ).code
    with site.case(BodyMeasurement, waiting) as case:
        assert correctable_values(case) == ()
    site.refused(LI, corrections.correct_body, waiting, value="weight", new="65 kg", **WHY)


def test_the_formulated_volume_corrected_refills_the_bag_and_its_time_moves_the_expiry(at):
    site = at("assessed")
    formulated = code_of(site, Step, plan_code="formulate")
    before = site.row(Container, BAG)
    correct(site, corrections.correct_step, formulated, "formulated_volume", "103 mL")
    assert site.row(Container, BAG).volume == Decimal(103)
    with site.case(Step, formulated) as case:
        typed = case.readings[case.target.key]["formulated_at"].value_typed
    earlier = typed.replace(typed[-5:], f"{int(typed[-5:-3]):02d}:{(int(typed[-2:]) + 59) % 60:02d}")
    correct(site, corrections.correct_step, formulated, "formulated_at", earlier)
    assert site.row(Container, BAG).expires_at != before.expires_at
    assert site.ledger_is_whole()


def test_a_sample_volume_corrected_changes_what_never_reaches_the_patient(at):
    site = at("assessed")
    sampled = code_of(site, Step, plan_code="sample_product")
    before = site.row(Container, BAG).withdrawn
    correct(site, corrections.correct_step, sampled, "sample_volume", "6 mL")
    assert site.row(Container, BAG).withdrawn == before + 1


@pytest.mark.requirement("R37")
def test_what_is_off_the_plan_only_with_the_true_value_opens_a_deviation(at):
    site = at("assessed")
    sampled = code_of(site, Step, plan_code="sample_product")
    correct(site, corrections.correct_step, sampled, "sample_volume", "1 mL")
    with site.case(Batch, BATCH) as case:
        assert [d.rule for d in case.open_deviations] == ["sample.volume"]
        assert "CR-00001" in case.open_deviations[0].description


def test_a_result_corrected_is_judged_again(at):
    site = at("reviewed")
    purity = code_of(site, TestResult, test="inkt_purity")
    correct(site, corrections.correct_result, purity, "result", "7.01 %")
    assert site.row(TestResult, purity).verdict is TestVerdict.FAIL
    with site.case(Batch, BATCH) as case:
        assert any(purity in d.description for d in case.open_deviations)
    assert site.stopped_by(guards.every_result_passes, ZHAO, release.release, BATCH)


@pytest.mark.requirement("R24", "R33")
def test_a_verified_entry_corrected_and_approved_stays_verified_and_an_unverified_one_does_not_become_so(at):
    site = at("assessed")
    count = code_of(site, CellCount, point="formulate")
    correct(site, corrections.correct_count, count, "volume", "105 mL")
    with site.case(CellCount, count) as case:
        assert guards.verification_stands(case, case.target)
    with site.case(Batch, BATCH) as case:
        approver = case.session.exec(_user(CHEN)).one().key
        assert approver not in case.performers  # an approval is QA's, not the bench's


def _user(name: str):
    from sqlmodel import select

    from inkt_mfg.records.people import User

    return select(User).where(User.user_name == name)


@pytest.mark.requirement("R33")
def test_a_verified_entry_with_another_value_changed_at_once_is_verified_anew(at):
    site = at("assessed")
    step = code_of(site, Step, plan_code="feed")
    ask(site, corrections.correct_step, step, "remark", "foamed a little")
    assert site.row(Step, step).verified_by is None
    site.run(WANG, culture.verify_step, step)


def test_an_entry_under_correction_is_not_verified(at):
    site = at("expanded")
    count = site.run(
        LI,
        counting.record_count,
        BATCH,
        **_another_count(site),
        reason="counted twice",
    ).code
    ask(site, corrections.correct_count, count, "volume", "605 mL")
    refusal = site.refused(WANG, counting.verify_count, count)
    assert refusal.first.rule == "R02"


def _another_count(site):
    from one_batch import typed_count

    return typed_count(site, "feed", "1e6 cells/mL", "240 mL")


def test_one_value_waits_for_one_correction_at_a_time(at):
    site = at("assessed")
    count = code_of(site, CellCount, point="formulate")
    first = ask(site, corrections.correct_count, count, "volume", "105 mL")
    refusal = site.refused(WANG, corrections.correct_count, count, value="volume", new="104 mL", **WHY)
    assert first in refusal.first.what.english
    ask(site, corrections.correct_count, count, "viability:1", "95 %")


def test_the_same_value_spelled_otherwise_is_no_correction(at):
    site = at("assessed")
    count = code_of(site, CellCount, point="formulate")
    refusal = site.refused(LI, corrections.correct_count, count, value="volume", new="0.107 L", **WHY)
    assert refusal.first.rule == "correction.same"


def test_a_value_without_its_unit_is_refused_where_it_was_typed(at):
    site = at("assessed")
    count = code_of(site, CellCount, point="formulate")
    refusal = site.refused(LI, corrections.correct_count, count, value="volume", new="105", **WHY)
    assert (refusal.rule, refusal.first.field, refusal.first.typed) == ("units.missing", "new", "105")


def test_a_value_nobody_entered_is_refused_with_those_there_are(at):
    site = at("assessed")
    count = code_of(site, CellCount, point="formulate")
    refusal = site.refused(LI, corrections.correct_count, count, value="viable_cell_density", new="1", **WHY)
    assert "volume" in refusal.first.expected.english


def test_a_correction_refused_or_withdrawn_leaves_the_first_entry(at):
    site = at("assessed")
    count = code_of(site, CellCount, point="formulate")
    refused = ask(site, corrections.correct_count, count, "volume", "105 mL")
    site.run(CHEN, corrections.refuse_correction, refused, reason="the worksheet says 107")
    withdrawn = ask(site, corrections.correct_count, count, "volume", "105 mL")
    assert site.refused(WANG, corrections.withdraw, withdrawn, reason="x").first.rule == "correction.asked"
    site.run(LI, corrections.withdraw, withdrawn, reason="looked again")
    states = {site.row(Correction, c).state for c in (refused, withdrawn)}
    assert states == {CorrectionState.REFUSED, CorrectionState.WITHDRAWN}
    assert site.row(CellCount, count).volume_typed == "107 mL"
    with site.case(Batch, BATCH) as case:
        assert guards.no_correction_is_pending(case) is None


@pytest.mark.requirement("R38")
def test_a_correction_after_the_review_asks_for_another_review(at):
    site = at("reviewed")
    count = code_of(site, CellCount, point="feed")
    correct(site, corrections.correct_count, count, "volume", "241 mL")
    assert site.stopped_by(guards.record_is_reviewed, ZHAO, release.release, BATCH)
    review(site)
    let_go(site)


@pytest.mark.parametrize("table", CORRECTABLE_TABLES, ids=lambda t: t.__name__)
def test_every_kind_of_record_says_what_of_it_can_be_corrected(at, table):
    site = at("infused")
    with site.case(Batch, BATCH) as case:
        codes = {
            Step: case.steps[0].code,
            CellCount: case.counts[0].code,
            BodyMeasurement: BODY,
            Subject: SUBJECT,
            Collection: COLLECTION,
            TestResult: case.all_results[0].code,
            DoseOrder: ORDER,
            MaterialLot: case.materials[0][1].code,
        }
        infusion = case.infusions[0].code
    with site.case(table, codes.get(table, infusion)) as case:
        values = correctable_values(case)
    assert values
    assert len({v.name for v in values}) == len(values)


CRITICAL = {
    "body": (corrections.correct_body, lambda _site: BODY, "height", "170 cm"),
    "identity": (corrections.correct_subject, lambda _site: SUBJECT, "patient_name", "王晓明"),
    "birth": (corrections.correct_subject, lambda _site: SUBJECT, "birth_date", "1969-05-14"),
    "consent": (corrections.correct_subject, lambda _site: SUBJECT, "consent_signed_on", "2026-03-17"),
    "donation": (corrections.correct_collection, lambda _site: COLLECTION, "donation_id", "YA260325007"),
    "order": (corrections.correct_order, lambda _site: ORDER, "planned_on", "2026-04-09"),
    "gates": (
        corrections.correct_count,
        lambda site: code_of(site, CellCount, point="formulate"),
        "gates",
        "CD3 of live: 90 %; iNKT of CD3: 80 %",
    ),
    "time": (
        corrections.correct_step,
        lambda site: code_of(site, Step, plan_code="feed"),
        "performed_at",
        "2026-03-30 11:11",
    ),
}


@pytest.mark.requirement("R02")
@pytest.mark.parametrize("case", CRITICAL)
def test_every_critical_value_waits_for_the_second_person(at, case):
    command, on, value, new = CRITICAL[case]
    site = at("reviewed")
    code = ask(site, command, on(site), value, new)
    assert site.row(Correction, code).state is CorrectionState.PENDING
    assert site.stopped_by(guards.no_correction_is_pending, ZHAO, release.release, BATCH)
    approve(site, code, new)
    assert site.row(Correction, code).state is CorrectionState.APPLIED
    assert site.ledger_is_whole()


def test_a_lot_that_was_not_released_then_is_no_correction_of_the_lot_used(at):
    site = at("expanded")
    feed = code_of(site, Step, plan_code="feed")
    with site.case(Step, feed) as case:
        name = next(v.name for v in correctable_values(case) if v.name.startswith("lot:"))
    refusal = site.refused(LI, corrections.correct_step, feed, value=name, new="NO-SUCH-LOT", **WHY)
    assert refusal.first.rule == "record.unknown"


def test_a_time_that_would_change_the_order_of_the_steps_is_refused(at):
    site = at("expanded")
    seed = code_of(site, Step, plan_code="seed")
    late = {"value": "performed_at", "new": site.now(), **WHY}
    assert site.refused(LI, corrections.correct_step, seed, **late).first.rule == "R30"


def test_a_second_measurement_is_no_correction_and_waits_for_its_own_second_reading(at):
    site = at("assessed")
    assert measure(site, weight="64 kg") != BODY
    assert site.row(BodyMeasurement, BODY).weight_typed == "65 kg"


def test_a_technician_may_not_approve(at):
    site = at("assessed")
    code = ask(site, corrections.correct_body, BODY, "weight", "66 kg")
    assert site.refused(WANG, corrections.approve, code, source_says="66 kg").first.rule.startswith("R24")


def test_a_late_result_corrected_to_a_failure_blocks_the_next_dose(at):
    site = at("infused")
    purity = code_of(site, TestResult, test="inkt_purity")
    correct(site, corrections.correct_result, purity, "result", "7.01 %")
    assert site.row(Subject, SUBJECT).dose_blocked
