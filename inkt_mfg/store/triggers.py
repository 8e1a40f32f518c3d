"""What the database itself refuses: a change or a deletion of a ledger row, a signature or a disposition (R03), and of
what a label's serial stands for (R52).

``migrate`` installs the triggers after every upgrade, because alembic's way of altering a SQLite table drops them
silently; ``Store.open`` refuses a database in which one is missing, switched off or altered, or in which a trigger, a view or
a rule stands that is none of ours: it could drop or rewrite what the program writes or reads.
"""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from inkt_mfg.language import Phrase
from inkt_mfg.ledger.entry import LedgerEntry, LedgerTouch
from inkt_mfg.records.base import Record
from inkt_mfg.records.every import APPEND_ONLY, SERIALISED
from inkt_mfg.refusal import Unable

_TABLES: tuple[Any, ...] = tuple(
    sa.inspect(table).local_table for table in (LedgerEntry, LedgerTouch, *APPEND_ONLY)
)
PROTECTED: tuple[str, ...] = tuple(table.name for table in _TABLES)
REFUSING_FUNCTION = "inkt_refuses_change"
_LIVING = frozenset({"row_version"})
_BEFORE_CHANGE = 1 + 2 + 8 + 16  # pg_trigger.tgtype: for each row, before, DELETE, UPDATE
_BEFORE_TRUNCATE = 2 + 32
# What acts on a statement behind the program's back, but triggers, in the schema that holds the ledger: views and rules (both
# are rewrite rules), a foreign key's own triggers switched off, row security. What an extension brought is not in question.
_ELSE_ON_POSTGRESQL = """
WITH here AS (SELECT relnamespace AS space FROM pg_class WHERE relname = 'ledger_entry' AND pg_table_is_visible(oid)),
owned AS (SELECT c.oid, c.relname, c.relrowsecurity FROM pg_class c JOIN here ON c.relnamespace = here.space WHERE NOT EXISTS
  (SELECT 1 FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e'))
SELECT o.relname, CASE r.rulename WHEN '_RETURN' THEN o.relname ELSE r.rulename END, pg_get_ruledef(r.oid)
FROM pg_rewrite r JOIN owned o ON o.oid = r.ev_class
UNION SELECT o.relname, coalesce(k.conname, t.tgname), 'switched off: ' || t.tgenabled::text
FROM pg_trigger t JOIN owned o ON o.oid = t.tgrelid LEFT JOIN pg_constraint k ON k.oid = t.tgconstraint
WHERE t.tgisinternal AND t.tgenabled <> 'O'
UNION SELECT o.relname, p.polname, 'row security policy' FROM pg_policy p JOIN owned o ON o.oid = p.polrelid
UNION SELECT o.relname, o.relname, 'row security' FROM owned o WHERE o.relrowsecurity
"""
_ELSE_ON_SQLITE = "SELECT name, name, sql FROM sqlite_master WHERE type = 'view'"
_FUNCTION_BODY = (
    "BEGIN RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP "
    "USING ERRCODE = 'integrity_constraint_violation'; END"
)


@dataclass(frozen=True, slots=True, order=True)
class Trigger:
    """One trigger as it must stand in the database: its table, its name, and its definition or switch."""

    table: str
    name: str
    definition: str


def expected_triggers(dialect: str) -> tuple[Trigger, ...]:
    """Every trigger that protects the append-only tables on this kind of database."""
    make = _on_postgresql if dialect == "postgresql" else _on_sqlite
    whole = [trigger for table in _TABLES for trigger in make(table, ())]
    in_part = [trigger for table in SERIALISED for trigger in make(_table(table), frozen_columns(table))]
    return (*whole, *in_part)


def frozen_columns(table: type[Record]) -> tuple[str, ...]:
    """The columns of a serialised record that never change, in the order of their names."""
    living = table.lifecycle | _LIVING
    return tuple(sorted(c.name for c in _table(table).columns if c.name not in living))


def _table(table: type[Record]) -> sa.Table:
    found: sa.Table = sa.inspect(table).local_table
    return found


def _on_sqlite(protected: sa.Table, frozen: tuple[str, ...]) -> tuple[Trigger, ...]:
    """``frozen``: the columns that do not change; none named, none of them does."""
    table = protected.name
    of = f" OF {', '.join(frozen)}" if frozen else ""
    same = " AND ".join(f"{c.name} = NEW.{c.name}" for c in protected.primary_key)
    refuse = f"BEGIN SELECT RAISE(ABORT, '{table} is append-only: %s refused'); END"
    return (
        Trigger(
            table,
            f"{table}_refuses_update",
            f"CREATE TRIGGER {table}_refuses_update BEFORE UPDATE{of} ON {table} {refuse % 'UPDATE'}",
        ),
        Trigger(
            table,
            f"{table}_refuses_delete",
            f"CREATE TRIGGER {table}_refuses_delete BEFORE DELETE ON {table} {refuse % 'DELETE'}",
        ),
        # INSERT OR REPLACE deletes the old row without firing a DELETE trigger (sqlite.org/lang_conflict.html).
        Trigger(
            table,
            f"{table}_refuses_replace",
            f"CREATE TRIGGER {table}_refuses_replace BEFORE INSERT ON {table} "  # noqa: S608 — our own names
            f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {same}) {refuse % 'REPLACE'}",
        ),
    )


def _on_postgresql(protected: sa.Table, frozen: tuple[str, ...]) -> tuple[Trigger, ...]:
    table = protected.name
    columns = ",".join(frozen)
    # "A" is ENABLE ALWAYS: session_replication_role cannot switch it off, only ALTER TABLE can, and that is seen here.
    return (
        Trigger(
            table,
            f"{table}_refuses_change",
            f"A:{_BEFORE_CHANGE}:{columns}:{REFUSING_FUNCTION}:{_FUNCTION_BODY}",
        ),
        Trigger(
            table, f"{table}_refuses_truncate", f"A:{_BEFORE_TRUNCATE}::{REFUSING_FUNCTION}:{_FUNCTION_BODY}"
        ),
    )


def install(connection: Connection) -> None:
    """Put every trigger in place anew, inside the caller's transaction."""
    if connection.dialect.name == "postgresql":
        _install_postgresql(connection)
        return
    for trigger in expected_triggers("sqlite"):
        connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {trigger.name}")
        connection.exec_driver_sql(trigger.definition)


def _install_postgresql(connection: Connection) -> None:
    connection.execute(
        sa.text(
            f"CREATE OR REPLACE FUNCTION {REFUSING_FUNCTION}() RETURNS trigger LANGUAGE plpgsql AS $${_FUNCTION_BODY}$$"
        )
    )
    of_part = {_table(t).name: f" OF {', '.join(frozen_columns(t))}" for t in SERIALISED}
    for table in (*PROTECTED, *of_part):
        for name, when in (
            ("change", f"BEFORE UPDATE{of_part.get(table, '')} OR DELETE ON {table} FOR EACH ROW"),
            ("truncate", f"BEFORE TRUNCATE ON {table} FOR EACH STATEMENT"),
        ):
            trigger = f"{table}_refuses_{name}"
            connection.execute(sa.text(f"DROP TRIGGER IF EXISTS {trigger} ON {table}"))
            connection.execute(
                sa.text(f"CREATE TRIGGER {trigger} {when} EXECUTE FUNCTION {REFUSING_FUNCTION}()")
            )
            connection.execute(sa.text(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {trigger}"))


def found_triggers(connection: Connection) -> frozenset[Trigger]:
    """The triggers that stand on our tables now, in one cheap query."""
    if connection.dialect.name == "postgresql":
        question = sa.text(
            "SELECT c.relname, t.tgname, t.tgenabled::text || ':' || t.tgtype || ':' || "
            "coalesce((SELECT string_agg(a.attname, ',' ORDER BY a.attname COLLATE \"C\") FROM pg_attribute a "
            "WHERE a.attrelid = t.tgrelid AND a.attnum = ANY(t.tgattr)), '') || ':' || p.proname || ':' || p.prosrc || "
            "CASE WHEN t.tgqual IS NULL THEN '' ELSE ' WHEN' END "  # ours have no condition
            "FROM pg_trigger t "
            "JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid "
            "WHERE NOT t.tgisinternal AND pg_table_is_visible(c.oid)"
        )
    else:
        question = sa.text("SELECT tbl_name, name, sql FROM sqlite_master WHERE type = 'trigger'")
    return frozenset(Trigger(str(t), str(n), str(d)) for t, n, d in connection.execute(question))


def missing_triggers(connection: Connection) -> tuple[Trigger, ...]:
    """The triggers that are gone, switched off or not as we made them."""
    found = found_triggers(connection)
    return tuple(t for t in expected_triggers(connection.dialect.name) if t not in found)


def added_triggers(connection: Connection) -> tuple[Trigger, ...]:
    """What nobody here installed: triggers that are none of ours, views, rules, and foreign keys that are switched off."""
    postgresql = connection.dialect.name == "postgresql"
    question = sa.text(_ELSE_ON_POSTGRESQL if postgresql else _ELSE_ON_SQLITE)
    others = {Trigger(str(t), str(n), str(d)) for t, n, d in connection.execute(question)}
    ours = {(t.table, t.name) for t in expected_triggers(connection.dialect.name)}
    standing = {t for t in found_triggers(connection) if (t.table, t.name) not in ours}
    return tuple(sorted(standing | others))


def refuse_unprotected(connection: Connection) -> None:
    """Raises Unable, naming the first, for a trigger of ours that is missing and for one that nobody here installed."""
    missing = missing_triggers(connection)
    if missing:
        raise Unable(
            Phrase(
                "The database no longer protects its ledger: trigger {trigger} on {table} is missing or altered.",
                trigger=missing[0].name,
                table=missing[0].table,
            ),
            Phrase(
                "Nothing was touched. Run `inkt ledger verify`, find out who did it, then run `inkt upgrade`."
            ),
        )
    added = added_triggers(connection)
    if added:
        raise Unable(
            Phrase(
                "In the database stands what this program did not put there: {name} on {table}.",
                name=added[0].name,
                table=added[0].table,
            ),
            Phrase(
                "Nothing was touched. Run `inkt ledger verify`, find out who did it, then drop it with the database's own tools."
            ),
        )
