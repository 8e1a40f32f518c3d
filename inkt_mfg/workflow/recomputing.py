"""What follows from an entered value, worked out anew after a correction: means, areas, verdicts, volumes, clocks.

``workflow.corrections`` calls it once the corrected value stands. It enters nothing itself; it refuses what the first
entry would have been refused for, and what is off the plan only now opens a deviation with the correction's reason.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sqlmodel import select

from inkt_mfg.language import Phrase
from inkt_mfg.moments import zone
from inkt_mfg.protocol.making import Operation
from inkt_mfg.records.base import Coded, in_order_made, measured, place_in_order
from inkt_mfg.records.batch import Batch
from inkt_mfg.records.collection import Collection
from inkt_mfg.records.count import CellCount
from inkt_mfg.records.step import Step
from inkt_mfg.records.subject import NOT_SHOWN, BodyMeasurement
from inkt_mfg.records.testing import Sample, TestResult
from inkt_mfg.records.words import PASSING, Severity, TestVerdict
from inkt_mfg.science.body import check_body
from inkt_mfg.views.case import Case
from inkt_mfg.views.criteria import criterion_for, judge_result
from inkt_mfg.workflow.collections import not_as_planned
from inkt_mfg.workflow.command import Act
from inkt_mfg.workflow.counting import compute, computed_columns
from inkt_mfg.workflow.culture import drawn_too_little, note_withdrawal
from inkt_mfg.workflow.departures import Departure, allow
from inkt_mfg.workflow.formulation import refill_containers
from inkt_mfg.workflow.plan_order import held_too_long, off_day
from inkt_mfg.workflow.reach import batches_of
from inkt_mfg.workflow.subjects import unmet_by_the_record, window_of
from inkt_mfg.workflow.testing import consequence_of_failure


@dataclass(frozen=True, slots=True)
class Found:
    """One departure, and the batch or collection it is about."""

    departure: Departure
    batch: Batch | None = None
    collection: Collection | None = None

    @property
    def told(self) -> tuple[str, str, str]:
        about = self.batch or self.collection
        return self.departure.rule, self.departure.what.english, about.key if about else ""


def departures_of(act: Act, entry: Coded) -> list[Found]:
    """What is not as the protocol plans it, as the record stands, in everything this entry is part of.

    A seed time moves every later culture day, a collection time a hold that ends at the gradient, a lot's expiry each
    step it went into: the whole of each batch is judged.
    """
    found = []
    for batch in batches_of(act, entry):
        case = act.case_of(batch)
        found += [Found(d, batch=batch) for d in (*_of_steps(case), *_of_patient(case))]
    if isinstance(entry, Collection) and entry.received_at is not None:
        volume, temperature = measured(entry, "volume"), measured(entry, "temperature")
        assert volume is not None
        assert temperature is not None
        limits = not_as_planned(act.case_of(entry), entry, volume, temperature)
        found += [Found(d, collection=entry) for d in limits]
    return found


def _of_steps(case: Case) -> Iterator[Departure]:
    for step in case.steps:
        planned = case.protocol.step(step.plan_code)
        readings = case.readings.get(step.key, {})
        yield from off_day(case, planned, step.performed_at)
        yield from held_too_long(case, planned, step.performed_at)
        yield from drawn_too_little(case, planned, readings)
        yield from _expired_when_used(case, step)


def _expired_when_used(case: Case, step: Step) -> Iterator[Departure]:
    day = step.performed_at.astimezone(zone(case.site.time_zone)).date()
    for used, lot in case.materials:
        if used.step == step.key and lot.expires_on < day:
            what = Phrase("lot {code} had expired when {step} used it", code=lot.code, step=step.code)
            yield Departure("R32", what, Phrase("a lot in date on {day}", day=day))


def _of_patient(case: Case) -> Iterator[Departure]:
    """Consent before the first cell is taken, an age the protocol admits, an order in its window."""
    subject, collected = case.subject, case.collection.collected_at
    local = zone(case.site.time_zone)
    if collected is not None and subject.consent_signed_on > collected.astimezone(local).date():
        what = Phrase("consent was signed after the collection")
        yield Departure("subject.consent", what, Phrase("consent before the collection"), Severity.CRITICAL)
    answered = [a.criterion for a in case.eligibility if a.verdict == NOT_SHOWN]
    for code in (
        *unmet_by_the_record(case.protocol, subject.birth_date, subject.consent_signed_on),
        *answered,
    ):
        what = Phrase("eligibility criterion {code} is not met by the record as it is now", code=code)
        yield Departure("subject.eligibility", what, Phrase("an eligible patient"), Severity.CRITICAL)
    if case.order is not None and subject.first_tae_on is not None:
        first, last = window_of(case.protocol, subject.first_tae_on, case.order.infusion_number)
        if not first <= case.order.planned_on <= last:
            what = Phrase("order {code} lies outside its window", code=case.order.code)
            yield Departure(
                "order.window", what, Phrase("a day from {first} to {last}", first=first, last=last)
            )


def open_new_departures(act: Act, entry: Coded, before: list[Found], reason: str) -> None:
    """A departure that was there before has its deviation already; one that comes with the true value gets its own."""
    known = {found.told for found in before}
    for found in departures_of(act, entry):
        if found.told not in known:
            known.add(found.told)
            allow(act, [found.departure], reason, batch=found.batch, collection=found.collection)


def recompute(act: Act, entry: Coded, reason: str) -> None:
    """Everything that is derived from this entry and stored."""
    again = _DERIVED.get(type(entry))
    if again is not None:
        again(act, entry, reason)


def _count(act: Act, count: CellCount, _reason: str) -> None:
    case = act.case_of(count)
    rows = []
    for replicate in case.replicates(count):
        concentration, viability = measured(replicate, "concentration"), measured(replicate, "viability")
        assert concentration is not None
        assert viability is not None
        rows.append((concentration, viability))
    volume = measured(count, "volume")
    assert volume is not None
    maximum = case.protocol.counting.maximum_cv
    for name, value in computed_columns(compute(rows, volume), count.inkt_of_live, maximum).items():
        setattr(count, name, value)


def _body(act: Act, body: BodyMeasurement, reason: str) -> None:
    limits = act.case_of(body).protocol.body_limits
    height, weight = measured(body, "height"), measured(body, "weight")
    assert height is not None
    assert weight is not None
    checked = check_body(height, weight, body.bsa_formula, limits)
    body.bmi, body.bsa = checked.bmi.value, checked.bsa.value
    if checked.concerns and body.concern is None:
        body.concern = reason  # between the soft and the hard limit it is said why


def _result(act: Act, result: TestResult, _reason: str) -> None:
    case = act.case_of(result)
    passed_before = result.verdict in PASSING
    criterion = criterion_for(case, result.test)
    judged = judge_result(case, criterion, result.result)
    result.criterion, result.why = criterion.text, judged.why.english
    result.verdict = TestVerdict(judged.verdict.value)
    if passed_before and result.verdict not in PASSING:
        consequence_of_failure(act, case.batch, result)


def _step(act: Act, step: Step, _reason: str) -> None:
    case = act.case_of(step)
    operation = case.protocol.step(step.plan_code).operation
    if operation is Operation.SEED:
        case.batch.started_at = step.performed_at
    elif operation is Operation.HARVEST:
        case.batch.harvested_at = step.performed_at
    elif operation is Operation.FORMULATE:
        refill_containers(act, case.batch, step)
    elif operation is Operation.SAMPLE:
        _move_samples(act, step)
    act.work.session.flush()
    if any(c.withdrawn is not None for c in act.case_of(step).containers):
        note_withdrawal(act, case.batch)


def _move_samples(act: Act, step: Step) -> None:
    """The samples drawn at a step were drawn when it was done; the n-th time at a step drew the n-th of each."""
    case = act.case_of(step)
    times = sorted(case.steps_of(step.plan_code), key=place_in_order)
    place = [s.key for s in times].index(step.key)
    for planned in case.protocol.samples:
        if planned.step == step.plan_code:
            drawn = act.work.rows(
                select(Sample)
                .where(Sample.batch == step.batch, Sample.purpose == planned.code)
                .order_by(*in_order_made(Sample))
            )
            drawn[place].taken_at = step.performed_at


_DERIVED: dict[type[Coded], Callable[..., None]] = {
    CellCount: _count,
    BodyMeasurement: _body,
    TestResult: _result,
    Step: _step,
}
