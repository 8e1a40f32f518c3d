"""Commands at the bench: a batch planned and every step of the protocol's plan recorded in order.

Each step checks its place in the plan (R30), its day, its lots (R32) and that every entry the protocol wants is there.
A step outside its day is not impossible but is a deviation, opened with the reason given.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

from sqlmodel import select

from inkt_mfg.language import Phrase
from inkt_mfg.moments import zone
from inkt_mfg.protocol.making import Operation
from inkt_mfg.protocol.making import Step as PlannedStep
from inkt_mfg.records.base import Record, entries
from inkt_mfg.records.batch import Batch
from inkt_mfg.records.collection import Collection
from inkt_mfg.records.dose import Container
from inkt_mfg.records.step import MaterialLot, Step, StepMaterial, StepReading
from inkt_mfg.records.testing import Sample
from inkt_mfg.records.words import BEFORE_RELEASE, BatchState, ContainerState, Meaning
from inkt_mfg.refusal import refuse
from inkt_mfg.units import Kind, canonical, of, read, working
from inkt_mfg.views.case import Case
from inkt_mfg.workflow import guards
from inkt_mfg.workflow.command import Act, Command, Done, Guard, command
from inkt_mfg.workflow.departures import Departure, allow
from inkt_mfg.workflow.lots import usable_lot
from inkt_mfg.workflow.permissions import Permission, who_may
from inkt_mfg.workflow.plan_order import held_too_long, off_day, refuse_out_of_order
from inkt_mfg.workflow.typed import EveryField, infusion_of_course, moment_here, performed, said, yes_or_no
from inkt_mfg.workflow.verifying import verification


@command(
    "batch.plan",
    Phrase("plan a batch"),
    permission=Permission.RECORD_BATCH,
    on=Collection,
    guards=[
        guards.arm_is_dosed,
        guards.eligibility_stands,
        guards.protocol_is_approved,
        guards.collection_is_accepted,
        guards.next_dose_is_not_blocked,
    ],
)
def plan_batch(act: Act, *, on: Collection, infusion_number: str | int, parent: str | None = None) -> Done:
    """A batch for one infusion, on the protocol version the subject is on (R31)."""
    number = infusion_of_course(act.protocol, infusion_number)
    _refuse_second_live_batch(act, on, number)
    batch = act.work.add(
        Batch(
            site=act.work.site,
            code=act.work.next_code(Batch, "B"),
            subject=on.subject,
            collection=on.key,
            protocol=act.case.subject.protocol,
            parent=_parent(act, on, parent),
            product=act.protocol.product.code.value,
            infusion_number=number,
            planned_at=act.now,
        )
    )
    says = Phrase(
        "batch {code} planned for infusion {n} of {subject}",
        code=batch.code,
        n=number,
        subject=act.case.subject.code,
    )
    return Done(batch, says)


def _refuse_second_live_batch(act: Act, collection: Collection, number: int) -> None:
    """One batch at a time is made for one infusion; another may follow when nothing of it can be given any more."""
    same = act.work.session.exec(
        select(Batch).where(Batch.subject == collection.subject, Batch.infusion_number == number)
    ).all()
    live = [b for b in same if not _given_up(act.case_of(b))]
    if live:
        raise refuse(
            "order.batch",
            Phrase("batch {code} is made for infusion {n} already", code=live[0].code, n=number),
            expected=Phrase("an infusion no batch is made for"),
            resolve_by=who_may(Permission.RELEASE),
            field="infusion_number",
            typed=str(number),
        )


def _given_up(case: Case) -> bool:
    """Rejected, terminated, or every bag destroyed: one dropped on the day leaves time for another batch."""
    bags = case.containers
    destroyed = bool(bags) and all(bag.state is ContainerState.DESTROYED for bag in bags)
    return destroyed or case.batch.state in {BatchState.REJECTED, BatchState.TERMINATED}


def _parent(act: Act, collection: Collection, code: str | None) -> str | None:
    """A sub-batch comes from the same collection of the same patient."""
    if not code:
        return None
    parent = act.work.find(Batch, code)
    if parent.collection != collection.key:
        raise refuse(
            "R41",
            Phrase("batch {code} comes from another collection", code=code),
            expected=Phrase("a parent batch from collection {code}", code=collection.code),
            field="parent",
            typed=code,
        )
    return parent.key


def record_step(
    act: Act,
    batch: Batch,
    operation: Operation,
    *,
    performed_at: str,
    readings: Mapping[str, str] | None = None,
    lots: Mapping[str, str] | None = None,
    amounts: Mapping[str, str] | None = None,
    step: str | None = None,
    late_reason: str | None = None,
    deviation_reason: str | None = None,
    remark: str | None = None,
) -> Step:
    """One step of the plan with its readings (entry → text as typed) and lots (material → lot number)."""
    planned = _planned(act, operation, step)
    _refuse_what_is_typed(act, planned, performed_at, late_reason, readings or {}, lots or {})
    row = begin_step(act, batch, planned, performed_at, late_reason=late_reason, remark=remark)
    typed = _entries(planned, readings or {})
    read_in = {name: _reading(act, row, name, text) for name, text in typed.items()}
    departures = off_day(act.case, planned, row.performed_at) + held_too_long(
        act.case, planned, row.performed_at
    )
    departures += drawn_too_little(act.case, planned, read_in)
    used = _materials(planned, lots or {})
    departures += [_not_planned(planned, material) for material in used[len(planned.materials) :]]
    for material in used:
        lot = _lot(act, material, lots or {}, row.performed_at)
        amount = (amounts or {}).get(material, "as planned")
        act.work.add(StepMaterial(site=act.work.site, step=row.key, lot=lot.key, amount_typed=amount))
    allow(act, departures, deviation_reason, batch=batch)
    return row


def _refuse_what_is_typed(
    act: Act,
    planned: PlannedStep,
    performed_at: str,
    late_reason: str | None,
    readings: Mapping[str, str],
    lots: Mapping[str, str],
) -> None:
    """Every field of a step is read before anything is written. Raises Refusal with all that is wrong with any."""
    fields = EveryField()
    at = fields.read(lambda: performed(act, performed_at, late_reason))
    if at is not None:
        fields.read(partial(refuse_out_of_order, act.case, planned, at, performed_at))
    fields.read(lambda: _refuse_unknown_entries(planned, readings))
    for name, text in _entries(planned, readings).items():
        fields.read(partial(read_entry, act, at, name, text))
    for material in _materials(planned, lots):
        # Whether a lot was in date is known only once the day is.
        lot = partial(_number, material, lots) if at is None else partial(_lot, act, material, lots, at)
        fields.read(lot)
    fields.refuse()


def _entries(planned: PlannedStep, readings: Mapping[str, str]) -> dict[str, str]:
    """What was typed for each entry of the step; what is counted is recorded with the count."""
    return {name: readings.get(name, "") for name in planned.entries if name not in guards.COUNTED}


def _materials(planned: PlannedStep, lots: Mapping[str, str]) -> tuple[str, ...]:
    """Those of the plan, then those used beside them."""
    return (*planned.materials, *sorted(set(lots) - set(planned.materials)))


def _number(material: str, lots: Mapping[str, str]) -> str:
    return said(lots.get(material), f"lot:{material}")


def _lot(act: Act, material: str, lots: Mapping[str, str], at: datetime) -> MaterialLot:
    day = at.astimezone(zone(act.case.site.time_zone)).date()  # a lot expires by the site's calendar
    return usable_lot(act, _number(material, lots), material, day)


def begin_step(
    act: Act,
    batch: Batch,
    planned: PlannedStep,
    performed_at: str,
    *,
    late_reason: str | None = None,
    remark: str | None = None,
) -> Step:
    """The row of a step in its place of the plan. Raises Refusal R30 out of order, time.* for its time."""
    at = performed(act, performed_at, late_reason)
    refuse_out_of_order(act.case, planned, at, performed_at)
    return act.work.add(
        Step(
            site=act.work.site,
            code=act.work.next_code(Step, "ST"),
            batch=batch.key,
            plan_code=planned.code,
            performed_at=at,
            performed_by=act.actor.key,
            recorded_at=act.now,
            late_reason=late_reason or None,
            remark=remark or None,
        )
    )


def _planned(act: Act, operation: Operation, code: str | None) -> PlannedStep:
    if code is not None:
        planned = act.protocol.step(code)
        if planned.operation is operation:
            return planned
    choices = act.protocol.steps_doing(operation)
    if code is None and len(choices) == 1:
        return choices[0]
    raise refuse(
        "R30",
        Phrase("which step of the plan this is has to be said"),
        expected=Phrase("one of {codes}", codes=", ".join(s.code for s in choices)),
        field="step",
        typed=code or "",
    )


def _not_planned(planned: PlannedStep, material: str) -> Departure:
    """A lot that was used is recorded (R40), also one the plan does not know."""
    what = Phrase(
        "{material} was used, which step {step} does not plan", material=material, step=planned.title
    )
    return Departure("R32", what, Phrase("{materials}", materials=", ".join(planned.materials) or "–"))


def drawn_too_little(case: Case, planned: PlannedStep, read_in: Mapping[str, StepReading]) -> list[Departure]:
    """Less drawn than the sampling plan wants from this step."""
    wanted = sum(
        (canonical(s.volume, Kind.VOLUME) for s in case.protocol.samples if s.step == planned.code),
        Decimal(0),
    )
    drawn = read_in.get("sample_volume")
    if drawn is None or drawn.value is None or drawn.value >= wanted:
        return []
    return [
        Departure(
            "sample.volume",
            Phrase("{volume} were drawn", volume=drawn.value_typed),
            Phrase("{wanted} mL for every sample of the plan", wanted=wanted),
        )
    ]


def _refuse_unknown_entries(planned: PlannedStep, readings: Mapping[str, str]) -> None:
    unknown = set(readings) - set(planned.entries)
    if unknown:
        raise refuse(
            "entry.unknown",
            Phrase(
                "step {step} records no {entries}", step=planned.title, entries=", ".join(sorted(unknown))
            ),
            expected=Phrase("{entries}", entries=", ".join(planned.entries)),
            field=min(unknown),
        )


def _reading(act: Act, step: Step, name: str, typed: str) -> StepReading:
    kind = act.protocol.entry(name).kind
    value = read_entry(act, step.performed_at, name, typed)
    return act.work.add(
        StepReading(
            site=act.work.site, step=step.key, name=name, kind=str(kind.value), value=value, value_typed=typed
        )
    )


def read_entry(act: Act, performed_at: datetime | None, name: str, typed: str) -> Decimal | None:
    """An entry of the kind the protocol names: a quantity with its unit (its number), a moment, yes or no, or a text.

    ``performed_at`` is the step's own time, None where that could not be read.
    """
    kind = act.protocol.entry(name).kind
    said(typed, name)
    if isinstance(kind, Kind):
        return canonical(read(typed, kind, field=name), kind)
    if kind.value == "moment":
        at = moment_here(act, act.case.site, typed, name)
        if performed_at is not None:
            refuse_other_time(performed_at, name, typed, at)
    elif kind.value == "yes_no":
        yes_or_no(typed, name)
    return None


_NEAR = timedelta(hours=1)


def refuse_other_time(performed_at: datetime, name: str, typed: str, at: datetime) -> None:
    """A moment written at a step belongs to that step: an expiry clock is not started on another day."""
    if abs(at - performed_at) > _NEAR:
        raise refuse(
            "time.order",
            Phrase("{entry} is more than an hour from when the step was done", entry=name),
            expected=Phrase("a time within an hour of the step"),
            field=name,
            typed=typed,
        )


AndThen = Callable[[Act, Batch, Step], None]


def bench_step(
    name: str,
    title: Phrase,
    operation: Operation,
    moves: tuple[BatchState | Iterable[BatchState], BatchState | None],
    *more_guards: Guard,
    and_then: AndThen | None = None,
) -> Command:
    """The command of one kind of step: the plan's rules, then what else this kind of step leaves behind."""

    def run(act: Act, *, on: Batch, performed_at: str, **entered: Any) -> Done:
        step = record_step(act, on, operation, performed_at=performed_at, **entered)
        if and_then is not None:
            and_then(act, on, step)
        return Done(
            step,
            Phrase("{code}: {title} recorded", code=step.code, title=act.protocol.step(step.plan_code).title),
        )

    declare = command(
        name,
        title,
        permission=Permission.RECORD_BATCH,
        on=Batch,
        moves=moves,
        guards=[*more_guards, guards.no_hold],
        operation=operation,
    )
    return declare(run)


def _note_start(_act: Act, batch: Batch, step: Step) -> None:
    batch.started_at = step.performed_at


def _note_harvest(_act: Act, batch: Batch, step: Step) -> None:
    batch.harvested_at = step.performed_at


def _draw_samples(act: Act, batch: Batch, step: Step) -> None:
    """Every sample the sampling plan takes at this step; what is drawn from the product never reaches the patient."""
    for planned in act.protocol.samples:
        if planned.step == step.plan_code:
            act.work.add(
                Sample(
                    site=act.work.site,
                    code=act.work.next_code(Sample, "S"),
                    batch=batch.key,
                    purpose=planned.code,
                    taken_at=step.performed_at,
                    taken_by=act.actor.key,
                )
            )
    if batch.state is BatchState.FORMULATED:
        note_withdrawal(act, batch)


def note_withdrawal(act: Act, batch: Batch) -> None:
    """What of each container never reaches the patient: its share of every sample of the product, and the line residual."""
    case = act.case_of(batch)
    since = {s.key for s in case.steps if act.protocol.step(s.plan_code).operation is Operation.SAMPLE}
    filled = min(c.filled_at for c in case.containers)
    drawn = Decimal(0)
    for step in case.steps:
        reading = case.readings.get(step.key, {}).get("sample_volume")
        if step.key in since and step.performed_at >= filled and reading is not None:
            assert reading.value is not None, "a sample volume is a quantity"
            drawn += reading.value
    residual = canonical(act.protocol.container.line_residual, Kind.VOLUME)
    for container in case.containers:
        with working():
            lost = of(drawn / len(case.containers) + residual, "mL")
        for name, value in entries(Container, withdrawn=lost).items():
            setattr(container, name, value)


CULTURE = BatchState.IN_CULTURE

separate = bench_step(
    "batch.separate",
    Phrase("isolate PBMC"),
    Operation.SEPARATE,
    (BatchState.PLANNED, None),
    guards.collection_is_accepted,
    guards.protocol_is_approved,
)
start_culture = bench_step(
    "batch.start",
    Phrase("start the culture"),
    Operation.SEED,
    (BatchState.PLANNED, CULTURE),
    guards.arm_is_dosed,
    guards.protocol_is_approved,
    guards.collection_is_accepted,
    and_then=_note_start,
)
feed = bench_step("batch.feed", Phrase("feed the culture"), Operation.FEED, (CULTURE, None))
split = bench_step("batch.split", Phrase("split the culture"), Operation.SPLIT, (CULTURE, None))
restimulate = bench_step(
    "batch.restimulate", Phrase("restimulate the culture"), Operation.RESTIMULATE, (CULTURE, None)
)
sample = bench_step(
    "batch.sample",
    Phrase("take samples"),
    Operation.SAMPLE,
    ((CULTURE, BatchState.FORMULATED), None),
    and_then=_draw_samples,
)
harvest = bench_step(
    "batch.harvest",
    Phrase("harvest the culture"),
    Operation.HARVEST,
    (CULTURE, BatchState.HARVESTED),
    and_then=_note_harvest,
)
wash = bench_step("batch.wash", Phrase("wash the harvest"), Operation.WASH, (BatchState.HARVESTED, None))


def step_and_entries(case: Case, _record: Record) -> list[Record]:
    """What a verification of a step is signed over: its readings and the lots it used as well."""
    step = case.target.key
    readings = case.session.exec(select(StepReading).where(StepReading.step == step)).all()
    used = case.session.exec(select(StepMaterial).where(StepMaterial.step == step)).all()
    return [case.target, *readings, *used]


verify_step = verification("step.verify", Phrase("verify a step's entries"), Step, step_and_entries)


@command(
    "batch.terminate",
    Phrase("terminate the batch"),
    permission=Permission.RELEASE,
    on=Batch,
    moves=(BEFORE_RELEASE, BatchState.TERMINATED),
    signs=Meaning.RESPONSIBILITY,
    asks_reason=True,
)
def terminate(act: Act, *, on: Batch) -> Done:
    """The culture is given up: it stopped growing, or what came of it can never be a dose."""
    return Done(on, Phrase("batch {code} terminated: {why}", code=on.code, why=act.work.intent.reason))
