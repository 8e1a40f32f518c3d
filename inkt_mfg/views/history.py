"""What happened to a batch, entry by entry, as the ledger wrote it; ``ledger_pages`` is what people read."""

from inkt_mfg.ledger.reading import Change, Entry, history_of
from inkt_mfg.records.batch import Batch
from inkt_mfg.records.site import ProtocolVersion
from inkt_mfg.records.step import MaterialLot
from inkt_mfg.records.subject import Subject
from inkt_mfg.store.unit_of_work import Store, find
from inkt_mfg.views.case import Case

__all__ = ["Change", "Entry", "batch_history"]


def batch_history(store: Store, code: str) -> list[Entry]:
    """Every entry about the batch and what hangs on it, oldest first."""
    with store.reading() as session:
        case = Case(session, find(session, store.site, Batch, code), store.clock.now())
        shared = (
            Subject,
            ProtocolVersion,
            MaterialLot,
        )  # their own histories are long, and are not this batch's
        rows = [
            *(row for row in case.covered_by_release() if not isinstance(row, shared)),
            *case.labels,
            *case.dispositions,
            *case.deviations,
            *case.handovers,
            *case.infusions,
            *case.signatures,
        ]
        return history_of(session, store.site, sorted({row.key for row in rows}))
