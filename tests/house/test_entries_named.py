"""Every name an entry of the ledger can bear has a title: the audit trail shows words, in either language."""

import ast
import importlib
import re
from collections.abc import Iterator

import pytest
from source import Function, Module, modules

from inkt_mfg.language import choose_language
from inkt_mfg.records.batch import Batch
from inkt_mfg.views import comings
from inkt_mfg.views.signatures import DECISIONS
from inkt_mfg.workflow.catalogue import JOBS, outside
from inkt_mfg.workflow.command import CATALOGUE
from inkt_mfg.workflow.permissions import Permission
from inkt_mfg.workflow.titles import title_of

assert JOBS
CHINESE = re.compile(r"[\u3400-\u9fff]")
NAMED_AT = {"Intent": 1, "_intent": 2, "_unattended": 1}


@pytest.fixture
def in_chinese() -> Iterator[None]:
    choose_language("zh_CN")
    yield
    choose_language(None)


def _written_names() -> Iterator[str]:
    """What the source itself calls an entry, beside the commands' own names: in an intent, as a log-in, as a job's trace."""
    for module in modules():
        own = _constants(module.tree)
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Call):
                yield from (_said(part, own) for part in _naming(node))
            elif isinstance(node, Function):
                by_name = zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
                yield from (_said(d, own) for a, d in by_name if a.arg == "entry" and d is not None)


def _naming(call: ast.Call) -> Iterator[ast.expr]:
    called = call.func.id if isinstance(call.func, ast.Name) else ""
    if called in NAMED_AT:
        yield from call.args[NAMED_AT[called] :][:1]
    yield from (k.value for k in call.keywords if k.arg in {"entry", "command"})


def _constants(tree: ast.Module) -> dict[str, str]:
    return {
        target.id: node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        for target in node.targets
        if isinstance(target, ast.Name) and isinstance(node.value.value, str)
    }


def _said(part: ast.expr, own: dict[str, str]) -> str:
    """Its text: written there, or a constant of this module or of those who name what comes of a log-in."""
    if isinstance(part, ast.Constant):
        return str(part.value)
    return {**vars(comings), **own}.get(part.id, "") if isinstance(part, ast.Name) else ""


def _names_of_entries() -> set[str]:
    written = {name for name in _written_names() if re.fullmatch(r"[a-z]+\.[a-z_]+", name)}
    return {*CATALOGUE, *outside(), *written}


def test_the_names_the_source_writes_are_found():
    assert _names_of_entries() - set(CATALOGUE) - set(outside()) == {
        "site.create", "site.begin_again", "site.upgrade", "ledger.restored", "ledger.replaced",
        "person.log_in", "person.log_in_anew", "person.sign_beside", "person.unlock_bench",
        "person.failed_attempt", "person.uncounted_attempt",
    }  # fmt: skip


@pytest.mark.requirement("R01")
def test_every_name_an_entry_can_bear_has_a_title():
    raw = {name for name in _names_of_entries() if title_of(name) == name}
    assert raw == set()


def test_and_in_the_readers_language(in_chinese):
    assert {name for name in _names_of_entries() if not CHINESE.search(title_of(name))} == set()


# --- names the views know: they stand below the commands and cannot import them


def test_the_decisions_the_views_know_are_those_there_are():
    """What QA signs about a batch by the permission to release it; closing and giving up decide nothing about a dose."""
    signed = {
        c.name for c in CATALOGUE.values() if c.on is Batch and c.permission is Permission.RELEASE and c.signs
    }
    assert signed - {"batch.close", "batch.terminate"} == DECISIONS


def _asked_for(module: Module) -> Iterator[str]:
    """What a view compares an entry's or a signature's command with."""
    known = vars(importlib.import_module(".".join(module.path.with_suffix("").parts)))
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Compare) and "command" in ast.unparse(node.left):
            within = [part for side in node.comparators for part in ast.walk(side)]
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith(".command).in_"):
            within = [part for argument in node.args for part in ast.walk(argument)]
        else:
            continue
        for part in within:
            found = part.value if isinstance(part, ast.Constant) else known.get(getattr(part, "id", ""), ())
            yield from (
                [found] if isinstance(found, str) else found if isinstance(found, frozenset | tuple) else ()
            )


def test_every_command_a_view_asks_for_is_one_an_entry_can_bear():
    views = [module for module in modules() if module.path.parts[1] == "views"]
    asked = {name for module in views for name in _asked_for(module)}
    assert {"batch.submit", "correction.approve", "person.revoke_role", "person.log_in"} | DECISIONS <= asked
    assert asked - _names_of_entries() == set()
