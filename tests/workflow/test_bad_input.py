"""What people mistype, and what happens then: a clear refusal that names the field, and nothing on record."""

from datetime import timedelta

import pytest
from one_batch import (
    ADMIN,
    BAG,
    BATCH,
    CHEN,
    COLLECTION,
    CONTROL,
    FEEDING,
    GRADIENT,
    HEIGHT,
    LI,
    LIU,
    LOCAL,
    SUBJECT,
    SUN,
    WANG,
    WEIGHT,
    ZHAO,
    arrival,
    bedside,
    enrolment,
    formulation_entries,
    lots_of,
    measure,
    record_result,
    sampling,
    separate,
    typed_count,
    wash,
)

from inkt_mfg.moments import read_date, read_moment
from inkt_mfg.records.batch import Batch
from inkt_mfg.records.subject import BodyMeasurement
from inkt_mfg.records.words import ReadingState, Role
from inkt_mfg.refusal import Refusal, speaks
from inkt_mfg.workflow import (
    collections,
    corrections,
    culture,
    custody,
    formulation,
    guards,
    labelling,
    lots,
    people,
    release,
    subjects,
    testing,
)
from inkt_mfg.workflow.catalogue import JOBS
from inkt_mfg.workflow.counting import TypedReplicate, record_count, verify_count
from inkt_mfg.workflow.permissions import roles_with
from inkt_mfg.workflow.typed import said

assert JOBS


def refused_body(site, height: str, weight: str, **other: object):
    typed = {"height": height, "weight": weight, "measured_on": site.today()} | other
    return site.refused(SUN, subjects.measure_body, SUBJECT, **typed)


# --- the body


def test_height_and_weight_swapped_are_refused(at):
    refusal = refused_body(at("enrolled"), "65 cm", "168 kg")
    assert {(b.field, b.typed) for b in refusal.blockers} >= {("height", "65 cm"), ("weight", "168 kg")}
    assert "130 cm" in next(b for b in refusal.blockers if b.field == "height").expected.english


def test_the_units_of_height_and_weight_are_never_guessed(at):
    site = at("enrolled")
    for height, weight, field in (("168", "65 kg", "height"), ("168 cm", "65", "weight")):
        refusal = refused_body(site, height, weight)
        assert (refusal.rule, refusal.first.field) == ("units.missing", field)
    assert refused_body(site, "168 kg", "65 cm").rule == "units.unknown"


def test_pounds_typed_as_kilograms_are_refused_by_the_body_mass_index(at):
    refusal = refused_body(at("enrolled"), "168 cm", "143 kg")
    assert "body.bmi" in {b.rule for b in refusal.blockers}


def test_pounds_typed_as_kilograms_within_the_limits_are_caught_by_the_second_reading(at):
    site = at("enrolled")
    code = site.run(
        SUN, subjects.measure_body, SUBJECT, height="168 cm", weight="110 kg", measured_on=site.today()
    ).code
    receipt = site.run(LIU, subjects.read_body_again, code, height="168 cm", weight="50 kg")
    assert "DIFFERS" in receipt.says.english
    assert site.row(BodyMeasurement, code).state is ReadingState.DIFFERS
    with site.case(BodyMeasurement, code) as case:
        assert case.body is None
        assert case.unresolved_body.code == code


def test_the_same_weight_in_pounds_agrees_with_kilograms(at):
    site = at("enrolled")
    code = site.run(
        SUN,
        subjects.measure_body,
        SUBJECT,
        height="1.68 m",
        weight="65.31730128 kg",
        measured_on=site.today(),
    ).code
    site.run(LIU, subjects.read_body_again, code, height="168 cm", weight="144 lb")
    second = site.row(BodyMeasurement, code)
    assert (second.state, second.second_weight_typed) == (ReadingState.CONFIRMED, "144 lb")


def test_metres_typed_as_centimetres_are_refused(at):
    refusal = refused_body(at("enrolled"), "1.68 cm", "65 kg")
    assert "height" in {b.field for b in refusal.blockers}


def test_a_body_between_soft_and_hard_limits_asks_why(at):
    site = at("enrolled")
    refusal = refused_body(site, "168 cm", "39 kg")
    assert {b.rule for b in refusal.blockers} <= {"body.weight", "body.bmi", "body.height", "body.bsa"}
    assert refused_body(site, "168 cm", "39 kg", concern="  ").blockers
    measure(site, weight="39 kg", concern="cachexia, weighed twice")


@pytest.mark.requirement("R24", "R33")
def test_the_first_reader_is_not_the_second(at):
    site = at("enrolled")
    code = site.run(
        SUN, subjects.measure_body, SUBJECT, height=HEIGHT, weight=WEIGHT, measured_on=site.today()
    ).code
    refusal = site.refused(SUN, subjects.read_body_again, code, height=HEIGHT, weight=WEIGHT)
    assert (refusal.rule, refusal.first.expected.english) == ("R24", "a second person")


def test_a_stale_body_weight_releases_no_dose(at):
    site = at("reviewed")
    site.later(days=8)
    assert "body.stale" in {b.rule for b in site.refused(ZHAO, release.release, BATCH).blockers}


def test_a_weight_of_tomorrow_is_refused_at_any_hour_of_the_day(at):
    site = at("enrolled")
    site.later(hours=13)  # 22:00 here: it is tomorrow already in Auckland
    refusal = refused_body(site, HEIGHT, WEIGHT, measured_on="2026-03-21")
    assert (refusal.rule, refusal.first.field) == ("time.future", "measured_on")


# --- numbers and units


@pytest.mark.parametrize(
    ("volume", "rule"),
    [("1,5 mL", "units.number"), ("1 000 mL", "units.number"), ("1.5.2 mL", "units.number"), ("nan mL", "units.number"),
     ("240", "units.missing"), ("240 mg", "units.unknown"), ("", "units.number"), ("-5 mL", "units.number")],
)  # fmt: skip
def test_a_volume_that_is_not_one_is_refused_as_typed(standing, volume, rule):
    site = standing("harvested")
    typed = typed_count(site, "harvest", "3e6 cells/mL", volume, "70 %", reason="again")
    refusal = site.refused(LI, record_count, BATCH, **typed)
    assert refusal.first.field == "volume"
    assert refusal.first.typed == volume
    assert refusal.rule.startswith("units.")
    assert rule in {refusal.rule, "units.number"}


@pytest.mark.parametrize(
    ("typed", "rule"),
    [("5e8", "units.missing"), ("5e8 cells/mL", "units.unknown"), ("5e8 mL", "units.unknown")],
)
def test_cells_are_cells_not_a_bare_number_nor_a_concentration(at, typed, rule):
    site = at("planned")
    separate(site)
    entered = {
        "readings": {
            "vessels": "4 × T175",
            "inoculum": typed,
            "seeding_density": "1e6 cells/mL",
            "culture_volume": "160 mL",
        },
        "lots": lots_of("medium", "alpha_galcer", "il2"),
    }
    refusal = site.refused(LI, culture.start_culture, BATCH, performed_at=site.now(), **entered)
    assert (refusal.rule, refusal.first.field, refusal.first.typed) == (rule, "inoculum", typed)


def test_a_count_in_cells_is_not_a_concentration(standing):
    site = standing("harvested")
    refusal = site.refused(
        LI, record_count, BATCH, **typed_count(site, "harvest", "3e6 cells", "800 mL", "70 %", reason="again")
    )
    assert (refusal.rule, refusal.first.field) == ("units.unknown", "concentration")


@pytest.mark.parametrize("viability", ["101 %", "-1 %", "0.9", "90"])
def test_a_viability_is_a_percentage_up_to_a_hundred(standing, viability):
    site = standing("harvested")
    typed = typed_count(
        site, "harvest", "3e6 cells/mL", "800 mL", "70 %", viability=viability, reason="again"
    )
    refusal = site.refused(LI, record_count, BATCH, **typed)
    assert refusal.rule.split(".")[0] in {"units", "counting"}
    assert refusal.first.expected.english


def test_a_gate_of_more_than_its_parent_is_refused(standing):
    site = standing("harvested")
    typed = typed_count(site, "harvest", "3e6 cells/mL", "800 mL", "170 %", reason="again")
    assert site.refused(LI, record_count, BATCH, **typed).rule.split(".")[0] in {"units", "counting"}


def test_one_replicate_is_not_a_count(standing):
    site = standing("harvested")
    one = [TypedReplicate("3e6 cells/mL", "90 %")]
    typed = typed_count(site, "harvest", "", "800 mL", "70 %", replicates=one, reason="again")
    refusal = site.refused(LI, record_count, BATCH, **typed)
    assert (refusal.rule, refusal.first.expected.english) == ("counting.replicates", "at least 2")


def test_a_count_without_gates_where_the_plan_wants_inkt_is_refused(standing):
    site = standing("harvested")
    typed = typed_count(site, "harvest", "3e6 cells/mL", "800 mL", reason="again")
    assert site.refused(LI, record_count, BATCH, **typed).rule == "counting.gate_path"


@pytest.mark.requirement("R30")
def test_a_culture_count_of_a_harvested_batch_is_refused(standing):
    site = standing("harvested")
    refusal = site.refused(
        LI, record_count, BATCH, **typed_count(site, "count", "3e6 cells/mL", "800 mL", "70 %")
    )
    assert (refusal.rule, refusal.first.field, refusal.first.typed) == ("R30", "point", "count")
    assert "while the batch is harvested" in refusal.first.what.english


@pytest.mark.requirement("R07")
def test_what_was_typed_is_kept_beside_what_it_means(at):
    site = at("harvested")
    wash(site)
    with site.case(Batch, BATCH) as case:
        last = case.last_count("wash")
        assert last.volume_typed == "60 mL"
        assert [r.concentration_typed for r in case.replicates(last)] == ["4e7 cells/mL"] * 2
        assert last.total_viable_cells == 60 * 36_000_000


# --- who and for whom


@pytest.mark.requirement("R24")
def test_a_release_by_the_technician_who_counted_is_refused(at):
    site = at("reviewed")
    refusal = site.refused(LI, release.release, BATCH)
    assert (refusal.rule, refusal.first.field) == ("R24", "command")
    assert refusal.first.resolve_by.english == "a QA officer"


@pytest.mark.requirement("R24")
@pytest.mark.parametrize("who", [LI, WANG])
def test_whoever_counted_or_verified_does_not_release_with_a_qa_role_in_addition(at, who):
    site = at("reviewed")
    site.run(ADMIN, people.grant_role, user_name=who, role="qa_officer", reason="moves to QA")
    site.benches.pop(who, None)
    refusal = site.refused(who, release.release, BATCH)
    assert [b.rule for b in refusal.blockers] == ["R24"]
    assert "performed or verified a step of this batch" in refusal.first.what.english
    assert site.refused(who, release.reject, BATCH, reason="x").rule == "R24"


@pytest.mark.requirement("R39")
def test_a_release_with_a_missing_test_names_the_test(at):
    site = at("formulated")
    site.run(LI, formulation.assess_dose, BATCH)
    for test in ("viability", "inkt_purity", "gram_stain", "endotoxin", "mycoplasma", "cd3_positive"):
        record_result(site, test, {"viability": "91 %", "inkt_purity": "70 %", "endotoxin": "<0.05 EU/mL",
                                   "cd3_positive": "84 %"}.get(test, "negative"))  # fmt: skip
    site.run(LI, release.submit, BATCH)
    site.run(CHEN, release.review, BATCH, audit_trail_reviewed="read")
    refusal = site.refused(ZHAO, release.release, BATCH)
    assert refusal.first.what.english == "results are missing: sterility_in_process"


def test_a_dose_for_a_control_subject_is_refused_at_every_door(at):
    site = at("enrolled")
    typed = {"infusion_number": 1, "planned_on": "2026-04-08"}
    assert site.refused(SUN, subjects.order_dose, CONTROL, **typed).rule == "dose.arm"
    announced = {"donation_id": "YA1", "anticoagulant": "ACD-A"}
    assert site.refused(LI, collections.announce, CONTROL, **announced).rule == "dose.arm"


@pytest.mark.parametrize(
    ("stage", "who", "command", "on"),
    [("planned", LI, culture.start_culture, BATCH), ("formulated", LI, formulation.assess_dose, BATCH),
     ("reviewed", ZHAO, release.release, BATCH), ("released", LIU, labelling.prepare_label, BAG),
     ("labelled", LIU, custody.issue_dose, BAG), ("at the ward", SUN, custody.record_infusion, BAG)],
)  # fmt: skip
def test_a_subject_moved_to_the_control_arm_by_a_database_edit_is_dosed_nowhere(at, stage, who, command, on):
    site = at(stage)
    site.behind("UPDATE subject SET arm = 'control' WHERE code = 'YA-001'")
    site.stopped_by(guards.arm_is_dosed, who, command, on)


# --- two people at once


def test_two_people_editing_one_batch_the_second_is_told_and_nothing_is_lost(reviewed):
    seen = reviewed.row(Batch, BATCH).row_version
    reviewed.run(CHEN, release.review, BATCH, audit_trail_reviewed="again", seen_version=seen)
    refusal = reviewed.refused(ZHAO, release.release, BATCH, seen_version=seen)
    assert refusal.rule == "record.version"
    assert "somebody else changed this record" in refusal.first.what.english
    reviewed.run(ZHAO, release.release, BATCH, seen_version=reviewed.row(Batch, BATCH).row_version)


def test_a_form_opened_before_a_feed_was_recorded_is_stale(at):
    site = at("in culture")
    site.later(days=3)
    seen = site.row(Batch, BATCH).row_version
    site.run(LI, culture.feed, BATCH, performed_at=site.now(), seen_version=seen, **FEEDING)
    refusal = site.refused(WANG, culture.feed, BATCH, performed_at=site.now(), seen_version=seen, **FEEDING)
    assert refusal.rule == "record.version"


# --- lots


@pytest.mark.requirement("R32")
def test_an_expired_lot_is_refused_from_the_first_hour_of_the_day_after(at):
    site = at("accepted")
    site.run(LI, culture.plan_batch, COLLECTION, infusion_number=1)
    site.run(LI, lots.register_lot, material="wash_solution", lot_number="WS-OLD", expires_on="2026-03-24")
    site.run(CHEN, lots.release_lot, "WS-OLD")
    # 2026-03-25 early in the morning in Beijing is still the 24th in Greenwich.
    assert (site.today(), site.clock.at.date().isoformat()) == ("2026-03-25", "2026-03-24")
    used = {"density_gradient": "DG-2201", "wash_solution": "WS-OLD"}
    refusal = site.refused(LI, culture.separate, BATCH, performed_at=site.now(), lots=used)
    assert (refusal.rule, refusal.first.typed) == ("R32", "WS-OLD")
    assert refusal.first.what.english == "lot WS-OLD expired on 2026-03-24"


@pytest.mark.requirement("R32")
def test_a_lot_is_good_to_the_end_of_its_last_day(at):
    site = at("planned")
    site.run(LI, lots.register_lot, material="wash_solution", lot_number="WS-LAST", expires_on="2026-03-25")
    site.run(CHEN, lots.release_lot, "WS-LAST")
    used = {"density_gradient": "DG-2201", "wash_solution": "WS-LAST"}
    site.run(LI, culture.separate, BATCH, performed_at=site.now(), lots=used)


@pytest.mark.requirement("R32")
@pytest.mark.parametrize("state", ["quarantine", "rejected"])
def test_a_lot_that_is_not_released_is_refused(at, state):
    site = at("planned")
    site.run(LI, lots.register_lot, material="wash_solution", lot_number="WS-Q", expires_on="2027-03-25")
    if state == "rejected":
        site.run(CHEN, lots.reject_lot, "WS-Q", reason="dented")
    used = {"density_gradient": "DG-2201", "wash_solution": "WS-Q"}
    refusal = site.refused(LI, culture.separate, BATCH, performed_at=site.now(), lots=used)
    assert refusal.rule == "R32"
    assert refusal.first.what.english == f"lot WS-Q is {state}"
    assert refusal.first.resolve_by.english == "a QA officer"


@pytest.mark.requirement("R32")
def test_a_lot_of_another_material_is_refused(standing):
    site = standing("planned")
    used = {"density_gradient": "DG-2201", "wash_solution": "MX-3310"}
    refusal = site.refused(LI, culture.separate, BATCH, performed_at=site.now(), lots=used)
    assert refusal.first.what.english == "lot MX-3310 is medium, not wash_solution"
    missing = site.refused(LI, culture.separate, BATCH, performed_at=site.now(), lots={})
    assert (missing.rule, missing.first.field) == ("entry.missing", "lot:density_gradient")


# --- time


def test_a_time_that_has_not_come_is_refused(standing):
    site = standing("planned")
    refusal = site.refused(LI, culture.separate, BATCH, performed_at="2026-03-26 09:00", **GRADIENT)
    assert (refusal.rule, refusal.first.field) == ("time.future", "performed_at")


def test_a_late_entry_asks_why(at):
    site = at("planned")
    when = site.now()
    site.later(hours=2)
    refusal = site.refused(LI, culture.separate, BATCH, performed_at=when, **GRADIENT)
    assert (refusal.rule, refusal.first.field) == ("time.late", "late_reason")
    site.refused(LI, culture.separate, BATCH, performed_at=when, late_reason="  ", **GRADIENT)
    site.run(LI, culture.separate, BATCH, performed_at=when, late_reason="alarm in the next room", **GRADIENT)
    with site.case(Batch, BATCH) as case:
        assert case.steps[0].late_reason == "alarm in the next room"


@pytest.mark.parametrize("when", ["25.03.2026 09:00", "2026-02-30 09:00", "9 am", ""])
def test_a_time_in_another_writing_is_refused_with_an_example(standing, when):
    site = standing("planned")
    refusal = site.refused(LI, culture.separate, BATCH, performed_at=when, **GRADIENT)
    assert (refusal.rule, refusal.first.typed) == ("time.moment", when)
    assert "2026-12-01 09:30" in refusal.first.expected.english


@pytest.mark.requirement("R02", "R20")
@pytest.mark.parametrize("silence", ["\u200b", "\u2800", "\u3164", " … ", "\u200b\u2800\x1b"])
def test_a_text_that_says_nothing_is_no_reason_and_no_identity_check(standing, silence):
    site = standing("founded")
    reason = site.refused(ADMIN, people.unlock, user_name=LI, reason=silence)
    assert (reason.rule, reason.first.field) == ("entry.control" if "\x1b" in silence else "R02", "reason")
    new = {
        "user_name": "he.tech",
        "full_name": "He Hua",
        "first_password": "for-the-first-time",
        "role": "technician",
    }
    checked = site.refused(ADMIN, people.add_person, identity_checked=silence, **new)
    assert (checked.rule, checked.first.field) == ("entry.missing", "identity_checked")


@pytest.mark.parametrize("text", ["5", "是", "Ж", "٣", "ok", "\u200bok"])
def test_one_letter_or_figure_of_any_script_says_something(text):
    assert speaks(text)


@pytest.mark.parametrize(
    ("text", "code"),
    [("YA26\x1b[2J", "U+001B"), ("YA26\x9bJ", "U+009B"), ("YA26\nYA27", "U+000A"), ("YA26\tA", "U+0009")],
)
def test_what_a_terminal_would_obey_is_not_stored(standing, text, code):
    site = standing("founded")
    with pytest.raises(Refusal) as no:
        said(text, "donation_id")
    assert (no.value.rule, no.value.first.field) == ("entry.control", "donation_id")
    assert code in no.value.first.what.english
    with pytest.raises(Refusal) as no:
        said(f"one\n{text}\x07", "justification", lines=True)
    assert no.value.rule == "entry.control"
    assert said("one\r\n\ttwo", "justification", lines=True) == "one\r\n\ttwo"
    assert site.refused(ADMIN, people.unlock, user_name=LI, reason=f"{text}\x07").rule == "entry.control"


@pytest.mark.parametrize("year", [1, 1899, 2201, 9999])
def test_a_year_no_record_can_be_about_is_refused_with_those_that_can(year):
    day = f"{year:04}-12-31"
    for read in (
        lambda: read_date(day, field="on"),
        lambda: read_moment(f"{day} 23:30", LOCAL, field="on"),
        lambda: read_moment(f"{day} 23:30-11:00", LOCAL, field="on"),
    ):
        with pytest.raises(Refusal) as refused:
            read()
        assert (refused.value.rule, refused.value.first.field) == ("time.year", "on")
        assert refused.value.first.typed.startswith(day)
        assert refused.value.first.expected.english == "a year from 1900 to 2200"


def test_the_first_and_the_last_day_that_can_be_typed_leave_room_for_the_day_before_and_after():
    for typed in ("1900-01-01", "2200-12-31"):
        day = read_date(typed, field="on")
        assert day - timedelta(days=1) < day < day + timedelta(days=1)
        assert read_moment(f"{typed} 00:30", LOCAL, field="on").date() <= day


def test_blood_is_not_received_before_it_was_collected(standing):
    site = standing("announced")
    typed = arrival(site, collected_at="2026-03-25 07:30", received_at="2026-03-25 07:00")
    assert site.refused(LI, collections.receive, COLLECTION, **typed).rule == "time.order"


def test_a_result_of_tomorrow_is_refused(at):
    site = at("formulated")
    site.later(hours=12)
    typed = {"test": "gram_stain", "result": "negative", "resulted_on": "2026-04-09"}
    refusal = site.refused(LI, testing.record_result, BATCH, **typed)
    assert (refusal.rule, refusal.first.field) == ("time.future", "resulted_on")


@pytest.mark.requirement("R37")
@pytest.mark.parametrize(
    ("name", "typed"),
    [("viability", "170 %"), ("viability", "-5 %"), ("viability", ">100 %"), ("inkt_purity", "100.01 %"),
     ("cd3_positive", "101 %"), ("endotoxin", "-0.1 EU/mL")],
)  # fmt: skip
def test_a_number_that_cannot_be_is_no_result_and_never_a_pass(at, name, typed):
    """Neither reported nor put there by a correction."""
    site = at("reviewed")
    result = {"test": name, "result": typed, "resulted_on": site.today(), "reason": "read again"}
    refusal = site.refused(LI, testing.record_result, BATCH, **result)
    assert (refusal.rule, refusal.first.field, refusal.first.typed) == ("result.impossible", "result", typed)
    with site.case(Batch, BATCH) as case:
        code = case.results[name].code
    change = {"value": "result", "new": typed, "why": "transcription", "reason": "misread"}
    assert site.refused(LI, corrections.correct_result, code, **change).rule == "result.impossible"


@pytest.mark.parametrize("typed", ["100 %", "0 %", "<0.5 %", ">95 %"])
def test_all_of_the_cells_and_none_of_them_are_results(at, typed):
    record_result(at("reviewed"), "cd3_positive", typed, reason="read again")


def test_an_infusion_ends_after_it_began_and_begins_after_the_bag_came(at):
    site = at("at the ward")
    site.later(minutes=30)
    backwards = bedside(site, finished_at="2026-04-08 06:31")
    assert site.refused(SUN, custody.record_infusion, BAG, **backwards).rule == "time.order"
    early = bedside(site, started_at="2026-04-08 06:00")
    assert site.refused(SUN, custody.record_infusion, BAG, **early).first.field == "started_at"


# --- enrolment


@pytest.mark.parametrize(
    ("criterion", "answer"),
    [
        ("white_cells", "3.0×10^9/L"),
        ("lymphocytes", "0.8×10^9/L"),
        ("haemoglobin", "8.5 g/dL"),
        ("platelets", "50×10^3/µL"),
        ("creatinine", "156 µmol/L; 104 µmol/L"),
        ("inkt_concentration", "10 cells/mL"),
        ("life_expectancy", "83 d"),
        ("diagnosis", "no"),
        ("haemoglobin", ""),
    ],
)
def test_a_strict_limit_fails_at_the_limit_and_no_answer_is_no_pass(standing, criterion, answer):
    typed = enrolment("YA-002", patient_id="H3")
    typed["answers"] = typed["answers"] | {criterion: answer}
    refusal = standing("enrolled").refused(SUN, subjects.enrol_subject, **typed)
    assert [(b.rule, b.field, b.typed) for b in refusal.blockers] == [
        ("subject.eligibility", criterion, answer)
    ]


def test_every_criterion_that_is_not_met_is_named_at_once(standing):
    typed = enrolment("YA-002", patient_id="H3")
    typed["answers"] = typed["answers"] | {"diagnosis": "no", "transplant": "yes", "allergy": ""}
    refusal = standing("enrolled").refused(SUN, subjects.enrol_subject, **typed)
    assert {b.field for b in refusal.blockers} == {"diagnosis", "transplant", "allergy"}


def test_one_patient_is_one_subject(standing):
    site = standing("enrolled")
    assert site.refused(SUN, subjects.enrol_subject, **enrolment("YA-002")).rule == "subject.patient"
    again = enrolment(patient_id="H9")
    assert site.refused(SUN, subjects.enrol_subject, **again).rule == "subject.number"


@pytest.mark.parametrize(
    ("typed", "rule"),
    [
        ({"infusion_number": 7, "planned_on": "2026-04-08"}, "order.number"),
        ({"infusion_number": 0, "planned_on": "2026-04-08"}, "order.number"),
        ({"infusion_number": "1.5", "planned_on": "2026-04-08"}, "units.number"),
        ({"infusion_number": 2, "planned_on": "2026-04-08"}, "order.window"),
        ({"infusion_number": 1, "planned_on": "2026-04-12"}, "order.window"),
        ({"infusion_number": 1, "planned_on": "8 April"}, "time.date"),
    ],
)
def test_an_order_is_for_an_infusion_of_the_course_on_a_day_of_its_window(standing, typed, rule):
    assert standing("enrolled").refused(SUN, subjects.order_dose, SUBJECT, **typed).rule == rule


def test_less_drawn_than_the_sampling_plan_needs_asks_why(at):
    site = at("harvested")
    wash(site)
    site.run(LI, formulation.formulate, BATCH, performed_at=site.now(), **formulation_entries(site))
    little = sampling(site, "sample_product", "4.9 mL")
    refusal = site.refused(LI, culture.sample, BATCH, performed_at=site.now(), **little)
    assert (refusal.rule, refusal.first.field) == ("sample.volume", "deviation_reason")


def test_nobody_without_the_role_verifies(standing):
    refusal = standing("harvested").refused(SUN, verify_count, "N-00001")
    assert refusal.rule == "R24"
    assert Role.PHYSICIAN not in roles_with(verify_count.permission)
