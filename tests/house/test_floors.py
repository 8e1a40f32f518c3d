"""The floors of the house, and what each way in may load: heavy libraries only where they are used."""

import ast
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from source import ROOT, modules

HEAVY = {
    "sqlmodel",
    "sqlalchemy",
    "alembic",
    "pandas",
    "reportlab",
    "pypdfium2",
    "zxingcpp",
    "textual",
    "argon2",
    "rich",
}


def loaded_by(program: str) -> set[str]:
    """The top-level modules in ``sys.modules`` when a fresh interpreter has run this."""
    report = "\nimport sys; print('\\n' + ' '.join({name.split('.')[0] for name in sys.modules}))"
    ended = subprocess.run(
        [sys.executable, "-c", program + report],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        cwd=ROOT,
    )
    return set(ended.stdout.splitlines()[-1].split())


def ran(*arguments: str) -> str:
    return f"from inkt_mfg.cli.main import run\ntry: run({list(arguments)!r})\nexcept SystemExit as e: assert e.code == 0, e"


def test_the_import_contracts_are_kept():
    """As ``make lint`` runs them, so that a wall nobody lints falls in the tests."""
    ended = subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"],
        capture_output=True, text=True, timeout=120, cwd=ROOT,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stdout
    assert "0 broken" in ended.stdout


def test_every_top_level_module_stands_on_a_floor():
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    layers = next(c for c in contracts if c["type"] == "layers")["layers"]
    named = {part.strip() for line in layers for part in line.split(":")}
    private = {"inkt_mfg._unit_numbers", "inkt_mfg._unit_table"}  # rooms of inkt_mfg.units
    there = {".".join(m.path.with_suffix("").parts[:2]) for m in modules() if m.path.parts[0] == "inkt_mfg"}
    assert there - named - private - {"inkt_mfg.__init__"} == set()


# --- what a command loads


def test_bsa_loads_nothing_heavy():
    """The commonest units are converted by the table; pint itself comes in for the rest."""
    loaded = loaded_by(ran("bsa", "--height", "168 cm", "--weight", "65 kg"))
    assert loaded & HEAVY == set()


@pytest.mark.parametrize(
    "arguments",
    [
        ("growth", "--point", "0 h", "1e6 cells", "--point", "24 h", "2e6 cells"),
        ("criterion", "check", ">=70 %", "79.2 %"),
        ("--help",),
    ],
    ids=lambda arguments: arguments[0],
)
def test_a_calculator_loads_no_database(arguments):
    assert loaded_by(ran(*arguments)) & HEAVY == set()


@pytest.mark.parametrize("arguments", [("dose", "check", "--help"), ("protocol", "list"), ("act", "--help")])
def test_a_protocol_and_help_load_no_database(arguments):
    assert (
        loaded_by(ran(*arguments)) & {"sqlmodel", "sqlalchemy", "alembic", "pandas", "reportlab", "textual"}
        == set()
    )


def test_units_and_science_can_be_imported_without_pint():
    program = "import inkt_mfg.units, inkt_mfg.science.body, inkt_mfg.science.counting, inkt_mfg.science.growth, inkt_mfg.science.dosing"
    assert loaded_by(program) & (HEAVY | {"pint", "pydantic"}) == set()


def test_recording_at_a_bench_loads_neither_reports_nor_labels_nor_migrations():
    loaded = loaded_by("import inkt_mfg.workflow.catalogue, inkt_mfg.store.folder, inkt_mfg.cli.entries")
    assert (
        loaded & {"alembic", "pandas", "reportlab", "pypdfium2", "zxingcpp", "textual", "labels", "tui"}
        == set()
    )


# --- a rule is written once


def test_nothing_of_the_trial_is_written_in_python():
    """The trial's own words stand in its protocol file; the demo and the names of files may say them."""
    found = [
        (m.path, node.lineno)
        for m in modules()
        if m.path.parts[:2] != ("inkt_mfg", "demo")
        for node in ast.walk(m.tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and any(word in node.value for word in ("NCT04011033", "HCC", "hepatocellular"))
        and "docs" not in node.value
    ]
    assert found == []


def test_no_floor_writes_to_the_database_past_the_ledger():
    """Only the store and the ledger say INSERT, UPDATE or DELETE."""
    statement = ("INSERT INTO", "UPDATE ", "DELETE FROM")
    below = (("inkt_mfg", "store"), ("inkt_mfg", "ledger"), ("inkt_mfg", "records"))
    found = [
        (m.path, node.lineno)
        for m in modules()
        if m.path.parts[:2] not in below
        for node in ast.walk(m.tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.startswith(statement)
    ]
    assert found == []


def test_no_float_is_computed_with_in_the_science():
    """Decimal everywhere: a float literal or a float() in units or science would round behind our back."""
    floats = [
        (m.path, node.lineno)
        for m in modules()
        if m.path.parts[:2] == ("inkt_mfg", "science")
        or m.path.name in {"units.py", "_unit_numbers.py", "_unit_table.py"}
        for node in ast.walk(m.tree)
        if (isinstance(node, ast.Constant) and isinstance(node.value, float))
        or (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "float")
    ]
    assert floats == []


def test_only_printing_opens_a_connection_of_its_own():
    """The database's is SQLAlchemy's to open; what ``docs/security.md`` says of being sent anywhere rests on this."""
    of_networks = {
        "socket", "ssl", "http", "urllib", "smtplib", "ftplib", "xmlrpc", "socketserver", "requests", "httpx", "aiohttp"
    }  # fmt: skip
    opening = {
        str(module.path)
        for module in modules()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in ([a.name for a in node.names] if isinstance(node, ast.Import) else [node.module or ""])
        if name.split(".")[0] in of_networks
    }
    assert opening == {"labels/printers/connection.py"}
