"""Opens the database: SQLite with the settings that lose nothing, or PostgreSQL.

Only ``inkt_mfg.store`` calls this; no floor above may reach an engine. It refuses a SQLite file on a network share,
where write-ahead logging is unsafe.
"""

import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import URL, Connection, Engine, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError, DisconnectionError
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry, QueuePool

from inkt_mfg.language import Phrase
from inkt_mfg.ledger.capture import refuse_unseen_writes
from inkt_mfg.ledger.chain import straight
from inkt_mfg.refusal import Unable

_WRITING = "inkt_writing"  # takes the write lock when it begins
_COMMAND = "inkt_command"  # and lets nothing past the ledger
_READING = "inkt_reading"  # cannot write at all
_QUERY_ONLY = "inkt_query_only"
_RETURNED = "inkt_returned"
_IDLE_SECONDS = 1
_POOL = 4
_LOCK_WAIT_SECONDS = 30
_NETWORK_FILE_SYSTEMS = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "fuse.sshfs", "9p", "afs"})


def database_url(text: str) -> URL:
    """The URL as SQLAlchemy reads it; a bare ``postgresql://`` means psycopg, the driver we ship."""
    url = make_url(text)
    return url.set(drivername="postgresql+psycopg") if url.drivername == "postgresql" else url


def place_of(url: URL) -> str:
    """Where the database lies, as people are told it: a file's path, or an address without its password."""
    if url.get_backend_name() == "sqlite" and url.database:
        return url.database
    return url.render_as_string(hide_password=True)


def open_engine(url: URL, role: str | None = None) -> Engine:
    """An engine for the site's database. Raises Unable when the place cannot hold one.

    On PostgreSQL ``role`` is who it acts as, when that is not who it connects as: an administrator making a site.
    """
    if url.get_backend_name() == "sqlite":
        return _sqlite(url)
    return _postgresql(url, role)


def _postgresql(url: URL, role: str | None) -> Engine:
    options = f"-c lock_timeout={_LOCK_WAIT_SECONDS * 1000}"
    if role is not None:
        options += " -c role=" + role.replace(" ", "\\ ")
    settings = {"options": options, "application_name": "inkt"}
    engine = sa.create_engine(
        url, poolclass=QueuePool, pool_size=_POOL, hide_parameters=True, connect_args=settings
    )
    event.listen(engine, "before_cursor_execute", _let_nothing_past_the_ledger)
    _ask_whether_it_still_stands(engine)
    return engine


def _ask_whether_it_still_stands(engine: Engine) -> None:
    """A connection that lay idle is asked before it is used; asking each time would cost every command a way to the server."""

    @event.listens_for(engine, "checkin")
    def returned(_driver: object, record: ConnectionPoolEntry) -> None:
        record.info[_RETURNED] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def taken(driver: DBAPIConnection, record: ConnectionPoolEntry, _fairy: object) -> None:
        since = record.info.get(_RETURNED)  # none: it was made this instant
        if since is None or time.monotonic() - since < _IDLE_SECONDS:
            return
        try:
            engine.dialect.do_ping(driver)
        except engine.dialect.loaded_dbapi.Error as gone:
            raise DisconnectionError from gone


def _let_nothing_past_the_ledger(
    connection: Connection,
    _cursor: object,
    statement: str,
    _parameters: object,
    _context: object,
    _many: bool,
) -> None:
    if connection.get_execution_options().get(_COMMAND):
        refuse_unseen_writes(connection, statement)


def _sqlite(url: URL) -> Engine:
    if url.database and url.database != ":memory:":
        refuse_network_share(Path(url.database))
    # One connection per transaction would pay for the pragmas each time; one per thread keeps worker threads apart.
    engine = sa.create_engine(
        url, poolclass=QueuePool, pool_size=4, hide_parameters=True, connect_args={"check_same_thread": False}
    )

    @event.listens_for(engine, "connect")
    def settle(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves, below
        for pragma in (
            f"busy_timeout={_LOCK_WAIT_SECONDS * 1000}",
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "trusted_schema=OFF",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # With a deferred transaction two processes lost updates without any error; a command takes the lock at once.
        options = connection.get_execution_options()
        reading = bool(options.get(_READING))
        if connection.info.get(_QUERY_ONLY, False) != reading:
            connection.exec_driver_sql(f"PRAGMA query_only={int(reading)}")
            connection.info[_QUERY_ONLY] = reading
        connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get(_WRITING) else "BEGIN")

    event.listen(engine, "before_cursor_execute", _let_nothing_past_the_ledger)
    return engine


def for_writing(engine: Engine) -> Engine:
    """The same engine, whose transactions take the write lock when they begin."""
    return engine.execution_options(**{_WRITING: True})


def for_commands(engine: Engine) -> Engine:
    """As ``for_writing``, and a statement the ledger has not seen is refused."""
    return engine.execution_options(**{_WRITING: True, _COMMAND: True})


def for_reading(engine: Engine) -> Engine:
    """The same engine, whose transactions the database itself keeps from writing."""
    if engine.dialect.name == "postgresql":
        return engine.execution_options(postgresql_readonly=True)
    return engine.execution_options(**{_READING: True})


def reach(session: Session, first: Callable[[Connection], None]) -> None:
    """Begin with this statement; on another connection when the one from the pool was cut since it was last used.

    Nothing has happened before it, so nothing is done twice. Raises what the database says when none stands.
    """
    for _ in range(_POOL):
        try:
            first(session.connection())
        except DBAPIError as lost:
            if not lost.connection_invalidated:
                raise
            session.rollback()
        else:
            return
    first(session.connection())


def ask_whether_it_stands(connection: Connection) -> None:
    """What a reader begins with on a server; a file cannot be lost."""
    if connection.dialect.name == "postgresql":
        straight(connection, "SELECT 1", ())


def lock_site(connection: Connection, site: str) -> None:
    """Hold the site's chain until commit. SQLite already holds the whole file by BEGIN IMMEDIATE."""
    if connection.dialect.name == "postgresql":
        straight(connection, "SELECT pg_advisory_xact_lock(hashtext(?))", (f"inkt:{site}",))


def refuse_absent_file(url: URL) -> None:
    """SQLite would make an empty database where none is. Raises Unable."""
    if url.get_backend_name() == "sqlite" and url.database and "uri" not in url.query:
        try:
            there = Path(url.database).is_file()
        except OSError:
            there = True  # it cannot be looked at: opening it says why
        if not there:
            raise Unable(
                Phrase("There is no database at {place}.", place=url.database),
                Phrase("Make a site with `inkt init`, or name the folder of one."),
            )


def refuse_network_share(database: Path) -> None:
    """WAL needs shared memory, which network file systems do not have (sqlite.org/wal.html). Raises Unable."""
    mounts = Path("/proc/self/mounts")
    if not mounts.exists():
        return
    folder = database.resolve().parent
    best = ("", "")
    for line in mounts.read_text(encoding="utf-8", errors="replace").splitlines():
        _device, mount, kind, *_ = line.split()
        if (folder == Path(mount) or Path(mount) in folder.parents) and len(mount) > len(best[0]):
            best = (mount, kind)
    if best[1] in _NETWORK_FILE_SYSTEMS:
        raise Unable(
            Phrase("{database} lies on a network share ({kind}).", database=database, kind=best[1]),
            Phrase("Put the site on a local disk, or use PostgreSQL for several benches."),
        )
