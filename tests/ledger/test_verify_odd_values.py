"""Values no program of ours writes, put in with the sqlite3 shell: each is named by table, row and field, and stops nothing."""

import json
import shutil
import sqlite3
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import pytest
from scene import intent, make_batch, make_site

from inkt_mfg.ledger.canonical import canonical_text
from inkt_mfg.ledger.chain_check import spelled
from inkt_mfg.ledger.findings import Finding
from inkt_mfg.store.engine import database_url, open_engine
from inkt_mfg.store.unit_of_work import Store
from inkt_mfg.store.verification import verify

pytestmark = pytest.mark.requirement("R04", "R05")
BODY = "UPDATE ledger_entry SET body = {} WHERE sequence = 2"
CHANGE = """replace(body, '"changes":[', '"changes":[' || '{}' || ',')"""
NO_SUCH = '{{"act":"insert","key":"x","new":{{"a":{}}},"table":"{}"}}'
WITHOUT_NOT_NULL = (
    "PRAGMA writable_schema = 1",
    "UPDATE sqlite_master SET sql = replace(sql, 'NOT NULL', '') WHERE name = '{}'",
    "PRAGMA writable_schema = RESET",
)
FF = "CAST(x'FF' AS TEXT)"
LAST = 3

# The statements, then what verify must say among other things: kind, table, key (None: any), field.
ATTACKS: dict[str, tuple[tuple[str, ...], tuple[str, str, str | None, str | None]]] = {
    "a number that is infinite": (
        ("UPDATE batch SET row_version = 9e999",),
        ("row.changed", "batch", None, "row_version"),
    ),
    "an infinite number where nothing was": (
        ("UPDATE person SET second_factor_used = 9e999",),
        ("row.changed", "person", None, "second_factor_used"),
    ),
    "what a terminal would obey": (
        ("UPDATE batch SET key = char(27) || '[2J'",),
        ("row.unknown", "batch", "\\x1b[2J", None),
    ),
    "nothing where something must be": (
        (*(s.format("batch") for s in WITHOUT_NOT_NULL), "UPDATE batch SET row_version = NULL"),
        ("row.changed", "batch", None, "row_version"),
    ),
    "a byte that is no text in a key": (
        (f"UPDATE batch SET key = {FF}",),
        ("row.unknown", "batch", "\\xff", None),
    ),
    "a byte that is no text in a site": (
        (f"UPDATE batch SET site = {FF}",),
        ("row.unknown", "batch", None, "site"),
    ),
    "a site as bytes": (
        ("UPDATE batch SET site = CAST(site AS BLOB)",),
        ("row.unknown", "batch", None, "site"),
    ),
    "a byte that is no text in a password": (
        (f"UPDATE person SET password_hash = {FF}",),
        ("row.changed", "person", None, "password_hash"),
    ),
    "a byte that is no text in a hash": (
        (f"UPDATE ledger_entry SET hash = {FF} WHERE sequence = 2",),
        ("chain.hash", "ledger_entry", "2", "hash"),
    ),
    "a hash as bytes": (
        ("UPDATE ledger_entry SET hash = CAST(hash AS BLOB) WHERE sequence = 2",),
        ("chain.hash", "ledger_entry", "2", "hash"),
    ),
    "a byte that is no text in an actor": (
        (f"UPDATE ledger_entry SET actor = {FF} WHERE sequence = 2",),
        ("chain.column", "ledger_entry", "2", "actor"),
    ),
    "a byte that is no text for a number": (
        (f"UPDATE ledger_entry SET sequence = {FF} WHERE sequence = 2",),
        ("chain.gap", "ledger_entry", "\\xff", "sequence"),
    ),
    "a text for the last number": (
        (f"UPDATE ledger_entry SET sequence = 'abc' WHERE sequence = {LAST}",),
        ("chain.gap", "ledger_entry", "abc", "sequence"),
    ),
    "a byte that is no text in a row's history": (
        (f"UPDATE ledger_touch SET row_key = {FF} WHERE sequence = 2",),
        ("touch.unknown", "ledger_touch", "\\xff", "entry 2"),
    ),
    "a table's name as bytes in a row's history": (
        ("UPDATE ledger_touch SET row_table = x'00' WHERE sequence = 2",),
        ("touch.missing", "ledger_touch", None, "entry 2"),
    ),
    "a body as bytes": (
        (BODY.format("CAST(body AS BLOB)"),),
        ("chain.body", "ledger_entry", "2", "body"),
    ),
    "no body": (
        (*(s.format("ledger_entry") for s in WITHOUT_NOT_NULL), BODY.format("NULL")),
        ("chain.body", "ledger_entry", "2", "body"),
    ),
    "a body of brackets": (
        (BODY.format("printf('%.*c', 5000, '[')"),),
        ("chain.body", "ledger_entry", "2", "body"),
    ),
    "a body with brackets deep inside": (
        (BODY.format("""replace(body, '"changes":[', '"changes":[' || printf('%.*c', 200000, '['))"""),),
        ("chain.body", "ledger_entry", "2", "body"),
    ),
    "a change to an infinite number": (
        (BODY.format(CHANGE.format(NO_SUCH.format("1e999", "batch"))),),
        ("chain.body", "ledger_entry", "2", "body"),
    ),
    "an infinite number in a row that was written": (
        (BODY.format("""replace(body, '"row_version":1', '"row_version":1e999')"""),),
        ("row.changed", "person", None, "row_version"),
    ),
    "half a character in a table's name": (
        (BODY.format(CHANGE.format(NO_SUCH.format("1", "no\\ud800"))),),
        ("row.missing", "no\\ud800", "x", None),
    ),
    "no history of rows": (
        ("DROP TABLE ledger_touch",),
        ("table.missing", "ledger_touch", "", None),
    ),
    "no ledger at all": (
        ("DROP TABLE ledger_entry",),
        ("table.missing", "ledger_entry", "", None),
    ),
    "a column gone": (
        ("ALTER TABLE batch DROP COLUMN harvested_at",),
        ("column.missing", "batch", "", "harvested_at"),
    ),
    "a column of signatures gone": (
        ("ALTER TABLE signature RENAME COLUMN manifest TO told",),
        ("column.missing", "signature", "", "manifest"),
    ),
    "a column of seals gone": (
        ("ALTER TABLE seal DROP COLUMN signature",),
        ("column.missing", "seal", "", "signature"),
    ),
    "a table without keys": (
        ("PRAGMA legacy_alter_table = 1", "ALTER TABLE batch RENAME COLUMN key TO no_key"),
        ("column.missing", "batch", "", "key"),
    ),
}


@pytest.fixture(scope="module")
def made(sqlite_template: Path, tmp_path_factory) -> Path:
    """A site with a batch: entries 1 to 3."""
    file = tmp_path_factory.mktemp("odd") / "site.db"
    shutil.copy(sqlite_template, file)
    store = Store(open_engine(database_url(f"sqlite:///{file}")), "YAH")
    make_site(store)
    make_batch(store)
    store.engine.dispose()
    with closing(sqlite3.connect(file)) as shell:
        shell.execute("PRAGMA journal_mode = DELETE")
    return file


def attacked(made: Path, folder: Path, statements: tuple[str, ...]) -> tuple[Finding, ...]:
    """What verify says after these statements, with the triggers put back."""
    file = folder / "site.db"
    shutil.copy(made, file)
    with closing(sqlite3.connect(file, isolation_level=None)) as shell:
        triggers = shell.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for name, _sql in triggers:
            shell.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            shell.execute(statement)
        tables = {name for (name,) in shell.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        for _name, sql in triggers:
            if sql.split(" ON ")[1].split()[0] in tables:
                shell.execute(sql)
    store = Store(open_engine(database_url(f"sqlite:///{file}")), "YAH")
    try:
        return verify(store).findings
    finally:
        store.engine.dispose()


def test_the_site_is_sound_before_anybody_touches_it(made, tmp_path):
    assert attacked(made, tmp_path, ()) == ()


@pytest.mark.parametrize("name", ATTACKS)
def test_what_is_no_value_is_named(made, tmp_path, name):
    statements, expected = ATTACKS[name]
    findings = attacked(made, tmp_path, statements)
    kind, table, key, field = expected
    assert [
        f for f in findings
        if (f.kind.value, f.table, f.field) == (kind, table, field) and key in {None, f.key}
    ], findings  # fmt: skip
    for finding in findings:
        json.dumps(finding.as_json(), ensure_ascii=False).encode()  # and it can be printed


@pytest.mark.parametrize(
    "body", ['{"a":1.0}', '{"a":1e0}', '{"a":-0}', '{"a": 1}', '{"b":1,"a":1}', '{"a":1,"a":1}', '{"a":"\\u00e9"}',
             '{"a":"\\/"}', '{"a":NaN}', '{"a":"\\ud800"}', '\ufeff{"a":1}', '{"a":01}', '{"a":1}\n'],
)  # fmt: skip
def test_another_spelling_is_not_the_one(body):
    assert not spelled(body.encode("utf-8", "surrogatepass"))


@pytest.mark.parametrize("said", [{"a": 2**70, "b": [None, True]}, {"é": "\x7f\u2028", "z": -5}])
def test_what_the_ledger_writes_is_the_one_spelling(said):
    assert spelled(canonical_text(said).encode())


def test_an_entry_in_another_spelling_is_named_though_hash_and_link_are_right(sqlite_store):
    """Recomputed from there on: what says the same passes no verifier outside, so it does not pass here."""
    make_site(sqlite_store)
    with sqlite_store.work(intent("nothing", reason="a trace")):
        pass
    with closing(sqlite3.connect(sqlite_store.engine.url.database)) as shell, shell:
        (body,) = shell.execute("SELECT body FROM ledger_entry ORDER BY sequence DESC LIMIT 1").fetchone()
        shell.execute("DROP TRIGGER ledger_entry_refuses_update")
        pretty = json.dumps(json.loads(body), indent=1, ensure_ascii=False)
        shell.execute(
            "UPDATE ledger_entry SET body = ?, hash = ? WHERE body = ?",
            (pretty, sha256(pretty.encode()).hexdigest(), body),
        )
    found = [(f.kind.value, f.field, f.expected) for f in verify(sqlite_store).findings]
    assert ("chain.body", "body", "its one spelling") in found
    assert {kind for kind, *_rest in found} == {"chain.body", "trigger.missing"}
