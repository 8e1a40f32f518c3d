"""The audit trail as people read it, a page at a time: per record, per person, per day, per command, by a text (R01, R08).

The command line, the terminal and the printed trail are drawn from ``ledger_page``. Rows are called by what people call
them; the figures of a blind reading are withheld until it was read twice, and a patient's name from whoever is not
logged in (R63). It refuses a record nobody knows and a day the calendar has not.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta, tzinfo

from sqlmodel import Session, col, select

from inkt_mfg.language import Phrase
from inkt_mfg.ledger.reading import Change, Entry, numbered
from inkt_mfg.ledger.seeking import Sought, seek
from inkt_mfg.moments import read_date, zone
from inkt_mfg.records.people import User
from inkt_mfg.records.site import Site
from inkt_mfg.records.spelling import moment_text
from inkt_mfg.records.subject import BodyMeasurement
from inkt_mfg.records.words import ReadingState
from inkt_mfg.refusal import refuse
from inkt_mfg.store.unit_of_work import Store
from inkt_mfg.views.beneath import keys_beneath, record_called
from inkt_mfg.views.changed_fields import ShownField, Withheld, shown_fields
from inkt_mfg.views.row_names import RowNames, named_by_itself, references

PAGE = 40  # entries; each may have dozens of lines
_PERSONAL_NOTES = frozenset({"scanned", "expected"})  # of an identity that did not fit: a patient's, perhaps
NOT_LOGGED_IN = Phrase("(shown after a log-in)")


@dataclass(frozen=True, slots=True)
class Asked:
    """What is looked for; what is left empty restricts nothing.

    ``record`` is a code or a user name and means everything beneath it, ``person`` a user name: what this person did
    and what was done to the account. Days are the site's own. ``commands`` are names whose titles hold ``text``.
    """

    record: str = ""
    person: str = ""
    day: str = ""
    since: str = ""
    command: str = ""
    text: str = ""
    commands: tuple[str, ...] = ()
    identified: bool = True  # whoever reads has logged in


@dataclass(frozen=True, slots=True)
class ShownChange:
    """One row of an entry: what was done to it, what people call it, each field with its old and new value."""

    act: str
    table: str
    record: str
    fields: tuple[ShownField, ...]


@dataclass(frozen=True, slots=True)
class ShownEntry:
    """One entry, nothing in it that only a program reads."""

    sequence: int
    at: datetime
    full_name: str
    user_name: str
    role: str
    workstation: str
    command: str
    on: str
    reason: str
    notes: tuple[tuple[str, str], ...]
    changes: tuple[ShownChange, ...]
    software: str
    hash: str

    def texts(self) -> Iterator[str]:
        """Everything of it that is shown, for a search that finds nothing else."""
        yield from (self.full_name, self.user_name, self.role, self.workstation, self.command, self.on)
        yield from (self.reason, self.software, *(text for _name, text in self.notes))
        for change in self.changes:
            yield change.record
            for shown in change.fields:
                yield from (shown.label, shown.old or "", shown.new or "")


@dataclass(frozen=True, slots=True)
class LedgerPage:
    """Entries in the order asked for. ``more``: the number to go on from; None when there are no others."""

    entries: tuple[ShownEntry, ...]
    more: int | None
    site: str
    site_name: str
    time_zone: str
    training: bool
    asked: Asked = field(default_factory=Asked)


def ledger_page(
    store: Store,
    asked: Asked,
    *,
    before: int | None = None,
    after: int | None = None,
    most: int = PAGE,
    seconds: float | None = None,
) -> LedgerPage:
    """The newest entries before a number, newest first; or those after one, oldest first. ``seconds`` bounds a search."""
    with store.reading() as session:
        site = session.exec(select(Site).where(Site.code == store.site)).one()
        sought = _sought(session, site, asked)
        entries: list[ShownEntry] = []
        while True:
            found = seek(
                session,
                site.code,
                sought,
                before=before,
                after=after,
                most=most - len(entries),
                seconds=seconds,
            )
            shown = _shown(session, numbered(session, site.code, found.sequences), site, asked)
            entries += [e for e in shown if not asked.text or _says(e, asked)]
            if found.more is None or len(entries) >= most or seconds is not None:
                break
            # What the text was found in may be something nobody reads; the page is filled from further on.
            before, after = (found.more, None) if after is None else (None, found.more)
    return LedgerPage(tuple(entries), found.more, site.code, site.name, site.time_zone, site.training, asked)


def every_page(store: Store, asked: Asked, *, after: int = 0, most: int = 500) -> Iterator[LedgerPage]:
    """All that fits from the oldest on, a page at a time, so that a long export holds one page in memory."""
    place: int | None = after
    while place is not None:
        page = ledger_page(store, asked, after=place, most=most)
        yield page
        place = page.more


def _sought(session: Session, site: Site, asked: Asked) -> Sought:
    keys: Sequence[str] | None = None
    if asked.record:
        keys = keys_beneath(session, record_called(session, site.code, asked.record.strip()))
    by = None
    if asked.person:
        person = _person(session, site.code, asked.person.strip())
        own = keys_beneath(session, person)
        # Of a record only what this person did; without one, also what others did to the account.
        by, keys = person.user_name, own if keys is None else keys
    since, until = _moments(site, asked)
    return Sought(
        None if keys is None else tuple(keys), by, asked.command or None, since, until, asked.text.strip(),
        asked.commands, both=bool(asked.person and asked.record),
    )  # fmt: skip


def _person(session: Session, site: str, name: str) -> User:
    found = session.exec(select(User).where(User.site == site, User.user_name == name)).first()
    if found is None:
        raise refuse(
            "record.unknown",
            Phrase("there is nobody called {name} at this site", name=name),
            expected=Phrase("a user name of this site"),
            field="person",
            typed=name,
        )
    return found


def _moments(site: Site, asked: Asked) -> tuple[str | None, str | None]:
    """A local day from its midnight to the next, also where the clocks are changed that night."""
    local = zone(site.time_zone)

    def midnight(text: str, name: str, plus: int = 0) -> str:
        day = read_date(text, field=name) + timedelta(days=plus)
        return moment_text(datetime.combine(day, time(), local))

    if asked.day:
        return midnight(asked.day, "day"), midnight(asked.day, "day", 1)
    return (midnight(asked.since, "since"), None) if asked.since else (None, None)


def _says(entry: ShownEntry, asked: Asked) -> bool:
    text = asked.text.strip().casefold()
    return entry.command in asked.commands or any(text in told.casefold() for told in entry.texts())


# --- entries as people read them


def _shown(session: Session, entries: Sequence[Entry], site: Site, asked: Asked) -> list[ShownEntry]:
    changes = [change for entry in entries for change in entry.changes]
    names = RowNames(session)
    names.learn(_places(changes))
    withheld = Withheld(_unread(session, changes), asked.identified)
    local = zone(site.time_zone)
    return [
        ShownEntry(
            entry.sequence,
            datetime.fromisoformat(entry.at).astimezone(local),
            entry.full_name,
            entry.user_name,
            entry.role,
            entry.workstation,
            entry.command,
            entry.about.get("on", ""),
            entry.reason or "",
            _notes(entry, asked),
            tuple(_changes(entry, names, withheld, local)),
            entry.software,
            entry.hash,
        )
        for entry in entries
    ]


def _changes(entry: Entry, names: RowNames, withheld: Withheld, local: tzinfo) -> Iterator[ShownChange]:
    """The rows an entry changed; not those it only counted as worked on."""
    for change in entry.changes:
        fields = shown_fields(change, names, withheld, local)
        if fields or change.act != "update":
            yield ShownChange(change.act, change.table, _name(names, change), fields)


def _places(changes: Iterable[Change]) -> Iterator[tuple[str, str]]:
    """The rows that were changed and those their values point to."""
    for change in changes:
        yield change.table, change.key
        points_to = references(change.table)
        for name, old, new in change.fields:
            if name in points_to:
                yield from ((points_to[name], key) for key in (old, new) if isinstance(key, str))


def _name(names: RowNames, change: Change) -> str:
    known = names.known(change.table, change.key)
    values = {name: old if new is None else new for name, old, new in change.fields}
    return known or named_by_itself(change.table, values) or change.table


def _notes(entry: Entry, asked: Asked) -> tuple[tuple[str, str], ...]:
    """What the entry says besides rows, and what it is about by other names than the record's code."""
    told = {**{n: t for n, t in entry.about.items() if n != "on"}, **entry.notes}
    hidden = frozenset() if asked.identified else _PERSONAL_NOTES
    return tuple((n.replace("_", " "), str(NOT_LOGGED_IN) if n in hidden else t) for n, t in told.items())


def _unread(session: Session, changes: Iterable[Change]) -> frozenset[str]:
    """The body measurements among these whose second reading is still to come."""
    keys = {c.key for c in changes if c.table == "body_measurement"}
    keys |= {
        str(new) for c in changes if c.table == "correction" for n, _old, new in c.fields if n == "row_key"
    }
    if not keys:
        return frozenset()
    awaiting = col(BodyMeasurement.state) == ReadingState.AWAITING_SECOND
    question = select(BodyMeasurement.key).where(col(BodyMeasurement.key).in_(sorted(keys)), awaiting)
    return frozenset(session.exec(question).all())
