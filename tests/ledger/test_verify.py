"""Real attacks, from outside the program, and what verification says of each (R04, R05)."""

import hashlib
import json
import sqlite3
from collections.abc import Callable
from datetime import timedelta

import psycopg
import pytest
from scene import NOW, cell_count, intent, lot, make_batch, make_site

from inkt_mfg.ledger.findings import FindingKind
from inkt_mfg.records.words import LotState
from inkt_mfg.refusal import Unable
from inkt_mfg.store.unit_of_work import Store
from inkt_mfg.store.verification import verify

Attack = Callable[..., None]
COUNTS = 6


@pytest.fixture
def laboratory(store):
    """A site with a batch, six counts, a lot that was released later, and one lot struck from the list."""
    make_site(store)
    batch = make_batch(store)
    for number in range(1, COUNTS + 1):
        with store.work(intent(at=NOW + timedelta(minutes=number))) as work:
            work.add(cell_count(batch, number, viability=f"9{number}.50"))
    with store.work(intent("receive_lot")) as work:
        work.add(lot("L-1"))
        work.add(lot("L-2"))
    with store.work(intent("release_lot", reason="certificate seen")) as work:
        work.find(type(lot()), "L-1").state = LotState.RELEASED
    with store.work(intent("strike_lot", reason="typed twice")) as work:
        work.session.delete(work.find(type(lot()), "L-2"))
    return store


@pytest.fixture
def outside(laboratory):
    """Statements sent past the program, with the protecting triggers out of the way for as long as they last."""
    url = laboratory.engine.url
    if url.get_backend_name() == "sqlite":
        return _sqlite_attack(url.database)
    return _postgresql_attack(url.set(drivername="postgresql").render_as_string(hide_password=False))


def _sqlite_attack(database: str) -> Attack:
    def attack(*statements: tuple[str, tuple[object, ...]]) -> None:
        with sqlite3.connect(database) as connection:
            kept = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
            for name, _sql in kept:
                connection.execute(f"DROP TRIGGER {name}")
            for statement, values in statements:
                connection.execute(statement, values)
            for _name, sql in kept:
                connection.execute(sql)

    return attack


def _postgresql_attack(address: str) -> Attack:
    def attack(*statements: tuple[str, tuple[object, ...]]) -> None:
        with psycopg.connect(address) as connection:
            tables = connection.execute(
                "SELECT DISTINCT c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid WHERE NOT tgisinternal"
            ).fetchall()
            names = connection.execute(
                "SELECT c.relname, t.tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid "
                "WHERE NOT tgisinternal"
            ).fetchall()
            for (table,) in tables:
                connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            for statement, values in statements:
                connection.execute(statement.replace("?", "%s"), values)
            for table, name in names:
                connection.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}")

    return attack


def entry(store: Store, sequence: int) -> tuple[str, str]:
    with store.engine.connect() as connection:
        row = connection.exec_driver_sql(
            f"SELECT body, hash FROM ledger_entry WHERE sequence = {sequence}"
        ).one()
    return str(row[0]), str(row[1])


def key_of(store: Store, table: str, code: str) -> str:
    with store.engine.connect() as connection:
        return str(connection.exec_driver_sql(f"SELECT key FROM {table} WHERE code = '{code}'").scalar_one())


def kinds(store: Store) -> list[str]:
    return sorted(finding.kind.value for finding in verify(store).findings)


def test_an_untouched_ledger_is_ok(laboratory) -> None:
    checked = verify(laboratory)
    assert checked.ok
    assert checked.findings == ()
    assert checked.entries == COUNTS + 6
    assert checked.head == entry(laboratory, checked.entries)[1]


@pytest.mark.parametrize("code", ["NOPE", "yah"])
def test_a_site_that_is_not_there_is_no_site_in_which_nothing_is_wrong(laboratory, code) -> None:
    """Whoever changes the code in site.toml, or empties every table, leaves no entry that could be wrong."""
    found = verify(Store(laboratory.engine, code))
    assert (found.entries, found.ok) == (0, False)
    assert [(f.kind.value, f.table, f.key) for f in found.findings] == [("row.missing", "site", code)]


def test_an_empty_database_has_no_site(store) -> None:
    (finding,) = verify(store).findings
    assert (finding.kind.value, finding.table, finding.expected) == ("row.missing", "site", store.site)


@pytest.mark.requirement("R05")
def test_a_viability_changed_from_outside_is_named(laboratory, outside) -> None:
    key = key_of(laboratory, "cell_count", "N-00003")
    outside(("UPDATE cell_count SET viability = '97.5' WHERE code = 'N-00003'", ()))
    assert verify(laboratory).as_json()["findings"] == [
        {
            "kind": "row.changed",
            "table": "cell_count",
            "key": key,
            "field": "viability",
            "expected": "93.5",
            "found": "97.5",
        }
    ]


@pytest.mark.requirement("R04")
def test_an_entry_rewritten_with_its_row_and_its_hash_breaks_the_link(laboratory, outside) -> None:
    text, _hash = entry(laboratory, 6)
    forged = text.replace('"viability":"93.5"', '"viability":"97.5"')
    assert forged != text
    digest = hashlib.sha256(forged.encode()).hexdigest()
    outside(
        ("UPDATE cell_count SET viability = '97.5' WHERE code = 'N-00003'", ()),
        ("UPDATE ledger_entry SET body = ?, hash = ? WHERE sequence = 6", (forged, digest)),
    )
    (finding,) = verify(laboratory).findings
    assert (finding.kind, finding.key, finding.field) == (FindingKind.LINK, "7", "previous")
    assert finding.expected == digest


def test_an_entry_rewritten_without_its_hash_is_named(laboratory, outside) -> None:
    text, kept = entry(laboratory, 6)
    outside(("UPDATE ledger_entry SET body = ? WHERE sequence = 6", (text.replace("93.5", "97.5"),)))
    findings = verify(laboratory).findings
    assert findings[0].kind is FindingKind.HASH
    assert (findings[0].key, findings[0].found) == ("6", kept)
    assert {f.kind for f in findings} == {FindingKind.HASH, FindingKind.LINK, FindingKind.CHANGED}


def test_a_deleted_middle_entry_leaves_a_gap(laboratory, outside) -> None:
    outside(("DELETE FROM ledger_entry WHERE sequence = 6", ()))
    findings = {f.kind: f for f in verify(laboratory).findings}
    assert findings[FindingKind.GAP].expected == "entry 6 before this one"
    assert findings[FindingKind.UNKNOWN].table == "cell_count"
    assert FindingKind.TOUCH_UNKNOWN in findings


def test_a_deleted_tail_is_seen_by_the_rows_it_leaves_behind(laboratory, outside) -> None:
    outside(("DELETE FROM ledger_entry WHERE sequence > 8", ()))
    assert set(kinds(laboratory)) == {"row.unknown", "touch.unknown"}


def test_a_tail_deleted_together_with_its_rows_cannot_be_seen_without_a_copy_kept_outside(
    laboratory, outside
) -> None:
    """Said plainly in docs/ledger-format.md: the head hash must be compared with one that was kept elsewhere."""
    before = verify(laboratory)
    outside(
        ("DELETE FROM material_lot", ()),
        ("DELETE FROM cell_count WHERE code > 'N-00005'", ()),
        ("DELETE FROM ledger_entry WHERE sequence > 8", ()),
        ("DELETE FROM ledger_touch WHERE sequence > 8", ()),
    )
    after = verify(laboratory)
    assert after.ok
    assert (after.entries, after.head) == (8, entry(laboratory, 8)[1])
    assert after.head != before.head


def test_a_row_no_entry_knows_is_named(laboratory, outside) -> None:
    outside(
        (
            (
                "INSERT INTO material_lot (key, site, row_version, code, material, expires_on, state) "
                "VALUES (?, 'YAH', 1, 'L-9', 'IL-2', '2027-01-01', 'released')"
            ),
            ("f" * 32,),
        )
    )
    (finding,) = verify(laboratory).findings
    assert (finding.kind, finding.table, finding.key) == (FindingKind.UNKNOWN, "material_lot", "f" * 32)


def test_a_row_deleted_from_outside_is_named(laboratory, outside) -> None:
    key = key_of(laboratory, "cell_count", "N-00002")
    outside(("DELETE FROM cell_count WHERE code = 'N-00002'", ()))
    (finding,) = verify(laboratory).findings
    assert (finding.kind, finding.table, finding.key) == (FindingKind.MISSING, "cell_count", key)


def test_a_row_moved_to_another_site_is_missing_here_and_unknown_there(laboratory, outside) -> None:
    outside(
        (
            (
                "INSERT INTO site (key, site, row_version, code, name, address, time_zone, training, settings) "
                "SELECT 'e', 'ELSE', 1, 'ELSE', name, address, time_zone, training, settings FROM site"
            ),
            (),
        ),
        ("UPDATE cell_count SET site = 'ELSE' WHERE code = 'N-00002'", ()),
    )
    found = {(f.kind, f.table, f.field) for f in verify(laboratory).findings}
    assert found == {
        (FindingKind.MISSING, "cell_count", None),
        (FindingKind.UNKNOWN, "cell_count", "site"),
        (FindingKind.UNKNOWN, "site", "site"),
    }


def test_two_swapped_entries_are_named(laboratory, outside) -> None:
    (fifth, fifth_hash), (sixth, sixth_hash) = entry(laboratory, 5), entry(laboratory, 6)
    change = "UPDATE ledger_entry SET body = ?, hash = ? WHERE sequence = ?"
    outside((change, (sixth, sixth_hash, 5)), (change, (fifth, fifth_hash, 6)))
    found = {(f.kind, f.key, f.field) for f in verify(laboratory).findings}
    assert (FindingKind.COLUMN, "5", "sequence") in found
    assert (FindingKind.COLUMN, "6", "sequence") in found
    assert {key for kind, key, _field in found if kind is FindingKind.LINK} == {"5", "6", "7"}


def test_a_column_beside_the_body_that_names_another_person_is_named(laboratory, outside) -> None:
    outside(("UPDATE ledger_entry SET actor = 'somebody.else' WHERE sequence = 6", ()))
    (finding,) = verify(laboratory).findings
    assert (finding.kind, finding.field) == (FindingKind.COLUMN, "actor")
    assert (finding.expected, finding.found) == ("li.wei", "somebody.else")


def test_a_body_that_is_no_longer_json_is_named_and_does_not_stop_the_rest(laboratory, outside) -> None:
    outside(
        ("UPDATE ledger_entry SET body = 'gone' WHERE sequence = 6", ()),
        ("UPDATE ledger_entry SET body = '[]' WHERE sequence = 7", ()),
        ("UPDATE ledger_entry SET body = '{\"changes\":[1]}' WHERE sequence = 8", ()),
    )
    bodies = [f.key for f in verify(laboratory).findings if f.kind is FindingKind.BODY]
    assert bodies == ["6", "7", "8"]


def test_a_touch_taken_from_a_rows_history_and_one_added_are_named(laboratory, outside) -> None:
    key = key_of(laboratory, "cell_count", "N-00002")
    outside(
        ("DELETE FROM ledger_touch WHERE row_key = ?", (key,)),
        (
            "INSERT INTO ledger_touch (site, row_key, sequence, row_table) VALUES ('YAH', ?, 1, 'batch')",
            ("0" * 32,),
        ),
    )
    found = {(f.kind, f.key, f.field) for f in verify(laboratory).findings}
    assert found == {
        (FindingKind.TOUCH_MISSING, key, "entry 5"),
        (FindingKind.TOUCH_UNKNOWN, "0" * 32, "entry 1"),
    }


def test_a_whole_chain_written_anew_is_consistent_but_its_head_is_another(laboratory, outside) -> None:
    """Only a head hash kept outside tells; that is what a seal is for."""
    before = verify(laboratory)
    previous, statements = "0" * 64, [("UPDATE cell_count SET viability = '97.5' WHERE code = 'N-00003'", ())]
    for sequence in range(1, before.entries + 1):
        body = json.loads(entry(laboratory, sequence)[0].replace("93.5", "97.5"))
        body["previous"] = previous
        text = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        previous = hashlib.sha256(text.encode()).hexdigest()
        statements.append(
            ("UPDATE ledger_entry SET body = ?, hash = ? WHERE sequence = ?", (text, previous, sequence))
        )
    outside(*statements)
    after = verify(laboratory)
    assert after.ok
    assert after.head != before.head


def test_progress_is_told_while_a_ledger_is_checked(laboratory) -> None:
    told = []
    verify(laboratory, lambda what, done, of: told.append((what, done, of)))
    assert ("chain", COUNTS + 6, COUNTS + 6) in told


class TestTriggers:
    """The database's own protection (R03)."""

    def test_a_dropped_trigger_is_found_and_the_store_is_not_opened(self, laboratory) -> None:
        drop(laboratory, "ledger_entry", "UPDATE")
        found = [f for f in verify(laboratory).findings if f.kind is FindingKind.TRIGGER]
        assert [f.table for f in found] == ["ledger_entry"]
        assert "ledger_entry" in found[0].key
        with pytest.raises(Unable, match="no longer protects its ledger"):
            Store.open(laboratory.engine.url.render_as_string(hide_password=False), "YAH")
        inspected = Store.open(
            laboratory.engine.url.render_as_string(hide_password=False), "YAH", inspecting=True
        )
        assert not verify(inspected).ok
        inspected.close()

    def test_a_trigger_hollowed_out_under_its_own_name_is_found(self, sqlite_address) -> None:
        with sqlite3.connect(sqlite_address.removeprefix("sqlite:///")) as connection:
            connection.execute("DROP TRIGGER signature_refuses_delete")
            connection.execute(
                "CREATE TRIGGER signature_refuses_delete BEFORE DELETE ON signature BEGIN SELECT 1; END"
            )
        with pytest.raises(Unable, match="signature_refuses_delete"):
            Store.open(sqlite_address, "YAH")

    def test_a_trigger_switched_off_on_postgresql_is_found(self, postgresql_address) -> None:
        with psycopg.connect(postgresql_address) as connection:
            connection.execute("ALTER TABLE disposition DISABLE TRIGGER USER")
        with pytest.raises(Unable, match="disposition_refuses_change"):
            Store.open(postgresql_address, "YAH")

    def test_a_function_hollowed_out_on_postgresql_is_found(self, postgresql_address) -> None:
        with psycopg.connect(postgresql_address) as connection:
            connection.execute(
                "CREATE OR REPLACE FUNCTION inkt_refuses_change() RETURNS trigger LANGUAGE plpgsql "
                "AS 'BEGIN RETURN NEW; END'"
            )
        with pytest.raises(Unable, match="no longer protects"):
            Store.open(postgresql_address, "YAH")


def drop(store: Store, table: str, act: str) -> None:
    url = store.engine.url
    if url.get_backend_name() == "sqlite":
        with sqlite3.connect(url.database) as connection:
            connection.execute(f"DROP TRIGGER {table}_refuses_{act.lower()}")
    else:
        with psycopg.connect(
            url.set(drivername="postgresql").render_as_string(hide_password=False)
        ) as connection:
            connection.execute(f"DROP TRIGGER {table}_refuses_change ON {table}")


def test_a_dropped_table_is_named_and_so_is_each_row_it_held(laboratory, outside) -> None:
    outside(("DROP TABLE count_replicate", ()), ("DROP TABLE cell_count" + cascade(laboratory), ()))
    found = [(f.kind, f.table) for f in verify(laboratory).findings]
    assert (FindingKind.TABLE, "cell_count") in found
    assert found.count((FindingKind.MISSING, "cell_count")) == COUNTS


def cascade(store: Store) -> str:
    return " CASCADE" if store.engine.dialect.name == "postgresql" else ""
