"""The register of people: who was granted what, by whom, when and why; trainings, log-ins, locks, failed attempts.

The rows say what stands; who recorded it and the reason are in the ledger, and are read from there. Nothing here is
about a patient, so the command line shows it without a log-in.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TypeVar

from sqlmodel import Session, col, select

from inkt_mfg.language import Phrase
from inkt_mfg.ledger.reading import Change, Entry, history_of
from inkt_mfg.records.base import Record
from inkt_mfg.records.people import RoleGrant, Statement, StatementAcceptance, Training, User
from inkt_mfg.records.words import Role
from inkt_mfg.refusal import Refusal
from inkt_mfg.store.unit_of_work import Store
from inkt_mfg.views.comings import FailedAttempt, LogIn, failures, last_log_ins
from inkt_mfg.views.confirmations import CONFIRMING, RESET
from inkt_mfg.views.statements import NONE_PUBLISHED, newest_statement

Row = TypeVar("Row", bound=Record)
_RECENTLY = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class GrantLine:
    """A role a person was given: by whom, when, why, and how it ended."""

    role: Role
    granted_by: str
    granted_at: datetime
    because: str
    trained_until: datetime | None
    revoked_by: str
    revoked_at: datetime | None
    revoked_because: str


@dataclass(frozen=True, slots=True)
class TrainingLine:
    """One training on record."""

    role: Role
    topic: str
    trained_by: str
    completed_on: date
    expires_on: date
    recorded_by: str
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class AccountEvent:
    """Something done to an account: added, locked, unlocked, closed, opened, given a first password."""

    at: datetime
    what: Phrase
    by: str
    because: str


@dataclass(frozen=True, slots=True)
class RegisteredPerson:
    """Everything on record about one account. ``accepted`` is the newest statement version the person accepted.

    ``unconfirmed``: who gave the password that nobody else has confirmed the person for, empty where none waits.
    """

    key: str
    user_name: str
    full_name: str
    active: bool
    locked: bool
    failed_attempts: int
    must_change_password: bool
    password_changed_at: datetime | None
    identity_checked: str
    added_by: str
    added_at: datetime
    grants: tuple[GrantLine, ...]
    trainings: tuple[TrainingLine, ...]
    accepted: int | None
    last_log_in: LogIn | None
    events: tuple[AccountEvent, ...]
    unconfirmed: str

    @property
    def roles(self) -> tuple[Role, ...]:
        """The roles that are not revoked."""
        return tuple(g.role for g in self.grants if g.revoked_at is None)


@dataclass(frozen=True, slots=True)
class PublishedStatement:
    """The accountability statement in force."""

    version: int
    text: str
    published_by: str
    published_at: datetime


def statement_in_force(store: Store) -> PublishedStatement:
    """The newest version. Raises Refusal R28 at a site that has none."""
    with store.reading() as session:
        newest = newest_statement(session, store.site)
    if newest is None:
        raise Refusal(NONE_PUBLISHED)
    return PublishedStatement(newest.version, newest.text, newest.published_by, newest.published_at)


def people_register(store: Store) -> tuple[RegisteredPerson, ...]:
    """Everybody who ever had an account, by user name."""
    with store.reading() as session:
        return tuple(_Register(session, store.site, store.clock.now()).people())


def failed_attempts(
    store: Store, *, since: datetime | None = None, most: int = 200
) -> tuple[FailedAttempt, ...]:
    """The newest failures first, those after ``since`` when it is given."""
    with store.reading() as session:
        return tuple(failures(session, store.site, since=since, most=most))


class _Register:
    """One reading of the register: the rows of all people, and what the ledger says of them."""

    def __init__(self, session: Session, site: str, now: datetime) -> None:
        self.session, self.site = session, site
        self.users = self._rows(User)
        self.last = last_log_ins(session, site, (u.user_name for u in self.users), now - _RECENTLY)
        self.grants = self._rows(RoleGrant)
        self.trainings = self._rows(Training)
        accepted = select(StatementAcceptance.person, Statement.version).join(
            Statement, col(Statement.key) == col(StatementAcceptance.statement)
        )
        self.accepted: defaultdict[str, int] = defaultdict(int)
        for person, version in session.exec(accepted.where(StatementAcceptance.site == site)).all():
            self.accepted[person] = max(self.accepted[person], version)
        self.told = self._told([*(u.key for u in self.users), *(g.key for g in self.grants)])

    def _rows(self, table: type[Row]) -> list[Row]:
        return list(self.session.exec(select(table).where(table.site == self.site)).all())

    def _told(self, keys: list[str]) -> dict[str, list[tuple[Entry, Change]]]:
        """Row key → what the ledger tells of it, oldest first."""
        told: defaultdict[str, list[tuple[Entry, Change]]] = defaultdict(list)
        for entry in history_of(self.session, self.site, sorted(keys)):
            for change in entry.changes:
                told[change.key].append((entry, change))
        return told

    def people(self) -> Iterator[RegisteredPerson]:
        names = {u.key: u.user_name for u in self.users}
        for user in sorted(self.users, key=lambda u: u.user_name):
            added, _row = self.told[user.key][0]
            grants = sorted((g for g in self.grants if g.person == user.key), key=lambda g: g.granted_at)
            yield RegisteredPerson(
                user.key,
                user.user_name,
                user.full_name,
                user.active,
                user.locked,
                user.failed_attempts,
                user.must_change_password,
                user.password_changed_at,
                user.identity_checked,
                added.user_name,
                datetime.fromisoformat(added.at),
                tuple(self._grant(g) for g in grants),
                tuple(_training(t, names) for t in self._trainings_of(user)),
                self.accepted.get(user.key),
                self.last.get(user.user_name),
                tuple(_events(self.told[user.key])),
                _unconfirmed(self.told[user.key]),
            )

    def _trainings_of(self, user: User) -> list[Training]:
        return sorted((t for t in self.trainings if t.person == user.key), key=lambda t: t.recorded_at)

    def _grant(self, grant: RoleGrant) -> GrantLine:
        first, *later = [entry for entry, _change in self.told[grant.key]]
        ended = next((e for e in later if e.command == "person.revoke_role"), None)
        return GrantLine(
            grant.role,
            grant.granted_by,
            grant.granted_at,
            first.reason or "",
            grant.trained_until,
            ended.user_name if ended else "",
            grant.revoked_at,
            (ended.reason or "") if ended else "",
        )


def _training(row: Training, names: dict[str, str]) -> TrainingLine:
    return TrainingLine(
        row.role,
        row.topic,
        row.trained_by,
        row.completed_on,
        row.expires_on,
        names[row.recorded_by],
        row.recorded_at,
    )


_SWITCHES = {
    ("locked", True): Phrase("locked"),
    ("locked", False): Phrase("unlocked"),
    ("active", False): Phrase("closed"),
    ("active", True): Phrase("opened again"),
}


def _unconfirmed(told: Iterable[tuple[Entry, Change]]) -> str:
    about = [entry for entry, _change in told if entry.command in {RESET} | CONFIRMING]
    return about[-1].user_name if about and about[-1].command == RESET else ""


def _events(told: Iterable[tuple[Entry, Change]]) -> Iterator[AccountEvent]:
    for entry, change in told:
        said = [
            _SWITCHES[field, new]
            for field, _old, new in change.fields
            if change.act == "update" and (field, new) in _SWITCHES
        ]
        if change.act == "insert":
            said.append(Phrase("added"))
        if entry.command == RESET:
            said.append(Phrase("given a new first password"))
        if entry.command in CONFIRMING:
            said.append(Phrase("confirmed after a new first password"))
        for what in said:
            yield AccountEvent(datetime.fromisoformat(entry.at), what, entry.user_name, entry.reason or "")
