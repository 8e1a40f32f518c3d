"""The shape of the source: small modules and functions that explain themselves, nothing unfinished, nothing of one machine."""

import ast
import platform
import re
from collections import Counter
from pathlib import Path

import pytest
from source import PACKAGES, ROOT, functions, length, modules, tracked

LONGEST_MODULE = 500
# What an outsider gets alone and reads from top to bottom is one file, whatever its length.
ONE_FILE, LONGEST_FILE = Path("inkt_mfg/ledger/verify_ledger.py"), 600
SCREEN = 30  # lines of a function that still fit a screen with its surroundings
LOCKS = ("requirements.lock", "requirements-dev.lock")


def named(places) -> str:
    return "\n".join(str(p) for p in places)


def test_no_module_is_longer_than_500_lines():
    too_long = [
        (m.path, m.lines)
        for m in modules()
        if m.lines > (LONGEST_FILE if m.path == ONE_FILE else LONGEST_MODULE)
    ]
    assert not too_long, named(too_long)


@pytest.mark.parametrize("package", PACKAGES)
def test_nine_functions_in_ten_are_shorter_than_30_lines(package):
    lengths = [length(f) for m, f in functions() if m.path.parts[0] == package]
    assert lengths
    assert sum(n < SCREEN for n in lengths) >= 0.9 * len(lengths)


def test_the_median_function_has_at_most_seven_lines():
    lengths = sorted(length(f) for _m, f in functions())
    assert lengths[len(lengths) // 2] <= 7


def test_every_module_says_what_it_is():
    silent = [m.path for m in modules() if m.lines and not ast.get_docstring(m.tree)]
    assert not silent, named(silent)


def test_every_public_function_and_class_says_what_it_is():
    silent = [
        f"{m.path}:{node.lineno} {node.name}"
        for m in modules()
        for node in m.tree.body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        and not node.name.startswith("_")
        and not ast.get_docstring(node)
    ]
    assert not silent, named(silent)


def test_nothing_is_left_for_later():
    later = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
    found = [(m.path, line) for m in modules() for line in m.text.splitlines() if later.search(line)]
    assert not found, named(found)


def test_no_test_is_skipped_and_none_mocks():
    unwanted = re.compile(
        r"pytest\.(skip|importorskip|mark\.skip|mark\.xfail)|unittest\.mock|MagicMock|mocker"
    )
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in tracked()
        if path.suffix == ".py" and path.is_relative_to(ROOT / "tests") and path != Path(__file__).resolve()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if unwanted.search(line)
    ]
    assert not found, named(found)


def test_no_two_test_modules_have_the_same_name():
    """pytest imports them by their bare name."""
    names = Counter(
        p.name for p in (ROOT / "tests").rglob("*.py") if p.name not in {"conftest.py", "__init__.py"}
    )
    assert [n for n, times in names.items() if times > 1] == []


def test_nothing_is_imported_from_a_conftest():
    """There is one in every folder: which of them ``conftest`` is depends on what else is run."""
    importing = re.compile(r"^\s*(from conftest import|import conftest)", re.MULTILINE)
    tests = [p for p in (ROOT / "tests").rglob("*.py") if importing.search(p.read_text(encoding="utf-8"))]
    assert not tests, named(p.relative_to(ROOT) for p in tests)


# --- nothing of the machine it was written on


def _texts():
    for path in tracked():
        try:
            yield path.relative_to(ROOT), path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # a picture, a font


def test_no_file_names_a_place_of_this_machine():
    here = {str(ROOT), f"{Path.home()}/", str(ROOT.parent) + "/"}
    host = platform.node()
    if len(host) > 6 and host != "localhost":
        here.add(host)
    found = [(path, word) for path, text in _texts() for word in here if len(word) > 3 and word in text]
    assert not found, named(found)


def test_no_file_holds_an_absolute_home():
    home = re.compile(r"(?<![\w.])/(home|Users)/[a-z][a-z0-9]+/|/r[o]ot/|[A-Z]:\\\\Users\\\\")
    found = [(path, hit.group()) for path, text in _texts() if path != Path("tests/house/test_shape.py")
             for hit in home.finditer(text)]  # fmt: skip
    assert not found, named(found)


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_names_hashes_and_no_address(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    assert not re.search(r"://|--(extra-)?index-url|--find-links|file:|@ ", text)
    required = [line for line in text.splitlines() if re.match(r"[A-Za-z0-9]", line)]
    assert required
    assert all("==" in line for line in required)
    blocks = re.split(r"^(?=[A-Za-z0-9])", text, flags=re.MULTILINE)[1:]
    assert [b.split("==")[0] for b in blocks if "--hash=sha256:" not in b] == []


def test_the_development_lock_holds_everything_the_program_needs():
    def pins(name: str) -> set[str]:
        found = re.findall(
            r"^([A-Za-z0-9._-]+(?:\[[a-z]+\])?==\S+)", (ROOT / name).read_text(), flags=re.MULTILINE
        )
        return {re.sub(r"\[[a-z]+\]", "", pin) for pin in found}

    assert pins(LOCKS[0]) - pins(LOCKS[1]) == set()
