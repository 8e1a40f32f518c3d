"""A site that outgrew its file: on the server it has every entry and every row, and work goes on where it stopped."""

import shutil
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from inkt_mfg.store.engine import database_url
from inkt_mfg.store.folder import open_site

WHY = ("--reason", "four benches now", "--as", "zhang.admin")
pytestmark = pytest.mark.requirement("R05")


def verified(shell) -> dict[str, object]:
    ended = shell.json("ledger", "verify")
    assert ended.code == 0, ended.document
    return ended.document


def rows_on(address: str) -> int:
    with psycopg.connect(address) as server:
        there = server.execute("SELECT to_regclass('ledger_entry')").fetchone()
        return server.execute("SELECT count(*) FROM ledger_entry").fetchone()[0] if there != (None,) else 0


@pytest.mark.slow
def test_a_site_moves_with_its_chain_and_its_batch_is_released_on_the_server(at, site, empty_database):
    before = verified(at)
    ended = at.json("site", "move", empty_database, *WHY)
    assert ended.code == 0, ended.err
    assert ended.document["entries"] == before["entries"] + 2, "the log-in, and the move itself"
    assert ended.document["database_roles"]["application"].startswith("empty_")
    on_server = verified(at)
    assert (on_server["entries"], on_server["head"]) == (ended.document["entries"], ended.document["head"])
    done = at.json("act", "batch.release", "B-00001", "--as", "zhao.qa")
    assert done.code == 0, done.err
    assert verified(at)["entries"] > on_server["entries"]


def left_by_a_killed_move(site) -> Path:
    """A folder with a copy of the database, as a ``kill -9`` leaves it."""
    left = site / ".moving-0123abcd"
    left.mkdir()
    shutil.copyfile(site / "site.db", left / "site.db")
    return left


@pytest.mark.slow
def test_the_file_is_kept_aside_and_the_folder_names_the_server_and_keeps_its_clock(at, site, empty_database):
    left_by_a_killed_move(site)
    kept = at.json("site", "move", empty_database, *WHY).document["kept_aside"]
    assert not (site / "site.db").exists()
    with closing(sqlite3.connect(f"{kept}/site.db")) as old:
        last = old.execute("SELECT command FROM ledger_entry ORDER BY sequence DESC LIMIT 1").fetchone()
    assert last == ("site.move",)
    said = (site / "site.toml").read_text(encoding="utf-8")
    assert f"{database_url(empty_database).database}" in said
    assert "clock_offset_seconds" in said
    assert [p.name for p in site.iterdir() if p.name.startswith(".")] == []


@pytest.mark.slow
def test_what_does_not_verify_is_not_moved(at, site, empty_database):
    with closing(sqlite3.connect(site / "site.db")) as outside:
        outside.execute("UPDATE cell_count SET viability = '99.9'")
        outside.commit()
    ended = at.json("site", "move", empty_database, *WHY)
    assert (ended.code, ended.document["moved"]) == (4, False)
    assert {(f["table"], f["field"]) for f in ended.document["findings"]} >= {("cell_count", "viability")}
    assert (site / "site.db").exists()
    assert rows_on(empty_database) == 0


@pytest.mark.slow
def test_a_file_that_is_open_elsewhere_stays_where_it_is(at, site, empty_database):
    copy = left_by_a_killed_move(site)
    elsewhere = open_site(site, None)
    with elsewhere.reading() as session:
        session.connection().exec_driver_sql("SELECT count(*) FROM batch").scalar_one()
        ended = at.json("site", "move", empty_database, *WHY)
    elsewhere.close()
    assert ended.code == 5
    assert "open in another program" in ended.document["unable"]["what"]
    assert copy.exists(), "it may be that of a move which is under way"
    assert verified(at)
    assert rows_on(empty_database) == 0


@pytest.mark.slow
def test_a_database_that_holds_this_site_takes_no_second_copy(at, site, empty_database, tmp_path):
    at.json("site", "move", empty_database, *WHY)
    assert at.json("site", "move", empty_database, *WHY).refused["field"] == "site", "it is there already"
    kept = next(site.glob("replaced-*"))
    (kept / "site.toml").write_text('code = "YA01"\n', encoding="utf-8")
    at.environment.setenv("INKT_SITE", str(kept))
    assert at.json("site", "move", empty_database, *WHY).refused["field"] == "to"


def test_only_an_administrator_moves_it_and_says_why(at, site, empty_database):
    assert at.json("site", "move", empty_database, "--as", "zhang.admin").refused["field"] == "reason"
    assert (
        at.json("site", "move", empty_database, "--reason", "x", "--as", "li.tech").refused["rule"] == "R24"
    )
    assert at.json("site", "move", "sqlite:///other.db", *WHY).refused["field"] == "to"
    assert (site / "site.db").exists()


KILLED = """
import os, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from inkt_mfg.store import moving
from inkt_mfg.store.folder import find_place
def tell(what, done, of):
    if what == sys.argv[3] and done > 1:
        os.kill(os.getpid(), signal.SIGKILL)
moving.move_site(find_place(Path(sys.argv[1]), None), sys.argv[2], datetime.now(UTC), tell)
"""


@pytest.mark.slow
@pytest.mark.parametrize("step", ["moving", "chain"])
def test_a_kill_in_the_middle_leaves_the_site_where_it_was_and_the_next_move_does_it(
    at, site, empty_database, step
):
    before = verified(at)
    ended = subprocess.run([sys.executable, "-c", KILLED, site, empty_database, step], timeout=120)
    assert ended.returncode == -signal.SIGKILL
    assert verified(at)["head"] == before["head"]
    assert rows_on(empty_database) == 0
    assert list(site.glob(".moving-*"))
    assert at.json("site", "move", empty_database, *WHY).code == 0
    assert verified(at)["entries"] == before["entries"] + 2
    assert not list(site.glob(".moving-*")), "no copy of the patients' records is left"
