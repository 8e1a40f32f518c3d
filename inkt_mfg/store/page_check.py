"""Looks at every page and every index of a restored SQLite file, beside whatever else is done with it meanwhile.

Used by the proof of a backup, whose other cores verify the ledger at that time, and by ``restoring``. It refuses a file in
which anything is wrong, and says where.
"""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from types import TracebackType
from typing import Self

from inkt_mfg.language import Phrase
from inkt_mfg.refusal import Unable
from inkt_mfg.store.copying import speaking_sqlite
from inkt_mfg.store.damage import where_damaged

_CACHE_KIB = (
    64 * 1024
)  # an index is looked up row by row: with SQLite's own 2 MiB most of that is reading again


class PageCheck:
    """The look at one file, under way while inside. Leaving it waits for the answer and raises Unable when it is not good.

    ``copied`` is the file it was restored from: what people are told of.
    """

    def __init__(self, place: Path, copied: Path) -> None:
        self._place, self._copied = place, copied
        self._beside = ThreadPoolExecutor(1)

    def __enter__(self) -> Self:
        with speaking_sqlite(str(self._copied)):
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
            self.wait()  # a damaged page is why whatever was done meanwhile went wrong

    def wait(self) -> None:
        """Until every page was looked at. Raises Unable."""
        with speaking_sqlite(str(self._copied)):
            said = self._said.result()
        if said != "ok":
            raise Unable(
                Phrase("What was copied is damaged: {where}.", where=where_damaged(self._place) or said),
                Phrase("Nothing was kept. Look at the disk; restore the newest good backup."),
            )

    def _look(self) -> str:
        # Not the quick check: that one takes an index at its word, and a bench finds a row by its index.
        with closing(self._database) as database:
            database.execute(f"PRAGMA cache_size=-{_CACHE_KIB}")
            (said,) = database.execute("PRAGMA integrity_check(1)").fetchone()
        return str(said)
