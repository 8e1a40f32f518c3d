"""An export file before anyone has read its meaning: its bytes, its text, its rows.

Every reader starts from it. It refuses text in an encoding it does not know, a table whose rows do not fit its
heading, and a heading with two columns of one name; spreadsheets are refused with the way to export text instead.
"""

import csv
import hashlib
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from inkt_mfg.files import bytes_of
from inkt_mfg.language import Phrase
from inkt_mfg.refusal import Refusal, refuse

_OPERATOR = Phrase("the operator, by exporting the file again from the instrument")
_SPREADSHEETS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")  # xlsx is a zip archive, xls an OLE document
_LARGEST = 20_000_000  # bytes; a count with every image's numbers is a few thousand


@dataclass(frozen=True, slots=True)
class Export:
    """A file an instrument wrote: name, SHA-256 of its bytes, and its text with lines ended by a newline."""

    name: str
    sha256: str
    text: str

    @property
    def lines(self) -> list[str]:
        return self.text.split("\n")

    def refusal(self, rule: str, what: Phrase, expected: Phrase, typed: str | None = None) -> Refusal:
        """A refusal of this file as a whole."""
        named = Phrase("{file}: {what}", file=self.name, what=what)
        return refuse(rule, named, expected=expected, resolve_by=_OPERATOR, field="file", typed=typed)


def open_export(path: Path) -> Export:
    """The text of an export. Refuses a spreadsheet, an unknown encoding; Unable when the file cannot be read."""
    content = bytes_of(
        path, rule="instrument.file", expected=Phrase("the path of an export"), largest=_LARGEST
    )
    return of_bytes(content, path.name)


def of_bytes(content: bytes, name: str) -> Export:
    """The same, of bytes in hand."""
    bare = Export(name, hashlib.sha256(content).hexdigest(), "")
    if content.startswith(_SPREADSHEETS):
        what = Phrase("this is a spreadsheet, which is not read here")
        raise bare.refusal("instrument.spreadsheet", what, Phrase("the same count exported as text or CSV"))
    try:
        text = content.decode(_encoding(content))
    except UnicodeDecodeError:
        what = Phrase("its characters are neither UTF-8 nor UTF-16")
        raise bare.refusal("instrument.encoding", what, Phrase("a file in UTF-8 or UTF-16")) from None
    if "\x00" in text:
        raise bare.refusal(
            "instrument.encoding", Phrase("it is not a text"), Phrase("a file in UTF-8 or UTF-16")
        )
    return Export(name, bare.sha256, text.replace("\r\n", "\n").replace("\r", "\n"))


def _encoding(content: bytes) -> str:
    return "utf-16" if content.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table: where it stands, and its cells by heading, without surrounding spaces."""

    place: str
    cells: dict[str, str]


def table(export: Export, heading: Sequence[str], rows: Iterable[tuple[int, Sequence[str]]]) -> Iterator[Row]:
    """The rows under a heading. Refuses a repeated heading and a row with more or fewer cells."""
    names = [name.strip() for name in heading]
    named = [name for name in names if name]
    for name in named:
        if named.count(name) > 1:
            what = Phrase("two columns are called {name}", name=repr(name))
            raise export.refusal("instrument.table", what, Phrase("every column with a heading of its own"))
    for line, cells in rows:
        if len(cells) != len(names):
            what = Phrase(
                "line {n} has {found} cells under {wanted} headings",
                n=line,
                found=len(cells),
                wanted=len(names),
            )
            raise export.refusal("instrument.table", what, Phrase("as many cells as headings"))
        by_name = {
            name or f"column {i}": cell.strip()
            for i, (name, cell) in enumerate(zip(names, cells, strict=True), 1)
        }
        yield Row(f"line {line}", by_name)


def comma_separated(export: Export) -> list[tuple[int, list[str]]]:
    """Every line that is not empty with its number, split at commas; quotes as CSV has them."""
    reader = csv.reader(io.StringIO(export.text), strict=True)
    try:
        return [(reader.line_num, cells) for cells in reader if any(cell.strip() for cell in cells)]
    except csv.Error as error:
        what = Phrase("it is not comma-separated: {reason}", reason=error)
        raise export.refusal("instrument.table", what, Phrase("comma-separated values")) from error


def wanted(export: Export, row: Row, names: Iterable[str]) -> None:
    """Refuses a table without one of the columns a reader needs."""
    missing = [name for name in names if name not in row.cells]
    if missing:
        what = Phrase("there is no column {names}", names=", ".join(missing))
        raise export.refusal("instrument.columns", what, Phrase("the instrument's own complete export"))
