"""What a scanned or typed text names: a label, batch, collection, subject, or a record beneath one of them.

The terminal goes where this says, for a text that came while no field was waiting for it. It changes nothing, and refuses
a text that names nothing of this site, a label code that is on no label of ours, and a record no page shows.
"""

from dataclasses import dataclass

from sqlmodel import Session, col, or_, select

from inkt_mfg.codes.label_code import CollectionCode, LabelCode, read_code
from inkt_mfg.codes.reading import OUR_STARTS
from inkt_mfg.language import Phrase
from inkt_mfg.records.base import Coded, Record, spoken
from inkt_mfg.records.batch import Batch
from inkt_mfg.records.collection import Collection
from inkt_mfg.records.label import Label
from inkt_mfg.records.site import Site
from inkt_mfg.records.subject import BodyMeasurement, DoseOrder, Subject
from inkt_mfg.refusal import Refusal, refuse
from inkt_mfg.store.unit_of_work import Store, find
from inkt_mfg.views.beneath import record_called
from inkt_mfg.views.case import Case
from inkt_mfg.views.label_content import LabelContent


@dataclass(frozen=True, slots=True)
class Called:
    """The record's own code, and the batch, collection or subject on whose page it stands; the others are empty."""

    code: str
    batch: str = ""
    collection: str = ""
    subject: str = ""


def called(store: Store, text: str) -> Called:
    """The record this text names. Raises Refusal ``record.unknown``, ``record.page`` or ``label.code``."""
    with store.reading() as session:
        record = _record(session, store.site, text.strip())
        return _place(Case(session, record, store.clock.now()), record)


def _record(session: Session, site: str, text: str) -> Record:
    if text.startswith(OUR_STARTS):
        code = read_code(text)
        return (
            _label(session, site, code) if isinstance(code, LabelCode) else _collection(session, site, code)
        )
    known_by = or_(col(Subject.chain_of_identity) == text, col(Subject.patient_id) == text)
    subject = session.exec(select(Subject).where(Subject.site == site, known_by)).first()
    if subject is not None:
        return subject
    donation = (Collection.site == site, Collection.donation_id == text)
    return session.exec(select(Collection).where(*donation)).first() or record_called(session, site, text)


def _label(session: Session, site: str, code: LabelCode) -> Label:
    label = find(session, site, Label, code.serial)
    # Another site has its own L-00001: the label is ours only if every character of its code is.
    if LabelContent.from_json(label.content).payload != str(code):
        raise _of_no_label(str(code))
    return label


def _collection(session: Session, site: str, code: CollectionCode) -> Collection:
    mine = (Collection.site == site, Collection.donation_id == code.collection)
    found = session.exec(select(Collection).where(*mine)).first()
    training = session.exec(select(Site.training).where(Site.code == site)).one()
    if found is None or training is not code.training:
        raise _of_no_label(str(code))
    return found


def _of_no_label(code: str) -> Refusal:
    return refuse(
        "record.unknown",
        Phrase("no label of this site says this code"),
        expected=Phrase("a label that was prepared at this site"),
        field="record",
        typed=code,
    )


def _place(case: Case, record: Record) -> Called:
    code = record.code if isinstance(record, Coded) else ""
    if isinstance(record, Subject | BodyMeasurement | DoseOrder):
        return Called(code, subject=case.subject.code)
    if isinstance(record, Batch) or any(getattr(record, on, None) for on in ("batch", "container")):
        return Called(code, batch=case.batch.code)
    if isinstance(record, Collection | Label):
        return Called(code, collection=case.collection.code, subject=case.subject.code)
    raise refuse(
        "record.page",
        Phrase("no page here shows a {kind}", kind=spoken(type(record))),
        expected=Phrase("the code of a label, a batch, a collection or a subject"),
        field="record",
        typed=code,
    )
