"""One batch as a page: who, what was done, counts, growth, tests, dose, labels, decisions, and its signatures.

``tui`` and ``cli`` draw from it and get plain values only. It changes nothing.
"""

import json
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from inkt_mfg.records.batch import Batch
from inkt_mfg.records.count import CellCount
from inkt_mfg.records.dose import DoseAssessment
from inkt_mfg.store.unit_of_work import Store, find
from inkt_mfg.units import Measured, of
from inkt_mfg.views.case import Case
from inkt_mfg.views.corrections_waiting import WaitingCorrection, waiting_lines
from inkt_mfg.views.culture_growth import CultureGrowth, culture_growth
from inkt_mfg.views.signatures import ShownSignature, reassessment_is_due, show_signature


@dataclass(frozen=True, slots=True)
class StepLine:
    """One performed step with its readings as typed and the lots it used."""

    code: str
    plan_code: str
    title: str
    performed_at: datetime
    performed_by: str
    verified_by: str
    readings: tuple[tuple[str, str], ...]
    lots: tuple[tuple[str, str], ...]
    late_reason: str | None
    needs_verification: bool


@dataclass(frozen=True, slots=True)
class CountLine:
    """One cell count with what was computed from it."""

    code: str
    point: str
    point_title: str
    performed_at: datetime
    performed_by: str
    verified_by: str
    from_file: bool
    replicates: tuple[tuple[str, str], ...]
    volume: str
    viability: Measured
    viable_cell_density: Measured
    total_viable_cells: Measured
    replicate_cv: Decimal | None
    recount_asked: bool
    inkt_of_live: Measured | None
    inkt_cells: Measured | None


@dataclass(frozen=True, slots=True)
class TestLine:
    """One test of the specification: its result, or that there is none yet."""

    __test__ = False

    test: str
    title: str
    criterion: str
    due: str
    code: str
    result: str
    verdict: str
    why: str
    verified_by: str


@dataclass(frozen=True, slots=True)
class DerivationLine:
    """One line of a derivation: the formula, the values put in, the result."""

    formula: str
    values: str
    result: str


@dataclass(frozen=True, slots=True)
class DoseCard:
    """The dose as assessed, both bases, and what may be given."""

    basis: str
    dose: Measured
    other_dose: Measured
    viable_cells: Measured
    inkt_cells: Measured
    bsa: Measured
    bsa_formula: str
    low: Measured
    high: Measured
    verdict: str
    volume: Measured
    volume_to_give: Measured
    dose_to_give: Measured
    verdict_to_give: str
    derivation: tuple[DerivationLine, ...]
    assessed_at: datetime


@dataclass(frozen=True, slots=True)
class ContainerLine:
    """One bag and where it is."""

    code: str
    ordinal: int
    of_total: int
    state: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class LabelLine:
    """One label and what became of it."""

    code: str
    container: str
    state: str
    reprint_number: int
    pdf_sha256: str
    kind: str


@dataclass(frozen=True, slots=True)
class DispositionLine:
    """One decision, never edited."""

    code: str
    kind: str
    decided_at: datetime
    decided_by: str
    pending: tuple[tuple[str, date], ...]
    statement: str


@dataclass(frozen=True, slots=True)
class DeviationLine:
    """One deviation."""

    code: str
    rule: str
    description: str
    severity: str
    state: str


@dataclass(frozen=True, slots=True)
class BatchPage:
    """Everything a screen shows of one batch. While a critical correction waits there is no dose: it does not compute."""

    code: str
    version: int
    state: str
    on_hold: str | None
    subject: str
    arm: str
    arm_title: str
    patient_name: str
    patient_id: str
    chain_of_identity: str
    collection: str
    protocol: str
    product: str
    infusion_number: int
    planned_at: datetime
    started_at: datetime | None
    disposition: str
    illustrative: bool
    steps: tuple[StepLine, ...]
    counts: tuple[CountLine, ...]
    growth: CultureGrowth
    tests: tuple[TestLine, ...]
    dose: DoseCard | None
    containers: tuple[ContainerLine, ...]
    labels: tuple[LabelLine, ...]
    dispositions: tuple[DispositionLine, ...]
    deviations: tuple[DeviationLine, ...]
    signatures: tuple[ShownSignature, ...]
    corrections_waiting: tuple[WaitingCorrection, ...]
    reassessment_due: bool

    @property
    def open_deviations(self) -> tuple[DeviationLine, ...]:
        return tuple(d for d in self.deviations if d.state != "closed")


def batch_page(store: Store, code: str) -> BatchPage:
    """The page of the batch with this code. Raises Refusal ``record.unknown``."""
    with store.reading() as session:
        return page_of(Case(session, find(session, store.site, Batch, code), store.clock.now()))


def dose_card(store: Store, code: str) -> DoseCard | None:
    """Only the dose of a batch, as assessed last."""
    with store.reading() as session:
        case = Case(session, find(session, store.site, Batch, code), store.clock.now())
        return _dose(case.assessment) if case.assessment else None


def page_of(case: Case) -> BatchPage:
    """The page of a case's batch, inside its session."""
    batch, subject = case.batch, case.subject
    hold = case.standing_hold
    return BatchPage(
        code=batch.code,
        version=batch.row_version,
        state=batch.state.value,
        on_hold=hold.reason if hold else None,
        subject=subject.code,
        arm=subject.arm,
        arm_title=case.protocol.arm(subject.arm).title,
        patient_name=subject.patient_name,
        patient_id=subject.patient_id,
        chain_of_identity=subject.chain_of_identity,
        collection=case.collection.code,
        protocol=case.protocol_version.code,
        product=batch.product,
        infusion_number=batch.infusion_number,
        planned_at=batch.planned_at,
        started_at=batch.started_at,
        disposition=case.disposition.value,
        illustrative=case.protocol.is_illustrative,
        steps=_steps(case),
        counts=tuple(_count(case, c) for c in case.counts),
        growth=culture_growth(case),
        tests=_tests(case),
        dose=_dose(case.assessment) if case.assessment and not case.pending_corrections else None,
        containers=tuple(
            ContainerLine(c.code, c.ordinal, c.of_total, c.state.value, c.expires_at) for c in case.containers
        ),
        labels=_labels(case),
        dispositions=_dispositions(case),
        deviations=tuple(
            DeviationLine(d.code, d.rule, d.description, d.severity.value, d.state.value)
            for d in case.deviations
        ),
        signatures=tuple(show_signature(case.session, s) for s in case.signatures),
        corrections_waiting=waiting_lines(case.session, case.pending_corrections),
        reassessment_due=reassessment_is_due(case),
    )


def _steps(case: Case) -> tuple[StepLine, ...]:
    lots: dict[str, list[tuple[str, str]]] = {}
    for used, lot in case.materials:
        lots.setdefault(used.step, []).append((lot.material, lot.code))
    critical = {e.code for e in case.protocol.entries if e.critical}
    lines = []
    for step in case.steps:
        readings = case.readings.get(step.key, {})
        lines.append(
            StepLine(
                step.code,
                step.plan_code,
                case.protocol.step(step.plan_code).title,
                step.performed_at,
                case.person(step.performed_by),
                case.person(step.verified_by),
                tuple((case.protocol.entry(n).title, r.value_typed) for n, r in readings.items()),
                tuple(lots.get(step.key, ())),
                step.late_reason,
                step.verified_by is None and any(n in critical for n in readings),
            )
        )
    return tuple(lines)


def _count(case: Case, count: CellCount) -> CountLine:
    return CountLine(
        count.code,
        count.point,
        case.protocol.step(count.point).title,
        count.performed_at,
        case.person(count.performed_by),
        case.person(count.verified_by),
        count.source_sha256 is not None,
        tuple((r.concentration_typed, r.viability_typed) for r in case.replicates(count)),
        count.volume_typed,
        of(count.viability, "%"),
        of(count.viable_cell_density, "cell/mL"),
        of(count.total_viable_cells, "cell"),
        count.replicate_cv,
        count.recount_asked,
        None if count.inkt_of_live is None else of(count.inkt_of_live, "%"),
        None if count.inkt_cells is None else of(count.inkt_cells, "cell"),
    )


def _tests(case: Case) -> tuple[TestLine, ...]:
    """Every test of the protocol, in its order; one without a result shows as pending."""
    lines = []
    for planned in case.protocol.tests:
        result = case.results.get(planned.code)
        criterion = planned.criterion.text if planned.criterion else "K/M"
        lines.append(
            TestLine(
                planned.code,
                planned.title,
                result.criterion if result else criterion,
                planned.due.value,
                result.code if result else "",
                result.result if result else "",
                result.verdict.value if result else "pending",
                result.why if result else "",
                case.person(result.verified_by) if result else "",
            )
        )
    return tuple(lines)


def _dose(found: DoseAssessment) -> DoseCard:
    per = found.dose_unit
    return DoseCard(
        basis=found.basis,
        dose=of(found.dose, per),
        other_dose=of(found.other_dose, per),
        viable_cells=of(found.viable_cells, "cell"),
        inkt_cells=of(found.inkt_cells, "cell"),
        bsa=of(found.bsa, "m^2"),
        bsa_formula=found.bsa_formula,
        low=of(found.low, per),
        high=of(found.high, per),
        verdict=found.verdict.value,
        volume=of(found.volume, "mL"),
        volume_to_give=of(found.volume_to_give, "mL"),
        dose_to_give=of(found.dose_to_give, per),
        verdict_to_give=found.verdict_to_give.value,
        derivation=tuple(DerivationLine(**line) for line in json.loads(found.derivation)),
        assessed_at=found.assessed_at,
    )


def _labels(case: Case) -> tuple[LabelLine, ...]:
    bags = {c.key: c.code for c in case.containers}
    return tuple(
        LabelLine(
            label.code,
            bags.get(label.container or "", ""),
            label.state.value,
            label.reprint_number,
            label.pdf_sha256 or "",
            label.kind,
        )
        for label in case.labels
    )


def _dispositions(case: Case) -> tuple[DispositionLine, ...]:
    return tuple(
        DispositionLine(
            d.code,
            d.kind.value,
            d.decided_at,
            case.person(d.decided_by),
            tuple((test, date.fromisoformat(due)) for test, due in sorted(json.loads(d.pending).items())),
            d.statement or "",
        )
        for d in case.dispositions
    )
