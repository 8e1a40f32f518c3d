"""Kills, Ctrl-C, full disks and read-only folders in the middle of ``inkt``: wholly or not at all, and the ledger is ok.

The store's tests beside these show the same for one transaction; here a command is a log-in and an act.
"""

import json
import os
import random
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from killing import killed_at, steps_of, worth_killing
from shell import PROGRAM, entries_of
from test_act_command import FEED

from inkt_mfg.cli.main import run

# ``inkt`` that is struck at the n-th of a kind of event: 1 is the log-in's commit, 2 the act's.
STRUCK = """
import os, signal, sys
from sqlalchemy import event
from sqlmodel import Session
from inkt_mfg.cli.main import run
point, wanted, blow = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
seen = 0
def strike(*_event):
    global seen
    seen += 1
    if seen == wanted:
        os.kill(os.getpid(), blow)
event.listen(Session, point, strike)
run(sys.argv[4:])
"""
ENTRIES_OF_THE_ACT = 2  # the log-in and the act


def steps_of_batch(at) -> int:
    return len(at.json("batch", "show", "B-00002").document["steps"])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("point", "number", "entries", "steps"),
    [
        ("before_commit", 1, 0, 0),
        ("after_commit", 1, 1, 0),
        ("after_flush", 4, 1, 0),
        ("before_flush", 4, 1, 0),
        ("before_commit", 2, 1, 0),
        ("after_commit", 2, 2, 1),
    ],
)
def test_a_command_killed_anywhere_happened_wholly_or_not_at_all(at, point, number, entries, steps):
    before, done = entries_of(at), steps_of_batch(at)
    ended = at.process(point, number, int(signal.SIGKILL), *FEED, program=STRUCK)
    assert ended.code == -signal.SIGKILL, ended.err
    assert entries_of(at) == before + entries
    assert steps_of_batch(at) == done + steps
    assert at(*FEED).code == 0, "and the next command goes on"
    assert steps_of_batch(at) == done + steps + 1


@pytest.mark.slow
@pytest.mark.parametrize(
    ("point", "number", "steps"), [("before_flush", 4, 0), ("before_commit", 2, 0), ("after_commit", 2, 1)]
)
def test_ctrl_c_ends_with_130_and_no_traceback(at, point, number, steps):
    before = steps_of_batch(at)
    ended = at.process(point, number, int(signal.SIGINT), *FEED, program=STRUCK)
    assert (ended.code, ended.out) == (130, "")
    assert "Traceback" not in ended.err
    assert steps_of_batch(at) == before + steps
    assert entries_of(at)


@pytest.mark.slow
def test_kills_at_any_moment_leave_a_sound_ledger(at):
    """Forty processes, each killed a little later in its life than the last."""
    chance = random.Random(2011)
    done = steps_of_batch(at)
    for _ in range(40):
        process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, *FEED, "--json"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        time.sleep(chance.uniform(0.6, 2.2))
        process.kill()
        out, _err = process.communicate(timeout=60)
        assert entries_of(at)
        now = steps_of_batch(at)
        assert now in ({done + 1} if out else {done, done + 1})
        done = now


@pytest.mark.slow
def test_a_command_killed_at_every_step_happened_wholly_or_not_at_all(at):
    """Before each statement, commit and change to a file, of the log-in and of the act."""

    def act() -> None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        run(list(FEED))

    for number in worth_killing(steps_of(act)):
        before, done = entries_of(at), steps_of_batch(at)
        assert killed_at(number, act) in {-signal.SIGKILL, 0}
        after = steps_of_batch(at)
        assert entries_of(at) - before in ({2} if after > done else {0, 1}), number


def with_spare(site: Path, spare: int):
    """Every file may grow to this many bytes only, as on a disk that is full."""
    assert site.is_dir()
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (spare, spare))


@pytest.mark.slow
@pytest.mark.parametrize("spare", [33_000, 60_000])
def test_a_full_disk_ends_with_5_and_nothing_of_the_act(at, site, spare):
    done = steps_of_batch(at)
    ended = at.process(*FEED, "--json", preexec_fn=with_spare(site, spare))
    assert ended.code == 5, ended.err
    assert "Nothing was recorded" in ended.err
    assert "Traceback" not in ended.err
    assert json.loads(ended.out).keys() == {"unable"}
    assert steps_of_batch(at) == done
    assert entries_of(at)
    assert at(*FEED).code == 0, "with space again it goes on"


@pytest.mark.slow
def test_a_disk_too_full_for_a_site_leaves_nothing_behind(shell, tmp_path):
    arguments = ("init", "--code", "YA02", "--name", "n", "--address", "a", "--time-zone", "UTC", "--training",
                 "--administrator", "a.b=A B", "--site", tmp_path / "new")  # fmt: skip
    ended = shell.process(*arguments, preexec_fn=with_spare(tmp_path, 40_000))
    assert ended.code == 5, ended.err
    assert "full" in ended.err or "I/O" in ended.err
    assert not (tmp_path / "new").exists()
    assert shell(*arguments).code == 0


@pytest.mark.slow
def test_a_disk_too_full_for_a_label_leaves_no_half_file(at, released, site, tmp_path):
    (tmp_path / "bag.pdf").write_bytes(b"the label before")
    label = ("label", "infusion", released, "--out", "bag.pdf", "--as", "liu.pharm")
    assert at(*[a.replace("bag.pdf", "first.pdf") for a in label]).code == 0
    pdf = (tmp_path / "first.pdf").stat().st_size
    ended = at.process(*label, preexec_fn=with_spare(site, pdf - 1))
    assert ended.code == 5, ended.err
    assert "Traceback" not in ended.err
    assert (tmp_path / "bag.pdf").read_bytes() == b"the label before"
    assert not list(tmp_path.glob(".*.part"))
    assert at(*label).code == 0
    assert (tmp_path / "bag.pdf").read_bytes() == (tmp_path / "first.pdf").read_bytes()


# As root nothing is forbidden: the process becomes nobody once its modules are loaded.
STRANGER = """
import os, sys
import inkt_mfg.cli.act, inkt_mfg.cli.batch, inkt_mfg.cli.board, inkt_mfg.cli.entries, inkt_mfg.cli.ledger
import inkt_mfg.cli.opening, inkt_mfg.store.folder, inkt_mfg.store.verification, inkt_mfg.views.batch_page
import inkt_mfg.cli.site, inkt_mfg.store.making, inkt_mfg.workflow.site, alembic.command
import inkt_mfg.workflow.catalogue, inkt_mfg.workflow.day_board, argon2, getpass, platform, sqlalchemy.dialects.sqlite
import inkt_mfg.views.batches, inkt_mfg.protocol, pint
from inkt_mfg.cli.main import run
if os.geteuid() == 0:
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
run(sys.argv[1:])
"""


@pytest.fixture
def reachable(site, tmp_path_factory):
    """The site where nobody may look but not write; pytest's own folders are closed to others."""
    import shutil
    import tempfile

    with tempfile.TemporaryDirectory() as made:
        folder = Path(made) / "site"
        shutil.copytree(site, folder)
        Path(made).chmod(0o755)
        yield folder
        for path in (folder, *folder.iterdir()):
            path.chmod(0o755)


def _read_only(folder: Path) -> None:
    for file in folder.iterdir():
        file.chmod(0o444)
    folder.chmod(0o555)


@pytest.mark.slow
@pytest.mark.parametrize("arguments", [FEED, ("board", "--as", "li.tech")], ids=["act", "board"])
def test_a_read_only_folder_ends_with_5(at, reachable, arguments):
    _read_only(reachable)
    before = (reachable / "site.db").read_bytes()
    ended = at.process(*arguments, "--site", reachable, "--json", program=STRANGER)
    assert ended.code == 5, ended.err
    assert str(reachable) in ended.err
    assert "Nothing was recorded" in ended.err
    assert "Traceback" not in ended.err
    assert json.loads(ended.out).keys() == {"unable"}
    assert (reachable / "site.db").read_bytes() == before


@pytest.mark.slow
def test_a_site_file_nobody_may_read_ends_with_5(at, reachable):
    (reachable / "site.toml").chmod(0o000)
    ended = at.process("batch", "list", "--site", reachable, program=STRANGER)
    assert (ended.code, ended.out) == (5, "")
    assert "site.toml" in ended.err


@pytest.mark.slow
def test_a_site_cannot_be_made_where_nobody_may_write(at, reachable):
    _read_only(reachable)
    ended = at.process(
        "init", "--code", "YA02", "--name", "n", "--address", "a", "--time-zone", "UTC", "--training",
        "--administrator", "a.b=A B", "--site", reachable / "new", program=STRANGER,
    )  # fmt: skip
    assert ended.code == 5, ended.err
    assert "Traceback" not in ended.err
    assert not (reachable / "new").exists()
