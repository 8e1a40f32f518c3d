"""The dose worked out from the record, and the criterion that follows from it, checked by hand."""

import json
from decimal import Decimal

import pytest
from one_batch import BAG, BATCH, LI, RESULTS, formulate

from inkt_mfg.records.batch import Batch
from inkt_mfg.records.dose import DoseAssessment
from inkt_mfg.refusal import Refusal
from inkt_mfg.science.acceptance import Acceptance
from inkt_mfg.views.criteria import criterion_for, judge_result
from inkt_mfg.views.dose import work_out
from inkt_mfg.workflow import formulation


def worked(case):
    return work_out(case, case.last_count("formulate"), case.body)


def test_the_dose_is_concentration_times_what_reaches_the_patient_over_the_surface(standing):
    with standing("formulated").case(Batch, BATCH) as case:
        found = worked(case)
    assert found.volume.value == 100  # 107 mL less 5 mL of samples and 2 mL in the line
    assert found.viable.cells.value == Decimal("1.8e9")
    assert found.inkt.cells.value == Decimal("1.26e9")
    surface = (Decimal(168) * 65 / 3600).sqrt()  # Mosteller
    assert abs(found.judged.dose.value - Decimal("1.26e9") / surface) < Decimal("1e-10")
    assert abs(found.other.dose.value - Decimal("1.8e9") / surface) < Decimal("1e-10")
    assert (found.judged.verdict.value, found.part) == ("within", None)
    assert found.given is found.judged
    assert found.volume_to_give == found.volume


@pytest.mark.parametrize(
    ("product", "verdict"), [("5e6 cells/mL", "below"), ("2e7 cells/mL", "within"), ("4e7 cells/mL", "above")]
)
def test_the_verdict_is_arithmetic_and_nothing_is_clamped(at, product, verdict):
    site = at("harvested")
    formulate(site, product)
    with site.case(Batch, BATCH) as case:
        found = worked(case)
    assert found.judged.verdict.value == verdict
    assert (found.part is not None) is (verdict == "above")
    if found.part is not None:
        assert found.part.volume.value < found.volume.value
        assert found.given.verdict.value == "within"
        assert found.given.dose.value <= Decimal("1e9")
        assert found.part.volume.value % Decimal("0.5") == 0


def test_what_is_kept_agrees_with_what_is_worked_out_until_something_changes(at):
    site = at("assessed")
    with site.case(Batch, BATCH) as case:
        assert worked(case).agrees_with(case.assessment)
    site.behind("UPDATE container SET withdrawn = '8'")
    with site.case(Batch, BATCH) as case:
        assert not worked(case).agrees_with(case.assessment)


@pytest.mark.requirement("R07")
def test_the_derivation_is_kept_line_by_line_with_its_units(standing):
    kept = standing("assessed").row(DoseAssessment, "A-00001")
    lines = json.loads(kept.derivation)
    assert len(lines) > 2
    assert "m^2" in kept.derivation
    assert (kept.dose_unit, kept.basis, kept.bsa_formula) == ("cell/m^2", "viable_inkt", "mosteller")


@pytest.mark.parametrize("test", sorted(set(RESULTS) - {"endotoxin"}))
def test_most_criteria_are_the_protocols_own(standing, test):
    with standing("formulated").case(Batch, BATCH) as case:
        assert criterion_for(case, test) is case.protocol.test(test).criterion


def test_the_endotoxin_limit_is_five_units_per_kilogram_and_hour_in_the_volume_given(standing):
    with standing("assessed").case(Batch, BATCH) as case:
        assert criterion_for(case, "endotoxin").text == "<= 3.25 EU/mL"  # 5 × 65 kg / 100 mL


def test_without_a_dose_there_is_no_endotoxin_limit(standing):
    with standing("formulated").case(Batch, BATCH) as case, pytest.raises(Refusal) as caught:
        criterion_for(case, "endotoxin")
    assert (caught.value.rule, caught.value.first.typed) == ("result.limit", "endotoxin")


@pytest.mark.parametrize(
    ("test", "result", "verdict"),
    [
        ("viability", "70 %", Acceptance.PASS),
        ("viability", "69.99 %", Acceptance.FAIL),
        ("endotoxin", "3.25 EU/mL", Acceptance.PASS),
        ("endotoxin", "3.26 EU/mL", Acceptance.FAIL),
        ("endotoxin", "<3.3 EU/mL", Acceptance.NOT_DETERMINED),
        ("gram_stain", "not determined", Acceptance.NOT_DETERMINED),
        ("cd3_positive", "1 %", Acceptance.REPORT_ONLY),
    ],
)
def test_a_result_passes_only_when_it_is_shown_to(standing, test, result, verdict):
    with standing("assessed").case(Batch, BATCH) as case:
        assert judge_result(case, criterion_for(case, test), result).verdict is verdict


def test_the_dose_check_types_nothing(at):
    site = at("formulated")
    receipt = site.run(LI, formulation.assess_dose, BATCH)
    assert "WITHIN the window" in receipt.says.english
    with site.case(Batch, BATCH) as case:
        assert case.assessment.code == receipt.code
        assert case.containers[0].code == BAG
