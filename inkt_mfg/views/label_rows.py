"""The labels that hang on one batch, or on one collection, each with what became of it, and their sums by kind.

The terminal's label page is made of it. It changes nothing and draws nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import col, select

from inkt_mfg.records.batch import Batch
from inkt_mfg.records.collection import Collection
from inkt_mfg.records.label import Label
from inkt_mfg.records.printing import PrintJobLabel
from inkt_mfg.records.words import JobLabelState, LabelState
from inkt_mfg.store.unit_of_work import Store, find
from inkt_mfg.views.case import Case
from inkt_mfg.views.label_reconciliation import (
    Reconciliation,
    collection_reconciliation,
    label_reconciliation,
)


@dataclass(frozen=True, slots=True)
class LabelRow:
    """One label. ``on`` is the container, batch or collection it hangs on; ``unwitnessed``: destroyed before nobody's eyes."""

    code: str
    kind: str
    on: str
    state: str
    copy_number: int
    reprint_number: int
    unwitnessed: bool
    registered: bool


@dataclass(frozen=True, slots=True)
class LabelsPage:
    """``about`` is the batch's or the collection's code; ``batch`` is empty before there is one."""

    about: str
    batch: str
    subject: str
    patient_name: str
    patient_id: str
    rows: tuple[LabelRow, ...]
    sums: tuple[Reconciliation, ...]


def labels_of_batch(store: Store, code: str) -> LabelsPage:
    """Those of the batch and of the collection it began with. Raises Refusal ``record.unknown``."""
    with store.reading() as session:
        case = Case(session, find(session, store.site, Batch, code), store.clock.now())
        labels = [*case.labels_of_collection, *case.labels]
        return _page(case, code, code, labels, label_reconciliation(case))


def labels_of_collection(store: Store, code: str) -> LabelsPage:
    """Those of the collection alone. Raises Refusal ``record.unknown``."""
    with store.reading() as session:
        case = Case(session, find(session, store.site, Collection, code), store.clock.now())
        return _page(case, code, "", case.labels_of_collection, collection_reconciliation(case))


def _page(
    case: Case,
    about: str,
    batch: str,
    labels: Sequence[Label],
    sums: tuple[Reconciliation, ...],
) -> LabelsPage:
    subject = case.subject
    bags = {c.key: c.code for c in case.containers} if batch else {}
    return LabelsPage(
        about,
        batch,
        subject.code,
        subject.patient_name,
        subject.patient_id,
        tuple(
            LabelRow(
                label.code,
                label.kind,
                bags.get(label.container or "", "") or (batch if label.batch else case.collection.code),
                label.state.value,
                label.copy_number,
                label.reprint_number,
                label.state is LabelState.DESTROYED and label.witnessed_by is None,
                label.pdf_sha256 is not None,
            )
            for label in labels
        ),
        sums,
    )


def printings_of(store: Store, serials: Sequence[str]) -> tuple[dict[str, str], tuple[str, ...]]:
    """Serial → state of some labels, in the order given; and which of them a job has sent, or may have."""
    came_out = (JobLabelState.SENT, JobLabelState.UNKNOWN)
    with store.reading() as session:
        wanted = (Label.site == store.site, col(Label.code).in_(serials))
        states = {label.code: label.state.value for label in session.exec(select(Label).where(*wanted)).all()}
        question = (
            select(Label.code)
            .join(PrintJobLabel, col(PrintJobLabel.label) == col(Label.key))
            .where(*wanted, col(PrintJobLabel.state).in_(came_out))
        )
        sent = set(session.exec(question).all())
    known = [serial for serial in serials if serial in states]
    return {serial: states[serial] for serial in known}, tuple(s for s in known if s in sent)
