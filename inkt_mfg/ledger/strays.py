"""Rows, entries and look-ups of a site that is none, and rows that refer to another site's: no replay comes across them.

Used by ``verify`` for the whole database, whichever site is asked about. A site is one when its own ledger made its row in
``site``; the site being verified is judged by its own replay. It changes nothing and refuses nothing.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from inkt_mfg.ledger.chain_check import read_whole
from inkt_mfg.ledger.findings import Finding, FindingKind
from inkt_mfg.ledger.replay import streamed, table_names
from inkt_mfg.ledger.source import written
from inkt_mfg.records.every import TABLES

_SITE = "site"
_KEY_OF = {"ledger_entry": "sequence", "ledger_touch": "row_key"}  # of every other table: its key
# What names a row of any table without being a foreign key: the column with the table, the one with the key.
_NAMED = {"signature": ("signed_table", "signed_key"), "correction": ("row_table", "row_key")}
_MAKING = """
SELECT e.body FROM ledger_touch t JOIN ledger_entry e ON e.site = t.site AND e.sequence = t.sequence
WHERE t.site = :code AND t.row_key = :key ORDER BY t.sequence LIMIT 1
"""


def strays(connection: Connection, site: str, without: frozenset[str] = frozenset()) -> Iterator[Finding]:
    """Everything in the database that is of no site, then every row that refers to a row of another site."""
    there = [name for name in table_names() if name not in without]
    standing = {name: _sites_in(connection, name) for name in (*_KEY_OF, *there)}
    known = {site} | (set() if _SITE in without else _sites_with_a_ledger(connection))
    for name, sites in standing.items():
        for stray in (s for s in sites if s not in known):
            yield from _rows_of(connection, name, stray)
    for name in there:
        for finding in _referring(connection, name, standing):
            if finding.expected in known:  # the others were named above
                yield finding


def _sites_in(connection: Connection, name: str) -> list[Any]:
    """Every site a table has rows of, each found by one step in its index, however many rows there are."""
    first, after = f"SELECT min(site) FROM {name}", f"SELECT min(site) FROM {name} WHERE site > :last"  # noqa: S608
    found: list[Any] = []
    last = connection.execute(sa.text(first)).scalar()
    while last is not None:
        found.append(last)
        last = connection.execute(sa.text(after), {"last": last}).scalar()
    empty = f"SELECT 1 FROM {name} WHERE site IS NULL LIMIT 1"  # noqa: S608 — a rebuilt table may allow it
    return [*found, None] if connection.execute(sa.text(empty)).first() else found


def _rows_of(connection: Connection, name: str, site: Any) -> Iterator[Finding]:
    question: Any = sa.select(sa.column(_KEY_OF.get(name, "key"))).select_from(sa.table(name))
    for (key,) in streamed(connection, question.where(sa.column("site") == site)):
        yield Finding(FindingKind.UNKNOWN, name, str(key), "site", None, written(site))


# --- which sites there are


def _sites_with_a_ledger(connection: Connection) -> set[str]:
    """The sites whose own ledger made their row in ``site``."""
    rows = connection.execute(sa.text("SELECT code, key FROM site WHERE code = site")).all()
    return {str(code) for code, key in rows if _made_by_its_ledger(connection, code, key)}


def _made_by_its_ledger(connection: Connection, code: Any, key: Any) -> bool:
    text = connection.execute(sa.text(_MAKING), {"code": code, "key": key}).scalar()
    if not isinstance(text, str):
        return False
    try:
        body = read_whole(text.encode())
        made = [c for c in body.changes if (c.act, c.table, c.key) == ("insert", _SITE, key)]
        return body.site == code and [msgspec.json.decode(c.new)["code"] for c in made] == [code]
    except (ValueError, LookupError, TypeError):
        return False  # no entry of ours: whoever put it there made no site


# --- references


def _referring(connection: Connection, name: str, standing: Mapping[str, list[Any]]) -> Iterator[Finding]:
    """The rows of one table that refer to another site's row. Where there is one site only, nothing can be asked."""
    columns = _references(name)
    if columns and len({s for n in {name, *columns.values()} for s in standing.get(n, ())}) > 1:
        present = {column: target for column, target in columns.items() if target in standing}
        yield from _across(connection, name, present)
    if name in _NAMED and len({s for sites in standing.values() for s in sites}) > 1:
        named, by_key = _NAMED[name]
        used = connection.execute(sa.text(f"SELECT DISTINCT {named} FROM {name}")).scalars().all()  # noqa: S608
        for target in sorted(used):
            if target in standing and target not in _KEY_OF:
                yield from _across(connection, name, {by_key: target}, f"t.{named} = '{target}'")


def _references(name: str) -> dict[str, str]:
    """Column → the table whose row it names; the site is none of them."""
    table = next(sa.inspect(t).local_table for t in TABLES if t.__tablename__ == name)
    keys = ((c.name, key.column) for c in table.columns for key in c.foreign_keys)
    return {column: str(target.table.name) for column, target in keys if target.name == "key"}


def _across(
    connection: Connection, name: str, columns: Mapping[str, str], condition: str = "1 = 1"
) -> Iterator[Finding]:
    """One question for a table: its rows beside the rows they name, where the sites are not the same."""
    numbered = list(enumerate(columns.items()))
    if not numbered:
        return
    theirs = ", ".join(f"p{n}.site" for n, _ in numbered)
    joins = " ".join(f'LEFT JOIN "{t}" p{n} ON p{n}.key = t."{c}"' for n, (c, t) in numbered)
    other = " OR ".join(f"p{n}.site <> t.site" for n, _ in numbered)
    question = f'SELECT t.key, t.site, {theirs} FROM "{name}" t {joins} WHERE {condition} AND ({other})'  # noqa: S608
    for key, site, *sites in streamed(connection, sa.text(question)):
        for (_n, (column, _target)), their in zip(numbered, sites, strict=True):
            if their is not None and their != site:
                yield Finding(FindingKind.FOREIGN, name, str(key), column, written(site), written(their))
