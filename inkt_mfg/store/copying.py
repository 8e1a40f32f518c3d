"""Copying a whole database into one file, as it stands at one moment, while others go on working.

SQLite by its own online backup, PostgreSQL by ``pg_dump`` in its custom format. Called by ``backup``; ``restoring`` brings the
file back. It refuses nothing: what the machine cannot do is said as ``Unable``.
"""

import hashlib
import os
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy.engine import URL

from inkt_mfg.store.tools import run_tool
from inkt_mfg.store.unable import said_of

Progress = Callable[[str, int, int], None]  # what is being done, how much of it, of how much
SQLITE_FILE = "site.db"
POSTGRESQL_FILE = "site.dump"
PRIVATE = 0o600  # of whatever holds a database: hashes of passwords and secrets of authenticators are in it
_PAGES = 2_000  # copied between two looks at the progress bar
_AT_ONCE = 4 << 20  # bytes of a file


def copy_database(url: URL, into: Path, tell: Progress) -> Path:
    """The database of this address as one file in the folder ``into``, on the disk when this returns."""
    if url.get_backend_name() == "sqlite":
        copy = into / SQLITE_FILE
        copy.touch(PRIVATE)
        with speaking_sqlite(str(into)):
            _copy_sqlite(Path(str(url.database)), copy, tell)
    else:
        copy = into / POSTGRESQL_FILE
        copy.touch(PRIVATE)
        tell("pg_dump", 0, 0)
        # Owners and grants belong to a server, not to a site: `inkt upgrade` gives them anew wherever it is restored.
        # Pressed lightly: the fullest takes three times as long as everything else pg_dump does, and saves a tenth.
        how = ["--format=custom", "--compress=1", "--no-owner", "--no-privileges"]
        run_tool("pg_dump", url, [*how, f"--file={copy}"])
    settle(copy)
    return copy


def _copy_sqlite(source: Path, target: Path, tell: Progress) -> None:
    with (
        closing(sqlite3.connect(source, isolation_level=None)) as live,
        closing(sqlite3.connect(target)) as copy,
    ):
        live.execute("PRAGMA busy_timeout=30000")
        copy.execute("PRAGMA synchronous=OFF")  # it is settled whole, once, before anything is said of it
        # One snapshot for the whole copy. Without it every commit of another bench would start the copy anew.
        live.execute("BEGIN")
        live.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone()
        live.backup(copy, pages=_PAGES, progress=lambda _status, left, of: tell("copying", of - left, of))
        live.execute("COMMIT")
        # One file that needs no other beside it.
        copy.execute("PRAGMA journal_mode=DELETE")


def copy_hashed(source: Path, target: Path) -> str:
    """Copy a file; the SHA-256 of the very bytes that were written, lower-case hex. Raises OSError."""
    digest = hashlib.sha256()
    target.touch(PRIVATE)
    with source.open("rb") as old, target.open("wb") as new, ThreadPoolExecutor(1) as beside:
        while piece := old.read(_AT_ONCE):
            hashed = beside.submit(digest.update, piece)  # while it is written: both leave Python's lock
            new.write(piece)
            hashed.result()
    return digest.hexdigest()


@contextmanager
def speaking_sqlite(place: str) -> Iterator[None]:
    """What SQLite itself cannot do here, said as ``Unable``."""
    try:
        yield
    except sqlite3.Error as wrong:
        raise said_of(place, wrong) from wrong


def settle(path: Path) -> None:
    """See that a file, or the names in a folder, are on the disk and not only on their way there."""
    if path.is_dir() and os.name == "nt":
        return  # Windows writes a folder's names through
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
