"""Everything known about one record at this instant, read lazily: what guards judge and what pages are drawn from.

A ``Case`` is made inside one session for a batch, container, collection or subject and asks the database only for what
is looked at. It changes nothing. Guards in ``workflow.guards`` and the other views take it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, cached_property
from typing import Any, TypeVar, cast

from sqlalchemy import bindparam
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from inkt_mfg.language import Phrase
from inkt_mfg.ledger.reading import who_first_wrote
from inkt_mfg.protocol import Protocol
from inkt_mfg.protocol.making import Operation
from inkt_mfg.records.base import Coded, Record, in_order_made, makers, place_in_order, spoken
from inkt_mfg.records.batch import Batch, Hold
from inkt_mfg.records.collection import Collection
from inkt_mfg.records.correction import Correction
from inkt_mfg.records.count import CellCount, CountReplicate
from inkt_mfg.records.custody import Handover, Infusion
from inkt_mfg.records.deviation import Deviation
from inkt_mfg.records.dose import Container, Disposition, DoseAssessment
from inkt_mfg.records.label import Label
from inkt_mfg.records.people import User
from inkt_mfg.records.signature import Signature
from inkt_mfg.records.site import ProtocolVersion, Site
from inkt_mfg.records.step import MaterialLot, Step, StepMaterial, StepReading
from inkt_mfg.records.subject import (
    BodyMeasurement,
    DoseOrder,
    EligibilityAnswer,
    ExceptionalRequest,
    Subject,
)
from inkt_mfg.records.testing import Sample, TestResult
from inkt_mfg.records.words import (
    CorrectionState,
    DeviationState,
    DispositionKind,
    Meaning,
    ReadingState,
)
from inkt_mfg.refusal import refuse

Row = TypeVar("Row", bound=Record)


@cache
def parsed_protocol(sha256: str, text: str, name: str) -> Protocol:
    """A protocol is parsed once per program. Raises Refusal R05 when the text is not the one that was approved."""
    protocol = Protocol.read(text, name)
    if protocol.content_sha256 != sha256:
        raise refuse(
            "R05",
            Phrase("the stored text of protocol {name} is not the one that was registered", name=name),
            expected=Phrase("a text with the SHA-256 {digest}", digest=sha256),
            resolve_by=Phrase("a QA officer, after `inkt ledger verify`"),
            field="protocol",
            typed=protocol.content_sha256,
        )
    return protocol


@cache
def _rows_of_a_batch(table: type[Row], order: str | None) -> SelectOfScalar[Row]:
    # Asked a dozen times in every command: building the question takes as long as answering it.
    columns = table.__table__.c  # type: ignore[attr-defined]
    mine = (columns.site == bindparam("site"), columns.batch == bindparam("batch"))
    in_order = in_order_made(cast("type[Coded]", table)) if order is None else (columns[order],)
    return select(table).where(*mine).order_by(*in_order)


@dataclass
class Case:
    """One record and all that hangs on it. ``now`` is the command's instant; ``actor`` the key of who asks."""

    session: Session
    target: Record
    now: datetime
    actor: str = ""

    def _of(self, table: type[Row], *conditions: object, order: Iterable[Any] = ()) -> Sequence[Row]:
        # A row that says it is another site's is nothing to this one, whatever it refers to.
        question = select(table).where(table.site == self.target.site, *conditions)  # type: ignore[arg-type]
        return self.session.exec(question.order_by(*order)).all()

    def _of_batch(self, table: type[Row], order: str | None = None) -> Sequence[Row]:
        """The batch's rows of this table, by this column or else in the order they were made."""
        return self.session.exec(
            _rows_of_a_batch(table, order), params={"site": self.target.site, "batch": self.batch.key}
        ).all()

    def _one(self, table: type[Row], key: str) -> Row:
        row = self.session.get(table, key)
        if row is None or row.site != self.target.site:
            raise refuse(
                "R05",
                Phrase("a record refers to a {kind} that is not of this site", kind=spoken(table)),
                expected=Phrase("a {kind} of site {site}", kind=spoken(table), site=self.target.site),
                resolve_by=Phrase("a QA officer, after `inkt ledger verify`"),
                field=str(table.__tablename__),
                typed=key,
            )
        return row

    # --- the record and its surroundings

    @cached_property
    def batch(self) -> Batch:
        if isinstance(self.target, Batch):
            return self.target
        key = getattr(self.target, "batch", None)
        container = getattr(self.target, "container", None)
        if key is None and container is not None:
            key = self._one(Container, container).batch
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
        if self._has_no_batch_yet:
            return self._one(Subject, self.collection.subject)
        return self._one(Subject, self.batch.subject)

    @property
    def _has_no_batch_yet(self) -> bool:
        """A label of what was collected hangs on the collection alone."""
        return isinstance(self.target, Label) and self.target.batch is None

    @cached_property
    def site(self) -> Site:
        return self._of(Site, Site.code == self.target.site)[0]

    @cached_property
    def protocol_version(self) -> ProtocolVersion:
        key = (
            self.subject.protocol
            if isinstance(self.target, Subject | Collection | BodyMeasurement | DoseOrder)
            or self._has_no_batch_yet
            else self.batch.protocol
        )
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
        if isinstance(self.target, Label) and self.target.collection is not None:
            return self._one(Collection, self.target.collection)
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
        return self._of_batch(Step, "performed_at")

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
        return self._of_batch(CellCount)

    def last_count(self, point: str) -> CellCount | None:
        """The newest count at a point; an earlier one that asked for a recount stays on record but is not used."""
        at_point = [c for c in self.counts if c.point == point]
        return at_point[-1] if at_point else None

    @cached_property
    def _replicates(self) -> dict[str, list[CountReplicate]]:
        """Count key → its replicates, of every count there was when this was first asked."""
        found: dict[str, list[CountReplicate]] = {count.key: [] for count in self.counts}
        mine = col(CountReplicate.count).in_(list(found))
        for row in self._of(CountReplicate, mine, order=(col(CountReplicate.ordinal),)) if found else ():
            found[row.count].append(row)
        return found

    def replicates(self, count: CellCount) -> Sequence[CountReplicate]:
        if count.key in self._replicates:
            return self._replicates[count.key]
        return self._of(
            CountReplicate, CountReplicate.count == count.key, order=(col(CountReplicate.ordinal),)
        )

    @cached_property
    def samples(self) -> Sequence[Sample]:
        return self._of_batch(Sample, "taken_at")

    @cached_property
    def all_results(self) -> Sequence[TestResult]:
        """Every result ever reported, the oldest first: none replaces another."""
        return self._of_batch(TestResult)

    @property
    def results(self) -> dict[str, TestResult]:
        """Test code → its newest result"""
        return {r.test: r for r in self.all_results}

    @cached_property
    def deviations(self) -> Sequence[Deviation]:
        return self._of_batch(Deviation)

    @cached_property
    def deviations_of_collection(self) -> Sequence[Deviation]:
        return self._of(
            Deviation, Deviation.collection == self.collection.key, order=in_order_made(Deviation)
        )

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
        return self._of_batch(Container, "ordinal")

    @cached_property
    def container(self) -> Container:
        if isinstance(self.target, Container):
            return self.target
        key = getattr(self.target, "container", None)
        return self.containers[0] if key is None else self._one(Container, key)

    @cached_property
    def assessments(self) -> Sequence[DoseAssessment]:
        """Every dose check, the oldest first."""
        return self._of_batch(DoseAssessment)

    @property
    def assessment(self) -> DoseAssessment | None:
        """The newest dose check."""
        return self.assessments[-1] if self.assessments else None

    @cached_property
    def dispositions(self) -> Sequence[Disposition]:
        return self._of_batch(Disposition)

    @property
    def disposition(self) -> DispositionKind:
        return self.dispositions[-1].kind if self.dispositions else DispositionKind.QUARANTINE

    @cached_property
    def labels(self) -> Sequence[Label]:
        """Every label of the batch, those of its collection not among them."""
        return self._of_batch(Label)

    @cached_property
    def labels_of_collection(self) -> Sequence[Label]:
        """Every label of what was collected, whichever batches were made of it."""
        return self._of(Label, Label.collection == self.collection.key, order=in_order_made(Label))

    @cached_property
    def handovers(self) -> Sequence[Handover]:
        keys = [c.key for c in self.containers]
        return (
            self._of(Handover, col(Handover.container).in_(keys), order=(col(Handover.handed_at),))
            if keys
            else ()
        )

    @cached_property
    def infusions(self) -> Sequence[Infusion]:
        keys = [c.key for c in self.containers]
        return self._of(Infusion, col(Infusion.container).in_(keys)) if keys else ()

    # --- the patient

    @cached_property
    def bodies(self) -> Sequence[BodyMeasurement]:
        """Every body measurement of the subject, the oldest first."""
        return self._of(
            BodyMeasurement, BodyMeasurement.subject == self.subject.key, order=in_order_made(BodyMeasurement)
        )

    @property
    def body(self) -> BodyMeasurement | None:
        """The newest confirmed body measurement."""
        confirmed = [b for b in self.bodies if b.state is ReadingState.CONFIRMED]
        return max(confirmed, key=lambda b: (b.measured_on, *place_in_order(b))) if confirmed else None

    @property
    def dosed_body(self) -> BodyMeasurement | None:
        """The body the newest dose check used: a patient who is weighed for the next dose changes nothing about this one."""
        return self._one(BodyMeasurement, self.assessment.body) if self.assessment else self.body

    @property
    def unresolved_body(self) -> BodyMeasurement | None:
        """A newer measurement that waits for its second reading, or whose readings differ."""
        newest = self.bodies[-1] if self.bodies else None
        return newest if newest is not None and newest.state is not ReadingState.CONFIRMED else None

    @cached_property
    def eligibility(self) -> Sequence[EligibilityAnswer]:
        """What was answered at the enrolment, as it stands now."""
        return self._of(
            EligibilityAnswer,
            EligibilityAnswer.subject == self.subject.key,
            order=(col(EligibilityAnswer.criterion),),
        )

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
        """Who executed or verified a making, sampling, testing or labelling step. QA approvals do not count.

        Verifications are read from their signatures, which nobody can overwrite.
        """
        verified: list[Record] = [*self.steps, *self.counts, *self.all_results]
        worked_on: list[Record] = [self.collection, *verified, *self.samples, *self.assessments]
        worked_on += [*self.labels, *self.labels_of_collection]
        found = {key for row in worked_on for key in makers(row)}
        found |= {s.signer for row in verified for s in self.verifications.get(row.key, ())}
        found |= {s.signer for s in self.signatures if s.command == "batch.submit"}
        return frozenset(found | self.correctors_of(self.covered_by_release()))

    def makers_of(self, entry: Record) -> frozenset[str]:
        """Who made one entry: by its own columns, and whoever wrote its row first, whom not every table has a column for."""
        first = who_first_wrote(self.session, entry.site, entry.key)
        wrote = self._of(User, User.user_name == first)
        return makers(entry) | {user.key for user in wrote}

    @cached_property
    def verifications(self) -> dict[str, list[Signature]]:
        """Row key → the verification signatures over it"""
        keys = [row.key for row in (*self.steps, *self.counts, *self.all_results)]
        found: dict[str, list[Signature]] = {}
        for signature in self._of(
            Signature,
            col(Signature.signed_key).in_(keys),
            Signature.meaning == Meaning.VERIFICATION,
            order=(col(Signature.ledger_sequence),),
        ):
            found.setdefault(signature.signed_key, []).append(signature)
        return found

    @cached_property
    def pending_corrections(self) -> Sequence[Correction]:
        """Corrections of this batch's critical values, or of its patient's, that wait for a second person."""
        return self._pending((*self.covered_by_release(), *self.bodies, *self.eligibility, *self.infusions))

    def pending_corrections_of(self, entry: Record) -> Sequence[Correction]:
        """Those of one entry: of the row itself, a step's readings and lots, a count's replicates."""
        return self._pending(self.parts_of(entry))

    def _pending(self, rows: Iterable[Record]) -> Sequence[Correction]:
        return self._corrections(CorrectionState.PENDING, rows)

    def _corrections(self, state: CorrectionState, rows: Iterable[Record]) -> Sequence[Correction]:
        of_these = col(Correction.row_key).in_([row.key for row in rows])
        return self._of(Correction, Correction.state == state, of_these, order=in_order_made(Correction))

    def parts_of(self, entry: Record) -> list[Record]:
        """A row with what was entered together with it."""
        parts: list[Record] = [entry]
        if isinstance(entry, Step):
            parts += [*self.readings.get(entry.key, {}).values()]
            parts += [used for used, _lot in self.materials if used.step == entry.key]
        elif isinstance(entry, CellCount):
            parts += self.replicates(entry)
        return parts

    def corrections_made(self, row: Record, field: str) -> list[Correction]:
        """Those of this value that took effect, the oldest first."""
        return [c for c in self._corrections(CorrectionState.APPLIED, [row]) if c.field == field]

    def correctors_of(self, rows: Iterable[Record]) -> frozenset[str]:
        """Who asked for a correction of one of these rows that was made: whoever changes an entry has worked on it."""
        return frozenset(c.asked_by for c in self._corrections(CorrectionState.APPLIED, rows))

    @cached_property
    def approvals(self) -> dict[str, list[Signature]]:
        """Row key → the signatures of second persons who approved a correction over it"""
        entered = (*self.steps, *self.counts, *self.all_results)
        keys = [row.key for row in entered]
        applied = self._corrections(
            CorrectionState.APPLIED, [part for row in entered for part in self.parts_of(row)]
        )
        found: dict[str, list[Signature]] = {}
        for signature in self._of(
            Signature,
            col(Signature.signed_key).in_([correction.key for correction in applied]),
            Signature.command == "correction.approve",
            order=(col(Signature.ledger_sequence),),
        ):
            for key in (k for k in keys if k in signature.manifest):
                found.setdefault(key, []).append(signature)
        return found

    @cached_property
    def signatures(self) -> Sequence[Signature]:
        """Signatures on the batch itself."""
        return self._of(
            Signature, Signature.signed_key == self.batch.key, order=(col(Signature.ledger_sequence),)
        )

    @cached_property
    def given(self) -> Infusion | None:
        """An infusion of this subject under this number, from whichever batch."""
        rows = self.session.exec(
            select(Infusion)
            .join(Container, col(Container.key) == col(Infusion.container))
            .join(Batch, col(Batch.key) == col(Container.batch))
            .where(Batch.subject == self.subject.key, Batch.infusion_number == self.batch.infusion_number)
        ).all()
        return rows[0] if rows else None

    @cached_property
    def exceptional_requests(self) -> Sequence[ExceptionalRequest]:
        return self._of(ExceptionalRequest, ExceptionalRequest.batch == self.batch.key)

    def covered_by_release(self) -> list[Record]:
        """Every row a review or release signature is about: what was entered for this batch, its patient, its plan."""
        rows: list[Record] = [self.batch, self.subject, self.collection, self.protocol_version]
        rows += [*self.steps, *(r for named in self.readings.values() for r in named.values())]
        for used, lot in self.materials:
            rows += [used, lot]
        for count in self.counts:
            rows += [count, *self.replicates(count)]
        rows += [*self.samples, *self.all_results, *self.containers, *self.assessments]
        rows += [*self.deviations, *self.exceptional_requests]
        rows += [row for row in (self.dosed_body, self.order) if row is not None]
        return rows
