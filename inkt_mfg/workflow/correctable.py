"""Which entered values may be corrected, value by value: where each stands, how a new text for it is read.

``workflow.corrections`` asks and applies through it; screens list what can be chosen. A value is read again by the very
rule that read it first, so a correction is refused for what a first entry is refused for. What follows from a value
(a count's means, a bag's expiry, a verdict) is no entry: ``workflow.recomputing`` works it out anew.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from inkt_mfg.language import Phrase
from inkt_mfg.moments import read_date, show_moment, zone
from inkt_mfg.records.base import Coded, Record, critical_fields, entries, kind_of_column, spoken
from inkt_mfg.records.collection import Collection
from inkt_mfg.records.count import CellCount, CountReplicate
from inkt_mfg.records.custody import Infusion
from inkt_mfg.records.step import MaterialLot, Step, StepMaterial, StepReading
from inkt_mfg.records.subject import BodyMeasurement, DoseOrder, EligibilityAnswer, Subject
from inkt_mfg.records.testing import Sample, TestResult
from inkt_mfg.records.words import ReadingState, Sex
from inkt_mfg.refusal import refuse
from inkt_mfg.units import read
from inkt_mfg.views.case import Case
from inkt_mfg.workflow.collections import new_donation
from inkt_mfg.workflow.command import Act
from inkt_mfg.workflow.counting import TypedGate, gate_path, percent_of_live
from inkt_mfg.workflow.culture import read_entry, refuse_other_time
from inkt_mfg.workflow.custody import refuse_more_than_released
from inkt_mfg.workflow.lots import usable_lot
from inkt_mfg.workflow.plan_order import refuse_other_order
from inkt_mfg.workflow.subjects import (
    answered_again,
    asked_at_enrolment,
    refuse_outside_window,
    refuse_same_patient,
)
from inkt_mfg.workflow.testing import refuse_impossible, refuse_too_early
from inkt_mfg.workflow.typed import moment_here, one_of, past_date, said, yes_or_no

YES, NO = Phrase("yes"), Phrase("no")
Columns = dict[str, Any]
Reader = Callable[[Act, str], Columns]


def agree(one: Columns, other: Columns) -> bool:
    """Whether two readings of a value say the same: 1.75e9 and 1750000000 do, however they are spelled."""
    numbers = {n for n in one if not n.endswith("_typed") and (one[n] is not None or other[n] is not None)}
    return all(one[n] == other[n] for n in numbers or one)


@dataclass(frozen=True, slots=True)
class Correctable:
    """One entered value: the row it stands in, the word it is chosen by, what stands there now, how a text is read."""

    row: Record
    name: str
    title: Phrase
    stands: str | None
    critical: bool
    read: Reader
    same: Callable[[Columns, Columns], bool] = agree


def correctable_values(case: Case) -> tuple[Correctable, ...]:
    """Every value of the case's record that may be corrected, in the order of the form it was entered on."""
    return tuple(_VALUES_OF[type(case.target)](case))


def correctable_value(case: Case, name: str) -> Correctable:
    """The value of this name. Raises Refusal ``correction.value`` naming those there are."""
    values = correctable_values(case)
    for value in values:
        if value.name == name:
            return value
    raise refuse(
        "correction.value",
        Phrase("this record has no value {name} that can be corrected", name=name),
        expected=Phrase("{names}", names=", ".join(v.name for v in values)),
        field="value",
        typed=name,
    )


def entry_of(case: Case, row: Record) -> Coded:
    """The record a row was entered with: a reading's step, a replicate's count, else the row itself."""
    parent: tuple[type[Coded], str] | None = None
    if isinstance(row, StepReading | StepMaterial):
        parent = (Step, row.step)
    elif isinstance(row, CountReplicate):
        parent = (CellCount, row.count)
    elif isinstance(row, EligibilityAnswer):
        parent = (Subject, row.subject)
    if parent is not None:
        found = case.session.get(*parent)
        assert found is not None, "a part has its whole"
        return found
    assert isinstance(row, Coded), f"{type(row).__name__} is corrected through the record it belongs to"
    return row


# --- what most values have in common


def _plain(
    row: Record, field: str, title: Phrase, read_it: Callable[[Act, str], Any], *, stands: str | None = None
) -> Correctable:
    """A column of its own: a text, a date, a choice."""
    value = getattr(row, field)
    shown = stands if stands is not None else None if value is None else str(value)
    return Correctable(
        row,
        field,
        title,
        shown,
        field in critical_fields(type(row)),
        lambda act, typed: {field: read_it(act, typed)},
    )


def _quantity(row: Record, field: str, title: Phrase, *, name: str | None = None) -> Correctable:
    """A number with its unit: the canonical column and the text as typed beside it (R07)."""
    table = type(row)

    def read_it(_act: Act, typed: str) -> Columns:
        return entries(table, **{field: read(typed, kind_of_column(table, field), field=field)})

    stands = getattr(row, f"{field}_typed")
    return Correctable(row, name or field, title, stands, field in critical_fields(table), read_it)


def _text(field: str) -> Callable[[Act, str], str]:
    return lambda _act, typed: said(typed, field)


def _day(field: str) -> Callable[[Act, str], Any]:
    return lambda act, typed: past_date(act, typed, field)


# --- each kind of record


def _of_step(case: Case) -> Iterator[Correctable]:
    step = case.target
    assert isinstance(step, Step)
    for name, reading in case.readings.get(step.key, {}).items():
        yield _reading(case, step, name, reading)
    for used, lot in case.materials:
        if used.step == step.key:
            yield _lot_used(case, step, used, lot)
            yield _amount_used(used, lot)
    at = show_moment(step.performed_at, zone(case.site.time_zone))
    # When a step was done starts clocks: hold times, culture days, the product's expiry.
    yield Correctable(step, "performed_at", Phrase("when it was done"), at, True, _time_of(step))
    yield _plain(step, "remark", Phrase("remark"), _text("remark"))


def _reading(case: Case, step: Step, name: str, reading: StepReading) -> Correctable:
    planned = case.protocol.entry(name)

    def read_it(act: Act, typed: str) -> Columns:
        return {"value": read_entry(act, step.performed_at, name, typed), "value_typed": typed}

    return Correctable(
        reading, name, Phrase("{entry}", entry=planned.title), reading.value_typed, planned.critical, read_it
    )


def _lot_used(case: Case, step: Step, used: StepMaterial, lot: MaterialLot) -> Correctable:
    day = step.performed_at.astimezone(zone(case.site.time_zone)).date()

    def read_it(act: Act, typed: str) -> Columns:
        return {"lot": usable_lot(act, said(typed, "lot"), lot.material, day).key}

    # Which lot went in is an identity: critical, like every lot and equipment identity.
    return Correctable(
        used,
        f"lot:{lot.material}",
        Phrase("lot of {material}", material=lot.material),
        lot.code,
        True,
        read_it,
    )


def _amount_used(used: StepMaterial, lot: MaterialLot) -> Correctable:
    title = Phrase("amount of {material}", material=lot.material)

    def read_it(_act: Act, typed: str) -> Columns:
        return {"amount_typed": said(typed, "amount")}

    return Correctable(used, f"amount:{lot.material}", title, used.amount_typed, False, read_it)


def _time_of(step: Step) -> Reader:
    def read_it(act: Act, typed: str) -> Columns:
        case = act.case_of(step)
        at = moment_here(act, case.site, typed, "performed_at")
        refuse_other_order(case, step, at, typed)
        for name, reading in case.readings.get(step.key, {}).items():
            if case.protocol.entry(name).kind == "moment":
                stands = moment_here(act, case.site, reading.value_typed, name)
                refuse_other_time(at, name, typed, stands)
        return {"performed_at": at}

    return read_it


def _of_count(case: Case) -> Iterator[Correctable]:
    count = case.target
    assert isinstance(count, CellCount)
    yield _quantity(count, "volume", Phrase("volume"))
    # What an instrument's file says is not corrected by typing: count again, or read the right file.
    for replicate in case.replicates(count) if count.source_sha256 is None else ():
        for field, title in (
            ("concentration", Phrase("replicate {n}: concentration", n=replicate.ordinal)),
            ("viability", Phrase("replicate {n}: viability", n=replicate.ordinal)),
        ):
            yield _quantity(replicate, field, title, name=f"{field}:{replicate.ordinal}")
    if count.gate_path_typed is not None:
        gates = Phrase("gates from live cells to iNKT")
        yield Correctable(count, "gates", gates, count.gate_path_typed, True, _gates, _same_gates)


_GATE = re.compile(r"\s*(?P<name>.+?) of (?P<parent>.+?):\s*(?P<percent>[^:]+?)\s*")


def _gates(_act: Act, typed: str) -> Columns:
    path = gate_path(_typed_gates(typed))
    assert path is not None, "a text has at least one part"
    return {"inkt_of_live": percent_of_live(path), "gate_path_typed": typed}


def _typed_gates(typed: str) -> list[TypedGate]:
    matches = [_GATE.fullmatch(part) for part in typed.split(";")]
    if not all(matches):
        raise refuse(
            "counting.gate_path",
            Phrase("this is not a path of gates"),
            expected=Phrase(
                "each gate as the record shows it, such as CD3 of live: 92.1 %; iNKT of CD3: 81 %"
            ),
            field="new",
            typed=typed,
        )
    return [TypedGate(**m.groupdict()) for m in matches if m]


def _same_gates(one: Columns, other: Columns) -> bool:
    """Gate by gate: the same product from other gates is another reading."""
    paths = [gate_path(_typed_gates(str(columns["gate_path_typed"]))) for columns in (one, other)]
    return paths[0] == paths[1]


def _of_body(case: Case) -> Iterator[Correctable]:
    body = case.target
    assert isinstance(body, BodyMeasurement)
    if body.state is not ReadingState.CONFIRMED:
        return  # its figures are not told before the second reading; who made it measures again
    yield _quantity(body, "height", Phrase("height"))
    yield _quantity(body, "weight", Phrase("weight"))
    yield _plain(body, "measured_on", Phrase("measured on"), _day("measured_on"))


def _of_subject(case: Case) -> Iterator[Correctable]:
    subject = case.target
    assert isinstance(subject, Subject)

    def other_patient(act: Act, typed: str) -> str:
        refuse_same_patient(act, said(typed, "patient_id"))
        return said(typed, "patient_id")

    def arm(act: Act, typed: str) -> str:
        act.case_of(subject).protocol.arm(typed)
        return typed

    yield _plain(subject, "patient_name", Phrase("patient's name"), _text("patient_name"))
    yield _plain(subject, "patient_id", Phrase("patient id"), other_patient)
    yield _plain(subject, "birth_date", Phrase("date of birth"), _day("birth_date"))
    yield _plain(
        subject, "sex", Phrase("sex"), lambda _act, typed: one_of(Sex, typed, "sex"), stands=subject.sex.value
    )
    yield _plain(subject, "arm", Phrase("arm"), arm)
    yield _plain(subject, "consent_signed_on", Phrase("consent signed on"), _day("consent_signed_on"))
    if subject.first_tae_on is not None:
        yield _plain(
            subject,
            "first_tae_on",
            Phrase("first TAE/TACE"),
            lambda _act, typed: read_date(typed, field="first_tae_on"),
        )
    sentences = asked_at_enrolment(case.protocol)
    for answer in case.eligibility:
        if answer.criterion in sentences:
            yield _eligibility(answer, sentences[answer.criterion])


def _eligibility(answer: EligibilityAnswer, sentence: str) -> Correctable:
    """An answer of the enrolment. The true one stands even where it shows that the patient is not eligible."""

    def read_it(act: Act, typed: str) -> Columns:
        protocol = act.case_of(entry_of(act.case, answer)).protocol
        return {"answer": said(typed, "answer"), "verdict": answered_again(protocol, answer.criterion, typed)}

    title = Phrase("eligibility: {sentence}", sentence=sentence)
    name = f"eligibility:{answer.criterion}"
    return Correctable(answer, name, title, answer.answer, True, read_it, _same_answer)


def _same_answer(one: Columns, other: Columns) -> bool:
    """The same words, however they are spaced or capitalised."""
    said_by_each = {" ".join(str(columns["answer"]).casefold().split()) for columns in (one, other)}
    return len(said_by_each) == 1


def _of_collection(case: Case) -> Iterator[Correctable]:
    collection = case.target
    assert isinstance(collection, Collection)
    yield _plain(collection, "donation_id", Phrase("donation id"), new_donation)
    yield _plain(collection, "anticoagulant", Phrase("anticoagulant"), _text("anticoagulant"))
    if collection.collected_at is None:
        return  # it has not arrived: nothing of it is entered yet
    at = show_moment(collection.collected_at, zone(case.site.time_zone))
    yield _plain(collection, "collected_at", Phrase("collected at"), _collected(collection), stands=at)
    yield _quantity(collection, "volume", Phrase("volume"))
    yield _quantity(collection, "temperature", Phrase("temperature"))
    yield _plain(collection, "reactive_agents", Phrase("reactive agents"), _text("reactive_agents"))
    asked_apart = collection.screening_complete is not None
    answers = {
        "testing_complete": Phrase("testing complete")
        if asked_apart
        else Phrase("screening and testing complete"),
        "screening_complete": Phrase("screening complete"),
        "risk_factor": Phrase("risk factor found by screening"),
    }
    for name, title in answers.items():
        if getattr(collection, name) is not None:
            yield _answer(collection, name, title)


def _answer(row: Coded, name: str, title: Phrase) -> Correctable:
    """A question that is answered yes or no."""
    stands = str(YES if getattr(row, name) else NO)
    return _plain(row, name, title, lambda _act, typed: yes_or_no(typed, name), stands=stands)


def _collected(collection: Collection) -> Callable[[Act, str], Any]:
    def read_it(act: Act, typed: str) -> Any:
        at = moment_here(act, act.case_of(collection).site, typed, "collected_at")
        if collection.received_at is not None and at > collection.received_at:
            raise refuse(
                "time.order",
                Phrase("it was received before it was collected"),
                expected=Phrase("a time before it was received"),
                field="new",
                typed=typed,
            )
        return at

    return read_it


def _of_result(case: Case) -> Iterator[Correctable]:
    result = case.target
    assert isinstance(result, TestResult)
    yield _plain(result, "result", Phrase("result"), _possible(result))
    yield _plain(result, "resulted_on", Phrase("resulted on"), _late_enough(result))


def _possible(result: TestResult) -> Callable[[Act, str], Any]:
    def read_it(act: Act, typed: str) -> Any:
        case = act.case_of(result)
        refuse_impossible(case, case.protocol.test(result.test), said(typed, "result"))
        return said(typed, "result")

    return read_it


def _late_enough(result: TestResult) -> Callable[[Act, str], Any]:
    def read_it(act: Act, typed: str) -> Any:
        day = past_date(act, typed, "resulted_on")
        case = act.case_of(result)
        sample = act.work.session.get(Sample, result.sample) if result.sample else None
        if sample is not None:
            refuse_too_early(case, case.protocol.test(result.test), sample, day)
        return day

    return read_it


def _of_order(case: Case) -> Iterator[Correctable]:
    order = case.target
    assert isinstance(order, DoseOrder)

    def other_day(act: Act, typed: str) -> Any:
        day = read_date(typed, field="planned_on")
        about = act.case_of(order)
        refuse_outside_window(about.protocol, about.subject, order.infusion_number, day)
        return day

    yield _plain(order, "planned_on", Phrase("planned on"), other_day)


def _of_lot(case: Case) -> Iterator[Correctable]:
    lot = case.target
    assert isinstance(lot, MaterialLot)
    yield _plain(
        lot, "expires_on", Phrase("expires on"), lambda _act, typed: read_date(typed, field="expires_on")
    )


def _of_infusion(case: Case) -> Iterator[Correctable]:
    infusion = case.target
    assert isinstance(infusion, Infusion)
    yield _volume_given(infusion)
    yield _plain(infusion, "reaction", Phrase("reaction"), _text("reaction"))


def _volume_given(infusion: Infusion) -> Correctable:
    plain = _quantity(infusion, "volume_given", Phrase("volume given"))

    def read_it(act: Act, typed: str) -> Columns:
        given = read(typed, kind_of_column(Infusion, "volume_given"), field="volume_given")
        case = act.case_of(infusion)
        refuse_more_than_released(case, case.container, given, typed)
        return plain.read(act, typed)

    return replace(plain, read=read_it)


_VALUES_OF: dict[type[Record], Callable[[Case], Iterator[Correctable]]] = {
    Step: _of_step,
    CellCount: _of_count,
    BodyMeasurement: _of_body,
    Subject: _of_subject,
    Collection: _of_collection,
    TestResult: _of_result,
    DoseOrder: _of_order,
    MaterialLot: _of_lot,
    Infusion: _of_infusion,
}
CORRECTABLE_TABLES = tuple(_VALUES_OF)


def called(case: Case, value: Correctable) -> str:
    """What people call a value, in English as the record keeps it: ``B-00003 cell count N-00007: volume``."""
    entry = entry_of(case, value.row)
    whose = ""
    if isinstance(entry, Step | CellCount | TestResult | Infusion):
        whose = f"{case.batch.code} "
    elif isinstance(entry, BodyMeasurement | DoseOrder | Collection):
        whose = f"{case.subject.code} "
    return f"{whose}{spoken(type(entry)).english} {entry.code}: {value.title.english}"
