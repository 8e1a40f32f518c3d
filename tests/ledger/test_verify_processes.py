"""Verification by several processes says what one process says, about a sound ledger and about one attacked all over."""

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest
from test_verify_signatures import outside, sign, signed  # noqa: F401 — fixtures by their names

from inkt_mfg.ledger import verify as verifying
from inkt_mfg.ledger.verify import verify_chain, verify_site
from inkt_mfg.store.engine import one_snapshot

SITE = "YAH"
ROOT = Path(__file__).resolve().parents[2]
ATTACKS = (
    ("UPDATE cell_count SET viability = '97.5' WHERE code = 'N-00001'", ()),
    ("DELETE FROM cell_count WHERE code = 'N-00003'", ()),
    ("UPDATE ledger_entry SET body = 'gone' WHERE sequence = 2", ()),
    ("UPDATE ledger_entry SET actor = 'somebody.else' WHERE sequence = 6", ()),
    ("DELETE FROM ledger_entry WHERE sequence = 5", ()),
    ("UPDATE signature SET content_sha256 = ? WHERE key = ?", ("0" * 64, "0f" + "d" * 30)),
    (
        "INSERT INTO ledger_touch (site, row_key, sequence, row_table) VALUES ('YAH', ?, 1, 'batch')",
        ("f" * 32,),
    ),
)
pytestmark = pytest.mark.requirement("R04", "R05")


@pytest.fixture
def attacked(signed, outside):  # noqa: F811
    sign(signed, "0f" + "d" * 30, "N-00003", "N-00002")
    outside(*ATTACKS)
    return signed


def by(store, processes: int, monkeypatch):
    """The verification by so many processes, and how many were started."""
    started = []
    whole = subprocess.Popen.__init__

    def counting(self, *positional, **named):
        started.append(positional)
        whole(self, *positional, **named)

    monkeypatch.setattr(verifying, "WORTH_MORE_PROCESSES", 1)
    monkeypatch.setattr(subprocess.Popen, "__init__", counting)
    with one_snapshot(store.engine).connect() as connection:
        return verify_site(connection, SITE, processes=processes), len(started)


@pytest.mark.slow
def test_three_processes_find_a_sound_ledger_sound(signed, monkeypatch):  # noqa: F811
    alone, none = by(signed, 1, monkeypatch)
    together, three = by(signed, 3, monkeypatch)
    assert (none, three) == (0, 3)
    assert together == alone
    assert alone.ok


@pytest.mark.slow
def test_three_processes_name_what_one_names_in_the_same_order(attacked, monkeypatch):
    alone, _none = by(attacked, 1, monkeypatch)
    together, _three = by(attacked, 3, monkeypatch)
    assert together == alone
    kinds = {f.kind.value for f in alone.findings}
    assert kinds >= {"chain.body", "chain.gap", "chain.column", "row.missing", "row.unknown", "touch.unknown"}
    assert kinds >= {"signature.content", "row.changed"}


@pytest.mark.slow
def test_a_process_that_cannot_see_the_same_snapshot_leaves_the_work_to_this_one(attacked, monkeypatch):
    alone, _none = by(attacked, 1, monkeypatch)
    reach = verifying.reach_of
    monkeypatch.setattr(verifying, "reach_of", lambda connection, _last: reach(connection, (99, "0" * 64)))
    together, started = by(attacked, 2, monkeypatch)
    assert started == 2
    assert together == alone


@pytest.mark.slow
def test_the_chain_alone_by_several_processes(attacked, monkeypatch):
    monkeypatch.setattr(verifying, "WORTH_MORE_PROCESSES", 1)
    with attacked.engine.connect() as connection:
        assert verify_chain(connection, SITE, processes=2) == verify_chain(connection, SITE)


MEASURED = """
import json, sys
from bench.memory import Peak
from inkt_mfg.store.unit_of_work import Store
from inkt_mfg.store.verification import verify
store = Store.open(sys.argv[1], "BENCH")
told = []
with Peak() as peak:
    checked = verify(store, lambda what, done, of: told.append((what, done, of)))
print(json.dumps({"ok": checked.ok, "entries": checked.entries, "megabytes": peak.megabytes, "told": len(told)}))
"""


@pytest.mark.slow
def test_a_hundred_thousand_entries_are_verified_within_300_megabytes_with_progress(tmp_path):
    from bench.site_maker import make_site

    address = f"sqlite:///{tmp_path / 'site.db'}"
    make_site(address, 100_000)
    ended = subprocess.run(
        [sys.executable, "-c", MEASURED, address],
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
        cwd=ROOT,
    )
    said = json.loads(ended.stdout)
    assert (said["ok"], said["entries"]) == (True, 100_000)
    assert said["told"] > 40
    assert 20 < said["megabytes"] <= 300, "all its processes together"


KILLED = """
import sys
from inkt_mfg.store.unit_of_work import Store
from inkt_mfg.store import verification
verification._cores = lambda: 3
store = Store.open(sys.argv[1], "BENCH")
verification.verify(store, lambda what, done, of: print(what, flush=True))
"""


def _children(process: int) -> list[str]:
    return Path(f"/proc/{process}/task/{process}/children").read_text(encoding="ascii").split()


def _ended(process: str) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(") ")[2][:1] == "Z"
    except OSError:
        return True


@pytest.mark.slow
def test_when_the_program_is_killed_its_processes_end_too(tmp_path):
    """Also one that waits for what another was to hand over."""
    from bench.site_maker import make_site

    address = f"sqlite:///{tmp_path / 'site.db'}"
    make_site(address, 30_000)
    program = subprocess.Popen([sys.executable, "-c", KILLED, address], stdout=subprocess.PIPE, cwd=ROOT)
    assert program.stdout is not None
    assert program.stdout.readline(), "it is under way"
    children = _children(program.pid)
    assert len(children) == 3
    program.kill()
    program.wait()
    program.stdout.close()
    until = time.monotonic() + 20
    while time.monotonic() < until and not all(map(_ended, children)):
        time.sleep(0.05)
    assert all(map(_ended, children))
