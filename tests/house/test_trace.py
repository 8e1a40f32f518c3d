"""The trace: markers name requirements that exist, and the matrix shows a gap as a gap."""

import re
from pathlib import Path

from tools.trace import matrix, requirements

TESTS = Path(__file__).parents[1]
MARKED = re.compile(r"mark\.requirement\(([^)]*)\)")


def marked() -> set[str]:
    """Every requirement id a test file names."""
    return {
        name
        for file in TESTS.rglob("*.py")
        for names in MARKED.findall(file.read_text(encoding="utf-8"))
        for name in re.findall(r'"(\w+)"', names)
    }


def test_a_test_names_only_requirements_that_exist():
    assert marked() <= set(requirements())


def test_a_requirement_no_test_shows_is_printed_as_a_gap():
    printed = matrix({"R01": {"tests/a.py::test_one": "passed"}, "R02": {"tests/a.py::test_two": "failed"}})
    rows = {line.split(" | ")[0].strip("| "): line for line in printed.splitlines()[2:]}
    assert rows["R01"].endswith("| 1 | all passed |")
    assert "failed: tests/a.py::test_two" in rows["R02"]
    assert rows["R62"].endswith("| 0 | NOT SHOWN BY ANY TEST |")
