"""A protocol unlike the first drives the same functions: nothing of the first is assumed anywhere."""

from datetime import date
from decimal import Decimal

import pytest

from inkt_mfg import units
from inkt_mfg.protocol import Protocol
from inkt_mfg.science.acceptance import Acceptance, Result, judge
from inkt_mfg.science.body import Body, check_body
from inkt_mfg.science.calendar import EventKind, overlaps, schedule
from inkt_mfg.science.dosing import Verdict, dose_cells, judge_dose, volume_for

BODY = Body(units.of("1.2", "m"), units.of(20, "kg"))


def test_its_dose_is_per_body_weight_and_needs_no_surface(weight_based: Protocol):
    window = weight_based.dose_window
    judged = judge_dose(units.of("1e8", "cell"), BODY, weight_based.bsa_formula, window)
    assert (window.per, judged.bsa, judged.verdict) == ("body_weight", None, Verdict.WITHIN)
    assert judged.dose.value == Decimal("5E6")


@pytest.mark.parametrize(
    ("cells", "verdict"),
    [("19999999", "below"), ("2e7", "within"), ("1e8", "within"), ("100000001", "above")],
)
def test_its_window_is_closed_to_the_single_cell(weight_based: Protocol, cells, verdict):
    judged = judge_dose(units.of(cells, "cell"), BODY, None, weight_based.dose_window)
    assert judged.verdict.value == verdict


def test_its_basis_is_all_viable_cells_and_its_syringe_measures_whole_millilitres(weight_based: Protocol):
    assert weight_based.dose_basis == "total_viable"
    part = volume_for(
        units.of("9e7", "cell"),
        units.of("7e6", "cell/mL"),
        weight_based.syringe_step,
        body=BODY,
        formula=weight_based.bsa_formula,
        window=weight_based.dose_window,
    )
    assert (part.volume, part.judgement.verdict) == (units.of(12, "mL"), Verdict.WITHIN)


def test_its_container_loses_what_its_own_table_says(weight_based: Protocol, trial: Protocol):
    concentration = units.of("1e6", "cell/mL")
    small = dose_cells(concentration, weight_based.container.volume, weight_based.container.taken)
    large = dose_cells(concentration, trial.container.volume, trial.container.taken)
    assert (small.volume, large.volume) == (units.of(48, "mL"), units.of(93, "mL"))


def test_it_accepts_a_child_the_trial_for_adults_refuses(weight_based: Protocol, trial: Protocol):
    assert (
        check_body(BODY.height, BODY.weight, weight_based.bsa_formula, weight_based.body_limits).concerns
        == ()
    )
    assert units.compare(trial.body_limits.height.hard[0], BODY.height) > 0


def test_its_calendar_has_no_tae_and_no_il2(weight_based: Protocol):
    events = schedule(date(2027, 1, 4), weight_based.schedule_plan)
    assert {e.kind for e in events} == {
        EventKind.INFUSION,
        EventKind.CULTURE_START,
        EventKind.STERILITY_READOUT,
    }
    assert [e.day for e in events if e.kind is EventKind.INFUSION] == [0, 7, 14]
    assert weight_based.il2 is None
    assert any(
        overlap.what.english.startswith("sterility") for overlap in overlaps(weight_based.schedule_plan)
    )


def test_its_tests_are_its_own(weight_based: Protocol):
    viability, beads = (weight_based.test(code).criterion for code in ("viability", "beads"))
    assert judge(viability, Result.read("75 %")).verdict is Acceptance.FAIL
    assert judge(beads, Result.read("None seen", weight_based.terms)).verdict is Acceptance.PASS
    assert judge(beads, Result.read("No beads", weight_based.terms)).verdict is Acceptance.NOT_DETERMINED


def test_none_of_its_values_is_illustrative_but_all_wait_for_the_site(weight_based: Protocol):
    assert not weight_based.is_illustrative
    assert {"arms.all", "dose.low", "steps.collect"} <= {value.key for value in weight_based.site_values()}


@pytest.mark.parametrize(
    ("low", "high"), [("1 10^6 cells/kg", "5 10^6 cells/kg"), ("10 10^5 cells/kg", "0.5 10^7 cells/kg")]
)
@pytest.mark.parametrize(
    ("cells", "verdict"), [("19999999", "below"), ("1e8", "within"), ("100000001", "above")]
)
def test_the_units_a_window_is_written_in_change_no_verdict(
    weight_based: Protocol, low, high, cells, verdict
):
    text = weight_based.text.replace('"1e6 cells/kg"', f'"{low}"').replace('"5e6 cells/kg"', f'"{high}"')
    window = Protocol.read(text, "units.toml").dose_window
    assert judge_dose(units.of(cells, "cell"), BODY, None, window).verdict is Verdict(verdict)
