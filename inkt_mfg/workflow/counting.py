"""Commands about counts: replicates as typed, everything computed from them unrounded, a second person's check.

A count belongs to a step of the plan and is taken while the batch is where that step leaves it; a harvested batch has
no culture counts any more. A scatter above the protocol's limit asks for a recount, and both stay on record.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from sqlmodel import select

from inkt_mfg.language import Phrase
from inkt_mfg.protocol.making import Operation
from inkt_mfg.protocol.making import Step as PlannedStep
from inkt_mfg.records.base import Record, entries
from inkt_mfg.records.batch import Batch
from inkt_mfg.records.count import CellCount, CountReplicate
from inkt_mfg.records.step import Step
from inkt_mfg.records.words import BatchState, CountMethod
from inkt_mfg.refusal import refuse
from inkt_mfg.science.counting import (
    Gate,
    GatePath,
    InstrumentConcentration,
    Replicates,
    inkt_cells,
    total_viable_cells,
    viable_cell_density,
)
from inkt_mfg.units import Kind, Measured, compare, convert, of, read, show, working
from inkt_mfg.views.case import Case
from inkt_mfg.workflow import guards
from inkt_mfg.workflow.asked import refuse_without_reason
from inkt_mfg.workflow.command import Act, Done, command
from inkt_mfg.workflow.culture import begin_step
from inkt_mfg.workflow.permissions import Permission, who_may
from inkt_mfg.workflow.states import state_name
from inkt_mfg.workflow.typed import one_of, performed
from inkt_mfg.workflow.verifying import verification

# Where each kind of step leaves the batch, and so where its count is taken.
TAKEN_IN: dict[Operation, BatchState] = {
    Operation.SEPARATE: BatchState.PLANNED,
    Operation.SEED: BatchState.IN_CULTURE,
    Operation.FEED: BatchState.IN_CULTURE,
    Operation.SPLIT: BatchState.IN_CULTURE,
    Operation.COUNT: BatchState.IN_CULTURE,
    Operation.RESTIMULATE: BatchState.IN_CULTURE,
    Operation.HARVEST: BatchState.HARVESTED,
    Operation.WASH: BatchState.HARVESTED,
    Operation.FORMULATE: BatchState.FORMULATED,
}
IN_WORK = (BatchState.PLANNED, BatchState.IN_CULTURE, BatchState.HARVESTED, BatchState.FORMULATED)


@dataclass(frozen=True, slots=True)
class TypedReplicate:
    """One replicate as typed: total concentration (dilution already in it) and viability."""

    concentration: str
    viability: str


@dataclass(frozen=True, slots=True)
class TypedGate:
    """One gate as the cytometer prints it: the population, its parent, its percentage of the parent."""

    name: str
    parent: str
    percent: str


@dataclass(frozen=True, slots=True)
class Computed:
    """What replicates and volume come to, unrounded."""

    total: Measured
    viability: Measured
    density: Measured
    viable_cells: Measured
    cv: Measured | None


@command(
    "count.record",
    Phrase("record a cell count"),
    permission=Permission.RECORD_BATCH,
    on=Batch,
    moves=(IN_WORK, None),
    guards=[guards.no_hold],
    operation=Operation.COUNT,
)
def record_count(
    act: Act,
    *,
    on: Batch,
    point: str,
    method: str,
    volume: str,
    performed_at: str,
    replicates: Sequence[TypedReplicate] = (),
    gates: Sequence[TypedGate] = (),
    from_file: str | None = None,
    sample_id: str | None = None,
    late_reason: str | None = None,
) -> Done:
    """A count at a step of the plan (``point``) of the volume there is then.

    With ``from_file`` the replicates are read from an instrument's export (its rows of ``sample_id``, which may be left out
    where it holds one sample), and the file's SHA-256 is kept; they are then not typed at all.
    """
    planned = act.protocol.step(point)
    _refuse_wrong_place(act, on, planned)
    step = _step_counted(act, on, planned, performed_at, late_reason)
    _refuse_silent_replacement(act, step)
    at = performed(act, performed_at, late_reason)
    _refuse_before_step(step, at, performed_at)
    culture = read(volume, Kind.VOLUME, field="volume")
    if from_file and replicates:
        raise refuse(
            "entry.twice",
            Phrase("replicates are typed beside the instrument's file"),
            expected=Phrase("one or the other"),
            field="replicates",
            typed=str(len(replicates)),
        )
    exported = _from_file(from_file, sample_id) if from_file else None
    rows = [_replicate(r) for r in (exported.replicates if exported else replicates)]
    _refuse_too_few(act, rows)
    came_to = compute(rows, culture)
    of_live = _percent_of_live(planned, gates)
    count = act.work.add(
        CellCount(
            site=act.work.site,
            code=act.work.next_code(CellCount, "N"),
            batch=on.key,
            point=point,
            step=step.key,
            performed_at=at,
            performed_by=act.actor.key,
            recorded_at=act.now,
            method=CountMethod.INSTRUMENT_FILE if exported else _typed_method(method),
            **entries(CellCount, volume=culture),
            **computed_columns(came_to, of_live, act.protocol.counting.maximum_cv),
            gate_path_typed="; ".join(f"{g.name} of {g.parent}: {g.percent}" for g in gates) or None,
            source_sha256=exported.sha256 if exported else None,
            late_reason=late_reason or None,
        )
    )
    _keep_replicates(act, count, rows)
    return Done(count, _says(count, came_to))


def _percent_of_live(planned: PlannedStep, gates: Sequence[TypedGate]) -> Decimal | None:
    """INKT of live cells in percent; None at a step that does not ask for it and for which nobody typed gates."""
    path = gate_path(gates)
    if path is None and "inkt_of_live" in planned.entries:
        raise refuse(
            "counting.gate_path",
            Phrase("step {step} records iNKT cells as a fraction of live cells", step=planned.title),
            expected=Phrase("the gates from live cells down to iNKT"),
            field="gates",
        )
    return percent_of_live(path) if path else None


def computed_columns(came_to: Computed, of_live: Decimal | None, maximum_cv: Measured) -> dict[str, Any]:
    """The computed columns of a count, unrounded. ``of_live``: iNKT of live cells in percent."""
    return {
        "total_concentration": came_to.total.value,
        "viability": came_to.viability.value,
        "viable_cell_density": came_to.density.value,
        "total_viable_cells": came_to.viable_cells.value,
        "replicate_cv": came_to.cv.value if came_to.cv else None,
        "recount_asked": came_to.cv is not None and compare(came_to.cv, maximum_cv) > 0,
        "inkt_of_live": of_live,
        "inkt_cells": None if of_live is None else _of_them(came_to.viable_cells, of_live),
    }


def _of_them(viable_cells: Measured, of_live: Decimal) -> Decimal:
    with working():
        return inkt_cells(viable_cells, of_live / 100).value


def _keep_replicates(act: Act, count: CellCount, rows: Sequence[tuple[Measured, Measured]]) -> None:
    for ordinal, (concentration, viability) in enumerate(rows, start=1):
        act.work.add(
            CountReplicate(
                site=act.work.site,
                count=count.key,
                ordinal=ordinal,
                **entries(CountReplicate, concentration=concentration, viability=viability),
            )
        )


def compute(rows: Sequence[tuple[Measured, Measured]], volume: Measured) -> Computed:
    """Means over replicates; viability is viable over total cells, so that total × viability × volume is TVC exactly."""
    per_mL = [convert(concentration, "cell/mL") for concentration, _viability in rows]  # noqa: N806 — the unit
    total = Replicates.of(per_mL)
    density = Replicates.of(
        [
            viable_cell_density(InstrumentConcentration(c, "total"), v)
            for c, (_c, v) in zip(per_mL, rows, strict=True)
        ]
    )
    with working():
        alive = of(100 * density.mean.value / total.mean.value if total.mean.value else Decimal(0), "%")
    return Computed(total.mean, alive, density.mean, total_viable_cells(density.mean, volume), total.cv)


def gate_path(gates: Sequence[TypedGate]) -> GatePath | None:
    """The gates as typed, as a path from live cells; None when none were typed."""
    if not gates:
        return None
    return GatePath(
        tuple(Gate(g.name, g.parent, read(g.percent, Kind.PERCENT, field="gates")) for g in gates)
    )


def percent_of_live(path: GatePath) -> Decimal:
    """INKT of live cells in percent, unrounded."""
    with working():
        return path.fraction_of_live * 100


def _replicate(typed: TypedReplicate) -> tuple[Measured, Measured]:
    concentration = read(typed.concentration, Kind.CELL_CONCENTRATION, field="concentration")
    return concentration, read(typed.viability, Kind.PERCENT, field="viability")


def _refuse_too_few(act: Act, rows: Sequence[object]) -> None:
    least = act.protocol.counting.minimum_replicates
    if len(rows) < least:
        raise refuse(
            "counting.replicates",
            Phrase("{n} replicates were counted", n=len(rows)),
            expected=Phrase("at least {least}", least=least),
            field="replicates",
            typed=str(len(rows)),
        )


def _typed_method(typed: str) -> CountMethod:
    method = one_of(CountMethod, typed, "method")
    if method is CountMethod.INSTRUMENT_FILE:
        raise refuse(
            "entry.missing",
            Phrase("no instrument file is named"),
            expected=Phrase("the file, or the method the count was typed from"),
            field="from_file",
            typed="",
        )
    return method


@dataclass(frozen=True, slots=True)
class Exported:
    """Replicates read from an instrument's file."""

    replicates: tuple[TypedReplicate, ...]
    sha256: str


def _from_file(path: str, sample_id: str | None) -> Exported:
    """Only reliable readings are taken; a doubt of the instrument is a refusal."""
    from inkt_mfg.instruments import read_export

    readings = [r for r in read_export(Path(path)) if not sample_id or r.sample_id == sample_id]
    if not readings:
        raise refuse(
            "instrument.sample",
            Phrase("the file holds no sample {sample}", sample=sample_id),
            expected=Phrase("a sample of the file"),
            field="sample_id",
            typed=sample_id or "",
        )
    _refuse_many_samples({reading.sample_id for reading in readings})
    rows = []
    for reading in readings:
        sure = reading.reliable()
        assert sure.total_concentration is not None
        assert sure.viability is not None
        rows.append(TypedReplicate(_printed(sure.total_concentration), _printed(sure.viability)))
    return Exported(tuple(rows), readings[0].file_sha256)


def _refuse_many_samples(named: set[str | None]) -> None:
    """Rows of different samples are no replicates of one count."""
    if len(named) > 1:
        samples = ", ".join(sorted(sample or "–" for sample in named))
        raise refuse(
            "instrument.samples",
            Phrase("the file holds more than one sample: {samples}", samples=samples),
            expected=Phrase("which of them this count is of"),
            field="sample_id",
            typed="",
        )


def _printed(value: Measured) -> str:
    return f"{value.value} {value.unit}"


def _refuse_wrong_place(act: Act, batch: Batch, planned: PlannedStep) -> None:
    wanted = TAKEN_IN.get(planned.operation)
    if wanted is not batch.state:
        raise refuse(
            "R30",
            Phrase("a count for “{step}” is not taken while the batch is {state}", step=planned.title,
                   state=state_name(batch.state)),
            expected=Phrase("a batch that is {state}", state=state_name(wanted or BatchState.IN_CULTURE)),
            resolve_by=who_may(Permission.RECORD_BATCH),
            field="point",
            typed=planned.code,
        )  # fmt: skip
    if planned.operation is not Operation.COUNT and not act.case.steps_of(planned.code):
        raise refuse(
            "R30",
            Phrase("step “{step}” is not recorded yet", step=planned.title),
            expected=Phrase("the step first, then its count"),
            resolve_by=who_may(Permission.RECORD_BATCH),
            field="point",
            typed=planned.code,
        )


def _step_counted(act: Act, batch: Batch, planned: PlannedStep, typed: str, late: str | None) -> Step:
    """The step the count belongs to; a count by itself is a step of the plan."""
    if planned.operation is Operation.COUNT:
        return begin_step(act, batch, planned, typed, late_reason=late)
    return act.case.steps_of(planned.code)[-1]


def _refuse_before_step(step: Step, at: datetime, typed: str) -> None:
    """What is counted at a step exists only once the step is done: a harvest's count never doses."""
    if at < step.performed_at:
        raise refuse(
            "time.order",
            Phrase("it was counted before step {code} was done", code=step.code),
            expected=Phrase("a time after the step"),
            field="performed_at",
            typed=typed,
        )


def _refuse_silent_replacement(act: Act, step: Step) -> None:
    """Another count in the place of a good one asks why; both stay on record (R02)."""
    earlier = [c for c in act.case.counts if c.step == step.key]
    if earlier and not earlier[-1].recount_asked:
        refuse_without_reason(
            act,
            Phrase("{code} is the count of this step already", code=earlier[-1].code),
            expected=Phrase("a reason for counting again; both stay on record"),
        )


def _says(count: CellCount, came_to: Computed) -> Phrase:
    says = Phrase(
        "{code}: {viable} viable, viability {viability}",
        code=count.code,
        viable=show(came_to.viable_cells),
        viability=show(came_to.viability),
    )
    if count.inkt_cells is not None:
        says = Phrase("{says}, iNKT {inkt}", says=says, inkt=show(of(count.inkt_cells, "cell")))
    if count.recount_asked:
        assert came_to.cv is not None
        says = Phrase(
            "{says}; CV {cv}: a recount is asked for, both stay on record", says=says, cv=show(came_to.cv, 3)
        )
    return says


def count_and_replicates(case: Case, _record: Record) -> list[Record]:
    """What a verification of a count is signed over."""
    question = select(CountReplicate).where(CountReplicate.count == case.target.key)
    return [case.target, *case.session.exec(question).all()]


verify_count = verification("count.verify", Phrase("verify a cell count"), CellCount, count_and_replicates)
