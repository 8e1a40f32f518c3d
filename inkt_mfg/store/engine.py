"""Opens the database: SQLite with the settings that lose nothing, or PostgreSQL.

Only ``inkt_mfg.store`` calls this; no floor above may reach an engine. It refuses what is no address, and a SQLite
file on a network share, where write-ahead logging is unsafe.
"""

import os
import re
import sqlite3
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import URL, Connection, Engine, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.pool import QueuePool

from inkt_mfg.language import Phrase
from inkt_mfg.ledger.capture import refuse_unseen_writes
from inkt_mfg.ledger.chain import straight
from inkt_mfg.refusal import Refusal, Unable, refuse

_WRITING = "inkt_writing"  # takes SQLite's write lock when it begins
_COMMAND = "inkt_command"  # a site's: takes its lock on PostgreSQL too, and lets nothing past the ledger
_READING = "inkt_reading"  # cannot write at all
_SNAPSHOT = "inkt_snapshot"  # and sees one state of the database from beginning to end
_QUERY_ONLY = "inkt_query_only"
_POOL = 4
_LOCK_WAIT_SECONDS = 30
# What we are tested on, and ship a driver for.
_DRIVERS = frozenset({"sqlite", "sqlite+pysqlite", "postgresql", "postgresql+psycopg"})
_NETWORK_FILE_SYSTEMS = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "fuse.sshfs", "9p", "afs"})
_OCTAL = re.compile(
    r"\\([0-7]{3})"
)  # how the kernel spells a blank, a tab, a line feed and a backslash (proc_pid_mounts(5))


def database_url(text: str) -> URL:
    """The URL as SQLAlchemy reads it; a bare ``postgresql://`` means psycopg, the driver we ship. Raises Refusal.

    A password among the parameters moves to its own place, where whatever shows or keeps an address leaves it out.
    """
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        raise _no_address() from None  # what the parser says repeats a part of it, which may be the password's
    if "@" in (url.host or ""):  # the end of a password with a raw @ in it
        raise _no_address()
    if url.drivername not in _DRIVERS:
        raise _no_address()
    if url.get_backend_name() == "sqlite":
        return url
    if given := url.normalized_query.get("password"):
        url = url.set(password=given[-1]).difference_update_query(["password"])
    return url.set(drivername="postgresql+psycopg") if url.drivername == "postgresql" else url


def _no_address() -> Refusal:
    return refuse(
        "database.address",
        Phrase("this is no address of a database"),
        expected=Phrase("postgresql://USER@HOST/DATABASE; an @ in a password is written %40"),
        field="database_url",
    )


def place_of(url: URL) -> str:
    """Where the database lies, as people are told it: a file's path, or an address without its passwords."""
    if url.get_backend_name() == "sqlite" and url.database:
        return url.database
    return _without_parameters_that_are_secret(url).render_as_string(hide_password=True)


def kept_address(url: URL) -> str:
    """The address as a file may hold it: no password, nor what opens the key of a client's certificate."""
    return _without_parameters_that_are_secret(url)._replace(password=None).render_as_string()


def _without_parameters_that_are_secret(url: URL) -> URL:
    return url.difference_update_query([name for name in url.query if "password" in name.lower()])


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
    # We say BEGIN ourselves, in one message with what belongs to it; psycopg would send it alone.
    settings = {"options": options, "application_name": "inkt", "autocommit": True}
    engine = sa.create_engine(
        url, poolclass=QueuePool, pool_size=_POOL, hide_parameters=True, connect_args=settings
    )

    event.listen(engine, "begin", _begin_on_one_that_stands)
    event.listen(engine, "before_cursor_execute", _let_nothing_past_the_ledger)
    return engine


def _begin_on_one_that_stands(connection: Connection) -> None:
    """A connection may have been cut since it was last used. Nothing has happened before BEGIN: another one can say it."""
    beginning = _beginning(connection.get_execution_options())
    for _ in range(_POOL):
        try:
            # Never prepared on the server: what is prepared is one statement, and this may be two.
            straight(connection, beginning, None, prepare=False)
        except DBAPIError as lost:
            if not lost.connection_invalidated:
                raise
        else:
            return
    straight(connection, beginning, None, prepare=False)  # every one of the pool was cut: this one is new


def _beginning(options: Mapping[str, Any]) -> str:
    if options.get(_COMMAND):
        return f"BEGIN; {site_lock(options[_COMMAND])}"
    if options.get(_READING):
        # READ COMMITTED would take a new snapshot for each statement.
        return f"BEGIN ISOLATION LEVEL {'REPEATABLE READ' if options.get(_SNAPSHOT) else 'READ COMMITTED'} READ ONLY"
    return "BEGIN"


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


def for_commands(engine: Engine, site: str) -> Engine:
    """As ``for_writing``, under the site's lock, and a statement the ledger has not seen is refused."""
    return engine.execution_options(**{_WRITING: True, _COMMAND: site})


def for_reading(engine: Engine) -> Engine:
    """The same engine, whose transactions the database itself keeps from writing."""
    return engine.execution_options(**{_READING: True})


def one_snapshot(engine: Engine) -> Engine:
    """As ``for_reading``, and whatever is committed meanwhile is not seen."""
    return engine.execution_options(**{_READING: True, _SNAPSHOT: True})


@cache
def site_lock(site: str) -> str:
    """The statement that holds the site's chain on PostgreSQL until commit."""
    from psycopg.sql import quote

    return f"SELECT pg_advisory_xact_lock(hashtext({quote(f'inkt:{site}')}))"


def lock_site(connection: Connection, site: str) -> None:
    """Hold the site's chain until commit. SQLite already holds the whole file by BEGIN IMMEDIATE."""
    if connection.dialect.name == "postgresql":
        straight(connection, site_lock(site), None)


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
    kind = file_system_of(database.resolve().parent, os.fsdecode(mounts.read_bytes()))
    if kind in _NETWORK_FILE_SYSTEMS:
        raise Unable(
            Phrase("{database} lies on a network share ({kind}).", database=database, kind=kind),
            Phrase("Put the site on a local disk, or use PostgreSQL for several benches."),
        )


def file_system_of(folder: Path, mounts: str) -> str:
    """The kind of file system a folder lies on, by the lines of ``/proc/self/mounts``; empty when none holds it.

    Of two at one place the later one counts: autofs stays listed beneath what it mounted.
    """
    deepest, found = "", ""
    for line in filter(None, mounts.split("\n")):  # a name may hold what else ends a line
        _device, spelled, kind, *_ = line.split(" ")
        mount = _OCTAL.sub(lambda code: chr(int(code[1], 8)), spelled)
        if (folder == Path(mount) or Path(mount) in folder.parents) and len(mount) >= len(deepest):
            deepest, found = mount, kind
    return found
