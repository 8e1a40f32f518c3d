"""The demo at a reduced scale: the same code, eight subjects. What only the whole one shows is in ``test_whole_demo``."""

import hashlib
import json
import signal
import subprocess
import sys
from datetime import date, timedelta

import pypdfium2
import pytest
from headless import PROGRAM, inkt

from inkt_mfg.demo.people import ADMINISTRATOR, PASSWORD, STAFF
from inkt_mfg.demo.site import demo_lab
from inkt_mfg.demo.trial import Trial
from inkt_mfg.views.trial import trial_so_far

DAY = date(2026, 11, 19)
MARK = "TRAINING – NOT FOR CLINICAL USE"


def test_it_ends_well_without_a_terminal(small):
    assert (small.code, small.err) == (0, "")
    assert small.seconds < 120


def test_every_line_says_that_it_is_training(small):
    lines = small.out.splitlines()
    assert len(lines) > 100
    assert [line for line in lines if not line.startswith("TRAINING")] == []
    assert MARK in lines[0]
    assert MARK in lines[-1]


def test_the_walk_shows_each_step_with_its_units(small):
    for said in (
        "collection.receive",
        "viable, viability",
        "dose.assess",
        "cells/m^2",
        "batch.release",
        "dose.infuse",
    ):
        assert said in small.out
    assert "UTC+08:00" in small.out


def test_the_walk_shows_what_is_refused_and_why(small):
    assert small.out.count("tries:") >= 3
    assert "143 kg" in small.out
    assert "✗ Refused by R24" in small.out
    assert "✗ Refused by R55" in small.out


def test_the_walk_shows_how_the_dose_was_worked_out(small):
    _before, _mark, after = small.out.partition("How the dose was worked out:")
    derivation = after.splitlines()[1:10]
    assert any("BSA" in line and "m^2" in line for line in derivation)
    assert all("=" in line or "≤" in line for line in derivation[:3])


def test_people_are_told_words_not_codes(small):
    for code in ("qa_officer", "sterility_final", "in_review", "in_culture", "failed_late", "cell/m^2"):
        assert code not in small.out
    assert "Chen Yu, QA officer" in small.out
    assert small.out.count(MARK) == 3, "above, over the trial's table, and below: never twice together"


def test_the_labels_proof_names_what_was_read_back(small):
    assert "passed; rendered at 203.2, 304.8 dpi" in small.out
    assert "DataMatrix" in small.out


def test_people_and_their_password_are_printed(small):
    for person in (*STAFF, ADMINISTRATOR):
        assert f"{person.user_name}  {person.full_name}" in small.out
    assert f"password of each: {PASSWORD}" in small.out


@pytest.mark.slow
def test_the_site_it_leaves_verifies_and_can_be_worked_at(small):
    verified = inkt("--site", small.folder, "ledger", "verify", "--json")
    assert verified.returncode == 0
    assert f"Ledger: {json.loads(verified.stdout)['entries']} entries, 0 findings" in small.out
    board = inkt("--site", small.folder, "board", "--as", "zhao.qa", "--json")
    assert board.returncode == 0, board.stderr
    assert json.loads(board.stdout)["tasks"]


@pytest.mark.slow
def test_the_access_review_accuses_nobody_who_works_there(small):
    review = inkt("--site", small.folder, "report", "access", "--json")
    odd = {o["user_name"] for o in json.loads(review.stdout)["oddities"] if "logged in" in o["what"]}
    assert odd <= {ADMINISTRATOR.user_name}, "who has had nothing to do since the first day"


def test_every_pdf_it_writes_is_marked(small):
    written = sorted(small.folder.rglob("*.pdf"))
    assert {p.parent.name for p in written} == {"labels", "records"}
    records = [p for p in written if p.parent.name == "records"]
    assert {p.stem.split("-", 2)[2] for p in records} == {"batch-record", "certificate"}
    for path in (*records, written[0]):
        document = pypdfium2.PdfDocument(path)
        for page in document:
            assert "TRAINING" in page.get_textpage().get_text_range().upper()


@pytest.mark.slow
def test_the_label_it_kept_is_the_one_that_was_proofed(small):
    (record,) = (small.folder / "records").glob("*-batch-record.pdf")
    walked = record.name.removesuffix("-batch-record.pdf")
    labels = json.loads(inkt("--site", small.folder, "batch", "show", walked, "--json").stdout)["labels"]
    assert labels
    for label in labels:
        kept = (small.folder / "labels" / f"{label['label']}.pdf").read_bytes()
        assert hashlib.sha256(kept).hexdigest() == label["pdf_sha256"]


def test_a_folder_that_holds_a_site_is_refused(small):
    before = (small.folder / "site.toml").read_bytes()
    ended = inkt("demo", "--headless", "--out", small.folder, "--json")
    assert ended.returncode == 3
    assert json.loads(ended.stdout)["refused"]["rule"] == "site.exists"
    assert (small.folder / "site.toml").read_bytes() == before


@pytest.mark.slow
def test_a_demo_that_is_interrupted_leaves_no_half_site(tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, "demo", "--headless", "--subjects", "4", "--out", str(tmp_path / "demo")],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    for line in process.stdout:
        if "Simulating" in line:
            process.send_signal(signal.SIGINT)
            break
    _out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in err
    assert not (tmp_path / "demo" / "site.toml").exists()
    assert not (tmp_path / "demo" / "site.db").exists()


# --- the same seed and day, the same numbers


def told(folder, seed: int) -> tuple:
    """What a trial of two subjects comes to: every row of its table, without the moments things were recorded at."""
    with demo_lab(folder, DAY - timedelta(days=160)) as lab:
        trial = Trial(lab, DAY, seed, subjects=2)
        trial.protocol_code = trial.prepare()
        trial.enrol_all(trial.protocol_code)
        trial.run_until(lab.at(DAY, 10, 30))
        return trial_so_far(lab.store).batches


@pytest.fixture(scope="module")
def first(tmp_path_factory):
    return told(tmp_path_factory.mktemp("first") / "site", 2011)


@pytest.mark.slow
def test_the_same_seed_and_day_give_the_same_trial(first, tmp_path):
    assert len(first) > 0
    assert any(row.fold for row in first)
    assert told(tmp_path / "again", 2011) == first


@pytest.mark.slow
def test_another_seed_gives_another_trial(first, tmp_path):
    other = told(tmp_path / "other", 2012)
    assert [row.fold for row in other] != [row.fold for row in first]
