"""One command, one transaction, one ledger entry: the only way in to the database.

``Store.work`` hands the workflow a ``Work``; leaving it writes the entry and commits, an error leaves nothing behind.
``Store.reading`` hands the views a session that cannot write. It refuses a database it does not know (newer schema)
and a simulated clock on a clinical site.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cache, cached_property
from pathlib import Path
from typing import TypeVar

from sqlalchemy import bindparam
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm.exc import StaleDataError
from sqlmodel import Session, col, desc, select
from sqlmodel.sql.expression import SelectOfScalar

from inkt_mfg.language import Phrase
from inkt_mfg.ledger.append import Appended, append_entry
from inkt_mfg.ledger.capture import Capture, UnattributedChange, begin_capture
from inkt_mfg.ledger.chain import Link, holds
from inkt_mfg.ledger.intent import Intent
from inkt_mfg.records.base import Coded, Record, in_order_made, spoken
from inkt_mfg.records.site import Site
from inkt_mfg.refusal import Unable, refuse
from inkt_mfg.store.clock import Clock, SystemClock
from inkt_mfg.store.engine import (
    database_url,
    for_commands,
    for_reading,
    open_engine,
    place_of,
    refuse_absent_file,
)
from inkt_mfg.store.roles import refuse_too_powerful
from inkt_mfg.store.schema import refuse_unknown_schema
from inkt_mfg.store.triggers import refuse_unprotected
from inkt_mfg.store.unable import saying_what_the_machine_cannot

CodedRecord = TypeVar("CodedRecord", bound=Coded)
AnyRecord = TypeVar("AnyRecord", bound=Record)
_CODE_DIGITS = 5


@dataclass(slots=True)
class Work:
    """An open transaction of one command. What is added or changed here is written and remembered together."""

    session: Session
    intent: Intent
    capture: Capture
    appended: Appended | None = None  # where it stands in the ledger, once committed

    @property
    def site(self) -> str:
        return self.intent.site

    def add(self, record: AnyRecord) -> AnyRecord:
        """Write a new record now: rows reach the database in the author's order, so a child finds its parent there."""
        self.session.add(record)
        self.session.flush()
        return record

    def rows(self, question: SelectOfScalar[AnyRecord]) -> Sequence[AnyRecord]:
        return self.session.exec(question).all()

    def find(self, table: type[CodedRecord], code: str) -> CodedRecord:
        """The record with this code at this site. Raises Refusal when there is none."""
        return find(self.session, self.site, table, code)

    def next_code(self, table: type[CodedRecord], prefix: str) -> str:
        """The next free short code (``B-00012``); safe because the site's lock is held and no record is ever deleted."""
        newest = self.session.exec(
            select(table.code)
            .where(table.site == self.site, col(table.code).startswith(f"{prefix}-"))
            .order_by(*map(desc, in_order_made(table)))
            .limit(1)
        ).first()
        number = int(newest.rsplit("-", 1)[1]) + 1 if newest else 1
        return f"{prefix}-{number:0{_CODE_DIGITS}d}"

    def note(self, name: str, text: str) -> None:
        """Something the entry says besides the rows it changed."""
        self.capture.notes[name] = text


@cache
def _by_code(table: type[CodedRecord]) -> SelectOfScalar[CodedRecord]:
    return select(table).where(table.site == bindparam("site"), table.code == bindparam("code"))


def find(session: Session, site: str, table: type[CodedRecord], code: str) -> CodedRecord:
    """The record with this code at this site. Raises Refusal ``record.unknown``."""
    found: CodedRecord | None = session.exec(_by_code(table), params={"site": site, "code": code}).first()
    if found is None:
        raise refuse(
            "record.unknown",
            Phrase("there is no {kind} {code} at this site", kind=spoken(table), code=code)
            if code.strip()
            else Phrase("which {kind} is not said", kind=spoken(table)),
            expected=Phrase("the {kind}'s code at site {site}", kind=spoken(table), site=site),
            field=table.__name__.lower(),
            typed=code,
        )
    return found


class Store:
    """The database of one site. Open it once per program; give it a simulated clock only at a training site."""

    def __init__(self, engine: Engine, site: str, clock: Clock | None = None) -> None:
        self.engine = engine
        self.site = site
        self.clock: Clock = clock or SystemClock()
        self.concern: Phrase | None = None  # what is not as it should be here, and no reason to stop
        self.folder: Path | None = None  # the site's own, where the seal key lies; set by ``open_site``
        self._writer = for_commands(engine, site)
        self._reader = for_reading(engine)
        self._end: Link | None = None  # of the chain, as our own newest command left it

    @classmethod
    def open(cls, url: str, site: str, clock: Clock | None = None, *, inspecting: bool = False) -> "Store":
        """Open an existing database. Raises Unable for a place, schema or database that cannot be used.

        ``inspecting`` opens one that no longer protects its ledger, so that ``verify`` can say what is wrong.
        """
        address = database_url(url)
        refuse_absent_file(address)
        with saying_what_the_machine_cannot(place_of(address)):
            engine = open_engine(address)
            try:
                refuse_unknown_schema(engine)
                with engine.connect() as connection:
                    if not inspecting:
                        refuse_unprotected(connection)
                    if clock is not None and clock.simulated and not inspecting:  # what says so may be gone
                        _refuse_a_clinical_site(connection, site)
                    concern = refuse_too_powerful(connection, site, inspecting=inspecting)
            except BaseException:
                engine.dispose()
                raise
        store = cls(engine, site, clock)
        store.concern = concern
        return store

    @cached_property
    def place(self) -> str:
        return place_of(self.engine.url)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session for questions only; whatever is changed in it is refused at flush."""
        with (
            saying_what_the_machine_cannot(self.place),
            Session(self._reader, autoflush=False, expire_on_commit=False) as session,
        ):
            yield session

    @contextmanager
    def work(self, intent: Intent) -> Iterator[Work]:
        """One command's transaction. The entry is appended and everything committed on leaving; an error rolls back."""
        if intent.site != self.site:
            raise UnattributedChange(f"a command of site {intent.site} in the store of site {self.site}")
        with (
            saying_what_the_machine_cannot(self.place),
            Session(self._writer, expire_on_commit=False) as session,
        ):
            capture = begin_capture(session, intent)
            try:
                work = Work(session, intent, capture)
                yield work
                appended = append_entry(session, capture, self._now(intent), self._end)
                self._commit(session, appended)
                work.appended, self._end = appended, appended.link
            except StaleDataError as stale:
                session.rollback()
                raise changed_meanwhile() from stale

    def _commit(self, session: Session, appended: Appended) -> None:
        try:
            session.commit()
        except DBAPIError as lost:
            # The server may have committed and only its answer got lost: the chain itself says which.
            if not (lost.connection_invalidated and self._landed(appended)):
                raise

    def _landed(self, appended: Appended) -> bool:
        try:
            with (
                self._writer.begin() as connection
            ):  # waits until the lost connection's transaction has ended
                return holds(connection, self.site, appended.sequence, appended.hash)
        except DBAPIError as away:
            raise Unable(
                Phrase("The database at {place} went away at the last moment.", place=self.place),
                Phrase("It is not known whether this was recorded: look before you do it again."),
            ) from away

    def _now(self, intent: Intent) -> datetime:
        # A simulated clock moves on when it is read, and the machine's own is no measure of it.
        return intent.at if self.clock.simulated else self.clock.now()

    def close(self) -> None:
        self.engine.dispose()


def _refuse_a_clinical_site(connection: Connection, site: str) -> None:
    training = connection.execute(select(Site.training).where(Site.code == site)).scalar()
    if training is False:
        raise refuse(
            "R06",
            Phrase("site {site} is a clinical site: nobody sets its clock", site=site),
            expected=Phrase("the machine's own clock, or a site made with --training"),
        )


def changed_meanwhile() -> Exception:
    """Two people edited one record: the second is told, and what was typed stays on the screen."""
    return refuse(
        "record.version",
        Phrase("somebody else changed this record since you opened it"),
        expected=Phrase("the record as you saw it"),
        resolve_by=Phrase("you, by looking at it again and repeating what still holds"),
    )
