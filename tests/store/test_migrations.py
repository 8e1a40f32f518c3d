"""The schema on both databases is what the models say, whole, named and repeatable."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlmodel import SQLModel

from inkt_mfg.language import Phrase
from inkt_mfg.refusal import Unable
from inkt_mfg.store import migrate, schema, triggers
from inkt_mfg.store.engine import database_url, for_writing, open_engine
from inkt_mfg.store.schema import newest_revision


@pytest.fixture
def engine(address):
    opened = open_engine(database_url(address))
    yield opened
    opened.dispose()


def test_the_migrated_schema_is_the_models_schema(engine) -> None:
    with engine.connect() as connection:
        assert migrate.differences(connection) == []


def test_every_enum_column_is_held_by_a_check_with_all_its_values(engine) -> None:
    inspector = sa.inspect(engine)
    for table in SQLModel.metadata.tables.values():
        checks = {c["name"]: c["sqltext"] for c in inspector.get_check_constraints(table.name)}
        for column in table.columns:
            if isinstance(column.type, sa.Enum):
                written = set(re.findall(r"'([^']*)'", checks[f"ck_{table.name}_{column.name}"]))
                assert written == set(column.type.enums), f"{table.name}.{column.name}"


def test_every_constraint_and_index_has_a_name_a_migration_can_use(engine) -> None:
    """But for a foreign key of a column added later on SQLite: it has its name, which nothing there reads back."""
    inspector = sa.inspect(engine)
    on_sqlite = engine.dialect.name == "sqlite"
    for table in SQLModel.metadata.tables:
        keys = [k for k in inspector.get_foreign_keys(table) if k["name"] or not on_sqlite]
        named = [inspector.get_pk_constraint(table), *keys]
        named += [*inspector.get_unique_constraints(table), *inspector.get_check_constraints(table)]
        assert all(re.match(r"(pk|fk|uq|ck)_", str(c["name"])) for c in named), table


def test_a_second_upgrade_changes_nothing(engine) -> None:
    migrate.upgrade(engine)
    with engine.connect() as connection:
        assert migrate.differences(connection) == []
        assert triggers.missing_triggers(connection) == ()


def test_a_migration_that_fails_changes_nothing(tmp_path) -> None:
    """A foreign table stands in the way of one of ours: the tables made before it go away again."""
    engine = open_engine(database_url(f"sqlite:///{tmp_path / 'site.db'}"))
    with for_writing(engine).begin() as connection:
        connection.execute(sa.text("CREATE TABLE test_result (in_the_way TEXT)"))
    with pytest.raises(Unable, match="test_result already exists"):
        migrate.create_schema(engine)
    assert sa.inspect(engine).get_table_names() == ["test_result"]
    with for_writing(engine).begin() as connection:
        connection.execute(sa.text("DROP TABLE test_result"))
    migrate.create_schema(engine)
    assert "cell_count" in sa.inspect(engine).get_table_names()


def test_a_newer_schema_is_neither_opened_nor_upgraded(engine) -> None:
    with engine.connect().execution_options(inkt_writing=True) as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
        connection.commit()
    for attempt in (migrate.upgrade, schema.refuse_unknown_schema):
        with pytest.raises(Unable, match="schema 9999") as refused:
            attempt(engine)
        assert isinstance(refused.value.remedy, Phrase)


def test_an_older_schema_asks_for_an_upgrade(engine) -> None:
    with engine.connect().execution_options(inkt_writing=True) as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '0000'"))
        connection.commit()
    with pytest.raises(Unable, match="inkt upgrade"):
        schema.refuse_unknown_schema(engine)


def test_an_empty_database_holds_no_site(tmp_path) -> None:
    engine = open_engine(database_url(f"sqlite:///{tmp_path / 'empty.db'}"))
    with pytest.raises(Unable, match="no site"):
        schema.refuse_unknown_schema(engine)


def test_opening_a_store_does_not_load_alembic() -> None:
    """It takes longer to import than the first screen may take to paint."""
    program = (
        "import sys, inkt_mfg.store.folder, inkt_mfg.store.verification; sys.exit('alembic' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], timeout=60).returncode == 0


def test_no_migration_names_a_class_of_ours() -> None:
    """A migration must read the same in ten years, whatever the models have become."""
    steps = sorted((Path(migrate.__file__).parent / "migrations" / "versions").glob("0*.py"))
    assert steps[-1].name.startswith(newest_revision())
    for file in steps:
        assert "inkt_mfg" not in file.read_text(encoding="utf-8")
        assert "sqlmodel" not in file.read_text(encoding="utf-8")
