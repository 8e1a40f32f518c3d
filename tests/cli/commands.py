"""Every command of ``inkt`` with its parameters, read from the program itself."""

from collections.abc import Iterator
from importlib import import_module
from typing import Any

import typer

from inkt_mfg.cli.main import NOUNS, app


def every_command() -> Iterator[tuple[str, Any]]:
    """``("batch list", its click command)``, every leaf."""
    for noun, where in sorted(NOUNS.items()):
        module, _, attribute = where.target.partition(":")
        yield from _leaves(noun, typer.main.get_command(getattr(import_module(module), attribute)))


def _leaves(path: str, command: Any) -> Iterator[tuple[str, Any]]:
    verbs = getattr(command, "commands", None)
    if verbs is None:
        yield path, command
        return
    for verb, below in sorted(verbs.items()):
        yield from _leaves(f"{path} {verb}", below)


def options(command: Any) -> list[str]:
    """Its options as typed, but those every command has."""
    named = [max(p.opts, key=len) for p in command.params if p.param_type_name == "option"]
    return [name for name in named if name not in {"--help", "--json"}]


def program() -> Any:
    return typer.main.get_command(app)
