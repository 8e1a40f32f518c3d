"""Every command explains itself and stands in docs/cli.md with each of its options, and nothing else stands there."""

import re
from pathlib import Path

import pytest
from commands import every_command, options, program

from inkt_mfg.cli.main import NOUNS
from inkt_mfg.records.site_settings import SETTINGS
from inkt_mfg.workflow.catalogue import JOBS, outside
from inkt_mfg.workflow.command import CATALOGUE

PAGE = Path(__file__).parents[2] / "docs" / "cli.md"
COMMANDS = dict(every_command())
FILES = (".pdf", ".toml", ".py", ".key", ".pub", ".making", ".seal", ".zip")


def sections() -> dict[str, str]:
    """Heading → text of every command's section."""
    parts = re.split(r"^#+ +`inkt ([^`]+)`.*$", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_says_what_it_does(shell, name):
    ended = shell(*name.split(), "--help")
    assert (ended.code, ended.err) == (0, "")
    assert f"Usage: inkt {name.split()[0]}" in ended.out
    assert len((COMMANDS[name].help or "").strip()) > 10


@pytest.mark.parametrize("name", COMMANDS)
def test_every_argument_and_option_says_what_it_is(name):
    silent = [p.name for p in COMMANDS[name].params if not getattr(p, "help", None)]
    assert silent == []


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_described_with_all_its_options(name):
    section = sections().get(name)
    assert section is not None, f"docs/cli.md has no section `inkt {name}`"
    assert "inkt" in section
    assert [o for o in options(COMMANDS[name]) if f"`{o}" not in section and f"{o} " not in section] == []


def test_nothing_is_described_that_is_not_there():
    assert sections().keys() - COMMANDS.keys() == set()


def test_every_option_that_is_described_exists():
    every = (
        {o for c in COMMANDS.values() for o in options(c)} | set(options(program())) | {"--json", "--help"}
    )
    described = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", PAGE.read_text(encoding="utf-8")))
    assert described - every == set()


def test_every_workflow_command_it_names_exists():
    """All of them stand on a page written from their declarations; this one only names some."""
    assert JOBS
    page = PAGE.read_text(encoding="utf-8")
    assert "(commands.md)" in page
    acted = set(re.findall(r"inkt act ([a-z]+\.[a-z_]+)", page))
    named = {n for n in re.findall(r"`([a-z]+\.[a-z_]+)`", page) if not n.endswith(FILES)}
    assert {"label.confirm", "label.spoil", "person.change_password", "batch.feed"} <= acted | named
    assert (acted | named) - CATALOGUE.keys() - outside().keys() == set()


@pytest.mark.requirement("R10")
def test_every_setting_of_a_site_stands_there():
    (told,) = re.findall(
        r"A setting is one of (.+?); a value outside", PAGE.read_text(encoding="utf-8"), re.DOTALL
    )
    named = set(re.findall(r"`([a-z0-9_]+)`", told)) - {"off", "yes", "no"}
    assert named == set(SETTINGS)


def test_the_exit_codes_are_those_of_the_program():
    from inkt_mfg.cli import answers

    page = PAGE.read_text(encoding="utf-8")
    for code in (
        answers.DONE,
        answers.BUG,
        answers.USAGE,
        answers.REFUSED,
        answers.NOT_VERIFIED,
        answers.UNABLE,
    ):
        assert re.search(rf"^\| {code} \|", page, flags=re.MULTILINE)


def test_the_list_of_nouns_is_in_the_help(shell):
    out = shell("--help").out
    for noun, where in NOUNS.items():
        assert re.search(
            rf"^\W*{noun}\s+{re.escape(' '.join(where.summary.split()[:3]))}", out, re.MULTILINE
        ), noun
