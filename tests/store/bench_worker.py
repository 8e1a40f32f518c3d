"""A bench of its own: a real process that writes to a site's database, and may be told to die in the middle.

Run as ``python bench_worker.py MODE ADDRESS [ARGUMENT]`` by the tests beside it; the last line it prints says how far
it got, and its exit code is the command line's: 5 when the machine cannot.
"""

import os
import resource
import signal
import sys
import time
from datetime import UTC, date, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import psycopg
from scene import LI, SITE, cell_count, intent
from sqlalchemy import event
from sqlmodel import Session, select

from inkt_mfg.ledger.intent import Intent
from inkt_mfg.records.batch import Batch
from inkt_mfg.records.people import User
from inkt_mfg.records.step import MaterialLot
from inkt_mfg.refusal import Unable
from inkt_mfg.store.unit_of_work import Store, Work


def record_count(work: Work, number: int) -> None:
    """Raises the batch's number and adds a count: two rows that must stand or fall together."""
    batch = work.session.exec(select(Batch)).one()
    batch.infusion_number += 1
    work.add(cell_count(batch, number))


def die(*_event: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def killed(store: Store, point: str) -> None:
    if point in {"before_commit", "after_commit"}:
        event.listen(Session, point, die)
    if point == "after_entry":
        event.listen(store.engine, "after_cursor_execute", die_at_touch)
        event.listen(store.engine, "checkout", die_at_touch_on_server)
    with store.work(intent(at=datetime.now(UTC))) as work:
        if point == "before_flush":
            work.session.exec(select(Batch)).one().infusion_number += 1
            die()
        record_count(work, 1)
        if point == "after_flush":
            die()
        if point == "interrupted":
            os.kill(os.getpid(), signal.SIGINT)


def die_at_touch(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
    if "ledger_touch" in statement:
        die()


def die_at_touch_on_server(driver: object, *_more: object) -> None:
    """On PostgreSQL the ledger speaks to the driver itself."""
    if isinstance(driver, psycopg.Connection):
        driver.cursor_factory = DyingCursor


class DyingCursor(psycopg.Cursor):
    def execute(self, query: str, *args: object, **more: object) -> psycopg.Cursor:
        done = super().execute(query, *args, **more)
        die_at_touch(None, None, query)
        return done


def many(store: Store, first: int, number: int) -> None:
    for n in range(first, first + number):
        with store.work(intent(at=datetime.now(UTC))) as work:
            record_count(work, n)


def filling(store: Store, spare: int) -> None:
    """Every file this process writes may grow by ``spare`` bytes only, as on a disk that fills up."""
    database = Path(str(store.engine.url.database))
    wal = database.with_name(database.name + "-wal")
    largest = max(database.stat().st_size, wal.stat().st_size if wal.exists() else 0)
    resource.setrlimit(resource.RLIMIT_FSIZE, (largest + spare, largest + spare))
    for n in range(1, 10_000):
        many(store, n, 1)
        say(n)


def as_a_stranger(store: Store) -> None:
    """The site's folder belongs to somebody else and may only be read."""
    address = store.engine.url.render_as_string(hide_password=False)
    with store.reading() as session:
        session.exec(select(Batch)).one()
    store.close()
    if os.geteuid() == 0:
        os.setgid(65534)
        os.setuid(65534)
    again = Store.open(address, SITE)
    many(again, 1, 1)


def opened(address: str, site: str) -> Store:
    """The store, also when the server is only just coming back."""
    for _ in range(600):
        try:
            return Store.open(address, site)
        except Unable:
            time.sleep(0.05)
    return Store.open(address, site)


def lots(store: Store, first: int, number: int) -> None:
    """Commands of a site that has a person and nothing else: a lot more, and the person's count of them."""
    for n in range(first, first + number):
        one_lot(store, n)


def one_lot(store: Store, number: int) -> None:
    with store.work(intent_at(store.site)) as work:
        work.session.exec(select(User).where(User.site == store.site)).one().failed_attempts += 1
        work.add(
            MaterialLot(site=store.site, code=f"L-{number}", material="IL-2", expires_on=date(2027, 1, 1))
        )


def intent_at(site: str) -> Intent:
    return Intent(site, "lot.register", LI, "BENCH-1", datetime.now(UTC))


def stubborn(store: Store, first: int, number: int) -> None:
    """Says each lot it was told is recorded; where the machine could not, it looks before it does it again."""
    for n in range(first, first + number):
        while True:
            try:
                if not there(store, n):
                    one_lot(store, n)
                break
            except Unable:
                time.sleep(0.05)
        say(n)


def there(store: Store, number: int) -> bool:
    question = select(MaterialLot).where(MaterialLot.site == store.site, MaterialLot.code == f"L-{number}")
    with store.reading() as session:
        return session.exec(question).first() is not None


def say(what: object) -> None:
    sys.stdout.write(f"{what}\n")
    sys.stdout.flush()


def main(mode: str, address: str, *more: str) -> int:
    try:
        if mode in {"lots", "stubborn"}:
            store = opened(address, more[0])
            {"lots": lots, "stubborn": stubborn}[mode](store, int(more[1]), int(more[2]))
            say(f"done {mode}")
            return 0
        store = Store.open(address, SITE)
        if mode == "killed":
            killed(store, more[0])
        elif mode == "many":
            many(store, int(more[0]), int(more[1]))
        elif mode == "filling":
            filling(store, int(more[0]))
        elif mode == "stranger":
            as_a_stranger(store)
    except Unable as cannot:
        sys.stderr.write(f"{cannot}\n")
        return 5
    say(f"done {mode}")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
