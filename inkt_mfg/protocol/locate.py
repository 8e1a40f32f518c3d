"""Finds the line on which a key of a TOML text stands, so that a refusal can point at it.

``tomllib`` forgets lines. This reads only what is needed to remember them: table headers, keys and where a value
ends. It is called on texts ``tomllib`` has already accepted, refuses nothing, and answers with the nearest table when
a key is missing.
"""

import re
from collections.abc import Iterator

KeyPath = tuple[str | int, ...]

_HEADER = re.compile(r"(?P<open>\[\[?)(?P<name>[^\[\]]+)\]\]?")
_KEY = re.compile(r"""(?P<name>(?:"(?:[^"\\]|\\.)*"|'[^']*'|[A-Za-z0-9_-]+|[ \t]*\.[ \t]*)+)[ \t]*=""")
_NAME_PART = re.compile(r"""\s*(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|([A-Za-z0-9_-]+))\s*""")
_TOKEN = re.compile(
    r'''""".*?"{3,5}|\'\'\'.*?\'{3,5}|"(?:[^"\\\n]|\\.)*"|'[^'\n]*'|\#[^\n]*|[\[\]{}\n]|[^"'\#\[\]{}\n]+''',
    re.DOTALL,
)


def lines_of(text: str) -> dict[KeyPath, int]:
    """Every table and key of a TOML text with the line (from 1) it begins on."""
    found: dict[KeyPath, int] = {}
    table: KeyPath = ()
    seen: dict[KeyPath, int] = {}
    for start, statement in _statements(text):
        line = text.count("\n", 0, start) + 1
        if header := _HEADER.match(statement):
            table = _table_path(_parts(header["name"]), header["open"] == "[[", seen)
            found.setdefault(table, line)
        elif key := _KEY.match(statement):
            found.setdefault((*table, *_parts(key["name"])), line)
    return found


def line_of(lines: dict[KeyPath, int], path: KeyPath) -> int:
    """The line of a key, else of the nearest table or key around it; 1 for the text as a whole."""
    for length in range(len(path), 0, -1):
        if path[:length] in lines:
            return lines[path[:length]]
    return 1


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """Where each header or assignment starts, and its text: an assignment ends where its brackets are closed."""
    depth, start = 0, None
    for token in _TOKEN.finditer(text):
        piece = token[0]
        if start is None:
            if piece.isspace() or piece.startswith("#"):
                continue
            start = token.start() + len(piece) - len(piece.lstrip())
        depth += (piece in {"[", "{"}) - (piece in {"]", "}"})
        if piece == "\n" and depth == 0:
            yield start, text[start : token.start()]
            start = None
    if start is not None:
        yield start, text[start:]


def _table_path(parts: list[str], is_array: bool, seen: dict[KeyPath, int]) -> KeyPath:
    """The path of a header; the n-th ``[[tests]]`` is ("tests", n - 1), and what follows it lies in that one."""
    path: KeyPath = ()
    for part in parts[:-1]:
        path = (*path, part)
        if path in seen:
            path = (*path, seen[path])
    path = (*path, parts[-1])
    if is_array:
        seen[path] = seen.get(path, -1) + 1
        path = (*path, seen[path])
    return path


def _parts(dotted: str) -> list[str]:
    return [next(p for p in match.groups() if p is not None) for match in _NAME_PART.finditer(dotted)]
