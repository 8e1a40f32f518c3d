"""Somebody tries to get cells into a patient that should not go there, one way after another; the numbers are the list
of holes a cold read found. Each of these passed before its mend."""

from datetime import timedelta
from pathlib import Path

import pytest
from one_batch import (
    ADMIN,
    BAG,
    BATCH,
    CHEN,
    COLLECTION,
    HEALTHY,
    IDENTITY,
    INFUSION_DAY,
    LI,
    LIU,
    PRODUCT,
    SUBJECT,
    SUN,
    WANG,
    ZHAO,
    arrival,
    assess,
    bedside,
    count,
    formulation_entries,
    late_sterility,
    let_go,
    lots_of,
    measure,
    plan,
    proof_of,
    record_result,
    report,
    review,
    sampling,
    scan_of,
    step,
    submit,
    typed_count,
    wash,
)
from test_guards_of_trial_and_record import close_deviations

from inkt_mfg.records.batch import Batch
from inkt_mfg.records.count import CellCount
from inkt_mfg.records.deviation import Deviation
from inkt_mfg.records.words import CountMethod, Severity
from inkt_mfg.workflow import (
    collections,
    culture,
    custody,
    formulation,
    guards,
    labelling,
    lots,
    people,
    release,
    testing,
)
from inkt_mfg.workflow.catalogue import JOBS
from inkt_mfg.workflow.counting import record_count, verify_count

assert JOBS
EXPORT = Path(__file__).resolve().parents[1] / "instruments" / "exports" / "vi_cell_blu.csv"


def recount(site, product: str = "1.9e7 cells/mL", **other: object) -> str:
    typed = typed_count(site, "formulate", product, "107 mL", "70 %", reason="recounted", **other)
    return site.run(LI, record_count, BATCH, **typed).code


# --- 1: one order infused twice


def test_01_a_second_batch_for_the_same_infusion_is_not_planned(at):
    site = at("planned")
    refusal = site.refused(LI, culture.plan_batch, COLLECTION, infusion_number=1)
    assert (refusal.rule, refusal.first.typed) == ("order.batch", "1")
    site.run(ZHAO, culture.terminate, BATCH, reason="culture never started")
    plan(site)


def test_01_after_an_infusion_no_batch_is_planned_for_it_again(at):
    site = at("infused")
    assert site.refused(LI, culture.plan_batch, COLLECTION, infusion_number=1).rule == "order.batch"


def test_01_a_batch_released_but_destroyed_unused_makes_room_for_another(at):
    site = at("released")
    site.run(LIU, custody.destroy_container, BAG, reason="bag leaks")
    late_sterility(site)
    site.run(ZHAO, release.finalise, BATCH)
    site.run(ZHAO, release.close, BATCH)
    site.run(LI, culture.plan_batch, COLLECTION, infusion_number=1)


# --- 2: a contaminated bag infused


@pytest.mark.requirement("R35")
def test_02_a_bag_whose_batch_failed_late_is_not_infused(at):
    site = at("at the ward")
    record_result(site, "gram_stain", "positive", reason="read again")
    refusal = site.refused(SUN, custody.record_infusion, BAG, **bedside(site))
    assert {"R35", "R37"} <= {b.rule for b in refusal.blockers}
    assert site.refused(ZHAO, release.lift_dose_block, SUBJECT, reason="in a hurry").rule == "R35"
    site.run(ZHAO, release.fail_late, BATCH, reason="contaminated")
    close_deviations(site, "DV-00001")
    site.run(ZHAO, release.lift_dose_block, SUBJECT, reason="assessed")
    assert "R55" in {
        b.rule for b in site.refused(SUN, custody.record_infusion, BAG, **bedside(site)).blockers
    }


# --- 3: an instrument's file


@pytest.mark.requirement("R33")
def test_03_nobody_claims_an_instrument_file_without_one(standing):
    site = standing("harvested")
    typed = typed_count(
        site, "harvest", "3e6 cells/mL", "800 mL", "70 %", method="instrument_file", reason="x"
    )
    assert site.refused(LI, record_count, BATCH, **typed).first.field == "from_file"


@pytest.mark.requirement("R33", "R07")
def test_03_a_count_from_a_file_keeps_its_hash_and_still_needs_its_second_person(at, tmp_path):
    site = at("harvested")
    export = tmp_path / "export.csv"
    row = "B0001-d14,3012,2801,1.09,1.01,92.99,9.8,100,PBMC,1/4/2027 9:30,,tk,1,"
    head = EXPORT.read_text(encoding="utf-8").splitlines()[0]
    export.write_text(f"{head}\n{row}\n{row}\n", encoding="utf-8")
    typed = typed_count(site, "harvest", "", "800 mL", "70 %", replicates=(), reason="from the instrument")
    code = site.run(LI, record_count, BATCH, from_file=str(export), sample_id="B0001-d14", **typed).code
    kept = site.row(CellCount, code)
    assert (kept.method, len(kept.source_sha256)) == (CountMethod.INSTRUMENT_FILE, 64)
    assert (str(kept.viability), kept.verified_by) == ("92.99", None)
    with site.case(Batch, BATCH) as case:
        blocker = guards.critical_entries_are_verified(case)
    assert blocker.typed == code
    refusal = site.refused(LI, record_count, BATCH, from_file=str(export), sample_id="B0002", **typed)
    assert (refusal.rule, refusal.first.typed) == ("instrument.sample", "B0002")


@pytest.mark.requirement("R33")
def test_03_rows_of_two_samples_are_never_averaged_as_replicates_of_one_count(at, tmp_path):
    site = at("harvested")
    export = tmp_path / "export.csv"
    row = "{sample},3012,2801,1.09,1.01,92.99,9.8,100,PBMC,1/4/2027 9:30,,tk,1,"
    lines = [EXPORT.read_text(encoding="utf-8").splitlines()[0]]
    lines += [row.format(sample=sample) for sample in ("B0001-d7", "B0002-d7", "B0001-d7")]
    export.write_text("\n".join(lines) + "\n", encoding="utf-8")
    typed = typed_count(site, "harvest", "", "800 mL", "70 %", replicates=(), reason="from the instrument")
    refusal = site.refused(LI, record_count, BATCH, from_file=str(export), **typed)
    assert (refusal.rule, refusal.first.field) == ("instrument.samples", "sample_id")
    assert "B0001-d7, B0002-d7" in refusal.first.what.english
    site.run(LI, record_count, BATCH, from_file=str(export), sample_id="B0001-d7", **typed)


def test_03_a_file_the_instrument_doubts_is_no_count(at):
    site = at("harvested")
    typed = typed_count(site, "harvest", "", "800 mL", "70 %", replicates=(), reason="from the instrument")
    refusal = site.refused(LI, record_count, BATCH, from_file=str(EXPORT), sample_id="B0002-d10", **typed)
    assert refusal.rule.startswith("instrument.")


# --- 4, 12: a dose worked out from what is no longer so


def test_04_a_newer_body_makes_the_old_dose_check_worthless(at):
    site = at("reviewed")
    measure(site, weight="58 kg")
    refusal = site.refused(ZHAO, release.release, BATCH)
    assert "dose.assessment" in {b.rule for b in refusal.blockers}


def test_04_a_newer_count_makes_the_old_dose_check_worthless(at):
    site = at("assessed")
    site.run(WANG, verify_count, recount(site))
    assert "dose.assessment" in {b.rule for b in site.refused(LI, release.submit, BATCH).blockers}
    site.run(LI, formulation.assess_dose, BATCH)
    submit(site)


def test_04_a_volume_edited_behind_the_back_makes_the_old_dose_check_worthless(at):
    site = at("assessed")
    site.behind("UPDATE container SET volume = '120'")
    assert "dose.assessment" in {b.rule for b in site.refused(LI, release.submit, BATCH).blockers}


# --- 5, 6, 7: which count doses


def test_05_the_count_recorded_last_doses_whatever_time_was_typed(at):
    site = at("assessed")
    formulated = site.now()
    site.later(minutes=20)
    recount(site)
    newest = recount(site, performed_at=formulated)  # typed as if it had been taken before the other
    with site.case(Batch, BATCH) as case:
        assert case.last_count("formulate").code == newest


@pytest.mark.requirement("R02")
def test_06_a_good_count_is_not_replaced_without_a_word(at):
    site = at("assessed")
    typed = typed_count(site, "formulate", "2.5e7 cells/mL", "107 mL", "70 %")
    refusal = site.refused(LI, record_count, BATCH, **typed)
    assert (refusal.rule, refusal.first.field) == ("R02", "reason")
    assert "both stay on record" in refusal.first.expected.english
    recount(site)
    with site.case(Batch, BATCH) as case:
        assert len([c for c in case.counts if c.point == "formulate"]) == 2


@pytest.mark.requirement("R30")
def test_07_nothing_is_counted_before_it_exists(at):
    site = at("harvested")
    wash(site)
    typed = typed_count(site, "formulate", PRODUCT, "107 mL", "70 %")
    assert site.refused(LI, record_count, BATCH, **typed).rule == "R30"
    before = site.now()
    site.later(minutes=20)
    step(site, formulation.formulate, **formulation_entries(site))
    early = typed_count(site, "formulate", PRODUCT, "107 mL", "70 %", performed_at=before)
    refusal = site.refused(LI, record_count, BATCH, **early)
    assert (refusal.rule, refusal.first.field) == ("time.order", "performed_at")


# --- 8: who verified is who verified


@pytest.mark.requirement("R24")
def test_08_a_verifier_does_not_slip_out_by_having_another_verify_again(at):
    site = at("in review")
    site.run(ADMIN, people.grant_role, user_name=WANG, role="qa_officer", reason="moves to QA")
    site.behind(f"UPDATE cell_count SET verified_by = (SELECT key FROM person WHERE user_name = '{CHEN}')")
    site.stopped_by(guards.releaser_performed_nothing, WANG, release.release, BATCH)


# --- 9: testing into compliance


@pytest.mark.requirement("R37", "R39")
def test_09_a_failing_result_opens_a_deviation_that_a_passing_one_does_not_close(at):
    site = at("formulated")
    site.run(LI, formulation.assess_dose, BATCH)
    report(site, viability="65 %")
    assert site.row(Deviation, "DV-00001").severity is Severity.MAJOR
    better = {"test": "viability", "result": "91 %", "resulted_on": site.today()}
    for silent in (None, "   ", "…"):
        refusal = site.refused(LI, testing.record_result, BATCH, **better, reason=silent)
        assert (refusal.rule, refusal.first.field, refusal.first.typed) == ("R02", "reason", silent or "")
    record_result(site, "viability", "91 %", reason="second sample")
    submit(site)
    review(site)
    assert [b.rule for b in site.refused(ZHAO, release.release, BATCH).blockers] == ["R39"]
    close_deviations(site, "DV-00001")
    assert "R38" in {b.rule for b in site.refused(ZHAO, release.release, BATCH).blockers}
    review(site)
    let_go(site)
    with site.case(Batch, BATCH) as case:
        release_signature = [s for s in case.signatures if s.command == "batch.release"][-1]
        failing = next(r for r in case.all_results if r.verdict == "fail")
        assert failing.key in release_signature.manifest


# --- 10: sterility before it can be known


@pytest.mark.requirement("R34")
@pytest.mark.parametrize("day", ["2026-04-08", "2026-04-21"])
def test_10_fourteen_days_are_not_over_before_they_are_over(at, day):
    site = at("infused")
    site.move_to(INFUSION_DAY + timedelta(days=13), 12)
    typed = {"test": "sterility_final", "result": "no growth", "resulted_on": day}
    refusal = site.refused(LI, testing.record_result, BATCH, **typed)
    assert (refusal.rule, refusal.first.field) == ("result.early", "resulted_on")
    assert refusal.first.expected.english == "a day from 2026-04-22 on"


@pytest.mark.requirement("R30")
def test_10_a_result_needs_its_sample(at):
    site = at("harvested")
    typed = {"test": "viability", "result": "91 %", "resulted_on": site.today()}
    refusal = site.refused(LI, testing.record_result, BATCH, **typed)
    assert (refusal.rule, refusal.first.field) == ("R30", "sample")


# --- 13, 14: edits behind the back before release


@pytest.mark.slow
@pytest.mark.requirement("R05", "R33")
@pytest.mark.parametrize(
    "edit",
    [
        "UPDATE count_replicate SET concentration = '25000000' WHERE concentration = '20000000'",
        "UPDATE cell_count SET viable_cell_density = '22000000' WHERE point = 'formulate'",
        "UPDATE test_result SET verdict = 'pass', result = '91 %' WHERE test = 'viability'",
        "UPDATE step_reading SET value = '109' WHERE name = 'formulated_volume'",
        "UPDATE subject SET birth_date = '1970-05-04' WHERE code = 'YA-001'",
    ],
)
def test_13_a_value_edited_after_it_was_verified_is_released_by_nobody(reviewed, edit):
    reviewed.behind(edit)
    rules = {b.rule for b in reviewed.refused(ZHAO, release.release, BATCH).blockers}
    assert rules & {"R39", "R33", "R38"}
    assert {b.rule for b in reviewed.bench(CHEN).blockers(release.review, BATCH)} == {"R39"}


# --- 15: the expiry clock


@pytest.mark.parametrize("when", ["2026-04-07 06:30", "2026-04-08 05:00"])
def test_15_an_expiry_clock_is_not_started_on_another_day_nor_hours_off(at, when):
    site = at("harvested")
    wash(site)
    typed = formulation_entries(site)
    typed["readings"]["formulated_at"] = when
    refusal = site.refused(LI, formulation.formulate, BATCH, performed_at=site.now(), **typed)
    assert (refusal.rule, refusal.first.field) == ("time.order", "formulated_at")


# --- 16, 17: what is missing


@pytest.mark.requirement("R30")
def test_16_a_wash_without_its_count_is_noticed_at_the_latest_when_submitting(at):
    site = at("harvested")
    site.later(minutes=30)
    step(site, culture.wash, readings={"washed_volume": "60 mL"}, lots=lots_of("wash_solution"))
    step(site, formulation.formulate, **formulation_entries(site))
    count(site, "formulate", PRODUCT, "107 mL", "70 %")
    step(site, culture.sample, **sampling(site, "sample_product", "5 mL"))
    assess(site)
    refusal = site.refused(LI, release.submit, BATCH)
    assert (refusal.rule, refusal.first.field) == ("R30", "count")


@pytest.mark.requirement("R33")
def test_17_volumes_nobody_else_looked_at_dose_nobody(at):
    site = at("harvested")
    wash(site)
    code = step(site, formulation.formulate, verified=False, **formulation_entries(site))
    count(site, "formulate", PRODUCT, "107 mL", "70 %")
    step(site, culture.sample, **sampling(site, "sample_product", "5 mL"))
    refusal = site.refused(LI, formulation.assess_dose, BATCH)
    assert (refusal.rule, refusal.first.typed) == ("R33", code)


def test_17_drawing_less_than_planned_is_a_deviation_with_its_reason(at):
    site = at("harvested")
    wash(site)
    step(site, formulation.formulate, **formulation_entries(site))
    little = sampling(site, "sample_product", "3 mL") | {"deviation_reason": "the retain tube broke"}
    step(site, culture.sample, **little)
    assert "the retain tube broke" in site.row(Deviation, "DV-00001").description


# --- 18: lots


@pytest.mark.requirement("R32")
def test_18_a_lot_rejected_before_release_stops_the_release(at):
    site = at("reviewed")
    site.run(CHEN, lots.reject_lot, "IL-5521", reason="recalled")
    assert "R32" in {b.rule for b in site.refused(ZHAO, release.release, BATCH).blockers}


# --- 19: identity


@pytest.mark.requirement("R41")
@pytest.mark.parametrize("field", ["scanned_label", "scanned_identity", "scanned_patient_id"])
def test_19_a_mismatch_at_the_bedside_is_a_hard_stop_and_stays_one(at, field):
    site = at("at the ward")
    site.later(minutes=5)
    refusal = site.refused_and_recorded(
        SUN, custody.record_infusion, BAG, **bedside(site, **{field: "WRONG"})
    )
    assert (refusal.rule, refusal.first.field, refusal.first.typed) == ("R41", field, "WRONG")
    opened = site.row(Deviation, "DV-00001")
    assert (opened.rule, opened.severity) == ("R41", Severity.CRITICAL)
    assert "R37" in {
        b.rule for b in site.refused(SUN, custody.record_infusion, BAG, **bedside(site)).blockers
    }
    close_deviations(site, "DV-00001")
    site.run(SUN, custody.record_infusion, BAG, **bedside(site))


@pytest.mark.requirement("R41")
def test_19_blood_of_somebody_else_is_not_received(at):
    site = at("announced")
    typed = arrival(site, scanned_patient_id="H2000456")
    refusal = site.refused_and_recorded(LI, collections.receive, COLLECTION, **typed)
    assert refusal.rule == "R41"
    with site.case(Deviation, "DV-00001") as case:
        assert case.target.collection is not None
    site.run(LI, collections.receive, COLLECTION, **arrival(site))
    assert site.refused(CHEN, collections.accept, COLLECTION, **HEALTHY).rule == "R37"


@pytest.mark.requirement("R41")
def test_19_a_label_is_not_applied_to_the_bag_of_another_patient(at):
    site = at("released")
    code = site.run(LIU, labelling.prepare_label, BAG).code
    site.run(LIU, labelling.register_label, code, **proof_of(site, code))
    site.run(LIU, labelling.confirm_printed, code)
    scans = {"scanned_label": scan_of(site, code), "scanned_identity": IDENTITY[:-1] + "?"}
    assert site.refused_and_recorded(LIU, labelling.apply_label, code, **scans).rule == "R41"
