"""``inkt batch`` and ``inkt board``: reading without a log-in shows no patient; the board is one person's."""

import sqlite3

import pytest


@pytest.fixture
def patient_names(site) -> list[str]:
    with sqlite3.connect(site / "site.db") as connection:
        rows = connection.execute("SELECT patient_name, patient_id FROM subject").fetchall()
    assert len(rows) == 2
    return [text for row in rows for text in row]


@pytest.mark.requirement("R63")
def test_reading_without_a_log_in_shows_no_patient_name(at, patient_names):
    at.environment.delenv("INKT_PASSWORD")
    for arguments in (("batch", "list"), ("batch", "show", "B-00001"), ("report", "trial")):
        for ended in (at(*arguments), at.json(*arguments)):
            assert ended.code == 0, ended.err
            assert ended.err == ""
            assert not any(name in ended.out for name in patient_names)


def test_a_list_is_one_document_the_newest_first(at):
    listed = at.json("batch", "list").document["batches"]
    assert [b["batch"] for b in listed] == ["B-00002", "B-00001"]
    assert listed[1].keys() == {
        "batch", "subject", "infusion", "state", "disposition", "on_hold", "started_at", "dose", "verdict",
    }  # fmt: skip
    assert (listed[1]["state"], listed[1]["disposition"]) == ("in_review", "quarantine")
    assert listed[1]["dose"].keys() == {"value", "unit"}
    assert (listed[0]["dose"], listed[0]["verdict"]) == (None, None)


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        (("--state", "in_culture"), ["B-00002"]),
        (("--state", "closed"), []),
        (("--text", "YA-001"), ["B-00001"]),
        (("--most", "1"), ["B-00002"]),
    ],
)
def test_a_list_can_be_narrowed(at, filters, found):
    assert [b["batch"] for b in at.json("batch", "list", *filters).document["batches"]] == found
    assert at("batch", "list", *filters).out.count("\n") == len(found)


def test_a_state_that_is_none_is_refused_with_the_list(at):
    refusal = at.json("batch", "list", "--state", "cooking").refused
    assert (refusal["field"], refusal["typed"]) == ("state", "cooking")
    assert "in_culture" in refusal["expected"]


def test_at_most_none_is_a_wrong_argument(at):
    assert at("batch", "list", "--most", "0").code == 2


def test_a_batch_is_shown_whole(at):
    page = at.json("batch", "show", "B-00001").document
    assert (page["batch"], page["subject"], page["state"]) == ("B-00001", "YA-001", "in_review")
    told = at("batch", "show", "B-00001").out
    assert ": in review, quarantine" in told
    assert "N-00001  Isolate PBMC by density gradient" in told
    assert "technician" in told
    assert not {"in_review", "gradient:", "report_only", "qa_officer"} & set(told.split())
    assert {c["point"] for c in page["counts"]} >= {"harvest", "formulate"}
    assert page["counts"][0]["viability"]["unit"] == "%"
    assert page["dose"]["verdict"] in {"below", "within", "above"}
    assert len(page["dose"]["derivation"]) == 6
    assert all(line.keys() == {"formula", "values", "result"} for line in page["dose"]["derivation"])
    assert [s["meaning"] for s in page["signatures"]][-1] == "review"
    assert all(s["stands"] for s in page["signatures"])
    verdicts = {t["test"]: t["verdict"] for t in page["tests"]}
    assert len(verdicts) == 8
    assert (verdicts.pop("sterility_final"), verdicts.pop("cd3_positive")) == ("pending", "report_only")
    assert set(verdicts.values()) == {"pass"}


def test_people_read_the_derivation_and_the_signatures(at):
    out = at("batch", "show", "B-00001").out
    assert "NOT FOR CLINICAL USE" in out
    assert "UTC+08:00" in out
    assert "Chen Yu (chen.qa)" in out
    assert "=" in out


def test_a_batch_nobody_knows_is_refused(at):
    refusal = at.json("batch", "show", "B-99999").refused
    assert (refusal["rule"], refusal["field"], refusal["typed"]) == ("record.unknown", "batch", "B-99999")


def test_the_board_tells_one_person_what_is_due_and_what_stands_in_the_way(at):
    board = at.json("board", "--as", "zhao.qa").document
    assert board.keys() == {"today", "tasks", "notices", "seal", "backup"}
    assert board["today"] == "2026-11-19"
    for task in board["tasks"]:
        assert task.keys() == {"due", "command", "title", "on", "batch", "subject", "mine", "blockers"}
    told = [(t["command"], t["on"], t["mine"], t["blockers"]) for t in board["tasks"]]
    assert told == [("batch.release", "B-00001", True, []), ("batch.restimulate", "B-00002", False, [])]
    release, feeding = at.json("board", "--as", "li.tech").document["tasks"]
    assert (release["mine"], feeding["mine"]) == (False, True)
    (blocker,) = release["blockers"]
    assert (blocker["rule"], blocker["resolve_by"]) == ("R24", "another QA officer")
    assert "Li Na (li.tech) performed or verified a step" in blocker["what"]
    assert feeding["blockers"] == []


@pytest.mark.requirement("R01")
def test_what_stands_in_a_record_is_shown_by_the_terminal_and_never_obeyed(at, site):
    spill = (
        "act",
        "deviation.open",
        "B-00001",
        "description=spill \u202e",
        "severity=minor",
        "--as",
        "li.tech",
    )
    assert at(*spill).code == 0
    shown = at("ledger", "show", "--record", "B-00001", "--as", "chen.qa")
    assert (shown.code, "\u202e" in shown.out, "spill \\u202e" in shown.out) == (0, False, True)
    with sqlite3.connect(site / "site.db") as behind:
        behind.execute("UPDATE deviation SET description = ?", ("spill \x1b]0;not the lab\x07 \x9b2J",))
    for_people, for_programs = at("board", "--as", "chen.qa"), at.json("board", "--as", "chen.qa")
    assert "spill \\u001b]0;not the lab\\u0007 \\u009b2J" in for_people.out
    assert any("spill \x1b]0;not the lab\x07 \x9b2J" in str(one) for one in _texts(for_programs.document))
    for printed in (for_people.out, for_programs.out):
        assert not {"\x1b", "\x07", "\x9b"} & set(printed)


def _texts(document):
    """Every text of a document, however deep."""
    if isinstance(document, dict):
        document = list(document.values())
    if isinstance(document, list):
        return [text for part in document for text in _texts(part)]
    return [document]


def test_the_board_for_people_has_a_line_for_each_task(at):
    tasks = at.json("board", "--as", "li.tech").document["tasks"]
    _seal, release, restimulation = at("board", "--as", "li.tech").out.splitlines()
    for task, line in zip(tasks, (release, restimulation), strict=True):
        assert line.startswith(f"{task['due']}  {task['on']}")
        assert task["title"] in line
    assert release.endswith("BLOCKED")
    assert restimulation.endswith("[a technician]")
