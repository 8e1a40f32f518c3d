"""Making the place of a new site: its folder, its database with schema and triggers. ``inkt init`` and the demo call it.

It refuses a folder that holds a site, and leaves nothing behind when making it fails.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from inkt_mfg.language import Phrase
from inkt_mfg.refusal import refuse
from inkt_mfg.store.clock import Clock
from inkt_mfg.store.engine import database_url, open_engine
from inkt_mfg.store.folder import DATABASE_FILE, SITE_FILE, new_place, refuse_occupied
from inkt_mfg.store.migrate import create_schema
from inkt_mfg.store.schema import newest_revision, revision_of
from inkt_mfg.store.unable import saying_what_the_machine_cannot
from inkt_mfg.store.unit_of_work import Store


@contextmanager
def make_site_database(
    folder: Path | None, code: str, address: str | None, clock: Clock | None = None
) -> Iterator[Store]:
    """The store of a site that has no rows yet; the caller writes them before leaving, or the place is taken away again."""
    if folder is None:
        raise refuse(
            "site.folder",
            Phrase("no folder is named for the new site"),
            expected=Phrase("--site DIR or INKT_SITE"),
            field="site",
        )
    refuse_occupied(folder)
    was_there = folder.exists()
    try:
        place = new_place(folder, code, address)
        with saying_what_the_machine_cannot(str(folder)):
            engine = open_engine(database_url(place.address))
            try:
                if revision_of(engine) != newest_revision():
                    create_schema(engine)
                yield Store(engine, code, clock)
            finally:
                engine.dispose()
    except BaseException:
        _take_away(folder, whole=not was_there)
        raise


def _take_away(folder: Path, *, whole: bool) -> None:
    # The error that brought us here is the one to be told, not what cannot be tidied up after it.
    for name in (SITE_FILE, DATABASE_FILE, f"{DATABASE_FILE}-wal", f"{DATABASE_FILE}-shm"):
        with suppress(OSError):
            (folder / name).unlink(missing_ok=True)
    if whole:
        with suppress(OSError):
            folder.rmdir()
