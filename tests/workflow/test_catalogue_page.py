"""The page of commands in the documents is what the declarations say, no more and no less."""

import importlib
import pkgutil
import re
import subprocess
import sys
from pathlib import Path

import pytest

from inkt_mfg import workflow
from inkt_mfg.records.words import Role
from inkt_mfg.store import upgrading
from inkt_mfg.workflow import keeping
from inkt_mfg.workflow.catalogue_page import LIVES, page
from inkt_mfg.workflow.command import CATALOGUE, Command
from inkt_mfg.workflow.permissions import FOR_ONESELF, ROLES, Permission
from inkt_mfg.workflow.states import moves

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "commands.md"


def section(title: str) -> str:
    return page().split(f"## {title}\n", 1)[1].split("\n## ", 1)[0]


def rows_of(title: str) -> dict[str, list[str]]:
    lines = [line for line in section(title).splitlines() if line.startswith("| `")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return {row[0].strip("`"): row[1:] for row in cells}


def test_the_document_is_what_the_generator_gives():
    assert DOCUMENT.read_text(encoding="utf-8") == page(), "run python -m inkt_mfg.workflow.catalogue_page"


@pytest.mark.slow
def test_the_generator_writes_the_page_when_it_is_run():
    ran = subprocess.run(
        [sys.executable, "-m", "inkt_mfg.workflow.catalogue_page"], capture_output=True, check=True
    )
    assert ran.stdout.decode("utf-8") == page()


@pytest.mark.requirement("R24")
def test_the_matrix_marks_what_each_role_may():
    matrix = rows_of("Who may")
    assert set(matrix) == set(CATALOGUE)
    for name, marks in matrix.items():
        if CATALOGUE[name].permission not in FOR_ONESELF:
            allowed = [role for role, mark in zip(Role, marks, strict=True) if mark]
            assert allowed == [role for role in Role if CATALOGUE[name].permission in ROLES[role]]
        else:
            assert all(marks), "everybody, for themselves"


@pytest.mark.requirement("R24")
def test_what_a_role_may_on_some_labels_only_is_marked_so_and_told_kind_by_kind():
    technician, pharmacist = list(Role).index(Role.TECHNICIAN), list(Role).index(Role.PHARMACIST)
    marks = rows_of("Who may")["label.register"]
    assert (marks[technician], marks[pharmacist]) == ("◐", "●")
    lines = [line for line in section("Kind by kind").splitlines() if line.startswith("| `label.register`")]
    (of_a_bag,) = [line for line in lines if "infusion bag" in line]
    cells = [cell.strip() for cell in of_a_bag.strip("|").split("|")]
    assert (cells[2 + technician], cells[2 + pharmacist]) == ("", "●")
    assert "release_signature_stands" in cells[-1]


def declared_anywhere() -> set[str]:
    found = (
        importlib.import_module(m.name)
        for m in pkgutil.walk_packages(workflow.__path__, "inkt_mfg.workflow.")
    )
    values = [value for module in found for value in vars(module).values()]
    return {one.name for one in values if isinstance(one, Command)}


@pytest.mark.requirement("R24")
def test_no_command_is_declared_that_the_page_does_not_name():
    beside = rows_of("Beside the catalogue")
    assert not beside.keys() & CATALOGUE.keys()
    assert declared_anywhere() <= beside.keys() | CATALOGUE.keys()
    assert {"ledger.seal", "ledger.export", "site.backup", "records.copy"} <= beside.keys()
    _title, *marks, reason = beside["ledger.rotate_key"]
    assert [role for role, mark in zip(Role, marks, strict=True) if mark] == [Role.QA_OFFICER]
    assert reason == "asked"


@pytest.mark.requirement("R24")
def test_what_the_page_says_of_a_replaced_ledger_is_so():
    assert [role for role in Role if Permission.REPLACE_LEDGER in ROLES[role]] == [Role.QA_OFFICER]
    written = {keeping.BACKUP, keeping.RESTORED, keeping.REPLACED, upgrading.COMMAND}
    assert all(f"`{name}`" in section("Beside the catalogue") for name in written)


def test_every_command_stands_with_its_states_signature_and_reason():
    table = rows_of("What each asks for")
    assert set(table) == set(CATALOGUE)
    _title, about, start, end, signed, reason, guards = table["batch.release"]
    assert (about, start, end, signed, reason) == ("Batch", "in review", "released", "release", "–")
    assert "every_test_is_reported" in guards
    assert table["batch.reject"][5] == "asked"


def test_every_guard_a_command_names_is_explained_once():
    explained = re.findall(r'<a id="(\w+)"></a>`\1`', section("What must hold"))
    assert explained == sorted({g.__name__ for c in CATALOGUE.values() for g in c.guards})
    assert "A missing result is never a pass" in section("What must hold")


@pytest.mark.parametrize("title", LIVES)
def test_a_diagram_draws_every_arrow_of_its_record(title):
    life, first = LIVES[title]
    drawn = section("States").split(f"### {title}\n", 1)[1].split("```", 2)[1]
    assert f"[*] --> {first.value}" in drawn
    arrows = {
        f"{m.start.value} --> {m.end.value}: {m.command.name}" for m in moves() if isinstance(m.start, life)
    }
    assert arrows == {line.strip() for line in drawn.splitlines() if ": " in line}
