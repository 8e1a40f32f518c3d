"""Counts: every correction once, replicates with their noise, iNKT as a fraction of live cells only."""

import statistics
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkt_mfg.refusal import Refusal
from inkt_mfg.science import counting
from inkt_mfg.science.counting import Gate, GatePath, InstrumentConcentration, Replicates
from inkt_mfg.units import Measured, compare, of

SQUARES = st.lists(st.integers(0, 400), min_size=1, max_size=9)


def refusal_of(act, *arguments) -> str:
    with pytest.raises(Refusal) as refused:
        act(*arguments)
    return refused.value.rule


# ---- hemocytometer


def test_four_squares_of_fifty_at_one_in_two_are_a_million_per_millilitre():
    count = counting.hemocytometer_concentration([48, 52, 50, 50], Decimal(2))
    assert count.concentration == of("1e6", "cell/mL")
    assert count.counted == 200
    assert [str(line) for line in count.derivation] == [
        "mean = sum of squares / squares = (48 + 52 + 50 + 50) / 4 = 50",
        "concentration = mean × 10^4 /mL × dilution = 50 × 10^4 /mL × 2 = 1.00×10^6 cells/mL",
    ]


@given(SQUARES, st.integers(1, 100))
def test_concentration_is_proportional_to_the_dilution(squares, dilution):
    neat = counting.hemocytometer_concentration(squares, Decimal(1)).concentration.value
    diluted = counting.hemocytometer_concentration(squares, Decimal(dilution)).concentration.value
    assert abs(diluted - neat * dilution) <= diluted * Decimal("1e-27")


@pytest.mark.parametrize(
    ("squares", "dilution", "rule"),
    [
        ([], "2", "counting.counts"),
        ([10, -1], "2", "counting.counts"),
        ([10], "0.5", "counting.dilution"),
        ([10], "0", "counting.dilution"),
    ],
)
def test_an_impossible_count_is_refused(squares, dilution, rule):
    assert refusal_of(counting.hemocytometer_concentration, squares, Decimal(dilution)) == rule


@pytest.mark.parametrize(("cells", "percent"), [(100, "10"), (400, "5"), (10000, "1")])
def test_counting_alone_scatters_by_one_over_the_root(cells, percent):
    """100 cells counted is the RSD of about 10 % that hemocytometers show at 1e6/mL."""
    assert counting.poisson_cv(cells) == Decimal(percent)


def test_no_cells_have_no_relative_scatter():
    assert counting.poisson_cv(0) is None
    assert counting.hemocytometer_concentration([0, 0], Decimal(1)).poisson_cv is None


# ---- dilution once, viability once


def test_dilution_is_applied_to_what_was_measured_diluted():
    assert counting.undiluted(of("1e6", "cell/mL"), Decimal(10)) == of("1e7", "cell/mL")


@pytest.mark.requirement("R33")
def test_an_instrument_has_already_applied_its_dilution():
    printed = InstrumentConcentration(of("1.67e6", "cell/mL"), "total")
    assert refusal_of(counting.undiluted, printed, Decimal(2)) == "counting.dilution_twice"


def test_a_concentration_of_viable_cells_is_not_multiplied_by_viability_again():
    printed = InstrumentConcentration(of("1.60e6", "cell/mL"), "viable")
    assert refusal_of(counting.viable_cell_density, printed, of("95.5", "%")) == "counting.viability_twice"


@pytest.mark.parametrize(
    ("total", "viability", "printed_live"),
    [("3.58e6", "68.2", "2.45e6"), ("1.67e6", "95.5", "1.60e6")],
)
def test_viable_density_of_real_printouts(total, viability, printed_live):
    """ChemoMetec NucleoView NC-200 exports print total, viability and live to three digits."""
    total = InstrumentConcentration(of(total, "cell/mL"), "total")
    density = counting.viable_cell_density(total, of(viability, "%"))
    assert abs(density.value / Decimal(printed_live) - 1) < Decimal("0.005")


# ---- viability


@pytest.mark.parametrize("percent", ["100.01", "101", "-0.1", "1e6"])
def test_a_viability_outside_nought_to_a_hundred_is_refused(percent):
    assert refusal_of(counting.check_viability, of(percent, "%")) == "counting.viability"
    assert (
        refusal_of(counting.viable_cell_density, of("1e6", "cell/mL"), of(percent, "%"))
        == "counting.viability"
    )


def test_a_viability_just_above_a_hundred_is_refused_with_the_digits_that_show_it():
    with pytest.raises(Refusal, match=r"100\.00001 %"):
        counting.check_viability(of("100.00001", "%"))


@pytest.mark.parametrize("percent", ["0", "100", "99.999"])
def test_the_ends_are_viabilities(percent):
    assert counting.check_viability(of(percent, "%")) == of(percent, "%")


def test_viability_is_live_over_all():
    assert counting.viability(955, 45) == of("95.5", "%")
    assert refusal_of(counting.viability, 0, 0) == "counting.counts"
    assert refusal_of(counting.viability, -1, 5) == "counting.counts"


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_viability_of_real_counts_is_always_one(live, dead):
    if live + dead:
        assert 0 <= counting.check_viability(counting.viability(live, dead)).value <= 100


# ---- totals


def test_totals_are_concentration_times_volume_in_any_unit():
    assert counting.total_viable_cells(of("1.9e6", "cell/mL"), of(30, "mL")) == of("5.7e7", "cell")
    assert counting.total_nucleated_cells(of("1.9", "10^6 cell/mL"), of("0.03", "L")) == of("5.7e7", "cell")
    assert counting.total_viable_cells(of("1900", "cell/uL"), of(30000, "uL")) == of("5.7e7", "cell")


def test_volume_times_volume_is_no_number_of_cells():
    assert refusal_of(counting.total_viable_cells, of(30, "mL"), of(30, "mL")) == "units.dimension"


# ---- replicates


def test_mean_sd_and_cv_of_three_counts():
    counted = Replicates.of([of("1.0e6", "cell/mL"), of("1.1", "10^6 cell/mL"), of("1200", "cell/uL")])
    assert counted.mean == of("1.1e6", "cell/mL")
    assert counted.sd == of("1e5", "cell/mL")
    assert round(counted.cv.value, 4) == Decimal("9.0909")
    assert len(counted.values) == 3


@given(st.lists(st.integers(1, 10**8), min_size=2, max_size=8))
def test_replicates_agree_with_the_standard_library(values):
    counted = Replicates.of([of(value, "cell/mL") for value in values])
    assert float(counted.mean.value) == pytest.approx(statistics.mean(values), rel=1e-12)
    assert float(counted.sd.value) == pytest.approx(statistics.stdev(values), rel=1e-9, abs=1e-6)


def test_one_count_has_no_scatter_and_asks_for_no_recount():
    single = Replicates.of([of("1e6", "cell/mL")])
    assert (single.sd, single.cv) == (None, None)
    assert not single.asks_recount(of(15, "%"))


def test_a_mean_of_zero_has_no_cv():
    assert Replicates.of([of(0, "cell/mL"), of(0, "cell/mL")]).cv is None


def test_a_recount_is_asked_above_the_limit_and_not_at_it():
    counted = Replicates.of([of(90, "cell/mL"), of(100, "cell/mL"), of(110, "cell/mL")])
    assert counted.cv == of(10, "%")
    assert not counted.asks_recount(of(10, "%"))
    assert counted.asks_recount(of("9.999999", "%"))


def test_no_counts_are_no_replicates():
    assert refusal_of(Replicates.of, []) == "counting.replicates"


# ---- gate path


def path(*gates: tuple[str, str, str]) -> GatePath:
    return GatePath(tuple(Gate(name, parent, of(percent, "%")) for name, parent, percent in gates))


def test_percentages_of_parents_multiply_down_the_path():
    gates = path(("lymphocytes", "live", "80"), ("CD3+", "lymphocytes", "50"), ("iNKT", "CD3+", "60"))
    assert gates.fraction_of_live == Decimal("0.24")
    assert "60 % (iNKT of CD3+)" in gates.derivation[0].values


def test_a_percentage_of_cd3_is_not_a_percentage_of_live():
    assert refusal_of(path, ("iNKT", "CD3+", "60")) == "counting.gate_path"


@pytest.mark.parametrize(
    "gates",
    [
        (),
        (("CD3+", "live", "50"), ("iNKT", "lymphocytes", "60")),
        (("iNKT", "live", "101"),),
        (("iNKT", "live", "-1"),),
    ],
)
def test_a_path_with_a_gap_or_an_impossible_gate_is_refused(gates):
    assert refusal_of(path, *gates) == "counting.gate_path"


@given(st.lists(st.decimals(min_value=0, max_value=100, places=2), min_size=1, max_size=6))
def test_the_end_of_a_path_is_never_more_than_any_gate_on_it(percents):
    names = ["live", *(f"gate {n}" for n in range(len(percents)))]
    gates = path(
        *((name, parent, str(p)) for name, parent, p in zip(names[1:], names, percents, strict=False))
    )
    assert 0 <= gates.fraction_of_live <= min(percents) / 100


def test_events_give_the_same_fraction_as_gates():
    assert counting.fraction_from_events(240, 1000) == Decimal("0.24")
    for inkt, live in ((11, 10), (-1, 10), (0, 0)):
        assert refusal_of(counting.fraction_from_events, inkt, live) == "counting.events"


def test_inkt_cells_are_viable_cells_times_their_fraction_of_live():
    assert counting.inkt_cells(of("1e9", "cell"), Decimal("0.24")) == of("2.4e8", "cell")
    assert refusal_of(counting.inkt_cells, of("1e9", "cell"), Decimal(24)) == "counting.fraction"


@given(st.integers(0, 10**10), st.decimals(min_value=0, max_value=1, places=6))
def test_there_are_never_more_inkt_than_viable_cells(viable, fraction):
    assert compare(counting.inkt_cells(of(viable, "cell"), fraction), of(viable, "cell")) <= 0


def test_no_inkt_and_no_live_cells_are_findings_too():
    assert counting.fraction_from_events(0, 10) == 0
    assert counting.fraction_from_events(10, 10) == 1
    assert counting.viability(0, 5) == of(0, "%")
    assert counting.viability(5, 0) == of(100, "%")


@pytest.mark.parametrize("typed", ["", "101 % (by hand)"])
def test_the_refused_viability_is_shown_as_typed(typed):
    with pytest.raises(Refusal) as refused:
        counting.check_viability(Measured(Decimal(101), "%", typed))
    assert refused.value.first.typed == (typed or "101 %")
