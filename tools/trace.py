"""The trace matrix: each requirement of ``docs/requirements.toml`` with the tests of one run that show it.

``make trace`` runs the tests with INKT_TRACE and prints the matrix; a requirement no test shows is printed as a gap.
"""

import json
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]


def requirements() -> dict[str, str]:
    """Requirement id → its sentence."""
    text = (ROOT / "docs" / "requirements.toml").read_text(encoding="utf-8")
    return dict(tomllib.loads(text)["R"])


def matrix(outcomes: dict[str, dict[str, str]]) -> str:
    """Markdown: requirement, how many tests show it, how they went. ``outcomes`` is id → test → outcome."""
    lines = ["| id | requirement | tests | outcome |", "|---|---|---|---|"]
    for number, sentence in requirements().items():
        shown = outcomes.get(number, {})
        failed = sorted(test for test, outcome in shown.items() if outcome != "passed")
        went = (
            "NOT SHOWN BY ANY TEST"
            if not shown
            else "all passed"
            if not failed
            else f"failed: {', '.join(failed)}"
        )
        lines.append(f"| {number} | {sentence} | {len(shown)} | {went} |")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.stdout.write(matrix(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))) + "\n")
