"""What holds for every command: where the global options may stand, one document on stdout, messages on stderr, codes."""

import json
import sqlite3
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from commands import every_command
from shell import entries_of

COMMANDS = dict(every_command())
NAMES = sorted(COMMANDS)
# A reading command of each noun that opens a site, with what it needs to be asked.
READING = (
    ("batch", "list"), ("batch", "show", "B-00001"), ("ledger", "verify"), ("report", "trial"),
    ("board", "--as", "li.tech"), ("act", "deviation.assess", "D-1", "assessment=x", "--as", "chen.qa"),
    ("user", "unlock", "li.tech", "--reason", "x", "--as", "zhang.admin"),
    ("label", "infusion", "B-00001", "--out", "x.pdf", "--as", "liu.pharm"),
)  # fmt: skip


# --- where --site and --json may stand


@pytest.mark.parametrize(
    "arguments",
    [
        ("--site", "{site}", "--json", "batch", "list"),
        ("--site={site}", "batch", "--json", "list"),
        ("batch", "--site", "{site}", "list", "--json"),
        ("batch", "list", "--json", "--site", "{site}"),
        ("--json", "batch", "list", "--site={site}"),
        ("batch", "list", "--json", "--database-url", "sqlite:///{site}/site.db"),
    ],
)
def test_global_options_stand_before_or_after_the_noun(shell, site, arguments):
    ended = shell(*[a.format(site=site) for a in arguments])
    assert ended.code == 0, ended.err
    assert len(ended.document["batches"]) == 2


def test_inkt_site_names_the_site_and_the_option_wins(shell, site, tmp_path):
    shell.environment.setenv("INKT_SITE", str(site))
    assert shell("batch", "list").code == 0
    assert shell.json("batch", "list", "--site", tmp_path / "none").refused["rule"] == "site.unknown"
    shell.environment.setenv("INKT_SITE", str(tmp_path / "none"))
    assert shell("batch", "list", "--site", site).code == 0


def test_inkt_database_url_wins_over_the_folders_own(shell, site, tmp_path):
    shell.environment.setenv("INKT_SITE", str(site))
    shell.environment.setenv("INKT_DATABASE_URL", f"sqlite:///{tmp_path / 'none.db'}")
    assert shell("batch", "list").code == 5
    shell.environment.delenv("INKT_SITE")
    shell.environment.setenv("INKT_DATABASE_URL", f"sqlite:///{site / 'site.db'}")
    assert shell("batch", "list").code == 0


@pytest.mark.parametrize(
    "address",
    [
        "nonsense",
        "",
        "mysql://x:geheim@y/z",
        "postgresql://h:geheim/x",
        "postgresql+nix://u:geheim@h/d",
        "oracle://",
    ],
)
def test_what_is_no_address_of_a_database_we_know_is_refused_without_its_password(shell, address):
    ended = shell.json("--database-url", address, "batch", "list")
    assert ended.refused["rule"] == "database.address"
    assert "postgresql://" in ended.refused["expected"]
    assert "geheim" not in ended.out + ended.err


def test_a_global_option_without_its_value_is_a_wrong_argument(shell):
    assert shell("batch", "list", "--site").code == 2


def test_what_follows_two_dashes_is_no_option(at):
    ended = at("act", "batch.hold", "--as", "chen.qa", "--reason", "x", "--", "--site")
    assert ended.code == 3, ended.err
    assert "--site" in ended.err


# --- 2: unknown or missing arguments


@pytest.mark.parametrize(
    "arguments",
    [("nothing",), ("batch", "nothing"), ("batch", "list", "--nothing"), ("batch", "show"), ("label", "infusion"),
     ("label", "infusion", "B-1"), ("report", "certificate", "B-1"), ("protocol", "check"), ("user", "add", "x"),
     ("batch",), ("act", "batch.nothing")],
)  # fmt: skip
def test_an_unknown_or_missing_argument_ends_with_2(at, arguments):
    ended = at.json(*arguments)
    assert ended.code == 2
    assert ended.document.keys() == {"usage"}
    assert (
        ended.document["usage"]["what"] in ended.err or ended.document["usage"]["what"] == "Missing command."
    )
    assert "Usage" in ended.err
    assert at(*arguments).out == "", "without --json nothing is on stdout"


@pytest.mark.parametrize(
    "arguments",
    [("ledger", "show", "--search", "\udcff"), ("ledger", "show", "--record=\udcff"), ("user", "list", "\udcff"),
     ("act", "person.unlock", "user_name=li.tech", "--reason", "\udcff", "--as", "zhang.admin")],
)  # fmt: skip
def test_bytes_that_are_no_text_end_with_2(at, arguments):
    ended = at.json(*arguments)
    assert (ended.code, list(ended.document)) == (2, ["usage"])
    assert "not written in UTF-8" in ended.document["usage"]["what"]
    assert ended.err.endswith("not written in UTF-8\n")


def test_a_variable_that_is_no_text_ends_with_2_and_is_not_shown(at):
    at.environment.setenv("INKT_NEW_PASSWORD", "secret\udcff")
    ended = at("user", "list")
    assert (ended.code, ended.err) == (2, "Error: Invalid value: INKT_NEW_PASSWORD is not written in UTF-8\n")


@pytest.mark.parametrize("option", ["--limit", "--before", "--after"])
def test_a_number_no_database_can_count_to_is_a_wrong_argument(at, option):
    assert at("ledger", "show", option, 10**20).code == 2


@pytest.mark.parametrize("noun", ["batch", "label", "user", "protocol", "report"])
def test_a_noun_alone_shows_what_it_can_do(shell, noun):
    """And ends with 2, so that a script that forgot the verb notices."""
    ended = shell(noun)
    assert ended.code == 2
    assert "Commands:" in ended.out + ended.err


# --- what was typed, quoted


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("batch", "show", ""), "which batch is not said (nothing was typed). Expected: the batch's code at site"),
        (("act", "dose.correct_infusion", "I-9", "value=reaction", "new=x", "why=other", "--as", "sun.md", "--reason", "x"),
         "there is no infusion I-9 at this site (typed: I-9). Expected: the infusion's code at site"),
        (("ledger", "show", "--day", " "), "nothing was typed"),
    ],
)  # fmt: skip
def test_a_refusal_says_that_nothing_was_typed_and_quotes_no_article(at, arguments, says):
    assert says in at(*arguments).err


def test_a_refusal_quotes_the_beginning_of_a_long_text_wherever_it_repeats_it(at):
    ended = at.json("batch", "show", "x" * 2000)
    assert ended.refused["typed"] == "x" * 2000
    assert f"there is no batch {'x' * 60}… (2000 characters) at this site" in ended.err
    assert "x" * 61 not in ended.err


# --- 3, 4, 5 on every command that opens a site


@pytest.mark.parametrize("arguments", READING, ids=" ".join)
def test_no_site_is_refused_and_nothing_is_made(shell, tmp_path, arguments):
    shell.environment.setenv("INKT_PASSWORD", "x")
    refusal = shell.json(*arguments, "--site", tmp_path / "none").refused
    assert (refusal["rule"], refusal["field"]) == ("site.unknown", "site")
    assert "inkt init" in refusal["expected"]
    assert list(tmp_path.iterdir()) == []
    assert shell.json(*arguments).refused["rule"] == "site.unknown"


@pytest.mark.parametrize("arguments", READING, ids=" ".join)
def test_a_newer_schema_ends_with_5_and_is_not_touched(at, site, arguments):
    with sqlite3.connect(site / "site.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    before = (site / "site.db").read_bytes()
    ended = at.json(*arguments)
    assert ended.code == 5
    assert ended.document.keys() == {"unable"}
    assert ended.document["unable"].keys() == {"what", "remedy"}
    assert "schema 9999" in ended.err
    assert "newer program" in ended.err
    assert (site / "site.db").read_bytes() == before


@pytest.mark.parametrize("arguments", READING, ids=" ".join)
def test_a_lost_database_ends_with_5_and_is_not_made_anew(at, site, arguments):
    (site / "site.db").unlink()
    ended = at.json(*arguments)
    assert (ended.code, list(ended.document)) == (5, ["unable"])
    assert not (site / "site.db").exists()


def test_a_damaged_site_file_ends_with_5(at, site):
    (site / "site.toml").write_bytes(b"code = \xff")
    ended = at("batch", "list")
    assert (ended.code, ended.out) == (5, "")
    assert "site.toml" in ended.err


def test_an_edit_from_outside_ends_with_4_with_one_document(at, site):
    assert at.json("ledger", "verify").document["ok"] is True
    with sqlite3.connect(site / "site.db") as connection:
        connection.execute("UPDATE cell_count SET viability = '99.9' WHERE code = 'N-00001'")
    connection.close()
    ended = at.json("ledger", "verify")
    assert ended.code == 4
    assert ended.document.keys() == {"ok", "entries", "head", "seals", "sealed", "findings"}
    assert [(f["table"], f["field"]) for f in ended.document["findings"]] == [("cell_count", "viability")]


# --- protocols, which need no site


def test_protocols_are_listed_shown_and_checked(shell, tmp_path):
    (line,) = shell.json("protocol", "list").document["protocols"]
    assert line["id"] == "nct04011033"
    shown = shell.json("protocol", "show", "nct04011033").document
    assert shown["protocol"]["id"] == "nct04011033"
    assert shown["site_values"]
    from inkt_mfg.protocol import load

    (tmp_path / "copy.toml").write_text(load("nct04011033").text, encoding="utf-8")
    assert shell.json("protocol", "check", "copy.toml").document["ok"] is True
    (tmp_path / "copy.toml").write_text(
        load("nct04011033").text.replace("[dose]", "[dosing]"), encoding="utf-8"
    )
    ended = shell.json("protocol", "check", "copy.toml")
    assert ended.code == 3
    assert ended.document["refused"] == ended.document["faults"][0]


# --- reports write whole files


@pytest.mark.parametrize(
    ("arguments", "starts"),
    [
        (("report", "batch-record", "B-00001", "--out", "x.pdf"), b"%PDF"),
        (("report", "trial", "--csv", "x.csv"), b"batch"),
    ],
)
def test_a_report_is_written_and_named(at, tmp_path, arguments, starts):
    ended = at.json(*arguments)
    assert ended.code == 0, ended.err
    assert (tmp_path / arguments[-1]).read_bytes().lstrip(b"\xef\xbb\xbf").startswith(starts)


@pytest.mark.parametrize("out", ["none/x.pdf", "/"])
def test_a_report_that_cannot_be_written_names_the_file(at, out):
    ended = at.json("report", "batch-record", "B-00001", "--out", out)
    assert ended.code == 5
    assert ended.document["unable"]["what"].startswith(f"{out} cannot be written: ")


def test_what_the_machine_cannot_do_names_where(shell):
    ended = shell("demo", "--headless", "--out", "/proc/x")
    assert ended.code == 5
    assert "at /proc/x: No such file or directory." in ended.err


def test_a_certificate_before_a_decision_is_refused_and_leaves_no_file(at, tmp_path):
    refusal = at.json("report", "certificate", "B-00002", "--out", "x.pdf").refused
    assert refusal["rule"]
    assert not (tmp_path / "x.pdf").exists()


# --- through a real process


def test_stdout_holds_the_answer_alone_and_stderr_the_messages_alone(at, site):
    ended = at.process("batch", "list", "--json")
    assert (ended.code, ended.err) == (0, "")
    assert len(json.loads(ended.out)["batches"]) == 2
    refused = at.process("batch", "show", "B-9", "--json")
    assert refused.refused["rule"] == "record.unknown"
    assert "Traceback" not in refused.err


@pytest.mark.slow
def test_a_full_disk_behind_stdout_is_said(at):
    with Path("/dev/full").open("w") as full:
        import subprocess
        import sys

        from shell import PROGRAM

        command = [sys.executable, "-c", PROGRAM, "batch", "list"]
        ended = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, timeout=60)
    assert ended.returncode == 5
    assert "could not be written" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_the_installed_command_is_this_program(shell):
    entry = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]["scripts"]
    assert entry == {"inkt": "inkt_mfg.cli.start:run"}


def test_the_help_of_the_program_needs_no_database_code(shell):
    program = (
        "import sys\nfrom inkt_mfg.cli.main import run\n"
        "try: run(['--help'])\nexcept SystemExit: pass\n"
        "print(sorted({'sqlmodel', 'sqlalchemy', 'pandas', 'pint', 'reportlab', 'textual', 'rich'} & set(sys.modules)),"
        " file=sys.stderr)"
    )
    ended = shell.process(program=program)
    assert ended.err.strip() == "[]"
    assert "Commands:" in ended.out


def test_a_ledger_stays_sound_after_all_of_this(at):
    for arguments in READING:
        at(*arguments)
    assert entries_of(at)


def test_the_terminal_application_starts_without_typer_and_a_mistake_is_still_typer_s_to_answer(tmp_path):
    """Loading typer takes longer than the log-in screen takes to paint."""
    program = (
        "import sys, tui.app\n"
        "tui.app.run = lambda open_store, workstation: print('typer' in sys.modules)\n"
        "from inkt_mfg.cli.start import run\n"
        "run(sys.argv[1:])"
    )
    for typed in (["--site", str(tmp_path), "tui"], ["tui", f"--site={tmp_path}"], ["tui"]):
        began = subprocess.run([sys.executable, "-c", program, *typed], capture_output=True, text=True)
        assert (began.returncode, began.stdout) == (0, "False\n")
    mistake = subprocess.run(
        [sys.executable, "-c", program, "tui", "--nonsense"], capture_output=True, text=True
    )
    assert mistake.returncode == 2
