"""Growth of one culture: fold, doublings, rate and doubling time across splits and samples, and a projection.

Pure functions on measured values. A segment runs from the cells kept to the cells counted next, so a split or a sample
never looks like death. A culture that does not grow has no doubling time; under three counts there is no projection.
Refuses counts of nothing at the start and times that do not run forward.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise

from inkt_mfg import units
from inkt_mfg.language import Phrase
from inkt_mfg.refusal import refuse
from inkt_mfg.science.derivation import STEP_DIGITS, Derivation, Line
from inkt_mfg.units import Kind, Measured, show

COUNTS_NEEDED = 3
TWO_SIDED_95 = Decimal("1.959963984540054235524594430520551")  # standard normal quantile of 0.975


class GrowthVerdict(StrEnum):
    """Whether there are more cells at the end than at the beginning."""

    GROWTH = "growth"
    NO_GROWTH = "no_growth"


@dataclass(frozen=True, slots=True)
class Point:
    """Cells in the culture at a time since it was seeded."""

    elapsed: Measured
    cells: Measured


@dataclass(frozen=True, slots=True)
class Segment:
    """One stretch without a split: cells *kept* at its start, cells counted at its end, time between."""

    start_cells: Measured
    end_cells: Measured
    elapsed: Measured

    def __post_init__(self) -> None:
        if self.start_cells.value <= 0:
            raise refuse(
                "growth.start",
                Phrase("nothing grows from {cells}", cells=show(self.start_cells)),
                expected=Phrase("more than zero cells at the start"),
                field="cells",
                typed=self.start_cells.typed or show(self.start_cells),
            )
        if self.elapsed.value <= 0:
            raise refuse(
                "growth.time",
                Phrase("two counts are at the same time, or not in the order of their times"),
                expected=Phrase("the counts in order, each later than the one before"),
                field="elapsed",
                typed=self.elapsed.typed or show(self.elapsed),
            )


@dataclass(frozen=True, slots=True)
class Growth:
    """What a culture did. Doublings and rate are None only when every cell is lost; a doubling time needs growth."""

    fold: Decimal
    population_doublings: Decimal | None
    growth_rate: Measured | None
    doubling_time: Measured | None
    verdict: GrowthVerdict
    segments: tuple[Segment, ...]
    elapsed: Measured

    @property
    def derivation(self) -> Derivation:
        """Each number above as a line to check by hand."""
        parts = (
            f"({show(s.end_cells, STEP_DIGITS)} / {show(s.start_cells, STEP_DIGITS)})" for s in self.segments
        )
        fold, time = show(units.of(self.fold, "1"), STEP_DIGITS), show(self.elapsed, STEP_DIGITS)
        lines = [Line("fold = product of end / start", " × ".join(parts), fold)]
        if self.population_doublings is not None and self.growth_rate is not None:
            doublings = show(units.of(self.population_doublings, "1"), STEP_DIGITS)
            rate = show(self.growth_rate, STEP_DIGITS)
            lines.append(Line("doublings = log2(fold)", f"log2({fold})", doublings))
            lines.append(Line("µ = ln(fold) / time", f"ln({fold}) / {time}", rate))
            if self.doubling_time is not None:
                doubling = show(self.doubling_time, STEP_DIGITS)
                return (*lines, Line("doubling time = ln(2) / µ", f"ln(2) / {rate}", doubling))
        return (*lines, Line("doubling time", f"fold {fold} is not above 1", "no growth"))


def segments_between(points: Sequence[Point]) -> tuple[Segment, ...]:
    """The segments of a culture nothing was taken from. Refuses growth.points under two of them."""
    if len(points) < 2:
        raise refuse(
            "growth.points",
            Phrase("growth lies between two counts"),
            expected=Phrase("at least two counts with their times"),
            field="point",
            typed=str(len(points)),
        )
    return tuple(Segment(a.cells, b.cells, _between(a.elapsed, b.elapsed)) for a, b in pairwise(points))


def _between(earlier: Measured, later: Measured) -> Measured:
    with units.working():
        hours = units.canonical(later, Kind.DURATION) - units.canonical(earlier, Kind.DURATION)
    return Measured(hours, "h", later.typed)


def growth(segments: Sequence[Segment]) -> Growth:
    """Fold = product of end/start over the segments; µ = ln(fold)/Δt; doubling time = ln 2/µ, if it grows."""
    assert segments, "segments_between has refused an empty culture"
    with units.working():
        fold = Decimal(1)
        for segment in segments:
            fold *= units.canonical(segment.end_cells, Kind.CELLS) / units.canonical(
                segment.start_cells, Kind.CELLS
            )
        fold = fold or Decimal(0)  # a plain zero, whatever exponent the division left it
        hours = sum((units.canonical(segment.elapsed, Kind.DURATION) for segment in segments), Decimal(0))
        doublings = (fold.ln() / Decimal(2).ln() or Decimal(0)) if fold else None
        rate = units.of(fold.ln() / hours, "1/h") if fold else None
        grows = _grows(segments)
        doubling = units.of(Decimal(2).ln() / rate.value, "h") if grows and rate and rate.value else None
    verdict = GrowthVerdict.GROWTH if doubling else GrowthVerdict.NO_GROWTH
    return Growth(fold, doublings, rate, doubling, verdict, tuple(segments), units.of(hours, "h"))


def _grows(segments: Sequence[Segment]) -> bool:
    """More at the end than at the start, decided exactly: products of what grew against products of what it grew from."""
    ends = starts = units.exact(units.of(1, "cell"))
    for segment in segments:
        ends *= units.exact(segment.end_cells)
        starts *= units.exact(segment.start_cells)
    return ends > starts


@dataclass(frozen=True, slots=True)
class NotEnoughCounts:
    """No projection: fewer counts than it takes to see a slope and its noise."""

    counts: int
    needed: int = COUNTS_NEEDED

    def __str__(self) -> str:
        return str(
            Phrase(
                "not enough data: {counts} counts, {needed} needed", counts=self.counts, needed=self.needed
            )
        )


@dataclass(frozen=True, slots=True)
class Projection:
    """Cells to expect at harvest, with the interval that count noise and spread between batches leave."""

    low: Measured
    mid: Measured
    high: Measured
    growth_rate: Measured
    derivation: Derivation


def project(
    segments: Sequence[Segment], ahead: Measured, *, count_noise: Measured, rate_spread: Measured
) -> Projection | NotEnoughCounts:
    """Cells a time ``ahead`` of the last count, by a straight line through the logarithms of the counts.

    ``count_noise`` is the CV of one count (%), ``rate_spread`` the SD of µ between batches (1/h); both are protocol
    values. Variance of ln N = noise² (1/n + (t − mean t)²/Sxx) + (spread × ahead)²; the interval holds 95 %.
    """
    if len(segments) + 1 < COUNTS_NEEDED or any(segment.end_cells.value <= 0 for segment in segments):
        return NotEnoughCounts(len(segments) + 1)
    with units.working():
        times, levels = _levels(segments)
        line = _fit(times, levels)
        target = times[-1] + units.canonical(ahead, Kind.DURATION)
        sd = _sd_at(target, times, line, count_noise, rate_spread)
        middle, half = line.at(target), TWO_SIDED_95 * sd
        low, mid, high = (units.of((middle + side * half).exp(), "cell") for side in (-1, 0, 1))
    noise_and_spread = f"noise {show(count_noise)}, {len(times)} counts, spread {show(rate_spread)}"
    rate = units.of(line.slope, "1/h")
    return Projection(low, mid, high, rate, (
        Line("µ = slope of ln(cells) on time", "least squares through every count", show(rate, STEP_DIGITS)),
        Line("expected cells = exp(line at harvest)", f"{show(ahead)} after the last count", show(mid)),
        Line("SD of ln(cells) = √(noise² (1/n + (t - mean t)² / Sxx) + (spread × ahead)²)", noise_and_spread,
             show(units.of(sd, "1"))),
        Line("95 % interval = exp(line ± 1.96 SD)", f"around {show(mid)}", f"{show(low)} to {show(high)}"),
    ))  # fmt: skip


def _sd_at(
    target: Decimal, times: Sequence[Decimal], line: "_LogLine", count_noise: Measured, rate_spread: Measured
) -> Decimal:
    """Standard deviation of ln(cells) at a time: what the counts leave open, and what batches differ by."""
    noise = units.canonical(count_noise, Kind.PERCENT) / 100
    spread = units.canonical(rate_spread, Kind.GROWTH_RATE) * (target - times[-1])
    mean_time = sum(times, Decimal(0)) / len(times)
    return (noise**2 * (1 / Decimal(len(times)) + (target - mean_time) ** 2 / line.sxx) + spread**2).sqrt()


def _levels(segments: Sequence[Segment]) -> tuple[list[Decimal], list[Decimal]]:
    """Hours since the first count, and ln of the cells there would be had only today's share of the culture been kept."""
    times, levels = [Decimal(0)], [Decimal(0)]
    for segment in segments:
        times.append(times[-1] + units.canonical(segment.elapsed, Kind.DURATION))
        start, end = (
            units.canonical(cells, Kind.CELLS) for cells in (segment.start_cells, segment.end_cells)
        )
        levels.append(levels[-1] + (end / start).ln())
    in_hand = units.canonical(segments[-1].end_cells, Kind.CELLS).ln()
    return times, [level - levels[-1] + in_hand for level in levels]


@dataclass(frozen=True, slots=True)
class _LogLine:
    slope: Decimal
    intercept: Decimal
    sxx: Decimal

    def at(self, time: Decimal) -> Decimal:
        return self.intercept + self.slope * time


def _fit(times: Sequence[Decimal], levels: Sequence[Decimal]) -> _LogLine:
    """Ordinary least squares of ln(cells) on hours."""
    mean_time, mean_level = sum(times, Decimal(0)) / len(times), sum(levels, Decimal(0)) / len(levels)
    sxx = sum(((t - mean_time) ** 2 for t in times), Decimal(0))
    sxy = sum(((t - mean_time) * (y - mean_level) for t, y in zip(times, levels, strict=True)), Decimal(0))
    slope = sxy / sxx
    return _LogLine(slope, mean_level - slope * mean_time, sxx)
