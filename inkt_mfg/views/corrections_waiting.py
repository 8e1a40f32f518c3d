"""Corrections that wait for a second person, as a screen lists them: old, new, why, who asked.

``views.batch_page`` and the day board draw from it. ``views.corrections`` tells of those that were made. It changes nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, select

from inkt_mfg.records.base import in_order_made
from inkt_mfg.records.correction import Correction
from inkt_mfg.records.people import User
from inkt_mfg.records.words import CorrectionState
from inkt_mfg.store.unit_of_work import Store, find


@dataclass(frozen=True, slots=True)
class WaitingCorrection:
    """One correction asked for and not decided."""

    code: str
    record: str
    field: str
    old: str
    new: str
    why: str
    reason: str
    asked_by: str  # printed name with user name
    asked_by_key: str
    asked_at: datetime


def waiting_lines(session: Session, rows: Iterable[Correction]) -> tuple[WaitingCorrection, ...]:
    """The rows as lines, people by their names."""
    return tuple(_line(session, row) for row in rows)


def waiting_at(session: Session, site: str) -> tuple[WaitingCorrection, ...]:
    """Every correction that waits at this site, the oldest first."""
    question = select(Correction).where(Correction.site == site, Correction.state == CorrectionState.PENDING)
    return waiting_lines(session, session.exec(question.order_by(*in_order_made(Correction))).all())


def waiting_correction(store: Store, code: str) -> WaitingCorrection:
    """The correction of this code. Raises Refusal ``record.unknown``."""
    with store.reading() as session:
        return _line(session, find(session, store.site, Correction, code))


def _line(session: Session, row: Correction) -> WaitingCorrection:
    asked = session.get(User, row.asked_by)
    assert asked is not None, "nobody is ever deleted"
    return WaitingCorrection(
        row.code,
        row.record,
        row.field,
        row.old_typed or "—",
        row.new_typed,
        row.reason_code.value.replace("_", " "),
        row.reason,
        f"{asked.full_name} ({asked.user_name})",
        asked.key,
        row.asked_at,
    )
