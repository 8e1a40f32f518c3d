"""A step's place in the protocol's plan: what it comes after, its culture day, the hold time that ends with it.

``workflow.culture`` asks it for every step recorded, ``workflow.correctable`` for a corrected time. What is out of order is
refused; what is off its day or held too long did happen, and is a departure that asks why.
"""

from datetime import datetime, timedelta

from inkt_mfg.language import Phrase
from inkt_mfg.moments import read_moment, zone
from inkt_mfg.protocol.making import Operation
from inkt_mfg.protocol.making import Step as PlannedStep
from inkt_mfg.records.step import Step
from inkt_mfg.refusal import refuse
from inkt_mfg.units import Kind, canonical
from inkt_mfg.views.case import Case
from inkt_mfg.workflow.departures import Departure
from inkt_mfg.workflow.permissions import Permission, who_may


def refuse_out_of_order(case: Case, planned: PlannedStep, at: datetime, typed: str) -> None:
    """A step not done yet, after one it follows. Raises Refusal R30."""
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


def refuse_other_order(case: Case, step: Step, at: datetime, typed: str) -> None:
    """A step's corrected time leaves every step after one it follows. Raises Refusal R30 naming the first that is not."""
    times = {s.key: at if s.key == step.key else s.performed_at for s in case.steps}
    for other in case.steps:
        follows = case.protocol.step(other.plan_code).after
        before = [times[s.key] for s in case.steps if s.plan_code in follows and s.key != other.key]
        if before and times[other.key] < min(before):
            raise refuse(
                "R30",
                Phrase("step {code} would come before what it follows", code=other.code),
                expected=Phrase("a time in the order of the plan"),
                field="performed_at",
                typed=typed,
            )


def off_day(case: Case, planned: PlannedStep, at: datetime) -> list[Departure]:
    """A step outside its culture days."""
    seeding = {p.code for p in case.protocol.steps_doing(Operation.SEED)}
    seeded = [s for s in case.steps if s.plan_code in seeding]
    if not seeded:
        return []
    local = zone(case.site.time_zone)
    day = (at.astimezone(local).date() - seeded[0].performed_at.astimezone(local).date()).days
    if planned.earliest_day <= day <= planned.latest_day:
        return []
    return [
        Departure(
            "R30",
            Phrase("step {step} falls on day {day}", step=planned.title, day=day),
            Phrase("day {first} to {last}", first=planned.earliest_day, last=planned.latest_day),
        )
    ]


def held_too_long(case: Case, planned: PlannedStep, at: datetime) -> list[Departure]:
    """A hold time of the protocol that ends with this step."""
    found = []
    for hold in case.protocol.holds:
        if hold.ends_with != planned.code:
            continue
        start = _moment_written(case, hold.starts_at)
        limit = timedelta(hours=float(canonical(hold.limit, Kind.DURATION)))
        if start is None or at - start > limit:
            what = Phrase(
                "{hold}: more than {limit}", hold=hold.title, limit=f"{hold.limit.value} {hold.limit.unit}"
            )
            found.append(
                Departure(
                    "R30", what, Phrase("within {limit}", limit=f"{hold.limit.value} {hold.limit.unit}")
                )
            )
    return found


def _moment_written(case: Case, entry: str) -> datetime | None:
    """A moment by its entry's name: of the collection, or of any step."""
    of_collection: datetime | None = getattr(case.collection, entry, None)
    if of_collection is not None:
        return of_collection
    local = zone(case.site.time_zone)
    for named in case.readings.values():
        if entry in named:
            return read_moment(named[entry].value_typed, local, field=entry)
    return None
