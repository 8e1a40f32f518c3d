"""``field=value`` on a command line put into the shape a workflow command takes: texts, named texts, numbered rows.

``inkt act`` alone calls it, before anybody is logged in. A field nobody asked for, one missing, one said twice or in
another shape is a wrong argument (exit code 2); what a value means is for the command to refuse.
"""

import inspect
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from getpass import getpass
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args, get_origin

import typer

from inkt_mfg.files import at_most
from inkt_mfg.language import Phrase

if TYPE_CHECKING:
    from inkt_mfg.workflow.command import Command

_LARGEST_TEXT = 20_000_000  # bytes
_GIVEN_ELSEWHERE = {"act", "on", "batch", "operation"}


@dataclass(frozen=True, slots=True)
class Field:
    """One parameter of a command. ``row`` is the class of a numbered row, ``named`` whether it holds named texts."""

    name: str
    required: bool
    named: bool = False
    row: type | None = None

    @property
    def is_password(self) -> bool:
        return self.name.endswith("password")

    @property
    def spelled(self) -> str:
        """How it is typed: ``volume``, ``readings.NAME``, ``replicates.1.viability``."""
        if self.row is not None:
            return ", ".join(f"{self.name}.1.{part}" for part in _parts(self.row))
        return f"{self.name}.NAME" if self.named else self.name


def fields_of(command: "Command") -> dict[str, Field]:
    """What a command may be told, by name; a step of the plan takes what ``record_step`` takes."""
    from inkt_mfg.workflow.culture import record_step

    declared = dict(inspect.signature(command.run).parameters)
    if any(p.kind is p.VAR_KEYWORD for p in declared.values()):
        declared = {**inspect.signature(record_step).parameters, **declared}
    kept = {n: p for n, p in declared.items() if n not in _GIVEN_ELSEWHERE and p.kind is not p.VAR_KEYWORD}
    return {n: _field(n, p.annotation, p.default is p.empty) for n, p in kept.items()}


def _field(name: str, annotation: Any, required: bool) -> Field:
    for kind in (annotation, *get_args(annotation)):
        if get_origin(kind) is Mapping:
            return Field(name, required, named=True)
        if get_origin(kind) is Sequence:
            return Field(name, required, row=get_args(kind)[0])
    return Field(name, required)


def _parts(row: type) -> list[str]:
    return [part.name for part in fields(row)]


def code_and_entries(command: "Command", typed: Sequence[str]) -> tuple[str | None, Sequence[str]]:
    """The record's code, where the command is about one, and the rest."""
    if command.on is None:
        return None, typed
    if not typed or "=" in typed[0]:
        raise _wrong(
            Phrase("{command} is about a {record}: its code comes first", command=command.name,
                   record=command.on.__name__)
        )  # fmt: skip
    return typed[0], typed[1:]


def in_shape(command: "Command", typed: Sequence[str]) -> dict[str, Any]:
    """The entries as the command's keyword arguments. Raises typer.BadParameter."""
    known = fields_of(command)
    said: dict[str, Any] = {}
    for entry in typed:
        path, value = _path_and_value(entry)
        if path[0] not in known:
            raise _wrong(_takes(command, known, Phrase("there is no field {name}", name=path[0])))
        _put(said, known[path[0]], path, value)
    missing = [f for n, f in known.items() if f.required and n not in said and not _obtainable(f)]
    if missing:
        names = ", ".join(f.name for f in missing)
        raise _wrong(_takes(command, known, Phrase("missing: {names}", names=names)))
    return {name: _finished(known[name], value) for name, value in said.items()}


def _path_and_value(entry: str) -> tuple[list[str], str]:
    """``name=value``, or ``name@=FILE`` for the text of a file."""
    name, mark, value = entry.partition("=")
    if not mark:
        raise _wrong(Phrase("{entry} is not field=value", entry=entry))
    if name.endswith("@"):
        name = name[:-1]
        value = _text_of(value)
    return name.split("."), value


def _text_of(file: str) -> str:
    try:
        content = at_most(Path(file), _LARGEST_TEXT)
        if content is not None:
            return content.decode().replace("\r\n", "\n").replace("\r", "\n")
    except (FileNotFoundError, IsADirectoryError, UnicodeDecodeError) as wrong:
        raise _wrong(Phrase("{file} is not a text file", file=file)) from wrong
    raise _wrong(Phrase("{file} is larger than any such file", file=file))


def _put(said: dict[str, Any], field: Field, path: list[str], value: str) -> None:
    depth = 3 if field.row is not None else 2 if field.named else 1
    if len(path) != depth or not all(path) or (field.row is not None and not _is_part(field.row, path)):
        raise _wrong(
            Phrase("{typed} is not how {field} is typed: {spelled}", typed=".".join(path), field=field.name,
                   spelled=field.spelled)
        )  # fmt: skip
    place = said
    for part in path[:-1]:
        place = place.setdefault(part, {})
    if path[-1] in place:
        raise _wrong(Phrase("{typed} is said twice", typed=".".join(path)))
    place[path[-1]] = value


def _is_part(row: type, path: list[str]) -> bool:
    return path[1].isascii() and path[1].isdigit() and path[2] in _parts(row)


def _finished(field: Field, value: Any) -> Any:
    """Numbered rows in the order of their numbers, each complete."""
    if field.row is None:
        return value
    rows = []
    for number in sorted(value, key=int):
        lacking = [part for part in _parts(field.row) if part not in value[number]]
        if lacking:
            raise _wrong(
                Phrase("missing: {names}", names=", ".join(f"{field.name}.{number}.{p}" for p in lacking))
            )
        rows.append(field.row(**value[number]))
    return rows


def _takes(command: "Command", known: Mapping[str, Field], what: Phrase) -> Phrase:
    return Phrase(
        "{what}; {command} takes {fields}",
        what=what,
        command=command.name,
        fields=", ".join(f.spelled if f.required else f"[{f.spelled}]" for f in known.values()) or "–",
    )


def _wrong(what: Phrase) -> typer.BadParameter:
    return typer.BadParameter(str(what))


# --- passwords, which do not belong on a command line


def passwords(command: "Command", said: Mapping[str, Any], own: str) -> dict[str, str]:
    """Those left out: the old one is the one just given, another comes from its variable or is asked for twice."""
    wanted = [f for f in fields_of(command).values() if f.is_password and f.name not in said]
    return {f.name: own if f.name == "old_password" else _asked(f) for f in wanted}


def _variable(field: Field) -> str:
    return f"INKT_{field.name.upper()}"


def _obtainable(field: Field) -> bool:
    named = field.name == "old_password" or _variable(field) in os.environ
    return field.is_password and (named or sys.stdin.isatty())


def _asked(field: Field) -> str:
    kept = os.environ.get(_variable(field))
    if kept is not None:
        return kept
    first = getpass(str(Phrase("The new password: ")))
    if getpass(str(Phrase("The same again: "))) != first:
        raise _wrong(Phrase("the two passwords differ"))
    return first
