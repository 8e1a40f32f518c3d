"""Which entries fit a question: by the rows they touched, the person, the command, the time, a text in them.

The ledger's view calls it inside its own session. Pages go by the entry's number (keyset), never by OFFSET, and a text
is looked for in windows, so that the first answer of a ledger of a million entries comes as soon as that of a small one.
"""

import json
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlmodel import Session, col, select

from inkt_mfg.ledger.chain import end_of_chain
from inkt_mfg.ledger.entry import LedgerEntry, LedgerTouch

_AT_ONCE = 500  # keys per question, below SQLite's limit on bound parameters
WINDOW = 20_000  # entries a text is looked for in at once
NEAR = 2_000  # entries whoever works here now is looked for in first
_ESCAPE = "\\"
_ALL = 1_000_000_000
_One = TypeVar("_One", str, int)
_NUMBER: Any = col(LedgerEntry.sequence)
_HERE: Any = col(LedgerEntry.site)
# Not the bare column: by the key that begins with the site a database would walk every entry, where another index leads
# to the few that fit.
_NOT_BY_SITE: Any = _HERE.concat("")


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
        found += _in_window(session, site, sought, _Window(bottom, top, rising, most - len(found)))
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
    question: Any = sa.select(
        sa.func.min(col(LedgerEntry.sequence)), sa.func.max(col(LedgerEntry.sequence))
    ).where(site == _NOT_BY_SITE, *_between(sought))
    first, last = session.connection().execute(question).one()
    return (1, 0) if first is None else (int(first), int(last))


def _between(sought: Sought) -> list[Any]:
    conditions: list[Any] = []
    if sought.since:
        conditions.append(col(LedgerEntry.recorded_at) >= sought.since)
    if sought.until:
        conditions.append(col(LedgerEntry.recorded_at) < sought.until)
    return conditions


@dataclass(frozen=True, slots=True)
class _Window:
    """An open range of numbers, from which side it is read, and how many are wanted of it."""

    bottom: int
    top: int
    rising: bool
    most: int

    @property
    def nearest(self) -> "_Window":
        """Its first part, where most of what is asked for is found."""
        if self.rising:
            return replace(self, top=min(self.top, self.bottom + NEAR + 1))
        return replace(self, bottom=max(self.bottom, self.top - NEAR - 1))

    def within(self, number: Any) -> list[Any]:
        return [number > self.bottom, number < self.top]

    def ordered(self, found: Iterable[int]) -> list[int]:
        return sorted(set(found), reverse=not self.rising)[: self.most]


def _in_window(session: Session, site: str, sought: Sought, window: _Window) -> list[int]:
    """Whoever gave it and whatever it touched are two questions, each with an index of its own."""
    found: list[int] = []
    if sought.keys is not None:
        found += _by_rows(session, site, sought, window)
    if sought.by is not None and not sought.both:
        found += _by_person(session, site, sought, window)
    if sought.keys is None and sought.by is None:
        found += _asked(session, window, site == _HERE, *window.within(_NUMBER), *_conditions(sought))
    return window.ordered(found)


def _asked(session: Session, window: _Window, *conditions: Any) -> Sequence[int]:
    order = _NUMBER.asc() if window.rising else _NUMBER.desc()
    return session.exec(
        select(LedgerEntry.sequence).where(*conditions).order_by(order).limit(window.most)
    ).all()


def _conditions(sought: Sought) -> list[Any]:
    conditions = _between(sought)
    if sought.command:
        conditions.append(LedgerEntry.command == sought.command)
    if sought.text:
        conditions.append(_holds(sought))
    return conditions


def _by_person(session: Session, site: str, sought: Sought, window: _Window) -> Sequence[int]:
    """Whoever works here now is found among the newest; of whoever does not, all entries are looked up by name."""
    conditions = [LedgerEntry.actor == sought.by, *_conditions(sought)]
    near = window.nearest
    found = _asked(session, near, site == _HERE, *near.within(_NUMBER), *conditions)
    if len(found) >= window.most or near == window:
        return found
    return _asked(session, window, site == _NOT_BY_SITE, *window.within(_NUMBER), *conditions)


def _by_rows(session: Session, site: str, sought: Sought, window: _Window) -> list[int]:
    """By the index of what entries touched; only where more is asked are the entries themselves looked at."""
    conditions = _conditions(sought) + ([LedgerEntry.actor == sought.by] if sought.both else [])
    touched = window.ordered(
        _touched(session, site, sought, replace(window, most=window.most if not conditions else _ALL))
    )
    if not conditions:
        return touched
    found: list[int] = []
    for part in _portions(touched):
        found += _asked(session, window, site == _HERE, _NUMBER.in_(part), *conditions)
        if len(found) >= window.most:
            break
    return found


def _touched(session: Session, site: str, sought: Sought, window: _Window) -> Iterator[int]:
    number = col(LedgerTouch.sequence)
    order = number.asc() if window.rising else number.desc()
    for keys in _portions(sought.keys or ()):
        here = [LedgerTouch.site == site, col(LedgerTouch.row_key).in_(keys), *window.within(number)]
        yield from session.exec(
            select(LedgerTouch.sequence).where(*here).distinct().order_by(order).limit(window.most)
        )


def _portions(keys: Sequence[_One]) -> Iterator[Sequence[_One]]:
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
