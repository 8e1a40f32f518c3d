"""Commands at the bench: a batch planned and every step of the protocol's plan recorded in order.

Each step checks its place in the plan (R30), its day, its lots (R32) and that every entry the protocol wants is there.
A step outside its day is not impossible but is a deviation, opened with the reason given.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlmodel import select

from inkt_mfg.language import Phrase
from inkt_mfg.moments import read_moment, zone
from inkt_mfg.protocol.making import Operation
from inkt_mfg.protocol.making import Step as PlannedStep
from inkt_mfg.records.base import Record, entries
from inkt_mfg.records.batch import Batch
from inkt_mfg.records.collection import Collection
from inkt_mfg.records.deviation import Deviation
from inkt_mfg.records.dose import Container
from inkt_mfg.records.step import Step, StepMaterial, StepReading
from inkt_mfg.records.testing import Sample
from inkt_mfg.records.words import BatchState, Meaning, Severity
from inkt_mfg.refusal import Blocker, refuse
from inkt_mfg.units import Kind, canonical, of, read, working
from inkt_mfg.views.case import Case
from inkt_mfg.workflow import guards
from inkt_mfg.workflow.command import Act, Command, Done, Guard, command
from inkt_mfg.workflow.lots import usable_lot
from inkt_mfg.workflow.permissions import Permission, who_may
from inkt_mfg.workflow.typed import performed, said, whole_number, yes_or_no

COUNTED = frozenset(
    {"total_concentration", "viability", "inkt_of_live"}
)  # entries a cell count of the step answers


@command(
    "batch.plan",
    Phrase("plan a batch"),
    permission=Permission.RECORD_BATCH,
    on=Collection,
    guards=[guards.arm_is_dosed, guards.protocol_is_approved, guards.collection_is_accepted],
)
def plan_batch(act: Act, *, on: Collection, infusion_number: str | int, parent: str | None = None) -> Done:
    """A batch for one infusion, on the protocol version the subject is on (R31)."""
    number = whole_number(infusion_number, "infusion_number")
    if not 1 <= number <= act.protocol.number_of_infusions:
        raise refuse(
            "order.number",
            Phrase("the protocol has {n} infusions", n=act.protocol.number_of_infusions),
            expected=Phrase("a number from 1 to {n}", n=act.protocol.number_of_infusions),
            field="infusion_number",
            typed=str(infusion_number),
        )
    batch = act.work.add(
        Batch(
            site=act.work.site,
            code=act.work.next_code(Batch, "B"),
            subject=on.subject,
            collection=on.key,
            protocol=act.case.subject.protocol,
            parent=act.work.find(Batch, parent).key if parent else None,
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
    at = performed(act, performed_at, late_reason)
    _refuse_out_of_order(act.case, planned, at, performed_at)
    deviation = _off_day(act, batch, planned, at, performed_at, deviation_reason)
    row = act.work.add(
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
    for name in planned.entries:
        if name not in COUNTED:
            act.work.add(_reading(act, row, name, (readings or {}).get(name, "")))
    _refuse_unknown_entries(planned, readings or {})
    for material in planned.materials:
        lot = usable_lot(act, said((lots or {}).get(material), f"lot:{material}"), material, at.date())
        amount = (amounts or {}).get(material, "as planned")
        act.work.add(StepMaterial(site=act.work.site, step=row.key, lot=lot.key, amount_typed=amount))
    if deviation is not None:
        act.work.add(deviation)
    return row


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


def _refuse_out_of_order(case: Case, planned: PlannedStep, at: datetime, typed: str) -> None:
    done = {s.plan_code: s for s in case.steps}
    if planned.code in done and not planned.repeatable:
        raise refuse(
            "R30",
            Phrase("step {step} is recorded already", step=planned.title),
            expected=Phrase("a step not done yet"),
            resolve_by=Phrase("nobody: it is done once"),
            field="step",
            typed=planned.code,
        )
    received = {s.code for s in case.protocol.steps_doing(Operation.RECEIVE)}
    before = [done[code] for code in planned.after if code in done]
    if planned.after and not before and not received & set(planned.after):
        raise refuse(
            "R30",
            Phrase(
                "step {step} comes after {earlier}", step=planned.title, earlier=" / ".join(planned.after)
            ),
            expected=Phrase("the earlier step recorded first"),
            resolve_by=who_may(Permission.RECORD_BATCH),
            field="step",
            typed=planned.code,
        )
    if before and at < min(s.performed_at for s in before):
        raise refuse(
            "R30",
            Phrase("it was done before the step it follows"),
            expected=Phrase("a time after {earlier}", earlier=before[0].plan_code),
            field="performed_at",
            typed=typed,
        )


def _off_day(
    act: Act, batch: Batch, planned: PlannedStep, at: datetime, typed: str, reason: str | None
) -> Deviation | None:
    seeded = [
        s for s in act.case.steps if s.plan_code in {p.code for p in act.protocol.steps_doing(Operation.SEED)}
    ]
    if not seeded:
        return None
    local = zone(act.case.site.time_zone)
    day = (at.astimezone(local).date() - seeded[0].performed_at.astimezone(local).date()).days
    if planned.earliest_day <= day <= planned.latest_day:
        return None
    what = Phrase("step {step} falls on day {day}", step=planned.title, day=day)
    if not (reason or "").strip():
        raise refuse(
            "R30",
            what,
            expected=Phrase(
                "day {first} to {last}, or a reason, which opens a deviation",
                first=planned.earliest_day,
                last=planned.latest_day,
            ),
            resolve_by=who_may(Permission.RECORD_BATCH),
            field="deviation_reason",
            typed=typed,
        )
    return Deviation(
        site=act.work.site,
        code=act.work.next_code(Deviation, "DV"),
        batch=batch.key,
        rule="R30",
        description=f"{what.english}: {reason}",
        severity=Severity.MAJOR,
        opened_by=act.actor.key,
        opened_at=act.now,
    )


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
    """A reading of the kind the protocol names: a quantity with its unit, a moment, yes or no, or a text."""
    kind = act.protocol.entry(name).kind
    said(typed, name)
    value: Decimal | None = None
    if isinstance(kind, Kind):
        value = canonical(read(typed, kind, field=name), kind)
    elif kind.value == "moment":
        read_moment(typed, zone(act.case.site.time_zone), field=name)
    elif kind.value == "yes_no":
        yes_or_no(typed, name)
    return StepReading(
        site=act.work.site, step=step.key, name=name, kind=str(kind.value), value=value, value_typed=typed
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


def _step_and_readings(case: Case, _record: Record) -> list[Record]:
    assert isinstance(case.target, Step)
    readings = case.session.exec(select(StepReading).where(StepReading.step == case.target.key)).all()
    return [case.target, *readings]


def verifier_did_not_perform(case: Case) -> Blocker | None:
    """Performer ≠ verifier (R24)."""
    performer = getattr(case.target, "performed_by", None) or getattr(case.target, "reported_by", None)
    if performer != case.actor:
        return None
    return Blocker(
        "R24",
        Phrase("{name} made this entry", name=case.person(case.actor)),
        Phrase("a second person"),
        who_may(Permission.VERIFY_ENTRY),
        "signature",
    )


@command(
    "step.verify",
    Phrase("verify a step's entries"),
    permission=Permission.VERIFY_ENTRY,
    on=Step,
    guards=[verifier_did_not_perform],
    signs=Meaning.VERIFICATION,
    covers=_step_and_readings,
)
def verify_step(act: Act, *, on: Step) -> Done:
    """A second person has compared the entries with their source."""
    on.verified_by, on.verified_at = act.actor.key, act.now
    return Done(on, Phrase("{code} verified by {name}", code=on.code, name=act.actor.full_name))


@command(
    "batch.terminate",
    Phrase("terminate the batch"),
    permission=Permission.RELEASE,
    on=Batch,
    moves=(
        (BatchState.PLANNED, CULTURE, BatchState.HARVESTED, BatchState.FORMULATED, BatchState.IN_REVIEW),
        BatchState.TERMINATED,
    ),
    signs=Meaning.RESPONSIBILITY,
    asks_reason=True,
)
def terminate(act: Act, *, on: Batch) -> Done:
    """The culture is given up: it stopped growing, or what came of it can never be a dose."""
    return Done(on, Phrase("batch {code} terminated: {why}", code=on.code, why=act.work.intent.reason))
