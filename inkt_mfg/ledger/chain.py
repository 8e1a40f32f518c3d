"""The end of a site's chain, and how the ledger speaks to the database: three statements, handed to the driver as is.

Used by ``append`` and ``capture``. It refuses nothing.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError

from inkt_mfg.ledger.canonical import GENESIS

_LAST = "SELECT sequence, hash, recorded_at FROM ledger_entry WHERE site = ? ORDER BY sequence DESC LIMIT 1"

_HOLDS = "SELECT 1 FROM ledger_entry WHERE site = ? AND sequence = ? AND hash = ?"


@dataclass(frozen=True, slots=True)
class Link:
    """The last entry's number, hash and time; number 0 and ``GENESIS`` for a chain not begun."""

    sequence: int
    hash: str
    recorded_at: str


@cache
def _for_driver(statement: str, paramstyle: str) -> str:
    return statement if paramstyle == "qmark" else statement.replace("?", "%s")


def run(connection: Connection, statement: str, parameters: Any) -> Any:
    """One of the ledger's own statements. Building them from SQLAlchemy's parts cost a fifth of an audited write."""
    return connection.exec_driver_sql(_for_driver(statement, connection.dialect.paramstyle), parameters)


def straight(
    connection: Connection, statement: str, parameters: tuple[Any, ...] | None, **to_driver: Any
) -> Any:
    """As ``run``, past SQLAlchemy: a tenth of an audited write. What it would say of an error is said here."""
    driver: Any = connection.connection.driver_connection
    dialect = connection.dialect
    base = dialect.loaded_dbapi.Error
    try:
        return driver.execute(_for_driver(statement, dialect.paramstyle), parameters, **to_driver)
    except base as wrong:
        lost = dialect.is_disconnect(wrong, driver, None)
        if lost:
            connection.invalidate(wrong)
        raise DBAPIError.instance(
            statement, None, wrong, base, connection_invalidated=lost, dialect=dialect
        ) from wrong


def end_of_chain(connection: Connection, site: str) -> Link:
    """The last link of the site's chain."""
    row = straight(connection, _LAST, (site,)).fetchone()
    return Link(int(row[0]), str(row[1]), str(row[2])) if row else Link(0, GENESIS, "")


def holds(connection: Connection, site: str, sequence: int, digest: str) -> bool:
    """Whether the site's chain has this very entry."""
    return run(connection, _HOLDS, (site, sequence, digest)).first() is not None
