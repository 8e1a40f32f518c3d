"""``inkt ledger verify``: its JSON and its exit codes are a contract."""

import json
import os
import pty
import sqlite3
import subprocess
import sys

import pytest
from scene import SITE, make_batch, make_site

from inkt_mfg.store.engine import database_url, open_engine
from inkt_mfg.store.folder import new_place
from inkt_mfg.store.migrate import create_schema
from inkt_mfg.store.unit_of_work import Store


@pytest.fixture
def folder(tmp_path):
    """A site's folder as ``inkt init`` makes it."""
    place = new_place(tmp_path / "site", SITE)
    engine = open_engine(database_url(place.address))
    create_schema(engine)
    engine.dispose()
    store = Store.open(place.address, SITE)
    make_site(store)
    make_batch(store)
    store.close()
    return place.folder


def inkt(*arguments: object) -> subprocess.CompletedProcess:
    program = "import sys; from inkt_mfg.cli.main import run; run(sys.argv[1:])"
    command = [sys.executable, "-c", program, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


def test_a_sound_ledger_ends_with_0(folder) -> None:
    ended = inkt("--site", folder, "ledger", "verify", "--json")
    answer = json.loads(ended.stdout)
    assert len(answer.pop("head")) == 64
    assert answer == {"ok": True, "entries": 3, "seals": 0, "sealed": 0, "findings": []}
    assert (ended.returncode, ended.stderr) == (0, "")


def test_people_are_told_the_head_and_what_it_does_not_show(folder) -> None:
    ended = inkt("--site", folder, "ledger", "verify")
    assert "Nothing wrong. Entries, chain and replay: 3; seals: 0." in ended.stdout
    assert "Not shown by this: that no tail was cut off with its rows" in ended.stdout
    assert "inkt ledger verify --seal FILE" in ended.stdout


def test_an_edit_from_outside_ends_with_4_and_is_named(folder) -> None:
    with sqlite3.connect(folder / "site.db") as connection:
        connection.execute("UPDATE batch SET infusion_number = 2")
    ended = inkt("--site", folder, "ledger", "verify", "--json")
    answer = json.loads(ended.stdout)
    assert ended.returncode == 4
    assert (answer["ok"], answer["entries"]) == (False, 3)
    (finding,) = answer["findings"]
    assert list(finding) == ["kind", "table", "key", "field", "expected", "found"]
    assert (finding["kind"], finding["table"], finding["field"]) == (
        "row.changed",
        "batch",
        "infusion_number",
    )
    assert (finding["expected"], finding["found"]) == (1, 2)
    assert "expected 1, found 2" in inkt("--site", folder, "ledger", "verify").stdout


def test_a_dropped_trigger_ends_with_4(folder) -> None:
    with sqlite3.connect(folder / "site.db") as connection:
        connection.execute("DROP TRIGGER ledger_entry_refuses_delete")
    ended = inkt("--site", folder, "ledger", "verify", "--json")
    assert ended.returncode == 4
    assert json.loads(ended.stdout)["findings"][0]["kind"] == "trigger.missing"


def test_a_database_address_alone_is_enough_when_it_holds_one_site(folder) -> None:
    ended = inkt("--database-url", f"sqlite:///{folder / 'site.db'}", "ledger", "verify", "--json")
    assert json.loads(ended.stdout)["entries"] == 3


def test_no_site_is_refused_with_3(tmp_path) -> None:
    ended = inkt("--site", tmp_path, "ledger", "verify", "--json")
    assert ended.returncode == 3
    assert json.loads(ended.stdout)["refused"]["rule"] == "site.unknown"
    assert "inkt init" in ended.stderr


def test_a_newer_database_ends_with_5(folder) -> None:
    with sqlite3.connect(folder / "site.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    ended = inkt("--site", folder, "ledger", "verify")
    assert ended.returncode == 5
    assert "schema 9999" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.slow
def test_on_a_terminal_a_quick_check_shows_no_bar(folder) -> None:
    """The bar is for whoever waits longer than a second; its place is stderr, so an answer stays clean."""
    ours, theirs = pty.openpty()
    program = "import sys; from inkt_mfg.cli.main import run; run(sys.argv[1:])"
    command = [sys.executable, "-c", program, "--site", str(folder), "ledger", "verify", "--json"]
    ended = subprocess.run(command, stdout=subprocess.PIPE, stderr=theirs, text=True, timeout=60)
    os.close(theirs)
    os.close(ours)
    assert ended.returncode == 0
    assert json.loads(ended.stdout)["ok"] is True
