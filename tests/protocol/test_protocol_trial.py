"""What the file of NCT04011033 says, against the registry's facts and the published notes on how it is read."""

import re
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

import inkt_mfg
from inkt_mfg import units
from inkt_mfg.protocol import Protocol, available, load
from inkt_mfg.protocol.making import Act, Check, Operation
from inkt_mfg.protocol.release import Due
from inkt_mfg.protocol.values import Source
from inkt_mfg.refusal import Refusal
from inkt_mfg.science.acceptance import Acceptance, Result, judge
from inkt_mfg.science.body import Body, ImplausibleBody, check_body
from inkt_mfg.science.calendar import EventKind, il2_days, overlaps, schedule
from inkt_mfg.science.dosing import Verdict, il2_course, judge_dose

CM168, KG65 = units.of(168, "cm"), units.of(65, "kg")


def test_the_program_comes_with_the_trial_and_knows_it_by_its_id():
    assert available() == ["nct04011033"]
    assert [load(name).id for name in available()] == available()


def test_an_unknown_protocol_is_refused_with_those_there_are():
    with pytest.raises(Refusal) as refused:
        load("nct00000000")
    assert refused.value.rule == "protocol.unknown"
    assert "nct04011033" in refused.value.first.expected.english


def test_the_dose_window_is_closed_and_per_square_metre(trial: Protocol):
    window = trial.dose_window
    assert (units.canonical(window.low, units.Kind.CELLS_PER_AREA), window.per) == (Decimal("5E8"), "area")
    assert units.canonical(window.high, units.Kind.CELLS_PER_AREA) == Decimal("1E9")
    assert trial.dose.low.source is Source.REGISTRY


def test_what_the_registry_leaves_open_is_a_site_value_and_illustrative(trial: Protocol):
    by_key = {value.key: value for value in trial.site_values()}
    for key in (
        "dose.basis", "dose.bsa_formula", "il2.reading", "schedule.infusion_days_early", "expiry", "container",
        "eligibility.inkt_concentration.denominator", "tests.viability", "materials.il2", "collection",
    ):  # fmt: skip
        assert by_key[key].illustrative, key
    assert trial.is_illustrative


def test_no_registry_value_waits_for_a_site(trial: Protocol):
    keys = {value.key for value in trial.site_values()}
    assert not keys & {
        "dose.low",
        "dose.high",
        "il2.rate",
        "schedule.infusion_days",
        "eligibility.white_cells",
    }


def test_only_the_inkt_arm_is_dosed_and_180_doses_are_planned(trial: Protocol):
    assert {arm.code: arm.dosed for arm in trial.arms} == {"inkt": True, "control": False}
    planned = sum(arm.planned_subjects for arm in trial.arms if arm.dosed) * trial.number_of_infusions
    assert (sum(arm.planned_subjects for arm in trial.arms), planned) == (60, 180)


def test_the_calendar_is_weeks_1_3_5_7_9_11_with_tae_in_weeks_0_and_4(trial: Protocol):
    events = schedule(date(2026, 12, 1), trial.schedule_plan)
    assert [e.day for e in events if e.kind is EventKind.TAE] == [0, 28]
    assert [e.day for e in events if e.kind is EventKind.INFUSION] == [
        7 * week for week in (1, 3, 5, 7, 9, 11)
    ]
    assert min(e.day for e in events if e.kind is EventKind.CULTURE_START) == -7


def test_a_fourteen_day_il2_course_meets_the_next_infusion_by_one_day(trial: Protocol):
    meeting = [o for o in overlaps(trial.schedule_plan) if o.what.english.startswith("the IL-2 course")]
    assert len(meeting) == 5
    assert {overlap.days for overlap in meeting} == {1}


def test_65_kg_take_one_million_six_hundred_thousand_units_of_il2_a_day(trial: Protocol):
    assert trial.il2 is not None
    course = il2_course(KG65, trial.il2.rate.value, trial.il2.planned_days.value)
    assert units.canonical(course.per_day, units.Kind.ACTIVITY_PER_DAY) == Decimal(1_625_000)


def test_the_other_reading_of_il2_runs_from_day_5_to_day_14(trial: Protocol):
    text = trial.text.replace('reading = { value = "course_of"', 'reading = { value = "days_to"')
    text = text.replace("planned_days = { value = 14", "planned_days = { value = 10")
    text = text.replace("first_day_after_infusion = { value = 1", "first_day_after_infusion = { value = 5")
    plan = Protocol.read(text, "days_to.toml").schedule_plan
    assert list(il2_days(plan, 7) or ()) == list(range(12, 22))


@pytest.mark.parametrize(
    ("kind", "criterion", "passes", "fails"),
    [
        ("percent", "> 70 %", "70.1 %", "70 %"),
        ("endotoxin_per_body_weight", "< 5 EU/kg", "4.9 EU/kg", "5 EU/kg"),
        ("ratio", "< 0.8", "0.79", "0.8"),
        ("qualitative", "no growth (10 d)", "no growth (10 d)", "growth"),
        ("cells_per_body_weight", "> 0.5e6 cells/kg", "0.6e6 cells/kg", "0.5e6 cells/kg"),
        ("cells", "0.1e11 to 2e11 cells", "2e11 cells", "2.1e11 cells"),
    ],
)
def test_criteria_as_comparable_products_print_them_can_be_written(trial, kind, criterion, passes, fails):
    text = trial.text.replace(
        'kind = "percent"\ncriterion = ">= 70 %"', f'kind = "{kind}"\ncriterion = "{criterion}"'
    )
    found = Protocol.read(text, "other.toml").test("viability").criterion
    assert found is not None
    assert judge(found, Result.read(passes)).verdict is Acceptance.PASS
    assert judge(found, Result.read(fails)).verdict is Acceptance.FAIL


@pytest.mark.parametrize(
    ("code", "at_the_limit", "just_inside"),
    [
        ("white_cells", "3.0 10^3/uL", "3.001 10^9/L"),
        ("lymphocytes", "0.8 10^9/L", "0.81 10^9/L"),
        ("haemoglobin", "8.5 g/dL", "8.51 g/dL"),
        ("platelets", "50 10^3/uL", "51 10^3/uL"),
        ("creatinine", "1.5", "1.49"),
        ("inkt_concentration", "10 cells/mL", "10.1 cells/mL"),
    ],
)
def test_a_strict_laboratory_limit_fails_at_the_limit_in_any_unit(trial, code, at_the_limit, just_inside):
    criterion = next(item.criterion for item in trial.eligibility if item.code == code)
    assert judge(criterion, Result.read(at_the_limit)).verdict is Acceptance.FAIL
    assert judge(criterion, Result.read(just_inside)).verdict is Acceptance.PASS


@pytest.mark.parametrize(("age", "verdict"), [("17", "fail"), ("18", "pass"), ("80", "pass"), ("81", "fail")])
def test_ages_18_and_80_are_both_inside(trial, age, verdict):
    criteria = [item.criterion for item in trial.eligibility if item.code in {"age_from", "age_to"}]
    verdicts = {judge(criterion, Result.read(age)).verdict.value for criterion in criteria}
    assert ("fail" in verdicts) == (verdict == "fail")


def test_pounds_typed_as_kilograms_are_refused_and_swapped_entries_too(trial: Protocol):
    for height, weight in ((CM168, units.of(143, "kg")), (units.of(65, "cm"), units.of(168, "kg"))):
        with pytest.raises(ImplausibleBody):
            check_body(height, weight, trial.bsa_formula, trial.body_limits)


def test_a_plausible_mistake_is_left_to_the_blind_second_reading(trial: Protocol):
    check = check_body(CM168, units.of(110, "kg"), trial.bsa_formula, trial.body_limits)
    assert check.concerns == ()
    assert trial.body.blind_second_reading
    assert trial.checks_for(Act.BODY_MEASUREMENT) == (Check.BLIND_READING,)


def test_the_published_example_is_above_by_the_protocols_formula(trial: Protocol):
    judged = judge_dose(units.of("1.75e9", "cell"), Body(CM168, KG65), trial.bsa_formula, trial.dose_window)
    assert judged.verdict is Verdict.ABOVE


def test_the_batch_is_restimulated_on_day_7_and_harvested_on_day_14(trial: Protocol):
    days = {s.operation: (s.earliest_day, s.latest_day) for s in trial.steps}
    assert days[Operation.RESTIMULATE] == (7, 7)
    assert days[Operation.HARVEST] == (14, 14)
    assert [s.code for s in trial.steps_doing(Operation.SAMPLE)] == ["sample_in_process", "sample_product"]


def test_the_fourteen_day_sterility_is_the_one_test_that_may_be_pending(trial: Protocol):
    (late,) = trial.tests_due(Due.AFTER_RELEASE)
    assert (late.code,) == trial.release.may_be_pending
    assert late.read_after == units.of(14, "d")
    assert trial.release.conditional_allowed


def test_a_word_is_a_number_only_through_the_term_map(trial: Protocol):
    assert trial.terms == {"No beads": "0"}
    with pytest.raises(TypeError):
        trial.terms["about 5"] = "5"


def test_both_endotoxin_limits_are_shown_and_the_chosen_one_judges(trial: Protocol):
    area, volume = units.of("1.74", "m^2"), units.of(100, "mL")
    limit = trial.endotoxin_limit(weight=KG65, area=area, volume=volume)
    assert limit.by_body_weight == units.of("3.25", "EU/mL")
    assert str(limit.by_area.value).startswith("1.6916666")
    judged = trial.criterion_of("endotoxin", weight=KG65, area=area, volume=volume)
    assert judge(judged, Result.read("3.25 EU/mL")).verdict is Acceptance.PASS
    assert judge(judged, Result.read("3.2500001 EU/mL")).verdict is Acceptance.FAIL
    assert judge(judged, Result.read("<4 EU/mL")).verdict is Acceptance.NOT_DETERMINED


def test_the_stricter_area_limit_judges_when_qa_picks_it(trial: Protocol):
    text = trial.text.replace('in_force = "body_weight"', 'in_force = "area"')
    chosen = Protocol.read(text, "area.toml").criterion_of(
        "endotoxin", weight=KG65, area=units.of("1.74", "m^2"), volume=units.of(100, "mL")
    )
    assert judge(chosen, Result.read("1.69 EU/mL")).verdict is Acceptance.PASS
    assert judge(chosen, Result.read("1.70 EU/mL")).verdict is Acceptance.FAIL


@pytest.mark.parametrize(("time", "limit"), [("15 min", "3.25"), ("1 h", "3.25"), ("2 h", "6.5")])
def test_an_infusion_shorter_than_an_hour_counts_as_a_whole_one(trial: Protocol, time, limit):
    text = trial.text.replace('infusion_time = "1 h"', f'infusion_time = "{time}"')
    found = Protocol.read(text, "time.toml").endotoxin_limit(
        weight=KG65, area=units.of("1.74", "m^2"), volume=units.of(100, "mL")
    )
    assert found.by_body_weight.value == Decimal(limit)


def test_a_test_without_a_computed_limit_keeps_its_own_criterion(trial: Protocol):
    found = trial.criterion_of(
        "viability", weight=KG65, area=units.of("1.74", "m^2"), volume=units.of(100, "mL")
    )
    assert found.text == ">= 70 %"


@pytest.mark.parametrize("ask", ["arm", "step", "entry", "material", "sample", "test"])
def test_asking_for_a_code_the_protocol_does_not_have_is_refused(trial: Protocol, ask):
    with pytest.raises(Refusal) as refused:
        getattr(trial, ask)("nonesuch")
    assert refused.value.rule == "protocol.reference"
    assert refused.value.first.typed == "nonesuch"


def test_every_item_is_found_by_its_code(trial: Protocol):
    assert trial.arm("inkt").dosed
    assert trial.step("harvest").operation is Operation.HARVEST
    assert trial.entry("viability").critical
    assert trial.material("il2").final_activity == units.of(100, "IU/mL")
    assert trial.sample("retain").step == "sample_product"
    assert trial.test("viability").sample == "product"


def test_an_act_no_rule_mentions_needs_no_second_person(weight_based: Protocol):
    assert weight_based.checks_for(Act.COUNT) == ()


@pytest.mark.requirement("R31")
def test_a_batch_can_be_reopened_with_the_exact_text_it_began_under(trial: Protocol):
    again = Protocol.read(trial.text, "pinned text of batch B-1")
    assert again == trial
    assert again.content_sha256 == trial.content_sha256
    changed = Protocol.read(trial.text.replace('version = "1.0-demo"', 'version = "1.1-demo"'), "other")
    assert changed.content_sha256 != trial.content_sha256


def test_a_protocol_cannot_be_changed(trial: Protocol):
    with pytest.raises(ValueError, match="frozen"):
        trial.version = "2"


def test_as_json_has_quantities_with_units_and_says_it_is_illustrative(trial: Protocol):
    document = trial.as_json()
    assert document["dose"]["low"]["value"] == {"value": "5E+8", "unit": "cell/m^2"}
    assert document["tests"][0]["criterion"] == ">= 70 %"
    assert (document["illustrative"], document["content_sha256"]) == (True, trial.content_sha256)


def test_nothing_of_the_trial_is_written_in_the_program():
    words = re.compile(r"nct0401|youan|ditan|shijitan|25[_, ]?000\b|1\.625", re.IGNORECASE)
    package = Path(inkt_mfg.__file__).parent
    told = {
        str(path.relative_to(package))
        for folder in ("protocol", "science", "instruments", "workflow", "records", "views")
        for path in (package / folder).rglob("*.py")
        if words.search(path.read_text(encoding="utf-8"))
    }
    assert told == set()
