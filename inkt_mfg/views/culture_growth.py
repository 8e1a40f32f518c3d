"""How a batch has grown: segments between its counts, across splits, and what to expect at harvest.

Pages and reports draw from it. A segment starts from what a split kept, so that discarding cells never looks like death.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise

from inkt_mfg.protocol.making import Operation
from inkt_mfg.records.count import CellCount
from inkt_mfg.records.step import Step
from inkt_mfg.records.words import BatchState
from inkt_mfg.science.growth import Growth, NotEnoughCounts, Projection, Segment, growth, project
from inkt_mfg.units import Measured, of, working
from inkt_mfg.views.case import Case


@dataclass(frozen=True, slots=True)
class CulturePoint:
    """One count of the culture: hours since seeding, viable cells in hand."""

    at: datetime
    hours: Decimal
    viable_cells: Measured
    viability: Measured
    point: str


@dataclass(frozen=True, slots=True)
class CultureGrowth:
    """The counts, the growth between them, and the projection to the harvest day; None where nothing can be said."""

    points: tuple[CulturePoint, ...]
    so_far: Growth | None
    to_harvest: Projection | NotEnoughCounts | None


def culture_growth(case: Case) -> CultureGrowth:
    """Growth of this batch from its counts on record; a count that asked for a recount is left out."""
    seeded = _seeding(case)
    if seeded is None:
        return CultureGrowth((), None, None)
    counts = [c for c in case.counts if not c.recount_asked and _in_culture(case, c)]
    points = tuple(_point(c, seeded) for c in counts)
    segments = _segments(case, seeded, counts)
    so_far = growth(segments) if segments else None
    return CultureGrowth(points, so_far, _projection(case, seeded, segments, counts))


def _seeding(case: Case) -> Step | None:
    codes = {s.code for s in case.protocol.steps_doing(Operation.SEED)}
    return next((s for s in case.steps if s.plan_code in codes), None)


def _in_culture(case: Case, count: CellCount) -> bool:
    operation = case.protocol.step(count.point).operation
    return operation not in {Operation.SEPARATE, Operation.WASH, Operation.FORMULATE}


def _hours(at: datetime, seeded: Step) -> Decimal:
    with working():
        return Decimal(int((at - seeded.performed_at).total_seconds())) / 3600


def _point(count: CellCount, seeded: Step) -> CulturePoint:
    return CulturePoint(
        count.performed_at,
        _hours(count.performed_at, seeded),
        of(count.total_viable_cells, "cell"),
        of(count.viability, "%"),
        count.point,
    )


def _kept(case: Case, after: datetime, until: datetime) -> Decimal:
    """The share of the culture kept by the splits between two counts."""
    share = Decimal(1)
    codes = {s.code for s in case.protocol.steps_doing(Operation.SPLIT)}
    for step in case.steps:
        if step.plan_code in codes and after <= step.performed_at < until:
            readings = case.readings.get(step.key, {})
            kept, discarded = readings["volume_kept"].value, readings["volume_discarded"].value
            assert kept is not None
            assert discarded is not None
            with working():
                share *= kept / (kept + discarded)
    return share


def _segments(case: Case, seeded: Step, counts: list[CellCount]) -> list[Segment]:
    """From the inoculum to the first count, then from each count's kept share to the next."""
    inoculum = case.readings.get(seeded.key, {}).get("inoculum")
    known = [(seeded.performed_at, inoculum.value)] if inoculum is not None and inoculum.value else []
    known += [(c.performed_at, c.total_viable_cells) for c in counts if c.performed_at > seeded.performed_at]
    segments: list[Segment] = []
    for (start, cells), (end, later) in pairwise(known):
        if cells > 0 and end > start:
            with working():
                kept = of(cells * _kept(case, start, end), "cell")
                hours = of(Decimal(int((end - start).total_seconds())) / 3600, "h")
            segments.append(Segment(kept, of(later, "cell"), hours))
    return segments


def _projection(
    case: Case, seeded: Step, segments: list[Segment], counts: list[CellCount]
) -> Projection | NotEnoughCounts | None:
    """Only while the culture runs: afterwards the harvest is a fact."""
    if case.batch.state is not BatchState.IN_CULTURE or not counts:
        return None
    harvest = seeded.performed_at + timedelta(days=case.protocol.schedule.culture_days.value)
    ahead = _hours(harvest, seeded) - _hours(counts[-1].performed_at, seeded)
    if ahead <= 0:
        return None
    forecast = case.protocol.forecast
    return project(
        segments, of(ahead, "h"), count_noise=forecast.count_noise, rate_spread=forecast.rate_spread
    )
