"""On a server the program works as a role that can do no more than work; what it may not do PostgreSQL itself refuses."""

import json
from contextlib import closing

import psycopg
import pytest
import sqlalchemy as sa
from one_site_on_server import application_address, make_site_on_server
from scene import SITE, cell_count, intent, make_batch, make_site
from sqlmodel import select

from inkt_mfg.records.batch import Batch
from inkt_mfg.records.every import SERIALISED, TABLES
from inkt_mfg.refusal import Unable
from inkt_mfg.store import roles
from inkt_mfg.store.engine import database_url, open_engine
from inkt_mfg.store.triggers import PROTECTED
from inkt_mfg.store.unit_of_work import Store
from inkt_mfg.store.verification import verify

pytestmark = pytest.mark.requirement("R03")


@pytest.fixture
def application(postgresql_address) -> str:
    """The address of the application role of a database with one site and one batch."""
    make_site_on_server(postgresql_address)
    address = application_address(postgresql_address)
    store = Store.open(address, SITE)
    make_site(store)
    make_batch(store)
    store.close()
    return address


FORBIDDEN = [
    *(f"UPDATE {table} SET site = site" for table in PROTECTED),
    *(f"DELETE FROM {table}" for table in PROTECTED),
    *(f"TRUNCATE {table}" for table in PROTECTED),
    "DELETE FROM batch",
    "UPDATE label SET code = 'X'",
    "DELETE FROM person",
    "UPDATE alembic_version SET version_num = '9999'",
    "DROP TRIGGER ledger_entry_refuses_change ON ledger_entry",
    "ALTER TABLE ledger_entry DISABLE TRIGGER ALL",
    "ALTER TABLE ledger_entry DROP COLUMN hash",
    "ALTER TABLE batch ADD COLUMN note text",
    "DROP TABLE cell_count",
    "CREATE TABLE mine (x int)",
    "CREATE TEMPORARY TABLE batch (x int)",
    "CREATE OR REPLACE FUNCTION inkt_refuses_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
    "SET session_replication_role = replica",
    "CREATE ROLE somebody SUPERUSER",
]


def test_the_server_refuses_the_application_role(application):
    with closing(psycopg.connect(application, autocommit=True)) as outside:
        # PostgreSQL answers this with a warning only; that nothing was granted shows below.
        outside.execute("GRANT DELETE ON ledger_entry TO CURRENT_USER")
        for statement in FORBIDDEN:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                outside.execute(statement)


def test_the_application_role_does_everything_a_command_does(application):
    store = Store.open(application, SITE)
    with store.work(intent()) as work:
        batch = work.session.exec(select(Batch)).one()
        batch.infusion_number += 1
        work.add(cell_count(batch))
    assert store.concern is None
    checked = verify(store)
    store.close()
    assert checked.ok, checked.findings


def test_every_table_can_be_read_and_added_to_and_only_mutable_ones_changed(application):
    in_part = {str(t.__tablename__) for t in SERIALISED}
    with closing(psycopg.connect(application)) as connection:
        for table in (str(t.__tablename__) for t in TABLES):
            can = connection.execute(
                "SELECT has_table_privilege(%s, 'SELECT'), has_table_privilege(%s, 'INSERT'), has_table_privilege(%s, 'UPDATE')",
                (table, table, table),
            ).fetchone()
            assert can == (True, True, table not in PROTECTED and table not in in_part), table


def _as_clinical(address: str) -> None:
    """The site's row as a clinical site has it, put there by the owner of the database."""
    with closing(psycopg.connect(address, autocommit=True)) as owner:
        owner.execute("UPDATE site SET training = false")


def test_a_clinical_site_is_not_opened_by_who_could_change_its_ledger(application, postgresql_address):
    _as_clinical(postgresql_address)
    with pytest.raises(Unable, match="application role"):
        Store.open(postgresql_address, SITE)
    Store.open(application, SITE).close()
    Store.open(postgresql_address, SITE, inspecting=True).close()


def test_a_training_site_is_opened_with_a_warning(application, postgresql_address):
    store = Store.open(postgresql_address, SITE)
    store.close()
    assert store.concern is not None
    assert "what nobody may" in store.concern.english


def test_one_grant_too_many_is_noticed(application, postgresql_address):
    _as_clinical(postgresql_address)
    role = database_url(application).username
    with closing(psycopg.connect(postgresql_address, autocommit=True)) as owner:
        for may, table in (("UPDATE", "signature"), ("UPDATE (hash)", "ledger_entry"), ("UPDATE (code)", "label"),
                           ("DELETE", "person"), ("TRUNCATE", "batch"), ("TRIGGER", "cell_count"),
                           ("UPDATE", "alembic_version")):  # fmt: skip
            owner.execute(f'GRANT {may} ON {table} TO "{role}"')
            with pytest.raises(Unable, match=f"could change or delete in {table} what nobody may"):
                Store.open(application, SITE)
            owner.execute(f'REVOKE {may} ON {table} FROM "{role}"')
        Store.open(application, SITE).close()


def test_making_the_roles_again_changes_nothing_and_shows_no_password(postgresql_address):
    first = make_site_on_server(postgresql_address)
    again = roles.make_roles(database_url(postgresql_address))
    assert set(first.passwords) == {first.owner, first.application}
    assert again is not None
    assert again.passwords == {}
    assert json.dumps(again.as_json())


def test_who_may_make_no_roles_makes_none(application):
    assert roles.make_roles(database_url(application)) is None
    assert roles.make_roles(database_url("sqlite:///x.db")) is None


def test_an_upgrade_is_the_owners_to_do(application, postgresql_address):
    engine = open_engine(database_url(application))
    with pytest.raises(Unable, match="owner role"):
        roles.owner_of(engine)
    engine.dispose()
    with sa.create_engine(database_url(postgresql_address)).connect() as connection:
        assert roles.too_powerful(connection) is not None
