"""The trial so far: one plain row per batch and one per subject, for tables and exports. Pseudonymous.

Each table is read once, however many batches there are. Numbers are exact Decimals; a figure that is not known is None,
never zero. It changes nothing.
"""

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeVar

from sqlmodel import Session, col, select

from inkt_mfg.protocol.making import Operation
from inkt_mfg.records.base import Record
from inkt_mfg.records.batch import Batch
from inkt_mfg.records.count import CellCount
from inkt_mfg.records.custody import Infusion
from inkt_mfg.records.dose import Container, Disposition, DoseAssessment
from inkt_mfg.records.site import ProtocolVersion, Site
from inkt_mfg.records.step import Step, StepReading
from inkt_mfg.records.subject import Subject
from inkt_mfg.records.words import BatchState
from inkt_mfg.store.unit_of_work import Store
from inkt_mfg.units import working
from inkt_mfg.views.case import Case, parsed_protocol
from inkt_mfg.views.culture_growth import culture_growth

Row = TypeVar("Row", bound=Record)
_GROWS_BY = ("inoculum", "volume_kept", "volume_discarded")  # the readings growth is worked out from
_SECONDS_PER_DAY = 86_400


@dataclass(frozen=True, slots=True)
class TrialRow:
    """One batch. ``dose_…`` is the whole product by each basis in ``dose_unit``; ``dose_to_give`` by the protocol's own."""

    batch: str
    subject: str
    infusion: int
    state: str
    disposition: str
    pending_until: date | None
    culture_days: Decimal | None
    fold: Decimal | None
    population_doublings: Decimal | None
    product_viability: Decimal | None
    basis: str | None
    dose_cells: Decimal | None
    dose_viable_inkt: Decimal | None
    dose_total_viable: Decimal | None
    dose_unit: str | None
    verdict: str | None
    volume_to_give: Decimal | None
    dose_to_give: Decimal | None
    verdict_to_give: str | None
    infused: bool


@dataclass(frozen=True, slots=True)
class SubjectDoses:
    """How many doses one subject was given, of how many the protocol plans; none for an arm that is not dosed."""

    subject: str
    arm: str
    given: int
    planned: int


@dataclass(frozen=True, slots=True)
class TrialSoFar:
    """The whole trial as of one moment."""

    as_of: datetime
    illustrative: bool
    training: bool
    batches: tuple[TrialRow, ...]
    subjects: tuple[SubjectDoses, ...]


def trial_so_far(store: Store) -> TrialSoFar:
    """Every batch and every subject of the site."""
    with store.reading() as session:
        return _Tables(session, store.site, store.clock.now()).trial()


class _Tables:
    """The tables the trial is told from, each read once and kept, so that no batch asks the database again."""

    def __init__(self, session: Session, site: str, now: datetime) -> None:
        self.session, self.site, self.now = session, site, now
        self.batches = self._all(Batch, col(Batch.code))
        self.subjects = self._all(Subject, col(Subject.code))
        self.protocols = self._all(ProtocolVersion, col(ProtocolVersion.code))
        self.steps = _by(self._all(Step, col(Step.performed_at)), "batch")
        self.counts = _by(self._all(CellCount, col(CellCount.code)), "batch")
        self.assessments = _by(self._all(DoseAssessment, col(DoseAssessment.code)), "batch")
        self.dispositions = _by(self._all(Disposition, col(Disposition.code)), "batch")
        self.containers = _by(self._all(Container, col(Container.ordinal)), "batch")
        self.infused = {i.container for i in self._all(Infusion, col(Infusion.code))}
        self.readings = self._growth_readings()

    def _all(self, table: type[Row], order: Any) -> Sequence[Row]:
        return self.session.exec(select(table).where(table.site == self.site).order_by(order)).all()

    def _growth_readings(self) -> dict[str, dict[str, StepReading]]:
        question = select(StepReading).where(
            StepReading.site == self.site, col(StepReading.name).in_(_GROWS_BY)
        )
        found: dict[str, dict[str, StepReading]] = defaultdict(dict)
        for reading in self.session.exec(question).all():
            found[reading.step][reading.name] = reading
        return found

    def trial(self) -> TrialSoFar:
        site = self.session.exec(select(Site).where(Site.code == self.site)).one()
        versions = (parsed_protocol(v.sha256, v.text, v.code) for v in self.protocols)
        return TrialSoFar(
            self.now,
            any(version.is_illustrative for version in versions),
            site.training,
            tuple(self._row(batch) for batch in self.batches),
            tuple(self._doses(subject) for subject in self.subjects),
        )

    def _case(self, batch: Batch) -> Case:
        """The batch's case with what it would ask for already answered; its rows are in the session's identity map."""
        case = Case(self.session, batch, self.now)
        case.steps = self.steps[batch.key]
        case.readings = {s.key: self.readings[s.key] for s in case.steps if s.key in self.readings}
        case.counts = self.counts[batch.key]
        case.dispositions = self.dispositions[batch.key]
        case.assessments = self.assessments[batch.key]
        return case

    def _row(self, batch: Batch) -> TrialRow:
        case = self._case(batch)
        grown = culture_growth(case).so_far
        product = case.last_count(case.formulation_step)
        last = case.dispositions[-1] if case.dispositions else None
        return TrialRow(
            batch=batch.code,
            subject=case.subject.code,
            infusion=batch.infusion_number,
            state=batch.state.value,
            disposition=case.disposition.value,
            pending_until=last.latest_due if last and json.loads(last.pending) else None,
            culture_days=self._culture_days(case),
            fold=grown.fold if grown else None,
            population_doublings=grown.population_doublings if grown else None,
            product_viability=product.viability if product else None,
            infused=any(c.key in self.infused for c in self.containers[batch.key]),
            **_dosed(case.assessment),
        )

    def _culture_days(self, case: Case) -> Decimal | None:
        """From seeding to harvest; to now while it runs; to the last thing recorded when it was stopped."""
        seeding = {s.code for s in case.protocol.steps_doing(Operation.SEED)}
        seeded = next((s for s in case.steps if s.plan_code in seeding), None)
        if seeded is None:
            return None
        until = case.batch.harvested_at
        if until is None and case.batch.state is BatchState.IN_CULTURE:
            until = self.now
        if until is None:
            until = max([s.performed_at for s in case.steps] + [c.performed_at for c in case.counts])
        with working():
            return Decimal(int((until - seeded.performed_at).total_seconds())) / _SECONDS_PER_DAY

    def _doses(self, subject: Subject) -> SubjectDoses:
        protocol = Case(self.session, subject, self.now).protocol
        mine = [b.key for b in self.batches if b.subject == subject.key]
        given = sum(any(c.key in self.infused for c in self.containers[key]) for key in mine)
        planned = protocol.number_of_infusions if protocol.arm(subject.arm).dosed else 0
        return SubjectDoses(subject.code, subject.arm, given, planned)


def _by(rows: Sequence[Row], column: str) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        found[getattr(row, column)].append(row)
    return found


def _dosed(found: DoseAssessment | None) -> dict[str, Any]:
    """The columns that say what the dose is; None in all of them until it has been worked out."""
    if found is None:
        names = (
            "basis", "dose_cells", "dose_viable_inkt", "dose_total_viable", "dose_unit", "verdict",
            "volume_to_give", "dose_to_give", "verdict_to_give",
        )  # fmt: skip
        return dict.fromkeys(names)
    by_inkt = found.basis == "viable_inkt"
    return {
        "basis": found.basis,
        "dose_cells": found.inkt_cells if by_inkt else found.viable_cells,
        "dose_viable_inkt": found.dose if by_inkt else found.other_dose,
        "dose_total_viable": found.other_dose if by_inkt else found.dose,
        "dose_unit": found.dose_unit,
        "verdict": found.verdict.value,
        "volume_to_give": found.volume_to_give,
        "dose_to_give": found.dose_to_give,
        "verdict_to_give": found.verdict_to_give.value,
    }
