"""The project's own source, parsed: what the tests of this folder measure."""

import ast
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("inkt_mfg", "tui", "labels")
_GENERATED = ("migrations", "versions")  # alembic writes these


@dataclass(frozen=True)
class Module:
    """One module: its path from the root, its text, its tree."""

    path: Path
    text: str
    tree: ast.Module

    @property
    def lines(self) -> int:
        return len(self.text.splitlines())


Function = ast.FunctionDef | ast.AsyncFunctionDef


@cache
def modules() -> tuple[Module, ...]:
    """Every module of the three packages that a person wrote."""
    return tuple(_read())


def _read() -> Iterator[Module]:
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            if path.parts[-3:-1] != _GENERATED:
                text = path.read_text(encoding="utf-8")
                yield Module(path.relative_to(ROOT), text, ast.parse(text))


def functions() -> Iterator[tuple[Module, Function]]:
    """Every function and method."""
    for module in modules():
        for node in ast.walk(module.tree):
            if isinstance(node, Function):
                yield module, node


def length(node: Function) -> int:
    """Lines from ``def`` to its last."""
    assert node.end_lineno is not None
    return node.end_lineno - node.lineno + 1


def tracked() -> list[Path]:
    """Every text file the project keeps; without git (an unpacked archive), every file outside hidden folders."""
    if (ROOT / ".git").exists():
        listed = subprocess.run(
            ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True
        ).stdout.split("\0")
        return [ROOT / name for name in listed if name and (ROOT / name).is_file()]
    return [p for p in ROOT.rglob("*") if p.is_file() and not any(part.startswith(".") for part in p.parts)]
