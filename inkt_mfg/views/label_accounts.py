"""The reconciliation of a batch's or a collection's labels as one card, for the command line and the terminal. It changes nothing."""

from dataclasses import dataclass

from sqlmodel import select

from inkt_mfg.records.batch import Batch
from inkt_mfg.records.collection import Collection
from inkt_mfg.store.unit_of_work import Store, find
from inkt_mfg.views.case import Case
from inkt_mfg.views.label_reconciliation import (
    Reconciliation,
    collection_reconciliation,
    label_reconciliation,
)


@dataclass(frozen=True, slots=True)
class LabelAccount:
    """Every kind of label of one batch (its collection's among them) or of one collection. ``about``: its code."""

    about: str
    kinds: tuple[Reconciliation, ...]

    @property
    def reconciled(self) -> bool:
        return all(of_kind.reconciled for of_kind in self.kinds)


def label_account(store: Store, code: str) -> LabelAccount:
    """Of the batch with this code, or else of the collection. Raises Refusal ``record.unknown``."""
    with store.reading() as session:
        question = select(Batch).where(Batch.site == store.site, Batch.code == code)
        batch = session.exec(question).first()
        if batch is not None:
            return LabelAccount(code, label_reconciliation(Case(session, batch, store.clock.now())))
        collection = find(session, store.site, Collection, code)
        return LabelAccount(code, collection_reconciliation(Case(session, collection, store.clock.now())))
