"""Everything known about one record at this instant, read lazily: what guards judge and what pages are drawn from.

A ``Case`` is made inside one session for a batch, container, collection or subject and asks the database only for what
is looked at. It changes nothing. Guards in ``workflow.guards`` and the other views take it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, cached_property
from typing import TypeVar

from sqlmodel import Session, col, select

from inkt_mfg.protocol import Protocol
from inkt_mfg.protocol.making import Operation
from inkt_mfg.records.base import Record
from inkt_mfg.records.batch import Batch, Hold
from inkt_mfg.records.collection import Collection
from inkt_mfg.records.count import CellCount, CountReplicate
from inkt_mfg.records.custody import Handover, Infusion
from inkt_mfg.records.deviation import Deviation
from inkt_mfg.records.dose import Container, Disposition, DoseAssessment
from inkt_mfg.records.label import Label
from inkt_mfg.records.people import User
from inkt_mfg.records.signature import Signature
from inkt_mfg.records.site import ProtocolVersion, Site
from inkt_mfg.records.step import MaterialLot, Step, StepMaterial, StepReading
from inkt_mfg.records.subject import BodyMeasurement, DoseOrder, Subject
from inkt_mfg.records.testing import Sample, TestResult
from inkt_mfg.records.words import DeviationState, DispositionKind, ReadingState

Row = TypeVar("Row", bound=Record)


@cache
def parsed_protocol(sha256: str, text: str, name: str) -> Protocol:
    """A protocol is parsed once per program; its text never changes under its hash."""
    assert sha256
    return Protocol.read(text, name)


@dataclass
class Case:
    """One record and all that hangs on it. ``now`` is the command's instant; ``actor`` the key of who asks."""

    session: Session
    target: Record
    now: datetime
    actor: str = ""

    def _of(self, table: type[Row], *conditions: object, order: object = None) -> Sequence[Row]:
        question = select(table).where(*conditions)  # type: ignore[arg-type]
        if order is not None:
            question = question.order_by(order)  # type: ignore[arg-type]
        return self.session.exec(question).all()

    def _one(self, table: type[Row], key: str) -> Row:
        row = self.session.get(table, key)
        assert row is not None, f"{table.__name__} {key} is referred to and missing"
        return row

    # --- the record and its surroundings

    @cached_property
    def batch(self) -> Batch:
        if isinstance(self.target, Batch):
            return self.target
        key = getattr(self.target, "batch", None)
        if key is None and hasattr(self.target, "container"):
            key = self._one(Container, self.target.container).batch
        if key is None and isinstance(self.target, StepReading | StepMaterial):
            key = self._one(Step, self.target.step).batch
        assert isinstance(key, str), f"{type(self.target).__name__} belongs to no batch"
        return self._one(Batch, key)

    @cached_property
    def subject(self) -> Subject:
        if isinstance(self.target, Subject):
            return self.target
        if isinstance(self.target, Collection | BodyMeasurement | DoseOrder):
            return self._one(Subject, self.target.subject)
        return self._one(Subject, self.batch.subject)

    @cached_property
    def site(self) -> Site:
        return self._of(Site, Site.code == self.target.site)[0]

    @cached_property
    def protocol_version(self) -> ProtocolVersion:
        key = self.subject.protocol if isinstance(self.target, Subject | Collection) else self.batch.protocol
        return self._one(ProtocolVersion, key)

    @cached_property
    def protocol(self) -> Protocol:
        version = self.protocol_version
        return parsed_protocol(version.sha256, version.text, version.code)

    @property
    def formulation_step(self) -> str:
        """The plan's code of the step that fills the final container: the point whose count doses."""
        return self.protocol.steps_doing(Operation.FORMULATE)[-1].code

    @cached_property
    def collection(self) -> Collection:
        if isinstance(self.target, Collection):
            return self.target
        return self._one(Collection, self.batch.collection)

    def person(self, key: str | None) -> str:
        """A person's printed name with user name, or an empty text."""
        if key is None:
            return ""
        user = self._one(User, key)
        return f"{user.full_name} ({user.user_name})"

    # --- what was done to the batch

    @cached_property
    def steps(self) -> Sequence[Step]:
        return self._of(Step, Step.batch == self.batch.key, order=col(Step.performed_at))

    @cached_property
    def readings(self) -> dict[str, dict[str, StepReading]]:
        """Step key → entry code → reading"""
        found: dict[str, dict[str, StepReading]] = {}
        keys = [s.key for s in self.steps]
        for reading in self._of(StepReading, col(StepReading.step).in_(keys)) if keys else ():
            found.setdefault(reading.step, {})[reading.name] = reading
        return found

    @cached_property
    def materials(self) -> Sequence[tuple[StepMaterial, MaterialLot]]:
        keys = [s.key for s in self.steps]
        used = self._of(StepMaterial, col(StepMaterial.step).in_(keys)) if keys else ()
        return [(m, self._one(MaterialLot, m.lot)) for m in used]

    def steps_of(self, plan_code: str) -> list[Step]:
        return [s for s in self.steps if s.plan_code == plan_code]

    def reading(self, plan_code: str, name: str) -> StepReading | None:
        """The newest reading of this name at this step of the plan."""
        for step in reversed(self.steps_of(plan_code)):
            if name in self.readings.get(step.key, {}):
                return self.readings[step.key][name]
        return None

    @cached_property
    def counts(self) -> Sequence[CellCount]:
        return self._of(CellCount, CellCount.batch == self.batch.key, order=(col(CellCount.performed_at)))

    def last_count(self, point: str) -> CellCount | None:
        """The newest count at a point; an earlier one that asked for a recount stays on record but is not used."""
        at_point = [c for c in self.counts if c.point == point]
        return at_point[-1] if at_point else None

    def replicates(self, count: CellCount) -> Sequence[CountReplicate]:
        return self._of(CountReplicate, CountReplicate.count == count.key, order=col(CountReplicate.ordinal))

    @cached_property
    def samples(self) -> Sequence[Sample]:
        return self._of(Sample, Sample.batch == self.batch.key, order=col(Sample.taken_at))

    @cached_property
    def results(self) -> dict[str, TestResult]:
        """Test code → its newest result"""
        rows = self._of(TestResult, TestResult.batch == self.batch.key, order=col(TestResult.code))
        return {r.test: r for r in rows}

    @cached_property
    def deviations(self) -> Sequence[Deviation]:
        return self._of(Deviation, Deviation.batch == self.batch.key, order=col(Deviation.code))

    @property
    def open_deviations(self) -> list[Deviation]:
        return [d for d in self.deviations if d.state is not DeviationState.CLOSED]

    @cached_property
    def standing_hold(self) -> Hold | None:
        holds = self._of(Hold, Hold.batch == self.batch.key, col(Hold.lifted_at).is_(None))
        return holds[0] if holds else None

    # --- the product

    @cached_property
    def containers(self) -> Sequence[Container]:
        return self._of(Container, Container.batch == self.batch.key, order=col(Container.ordinal))

    @cached_property
    def container(self) -> Container:
        if isinstance(self.target, Container):
            return self.target
        if hasattr(self.target, "container"):
            return self._one(Container, self.target.container)
        return self.containers[0]

    @cached_property
    def assessment(self) -> DoseAssessment | None:
        rows = self._of(
            DoseAssessment,
            DoseAssessment.batch == self.batch.key,
            order=col(DoseAssessment.assessed_at),
        )
        return rows[-1] if rows else None

    @cached_property
    def dispositions(self) -> Sequence[Disposition]:
        return self._of(Disposition, Disposition.batch == self.batch.key, order=col(Disposition.code))

    @property
    def disposition(self) -> DispositionKind:
        return self.dispositions[-1].kind if self.dispositions else DispositionKind.QUARANTINE

    @cached_property
    def labels(self) -> Sequence[Label]:
        return self._of(Label, Label.batch == self.batch.key, order=col(Label.code))

    @cached_property
    def handovers(self) -> Sequence[Handover]:
        keys = [c.key for c in self.containers]
        return (
            self._of(Handover, col(Handover.container).in_(keys), order=col(Handover.handed_at))
            if keys
            else ()
        )

    @cached_property
    def infusions(self) -> Sequence[Infusion]:
        keys = [c.key for c in self.containers]
        return self._of(Infusion, col(Infusion.container).in_(keys)) if keys else ()

    # --- the patient

    @cached_property
    def body(self) -> BodyMeasurement | None:
        """The newest confirmed body measurement."""
        rows = self._of(
            BodyMeasurement,
            BodyMeasurement.subject == self.subject.key,
            col(BodyMeasurement.state) == ReadingState.CONFIRMED,
            order=col(BodyMeasurement.code),
        )
        return max(rows, key=lambda b: (b.measured_on, b.code)) if rows else None

    @cached_property
    def order(self) -> DoseOrder | None:
        rows = self._of(
            DoseOrder,
            DoseOrder.subject == self.subject.key,
            DoseOrder.infusion_number == self.batch.infusion_number,
        )
        return rows[0] if rows else None

    # --- people and signatures

    @cached_property
    def performers(self) -> frozenset[str]:
        """Who executed or verified a making, sampling, testing or labelling step. QA approvals do not count."""
        found: set[str | None] = set()
        for step in self.steps:
            found |= {step.performed_by, step.verified_by}
        for count in self.counts:
            found |= {count.performed_by, count.verified_by}
        for result in self._of(TestResult, TestResult.batch == self.batch.key):
            found |= {result.reported_by, result.verified_by}
        found |= {sample.taken_by for sample in self.samples}
        if self.assessment:
            found.add(self.assessment.assessed_by)
        for label in self.labels:
            found |= {label.prepared_by, label.printed_by}
        return frozenset(key for key in found if key)

    @cached_property
    def signatures(self) -> Sequence[Signature]:
        """Signatures on the batch itself."""
        return self._of(
            Signature, Signature.signed_key == self.batch.key, order=col(Signature.ledger_sequence)
        )

    def covered_by_release(self) -> list[Record]:
        """Every row a review or release signature is about: what was entered for this batch and its patient's body."""
        rows: list[Record] = [self.batch, self.subject, self.collection]
        rows += [*self.steps, *(r for named in self.readings.values() for r in named.values())]
        rows += [m for m, _lot in self.materials]
        for count in self.counts:
            rows += [count, *self.replicates(count)]
        rows += [*self.samples, *self.results.values(), *self.containers]
        rows += [row for row in (self.body, self.order, self.assessment) if row is not None]
        return rows
