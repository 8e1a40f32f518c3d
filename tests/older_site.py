"""A site as the program of schema 0001 left it: its rows and its ledger, written by that program and kept as JSON."""

import json
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from inkt_mfg.store import migrate
from inkt_mfg.store.engine import database_url, for_writing, open_engine

SITE = "YAH"
ENTRIES = 11
_ROWS: dict[str, list[dict[str, Any]]] = json.loads(
    Path(__file__).with_name("site_of_0001.json").read_text("utf-8")
)
_PARENTS_FIRST = ("site", "person", "role_grant", "material_lot", "ledger_entry", "ledger_touch")
# What that program protected the ledger with; its signatures and dispositions are of no account here.
_TRIGGERS = {
    "sqlite": "CREATE TRIGGER ledger_entry_refuses_update BEFORE UPDATE ON ledger_entry "
    "BEGIN SELECT RAISE(ABORT, 'ledger_entry is append-only: UPDATE refused'); END",
}


def make_older_site(address: str) -> None:
    """Schema 0001 with its rows at this address, which holds nothing yet."""
    from alembic import command

    assert set(_ROWS) == set(_PARENTS_FIRST)
    engine = open_engine(database_url(address))
    with for_writing(engine).begin() as connection:
        command.upgrade(migrate._alembic(connection), "0001")
        for name in _PARENTS_FIRST:
            _insert(connection, name)
        if connection.dialect.name in _TRIGGERS:
            connection.exec_driver_sql(_TRIGGERS[connection.dialect.name])
    engine.dispose()


def _insert(connection: Connection, name: str) -> None:
    table = sa.Table(name, sa.MetaData(), autoload_with=connection)
    columns = table.columns
    for row in _ROWS[name]:
        values = {n: bool(v) if isinstance(columns[n].type, sa.Boolean) else v for n, v in row.items()}
        told = ", ".join(values)
        # The driver turns the texts of times and numbers into what PostgreSQL keeps, as that program's types did.
        marks = ", ".join("%s" if connection.dialect.name == "postgresql" else "?" for _ in values)
        connection.exec_driver_sql(f"INSERT INTO {name} ({told}) VALUES ({marks})", tuple(values.values()))
