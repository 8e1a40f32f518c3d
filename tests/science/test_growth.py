"""Growth across splits and samples, against printed cultures; no growth; and a projection that knows its doubts."""

import csv
import math
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkt_mfg.refusal import Refusal
from inkt_mfg.science.counting import total_viable_cells
from inkt_mfg.science.growth import (
    GrowthVerdict,
    NotEnoughCounts,
    Point,
    Projection,
    Segment,
    growth,
    project,
    segments_between,
)
from inkt_mfg.units import compare, convert, of

# J Biol Eng 2019, s13036-019-0167-2, table 1: volume (mL), density (1e6/mL), total (1e6), rate (1/h), doubling time (h).
PUBLISHED = [
    ("AIM-V", "30", "1.9", "56.9", "0.03", "23.2"),
    ("OpTmizer", "30", "2.83", "84.8", "0.03", "23.1"),
    ("ImmunoCult", "30", "3.49", "104.6", "0.041", "17.1"),
    ("1st stim D0 seed", "80", "8.33", "666.0", "0.053", "13.0"),
]
NOISE, SPREAD = of(10, "%"), of("0.002", "1/h")
CELLS = st.integers(1, 10**11)


def half_a_digit(printed: str) -> Decimal:
    return Decimal(1).scaleb(Decimal(printed).as_tuple().exponent) / 2


def culture(*counts: tuple[str, str]) -> list[Point]:
    return [Point(of(hours, "h"), of(cells, "cell")) for hours, cells in counts]


@pytest.mark.parametrize(("name", "volume", "density", "total", "rate", "doubling"), PUBLISHED)
def test_printed_doubling_times_and_rates_are_two_views_of_one_culture(
    name, volume, density, total, rate, doubling
):
    """A culture that doubles in the printed time grows at the printed rate, to its last printed digit."""
    grown = growth([Segment(of("1e6", "cell"), of("2e6", "cell"), of(doubling, "h"))])
    assert abs(grown.growth_rate.value - Decimal(rate)) <= half_a_digit(rate), name
    assert abs(grown.doubling_time.value - Decimal(doubling)) < Decimal("1e-30")


@pytest.mark.parametrize(("name", "volume", "density", "total", "rate", "doubling"), PUBLISHED)
def test_printed_totals_are_density_times_volume(name, volume, density, total, rate, doubling):
    cells = total_viable_cells(of(density, "10^6 cell/mL"), of(volume, "mL"))
    allowed = half_a_digit(density) * Decimal(volume) + half_a_digit(total)
    assert abs(convert(cells, "10^6 cell").value - Decimal(total)) <= allowed, name


def test_our_copy_of_the_published_table_is_true(shared_examples: Path | None):
    lines = (shared_examples / "growth_published.csv").read_text().splitlines()[1:] if shared_examples else []
    columns = (
        "condition",
        "scale_mL",
        "vcd_max_1e6_per_mL",
        "tvc_1e6_published",
        "mu_per_h",
        "Td_h_published",
    )
    rows = [tuple(row[column] for column in columns) for row in csv.DictReader(lines)]
    assert not rows or rows == PUBLISHED


def test_twice_the_cells_in_a_day():
    grown = growth(segments_between(culture(("0", "1.9e6"), ("24", "3.8e6"))))
    assert (grown.fold, grown.population_doublings, grown.verdict) == (2, 1, GrowthVerdict.GROWTH)
    assert grown.doubling_time == of(24, "h")
    assert float(grown.growth_rate.value) == pytest.approx(math.log(2) / 24)


@pytest.mark.parametrize("end", ["1.9e6", "1.8e6", "1"])
def test_a_culture_that_does_not_grow_has_no_doubling_time(end):
    grown = growth(segments_between(culture(("0", "1.9e6"), ("24", end))))
    assert grown.verdict is GrowthVerdict.NO_GROWTH
    assert grown.doubling_time is None
    assert grown.growth_rate.value <= 0
    assert grown.derivation[-1].result == "no growth"


def test_a_culture_that_lost_every_cell_has_no_rate_either():
    grown = growth(segments_between(culture(("0", "1.9e6"), ("24", "0"))))
    assert (grown.fold, grown.population_doublings, grown.growth_rate) == (0, None, None)
    assert grown.verdict is GrowthVerdict.NO_GROWTH


def test_a_split_is_not_a_loss():
    """8e6 cells of which a quarter is kept: 8 × 6 is 48-fold, though the flask never held more than 12e6."""
    kept = [
        Segment(of("1e6", "cell"), of("8e6", "cell"), of(3, "d")),
        Segment(of("2e6", "cell"), of("12e6", "cell"), of(3, "d")),
    ]
    grown = growth(kept)
    assert grown.fold == 48
    assert float(grown.doubling_time.value) == pytest.approx(144 / math.log2(48))


@given(CELLS, st.integers(1, 1000), st.integers(1, 1000), st.integers(1, 500))
def test_growth_in_two_steps_is_growth_in_one(start, first, second, hours):
    middle, end = start * first, start * first * second
    whole = growth([Segment(of(start, "cell"), of(end, "cell"), of(2 * hours, "h"))])
    parts = growth(segments_between(culture(("0", start), (hours, middle), (2 * hours, end))))
    assert abs(parts.fold - whole.fold) <= whole.fold * Decimal("1e-30")
    assert parts.verdict is whole.verdict


@given(CELLS, CELLS, st.integers(1, 2000))
def test_the_unit_of_time_and_of_cells_does_not_matter(start, end, minutes):
    one = growth([Segment(of(start, "cell"), of(end, "cell"), of(minutes, "min"))])
    two = growth(
        [
            Segment(
                convert(of(start, "cell"), "10^6 cell"),
                of(end, "cell"),
                convert(of(minutes * 60, "s"), "min"),
            )
        ]
    )
    assert (one.fold, one.growth_rate, one.verdict) == (two.fold, two.growth_rate, two.verdict)


@given(CELLS, CELLS, st.integers(1, 2000))
def test_rate_doublings_and_verdict_agree_in_sign(start, end, hours):
    grown = growth([Segment(of(start, "cell"), of(end, "cell"), of(hours, "h"))])
    assert (grown.verdict is GrowthVerdict.GROWTH) == (end > start) == (grown.growth_rate.value > 0)
    assert (grown.doubling_time is not None) == (end > start)


def test_one_cell_more_is_growth_at_any_size():
    grown = growth([Segment(of("1e30", "cell"), of("1000000000000000000000000000001", "cell"), of(1, "h"))])
    assert grown.verdict is GrowthVerdict.GROWTH


@pytest.mark.parametrize(
    ("points", "rule"),
    [
        ([("0", "1e6")], "growth.points"),
        ([], "growth.points"),
        ([("0", "0"), ("24", "1e6")], "growth.start"),
        ([("24", "1e6"), ("24", "2e6")], "growth.time"),
        ([("24", "1e6"), ("0", "2e6")], "growth.time"),
    ],
)
def test_counts_that_make_no_culture_are_refused(points, rule):
    with pytest.raises(Refusal) as refused:
        segments_between(culture(*points))
    assert refused.value.rule == rule


# ---- projection


def projected(*counts: tuple[str, str], ahead: str = "96", noise=NOISE, spread=SPREAD):
    return project(segments_between(culture(*counts)), of(ahead, "h"), count_noise=noise, rate_spread=spread)


def test_a_steady_culture_is_projected_along_its_line():
    answer = projected(("0", "1e6"), ("24", "2e6"), ("48", "4e6"), ahead="48")
    assert isinstance(answer, Projection)
    assert float(answer.mid.value) == pytest.approx(16e6)
    assert compare(answer.low, answer.mid) < 0 < compare(answer.high, answer.mid)


def test_the_interval_is_the_textbook_one():
    """Three counts a day apart: mean time 24 h, Sxx = 1152 h²; two days ahead the target is 72 h from that mean."""
    answer = projected(("0", "1e6"), ("24", "2e6"), ("48", "4e6"), ahead="48")
    sd = math.sqrt(0.1**2 * (1 / 3 + 72**2 / 1152) + (0.002 * 48) ** 2)
    assert float(answer.high.value) == pytest.approx(16e6 * math.exp(1.959963984540054 * sd))
    assert float(answer.low.value) == pytest.approx(16e6 * math.exp(-1.959963984540054 * sd))


@pytest.mark.parametrize("counts", [[("0", "1e6"), ("24", "2e6")]])
def test_two_counts_are_not_enough_to_project_from(counts):
    assert projected(*counts) == NotEnoughCounts(2)
    assert str(projected(*counts)) == "not enough data: 2 counts, 3 needed"


def test_a_dead_culture_is_not_projected():
    assert isinstance(projected(("0", "1e6"), ("24", "5e5"), ("48", "0")), NotEnoughCounts)


def test_a_split_does_not_bend_the_line():
    whole = projected(("0", "1e6"), ("24", "2e6"), ("48", "4e6"))
    split = project(
        [
            Segment(of("1e6", "cell"), of("2e6", "cell"), of(24, "h")),
            Segment(of("5e5", "cell"), of("1e6", "cell"), of(24, "h")),
        ],
        of(96, "h"),
        count_noise=NOISE,
        rate_spread=SPREAD,
    )
    assert float(split.mid.value) == pytest.approx(float(whole.mid.value) / 4)
    assert float(split.growth_rate.value) == pytest.approx(float(whole.growth_rate.value))


@given(st.lists(st.integers(10**5, 10**9), min_size=3, max_size=6), st.integers(1, 200), st.integers(1, 200))
def test_the_further_ahead_the_wider_the_interval(cells, ahead, more):
    counts = [(str(24 * n), str(count)) for n, count in enumerate(cells)]
    near, far = projected(*counts, ahead=str(ahead)), projected(*counts, ahead=str(ahead + more))
    assert far.high.value / far.low.value > near.high.value / near.low.value
    assert near.low.value < near.mid.value < near.high.value


@given(st.lists(st.integers(10**5, 10**9), min_size=3, max_size=6), st.integers(1, 40))
def test_noisier_counts_widen_the_interval_and_move_nothing(cells, percent):
    counts = [(str(24 * n), str(count)) for n, count in enumerate(cells)]
    calm, noisy = projected(*counts, noise=of(percent, "%")), projected(*counts, noise=of(percent + 1, "%"))
    assert noisy.mid == calm.mid
    assert noisy.low.value < calm.low.value
    assert noisy.high.value > calm.high.value


def test_without_noise_or_spread_the_interval_is_a_point():
    answer = projected(("0", "1e6"), ("24", "2e6"), ("48", "4e6"), noise=of(0, "%"), spread=of(0, "1/h"))
    assert answer.low == answer.mid == answer.high
