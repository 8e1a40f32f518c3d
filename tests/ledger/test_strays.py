"""Several sites in one database: each verifies by itself, and what refers across them, or belongs to none, is named by all."""

import pytest
import sqlalchemy as sa
from scene import NOW, SITE, make_batch, make_site
from slipped_in import shell_of, slip_in

from inkt_mfg.ledger.entry import LedgerEntry, LedgerTouch
from inkt_mfg.ledger.intent import SYSTEM, Intent
from inkt_mfg.records.batch import Batch
from inkt_mfg.records.correction import Correction
from inkt_mfg.records.every import TABLES
from inkt_mfg.records.people import RoleGrant, User
from inkt_mfg.records.site import Site
from inkt_mfg.records.words import Role
from inkt_mfg.store.unit_of_work import Store
from inkt_mfg.store.verification import verify

pytestmark = pytest.mark.requirement("R05")
OTHER = "OTHER"


def make_other(store: Store) -> None:
    """A second site with its own ledger, in the same database."""
    with Store(store.engine, OTHER).work(Intent(OTHER, "site.create", SYSTEM, "BENCH-1", NOW)) as work:
        site = {"name": "b", "address": "a", "time_zone": "UTC", "training": True, "settings": "{}"}
        work.add(Site(site=OTHER, code=OTHER, **site))
        work.add(
            User(key="0" * 32, site=OTHER, user_name="li.wei", full_name="Li", password_hash="a", identity_checked="b")
        )  # fmt: skip


@pytest.fixture
def two(store) -> Store:
    make_site(store)
    make_batch(store)
    make_other(store)
    return store


def told(store: Store, site: str) -> list[tuple[str, str, str | None, object, object]]:
    found = verify(Store(store.engine, site)).findings
    return [(f.kind.value, f.table, f.field, f.expected, f.found) for f in found]


def grant(store: Store, site: str, person: str) -> None:
    row = {"row_version": 1, "role": Role.QA_OFFICER, "granted_by": "x", "granted_at": NOW}
    slip_in(store, RoleGrant, key="9" * 32, site=site, person=person, **row)


def test_two_sites_of_one_database_verify_each_by_itself(two) -> None:
    assert told(two, SITE) == told(two, OTHER) == []


def test_a_row_that_refers_to_another_sites_row_is_named_by_both(two) -> None:
    grant(two, OTHER, "a" * 32)
    across = ("row.foreign", "role_grant", "person", OTHER, SITE)
    assert told(two, SITE) == [across]
    assert told(two, OTHER) == [("row.unknown", "role_grant", None, None, None), across]


def test_a_row_that_names_another_sites_row_by_table_and_key_is_named(two) -> None:
    with two.engine.connect() as connection:
        key = connection.execute(sa.select(Batch.key)).scalar_one()
    own = {"row_table": "batch", "row_key": key, "asked_by": "0" * 32, "decided_by": None}
    slip_in(two, Correction, **_row_of(sa.inspect(Correction).local_table) | own)
    assert told(two, SITE) == [("row.foreign", "correction", "row_key", OTHER, SITE)]


def test_a_site_no_ledger_made_is_none(two) -> None:
    """Its row stands in ``site`` and it has an entry: a copy of another site's, which makes no site of this name."""
    slip_in(two, Site, {"code": SITE}, key="7" * 32, site="EVIL", code="EVIL")
    slip_in(two, LedgerEntry, {"site": SITE, "sequence": 1}, site="EVIL")
    slip_in(two, LedgerTouch, {"site": SITE, "sequence": 1}, site="EVIL", row_key="7" * 32)
    stray = [
        ("row.unknown", table, "site", None, "EVIL") for table in ("ledger_entry", "ledger_touch", "site")
    ]
    assert told(two, SITE) == told(two, OTHER) == stray


@pytest.mark.parametrize("body", ["", "[]", "{}", "nonsense"])
def test_an_entry_of_nonsense_makes_no_site(two, body) -> None:
    slip_in(two, Site, {"code": SITE}, key="7" * 32, site="EVIL", code="EVIL")
    slip_in(two, LedgerEntry, {"site": SITE, "sequence": 1}, site="EVIL", body=body)
    slip_in(two, LedgerTouch, {"site": SITE, "sequence": 1}, site="EVIL", row_key="7" * 32)
    assert len(told(two, OTHER)) == 3


def test_the_questions_are_asked_of_every_table(two) -> None:
    """Each table has a row of another site now that refers to this one's, where its columns refer to anything."""
    with shell_of(two) as connection:
        for table in TABLES:
            plain = sa.inspect(table).local_table
            connection.execute(sa.insert(plain).values(_row_of(plain)))
    found = told(two, SITE)
    named = {(table, field) for kind, table, field, _ours, _theirs in found if kind == "row.foreign"}
    referring = {
        (t.__tablename__, c.name)
        for t in TABLES
        for c in sa.inspect(t).local_table.columns
        for key in c.foreign_keys
        if key.column.name == "key" and key.column.table.name in {"person", "step"}
    }
    assert referring <= named


def _row_of(plain: sa.Table) -> dict[str, object]:
    """A row of the other site: whatever fits the columns, and the keys of this site's person and step."""
    row: dict[str, object] = {}
    for column in plain.columns:
        target = next((k.column.table.name for k in column.foreign_keys if k.column.name == "key"), None)
        if column.name == "key":
            row["key"] = f"{len(plain.name):02}{plain.name:x>30}"
        elif column.name == "site":
            row["site"] = OTHER
        elif target is not None:
            row[column.name] = {"person": "a" * 32, "step": "5" * 32}.get(target, "6" * 32)
        elif not column.nullable:
            row[column.name] = _fitting(column)
    return row


def _fitting(column: sa.Column) -> object:
    if isinstance(column.type, sa.Enum):
        return column.type.enums[0]
    kind = column.type.python_type if not isinstance(column.type, sa.types.TypeDecorator) else None
    if kind is None:
        return NOW if "Moment" in type(column.type).__name__ else 1
    return {str: "x", int: 1, bool: False}.get(kind, NOW.date())
