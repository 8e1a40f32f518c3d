"""Whose password an administrator has given anew, and whether somebody else confirmed the person since (R20).

The ledger's own entries about an account say it: the newest of a reset and a confirmation counts. Asked at every signing,
so by the index of the account's row, and never by reading everybody's work.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlmodel import Session, col, select

from inkt_mfg.ledger.entry import LedgerEntry, LedgerTouch
from inkt_mfg.records.people import User

RESET = "person.reset_password"
CONFIRM = "person.confirm_identity"
CONFIRM_WITHOUT_QA = "person.confirm_identity_without_qa"
CONFIRMING = frozenset({CONFIRM, CONFIRM_WITHOUT_QA})
CHECKED = "identity_checked"  # the note of such an entry: how and by whom


@dataclass(frozen=True, slots=True)
class Reset:
    """A password somebody else knew and nobody confirmed since: by which user name, in which entry."""

    by: str
    sequence: int


def unconfirmed_reset(session: Session, user: User) -> Reset | None:
    """The reset that nobody confirmed yet; None when there was none, or somebody did."""
    about = (
        select(LedgerTouch.sequence, LedgerEntry.command, LedgerEntry.actor)
        .join(
            LedgerEntry,
            (col(LedgerEntry.site) == LedgerTouch.site) & (col(LedgerEntry.sequence) == LedgerTouch.sequence),
        )
        .where(LedgerTouch.site == user.site, LedgerTouch.row_key == user.key)
        .where(col(LedgerEntry.command).in_({RESET} | CONFIRMING))
    )
    newest = session.exec(about.order_by(col(LedgerTouch.sequence).desc()).limit(1)).first()
    if newest is None or newest[1] != RESET:
        return None
    return Reset(newest[2], newest[0])


def all_unconfirmed(session: Session, users: Iterable[User]) -> dict[str, Reset]:
    """Key of a person → the reset that waits for somebody's confirmation."""
    found = ((user.key, unconfirmed_reset(session, user)) for user in users)
    return {key: reset for key, reset in found if reset is not None}
