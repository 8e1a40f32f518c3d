"""Where a SQLite file is damaged, in words: the page, and the table or index it belongs to; and what to restore instead.

Called when the database says it is malformed, and by the proof of a backup. It only reads, and never raises for what it finds.
"""

import re
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import BinaryIO

from inkt_mfg.language import Phrase
from inkt_mfg.refusal import Unable

LAST_GOOD = "last-good-backup.txt"  # in the site's folder: where the newest good backup lies, when the database cannot say
_PLACES = (
    re.compile(r"[Tt]ree (\d+) page (\d+)"),
    re.compile(r"[Oo]n (?:tree )?page ()(\d+)"),
    re.compile(r"[Pp]age ()(\d+)"),
)
_INDEX = re.compile(r"(?:missing from|in) index (\S+)")
_LEAVES, _INTERIORS = frozenset({10, 13}), frozenset({2, 5})  # the kinds of a tree's pages
_POINTERS = {10: 8, 13: 8, 2: 12, 5: 12}  # where a page's list of cells begins
_HEADER = 100  # of the file, before the first page's own
_SMALLEST_PAGE = 512
_ENOUGH = 20  # complaints read; the first that names a place is told


def said_damaged(place: str) -> Unable:
    """The sentence for a damaged database file: where, and which backup to restore."""
    file = Path(place)
    where = where_damaged(file)
    what = Phrase("{place} is damaged.", place=place) if where is None else Phrase(
        "{place} is damaged: {where}.", place=place, where=where)  # fmt: skip
    return Unable(what, _remedy(file.parent))


def where_damaged(file: Path) -> Phrase | None:
    """The first damaged page with its table or index; None when SQLite cannot say, or finds nothing."""
    try:
        with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)) as database:
            trees = _trees(database)
            said = _complaints(database)
    except sqlite3.Error:
        return None
    return _first_page(file, trees) or _first_said(said, dict(trees))


def _trees(database: sqlite3.Connection) -> list[tuple[int, str]]:
    """Root page and name of every table and index; the schema's own root is page 1."""
    question = "SELECT rootpage, type || ' ' || name FROM sqlite_master WHERE rootpage > 0 ORDER BY rootpage"
    try:
        return [(1, "schema"), *((int(page), str(name)) for page, name in database.execute(question))]
    except sqlite3.Error:
        return [(1, "schema")]


def _complaints(database: sqlite3.Connection) -> list[str]:
    said: list[str] = []
    try:
        for (text,) in database.execute(f"PRAGMA integrity_check({_ENOUGH})"):
            said += str(text).splitlines()
    except sqlite3.Error as wrong:
        said.append(str(wrong))
    return said


def _first_page(file: Path, trees: list[tuple[int, str]]) -> Phrase | None:
    """Walks each tree from its root: SQLite's own check gives up, and names nothing, when a root is damaged."""
    with file.open("rb") as database:
        size = int.from_bytes(database.read(18)[16:18], "big")
        size = 65_536 if size == 1 else size
        if size < _SMALLEST_PAGE:
            return None
        pages = file.stat().st_size // size
        for root, name in trees:
            bad = _bad_page(database, size, pages, root)
            if bad is not None:
                return Phrase("page {page}, of {table}", page=bad, table=name)
    return None


def _bad_page(database: BinaryIO, size: int, pages: int, root: int) -> int | None:
    """The first page of this tree that is none (sqlite.org/fileformat2.html, 1.6)."""
    waiting, seen = [root], set[int]()
    while waiting:
        number = waiting.pop()
        if not 0 < number <= pages or number in seen:
            return number
        seen.add(number)
        database.seek((number - 1) * size)
        page = database.read(size)
        start = _HEADER if number == 1 else 0
        kind, cells = page[start], int.from_bytes(page[start + 3 : start + 5], "big")
        if kind not in _LEAVES | _INTERIORS or start + _POINTERS[kind] + 2 * cells > size:
            return number
        if kind in _INTERIORS:
            children = _children(page, start, cells)
            if children is None:
                return number
            waiting += reversed(children)
    return None


def _children(page: bytes, start: int, cells: int) -> list[int] | None:
    """The pages below an interior page; None when a pointer leads out of it."""
    first = start + _POINTERS[page[start]]
    places = [int.from_bytes(page[first + 2 * n : first + 2 * n + 2], "big") for n in range(cells)]
    if any(place + 4 > len(page) for place in places):
        return None
    below = [int.from_bytes(page[place : place + 4], "big") for place in places]
    return [*below, int.from_bytes(page[start + 8 : start + 12], "big")]


def _first_said(complaints: list[str], names: dict[int, str]) -> Phrase | None:
    for text in complaints:
        for pattern in _PLACES:
            if found := pattern.search(text):
                tree, page = found.groups()
                name = names.get(int(tree or page))
                if name is None:
                    return Phrase("page {page}", page=page)
                return Phrase("page {page}, of {table}", page=page, table=name)
        if found := _INDEX.search(text):
            return Phrase("index {name}", name=found.group(1))
    return None


def _remedy(folder: Path) -> Phrase:
    backup = newest_good(folder)
    if backup is None:
        return Phrase(
            "Nothing was recorded. Restore the last good backup: `inkt backup list --in FOLDER` names them."
        )
    return Phrase(
        "Nothing was recorded. The newest good backup: `inkt backup restore {backup} --to {folder}`.",
        backup=backup,
        folder=folder,
    )


def newest_good(folder: Path) -> str | None:
    """Where the site's newest good backup lies, as its folder remembers it; None when that is gone."""
    try:
        kept = (folder / LAST_GOOD).read_text(encoding="utf-8").strip()
    except OSError:
        return None
    return kept if kept and Path(kept).is_dir() else None


def remember_good(folder: Path, backup: Path) -> None:
    """Note beside the database where its newest good backup lies. Raises OSError."""
    part = folder / f".{LAST_GOOD}.part"
    part.write_text(f"{backup.resolve()}\n", encoding="utf-8")
    part.replace(folder / LAST_GOOD)
