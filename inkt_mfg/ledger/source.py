"""Where verification reads from: a driver's own rows, on SQLite and PostgreSQL alike, with nothing of SQLAlchemy between.

Used by ``slices``, in this process or in one of its own; ``replay`` makes the ``Plan``. It refuses nothing and writes
nothing.
"""

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import uuid4

from inkt_mfg.records.spelling import decimal_text, digest_text, moment_text

AT_ONCE = 500  # rows a driver hands over in one go, and keys in one question
SECRET, YES_NO, NUMBER, INSTANT, DAY, PLAIN = "secret", "yes or no", "number", "instant", "day", "plain"
# How PostgreSQL itself writes a value as the ledger does; SQLite keeps it so.
_AS_WRITTEN = {
    NUMBER: 'trim_scale("{name}")::text',
    INSTANT: """to_char("{name}" AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')""",
    DAY: '"{name}"::text',
}

Values = tuple[Any, ...]
# SQLite keeps any bytes in a text column. Read so, a byte that is no text is a character of its own, and comes back the same.
ANY_TEXT = partial(str, encoding="utf-8", errors="surrogateescape")


@dataclass(frozen=True, slots=True)
class Table:
    """One table to compare: its columns in the order their names sort, and what kind each is."""

    name: str
    columns: tuple[str, ...]
    kinds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """What is verified: one site, the tables that are there, on which kind of database.

    ``touches`` and ``signatures``: whether those two tables can be read for what they say besides their rows.
    """

    site: str
    dialect: str
    tables: tuple[Table, ...]
    touches: bool = True
    signatures: bool = True


def written(value: Any) -> Any:
    """A driver's value as the ledger writes it; what the ledger never writes (bytes, a binary float) as its text."""
    if value is None or isinstance(value, str | int):
        return value
    if isinstance(value, Decimal):
        return decimal_text(value)
    if isinstance(value, datetime):
        return moment_text(value)
    return value.isoformat() if isinstance(value, date) else repr(value)


def _yes_no(value: Any) -> Any:
    # SQLite keeps 1 and 0; anything else somebody put there stays what it is, and is found.
    return value == 1 if type(value) is int and value in {0, 1} else value


def writers(table: Table, dialect: str) -> list[tuple[int, Callable[[Any], Any]]]:
    """The columns no database gives as the ledger writes them, by their place."""
    how = {SECRET: digest_text} | ({YES_NO: _yes_no} if dialect == "sqlite" else {})
    return [(place, how[kind]) for place, kind in enumerate(table.kinds) if kind in how]


def selected(table: Table, dialect: str) -> str:
    """Every column of a table, as the ledger writes it where the database can."""
    how = _AS_WRITTEN if dialect == "postgresql" else {}
    named = zip(table.columns, table.kinds, strict=True)
    return ", ".join(how.get(kind, '"{name}"').format(name=name) for name, kind in named)


class Source:
    """One connection that holds one snapshot for as long as verification takes."""

    def __init__(self, connection: Any, dialect: str) -> None:
        self._connection = connection
        self._server = dialect == "postgresql"
        self.dialect = dialect

    def rows(self, statement: str, *values: object) -> Iterator[Values]:
        """A statement's rows as the driver itself gives them; ``?`` stands for a value."""
        for portion in self.portions(statement, *values):
            yield from portion

    def portions(self, statement: str, *values: object) -> Iterator[list[Values]]:
        """The same, a few hundred at a time: each ``AT_ONCE`` but the last."""
        # Only a named cursor lives on PostgreSQL's side; any other would bring the whole table here first.
        cursor = (
            self._connection.cursor(name=f"inkt_{uuid4().hex}") if self._server else self._connection.cursor()
        )
        with closing(cursor):
            if self._server:
                cursor.execute(statement.replace("?", "%s"), values, binary=True)
            else:
                cursor.execute(statement, values)
            while batch := cursor.fetchmany(AT_ONCE):
                yield batch

    def ordered(self, column: str) -> str:
        """A text column sorted by code point, as Python and the scratch database sort: PostgreSQL sorts by language."""
        return f'"{column}" COLLATE "C"' if self._server else f'"{column}"'

    @property
    def body(self) -> str:
        """An entry's body as its bytes, whatever somebody has made of it."""
        return "convert_to(body, 'UTF8')" if self._server else "CAST(body AS BLOB)"

    @property
    def body_is_text(self) -> str:
        """Whether it is text at all: what is kept as bytes, or is nothing, no reader of the ledger takes."""
        return "body IS NOT NULL" if self._server else "typeof(body) = 'text'"

    def entries(self, site: str, after: int | None, until: int | None, columns: str) -> Iterator[Values]:
        """The site's entries by number; no bound where it is None, so that a number that is none is read too."""
        bounds = (" AND sequence > ?" if after is not None else "") + (
            " AND sequence <= ?" if until is not None else ""
        )
        given = [bound for bound in (after, until) if bound is not None]
        yield from self.rows(
            f"SELECT {columns} FROM ledger_entry WHERE site = ?{bounds} ORDER BY sequence",  # noqa: S608 — our own names
            site,
            *given,
        )

    def last(self, site: str, until: int | None = None) -> tuple[int, str] | None:
        """Number and hash of the last entry, of those up to a number."""
        bound = "" if until is None else " AND sequence <= ?"
        question = (
            f"SELECT sequence, hash FROM ledger_entry WHERE site = ?{bound} ORDER BY sequence DESC LIMIT 1"  # noqa: S608
        )
        found = list(self.rows(question, site, *(() if until is None else (until,))))
        return (found[0][0], found[0][1]) if found else None

    def bodies(self, site: str, sequences: list[int]) -> Iterator[tuple[int, bytes]]:
        """The bodies of these entries."""
        for start in range(0, len(sequences), AT_ONCE):
            part = sequences[start : start + AT_ONCE]
            marks = ", ".join("?" * len(part))
            question = (
                f"SELECT sequence, {self.body} FROM ledger_entry WHERE site = ? AND sequence IN ({marks})"  # noqa: S608
            )
            yield from ((n, bytes(body or b"")) for n, body in self.rows(question, site, *part))
