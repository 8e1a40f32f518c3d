"""What verification needs to know of the schema, and the rows only the whole database can judge.

Used by ``verify`` and by whoever streams a table as the driver gives it. Plain tuples; no row is held.
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any
from uuid import uuid4

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError

from inkt_mfg.ledger.slices import Reach
from inkt_mfg.ledger.source import (
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


def table_names() -> tuple[str, ...]:
    """Every table the ledger describes, in the order replay walks them."""
    return tuple(sorted(str(table.__tablename__) for table in TABLES))


def plan_of(connection: Connection, site: str, without: frozenset[str] = frozenset()) -> Plan:
    """The tables to compare, and how their columns are written; none of those in ``without``."""
    tables = {str(table.__tablename__): table for table in TABLES}
    return Plan(
        site,
        connection.dialect.name,
        tuple(_table(tables[name]) for name in table_names() if name not in without),
    )


def _table(table: type[Record]) -> Table:
    columns = sorted(sa.inspect(table).local_table.columns, key=lambda column: column.name)
    secret = secret_fields(table)
    return Table(
        str(table.__tablename__),
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
def errors_as_sqlalchemys(connection: Connection, statement: str = "") -> Iterator[None]:
    """So that the store sees one family of errors, whoever sent the statement."""
    base = connection.dialect.loaded_dbapi.Error
    try:
        yield
    except base as wrong:
        raise DBAPIError.instance(statement, None, wrong, base, dialect=connection.dialect) from wrong


def missing_tables(connection: Connection) -> frozenset[str]:
    """The tables the ledger describes and the database has not."""
    return frozenset(table_names()) - frozenset(sa.inspect(connection).get_table_names())
