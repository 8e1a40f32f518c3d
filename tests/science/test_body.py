"""Whether height and weight can be a patient's: slips of the hand are refused, oddities are asked about."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkt_mfg.refusal import Refusal
from inkt_mfg.science.body import ADULT, BodyLimits, ImplausibleBody, Plausible, body_mass_index, check_body
from inkt_mfg.units import Kind, canonical, convert, of, read


def check(height: str, weight: str):
    return check_body(
        read(height, Kind.HEIGHT, field="height"),
        read(weight, Kind.BODY_WEIGHT, field="weight"),
        "mosteller",
        ADULT,
    )


def test_an_ordinary_patient_raises_no_question():
    checked = check("168 cm", "65 kg")
    assert checked.concerns == ()
    assert round(checked.bmi.value, 2) == round(65 / canonical(of("1.68", "m"), Kind.HEIGHT) ** 2 * 10000, 2)
    assert checked.bsa.unit == "m^2"


@pytest.mark.parametrize(
    ("height", "weight", "rule", "hint"),
    [
        ("65 cm", "168 kg", "body.height", "height and weight may be swapped"),
        ("1.68 cm", "65 kg", "body.height", "the height may be in metres"),
        ("168 cm", "143 kg", "body.bmi", "the weight may be in pounds"),
        ("168 cm", "6.5 kg", "body.weight", "no patient"),
        ("168 m", "65 kg", "body.height", "no patient"),
        ("0 cm", "65 kg", "body.height", "no patient"),
        ("168 cm", "0 kg", "body.weight", "no patient"),
        ("168 cm", "65 lb", "body.bmi", "no patient"),
    ],
)
def test_a_slip_of_the_hand_is_refused_and_named(height, weight, rule, hint):
    with pytest.raises(ImplausibleBody) as refused:
        check(height, weight)
    assert refused.value.rule == rule
    assert hint in refused.value.first.what.english
    assert refused.value.first.typed


def test_pounds_typed_as_kilograms_pass_a_naive_range_of_surface_but_not_the_index():
    """65 kg is 143 lb: as kilograms that is 2.59 m², within any range of surface, and an index of 50.7."""
    with pytest.raises(ImplausibleBody) as refused:
        check("168 cm", "143 kg")
    assert [blocker.rule for blocker in refused.value.blockers] == ["body.bmi"]
    assert refused.value.first.typed == "168 cm, 143 kg"


@given(st.integers(145, 200), st.integers(40, 120))
def test_swapping_height_and_weight_is_always_refused(cm, kg):
    with pytest.raises(ImplausibleBody):
        check(f"{kg} cm", f"{cm} kg")


@given(st.decimals(min_value="1.20", max_value="2.30", places=2), st.integers(30, 150))
def test_metres_typed_as_centimetres_are_always_refused(metres, kg):
    with pytest.raises(ImplausibleBody):
        check(f"{metres} cm", f"{kg} kg")


def test_fifty_kilograms_typed_as_110_pass_the_hard_limits_and_ask_a_second_person():
    checked = check("168 cm", "110 kg")
    assert [concern.rule for concern in checked.concerns] == ["body.bmi"]
    assert "second person" in checked.concerns[0].resolve_by.english


def test_both_entries_beyond_their_limits_are_both_named():
    with pytest.raises(ImplausibleBody) as refused:
        check("65 cm", "500 kg")
    assert [blocker.field for blocker in refused.value.blockers] == ["height", "weight"]


def test_a_surface_beyond_its_limit_is_refused_even_when_height_weight_and_index_pass():
    tight = BodyLimits(
        ADULT.height, ADULT.weight, ADULT.bmi,
        Plausible((of("1.0", "m^2"), of("1.7", "m^2")), (of("1.1", "m^2"), of("1.6", "m^2"))),
    )  # fmt: skip
    with pytest.raises(ImplausibleBody) as refused:
        check_body(of(168, "cm"), of(65, "kg"), "mosteller", tight)
    assert refused.value.rule == "body.bsa"


@pytest.mark.parametrize(
    ("height", "concern"), [("140", []), ("139.9", ["body.height"]), ("200", []), ("200.1", ["body.height"])]
)
def test_the_soft_limits_themselves_are_plausible(height, concern):
    weight = 25 * of(height, "m").value ** 2 / 10000  # an index of 25
    assert [c.rule for c in check(f"{height} cm", f"{weight:.4f} kg").concerns] == concern


@pytest.mark.parametrize(
    ("height", "refused"), [("120", False), ("119.99", True), ("230", False), ("230.01", True)]
)
def test_the_hard_limits_themselves_are_not_refused(height, refused):
    weight = of(height, "m").value ** 2 * 22 / 10000
    outcomes = []
    try:
        check(f"{height} cm", f"{weight:.4f} kg")
    except ImplausibleBody as refusal:
        outcomes = [blocker.rule for blocker in refusal.blockers]
    assert ("body.height" in outcomes) is refused


@given(st.integers(1100, 2400), st.integers(200, 2600))
def test_the_same_body_in_other_units_gets_the_same_answer(mm, hectograms):
    height, weight = of(mm, "mm"), of(hectograms * 100, "body_g")
    answers = []
    for h, w in ((height, weight), (convert(height, "m"), convert(weight, "kg"))):
        try:
            answers.append([c.rule for c in check_body(h, w, "dubois", ADULT).concerns])
        except ImplausibleBody as refusal:
            answers.append([b.rule for b in refusal.blockers] + ["refused"])
    assert answers[0] == answers[1]


def test_the_index_is_weight_over_height_squared():
    assert body_mass_index(of(2, "m"), of(80, "kg")) == of(20, "kg/m^2")


def test_limits_that_do_not_rise_are_a_mistake_of_the_protocol():
    with pytest.raises(ValueError, match="must rise"):
        Plausible((of(120, "cm"), of(230, "cm")), (of(110, "cm"), of(200, "cm")))


def test_limits_in_the_unit_of_something_else_are_a_mistake_of_the_protocol():
    with pytest.raises(ValueError, match="height"):
        BodyLimits(ADULT.weight, ADULT.weight, ADULT.bmi, ADULT.bsa)


def test_an_unknown_formula_is_refused_before_any_surface_is_named():
    with pytest.raises(Refusal, match="body-surface formula"):
        check_body(of(168, "cm"), of(65, "kg"), "nobody", ADULT)


def test_hard_and_soft_limits_may_be_the_same():
    ends = (of(120, "cm"), of(230, "cm"))
    assert Plausible(ends, ends).soft == ends


def test_a_body_from_the_record_is_shown_when_nothing_was_typed():
    with pytest.raises(ImplausibleBody) as refused:
        check_body(of("1.68", "cm"), of(65, "kg"), "mosteller", ADULT)
    assert refused.value.first.typed == "1.68 cm"
