"""One subject's days: when cultures start, tests read out and courses run, and what of it meets."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkt_mfg.refusal import Refusal
from inkt_mfg.science.calendar import EventKind, SchedulePlan, il2_days, overlaps, schedule

# NCT04011033 (ClinicalTrials.gov): TAE/TACE at weeks 0 and 4, infusions at weeks 1, 3, 5, 7, 9, 11.
PLAN = SchedulePlan(
    tae_days=(0, 28),
    infusion_days=(7, 21, 35, 49, 63, 77),
    culture_days=14,
    sterility_read_days=14,
    il2_start_days=1,
    il2_course_days=14,
)
DAY_0 = date(2026, 12, 1)


def days(kind: EventKind, plan: SchedulePlan = PLAN) -> list[int]:
    return [event.day for event in schedule(DAY_0, plan) if event.kind is kind]


def test_the_trial_s_days():
    assert days(EventKind.TAE) == [0, 28]
    assert days(EventKind.INFUSION) == [7, 21, 35, 49, 63, 77]
    assert days(EventKind.CULTURE_START) == [-7, 7, 21, 35, 49, 63]
    assert days(EventKind.STERILITY_READOUT) == [21, 35, 49, 63, 77, 91]
    assert days(EventKind.IL2_FIRST_DAY) == [8, 22, 36, 50, 64, 78]
    assert days(EventKind.IL2_LAST_DAY) == [21, 35, 49, 63, 77, 91]


def test_the_first_culture_starts_before_the_first_tae():
    first = schedule(DAY_0, PLAN)[0]
    assert first.as_json() == {"date": "2026-11-24", "day": -7, "kind": "culture_start", "infusion": 1}


def test_a_tae_belongs_to_no_infusion():
    assert {e.infusion for e in schedule(DAY_0, PLAN) if e.kind is EventKind.TAE} == {None}
    assert [e.infusion for e in schedule(DAY_0, PLAN) if e.kind is EventKind.INFUSION] == [1, 2, 3, 4, 5, 6]


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)))
def test_dates_follow_days_in_order(first_tae):
    events = schedule(first_tae, PLAN)
    assert all(event.date == first_tae + timedelta(days=event.day) for event in events)
    assert [e.day for e in events] == sorted(e.day for e in events)


def test_the_29th_of_february_is_counted():
    assert schedule(date(2028, 2, 1), PLAN)[-1].date == date(2028, 2, 1) + timedelta(days=91)
    assert next(e for e in schedule(date(2028, 2, 1), PLAN) if e.day == 28).date == date(2028, 2, 29)


def test_a_fourteen_day_course_overlaps_the_next_infusion_by_one_day():
    found = [o for o in overlaps(PLAN) if "IL-2 course after infusion 1" in o.what.english]
    assert [(o.first_day, o.last_day, o.days) for o in found] == [(21, 21, 1)]


def test_a_thirteen_day_course_does_not():
    shorter = SchedulePlan((0, 28), PLAN.infusion_days, 14, 14, 1, 13)
    assert not [o for o in overlaps(shorter) if "still runs" in o.what.english]


def test_sterility_reads_out_on_the_day_of_the_next_dose():
    found = [
        (o.first_day, o.last_day)
        for o in overlaps(PLAN)
        if o.what.english.startswith("sterility of infusion 1")
    ]
    assert found == [(21, 21)]


def test_the_second_tae_falls_inside_the_third_culture_and_the_second_course():
    on_28 = {o.what.english for o in overlaps(PLAN) if o.first_day == 28}
    assert on_28 == {
        "TAE/TACE during the culture for infusion 3",
        "TAE/TACE during the IL-2 course after infusion 2",
    }


def test_each_later_blood_draw_falls_on_an_infusion_day():
    draws = {o.first_day for o in overlaps(PLAN) if "blood draw" in o.what.english}
    assert draws == {7, 21, 35, 49, 63}


def test_a_plan_without_il2_has_no_course():
    plan = SchedulePlan((), (0, 30), 10, 7)
    assert il2_days(plan, 0) is None
    assert days(EventKind.IL2_FIRST_DAY, plan) == []
    assert days(EventKind.TAE, plan) == []
    assert overlaps(plan) == ()


@given(
    st.lists(st.integers(1, 300), min_size=1, max_size=8, unique=True).map(lambda d: tuple(sorted(d))),
    st.integers(1, 40), st.integers(1, 30), st.integers(0, 5), st.integers(1, 20),
)  # fmt: skip
def test_every_overlap_shown_is_one_and_none_of_il2_is_missed(infusions, culture, sterility, start, course):
    plan = SchedulePlan((0,), infusions, culture, sterility, start, course)
    shown = {(o.first_day, o.what.english) for o in overlaps(plan) if "still runs" in o.what.english}
    expected = {
        (later, f"the IL-2 course after infusion {n} still runs on infusion {m}")
        for n, day in enumerate(infusions, 1)
        for m, later in enumerate(infusions, 1)
        if m > n and day + start <= later <= day + start + course - 1
    }
    assert shown == expected
    assert all(o.days >= 1 for o in overlaps(plan))


@pytest.mark.parametrize("first", [date(9999, 12, 1), date(1, 1, 1)])
def test_a_plan_past_the_end_of_the_calendar_is_refused(first):
    with pytest.raises(Refusal) as refused:
        schedule(first, PLAN)
    assert refused.value.rule == "schedule.date"


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"infusion_days": (7, 7)}, "must rise"),
        ({"infusion_days": (21, 7)}, "must rise"),
        ({"tae_days": (28, 0)}, "must rise"),
        ({"infusion_days": ()}, "at least one"),
        ({"culture_days": 0}, "at least one day"),
        ({"sterility_read_days": 0}, "at least one day"),
        ({"il2_start_days": 1}, "both"),
        ({"il2_start_days": 1, "il2_course_days": 0}, "at least one day"),
    ],
)
def test_a_plan_that_makes_no_sense_cannot_be_made(values, message):
    ordinary = {"tae_days": (0,), "infusion_days": (7,), "culture_days": 14, "sterility_read_days": 14}
    with pytest.raises(ValueError, match=message):
        SchedulePlan(**{**ordinary, **values})


def test_a_tae_on_the_day_of_an_infusion_is_shown_with_its_culture():
    plan = SchedulePlan((0, 30), (30,), 10, 14)
    assert [(o.first_day, o.what.english) for o in overlaps(plan)] == [
        (30, "TAE/TACE during the culture for infusion 1")
    ]
