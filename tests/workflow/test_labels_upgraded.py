"""The schema that lets a label hang on a collection writes the table anew on SQLite: every row, key and check is kept."""

import sqlite3
from contextlib import closing

import pytest
from alembic import command

from inkt_mfg.store import migrate
from inkt_mfg.store.engine import database_url, for_writing, open_engine

BEFORE = "0003"


def made_at(place, revision: str) -> None:
    """An empty database of this schema."""
    engine = open_engine(database_url(f"sqlite:///{place}"))
    with for_writing(engine).begin() as connection:
        command.upgrade(migrate._alembic(connection), revision)
    engine.dispose()


def columns(database: sqlite3.Connection, table: str) -> list[str]:
    return [row[1] for row in database.execute(f"PRAGMA table_info({table})")]


def filled_from(place, site) -> None:
    """With the rows of a site of today, as far as the older schema has columns for them."""
    with closing(sqlite3.connect(place)) as old:
        old.execute("ATTACH ? AS now", (str(site),))
        tables = [row[0] for row in old.execute("SELECT name FROM main.sqlite_master WHERE type = 'table'")]
        for table in set(tables) - {"alembic_version"}:
            names = ", ".join(columns(old, table))
            old.execute(f"INSERT INTO main.{table} ({names}) SELECT {names} FROM now.{table}")
        old.commit()


def labels(place, names: str) -> list[tuple]:
    with closing(sqlite3.connect(place)) as database:
        return database.execute(f"SELECT {names} FROM label ORDER BY code").fetchall()


@pytest.mark.requirement("R60")
def test_a_label_of_the_schema_before_keeps_every_value_and_every_constraint(stages, tmp_path):
    place = tmp_path / "site.db"
    made_at(place, BEFORE)
    filled_from(place, stages / "labelled.db")
    with closing(sqlite3.connect(place)) as old:
        names = ", ".join(columns(old, "label"))
    before = labels(place, names)
    assert before
    engine = open_engine(database_url(f"sqlite:///{place}"))
    migrate.upgrade(engine)
    with engine.connect() as connection:
        assert migrate.differences(connection) == []
        assert connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall() == []
    engine.dispose()
    assert labels(place, names) == before
    with closing(sqlite3.connect(place)) as now, pytest.raises(sqlite3.IntegrityError, match="label"):
        now.execute("UPDATE label SET state = 'lost in the post'")
