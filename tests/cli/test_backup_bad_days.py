"""``kill -9``, full disks, closed folders and damaged pages while a site is made, backed up and restored."""

import json
import resource
import shutil
import signal
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from killing import contents, killed_at, steps_of, worth_killing
from shell import Shell, entries_of, silently

pytestmark = pytest.mark.requirement("R60")
CREATE = ("backup", "create", "--as", "zhang.admin", "--json")
INIT = ("init", "--code", "YA02", "--name", "n", "--address", "a", "--time-zone", "UTC", "--training",
        "--administrator", "a.b=A B", "--json")  # fmt: skip


def some_of(steps: bytes) -> tuple[int, ...]:
    return (len(steps) // 2, len(steps) - 1)


# --- a backup killed


def _backup_killed(at: Shell, site: Path, number: int) -> None:
    before = entries_of(at)
    assert killed_at(number, silently(*CREATE)) in {-signal.SIGKILL, 0}
    assert entries_of(at) in range(before, before + 3), "at most the log-in and the backup's own entry"
    listed = at.json("backup", "list").document["backups"]
    for backup in listed:
        assert at.json("backup", "drill", backup["backup"]).document["ok"] is True, number
    assert all(p.name.endswith(".making") or len(listed) == 1 for p in _in(site / "backups"))
    shutil.rmtree(site / "backups", ignore_errors=True)


def _in(folder: Path) -> list[Path]:
    return sorted(folder.iterdir()) if folder.exists() else []


@pytest.mark.slow
def test_a_backup_killed_anywhere_is_none_or_a_good_one(at, site):
    steps = steps_of(silently(*CREATE))
    assert len(steps) > 30
    shutil.rmtree(site / "backups")
    for number in some_of(steps):
        _backup_killed(at, site, number)
    assert at(*CREATE).code == 0, "and the next one goes on"


@pytest.mark.slow
def test_a_backup_killed_at_every_step_is_none_or_a_good_one(at, site):
    steps = steps_of(silently(*CREATE))
    shutil.rmtree(site / "backups")
    for number in worth_killing(steps):
        _backup_killed(at, site, number)


# --- a restore killed


def _restore_killed(at: Shell, site: Path, kept: Path, command: tuple, number: int) -> bool:
    """Whether the restored database was in place. Either way a whole, sound ledger is there, and the restore can be done again."""
    shutil.rmtree(site)
    shutil.copytree(kept, site)
    assert killed_at(number, silently(*command)) in {-signal.SIGKILL, 0}
    checked = at.json("ledger", "verify")
    assert checked.code == 0, (number, checked.out, checked.err)
    newest = _newest(site)
    restored = newest["command"] == "ledger.replaced"
    if not restored:
        assert newest["command"] in {"site.backup", "person.log_in"}, number
    again = at.json(*command)
    assert again.code == 0, (number, again.err)
    assert not list(site.glob(".re*")), "nothing half made is left"
    return restored


def _newest(site: Path) -> dict:
    with closing(sqlite3.connect(site / "site.db")) as database:
        (body,) = database.execute("SELECT body FROM ledger_entry ORDER BY sequence DESC LIMIT 1").fetchone()
    return json.loads(body)


@pytest.fixture
def replacing(at, site, tmp_path):
    """A site with one backup, a copy of it, and the command that puts the backup over it."""
    made = at.json(*CREATE[:-1]).document["backup"]
    with closing(sqlite3.connect(site / "site.db")) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    shutil.copytree(site, tmp_path / "kept")
    command = ("backup", "restore", tmp_path / "kept" / "backups" / Path(made).name, "--to", site, "--reason", "why",
               "--as", "chen.qa")  # fmt: skip
    steps = steps_of(silently(*command))
    return command, tmp_path / "kept", steps


@pytest.mark.slow
def test_a_restore_killed_anywhere_leaves_the_old_ledger_or_the_restored_one(at, site, replacing):
    command, kept, steps = replacing
    ended = [_restore_killed(at, site, kept, command, number) for number in some_of(steps)]
    assert ended == sorted(ended), "once in place it stays in place"


@pytest.mark.slow
def test_a_restore_killed_at_every_step_leaves_the_old_ledger_or_the_restored_one(at, site, replacing):
    command, kept, steps = replacing
    ended = [_restore_killed(at, site, kept, command, number) for number in worth_killing(steps)]
    assert ended == sorted(ended)
    assert {False, True} == set(ended)


# --- the making of a site killed


def _init_killed(shell: Shell, folder: Path, number: int) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    assert killed_at(number, silently(*INIT, "--site", folder)) in {-signal.SIGKILL, 0}
    if (folder / "site.making").exists():
        refused = shell.json("batch", "list", "--site", folder).refused
        assert refused["rule"] == "site.half_made"
        assert "inkt init" in refused["expected"]
    again = shell.json(*INIT[:-1], "--site", folder)
    if again.code == 0:
        assert again.document["first_passwords"]["a.b"]
        assert {p.name for p in folder.iterdir()} == {"site.toml", "site.db", "seal.key", "seal.pub"}
    else:
        assert again.refused["rule"] == "site.exists", number
    assert shell.json("ledger", "verify", "--site", folder).document == {
        **shell.json("ledger", "verify", "--site", folder).document, "ok": True, "entries": 1,
    }  # fmt: skip


@pytest.mark.slow
def test_an_init_killed_anywhere_says_how_to_go_on_and_goes_on(shell, tmp_path):
    steps = steps_of(silently(*INIT, "--site", tmp_path / "counted"))
    for number in (len(steps) - 1,):
        _init_killed(shell, tmp_path / "new", number)


@pytest.mark.slow
def test_an_init_killed_at_every_step_says_how_to_go_on_and_goes_on(shell, tmp_path):
    for number in worth_killing(steps_of(silently(*INIT, "--site", tmp_path / "counted"))):
        _init_killed(shell, tmp_path / "new", number)


def test_a_place_where_work_was_done_is_not_taken_for_half_made(at, site):
    (site / "site.making").write_text("YA01\n")
    before = (site / "site.db").read_bytes()
    assert at.json("batch", "list").refused["rule"] == "site.half_made"
    refused = at.json(*INIT[:-1], "--site", site).refused
    assert (refused["rule"], (site / "site.db").read_bytes()) == ("site.exists", before)


# --- full disks and closed folders


@pytest.mark.parametrize("share", [pytest.param(30, marks=pytest.mark.slow), 97])
def test_a_disk_too_full_for_a_backup_leaves_nothing_of_it_and_the_site_unharmed(at, site, tmp_path, share):
    before = entries_of(at)
    most = (site / "site.db").stat().st_size * share // 100
    ended = at.process(*CREATE, "--to", tmp_path / "elsewhere",
                       preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (most, most)))  # fmt: skip
    assert ended.code == 5, (ended.out, ended.err)
    assert json.loads(ended.out).keys() == {"unable"}
    assert "elsewhere" in ended.err
    assert "Traceback" not in ended.err
    assert _in(tmp_path / "elsewhere") == []
    assert entries_of(at) in {before, before + 1}


def test_a_closed_folder_for_backups_is_said(at, site):
    (site / "backups").write_text("a file where the folder should be")
    ended = at.json(*CREATE[:-1])
    assert (ended.code, list(ended.document)) == (5, ["unable"])


# --- damaged pages


def _page_of(file: Path, name: str) -> int:
    with closing(sqlite3.connect(file)) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        database.execute("PRAGMA journal_mode=DELETE")
        (page,) = database.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (name,)).fetchone()
    return int(page)


def _flip(file: Path, page: int, at: slice) -> None:
    content = bytearray(file.read_bytes())
    start = (page - 1) * 4096
    for place in range(start + at.start, start + at.stop):
        content[place] ^= 0xFF
    file.write_bytes(content)


def test_a_damaged_page_is_named_with_its_table_and_a_backup_is_offered(at, site):
    made = Path(at.json(*CREATE[:-1]).document["backup"]).resolve()
    own = entries_of(at)  # the backup's own entry, made after the copy; the restorer's log-in follows it
    page = _page_of(site / "site.db", "cell_count")
    _flip(site / "site.db", page, slice(0, 12))
    ended = at.json("ledger", "verify")
    assert ended.code == 5, ended.out
    assert f"page {page}, of table cell_count" in ended.document["unable"]["what"]
    assert f"inkt backup restore {made} --to {site}" in ended.document["unable"]["remedy"]
    restored = at.json("backup", "restore", made, "--to", site, "--reason", "a bad page", "--as", "chen.qa")
    assert restored.code == 0, restored.err
    assert entries_of(at)
    assert restored.document["lost"] == f"entries {own} to {own + 1} of the present ledger"


def test_a_backup_of_a_damaged_database_is_never_good(at, site):
    """The proof looks at every page and every index of what was copied."""
    page = _page_of(site / "site.db", "ix_cell_count_code")
    _flip(site / "site.db", page, slice(0, 12))
    ended = at.json(*CREATE[:-1])
    assert ended.code == 5, ended.out
    assert "damaged" in ended.document["unable"]["what"]
    assert at.json("backup", "list").document["backups"] == []


def test_flipped_bytes_of_a_value_are_found_and_named(at, site):
    """No structure is hurt, so SQLite itself sees nothing."""
    file = site / "site.db"
    _page_of(file, "person")
    where = file.read_bytes().index(b"Li Na")
    content = bytearray(file.read_bytes())
    while where >= 0:
        content[where] ^= 0x01
        where = content.find(b"Li Na", where)
    file.write_bytes(content)
    ended = at.json("ledger", "verify")
    assert ended.code == 4
    assert {"chain.hash", "row.changed"} & {f["kind"] for f in ended.document["findings"]}


@pytest.mark.slow
def test_whatever_byte_is_flipped_is_found_by_verification_or_belongs_to_nothing(at, site):
    """One byte in each of many pages: tables, indexes, the ledger. What is not found lies where no row and no index is."""
    file = site / "site.db"
    _page_of(file, "person")
    whole, same = file.read_bytes(), contents(file)
    found = 0
    for page in range(2, len(whole) // 4096 + 1, 7):
        _flip(file, page, slice(page % 4096, page % 4096 + 1))
        if at.json("ledger", "verify").code != 0:
            found += 1
        else:
            with closing(sqlite3.connect(file)) as database:
                assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            assert contents(file) == same, page
        for name in ("site.db-wal", "site.db-shm"):
            (site / name).unlink(missing_ok=True)
        file.write_bytes(whole)
    assert found, "some byte meant something"
