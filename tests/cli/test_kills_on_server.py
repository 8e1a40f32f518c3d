"""``kill -9`` of ``inkt backup create``, ``backup restore`` and ``upgrade`` of a site on PostgreSQL, at every step and by the clock.

Afterwards the site is as it was or as it was to be, its ledger verifies, the command can be given again, nothing half made bears a
good name, and the scratch databases are gone with the next run.
"""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import psycopg
import pytest
from killing import killed_at, steps_of, worth_killing
from older_site import ENTRIES, make_older_site
from older_site import SITE as OLDER
from shell import PROGRAM, Shell, entries_of, silently
from sqlalchemy.engine import make_url

from inkt_mfg.store.bundle import MAKING
from inkt_mfg.store.engine import database_url, open_engine
from inkt_mfg.store.folder import new_place
from inkt_mfg.store.schema import newest_revision, revision_of

pytestmark = pytest.mark.requirement("R60")
CREATE = ("backup", "create", "--as", "zhang.admin", "--json")
KILLED = {-signal.SIGKILL, 0}


@pytest.fixture
def admin(postgresql_server, scratch_databases) -> Iterator[psycopg.Connection]:
    with psycopg.connect(postgresql_server("postgres"), autocommit=True) as connection:
        yield connection


@pytest.fixture
def served(ward, postgresql_address) -> Shell:
    """A site on the server whose administrator may make scratch databases."""
    shell, _document = ward
    url = make_url(postgresql_address)
    owner = url.set(username=f"{url.database}_owner").render_as_string(hide_password=False)
    shell.environment.setenv("INKT_SCRATCH_URL", owner)
    return shell


@pytest.fixture
def empty(admin, postgresql_server, worker_id) -> Iterator[Callable[[], str]]:
    """Makes databases that hold nothing yet; they and their roles are gone at the end."""
    names: list[str] = []
    numbers = count()

    def make() -> str:
        names.append(f"killed_{worker_id}_{next(numbers)}")
        admin.execute(f"CREATE DATABASE {names[-1]}")
        return postgresql_server(names[-1])

    yield make
    for name in names:
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
        for role in (f"{name}_app", f"{name}_owner"):
            admin.execute(f"DROP ROLE IF EXISTS {role}")


def scratch(admin: psycopg.Connection) -> list[str]:
    found = admin.execute("SELECT datname FROM pg_database WHERE datname LIKE 'inkt_scratch_%'").fetchall()
    return [name for (name,) in found]


def nobody_left(admin: psycopg.Connection) -> None:
    """Until what a killed program had started has ended, too."""
    inside = "SELECT count(*) FROM pg_stat_activity WHERE datname LIKE 'inkt_scratch_%' OR application_name LIKE 'inkt_scratch_%'"
    for _ in range(200):
        if admin.execute(inside).fetchone() == (0,):
            return
        time.sleep(0.05)
    raise AssertionError("somebody is still in a scratch database")


def some_of(steps: bytes, most: int) -> list[int]:
    """What is worth killing, at most so many, evenly."""
    worth = worth_killing(steps)
    return worth[:: max(1, -(-len(worth) // most))]


def begun(steps: bytes) -> list[int]:
    return [n for n, kind in enumerate(steps, start=1) if kind in b"f"]


# --- a backup


def _sound_after_a_backup(shell: Shell, site: Path, before: int) -> None:
    assert entries_of(shell) in range(before, before + 3), "at most the log-in and the backup's own entry"
    listed = shell.json("backup", "list").document["backups"]
    for backup in listed:
        assert shell.json("backup", "drill", backup["backup"]).document["ok"] is True
    named = {Path(b["backup"]).name for b in listed}
    kept = site / "backups"
    there = {p.name for p in kept.iterdir() if not p.name.endswith(MAKING)} if kept.exists() else set()
    assert there == named
    shutil.rmtree(kept, ignore_errors=True)


def _create_killed(shell: Shell, site: Path, number: int) -> None:
    before = entries_of(shell)
    assert killed_at(number, silently(*CREATE)) in KILLED, number
    _sound_after_a_backup(shell, site, before)


def _next_one_sweeps(shell: Shell, admin: psycopg.Connection) -> None:
    nobody_left(admin)
    assert shell(*CREATE).code == 0, "and the next one goes on"
    assert scratch(admin) == []


@pytest.mark.slow
def test_a_backup_killed_while_it_is_restored_is_none_and_its_scratch_database_goes_with_the_next_one(
    served, tmp_path, admin
):
    steps = steps_of(silently(*CREATE))
    shutil.rmtree(tmp_path / "ward" / "backups")
    _create_killed(served, tmp_path / "ward", len(steps) * 2 // 3)
    _next_one_sweeps(served, admin)


@pytest.mark.slow
def test_a_backup_killed_at_every_step_is_none_or_a_good_one(served, tmp_path, admin):
    steps = steps_of(silently(*CREATE))
    shutil.rmtree(tmp_path / "ward" / "backups")
    for number in sorted({*some_of(steps, 12), *begun(steps)}):
        _create_killed(served, tmp_path / "ward", number)
    _next_one_sweeps(served, admin)


@pytest.mark.slow
def test_a_backup_killed_while_pg_dump_and_pg_restore_run_is_none_or_a_good_one(served, tmp_path, admin):
    """By the clock, in a process of its own: its own programs go on for a moment."""
    started = time.monotonic()
    assert served.process(*CREATE).code == 0
    whole = time.monotonic() - started
    shutil.rmtree(tmp_path / "ward" / "backups")
    left = 0
    for part in (0.5, 0.6, 0.7, 0.8, 0.9):
        before = entries_of(served)
        process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, *CREATE], stdout=subprocess.DEVNULL, env={**os.environ}
        )
        time.sleep(whole * part)
        process.kill()
        process.wait()
        left += len(scratch(admin))
        _sound_after_a_backup(served, tmp_path / "ward", before)
    assert left, "one of them was killed while its scratch database stood"
    _next_one_sweeps(served, admin)


# --- a restore


def _restore_killed(shell: Shell, folder: Path, backup: str, address: str, number: int) -> bool:
    """Whether the new site was in place. Either way the same command puts it there, and the old site never knew."""
    wanted = ("backup", "restore", backup, "--to", folder, "--database-url", address)
    assert killed_at(number, silently(*wanted)) in KILLED, number
    in_place = (folder / "site.toml").exists()
    if not in_place:
        assert shell.json("batch", "list", "--site", folder).code in {3, 5}, "no site is there"
        again = shell.json(*wanted)
        assert again.code == 0, (number, again.err)
        assert not list(folder.glob(".re*")), "nothing half made is left"
    checked = shell.json("ledger", "verify", "--site", folder)
    assert (checked.code, checked.document["ok"]) == (0, True), number
    assert (folder / "labels.txt").read_text() == "what the site's folder held", number
    shutil.rmtree(folder)
    return in_place


def _steps_of_a_restore(folder: Path, backup: str, address: str) -> bytes:
    steps = steps_of(silently("backup", "restore", backup, "--to", folder, "--database-url", address))
    shutil.rmtree(folder)
    return steps


@pytest.mark.slow
def test_a_restore_killed_when_its_database_was_filled_goes_on_when_it_is_given_again(
    served, tmp_path, empty
):
    (tmp_path / "ward" / "labels.txt").write_text("what the site's folder held")
    backup = served.json(*CREATE[:-1]).document["backup"]
    before = entries_of(served)
    steps = _steps_of_a_restore(tmp_path / "new", backup, empty())
    filled = steps.index(b"f", steps.index(b"f", len(steps) // 3))
    assert not _restore_killed(served, tmp_path / "new", backup, empty(), max(filled, len(steps) // 2))
    assert entries_of(served) == before


@pytest.mark.slow
def test_a_restore_killed_at_every_step_leaves_no_site_or_the_restored_one(served, tmp_path, empty):
    (tmp_path / "ward" / "labels.txt").write_text("what the site's folder held")
    backup = served.json(*CREATE[:-1]).document["backup"]
    before = entries_of(served)
    steps = _steps_of_a_restore(tmp_path / "new", backup, empty())
    numbers = sorted({*some_of(steps, 12), *begun(steps)})
    ended = [_restore_killed(served, tmp_path / "new", backup, empty(), number) for number in numbers]
    assert ended == sorted(ended), "once in place it stays in place"
    assert {False, True} == set(ended)
    assert entries_of(served) == before


@pytest.mark.slow
def test_a_database_somebody_works_in_is_not_taken_for_one_that_was_being_filled(served, tmp_path, empty):
    backup, address = served.json(*CREATE[:-1]).document["backup"], empty()
    wanted = ("backup", "restore", backup, "--to", tmp_path / "new", "--database-url", address)
    assert served.json(*wanted).code == 0
    other = ("backup", "restore", backup, "--to", tmp_path / "other", "--database-url", address)
    assert served.json(*other).refused["field"] == "database_url", "another folder never began this"
    (tmp_path / "third").mkdir()
    (tmp_path / "third" / ".restoring.txt").write_text(f"{_sha(backup)} {_place(address)}")
    assert served("backup", "create", "--as", "zhang.admin", "--site", tmp_path / "new").code == 0
    begun_once = ("backup", "restore", backup, "--to", tmp_path / "third", "--database-url", address)
    assert served.json(*begun_once).refused["field"] == "database_url", "and here work was done since"


def _sha(backup: str) -> str:
    from inkt_mfg.store.bundle import open_backup

    return open_backup(Path(backup)).sha256


def _place(address: str) -> str:
    from inkt_mfg.store.engine import place_of

    return place_of(database_url(address))


# --- an upgrade


def _older(folder: Path, address: str) -> tuple[str, ...]:
    make_older_site(address)
    new_place(folder, OLDER, address)
    return ("upgrade", "--site", str(folder), "--to", str(folder / "copies"))


def _schema(address: str) -> str | None:
    engine = open_engine(database_url(address))
    try:
        return revision_of(engine)
    finally:
        engine.dispose()


def _upgrade_killed(shell: Shell, folder: Path, address: str, number: int) -> bool:
    """Whether it was upgraded. Either way it is one or the other, whole, and the upgrade can be given again."""
    command = _older(folder, address)
    assert killed_at(number, silently(*command)) in KILLED, number
    schema = _schema(address)
    assert schema in {"0001", newest_revision()}, number
    with psycopg.connect(address) as connection:
        assert connection.execute("SELECT max(sequence) FROM ledger_entry").fetchone() == (
            ENTRIES + (schema != "0001"),
        )
    assert shell(*command).code == 0, number
    assert shell.json("ledger", "verify", "--site", folder).document["entries"] == ENTRIES + 1, number
    kept = shell.json("backup", "list", "--in", folder / "copies", "--site", folder).document["backups"]
    assert kept, "none is upgraded without a backup"
    assert all(b["good"] for b in kept)
    shutil.rmtree(folder)
    return schema != "0001"


@pytest.mark.slow
def test_an_upgrade_killed_midway_leaves_the_older_site_whole(shell, programs, tmp_path, empty, admin):
    steps = steps_of(silently(*_older(tmp_path / "counted", empty())))
    _upgrade_killed(shell, tmp_path / "site", empty(), len(steps) * 2 // 3)
    assert scratch(admin) == []


@pytest.mark.slow
def test_an_upgrade_killed_at_every_step_leaves_the_older_site_or_the_new_one(
    shell, programs, tmp_path, empty, admin
):
    steps = steps_of(silently(*_older(tmp_path / "counted", empty())))
    numbers = sorted({*some_of(steps, 10), *begun(steps)[::2], len(steps)})
    ended = [_upgrade_killed(shell, tmp_path / "site", empty(), number) for number in numbers]
    assert ended == sorted(ended)
    nobody_left(admin)
    assert shell(*_older(tmp_path / "last", empty())).code == 0
    assert scratch(admin) == []
