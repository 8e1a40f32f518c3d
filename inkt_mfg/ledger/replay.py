"""Replays the ledger to what every row must be now, and compares that with every row of every table.

Used by ``verify``. Plain tuples from the driver, both sides sorted by table and key and read once; no row is held.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeVar
from uuid import uuid4

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError

from inkt_mfg.ledger.canonical import Cell, cell, digest_of
from inkt_mfg.ledger.findings import Finding, FindingKind
from inkt_mfg.ledger.scratch import Change, Scratch
from inkt_mfg.records.base import ExactDecimal, Moment, Record, secret_fields
from inkt_mfg.records.every import TABLES

Row = dict[str, Cell]
RowId = tuple[str, str]  # table, key
_Place = TypeVar("_Place", RowId, tuple[str, int])
_FETCHED = 2000
_Value = TypeVar("_Value")


def table_names() -> tuple[str, ...]:
    """Every table the ledger describes, in the order replay walks them."""
    return tuple(sorted(str(table.__tablename__) for table in TABLES))


def streamed(connection: Connection, statement: Any) -> Iterator[tuple[Any, ...]]:
    """A statement's rows as the driver itself gives them, a few thousand at a time."""
    if not connection.in_transaction():
        connection.begin()
    compiled = statement.compile(dialect=connection.dialect)
    driver: Any = connection.connection.driver_connection
    # Only a named cursor lives on PostgreSQL's side; any other would bring the whole table here first.
    cursor = (
        driver.cursor(name=f"inkt_{uuid4().hex}")
        if compiled.dialect.name == "postgresql"
        else driver.cursor()
    )
    values = compiled.params
    with closing(cursor), _errors_as_sqlalchemys(connection, str(compiled)):
        cursor.execute(
            str(compiled), [values[n] for n in compiled.positiontup] if compiled.positional else values
        )
        while batch := cursor.fetchmany(_FETCHED):
            yield from batch


@contextmanager
def _errors_as_sqlalchemys(connection: Connection, statement: str) -> Iterator[None]:
    """So that the store sees one family of errors, whoever sent the statement."""
    base = connection.dialect.loaded_dbapi.Error
    try:
        yield
    except base as wrong:
        raise DBAPIError.instance(statement, None, wrong, base, dialect=connection.dialect) from wrong


def as_in_database(value: Any) -> Cell:
    """A driver's value as a finding shows it; what the ledger never writes (bytes, a binary float) as its text."""
    if isinstance(value, str | int | bool | None | Decimal | datetime | date):
        return cell(value)
    return repr(value)


def _by_bytes(connection: Connection, column: str) -> Any:
    # PostgreSQL sorts text by language; the scratch database and Python sort it by code point.
    ordered: Any = sa.column(column)
    return sa.collate(ordered, "C") if connection.dialect.name == "postgresql" else ordered


def _writers(connection: Connection, table: type[Record]) -> list[tuple[str, Callable[[Any], Cell]]]:
    """The columns a driver does not give as the ledger writes them. SQLite keeps all but the secret ones as the ledger does."""
    secret: list[tuple[str, Callable[[Any], Cell]]] = [(n, digest_of) for n in sorted(secret_fields(table))]
    if connection.dialect.name == "sqlite":
        return secret
    columns = sa.inspect(table).local_table.columns
    return secret + [(c.name, cell) for c in columns if isinstance(c.type, ExactDecimal | Moment | sa.Date)]


def missing_tables(connection: Connection) -> frozenset[str]:
    """The tables the ledger describes and the database has not."""
    return frozenset(table_names()) - frozenset(sa.inspect(connection).get_table_names())


def actual_rows(
    connection: Connection, site: str, without: frozenset[str] = frozenset()
) -> Iterator[tuple[RowId, Row]]:
    """Every row of the site, by table and key, as the ledger would write it; none of the tables in ``without``."""
    for name in (n for n in table_names() if n not in without):
        table = next(t for t in TABLES if t.__tablename__ == name)
        columns = [column.name for column in sa.inspect(table).local_table.columns]
        plain: Any = sa.select(*map(sa.column, columns)).select_from(sa.table(name))
        where = plain.where(sa.column("site") == site).order_by(_by_bytes(connection, "key"))
        place = columns.index("key")
        written = _writers(connection, table)
        for values in streamed(connection, where):
            row = dict(zip(columns, values, strict=True))
            for column, write in written:
                if row[column] is not None:
                    row[column] = write(row[column])
            yield (name, values[place]), row


def expected_rows(scratch: Scratch, report: Callable[[Finding], None]) -> Iterator[tuple[RowId, Row]]:
    """Every row as the ledger's entries leave it, by table and key; a deleted one does not appear."""
    for row, changes in scratch.by_row():
        state = _replayed(row, changes, report)
        if state is not None:
            yield row, state


def _replayed(row: RowId, changes: list[Change], report: Callable[[Finding], None]) -> Row | None:
    state: Row | None = None
    for sequence, act, old, new in changes:
        if (act == "insert") != (state is None):
            expected = "no row" if act == "insert" else "a row"
            report(Finding(FindingKind.ORDER, *row, None, expected, f"{act} in entry {sequence}"))
        before = state or {}
        for name, value in (old or {}).items():
            if before.get(name) != value:
                report(Finding(FindingKind.ORDER, *row, name, before.get(name), value))
        state = None if act == "delete" else before | (new or {})
    return state


def merged(
    ours: Iterable[tuple[_Place, _Value]], theirs: Iterable[tuple[_Place, _Value]]
) -> Iterator[tuple[_Place, _Value | None, _Value | None]]:
    """Two sorted sequences side by side; None where one of them has nothing for that row."""
    left, right = iter(ours), iter(theirs)
    a, b = next(left, None), next(right, None)
    while a is not None or b is not None:
        if b is None or (a is not None and a[0] < b[0]):
            assert a is not None
            yield a[0], a[1], None
            a = next(left, None)
        elif a is None or b[0] < a[0]:
            yield b[0], None, b[1]
            b = next(right, None)
        else:
            yield a[0], a[1], b[1]
            a, b = next(left, None), next(right, None)


def compare(row: RowId, expected: Row | None, found: Row | None) -> Iterator[Finding]:
    """What is wrong with one row. (A signature's content hash, once recomputed, belongs here too.)"""
    if expected is None:
        yield Finding(FindingKind.UNKNOWN, *row)
    elif found is None:
        yield Finding(FindingKind.MISSING, *row)
    elif expected != found:
        for name, value in found.items():
            if expected.get(name) != value:
                yield Finding(FindingKind.CHANGED, *row, name, expected.get(name), as_in_database(value))


def rows_of_no_ledger(connection: Connection, without: frozenset[str] = frozenset()) -> Iterator[Finding]:
    """Rows of a site that has no ledger at all: no chain's replay would come across them."""
    known: Any = sa.select(sa.column("site")).select_from(sa.table("ledger_entry"))
    for name in (n for n in table_names() if n not in without):
        stray: Any = sa.select(sa.column("key"), sa.column("site")).select_from(sa.table(name))
        for key, site in streamed(connection, stray.where(sa.column("site").not_in(known))):
            yield Finding(FindingKind.UNKNOWN, name, key, "site", None, as_in_database(site))
