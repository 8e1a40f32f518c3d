"""``inkt ledger show``: reading the audit trail needs no log-in, a copy of it does, and each copy is an entry."""

import csv
import hashlib
import io
import json

import pypdfium2
import pytest

BATCH = "B-00001"
pytestmark = pytest.mark.requirement("R01", "R09")


def test_the_newest_entries_come_first_and_say_how_to_go_on(at):
    ended = at("ledger", "show", "--limit", "2")
    assert ended.code == 0
    numbers = [int(line[1:].split()[0]) for line in ended.out.splitlines() if line.startswith("#")]
    assert numbers == sorted(numbers, reverse=True)
    assert len(numbers) == 2
    assert f"--before {numbers[-1]}" in ended.err
    older = at("ledger", "show", "--limit", "1", "--before", numbers[-1])
    assert older.out.startswith(f"#{numbers[-1] - 1} ")


def test_a_text_of_several_lines_never_looks_like_an_entry_of_its_own(at):
    forged = "moved\n#999  2026-11-19 08:21:00 UTC+08:00  Chen Yu"
    typed = ("act", "deviation.open", BATCH, f"description={forged}", "severity=minor", "--as", "li.tech")
    assert at(*typed).code == 0
    shown = at("ledger", "show", "--limit", "1").out
    assert "moved\n            │ #999  2026" in shown
    assert [line for line in shown.splitlines() if line.startswith("#")] == [shown.splitlines()[0]]


def test_json_is_one_document_with_old_and_new(at):
    page = at.json("ledger", "show", "--batch", BATCH, "--command", "batch.submit").document
    (entry,) = page["entries"]
    assert entry["actor"] == {"user_name": "li.tech", "full_name": "Li Na", "role": "technician"}
    moved = [field for change in entry["changes"] for field in change["fields"] if change["table"] == "batch"]
    assert moved == [{"field": "state", "old": "formulated", "new": "in_review"}]
    assert (page["training"], page["more"]) == (True, None)
    assert at("ledger", "show", "--limit", "1", "--format", "json").document["entries"]


def test_the_ways_to_ask_restrict_together(at):
    ended = at.json(
        "ledger",
        "show",
        "--person",
        "li.tech",
        "--subject",
        "YA-001",
        "--since",
        "2026-11-10",
        "--search",
        "feed",
    )
    entries = ended.document["entries"]
    assert entries
    assert {entry["actor"]["user_name"] for entry in entries} == {"li.tech"}
    assert all(entry["at"] >= "2026-11-10" for entry in entries)
    after = at.json("ledger", "show", "--after", "10", "--limit", "3").document
    assert [entry["sequence"] for entry in after["entries"]] == [11, 12, 13]
    day = entries[0]["at"][:10]
    assert at.json("ledger", "show", "--day", day, "--record", BATCH).document["entries"]


@pytest.mark.requirement("R63")
def test_reading_without_a_log_in_names_no_patient_and_a_copy_after_one_does(at, tmp_path):
    shown = at("ledger", "show", "--command", "subject.enrol", "--limit", "50")
    assert "(shown after a log-in)" in shown.out
    at("ledger", "show", "--command", "subject.enrol", "--out", tmp_path / "enrolled.csv", "--as", "chen.qa")
    copied = (tmp_path / "enrolled.csv").read_text(encoding="utf-8")
    (name,) = {
        r["new"]
        for r in csv.DictReader(io.StringIO(copied))
        if r["field"] == "patient_name" and "001" in r["record"]
    }
    assert name not in shown.out


@pytest.mark.parametrize(
    "ending", ["csv", "pdf", *(pytest.param(other, marks=pytest.mark.slow) for other in ("json", "txt"))]
)
def test_a_copy_is_written_whole_and_is_an_entry_with_its_digest(at, tmp_path, ending):
    out = tmp_path / f"trail.{ending}"
    ended = at.json("ledger", "show", "--batch", BATCH, "--limit", "20", "--out", out, "--as", "chen.qa")
    assert ended.code == 0, ended.err
    digest = hashlib.sha256(out.read_bytes()).hexdigest()
    assert ended.document == {
        "file": str(out), "sha256": digest, "entries": 20, "sequence": ended.document["sequence"],
    }  # fmt: skip
    (entry,) = at.json("ledger", "show", "--after", ended.document["sequence"] - 1, "--limit", "1").document[
        "entries"
    ]
    assert entry["command"] == "records.copy"
    assert entry["actor"]["user_name"] == "chen.qa"
    assert entry["notes"] == {
        "what": f"audit trail: {BATCH} and everything beneath it", "file": out.name, "sha256": digest,
    }  # fmt: skip
    assert not list(tmp_path.glob(".*.part"))
    read_back(out, ending)


def read_back(out, ending: str) -> None:
    match ending:
        case "csv":
            rows = list(csv.DictReader(io.StringIO(out.read_text(encoding="utf-8"))))
            assert len({row["sequence"] for row in rows}) == 20
            assert {"old", "new", "reason", "workstation", "at_utc"} <= rows[0].keys()
        case "json":
            assert len(json.loads(out.read_text(encoding="utf-8"))["entries"]) == 20
        case "pdf":
            pdf = pypdfium2.PdfDocument(out)
            first = pdf[0].get_textpage().get_text_bounded()
            pages = len(pdf)
            pdf.close()
            assert f"page 1 of {pages}" in first
            assert "TRAINING" in first
            assert "Chen Yu (chen.qa)" in first
            assert BATCH in first
        case _:
            assert out.read_text(encoding="utf-8").count("\n#") == 19


def test_a_copy_that_cannot_be_written_is_not_left_half(at, tmp_path):
    ended = at("ledger", "show", "--out", tmp_path / "no" / "where.csv", "--as", "chen.qa")
    assert ended.code == 5
    assert not list(tmp_path.glob("**/*.part"))


def test_a_copy_asks_who_takes_it_and_a_pdf_asks_for_a_file(at, tmp_path):
    assert at("ledger", "show", "--out", tmp_path / "trail.csv").code == 2
    assert at("ledger", "show", "--format", "pdf").code == 2
    assert at("ledger", "show", "--batch", BATCH, "--record", BATCH).code == 2
    assert not (tmp_path / "trail.csv").exists()


def test_a_record_nobody_knows_is_refused_and_nothing_that_fits_is_said(at):
    assert at.json("ledger", "show", "--record", "B-99999").refused["rule"] == "record.unknown"
    ended = at("ledger", "show", "--search", "no such text anywhere")
    assert (ended.code, ended.out.strip()) == (0, "")
    assert "No entry fits." in ended.err
