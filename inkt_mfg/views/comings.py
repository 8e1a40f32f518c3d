"""Who came and who was turned away, as the ledger tells it: log-ins, and attempts that failed.

Asked so that a ledger of a million entries answers as soon as a small one: by the entries' numbers from the newest back,
or by an index, never by reading everybody's work.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, func, select

from inkt_mfg.ledger.entry import LedgerEntry
from inkt_mfg.ledger.intent import SYSTEM
from inkt_mfg.records.spelling import moment_text
from inkt_mfg.refusal import visible

LOG_IN = "person.log_in"
BESIDE = "person.sign_beside"  # name and password as a second person at somebody else's bench
FAILED = "person.failed_attempt"
UNCOUNTED = "person.uncounted_attempt"  # one the database would not keep: nobody was let in
_ASTRAY = 2_000  # entries: how far a clock that stepped back may have put a time before its number
_NEVER = 2**62
_LONGEST_NAME = 200  # of what was typed where a user name belongs: more is nobody's name


@dataclass(frozen=True, slots=True)
class LogIn:
    """When and where somebody logged in."""

    user_name: str
    at: datetime
    workstation: str


@dataclass(frozen=True, slots=True)
class FailedAttempt:
    """A log-in or signing that failed, under the name that was typed (R25)."""

    sequence: int
    at: datetime
    typed_name: str
    attempt: str
    workstation: str


def failures(
    session: Session, site: str, *, since: datetime | None = None, most: int = 200
) -> Iterator[FailedAttempt]:
    """The newest failures first, those after ``since`` when it is given."""
    # The program's own entries are few, and their index leads to them; by their site all of them would be read.
    question = select(LedgerEntry.body).where(
        func.coalesce(LedgerEntry.site, "") == site,
        LedgerEntry.actor == SYSTEM.user_name,
        col(LedgerEntry.command).in_((FAILED, UNCOUNTED)),
    )
    if since is not None:
        question = question.where(LedgerEntry.recorded_at > moment_text(since))
    for body in session.exec(question.order_by(col(LedgerEntry.sequence).desc()).limit(most)).all():
        told = json.loads(body)
        yield FailedAttempt(
            told["sequence"],
            datetime.fromisoformat(told["at"]),
            name_as_typed(told["notes"]["typed_name"]),
            told["notes"]["attempt"],
            told["workstation"],
        )


def name_as_typed(typed: str) -> str:
    """What was typed where a user name belongs, in one line a reader can see: the record's and every list's.

    Line breaks, ESC and bytes that are no text are written out, and what is longer than any name is cut with a mark.
    """
    shown = visible(typed[: _LONGEST_NAME + 1])
    if len(shown) <= _LONGEST_NAME:
        return shown
    mark = f"… ({len(typed)} characters)"
    return shown[: _LONGEST_NAME - len(mark)] + mark


def log_ins(
    session: Session, site: str, *, since: datetime, before: datetime | None = None, who: str | None = None,
    most: int | None = None,
) -> Iterator[LogIn]:  # fmt: skip
    """Log-ins since a moment, the newest first: one person's or everybody's."""
    question = select(LedgerEntry.body).where(
        LedgerEntry.site == site,
        LedgerEntry.sequence >= _number_at(session, site, since),
        LedgerEntry.command == LOG_IN,
        LedgerEntry.recorded_at >= moment_text(since),
    )
    if who is not None:
        question = question.where(LedgerEntry.actor == who)
    if before is not None:
        question = question.where(LedgerEntry.recorded_at < moment_text(before))
    newest_first = question.order_by(col(LedgerEntry.sequence).desc()).limit(most)
    yield from (_log_in(json.loads(body)) for body in session.exec(newest_first).all())


def last_log_ins(session: Session, site: str, names: Iterable[str], since: datetime) -> dict[str, LogIn]:
    """When each of these people was last here, also as a second person. First looked for since a moment, then further."""
    wanted = set(names)
    numbers = _last_numbers(session, site, wanted, _number_at(session, site, since))
    numbers |= _last_numbers(session, site, wanted - numbers.keys(), 0)
    question = select(LedgerEntry.body).where(
        LedgerEntry.site == site, col(LedgerEntry.sequence).in_(numbers.values())
    )
    found = [_log_in(json.loads(body)) for body in session.exec(question).all()]
    return {one.user_name: one for one in found}


def _last_numbers(session: Session, site: str, names: set[str], lowest: int) -> dict[str, int]:
    question = (
        select(LedgerEntry.actor, func.max(LedgerEntry.sequence))
        .where(col(LedgerEntry.actor).in_(names), col(LedgerEntry.command).in_((LOG_IN, BESIDE)))
        .group_by(LedgerEntry.actor)
    )
    if lowest:
        question = question.where(LedgerEntry.site == site, LedgerEntry.sequence >= lowest)
    else:  # whoever was not here for long has few entries: by the person's index
        question = question.where(func.coalesce(LedgerEntry.site, "") == site)
    return dict(session.exec(question).all())


def _number_at(session: Session, site: str, at: datetime) -> int:
    """The number of the first entry since a moment, by the index of times; a little lower, for clocks that stepped back."""
    question = (
        select(LedgerEntry.sequence)
        .where(func.coalesce(LedgerEntry.site, "") == site, LedgerEntry.recorded_at >= moment_text(at))
        .order_by(LedgerEntry.recorded_at)
        .limit(1)
    )
    number = session.exec(question).first()
    return _NEVER if number is None else max(1, number - _ASTRAY)


def _log_in(told: dict[str, Any]) -> LogIn:
    return LogIn(told["actor"]["user_name"], datetime.fromisoformat(told["at"]), told["workstation"])
