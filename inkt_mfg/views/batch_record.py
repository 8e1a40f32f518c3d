"""The whole record of one batch as plain values, for whoever prints or exports it (R08, R09, R22).

Everything entered as it was typed, everything computed unrounded, every signature with whether it still stands, every
value changed since first entry, and where the ledger stood when it was read. It changes nothing. The parts are
pseudonymous; only ``page`` names the patient.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime

from inkt_mfg.ledger.reading import last_link
from inkt_mfg.moments import read_moment, zone
from inkt_mfg.protocol.values import Written
from inkt_mfg.records.batch import Batch
from inkt_mfg.records.count import CellCount
from inkt_mfg.records.dose import Container
from inkt_mfg.records.step import Step
from inkt_mfg.records.subject import BodyMeasurement
from inkt_mfg.records.testing import TestResult
from inkt_mfg.store.unit_of_work import Store, find
from inkt_mfg.units import Kind, Measured, of, working
from inkt_mfg.views import record_labels
from inkt_mfg.views import record_parts as parts
from inkt_mfg.views.batch_page import BatchPage, page_of
from inkt_mfg.views.case import Case
from inkt_mfg.views.corrections import Correction
from inkt_mfg.views.label_reconciliation import Reconciliation, label_reconciliation
from inkt_mfg.views.record_rows import RecordRows
from inkt_mfg.views.signatures import show_signature


@dataclass(frozen=True, slots=True)
class LedgerHead:
    """An entry of the ledger: its sequence and its hash."""

    sequence: int
    hash: str


@dataclass(frozen=True, slots=True)
class Heading:
    """What stands above a record: site, protocol version, order."""

    site_code: str
    site_name: str
    site_address: str
    time_zone: str
    training: bool
    product_name: str
    protocol_title: str
    protocol_sha256: str
    protocol_approved: bool
    storage: tuple[Measured, Measured]
    harvested_at: datetime | None
    ordered: parts.Done | None
    order_planned_on: date | None
    first_tae_on: parts.Entered


@dataclass(frozen=True, slots=True)
class BatchRecord:
    """One batch, whole. ``page`` is what screens show of it; ``head`` is where the ledger stood when it was read."""

    page: BatchPage
    heading: Heading
    collection: parts.CollectionRecord
    steps: tuple[parts.StepRecord, ...]
    counts: tuple[parts.CountRecord, ...]
    samples: tuple[parts.SampleRecord, ...]
    results: tuple[parts.ResultRecord, ...]
    body: parts.BodyRecord | None
    dose_assessments: int
    containers: tuple[parts.ContainerRecord, ...]
    labels: tuple[parts.LabelRecord, ...]
    templates: tuple[parts.TemplateRecord, ...]
    reconciliation: tuple[Reconciliation, ...]
    handovers: tuple[parts.HandoverRecord, ...]
    infusions: tuple[parts.InfusionRecord, ...]
    deviations: tuple[parts.DeviationRecord, ...]
    holds: tuple[parts.HoldRecord, ...]
    requests: tuple[parts.RequestRecord, ...]
    dispositions: tuple[parts.DispositionRecord, ...]
    signatures: tuple[parts.SignatureRecord, ...]
    corrections: tuple[Correction, ...]
    head: LedgerHead
    last_entry: LedgerHead


def batch_record(store: Store, code: str) -> BatchRecord:
    """The record of the batch with this code. Raises Refusal ``record.unknown``."""
    with store.reading() as session:
        case = Case(session, find(session, store.site, Batch, code), store.clock.now())
        return _record(RecordRows(case))


def _record(rows: RecordRows) -> BatchRecord:
    case = rows.case
    last = rows.history[-1]
    return BatchRecord(
        page=page_of(case),
        heading=_heading(rows),
        collection=_collection(rows),
        steps=tuple(_step(rows, s) for s in case.steps),
        counts=tuple(_count(rows, c) for c in case.counts),
        samples=tuple(_samples(rows)),
        results=tuple(_results(rows)),
        body=_body(rows, rows.body) if rows.body else None,
        dose_assessments=len(case.assessments),
        containers=tuple(_container(rows, c) for c in case.containers),
        labels=tuple(record_labels.labels(rows)),
        templates=tuple(record_labels.templates(rows)),
        reconciliation=label_reconciliation(rows.case),
        handovers=tuple(_handovers(rows)),
        infusions=tuple(_infusions(rows)),
        deviations=tuple(_deviations(rows)),
        holds=tuple(_holds(rows)),
        requests=tuple(_requests(rows)),
        dispositions=tuple(_dispositions(rows)),
        signatures=tuple(_signatures(rows)),
        corrections=rows.corrections,
        head=LedgerHead(*last_link(case.session, case.site.code)),
        last_entry=LedgerHead(last.sequence, last.hash),
    )


def _heading(rows: RecordRows) -> Heading:
    case, order = rows.case, rows.case.order
    return Heading(
        case.site.code,
        case.site.name,
        case.site.address,
        case.site.time_zone,
        case.site.training,
        case.protocol.product.name.value,
        case.protocol.title,
        case.protocol_version.sha256,
        case.protocol_version.approved,
        (case.protocol.expiry.storage_low, case.protocol.expiry.storage_high),
        case.batch.harvested_at,
        rows.done(order.ordered_by, order.ordered_at) if order else None,
        order.planned_on if order else None,
        rows.entered(case.subject, "first_tae_on"),
    )


def _done(rows: RecordRows, by: str, at: datetime) -> parts.Done:
    return parts.Done(rows.name(by), at)


# --- making


def _collection(rows: RecordRows) -> parts.CollectionRecord:
    row = rows.case.collection
    return parts.CollectionRecord(
        row.code,
        rows.entered(row, "donation_id"),
        row.state.value,
        rows.entered(row, "anticoagulant"),
        row.collected_at,
        rows.done(row.received_by, row.received_at),
        rows.entered(row, "volume_typed"),
        rows.entered(row, "temperature_typed"),
        row.container_intact,
        row.screening_complete,
        row.testing_complete,
        row.risk_factor,
        row.reactive_agents or "",
        rows.name(row.decided_by),
    )


def _step(rows: RecordRows, step: Step) -> parts.StepRecord:
    readings = tuple(_readings(rows, step))
    return parts.StepRecord(
        step.code,
        rows.case.protocol.step(step.plan_code).title,
        _done(rows, step.performed_by, step.performed_at),
        rows.done(step.verified_by, step.verified_at),
        step.recorded_at,
        step.late_reason or "",
        step.remark or "",
        readings,
        tuple(_materials(rows, step)),
        step.verified_by is None and any(r.critical for r in readings),
    )


def _readings(rows: RecordRows, step: Step) -> Iterator[parts.ReadingRecord]:
    """In the protocol's order, which is the order of the paper form."""
    found = rows.case.readings.get(step.key, {})
    for entry in rows.case.protocol.entries:
        reading = found.get(entry.code)
        if reading is not None:
            canonical: Measured | datetime | None = None
            if reading.value is not None and isinstance(entry.kind, Kind):
                canonical = of(reading.value, entry.kind.canonical)
            elif entry.kind is Written.MOMENT and reading.value_typed:
                local = zone(rows.case.site.time_zone)
                canonical = read_moment(reading.value_typed, local, field=entry.code)
            yield parts.ReadingRecord(
                entry.title, rows.entered(reading, "value_typed"), canonical, entry.critical
            )


def _materials(rows: RecordRows, step: Step) -> Iterator[parts.MaterialRecord]:
    for used, lot in rows.case.materials:
        if used.step == step.key:
            title = rows.case.protocol.material(lot.material).title
            yield parts.MaterialRecord(title, lot.code, lot.expires_on, lot.state.value, used.amount_typed)


def _count(rows: RecordRows, count: CellCount) -> parts.CountRecord:
    return parts.CountRecord(
        count.code,
        rows.case.protocol.step(count.point).title,
        count.method.value,
        _done(rows, count.performed_by, count.performed_at),
        rows.done(count.verified_by, count.verified_at),
        count.recorded_at,
        count.late_reason or "",
        count.source_sha256 or "",
        rows.entered(count, "volume_typed"),
        tuple(
            (rows.entered(r, "concentration_typed"), rows.entered(r, "viability_typed"))
            for r in rows.replicates[count.key]
        ),
        rows.entered(count, "gate_path_typed"),
        of(count.total_concentration, "cell/mL"),
        of(count.viability, "%"),
        of(count.viable_cell_density, "cell/mL"),
        of(count.total_viable_cells, "cell"),
        count.replicate_cv,
        count.recount_asked,
        None if count.inkt_of_live is None else of(count.inkt_of_live, "%"),
        None if count.inkt_cells is None else of(count.inkt_cells, "cell"),
    )


# --- testing


def _samples(rows: RecordRows) -> Iterator[parts.SampleRecord]:
    for s in rows.case.samples:
        title = rows.case.protocol.sample(s.purpose).title
        yield parts.SampleRecord(s.code, title, _done(rows, s.taken_by, s.taken_at))


def _results(rows: RecordRows) -> Iterator[parts.ResultRecord]:
    """Every test of the protocol in its order, each result of it, the newest last; one without a result is pending."""
    due = _due_dates(rows)
    for planned in rows.case.protocol.tests:
        limit = planned.criterion.text if planned.criterion else "K/M"
        pending = parts.ResultRecord(
            test=planned.code,
            title=planned.title,
            method=planned.method,
            criterion=parts.Entered(limit),
            due_on=due.get(planned.code),
        )
        found = [r for r in rows.case.all_results if r.test == planned.code]
        if not found:
            yield pending
            continue
        for row, later in zip(found, [*found[1:], None], strict=True):
            yield _reported(rows, pending, row, later)


def _reported(
    rows: RecordRows, pending: parts.ResultRecord, row: TestResult, later: TestResult | None
) -> parts.ResultRecord:
    return replace(
        pending,
        criterion=rows.entered(row, "criterion"),
        code=row.code,
        result=rows.entered(row, "result"),
        verdict=row.verdict.value,
        why=row.why,
        resulted_on=row.resulted_on,
        reported_by=rows.name(row.reported_by),
        verified=rows.done(row.verified_by, row.verified_at),
        replaced_by=later.code if later else "",
    )


def _due_dates(rows: RecordRows) -> dict[str, date]:
    """Test → due date, as the dispositions named them."""
    due: dict[str, date] = {}
    for d in rows.case.dispositions:
        due |= {test: date.fromisoformat(day) for test, day in json.loads(d.pending).items()}
    return due


# --- the product


def _body(rows: RecordRows, body: BodyMeasurement) -> parts.BodyRecord:
    return parts.BodyRecord(
        body.code,
        body.measured_on,
        rows.entered(body, "height_typed"),
        rows.entered(body, "weight_typed"),
        body.second_height_typed or "",
        body.second_weight_typed or "",
        rows.name(body.entered_by),
        rows.name(body.second_by),
        body.bmi,
        of(body.bsa, "m^2"),
        body.bsa_formula,
        body.concern or "",
    )


def _container(rows: RecordRows, bag: Container) -> parts.ContainerRecord:
    return parts.ContainerRecord(
        bag.code,
        bag.ordinal,
        bag.of_total,
        bag.state.value,
        rows.entered(bag, "volume_typed"),
        rows.entered(bag, "withdrawn_typed"),
        _deliverable(bag),
        bag.filled_at,
        bag.expires_at,
    )


def _deliverable(bag: Container) -> Measured | None:
    """What of a bag can reach the patient; None until the product has been sampled."""
    if bag.withdrawn is None:
        return None
    with working():
        return of(bag.volume - bag.withdrawn, "mL")


def _handovers(rows: RecordRows) -> Iterator[parts.HandoverRecord]:
    bags = {c.key: c.code for c in rows.case.containers}
    for h in rows.case.handovers:
        yield parts.HandoverRecord(
            bags[h.container],
            h.kind.value,
            _done(rows, h.by, h.handed_at),
            h.to_whom,
            rows.entered(h, "temperature_typed"),
            h.scanned,
        )


def _infusions(rows: RecordRows) -> Iterator[parts.InfusionRecord]:
    bags = {c.key: c.code for c in rows.case.containers}
    for i in rows.case.infusions:
        yield parts.InfusionRecord(
            i.code,
            bags[i.container],
            i.started_at,
            i.finished_at,
            rows.entered(i, "volume_given_typed"),
            rows.name(i.given_by),
            i.bedside_scan,
            i.patient_id_scan == rows.case.subject.patient_id,
            i.reaction,
        )


# --- decisions


def _deviations(rows: RecordRows) -> Iterator[parts.DeviationRecord]:
    for d in rows.case.deviations:
        yield parts.DeviationRecord(
            d.code,
            d.rule,
            d.severity.value,
            d.state.value,
            d.description,
            _done(rows, d.opened_by, d.opened_at),
            d.assessment or "",
            rows.name(d.assessed_by),
            rows.done(d.closed_by, d.closed_at),
        )


def _holds(rows: RecordRows) -> Iterator[parts.HoldRecord]:
    for hold in rows.holds:
        placed = _done(rows, hold.placed_by, hold.placed_at)
        lifted = rows.done(hold.lifted_by, hold.lifted_at)
        yield parts.HoldRecord(hold.reason, placed, lifted, hold.lift_reason or "")


def _requests(rows: RecordRows) -> Iterator[parts.RequestRecord]:
    for r in rows.case.exceptional_requests:
        requested = _done(rows, r.requested_by, r.requested_at)
        yield parts.RequestRecord(r.code, requested, r.justification, r.risk)


def _dispositions(rows: RecordRows) -> Iterator[parts.DispositionRecord]:
    for d in rows.case.dispositions:
        pending = sorted(json.loads(d.pending).items())
        yield parts.DispositionRecord(
            d.code,
            d.kind.value,
            _done(rows, d.decided_by, d.decided_at),
            tuple((rows.case.protocol.test(test).title, date.fromisoformat(due)) for test, due in pending),
            d.statement or "",
        )


def _signatures(rows: RecordRows) -> Iterator[parts.SignatureRecord]:
    for signed, signature in rows.signatures:
        shown = show_signature(rows.session, signature)
        shared = signed.key in rows.shared and signed.key != rows.case.subject.key
        yield parts.SignatureRecord(
            rows.called(signed), shared, signature.command, shown, signature.ledger_sequence
        )
