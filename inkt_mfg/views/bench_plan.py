"""The plan of one batch as a form needs it: each step's entries and materials, the lots there are, what is done.

Screens make the form of a step from it. It decides nothing: order, days and lots are judged when the step is recorded.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from sqlmodel import Session, col, select

from inkt_mfg.moments import zone
from inkt_mfg.protocol.making import Step as PlanStep
from inkt_mfg.records.batch import Batch
from inkt_mfg.records.step import MaterialLot
from inkt_mfg.records.words import LotState
from inkt_mfg.store.unit_of_work import Store, find
from inkt_mfg.units import Kind
from inkt_mfg.views.case import Case


@dataclass(frozen=True, slots=True)
class PlannedEntry:
    """One thing a step writes down. ``kind``: a quantity's name, or text, identifier, moment, yes_no."""

    code: str
    title: str
    kind: str
    unit: str
    critical: bool


@dataclass(frozen=True, slots=True)
class LotChoice:
    """A released lot in date."""

    code: str
    expires_on: date


@dataclass(frozen=True, slots=True)
class PlannedMaterial:
    """One material of a step with the lots that could be used today."""

    code: str
    title: str
    lots: tuple[LotChoice, ...]


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """One step of the plan. The days are None before the culture has been seeded."""

    code: str
    title: str
    operation: str
    entries: tuple[PlannedEntry, ...]
    materials: tuple[PlannedMaterial, ...]
    required: bool
    repeatable: bool
    times_done: int
    due_from: date | None
    due_until: date | None


@dataclass(frozen=True, slots=True)
class BenchPlan:
    """The steps in the plan's order, and how cells are counted at this site."""

    batch: str
    version: int
    state: str
    steps: tuple[PlannedStep, ...]
    minimum_replicates: int


def bench_plan(store: Store, code: str) -> BenchPlan:
    """The plan of the batch with this code. Raises Refusal ``record.unknown``."""
    with store.reading() as session:
        case = Case(session, find(session, store.site, Batch, code), store.clock.now())
        lots = _usable_lots(session, store.site, case)
        return BenchPlan(
            case.batch.code,
            case.batch.row_version,
            case.batch.state.value,
            tuple(_step(case, planned, lots) for planned in case.protocol.steps),
            case.protocol.counting.minimum_replicates,
        )


def _usable_lots(session: Session, site: str, case: Case) -> dict[str, tuple[LotChoice, ...]]:
    today = case.now.astimezone(zone(case.site.time_zone)).date()
    question = (
        select(MaterialLot)
        .where(
            MaterialLot.site == site,
            col(MaterialLot.state) == LotState.RELEASED,
            col(MaterialLot.expires_on) >= today,
        )
        .order_by(col(MaterialLot.expires_on))
    )
    found: dict[str, tuple[LotChoice, ...]] = {}
    for lot in session.exec(question).all():
        found[lot.material] = (*found.get(lot.material, ()), LotChoice(lot.code, lot.expires_on))
    return found


def _step(case: Case, planned: PlanStep, lots: dict[str, tuple[LotChoice, ...]]) -> PlannedStep:
    start = case.batch.started_at
    seeded = start.astimezone(zone(case.site.time_zone)).date() if start else None
    return PlannedStep(
        planned.code,
        planned.title,
        planned.operation.value,
        tuple(_entry(case, code) for code in planned.entries),
        tuple(
            PlannedMaterial(m, case.protocol.material(m).title, lots.get(m, ())) for m in planned.materials
        ),
        planned.required,
        planned.repeatable,
        len(case.steps_of(planned.code)),
        None if seeded is None else seeded + timedelta(days=planned.earliest_day),
        None if seeded is None else seeded + timedelta(days=planned.latest_day),
    )


def _entry(case: Case, code: str) -> PlannedEntry:
    entry = case.protocol.entry(code)
    if isinstance(entry.kind, Kind):
        return PlannedEntry(code, entry.title, entry.kind.name.lower(), entry.kind.canonical, entry.critical)
    return PlannedEntry(code, entry.title, entry.kind.value, "", entry.critical)
