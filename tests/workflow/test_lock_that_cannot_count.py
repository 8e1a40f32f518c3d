"""A database that does not keep the count of failures: whoever guesses is let in by no password, and every try is on record."""

import sqlite3
from collections.abc import Callable
from contextlib import closing

import psycopg
import pytest
from one_batch import ADMIN, BATCH, LI, PASSWORD, ZHAO, Site
from people_of_the_site import WRONG, last_entry, sit_down, turned_away, user

from inkt_mfg.refusal import Refusal
from inkt_mfg.views.comings import UNCOUNTED
from inkt_mfg.views.people import failed_attempts
from inkt_mfg.workflow import release
from inkt_mfg.workflow.signing import Credentials

pytestmark = pytest.mark.requirement("R25")
ON_POSTGRESQL = (
    "CREATE FUNCTION nolock() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN {does} END'; CREATE TRIGGER nolock "
    "BEFORE UPDATE ON person FOR EACH ROW WHEN (NEW.failed_attempts >= {at}) EXECUTE FUNCTION nolock()"
)
# How the count is kept from being kept, from which failure on: on SQLite, and on PostgreSQL the trigger's function.
WAYS = {
    "ignored": ("BEFORE UPDATE ON person WHEN NEW.failed_attempts >= {at} BEGIN SELECT RAISE(IGNORE); END", "RETURN NULL;"),
    "refused": (
        "BEFORE UPDATE ON person WHEN NEW.failed_attempts >= {at} BEGIN SELECT RAISE(ABORT, 'no'); END",
        "RAISE EXCEPTION ''no'';",
    ),
    "taken back": (
        ("AFTER UPDATE ON person WHEN NEW.failed_attempts >= {at} BEGIN "
        "UPDATE person SET failed_attempts = 0, locked = 0 WHERE key = NEW.key; END"),
        "NEW.failed_attempts = 0; NEW.locked = false; RETURN NEW;",
    ),
}  # fmt: skip


def spoil(site: Site, way: str, at: int) -> None:
    on_sqlite, does = WAYS[way]
    url = site.store.engine.url
    if url.get_backend_name() == "sqlite":
        with closing(sqlite3.connect(url.database)) as shell:
            shell.execute(f"CREATE TRIGGER nolock {on_sqlite.format(at=at)}")
        return
    address = url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(address) as shell:
        shell.execute(ON_POSTGRESQL.format(does=does, at=at))


def nobody_gets_in(site: Site, counted: int) -> None:
    for _ in range(counted):
        assert turned_away(site, LI).rule == "R20"
    before = site.entries()
    wrong, right = turned_away(site, LI), turned_away(site, LI, PASSWORD)
    assert wrong.rule == right.rule == "R25"
    assert str(wrong) == str(right), "the refusal does not tell which password is the right one"
    assert site.entries() == before + 2
    assert last_entry(site)["command"] == UNCOUNTED
    assert last_entry(site)["notes"] == {"typed_name": LI, "attempt": "log_in"}
    assert last_entry(site)["changes"] == []
    assert user(site, LI).failed_attempts == counted
    assert [f.typed_name for f in failed_attempts(site.store)] == [LI] * (counted + 2)


def test_a_lock_that_cannot_be_counted_lets_nobody_in(reviewed) -> None:
    spoil(reviewed, "ignored", 1)
    nobody_gets_in(reviewed, 0)


@pytest.mark.parametrize(("way", "at_failure"), [("refused", 1), ("taken back", 1), ("ignored", 3), ("taken back", 5)])  # fmt: skip
def test_however_and_whenever_the_count_is_lost(at: Callable[[str], Site], way: str, at_failure: int) -> None:
    site = at("founded")
    spoil(site, way, at_failure)
    nobody_gets_in(site, at_failure - 1)


def test_a_signing_that_cannot_be_counted_locks_the_bench(reviewed) -> None:
    bench = sit_down(reviewed, ZHAO)
    spoil(reviewed, "taken back", 1)
    for password in (WRONG, PASSWORD):
        with pytest.raises(Refusal) as caught:
            bench.run(release.release, BATCH, sign_with=Credentials(ZHAO, password))
        assert caught.value.rule == ("R25" if password == WRONG else "R27")
    with pytest.raises(Refusal) as caught:
        bench.unlock(PASSWORD)
    assert caught.value.rule == "R25"


def test_who_is_let_in_where_failures_count_leaves_one_entry_as_ever(at) -> None:
    site = at("founded")
    before, told = site.entries(), user(site, ADMIN)
    sit_down(site, ADMIN)
    assert site.entries() == before + 1
    assert user(site, ADMIN).row_version == told.row_version
    assert site.ledger_is_whole()
