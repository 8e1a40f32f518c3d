"""``inkt act``: every command of the workflow from a shell, and what is a wrong argument rather than a refusal."""

import pytest
from shell import entries_of, flat

from inkt_mfg.cli.entries import code_and_entries, fields_of, in_shape
from inkt_mfg.protocol import load
from inkt_mfg.workflow.catalogue import JOBS, named
from inkt_mfg.workflow.command import CATALOGUE
from inkt_mfg.workflow.counting import TypedGate, TypedReplicate

COMMANDS = sorted(CATALOGUE)
FEED = (
    "act", "batch.feed", "B-00002", "performed_at=2026-11-19 08:15", "readings.volume_added=80 mL",
    "readings.culture_volume=240 mL", "lots.medium=MX-3310", "lots.il2=IL-5521", "--as", "li.tech",
)  # fmt: skip
COUNT = (
    "act", "count.record", "B-00002", "point=feed", "method=instrument", "volume=240 mL",
    "performed_at=2026-11-19 08:20", "replicates.1.concentration=1.1e6 cells/mL", "replicates.1.viability=88.1 %",
    "replicates.2.concentration=1.12e6 cells/mL", "replicates.2.viability=88.4 %", "--as", "li.tech",
)  # fmt: skip


def test_alone_it_lists_every_command(shell):
    assert JOBS
    listed = shell.json("act").document["commands"]
    assert sorted(c["command"] for c in listed) == COMMANDS
    feed = next(c for c in listed if c["command"] == "batch.feed")
    assert feed["on"] == "Batch"
    assert {"name": "performed_at", "required": True} in feed["fields"]
    release = next(c for c in listed if c["command"] == "batch.release")
    assert (release["signs"], release["asks_reason"]) == ("release", False)


def test_people_read_the_list_with_what_each_takes(shell):
    out = shell("act").out
    assert "count.record" in out
    assert "replicates.1.concentration" in out
    assert "readings.NAME" in out


@pytest.mark.slow
@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_reached_and_answers_by_the_contract(at, name):
    """Told things that are all right as arguments and all wrong as facts, each refuses; none breaks down."""
    command = named(name)
    on = [] if command.on is None else ["X-00000"]
    said = [
        f"{spelled}=x" for f in fields_of(command).values() if f.required for spelled in f.spelled.split(", ")
    ]
    ended = at.json("act", name, *on, *said, "--reason", "a test", "--as", "zhang.admin")
    assert ended.refused["resolve_by"]


@pytest.mark.parametrize(
    "name", [c for c in COMMANDS if any(f.required for f in fields_of(CATALOGUE[c]).values())]
)
def test_every_missing_field_is_a_wrong_argument_before_anybody_logs_in(shell, name):
    command = named(name)
    ended = shell("act", name, *([] if command.on is None else ["X-00000"]))
    assert (ended.code, ended.out) == (2, "")
    assert "missing" in ended.err
    for field in fields_of(command).values():
        assert field.name in ended.err


# --- what is done


def test_a_step_is_recorded_and_the_receipt_says_where(at):
    before = entries_of(at)
    ended = at.json(*FEED)
    assert ended.code == 0, ended.err
    assert ended.document.keys() == {"command", "code", "codes", "says", "sequence", "hash"}
    assert ended.document["command"] == "batch.feed"
    assert ended.document["sequence"] == before + 2, "the log-in is on record, too"
    assert len(ended.document["hash"]) == 64
    assert ended.err == ""
    page = at.json("batch", "show", "B-00002").document
    assert page["steps"][-1]["step"] == ended.document["code"]
    assert "80 mL" in page["steps"][-1]["readings"].values()
    assert set(page["steps"][-1]["lots"].values()) == {"MX-3310", "IL-5521"}


def test_people_get_the_sentence_alone(at):
    ended = at(*FEED)
    assert ended.out.endswith("recorded\n")
    assert ended.err == ""


def test_replicates_are_numbered(at):
    assert at(*FEED).code == 0
    ended = at.json(*COUNT)
    assert ended.code == 0, ended.err
    assert "viable" in ended.document["says"]
    assert at.json("batch", "show", "B-00002").document["counts"][-1]["count"] == ended.document["code"]


def test_a_signed_command_is_signed_with_the_same_password(at):
    step = at.json(*FEED).document["code"]
    assert at("act", "step.verify", step, "--as", "wang.tech").code == 0
    assert at.json("batch", "show", "B-00002").document["steps"][-1]["verified_by"] == "Wang Jun (wang.tech)"


def test_a_text_may_come_from_a_file(at, tmp_path):
    text = load("nct04011033").text.replace('version = "', 'version = "9.', 1)
    (tmp_path / "next.toml").write_text(text, encoding="utf-8")
    ended = at.json("act", "protocol.register", "text@=next.toml", "file_name=next.toml", "--as", "chen.qa")
    assert ended.code == 0, ended.err
    assert ended.document["code"].startswith("nct04011033@9.")


# --- what a rule refuses: exit code 3, in JSON and for people


@pytest.mark.requirement("R24")
def test_the_wrong_person_is_refused_with_who_can(at):
    refusal = at.json("act", "batch.release", "B-00001", "--as", "li.tech").refused
    assert (refusal["rule"], refusal["field"], refusal["typed"]) == ("R24", "command", "batch.release")
    assert refusal["resolve_by"] == "a QA officer"


def test_a_refusal_says_the_value_as_typed_and_what_was_expected(at):
    bad = [a.replace("80 mL", "1,5 mL") for a in FEED]
    refusal = at.json(*bad).refused
    assert (refusal["rule"], refusal["field"], refusal["typed"]) == ("units.number", "volume_added", "1,5 mL")
    people = at(*bad)
    assert people.out == ""
    assert people.err.count("\n") == 1, "one clear paragraph"
    assert "1,5 mL" in people.err
    assert "Expected" in people.err
    assert "Can be resolved by" in people.err


def test_a_refused_command_leaves_only_the_log_in_behind(at):
    before = entries_of(at)
    assert at(*FEED[:3], *FEED[4:]).code == 2
    assert entries_of(at) == before
    assert at("act", "batch.harvest", "B-00001", "performed_at=2026-11-19 08:00", "--as", "li.tech").code == 3
    assert entries_of(at) == before + 1


@pytest.mark.requirement("R02")
def test_a_reason_that_is_due_is_asked_for(at):
    refusal = at.json("act", "batch.hold", "B-00002", "--as", "chen.qa").refused
    assert (refusal["rule"], refusal["field"]) == ("R02", "reason")
    assert at("act", "batch.hold", "B-00002", "--reason", "power cut", "--as", "chen.qa").code == 0
    assert at.json(*FEED).refused["rule"] == "R37"


def test_a_record_nobody_knows_is_refused(at):
    refusal = at.json("act", "batch.hold", "B-77777", "--reason", "x", "--as", "chen.qa").refused
    assert (refusal["rule"], refusal["typed"]) == ("record.unknown", "B-77777")


# --- what is a wrong argument: exit code 2, nothing on stdout, nobody logged in


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("batch.fed", "B-00002"), "no command batch.fed"),
        (("batch.feed",), "code comes first"),
        (("batch.feed", "performed_at=now"), "code comes first"),
        (("batch.feed", "B-00002", "performed_at"), "not field=value"),
        (("batch.feed", "B-00002", "performed=now"), "no field performed"),
        (("batch.feed", "B-00002", "on=B-00001"), "no field on"),
        (("batch.feed", "B-00002", "performed_at=now", "performed_at=then"), "said twice"),
        (("batch.feed", "B-00002", "performed_at=now", "lots=MX-3310"), "lots.NAME"),
        (("batch.feed", "B-00002", "performed_at.day=now"), "performed_at"),
        (("batch.feed", "B-00002", "performed_at=now", "lots.=MX"), "lots.NAME"),
        (("count.record", "B-00002", "replicates.a.viability=1"), "replicates.1.viability"),
        (("count.record", "B-00002", "replicates.²=1"), "replicates.1.viability"),
        (("count.record", "B-00002", "replicates.1.dead=1"), "replicates.1.viability"),
        ((*COUNT[1:7], "replicates.1.concentration=1e6 cells/mL"), "missing: replicates.1.viability"),
        ((*COUNT[1:9], "replicates.1.viability=90 %"), "replicates.1.viability is said twice"),
        (("lot.register", "L-1", "material=medium"), "not field=value"),
        (("protocol.register", "text@=none.toml", "file_name=none.toml"), "not a text file"),
    ],
)
def test_a_wrong_argument_ends_with_2_before_anybody_is_logged_in(at, arguments, says):
    before = entries_of(at)
    ended = at("act", *arguments, "--as", "li.tech")
    assert (ended.code, ended.out) == (2, "")
    assert says in ended.err
    assert entries_of(at) == before


# --- the shapes by themselves


def test_rows_stand_in_the_order_of_their_numbers():
    typed = flat({"replicates": [TypedReplicate(f"{n}e6 cells/mL", "90 %") for n in range(1, 12)]})
    typed += flat({"gates": [TypedGate("iNKT", "live", "61 %")]})
    typed += ["point=feed", "method=instrument", "volume=1 mL", "performed_at=now"]
    shaped = in_shape(named("count.record"), list(reversed(typed)))
    assert [r.concentration for r in shaped["replicates"]] == [f"{n}e6 cells/mL" for n in range(1, 12)]
    assert shaped["gates"] == [TypedGate("iNKT", "live", "61 %")]


def test_only_the_first_equals_sign_divides():
    on, rest = code_and_entries(named("deviation.open"), ["B-00001", "description=a=b", "severity=minor"])
    assert on == "B-00001"
    assert in_shape(named("deviation.open"), rest) == {"description": "a=b", "severity": "minor"}
