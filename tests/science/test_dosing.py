"""The dose and its verdict: exact at the window's edge, the same in any unit, and never rounded into range."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from inkt_mfg.refusal import Refusal
from inkt_mfg.science.body import Body, body_surface_area
from inkt_mfg.science.dosing import (
    DoseWindow,
    Verdict,
    dose_cells,
    il2_course,
    judge_dose,
    largest_usable_part,
    volume_for,
)
from inkt_mfg.units import compare, convert, exact, of

# The window of NCT04011033 (ClinicalTrials.gov): 5×10^8 to 10^9 cells/m², read as closed.
WINDOW = DoseWindow(of("5e8", "cell/m^2"), of("1e9", "cell/m^2"))
BODY = Body(of(168, "cm"), of(65, "kg"))
TWO_SQUARE_METRES = Body(of(180, "cm"), of(80, "kg"))  # exactly 2 m² by Mosteller

BODIES = st.builds(
    lambda h, w: Body(of(h, "cm"), of(w, "kg")),
    st.decimals(min_value=140, max_value=200, places=1),
    st.decimals(min_value=40, max_value=120, places=1),
)
CELLS = st.integers(10**7, 10**10)


def verdict(cells, body=TWO_SQUARE_METRES, formula="mosteller", window=WINDOW) -> Verdict:
    return judge_dose(of(cells, "cell"), body, formula, window).verdict


@pytest.mark.parametrize(
    ("formula", "printed", "expected"),
    [
        ("stevenson", "1.027e9", Verdict.ABOVE),
        ("mosteller", "1.005e9", Verdict.ABOVE),
        ("hu_general", "0.961e9", Verdict.WITHIN),
    ],
)
def test_the_formula_changes_the_verdict_of_the_same_dose(formula, printed, expected):
    judged = judge_dose(of("1.75e9", "cell"), BODY, formula, WINDOW)
    assert round(judged.dose.value, -6) == Decimal(printed)
    assert judged.verdict is expected


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ("1000000000", Verdict.WITHIN),
        ("999999999", Verdict.BELOW),
        ("999999998", Verdict.BELOW),
        ("2000000000", Verdict.WITHIN),
        ("2000000001", Verdict.ABOVE),
        ("2000000000.000000000000000001", Verdict.ABOVE),
        ("2000000002", Verdict.ABOVE),
        ("0", Verdict.BELOW),
    ],
)
def test_the_limits_are_within_and_one_cell_beyond_is_not(cells, expected):
    """At exactly 2 m², 5e8 and 1e9 cells/m² are 1e9 and 2e9 cells."""
    assert verdict(cells) is expected


@given(BODIES, st.sampled_from(["mosteller", "dubois", "hu_general"]))
def test_one_cell_per_square_metre_beyond_a_limit_changes_the_verdict(body, formula):
    size = exact(body_surface_area(formula, body.height, body.weight))
    for limit, beyond in ((Fraction(10**9), 1), (Fraction(5 * 10**8), -1)):
        at = judge_dose(of("1", "cell"), body, formula, WINDOW)
        edge = at.max_cells if beyond > 0 else at.min_cells
        assert verdict(edge.value, body, formula) is Verdict.WITHIN
        further = (limit + beyond) * size
        whole = further.numerator // further.denominator + (1 if beyond > 0 else 0)
        assert verdict(whole, body, formula) is (Verdict.ABOVE if beyond > 0 else Verdict.BELOW)


@given(CELLS, CELLS, BODIES)
def test_more_cells_never_move_a_dose_down(fewer, more, body):
    assume(fewer <= more)
    order = [Verdict.BELOW, Verdict.WITHIN, Verdict.ABOVE]
    assert order.index(verdict(fewer, body)) <= order.index(verdict(more, body))


@given(CELLS, BODIES)
def test_the_same_facts_in_other_units_give_the_same_verdict_and_dose(cells, body):
    window = DoseWindow(of("500", "10^6 cell/m^2"), of("1", "10^9 cell/m^2"))
    other = Body(convert(body.height, "m"), convert(body.weight, "body_g"))
    here = judge_dose(of(cells, "cell"), body, "mosteller", WINDOW)
    there = judge_dose(convert(of(cells, "cell"), "10^6 cell"), other, "mosteller", window)
    assert (here.verdict, here.dose, here.max_cells) == (there.verdict, there.dose, there.max_cells)


@given(BODIES, st.sampled_from(["mosteller", "dubois", "boyd"]))
def test_max_cells_is_within_and_is_the_most_that_is(body, formula):
    most = judge_dose(of(1, "cell"), body, formula, WINDOW).max_cells
    assert verdict(most.value, body, formula) is Verdict.WITHIN
    assert verdict(most.value + Decimal("1e-15"), body, formula) is Verdict.ABOVE


def test_a_dose_just_above_shows_the_digits_that_make_it_so():
    judged = judge_dose(of("2000000001", "cell"), TWO_SQUARE_METRES, "mosteller", WINDOW)
    line = next(line for line in judged.derivation if line.formula == "low ≤ dose ≤ high")
    assert line.values == "5×10^8 cells/m^2 ≤ 1.0000000005×10^9 cells/m^2 ≤ 1×10^9 cells/m^2"
    assert line.result == "above"


def test_the_derivation_can_be_followed_line_by_line():
    judged = judge_dose(of("1.75e9", "cell"), BODY, "mosteller", WINDOW)
    assert [str(line) for line in judged.derivation] == [
        "BSA (mosteller) = √(H × W / 3600) = √(168 cm × 65 kg / 3600) = 1.741646730 m^2",
        "dose = cells / BSA = 1.75×10^9 cells / 1.741646730 m^2 = 1.004796191×10^9 cells/m^2",
        "low ≤ dose ≤ high = 5×10^8 cells/m^2 ≤ 1.004796191×10^9 cells/m^2 ≤ 1×10^9 cells/m^2 = above",
        "max cells = high × BSA = 1×10^9 cells/m^2 × 1.741646730 m^2 = 1.74164673×10^9 cells",
    ]
    assert judged.derivation[0].as_json().keys() == {"formula", "values", "result"}


def test_a_protocol_may_dose_by_body_weight_instead():
    window = DoseWindow(of("1e6", "cell/kg"), of("5", "10^6 cell/kg"))
    judged = judge_dose(of("325e6", "cell"), BODY, None, window)
    assert (judged.verdict, judged.bsa, judged.dose) == (Verdict.WITHIN, None, of("5e6", "cell/kg"))
    assert verdict("325000001", BODY, None, window) is Verdict.ABOVE
    in_pounds = Body(BODY.height, of("143.3", "lb"))
    assert verdict("326e6", in_pounds, None, window) is Verdict.ABOVE


@pytest.mark.parametrize(
    ("low", "high"),
    [
        (("1e9", "cell/m^2"), ("5e8", "cell/m^2")),
        (("5e8", "cell/m^2"), ("1e9", "cell/kg")),
        (("5e8", "cell"), ("1e9", "cell")),
        (("5e8", "cell/mL"), ("1e9", "cell/mL")),
    ],
)
def test_an_empty_or_mixed_window_cannot_be_made(low, high):
    with pytest.raises(ValueError, match="dose window"):
        DoseWindow(of(*low), of(*high))


def test_a_window_of_one_value_can():
    window = DoseWindow(of("1e9", "cell/m^2"), of("1", "10^9 cell/m^2"))
    assert verdict("2000000000", window=window) is Verdict.WITHIN


def test_nothing_is_divided_by_a_surface_of_zero():
    with pytest.raises(Refusal) as refused:
        judge_dose(of("1e9", "cell"), Body(of(168, "cm"), of(0, "kg")), "mosteller", WINDOW)
    assert refused.value.rule == "dose.body"


def test_dose_cells_are_what_is_left_after_samples_retains_and_residual():
    held = dose_cells(of("1.75e7", "cell/mL"), of(100, "mL"), [of(500, "uL"), of(1, "mL")])
    assert (held.volume, held.cells) == (of("98.5", "mL"), of("1723750000", "cell"))
    assert held.derivation[0].values == "100 mL - 500 µL - 1 mL"


@pytest.mark.parametrize("taken", [["100"], ["99", "2"]])
def test_more_cannot_be_taken_than_was_filled(taken):
    with pytest.raises(Refusal) as refused:
        dose_cells(of("1e7", "cell/mL"), of(100, "mL"), [of(volume, "mL") for volume in taken])
    assert refused.value.rule == "dose.volume"


def test_the_volume_is_rounded_down_to_the_syringe_step_and_judged_again():
    part = volume_for(
        of("1741646730", "cell"),
        of("1.75e7", "cell/mL"),
        of("0.5", "mL"),
        body=BODY,
        formula="mosteller",
        window=WINDOW,
    )
    assert part.volume == of("99.5", "mL")
    assert part.judgement.cells == of("1741250000", "cell")
    assert part.judgement.verdict is Verdict.WITHIN


def test_rounding_down_can_take_a_dose_below_the_window_and_says_so():
    part = volume_for(
        of("870823366", "cell"),
        of("1.75e7", "cell/mL"),
        of("5", "mL"),
        body=BODY,
        formula="mosteller",
        window=WINDOW,
    )
    assert part.volume == of(45, "mL")
    assert part.judgement.verdict is Verdict.BELOW


@given(st.integers(10**6, 10**8), st.sampled_from(["0.1", "0.2", "0.5", "1"]), st.integers(10**8, 3 * 10**9))
def test_the_rounded_volume_is_a_whole_number_of_steps_never_above_the_target(concentration, step, target):
    part = volume_for(
        of(target, "cell"),
        of(concentration, "cell/mL"),
        of(step, "mL"),
        body=BODY,
        formula="mosteller",
        window=WINDOW,
    )
    assert part.volume.value % Decimal(step) == 0
    assert part.judgement.cells.value <= target < part.judgement.cells.value + concentration * Decimal(step)


@given(st.integers(10**6, 10**8), st.integers(1, 400))
def test_the_largest_usable_part_is_within_and_one_step_more_is_not(concentration, available):
    step = Decimal("0.5")
    part = largest_usable_part(
        of(available, "mL"),
        of(concentration, "cell/mL"),
        of(step, "mL"),
        body=BODY,
        formula="mosteller",
        window=WINDOW,
    )
    everything = verdict(concentration * available, BODY)
    assert (part is None) is (everything is Verdict.BELOW)
    if part is not None:
        assert part.judgement.verdict is Verdict.WITHIN
        more = part.volume.value + step
        assert more > available or verdict(concentration * more, BODY) is Verdict.ABOVE


def test_no_part_is_usable_when_the_step_is_wider_than_the_window():
    coarse = largest_usable_part(
        of(100, "mL"), of("1e8", "cell/mL"), of(50, "mL"), body=BODY, formula="mosteller", window=WINDOW
    )
    assert coarse is None


@pytest.mark.parametrize(("concentration", "step"), [("0", "0.5"), ("1e7", "0")])
def test_nothing_is_drawn_from_an_empty_bag_or_by_steps_of_nothing(concentration, step):
    with pytest.raises(Refusal) as refused:
        volume_for(
            of("1e9", "cell"),
            of(concentration, "cell/mL"),
            of(step, "mL"),
            body=BODY,
            formula="mosteller",
            window=WINDOW,
        )
    assert refused.value.rule == "dose.volume"


def test_il2_by_weight_as_the_trial_gives_it():
    """25,000 IU/kg/day (ClinicalTrials.gov NCT04011033): 65 kg is 1.625 MIU a day."""
    course = il2_course(of(65, "kg"), of(25000, "IU/kg/d"), 14)
    assert compare(course.per_day, of("1.625", "MIU/d")) == 0
    assert compare(course.total, of("22.75", "MIU")) == 0
    assert course.derivation[0].result == "1.625×10^6 IU/day"


@pytest.mark.parametrize("days", [0, -1])
def test_a_course_without_a_day_is_refused(days):
    with pytest.raises(Refusal) as refused:
        il2_course(of(65, "kg"), of(25000, "IU/kg/d"), days)
    assert refused.value.rule == "dose.il2_days"


def test_a_foreign_dimension_never_becomes_a_dose():
    with pytest.raises(Refusal) as refused:
        judge_dose(of("1e9", "cell/mL"), BODY, "mosteller", WINDOW)
    assert refused.value.rule == "units.dimension"


def test_a_course_of_one_day_is_a_course():
    course = il2_course(of(65, "kg"), of(25000, "IU/kg/d"), 1)
    assert compare(course.total, of("1.625", "MIU")) == 0


def test_all_that_is_available_is_given_when_it_is_within():
    part = largest_usable_part(
        of(60, "mL"), of("2e7", "cell/mL"), of("0.5", "mL"), body=BODY, formula="mosteller", window=WINDOW
    )
    assert part is not None
    assert part.volume == of(60, "mL")
    assert part.judgement.cells == of("1.2e9", "cell")


def test_a_part_that_is_exactly_the_upper_limit_may_be_given():
    part = volume_for(
        of("2e9", "cell"),
        of("2e7", "cell/mL"),
        of("0.5", "mL"),
        body=TWO_SQUARE_METRES,
        formula="mosteller",
        window=WINDOW,
    )
    assert (part.volume, part.judgement.verdict) == (of(100, "mL"), Verdict.WITHIN)
