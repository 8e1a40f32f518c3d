"""What somebody puts into the schema beside our tables: triggers, views, rules. Each is named, and the site is not opened."""

import sqlite3
from contextlib import closing

import psycopg
import pytest
from scene import SITE, make_site

from inkt_mfg.ledger.findings import FindingKind
from inkt_mfg.refusal import Unable
from inkt_mfg.store.unit_of_work import Store
from inkt_mfg.store.verification import verify

pytestmark = pytest.mark.requirement("R03", "R05")
FUNCTION = "CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'"
ON_SQLITE = {
    "person_nolock": (
        "CREATE TRIGGER person_nolock BEFORE UPDATE OF failed_attempts ON person BEGIN SELECT RAISE(IGNORE); END",
    ),
    "harmless": ("CREATE TRIGGER harmless AFTER INSERT ON role_grant BEGIN SELECT 1; END",),
    "seen": ("CREATE VIEW seen AS SELECT * FROM person",),
    "hold": ("ALTER TABLE hold RENAME TO hold_2", "CREATE VIEW hold AS SELECT * FROM hold_2"),
}
ON_POSTGRESQL = {
    "person_nolock": (
        FUNCTION,
        "CREATE TRIGGER person_nolock BEFORE UPDATE OF failed_attempts ON person FOR EACH ROW EXECUTE FUNCTION nothing()",
    ),
    "signature_refuses_change": (
        FUNCTION,
        "CREATE TRIGGER signature_refuses_change BEFORE UPDATE ON person FOR EACH ROW EXECUTE FUNCTION nothing()",
    ),
    "seen": ("CREATE VIEW seen AS SELECT * FROM person",),
    "kept": ("CREATE MATERIALIZED VIEW kept AS SELECT * FROM person",),
    "person_rule": ("CREATE RULE person_rule AS ON UPDATE TO person DO INSTEAD NOTHING",),
    "fk_role_grant_person": ("ALTER TABLE role_grant DISABLE TRIGGER ALL",),
    "only_some": ("CREATE POLICY only_some ON person FOR UPDATE USING (false)",),
    "person": ("ALTER TABLE person ENABLE ROW LEVEL SECURITY",),
}


def named(store: Store) -> set[str]:
    return {
        f.key
        for f in verify(store).findings
        if f.kind is FindingKind.TRIGGER and f.expected is None and f.found
    }


@pytest.mark.parametrize("name", ON_SQLITE)
def test_a_trigger_nobody_installed_is_named(sqlite_store, sqlite_address, name) -> None:
    make_site(sqlite_store)
    with closing(sqlite3.connect(sqlite_store.engine.url.database)) as shell:
        shell.execute("PRAGMA legacy_alter_table = ON")
        for statement in ON_SQLITE[name]:
            shell.execute(statement)
    assert named(sqlite_store) == {name}
    with pytest.raises(Unable, match=name):
        Store.open(sqlite_address, SITE)
    Store.open(sqlite_address, SITE, inspecting=True).close()


@pytest.mark.slow
def test_what_nobody_installed_is_named_on_postgresql(postgresql_address) -> None:
    """One after the other in one database, each taken back by the server itself."""
    with psycopg.connect(postgresql_address) as shell:
        for name, statements in ON_POSTGRESQL.items():
            for statement in statements:
                shell.execute(statement)
            shell.commit()
            store = Store.open(postgresql_address, SITE, inspecting=True)
            assert name in named(store), name
            store.close()
            with pytest.raises(Unable):
                Store.open(postgresql_address, SITE)
            _take_back(shell, name)
    Store.open(postgresql_address, SITE).close()


def _take_back(shell: psycopg.Connection, name: str) -> None:
    shell.execute("DROP FUNCTION IF EXISTS nothing CASCADE")
    shell.execute("DROP VIEW IF EXISTS seen")
    shell.execute("DROP MATERIALIZED VIEW IF EXISTS kept")
    shell.execute("DROP RULE IF EXISTS person_rule ON person")
    shell.execute("ALTER TABLE role_grant ENABLE TRIGGER ALL")
    shell.execute("DROP POLICY IF EXISTS only_some ON person")
    shell.execute("ALTER TABLE person DISABLE ROW LEVEL SECURITY")
    shell.commit()


def test_a_trigger_of_ours_that_is_asked_a_condition_first_is_altered(postgresql_address) -> None:
    """Of the same kind on the same table with the same function, and never fired."""
    with psycopg.connect(postgresql_address) as shell:
        shell.execute("DROP TRIGGER signature_refuses_change ON signature")
        shell.execute(
            "CREATE TRIGGER signature_refuses_change BEFORE UPDATE OR DELETE ON signature FOR EACH ROW "
            "WHEN (false) EXECUTE FUNCTION inkt_refuses_change()"
        )
        shell.execute("ALTER TABLE signature ENABLE ALWAYS TRIGGER signature_refuses_change")
    with pytest.raises(Unable, match="signature_refuses_change"):
        Store.open(postgresql_address, SITE)
