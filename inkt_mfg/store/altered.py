"""What of the schema is not as this program made it: tables, columns, constraints and indexes, more, fewer or others.

Called by ``verification``. What it finds is compared with the tables this program declares, clause by clause on SQLite, whose
schema is text, and by the catalogues on PostgreSQL. Triggers, views and rules are ``triggers``'. It only reads.
"""

# ruff: noqa: S608 — every name in a statement is our own
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection
from sqlalchemy.schema import CreateIndex, CreateTable
from sqlmodel import SQLModel

from inkt_mfg.ledger import entry  # noqa: F401 — its tables belong to the schema
from inkt_mfg.ledger.findings import Finding, FindingKind
from inkt_mfg.ledger.replay import type_of
from inkt_mfg.records import every  # noqa: F401 — as above
from inkt_mfg.store.triggers import REFUSING_FUNCTION

Parts = dict[str, dict[str, str]]  # table → what a part of it is called → what it says
_OTHERS = "database"  # where something stands that is no table's
_OF_ALEMBIC = "alembic_version"
_SQLITES_OWN = "sqlite\\_%"  # statistics; no statement makes a table of such a name
_REST = "after its columns"  # WITHOUT ROWID, STRICT
_LEADING = re.compile(r"CONSTRAINT (\w+)|(\w+)")
_LITERAL = re.compile(r"'((?:[^']|'')*)'")


def altered(connection: Connection) -> Iterator[Finding]:
    """Every part that is missing, added or other than it was made."""
    if connection.dialect.name == "postgresql":
        yield from _compared(_expected_on_postgresql(), _found_on_postgresql(connection))
    else:
        yield from _compared(_expected_on_sqlite(), _found_on_sqlite(connection))


def _compared(expected: Mapping[str, Mapping[str, str]], found: Parts) -> Iterator[Finding]:
    for table in sorted({*expected, *found}):
        ours, theirs = expected.get(table, {}), found.get(table, {})
        if table not in found and table != _OTHERS:
            continue  # table.missing
        if table not in expected:
            yield Finding(FindingKind.SCHEMA, table, table, None, None, "a table")
            continue
        for part in sorted({*ours, *theirs}):
            if ours.get(part) != theirs.get(part):
                yield Finding(FindingKind.SCHEMA, table, part, None, ours.get(part), theirs.get(part))


# --- SQLite


@cache
def _expected_on_sqlite() -> Parts:
    dialect = sqlite.dialect()
    parts: Parts = {_OF_ALEMBIC: _clauses(_ALEMBICS)}
    for table in SQLModel.metadata.tables.values():
        parts[table.name] = _clauses(str(CreateTable(table).compile(dialect=dialect)))
        for index in table.indexes:
            parts[table.name][str(index.name)] = _spelled(str(CreateIndex(index).compile(dialect=dialect)))
    return parts


_ALEMBICS = f"""
CREATE TABLE {_OF_ALEMBIC} (version_num VARCHAR(32) NOT NULL, CONSTRAINT {_OF_ALEMBIC}_pkc PRIMARY KEY (version_num))
"""


def _found_on_sqlite(connection: Connection) -> Parts:
    question = sa.text(
        "SELECT type, name, tbl_name, sql FROM sqlite_master WHERE type IN ('table', 'index') AND sql IS NOT NULL "
        f"AND name NOT LIKE '{_SQLITES_OWN}' ESCAPE '\\' ORDER BY type DESC"
    )
    parts: Parts = {}
    for kind, name, table, said in connection.execute(question):
        if kind == "table":
            parts[str(name)] = _clauses(str(said)) | parts.get(str(name), {})
        else:
            parts.setdefault(str(table), {})[str(name)] = _spelled(str(said))
    return parts


def _spelled(text: str) -> str:
    """One spelling of a statement: alembic's way of adding a column keeps other line breaks and quotes than ours."""
    return " ".join(text.replace('"', "").split())


def _clauses(statement: str) -> dict[str, str]:
    """A CREATE TABLE taken apart: each column and each constraint by its name, in whatever order they stand."""
    clauses, rest = _between_commas(_spelled(statement))
    parts = {_REST: rest} if rest else {}
    for clause in clauses:
        # A column that was added brings its constraint along, where one that was made with its table has it beside.
        column, *constraints = re.split(r" (?=CONSTRAINT )", clause)
        for one in (column, *constraints):
            named = _LEADING.match(one)
            parts[(named[1] or named[2]) if named else one] = one
    return parts


def _between_commas(statement: str) -> tuple[list[str], str]:
    """What stands between the outermost brackets, and what after them."""
    start = statement.index("(") + 1
    clauses, depth, quoted, begun = [], 0, False, start
    for place in range(start, len(statement)):
        sign = statement[place]
        if sign == "'":
            quoted = not quoted
        elif quoted:
            continue
        elif sign == "(":
            depth += 1
        elif depth and sign == ")":
            depth -= 1
        elif not depth and sign in ",)":
            clauses.append(statement[begun:place].strip())
            begun = place + 1
            if sign == ")":
                break
    return clauses, statement[begun:].strip()


# --- PostgreSQL

_HERE = (
    "SELECT relnamespace AS space FROM pg_class WHERE relname = 'ledger_entry' AND pg_table_is_visible(oid)"
)
_TABLES_HERE = f"""
SELECT c.oid, c.relname FROM pg_class c JOIN ({_HERE}) here ON c.relnamespace = here.space
WHERE c.relkind IN ('r', 'p', 'f') AND NOT EXISTS
  (SELECT 1 FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
"""
_FOUND = {
    "columns": f"""
SELECT t.relname, a.attname, format_type(a.atttypid, a.atttypmod) || CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END
  || coalesce(' DEFAULT ' || pg_get_expr(d.adbin, d.adrelid), '')
  || CASE WHEN a.attidentity <> '' OR a.attgenerated <> '' THEN ' GENERATED' ELSE '' END
  || CASE WHEN a.attcollation NOT IN (0, k.typcollation) THEN ' COLLATE ' || a.attcollation::regcollation::text ELSE '' END
FROM ({_TABLES_HERE}) t JOIN pg_attribute a ON a.attrelid = t.oid JOIN pg_type k ON k.oid = a.atttypid
LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum WHERE a.attnum > 0 AND NOT a.attisdropped""",
    "constraints": f"""
SELECT t.relname, k.conname, pg_get_constraintdef(k.oid) FROM ({_TABLES_HERE}) t JOIN pg_constraint k ON k.conrelid = t.oid
WHERE k.contype NOT IN ('n', 't')""",
    "indexes": f"""
SELECT t.relname, c.relname || CASE WHEN k.oid IS NULL THEN '' ELSE ', its index' END,
  CASE WHEN i.indisvalid AND i.indisready AND i.indislive THEN '' ELSE 'invalid: ' END || pg_get_indexdef(i.indexrelid)
FROM ({_TABLES_HERE}) t JOIN pg_index i ON i.indrelid = t.oid JOIN pg_class c ON c.oid = i.indexrelid
LEFT JOIN pg_constraint k ON k.conindid = i.indexrelid AND k.conrelid = t.oid AND k.contype IN ('p', 'u')""",
    "others": f"""
SELECT '{_OTHERS}', e.evtname, 'event trigger' FROM pg_event_trigger e WHERE e.evtenabled <> 'D' AND NOT EXISTS
  (SELECT 1 FROM pg_depend d WHERE d.classid = 'pg_event_trigger'::regclass AND d.objid = e.oid AND d.deptype = 'e')
UNION ALL SELECT '{_OTHERS}', p.proname, concat_ws(' ', l.lanname, CASE WHEN p.prosecdef THEN 'SECURITY DEFINER' END,
  array_to_string(p.proconfig, ' ')) FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang
WHERE p.proname = '{REFUSING_FUNCTION}' AND pg_function_is_visible(p.oid)""",
}


def _found_on_postgresql(connection: Connection) -> Parts:
    parts: Parts = {}
    for question in _FOUND.values():
        for table, name, said in connection.execute(sa.text(question)):
            parts.setdefault(str(table), {})[str(name)] = _plain(str(said))
    return parts


def _plain(said: str) -> str:
    """As PostgreSQL says it, but that a list of words is its words: how it spells the list is not the same in every version."""
    if said.startswith("CHECK ") and " = ANY " in said:
        return _one_of(said.split("(")[3].split(")", maxsplit=1)[0], _LITERAL.findall(said))
    return re.sub(r" ON \S+\.", " ON ", said, count=1)


def _one_of(column: str, words: Iterable[str]) -> str:
    return f"CHECK: {column} is one of {', '.join(words)}"


@cache
def _expected_on_postgresql() -> Parts:
    parts: Parts = {
        _OTHERS: {REFUSING_FUNCTION: "plpgsql"},
        _OF_ALEMBIC: {
            "version_num": "character varying(32) NOT NULL",
            f"{_OF_ALEMBIC}_pkc": "PRIMARY KEY (version_num)",
            f"{_OF_ALEMBIC}_pkc, its index": _indexed(
                f"{_OF_ALEMBIC}_pkc", _OF_ALEMBIC, ["version_num"], True
            ),
        },
    }
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    for table in SQLModel.metadata.tables.values():
        ours = {c.name: type_of(c, dialect) + ("" if c.nullable else " NOT NULL") for c in table.columns}
        for column in table.columns:
            if isinstance(column.type, sa.Enum):
                ours[f"ck_{table.name}_{column.name}"] = _one_of(column.name, column.type.enums)
        for constraint in table.constraints:
            ours |= _constraint(table, constraint)
        for index in table.indexes:
            name, columns = str(index.name), [c.name for c in index.columns]
            ours[name] = _indexed(name, table.name, columns, bool(index.unique))
        parts[table.name] = ours
    return parts


def _constraint(table: sa.Table, constraint: sa.Constraint) -> dict[str, str]:
    name = str(constraint.name)
    if isinstance(constraint, sa.CheckConstraint):
        return {}  # a closed list's: named after its column
    if isinstance(constraint, sa.ForeignKeyConstraint):
        (part,) = constraint.elements
        return {
            name: f"FOREIGN KEY ({part.parent.name}) REFERENCES {part.column.table.name}({part.column.name})"
        }
    assert isinstance(constraint, sa.PrimaryKeyConstraint | sa.UniqueConstraint)
    columns = [c.name for c in constraint.columns]
    kind = "PRIMARY KEY" if isinstance(constraint, sa.PrimaryKeyConstraint) else "UNIQUE"
    return {
        name: f"{kind} ({', '.join(columns)})",
        f"{name}, its index": _indexed(name, table.name, columns, True),
    }


def _indexed(name: str, table: str, columns: Iterable[str], unique: bool) -> str:
    return f"CREATE {'UNIQUE ' if unique else ''}INDEX {name} ON {table} USING btree ({', '.join(columns)})"
