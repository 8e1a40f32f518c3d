"""The list of batches with its filter, a page at a time; pseudonymous, so that it may be shown without a log-in."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import col, desc, or_, select

from inkt_mfg.records.base import in_order_made
from inkt_mfg.records.batch import Batch, Hold
from inkt_mfg.records.dose import Disposition, DoseAssessment
from inkt_mfg.records.subject import Subject
from inkt_mfg.records.words import BatchState
from inkt_mfg.store.unit_of_work import Store
from inkt_mfg.units import Measured, of

PAGE = 300


@dataclass(frozen=True, slots=True)
class BatchLine:
    """One batch in a list."""

    code: str
    subject: str
    infusion_number: int
    state: str
    disposition: str
    on_hold: bool
    started_at: datetime | None
    dose: Measured | None
    verdict: str | None


def batch_list(
    store: Store, *, state: str | None = None, text: str = "", most: int = PAGE
) -> list[BatchLine]:
    """The newest batches first, those in this state whose code or subject holds the text."""
    with store.reading() as session:
        question = (
            select(Batch, Subject)
            .join(Subject, col(Subject.key) == col(Batch.subject))
            .where(Batch.site == store.site)
        )
        if state:
            question = question.where(col(Batch.state) == BatchState(state))
        if text:
            sought = f"%{text.strip()}%"
            question = question.where(or_(col(Batch.code).ilike(sought), col(Subject.code).ilike(sought)))
        found = session.exec(question.order_by(*map(desc, in_order_made(Batch))).limit(most)).all()
        keys = [batch.key for batch, _subject in found]
        held = set(
            session.exec(
                select(Hold.batch).where(col(Hold.batch).in_(keys), col(Hold.lifted_at).is_(None))
            ).all()
        )
        decisions = session.exec(
            select(Disposition).where(col(Disposition.batch).in_(keys)).order_by(*in_order_made(Disposition))
        ).all()
        doses = session.exec(
            select(DoseAssessment)
            .where(col(DoseAssessment.batch).in_(keys))
            .order_by(*in_order_made(DoseAssessment))
        ).all()
        last_decision = {d.batch: d.kind.value for d in decisions}
        last_dose = {d.batch: d for d in doses}
        return [
            _line(batch, subject, last_decision, last_dose.get(batch.key), on_hold=batch.key in held)
            for batch, subject in found
        ]


def _line(
    batch: Batch, subject: Subject, decisions: dict[str, str], dose: DoseAssessment | None, *, on_hold: bool
) -> BatchLine:
    return BatchLine(
        batch.code,
        subject.code,
        batch.infusion_number,
        batch.state.value,
        decisions.get(batch.key, "quarantine"),
        on_hold,
        batch.started_at,
        None if dose is None else of(dose.dose_to_give, dose.dose_unit),
        None if dose is None else dose.verdict_to_give.value,
    )
