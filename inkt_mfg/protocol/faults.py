"""Turns what is wrong with a protocol file into refusals that name the file, the key and the line.

Only ``model`` uses it. Every fault of a file is reported at once, in the order of its lines, because a QA officer
corrects a file in one sitting.
"""

import difflib
import re
import tomllib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from inkt_mfg.language import Phrase
from inkt_mfg.protocol.locate import KeyPath, line_of, lines_of
from inkt_mfg.protocol.values import Refused
from inkt_mfg.refusal import Blocker, Refusal

AUTHOR = Phrase("whoever wrote the protocol file, by correcting that line")


@dataclass(frozen=True, slots=True)
class Fault(Blocker):
    """One thing wrong in a protocol file; ``key`` is dotted, ``line`` counts from 1."""

    file: str = ""
    key: str = ""
    line: int = 1

    def as_json(self) -> dict[str, str | None]:
        """As any refusal, and file, key and line."""
        where: dict[str, str | None] = {"file": self.file, "key": self.key, "line": str(self.line)}
        return {**Blocker.as_json(self), **where}


@dataclass(frozen=True, slots=True)
class Wrong:
    """What a rule found wrong, before it is known on which line: the path of the key and the words to say."""

    path: KeyPath
    rule: str
    what: Phrase
    expected: Phrase
    typed: str | None = None


class ProtocolText:
    """A protocol file's text with its name: parses it, and says where in it something is wrong."""

    def __init__(self, text: str, name: str) -> None:
        self.text = text
        self.name = name

    def parse(self) -> dict[str, Any]:
        """The tables of the file. Refuses ``protocol.syntax``."""
        try:
            return tomllib.loads(self.text)
        except tomllib.TOMLDecodeError as error:
            place = re.search(r"at line (\d+)", str(error))
            line = int(place[1]) if place else self.text.count("\n") + 1
            what = Phrase("this is not TOML: {reason}", reason=str(error))
            wrong = Wrong((), "protocol.syntax", what, Phrase("a key, a sign = and a value"))
            raise Refusal(self._fault(wrong, "", line)) from error

    def refusal(self, wrongs: Iterable[Wrong]) -> Refusal | None:
        """Every fault as one refusal in the order of the lines, or None when there is none."""
        lines = lines_of(self.text)
        tables = tomllib.loads(self.text)
        faults = [self._fault(w, dotted(w.path, tables), line_of(lines, w.path)) for w in wrongs]
        return Refusal(*sorted(faults, key=lambda fault: fault.line)) if faults else None

    def _fault(self, wrong: Wrong, key: str, line: int) -> Fault:
        named = {"file": self.name, "line": line, "key": key or "–", "what": wrong.what}
        return Fault(
            rule=wrong.rule,
            what=Phrase("{file}, line {line}, {key}: {what}", **named),
            expected=wrong.expected,
            resolve_by=AUTHOR,
            field=key or None,
            typed=wrong.typed,
            file=self.name,
            key=key,
            line=line,
        )


def dotted(path: KeyPath, tables: Mapping[str, Any]) -> str:
    """The key as a reader looks for it: a list's item by its code where it has one, else by its number from 1."""
    words: list[str] = []
    place: Any = tables
    for part in path:
        place = _inside(place, part)
        if isinstance(part, int):
            name = place.get("code", place.get("act")) if isinstance(place, Mapping) else None
            words.append(str(name) if isinstance(name, str) else f"#{part + 1}")
        else:
            words.append(part)
    return ".".join(words)


def _inside(place: Any, part: str | int) -> Any:
    try:
        return place[part]
    except (LookupError, TypeError):
        return None


def wrongs_of(error: ValidationError, keys: Collection[str]) -> list[Wrong]:
    """What pydantic found wrong, in our words; ``keys`` are all keys there are, to suggest a near one."""
    return [_wrong(dict(found), keys) for found in error.errors(include_url=False)]


def _wrong(found: Mapping[str, Any], keys: Collection[str]) -> Wrong:
    path: KeyPath = tuple(found["loc"])
    carried = found.get("ctx", {}).get("error")
    if isinstance(carried, Refused):
        return _carried(path, carried.refusal.first)
    last = str(path[-1]) if path else ""
    typed = None if found["type"] in {"missing", "extra_forbidden"} else _shown(found["input"])
    if found["type"] == "missing":
        return Wrong(
            path, "protocol.missing", Phrase("{key} is missing", key=last), Phrase("the key {key}", key=last)
        )
    if found["type"] == "extra_forbidden":
        return Wrong(
            path, "protocol.unknown_key", Phrase("there is no key {key} here", key=last), _nearest(last, keys)
        )
    if found["type"] == "model_type":
        return Wrong(
            path, "protocol.value", Phrase("a value stands where a table is asked for"), SOURCED, typed
        )
    return Wrong(
        path,
        "protocol.value",
        Phrase("this value is not allowed"),
        Phrase("{text}", text=found["msg"]),
        typed,
    )


SOURCED = Phrase("{braces}", braces='{ value = …, source = "registry|literature|site", citation = "…" }')
_OUR_RULE = {
    "units.missing": "protocol.unit",
    "units.unknown": "protocol.unit",
    "units.dimension": "protocol.unit",
    "units.number": "protocol.number",
    "acceptance.criterion": "protocol.criterion",
    "acceptance.range": "protocol.criterion",
}


def _carried(path: KeyPath, blocker: Blocker) -> Wrong:
    """A refusal of units or science met inside the file: a wrong unit or dimension is ``protocol.unit``."""
    return Wrong(
        path, _OUR_RULE.get(blocker.rule, blocker.rule), blocker.what, blocker.expected, blocker.typed
    )


def _shown(value: object) -> str:
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= 80 else f"{text[:77]}…"


def _nearest(key: str, keys: Collection[str]) -> Phrase:
    near = difflib.get_close_matches(key, keys, n=1)
    return Phrase("the key {near}", near=near[0]) if near else Phrase("only keys that protocol files have")
