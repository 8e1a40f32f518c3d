"""Which entries fit a question: by the rows they touched, the person, the command, the time, a text in them.

The ledger's view calls it inside its own session. Pages go by the entry's number (keyset), never by OFFSET, and a text
is looked for in windows, so that the first answer of a ledger of a million entries comes as soon as that of a small one.
"""

import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from inkt_mfg.ledger.chain import end_of_chain
from inkt_mfg.ledger.entry import LedgerEntry, LedgerTouch

_AT_ONCE = 500  # keys per question, below SQLite's limit on bound parameters
WINDOW = 20_000  # entries a text is looked for in at once
_ESCAPE = "\\"


@dataclass(frozen=True, slots=True)
class Sought:
    """What the entries must have in common. ``since`` and ``until`` are moments as entries write them.

    ``by`` is who gave the command; with ``by`` and ``keys`` an entry of either fits, or only one of both. ``commands`` are
    names that fit as an entry does that holds ``text``.
    """

    keys: tuple[str, ...] | None = None
    by: str | None = None
    command: str | None = None
    since: str | None = None
    until: str | None = None
    text: str = ""
    commands: tuple[str, ...] = ()
    both: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """Numbers of entries in the order asked for, and the number to go on from; None when all was looked through."""

    sequences: tuple[int, ...]
    more: int | None


def seek(
    session: Session,
    site: str,
    sought: Sought,
    *,
    before: int | None = None,
    after: int | None = None,
    most: int,
    seconds: float | None = None,
) -> Found:
    """At most ``most`` entries: the newest first before a number, or the oldest first after one.

    ``seconds`` bounds how long a text is looked for; ``more`` then says how far it got.
    """
    low, high = (
        after or 0,
        before if before is not None else end_of_chain(session.connection(), site).sequence + 1,
    )
    if sought.since or sought.until:
        first, last = _bounds(session, site, sought)
        low, high = max(low, first - 1), min(high, last + 1)
    rising = after is not None
    until = None if seconds is None else time.monotonic() + seconds
    found: list[int] = []
    for bottom, top in _windows(low, high, rising=rising, whole=not sought.text or sought.keys is not None):
        found += _in_window(session, site, sought, (bottom, top), rising=rising, most=most - len(found))
        if len(found) >= most:
            return Found(tuple(found), found[-1])
        if until is not None and time.monotonic() > until:
            end = top - 1 if rising else bottom + 1
            return Found(tuple(found), end if low < end < high else None)
    return Found(tuple(found), None)


def _windows(low: int, high: int, *, rising: bool, whole: bool) -> Iterator[tuple[int, int]]:
    """Open ranges of numbers, from the side that is wanted first."""
    if whole or high - low <= WINDOW:
        yield low, high
    elif rising:
        for bottom in range(low, high - 1, WINDOW):
            yield bottom, min(bottom + WINDOW + 1, high)
    else:
        for top in range(high, low + 1, -WINDOW):
            yield max(top - WINDOW - 1, low), top


def _bounds(session: Session, site: str, sought: Sought) -> tuple[int, int]:
    """The first and last number between two moments; a clock set back is why the moments are asked for again later."""
    # The site's own index would have the database walk every entry: the text is not the bare column, so that of time is used.
    here = col(LedgerEntry.site).concat("") == site
    question: Any = sa.select(
        sa.func.min(col(LedgerEntry.sequence)), sa.func.max(col(LedgerEntry.sequence))
    ).where(here, *_between(sought))
    first, last = session.connection().execute(question).one()
    return (1, 0) if first is None else (int(first), int(last))


def _between(sought: Sought) -> list[Any]:
    conditions: list[Any] = []
    if sought.since:
        conditions.append(col(LedgerEntry.recorded_at) >= sought.since)
    if sought.until:
        conditions.append(col(LedgerEntry.recorded_at) < sought.until)
    return conditions


def _in_window(
    session: Session, site: str, sought: Sought, window: tuple[int, int], *, rising: bool, most: int
) -> list[int]:
    """Whoever gave it and whatever it touched are two questions, each with an index of its own."""
    number = col(LedgerEntry.sequence)
    common = [LedgerEntry.site == site, number > window[0], number < window[1], *_between(sought)]
    if sought.command:
        common.append(LedgerEntry.command == sought.command)
    if sought.text:
        common.append(_holds(sought))
    found: set[int] = set()
    for condition in _ways(site, sought, window):
        question = select(LedgerEntry.sequence).where(*common, *condition)
        ordered = question.order_by(number.asc() if rising else number.desc()).limit(most)
        found.update(session.exec(ordered).all())
    return sorted(found, reverse=not rising)[:most]


def _ways(site: str, sought: Sought, window: tuple[int, int]) -> Iterator[list[Any]]:
    given = [LedgerEntry.actor == sought.by] if sought.by is not None else []
    if given and not sought.both:
        yield given
    for keys in _portions(sought.keys or ()):
        touched = select(LedgerTouch.sequence).where(
            LedgerTouch.site == site,
            col(LedgerTouch.row_key).in_(keys),
            col(LedgerTouch.sequence) > window[0],
            col(LedgerTouch.sequence) < window[1],
        )
        yield [col(LedgerEntry.sequence).in_(touched), *(given if sought.both else ())]
    if sought.by is None and sought.keys is None:
        yield []


def _portions(keys: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(keys), _AT_ONCE):
        yield keys[start : start + _AT_ONCE]


def _holds(sought: Sought) -> Any:
    written = json.dumps(sought.text, ensure_ascii=False)[1:-1]  # as an entry's body spells it
    for sign in (_ESCAPE, "%", "_"):
        written = written.replace(sign, _ESCAPE + sign)
    holds = col(LedgerEntry.body).ilike(f"%{written}%", escape=_ESCAPE)
    if sought.commands:
        return sa.or_(holds, col(LedgerEntry.command).in_(sought.commands))
    return holds
