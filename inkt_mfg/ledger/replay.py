"""What verification needs to know of the schema, and the rows only the whole database can judge.

Used by ``verify`` and by whoever streams a table as the driver gives it. Plain tuples; no row is held.
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any, Final
from uuid import uuid4

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Dialect
from sqlalchemy.exc import DBAPIError

from inkt_mfg.ledger.entry import LedgerEntry, LedgerTouch
from inkt_mfg.ledger.findings import Finding, FindingKind
from inkt_mfg.ledger.signed_content import COLUMNS as SIGNED_COLUMNS
from inkt_mfg.ledger.signed_content import TABLE as SIGNATURES
from inkt_mfg.ledger.slices import Reach
from inkt_mfg.ledger.source import (
    ANY_TEXT,
    AT_ONCE,
    DAY,
    INSTANT,
    NUMBER,
    PLAIN,
    SECRET,
    YES_NO,
    Plan,
    Source,
    Table,
)
from inkt_mfg.records.base import ExactDecimal, Moment, Record, secret_fields
from inkt_mfg.records.every import TABLES

LEDGER: Final = frozenset({str(LedgerEntry.__tablename__), str(LedgerTouch.__tablename__)})
_NEEDED = frozenset({"key", "site"})
_COLUMNS_ON_SQLITE = """
SELECT m.name, c.name, c.type FROM sqlite_master m JOIN pragma_table_xinfo(m.name) c WHERE m.type = 'table'
"""
_COLUMNS_ON_POSTGRESQL = """
SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod) FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
WHERE c.relkind IN ('r', 'p') AND pg_table_is_visible(c.oid) AND a.attnum > 0 AND NOT a.attisdropped
"""


def table_names() -> tuple[str, ...]:
    """Every table the ledger describes, in the order replay walks them."""
    return tuple(sorted(str(table.__tablename__) for table in TABLES))


@dataclass(frozen=True, slots=True)
class Standing:
    """What of the ledger's own schema the database has not: whole tables, and columns with the type they had to be of.

    ``unreadable`` are the tables of which nothing can be compared: those that are gone, and those without key or site.
    """

    gone: frozenset[str]
    columns: tuple[Finding, ...]
    unreadable: frozenset[str]
    _lacking: frozenset[tuple[str, str]]

    def has(self, table: str, *columns: str) -> bool:
        """Whether these columns of a table can be read."""
        return table not in self.unreadable and not {(table, c) for c in columns} & self._lacking

    @property
    def findings(self) -> Iterator[Finding]:
        """Everything that is gone."""
        yield from (Finding(FindingKind.TABLE, name, "") for name in sorted(self.gone))
        yield from self.columns


def standing(connection: Connection) -> Standing:
    """Which tables and columns are there to be verified."""
    there = _columns_there(connection)
    typed = (
        connection.dialect.name == "postgresql"
    )  # a column of SQLite holds a value of any type, and each is compared
    gone, lacking = set(), []
    for name, columns in _columns_expected(connection.dialect).items():
        if name not in there:
            gone.add(name)
            continue
        for column, kind in columns.items():
            found = there[name].get(column)
            if found is None or (typed and found != kind):
                lacking.append(Finding(FindingKind.NO_COLUMN, name, "", column, kind, found))
    named = frozenset((finding.table, str(finding.field)) for finding in lacking)
    own = {name for name, column in named if name in LEDGER or column in _NEEDED}
    return Standing(frozenset(gone), tuple(lacking), frozenset(gone | own), named)


def _columns_expected(dialect: Dialect) -> dict[str, dict[str, str]]:
    """Table → column → its type as this database spells it, of all this program verifies."""
    plain = [sa.inspect(table).local_table for table in (LedgerEntry, LedgerTouch, *TABLES)]
    return {
        table.name: {c.name: type_of(c, dialect) for c in table.columns}
        for table in sorted(plain, key=lambda table: table.name)
    }


def type_of(column: "sa.Column[Any]", dialect: Dialect) -> str:
    """A column's type as the database itself says it."""
    kind = column.type.compile(dialect=dialect)
    return kind.lower().replace("varchar", "character varying") if dialect.name == "postgresql" else kind


def _columns_there(connection: Connection) -> dict[str, dict[str, str]]:
    question = _COLUMNS_ON_POSTGRESQL if connection.dialect.name == "postgresql" else _COLUMNS_ON_SQLITE
    found: dict[str, dict[str, str]] = {}
    for table, column, kind in connection.execute(sa.text(question)):
        found.setdefault(str(table), {})[str(column)] = str(kind)
    return found


def plan_of(connection: Connection, site: str, standing: Standing) -> Plan:
    """The tables to compare, and how their columns are written; nothing that is not there."""
    tables = {str(table.__tablename__): table for table in TABLES}
    return Plan(
        site,
        connection.dialect.name,
        tuple(_table(tables[n], standing) for n in table_names() if n not in standing.unreadable),
        touches=standing.has(LedgerTouch.__tablename__),
        signatures=standing.has(SIGNATURES, *SIGNED_COLUMNS),
    )


def _table(table: type[Record], standing: Standing) -> Table:
    name = str(table.__tablename__)
    ours = (c for c in sa.inspect(table).local_table.columns if standing.has(name, c.name))
    columns = sorted(ours, key=lambda column: column.name)
    secret = secret_fields(table)
    return Table(
        name,
        tuple(c.name for c in columns),
        tuple(_kind(c, c.name in secret) for c in columns),
    )


def _kind(column: Any, secret: bool) -> str:
    if secret:
        return SECRET
    if isinstance(column.type, sa.Boolean):
        return YES_NO
    kinds = {ExactDecimal: NUMBER, Moment: INSTANT, sa.Date: DAY}
    return next((kind for type_of, kind in kinds.items() if isinstance(column.type, type_of)), PLAIN)


def source_of(connection: Connection) -> Source:
    """The connection's own driver, inside the transaction that holds the snapshot."""
    if not connection.in_transaction():
        connection.begin()
    return Source(connection.connection.driver_connection, connection.dialect.name)


def reach_of(connection: Connection, last: tuple[int, str] | None) -> Reach | None:
    """How another process sees this connection's snapshot; None where it cannot."""
    url = connection.engine.url
    if connection.dialect.name == "postgresql":
        _positional, given = connection.dialect.create_connect_args(url)
        # Without SQLAlchemy's own adapters: the driver's are enough, and those do not leave this process.
        plain = {name: value for name, value in given.items() if isinstance(value, str | int)}
        snapshot = str(connection.exec_driver_sql("SELECT pg_export_snapshot()").scalar_one())
        return Reach("postgresql", plain, snapshot, last)
    if not url.database or url.database == ":memory:" or "uri" in url.query:
        return None
    return Reach("sqlite", {"database": url.database}, None, last)


def streamed(connection: Connection, statement: Any) -> Iterator[tuple[Any, ...]]:
    """A statement's rows as the driver itself gives them, a few hundred at a time."""
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
    with closing(cursor), errors_as_sqlalchemys(connection, str(compiled)):
        cursor.execute(
            str(compiled), [values[n] for n in compiled.positiontup] if compiled.positional else values
        )
        while batch := cursor.fetchmany(AT_ONCE):
            yield from batch


@contextmanager
def reading_any_text(connection: Connection) -> Iterator[None]:
    """So that a byte that is no text stops nobody from reading the rest: SQLite keeps whatever was put into a column."""
    if connection.dialect.name == "postgresql":
        yield
        return
    driver: Any = connection.connection.driver_connection
    before, driver.text_factory = driver.text_factory, ANY_TEXT
    try:
        yield
    finally:
        driver.text_factory = before


@contextmanager
def errors_as_sqlalchemys(connection: Connection, statement: str = "") -> Iterator[None]:
    """So that the store sees one family of errors, whoever sent the statement."""
    base = connection.dialect.loaded_dbapi.Error
    try:
        yield
    except base as wrong:
        raise DBAPIError.instance(statement, None, wrong, base, dialect=connection.dialect) from wrong
