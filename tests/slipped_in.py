"""Rows put into the database by its own shell, with foreign keys out of the way: copies of what stands there, changed."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlmodel import SQLModel

from inkt_mfg.store.unit_of_work import Store


@contextmanager
def shell_of(store: Store) -> Iterator[Connection]:
    """A connection as an administrator of the machine has it; committed on leaving."""
    engine = sa.create_engine(
        store.engine.url
    )  # on SQLite without the settings of the program's own connections
    try:
        with engine.begin() as connection:
            if engine.dialect.name == "postgresql":
                connection.exec_driver_sql("SET session_replication_role = replica")
            yield connection
    finally:
        engine.dispose()


def slip_in(store: Store, table: type[SQLModel], like: dict[str, Any] | None = None, **changed: Any) -> None:
    """One more row of a table: as the first one ``like`` this, changed; or from ``changed`` alone where there is none."""
    with shell_of(store) as connection:
        plain = sa.inspect(table).local_table
        question = sa.select(plain).filter_by(**(like or {})).limit(1)
        row = connection.execute(question).mappings().first()
        connection.execute(sa.insert(plain).values({**(row or {}), **changed}))
