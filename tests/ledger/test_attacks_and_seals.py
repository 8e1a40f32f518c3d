"""The attacks an outsider with the database's own shell can make, on both databases, and what answers each of them.

The sqlite3 module and psycopg as superuser are used as their shells are: triggers out of the way, whatever SQL one likes.
Three attacks leave a ledger that is consistent with itself. Plain ``verify`` does not see them, and says so; a seal kept
elsewhere does. (A signature copied to another record: tests/ledger/test_verify_signatures.py.)
"""

import hashlib
import json
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from scene import SITE
from sealed import Laboratory

from inkt_mfg.ledger.canonical import canonical_text
from inkt_mfg.ledger.findings import Finding
from inkt_mfg.ledger.seals import Outside
from inkt_mfg.refusal import Unable
from inkt_mfg.store.unit_of_work import Store
from inkt_mfg.store.verification import verify

pytestmark = pytest.mark.requirement("R03", "R04", "R05")
Statement = tuple[str, tuple[object, ...]]
CHANGED = ("UPDATE cell_count SET viability = '97.5' WHERE code = 'N-00002'", ())
SEALED, LAST = 9, 14  # the one seal covers entries 1 to 9; its own entry is 10, four came after


@pytest.fixture
def laboratory(store) -> Laboratory:
    """Five counts (entries 5 to 9), a seal, three counts and a lot. The seal's sheet is kept elsewhere."""
    laboratory = Laboratory.open(store)
    for number in range(1, 6):
        laboratory.count(f"9{number}.50")
    laboratory.seal()
    for _ in range(3):
        laboratory.count("88.00")
    laboratory.lots("L-1")
    return laboratory


@pytest.fixture
def kept(laboratory) -> list[Outside]:
    """The seal as it lies in the inspector's drawer."""
    return [Outside("drawer", laboratory.sheets[0])]


@pytest.fixture
def shell(laboratory) -> Callable[..., None]:
    """The database's own shell, with its triggers set aside and put back as they were."""
    url = laboratory.store.engine.url
    if url.get_backend_name() == "sqlite":
        return lambda *statements: in_sqlite(url.database, statements)
    address = url.set(drivername="postgresql").render_as_string(hide_password=False)
    return lambda *statements: in_postgresql(address, statements)


def in_sqlite(database: str, statements: tuple[Statement, ...]) -> None:
    with closing(sqlite3.connect(database)) as connection, connection:
        kept = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for name, _sql in kept:
            connection.execute(f"DROP TRIGGER {name}")
        for statement, values in statements:
            connection.execute(statement, values)
        for _name, sql in kept:
            connection.execute(sql)


def in_postgresql(address: str, statements: tuple[Statement, ...]) -> None:
    question = "SELECT c.relname, t.tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid WHERE NOT tgisinternal"
    with psycopg.connect(address) as connection:
        triggers = connection.execute(question).fetchall()
        for table, _name in triggers:
            connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        for statement, values in statements:
            connection.execute(statement.replace("?", "%s"), values)
        for table, name in triggers:
            connection.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}")


def bodies(store: Store) -> dict[int, str]:
    with store.reading() as session:
        rows = session.connection().exec_driver_sql(
            "SELECT sequence, body FROM ledger_entry ORDER BY sequence"
        )
        return {int(sequence): str(body) for sequence, body in rows}


def key_of(store: Store, code: str) -> str:
    with store.reading() as session:
        return (
            session.connection()
            .exec_driver_sql(f"SELECT key FROM cell_count WHERE code = '{code}'")
            .scalar_one()
        )


def findings(laboratory: Laboratory, **more) -> list[tuple]:
    return [
        (f.kind.value, f.table, f.key, f.field, f.expected, f.found)
        for f in verify(laboratory.store, **more).findings
    ]


def rewritten(
    store: Store, first: int, *, old: str = "92.5", without: tuple[str, ...] = ()
) -> Iterator[Statement]:
    """Every entry from ``first`` on with the other viability, each chained to the one before; hash and link recomputed."""
    texts = bodies(store)
    previous = json.loads(texts[first])["previous"]
    for sequence, text in texts.items():
        if sequence >= first:
            said = json.loads(text.replace(f'"viability":"{old}"', '"viability":"97.5"')) | {
                "previous": previous
            }
            said["changes"] = [c for c in said["changes"] if c["table"] not in without]
            forged = canonical_text(said)
            previous = hashlib.sha256(forged.encode()).hexdigest()
            yield (
                "UPDATE ledger_entry SET body = ?, hash = ? WHERE sequence = ?",
                (forged, previous, sequence),
            )


# --- what plain verify finds (the slow ones are also in test_verify.py, without a seal)


def test_a_viability_changed(laboratory, shell) -> None:
    shell(CHANGED)
    key = key_of(laboratory.store, "N-00002")
    assert findings(laboratory) == [("row.changed", "cell_count", key, "viability", "92.5", "97.5")]


def test_a_viability_changed_and_that_entrys_hash_recomputed(laboratory, shell) -> None:
    """The next entry still names the old hash; and the seal was made over the old entry."""
    forged = bodies(laboratory.store)[6].replace('"92.5"', '"97.5"')
    digest = hashlib.sha256(forged.encode()).hexdigest()
    shell(CHANGED, ("UPDATE ledger_entry SET body = ?, hash = ? WHERE sequence = 6", (forged, digest)))
    said = laboratory.sheets[0].statement
    link, root = findings(laboratory)
    assert link[:5] == ("chain.link", "ledger_entry", "7", "previous", digest)
    assert root[:5] == ("seal.chain", "seal", "SEAL-00001", "merkle_root", said.merkle_root)


def test_the_whole_tail_recomputed_is_found_by_the_seal_that_was_left_standing(laboratory, shell) -> None:
    shell(CHANGED, *rewritten(laboratory.store, 6))
    said = laboratory.sheets[0].statement
    assert [f[:5] for f in findings(laboratory)] == [
        ("seal.chain", "seal", "SEAL-00001", "head", said.head),
        ("seal.chain", "seal", "SEAL-00001", "merkle_root", said.merkle_root),
    ]


@pytest.mark.slow
def test_the_last_entries_deleted(laboratory, shell) -> None:
    """The rows they wrote are still there."""
    shell(("DELETE FROM ledger_entry WHERE sequence > 12", ()))
    found = findings(laboratory)
    assert {f[:2] for f in found} == {
        ("row.unknown", "cell_count"),
        ("row.unknown", "material_lot"),
        ("touch.unknown", "ledger_touch"),
    }


@pytest.mark.slow
def test_a_middle_entry_deleted(laboratory, shell) -> None:
    shell(("DELETE FROM ledger_entry WHERE sequence = 6", ()))
    key = key_of(laboratory.store, "N-00002")
    found = findings(laboratory)
    assert ("chain.gap", "ledger_entry", "7", "sequence", "entry 6 before this one", "none") in found
    assert ("row.unknown", "cell_count", key, None, None, None) in found
    assert ("seal.chain", "seal", "SEAL-00001") in {f[:3] for f in found}


@pytest.mark.slow
def test_a_row_no_entry_knows(laboratory, shell) -> None:
    columns = "site, row_version, code, material, expires_on, state"
    values = "'YAH', 1, 'L-9', 'IL-2', '2027-01-01', 'released'"
    shell((f"INSERT INTO material_lot (key, {columns}) VALUES (?, {values})", ("f" * 32,)))
    assert findings(laboratory) == [("row.unknown", "material_lot", "f" * 32, None, None, None)]


@pytest.mark.slow
def test_two_entries_swapped(laboratory, shell) -> None:
    texts = bodies(laboratory.store)
    change = "UPDATE ledger_entry SET body = ?, hash = ? WHERE sequence = ?"
    digests = {n: hashlib.sha256(texts[n].encode()).hexdigest() for n in (6, 7)}
    shell((change, (texts[7], digests[7], 6)), (change, (texts[6], digests[6], 7)))
    found = findings(laboratory)
    assert {f[2] for f in found if f[0] == "chain.link"} == {"6", "7", "8"}
    assert {(f[2], f[4], f[5]) for f in found if f[3] == "sequence"} == {("6", 7, 6), ("7", 6, 7)}
    assert ("seal.chain", "SEAL-00001", "merkle_root") in {(f[0], f[2], f[3]) for f in found}


def test_a_trigger_dropped(laboratory) -> None:
    url = laboratory.store.engine.url
    if url.get_backend_name() == "sqlite":
        name = "seal_refuses_delete"
        with closing(sqlite3.connect(url.database)) as connection, connection:
            connection.execute(f"DROP TRIGGER {name}")
    else:
        name = "seal_refuses_change"
        with psycopg.connect(
            url.set(drivername="postgresql").render_as_string(hide_password=False)
        ) as connection:
            connection.execute(f"DROP TRIGGER {name} ON seal")
    (finding,) = verify(laboratory.store).findings
    assert (finding.kind.value, finding.table, finding.key) == ("trigger.missing", "seal", name)
    with pytest.raises(Unable, match=name):
        Store.open(url.render_as_string(hide_password=False), SITE)


# --- what only a seal kept elsewhere finds


def unseen_here_but_seen_from(
    laboratory: Laboratory, kept: list[Outside], expected: set[str | None]
) -> list[Finding]:
    """Plain verify finds nothing; the seal from the drawer finds a fault in these fields."""
    assert verify(laboratory.store).ok
    found = verify(laboratory.store, outside=kept).findings
    assert {(f.kind.value, f.table, f.key) for f in found} == {("seal.chain", "seal", "drawer")}
    assert {f.field for f in found} == expected
    return list(found)


def test_the_whole_tail_recomputed_and_the_seals_thrown_away(laboratory, shell, kept) -> None:
    """The forger cannot sign, but can leave no seal behind: then only the one in the drawer tells."""
    shell(
        CHANGED,
        ("DELETE FROM seal", ()),
        ("DELETE FROM ledger_touch WHERE row_table = 'seal'", ()),
        *rewritten(laboratory.store, 6, without=("seal",)),
    )
    assert verify(laboratory.store).seals == 0
    assert verify(laboratory.store).entries == LAST
    unseen_here_but_seen_from(laboratory, kept, {"head", "merkle_root"})


def test_the_tail_cut_off_together_with_every_row_it_wrote(laboratory, shell, kept) -> None:
    shell(
        ("DELETE FROM material_lot", ()),
        ("DELETE FROM cell_count WHERE code >= 'N-00005'", ()),
        ("DELETE FROM seal", ()),
        ("DELETE FROM ledger_entry WHERE sequence >= 9", ()),
        ("DELETE FROM ledger_touch WHERE sequence >= 9", ()),
    )
    assert verify(laboratory.store).entries == SEALED - 1
    (finding,) = unseen_here_but_seen_from(laboratory, kept, {"size"})
    assert (finding.expected, finding.found) == (SEALED, SEALED - 1)


def test_an_old_copy_restored_over_the_new_one(store, tmp_path, request) -> None:
    """Every byte of it was true once."""
    laboratory = Laboratory.open(store)
    laboratory.count()
    store.engine.dispose()
    url = store.engine.url
    restore = (
        old_file(Path(url.database), tmp_path)
        if url.get_backend_name() == "sqlite"
        else old_database(request, url)
    )
    for _ in range(4):
        laboratory.count()
    kept = [Outside("drawer", laboratory.seal())]
    assert verify(store, outside=kept).ok
    store.engine.dispose()
    restore()
    (finding,) = unseen_here_but_seen_from(laboratory, kept, {"size"})
    assert (finding.expected, finding.found) == (9, 5)


def old_file(database: Path, elsewhere: Path) -> Callable[[], None]:
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    shutil.copy(database, elsewhere / "old.db")

    def restore() -> None:
        for name in (f"{database}-wal", f"{database}-shm"):
            Path(name).unlink(missing_ok=True)
        shutil.copy(elsewhere / "old.db", database)

    return restore


def old_database(request, url) -> Callable[[], None]:
    server = request.getfixturevalue("postgresql_server")
    now, old = url.database, f"{url.database}_old"
    admin = psycopg.connect(server("postgres"), autocommit=True)
    request.addfinalizer(admin.close)
    admin.execute(f"CREATE DATABASE {old} TEMPLATE {now}")

    def restore() -> None:
        admin.execute(f"DROP DATABASE {now} WITH (FORCE)")
        admin.execute(f"ALTER DATABASE {old} RENAME TO {now}")

    return restore


def test_what_came_after_the_seal_is_not_its_to_tell(laboratory, shell, kept) -> None:
    """Entry 11 on is newer than the seal in the drawer: a tail rewritten there passes, and verify says how far it looked."""
    shell(
        ("UPDATE cell_count SET viability = '97.5' WHERE viability = '88'", ()),
        *rewritten(laboratory.store, SEALED + 2, old="88"),
    )
    assert verify(laboratory.store, outside=kept).ok
