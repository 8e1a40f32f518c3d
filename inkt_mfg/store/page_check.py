"""Looks at every page and every index of a SQLite file, beside whatever else is done with it meanwhile.

Used by ``verification``, and by the proof of a backup and by ``restoring``, which refuse a file in which anything is wrong, and
say where.
"""

import re
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from types import TracebackType
from typing import Self

from inkt_mfg.language import Phrase
from inkt_mfg.ledger.findings import Finding, FindingKind
from inkt_mfg.refusal import Unable
from inkt_mfg.store.copying import speaking_sqlite
from inkt_mfg.store.damage import where_damaged

_OK = "ok"
_ENOUGH = 100  # complaints read: a damaged page may give one for each of its rows
_INDEX = re.compile(r"index (\S+)$")
_TREE = re.compile(r"^Tree (\d+) ")
_COLUMN = re.compile(r" value in (\w+)\.\w+$| constraint failed in (\w+)$")


class PageLook:
    """The look at one file by a connection and a thread of its own, under way while inside.

    ``told`` is the file people are told of when it cannot be read at all; leaving waits for the answer, and raises Unable then.
    """

    cache_kib = 16 * 1024  # beside a verification, which has its own

    def __init__(self, place: Path, told: Path) -> None:
        self._place, self._told = place, told
        self._beside = ThreadPoolExecutor(1)
        self.complaints: tuple[str, ...] = ()

    def __enter__(self) -> Self:
        with speaking_sqlite(str(self._told)):
            self._database = sqlite3.connect(self._place, check_same_thread=False)
        self._said = self._beside.submit(self._look)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        stopped = kind is not None and not issubclass(kind, Exception)
        if stopped:  # somebody pressed Ctrl+C: nobody waits for the answer
            self._database.interrupt()
        self._beside.shutdown()
        if not stopped:
            self.wait()

    def wait(self) -> None:
        """Until every page was looked at; also when something else went wrong meanwhile: a damaged page may be why."""
        with speaking_sqlite(str(self._told)):
            self.complaints = self._said.result()

    def _look(self) -> tuple[str, ...]:
        # Not the quick check: that one takes an index at its word, and a bench finds a row by its index.
        with closing(self._database) as database:
            database.execute(f"PRAGMA cache_size=-{self.cache_kib}")
            told = database.execute(f"PRAGMA integrity_check({_ENOUGH})")
            return tuple(line for (text,) in told for line in str(text).splitlines() if line != _OK)

    @property
    def findings(self) -> Iterator[Finding]:
        """One finding for each table and index complained of, with the first complaint."""
        with closing(sqlite3.connect(self._place)) as database:
            known = database.execute("SELECT name, tbl_name, rootpage FROM sqlite_master").fetchall()
        tables = {str(name): str(table) for name, table, _page in known}
        trees = {int(page): str(name) for name, _table, page in known if page}
        named: dict[str, str] = {}
        for complaint in self.complaints:
            named.setdefault(_about(complaint, trees), complaint)
        for name, complaint in named.items():
            yield Finding(FindingKind.FILE, tables.get(name, ""), name, None, _OK, complaint)


def _about(complaint: str, trees: dict[int, str]) -> str:
    """The table or index a complaint names; nothing where it is about the file."""
    if found := _INDEX.search(complaint):
        return found[1]
    if found := _COLUMN.search(complaint):
        return found[1] or found[2]
    found = _TREE.match(complaint)
    return trees.get(int(found[1]), "") if found else ""


class PageCheck(PageLook):
    """The same, of a file in which nothing may be wrong: raises Unable on leaving when something is.

    What people are told of is the file it was restored from.
    """

    # An index is looked up row by row: with SQLite's own 2 MiB most of that is reading again.
    cache_kib = 64 * 1024

    def wait(self) -> None:
        """As above. Raises Unable."""
        super().wait()
        if self.complaints:
            where = where_damaged(self._place) or self.complaints[0]
            raise Unable(
                Phrase("What was copied is damaged: {where}.", where=where),
                Phrase("Nothing was kept. Look at the disk; restore the newest good backup."),
            )
