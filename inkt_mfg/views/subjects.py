"""Subjects, their bodies, orders, collections and calendars, as screens show them."""

from dataclasses import dataclass
from datetime import date

from sqlmodel import Session, col, desc, select

from inkt_mfg.records.base import in_order_made
from inkt_mfg.records.batch import Batch
from inkt_mfg.records.collection import Collection
from inkt_mfg.records.subject import BodyMeasurement, DoseOrder, Subject
from inkt_mfg.science.calendar import Event, schedule
from inkt_mfg.store.unit_of_work import Store, find
from inkt_mfg.views.case import Case


@dataclass(frozen=True, slots=True)
class SubjectLine:
    """One subject in a list; pseudonymous."""

    code: str
    arm: str
    dosed: bool
    first_tae_on: date | None
    dose_blocked: str | None


@dataclass(frozen=True, slots=True)
class BodyLine:
    """One body measurement. The figures of one that awaits its second reading are withheld: it is blind."""

    code: str
    measured_on: date
    height: str
    weight: str
    state: str
    entered_by: str


@dataclass(frozen=True, slots=True)
class CollectionLine:
    """One collection."""

    code: str
    subject: str
    donation_id: str
    state: str
    volume: str
    anticoagulant: str


@dataclass(frozen=True, slots=True)
class SubjectPage:
    """One subject with everything a form about them needs."""

    code: str
    version: int
    protocol: str
    arm: str
    dosed: bool
    patient_name: str
    patient_id: str
    birth_date: date
    sex: str
    chain_of_identity: str
    first_tae_on: date | None
    dose_blocked: str | None
    bodies: tuple[BodyLine, ...]
    orders: tuple[tuple[int, date], ...]
    collections: tuple[CollectionLine, ...]
    batches: tuple[str, ...]
    calendar: tuple[Event, ...]


def subject_list(store: Store, *, text: str = "", most: int = 300) -> list[SubjectLine]:
    """Subjects by number, those whose number holds the text."""
    with store.reading() as session:
        question = select(Subject).where(Subject.site == store.site)
        if text:
            question = question.where(col(Subject.code).ilike(f"%{text.strip()}%"))
        found = session.exec(question.order_by(col(Subject.code)).limit(most)).all()
        return [_line(Case(session, s, store.clock.now())) for s in found]


def _line(case: Case) -> SubjectLine:
    s = case.subject
    return SubjectLine(s.code, s.arm, case.protocol.arm(s.arm).dosed, s.first_tae_on, s.dose_blocked)


def subject_page(store: Store, code: str) -> SubjectPage:
    """The page of the subject with this number. Raises Refusal ``record.unknown``."""
    with store.reading() as session:
        case = Case(session, find(session, store.site, Subject, code), store.clock.now())
        subject = case.subject
        orders = session.exec(select(DoseOrder).where(DoseOrder.subject == subject.key)).all()
        batches = session.exec(select(Batch.code).where(Batch.subject == subject.key)).all()
        plan = case.protocol.schedule_plan
        return SubjectPage(
            code=subject.code,
            version=subject.row_version,
            protocol=case.protocol_version.code,
            arm=subject.arm,
            dosed=case.protocol.arm(subject.arm).dosed,
            patient_name=subject.patient_name,
            patient_id=subject.patient_id,
            birth_date=subject.birth_date,
            sex=subject.sex.value,
            chain_of_identity=subject.chain_of_identity,
            first_tae_on=subject.first_tae_on,
            dose_blocked=subject.dose_blocked,
            bodies=_bodies(case),
            orders=tuple(sorted((o.infusion_number, o.planned_on) for o in orders)),
            collections=_collections(session, store.site, subject),
            batches=tuple(sorted(batches)),
            calendar=schedule(subject.first_tae_on, plan) if subject.first_tae_on else (),
        )


def _bodies(case: Case) -> tuple[BodyLine, ...]:
    question = (
        select(BodyMeasurement)
        .where(BodyMeasurement.subject == case.subject.key)
        .order_by(*map(desc, in_order_made(BodyMeasurement)))
    )
    lines = []
    for b in case.session.exec(question).all():
        shown = b.state.value != "awaiting_second"
        lines.append(
            BodyLine(
                b.code,
                b.measured_on,
                b.height_typed if shown else "",
                b.weight_typed if shown else "",
                b.state.value,
                case.person(b.entered_by),
            )
        )
    return tuple(lines)


def _collections(session: Session, site: str, subject: Subject | None) -> tuple[CollectionLine, ...]:
    question = (
        select(Collection, Subject)
        .join(Subject, col(Subject.key) == col(Collection.subject))
        .where(Collection.site == site)
    )
    if subject is not None:
        question = question.where(Collection.subject == subject.key)
    found = session.exec(question.order_by(*map(desc, in_order_made(Collection))).limit(300)).all()
    return tuple(
        CollectionLine(c.code, s.code, c.donation_id, c.state.value, c.volume_typed or "", c.anticoagulant)
        for c, s in found
    )


def collection_list(store: Store) -> tuple[CollectionLine, ...]:
    """The newest collections first."""
    with store.reading() as session:
        return _collections(session, store.site, None)
