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
from inkt_mfg.ledger.replay import Standing, streamed, table_names
from inkt_mfg.records.every import TABLES

_SITE = "site"
_KEY_OF = {"ledger_entry": "sequence", "ledger_touch": "row_key"}  # of every other table: its key
# What names a row of any table without being a foreign key: the column with the table, the one with the key.
_NAMED = {"signature": ("signed_table", "signed_key"), "correction": ("row_table", "row_key")}
_MAKING = """
SELECT e.body FROM ledger_touch t JOIN ledger_entry e ON e.site = t.site AND e.sequence = t.sequence
WHERE t.site = :code AND t.row_key = :key ORDER BY t.sequence LIMIT 1
"""


def strays(connection: Connection, site: str, present: Standing) -> Iterator[Finding]:
    """Everything in the database that is of no site, then every row that refers to a row of another site."""
    there = [name for name in (*_KEY_OF, *table_names()) if name not in present.unreadable]
    standing = {name: _sites_in(connection, name) for name in there}
    asked = present.has(_SITE, "code") and present.has("ledger_touch")
    known = {site} | (_sites_with_a_ledger(connection) if asked else set())
    if not asked:  # which other sites there are cannot be told
        known |= {s for sites in standing.values() for s in sites}
    for name, sites in standing.items():
        for stray in (s for s in sites if s not in known):
            yield from _rows_of(connection, name, stray)
    for name in (name for name in there if name not in _KEY_OF):
        for finding in _referring(connection, name, standing, present):
            if finding.expected in known:  # the others were named above
                yield finding


def _sites_in(connection: Connection, name: str) -> list[Any]:
    """Every site a table has rows of, each found by one step in its index, however many rows there are."""
    found: list[Any] = []
    last = connection.execute(sa.text(f"SELECT min(site) FROM {name}")).scalar()  # noqa: S608
    while last is not None:
        found.append(last)
        mark, value = _bound(last)
        after = f"SELECT min(site) FROM {name} WHERE site > {mark}"  # noqa: S608 — our own names
        last = connection.execute(sa.text(after), {"it": value}).scalar()
    empty = f"SELECT 1 FROM {name} WHERE site IS NULL LIMIT 1"  # noqa: S608 — a rebuilt table may allow it
    return [*found, None] if connection.execute(sa.text(empty)).first() else found


def _bound(value: Any) -> tuple[str, Any]:
    """How a value read from the database is asked for again, also where its bytes are no text: a mark, and what it stands for."""
    try:
        if isinstance(value, str):
            value.encode()
    except UnicodeEncodeError:
        return "CAST(:it AS TEXT)", value.encode("utf-8", "surrogateescape")
    return ":it", value


def _rows_of(connection: Connection, name: str, site: Any) -> Iterator[Finding]:
    question: Any = sa.select(sa.column(_KEY_OF.get(name, "key"))).select_from(sa.table(name))
    mark, value = _bound(site)
    of_site = sa.text("site IS NULL" if site is None else f"site = {mark}")
    asked = question.where(of_site if site is None else of_site.bindparams(it=value))
    for (key,) in streamed(connection, asked):
        yield Finding(FindingKind.UNKNOWN, name, str(key), "site", None, site)


# --- which sites there are


def _sites_with_a_ledger(connection: Connection) -> set[str]:
    """The sites whose own ledger made their row in ``site``."""
    rows = connection.execute(sa.text("SELECT code, key FROM site WHERE code = site")).all()
    said = ((code, key) for code, key in rows if _bound(code)[0] == _bound(key)[0] == ":it")
    return {str(code) for code, key in said if _made_by_its_ledger(connection, code, key)}


def _made_by_its_ledger(connection: Connection, code: Any, key: Any) -> bool:
    text = connection.execute(sa.text(_MAKING), {"code": code, "key": key}).scalar()
    if not isinstance(text, str):
        return False
    try:
        body = read_whole(text.encode())
        made = [c for c in body.changes if (c.act, c.table, c.key) == ("insert", _SITE, key)]
        return body.site == code and [msgspec.json.decode(c.new)["code"] for c in made] == [code]
    except (msgspec.MsgspecError, ValueError, LookupError, TypeError, RecursionError):
        return False  # no entry of ours: whoever put it there made no site


# --- references


def _referring(
    connection: Connection, name: str, standing: Mapping[str, list[Any]], there: Standing
) -> Iterator[Finding]:
    """The rows of one table that refer to another site's row. Where there is one site only, nothing can be asked."""
    columns = {column: table for column, table in _references(name).items() if there.has(name, column)}
    if columns and len({s for n in {name, *columns.values()} for s in standing.get(n, ())}) > 1:
        present = {column: target for column, target in columns.items() if target in standing}
        yield from _across(connection, name, present)
    if (
        name in _NAMED
        and there.has(name, *_NAMED[name])
        and len({s for of in standing.values() for s in of}) > 1
    ):
        named, by_key = _NAMED[name]
        used = connection.execute(sa.text(f"SELECT DISTINCT {named} FROM {name}")).scalars().all()  # noqa: S608
        for target in sorted(used, key=repr):
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
                yield Finding(FindingKind.FOREIGN, name, key, column, site, their)
