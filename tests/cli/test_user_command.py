"""The register, failures, the statement, settings and trainings from a shell, and the access review as a file."""

import json
import time

import pyotp
import pytest

PERSON = (
    "--full-name",
    "He Hua",
    "--role",
    "technician",
    "--identity-checked",
    "passport, seen by Zhang Min",
)


@pytest.fixture
def office(at):
    """The small site with its administrator at the shell."""
    at.environment.setenv("INKT_USER", "zhang.admin")
    return at


@pytest.mark.requirement("R20", "R10")
def test_the_register_is_read_without_a_log_in(at):
    listed = at.json("user", "list").document["people"]
    assert [p["user_name"] for p in listed] == sorted(p["user_name"] for p in listed)
    li = next(p for p in listed if p["user_name"] == "li.tech")
    assert (li["roles"], li["active"], li["statement_accepted"]) == (["technician"], True, 1)
    shown = at.json("user", "show", "li.tech")
    assert shown.document == li
    (grant,) = li["grants"]
    assert (grant["granted_by"], grant["because"]) == ("zhang.admin", "staff of the demo")
    lines = at("user", "list").out.splitlines()
    assert len(lines) == len(listed)
    assert len({line.index("[") for line in lines}) == 1, "in columns"


def test_one_account_is_told_whole(office):
    assert office("user", "add", "he.tech", *PERSON, "--reason", "replaces Wang Jun").code == 0
    assert office("act", "person.deactivate", "user_name=he.tech", "--reason", "never came").code == 0
    out = office("user", "show", "he.tech").out
    for said in ("CLOSED", "first password", "passport, seen by Zhang Min", "by zhang.admin: replaces Wang Jun",
                 "closed  zhang.admin: never came", "last log-in never", "not accepted"):  # fmt: skip
        assert said in out, out


def test_nobody_of_that_name_is_refused(at):
    refusal = at.json("user", "show", "nobody").refused
    assert (refusal["rule"], refusal["typed"]) == ("record.unknown", "nobody")


@pytest.mark.requirement("R25")
def test_failures_are_listed_with_the_name_as_typed(at):
    assert at("user", "failures").out == "No attempt failed in the last 30 days.\n"
    assert at("user", "failures", "--days", "99999999").code == 2
    at.environment.setenv("INKT_PASSWORD", "not the password")
    for name in ("root", "li.tech"):
        assert at("board", "--as", name).code == 3
    found = at.json("user", "failures", "--days", "1").document["failures"]
    assert [f["typed_name"] for f in found] == ["li.tech", "root"]
    assert "root" in at("user", "failures").out
    at.environment.setenv("INKT_PASSWORD", "demo-password")
    board = at.json("board", "--as", "chen.qa").document
    assert [n["rule"] for n in board["notices"]].count("R25") == 1


@pytest.mark.requirement("R25")
def test_what_was_typed_as_a_name_is_one_line_wherever_it_is_shown(at):
    forged = "ghost\n2026-11-19 08:21 UTC+08:00  chen.qa          log_in\x1b[2J"
    for name in (forged, "\udcff", "x" * 100_000):
        refused = at("board", "--as", name)
        assert (refused.code, refused.err.startswith("Refused by R20")) == (3, True)
        assert len(refused.err) < 1000
    long, bytes_, forgery = at("user", "failures").out.splitlines()
    assert "xxx… (100000 characters)" in long
    assert "  \\udcff " in bytes_
    assert "ghost\\u000a2026" in forgery
    at.environment.setenv("INKT_CODE", "\udcff")
    at.environment.setenv("INKT_PASSWORD", "\udcff")
    assert at.json("board", "--as", "li.tech").refused["rule"] == "R20"
    assert at.json("user", "show", "li.tech").document["failed_attempts"] == 1
    shown = at("ledger", "show", "--limit", "4").out
    assert "\x1b" not in shown
    assert [line for line in shown.splitlines() if line.startswith("2026")] == []


@pytest.mark.requirement("R28")
def test_the_statement_is_read_published_and_accepted(at, tmp_path):
    first = at.json("user", "statement").document
    assert first["version"] == 1
    assert first["text"] in at("user", "statement").out
    file = tmp_path / "statement.txt"
    file.write_text("I answer for what I sign.\n我对我的签名负责。\n", encoding="utf-8")
    published = ("act", "site.publish_statement", f"text@={file}", "--as", "chen.qa")
    assert at.json(*published).refused["rule"] == "R02"
    assert at(*published, "--reason", "in plainer words").code == 0
    refusal = at.json("act", "batch.release", "B-00001", "--as", "zhao.qa").refused
    assert (refusal["rule"], refusal["field"]) == ("R28", "statement")
    assert at("act", "person.accept_statement", "version=2", "--as", "zhao.qa").code == 0
    assert at("act", "batch.release", "B-00001", "--as", "zhao.qa").code == 0


@pytest.mark.requirement("R10")
def test_a_setting_is_changed_and_outside_its_limits_refused_with_them(office):
    change = ("act", "site.set", "setting=idle_lock_minutes")
    ended = office.json(*change, "value=5", "--reason", "shared bench")
    assert ended.code == 0, ended.err
    assert ended.document["says"] == "minutes until an idle bench locks: 10 → 5"
    refusal = office.json(*change, "value=600", "--reason", "x").refused
    assert refusal["expected"] == "a whole number from 1 to 60"
    assert office.json("report", "access").document["settings"]["idle_lock_minutes"] == "5"


@pytest.mark.requirement("R27")
def test_one_act_a_process_is_not_affected_by_the_idle_lock(office):
    assert office("act", "site.set", "setting=idle_lock_minutes", "value=1", "--reason", "x").code == 0
    assert office("board", "--as", "li.tech").code == 0


@pytest.mark.requirement("R28")
def test_a_training_opens_a_role_from_the_shell(office):
    assert (
        office("act", "site.set", "setting=training_required", "value=yes", "--reason", "go live").code == 0
    )
    spill = ("act", "deviation.open", "B-00001", "description=spill", "severity=minor", "--as", "li.tech")
    assert office.json(*spill).refused["rule"] == "R28"
    training = ("user_name=li.tech", "role=technician", "topic=SOP-12", "trained_by=Zhao Lin",
                "completed_on=2026-11-01", "expires_on=2027-11-01")  # fmt: skip
    assert office("act", "person.record_training", *training).code == 0
    assert office(*spill).code == 0


@pytest.mark.requirement("R24")
def test_the_access_review_is_told_and_written(office, tmp_path):
    file = tmp_path / "access.pdf"
    assert office("user", "add", "he.tech", *PERSON).code == 0
    ended = office("report", "access", "--out", file)
    assert ended.code == 0
    assert "he.tech" in ended.out
    assert "has never logged in" in ended.out
    assert file.read_bytes().startswith(b"%PDF")
    document = office.json("report", "access", "--out", file).document
    assert {"user_name": "he.tech", "what": "has not changed the first password"} in document["oddities"]
    assert "password" not in json.dumps(document["people"][0]["grants"])
    assert len(document["sha256"]) == 64


# --- the second factor


@pytest.mark.requirement("R20")
def test_an_authenticator_is_enrolled_shown_to_work_asked_for_and_taken_away_when_lost(at):
    made = at.json("user", "second-factor", "enrol", "--as", "li.tech").document
    authenticator = pyotp.parse_uri(made["address"])
    half_a_minute_ago = authenticator.at(time.time() - 30)
    assert at.json("user", "second-factor", "confirm", half_a_minute_ago, "--as", "li.tech").code == 0
    assert at.json("board", "--as", "li.tech").refused["field"] == "code"
    at.environment.setenv("INKT_CODE", "000000")
    assert at.json("board", "--as", "li.tech").refused["field"] == "code"
    at.environment.setenv("INKT_CODE", authenticator.now())
    assert at.json("board", "--as", "li.tech").code == 0
    at.environment.delenv("INKT_CODE")
    lost = ("--identity-checked", "badge, seen by Zhang Min", "--reason", "phone lost", "--as", "zhang.admin")
    assert at.json("user", "second-factor", "reset", "li.tech", *lost).code == 0
    assert at.json("board", "--as", "li.tech").code == 0
