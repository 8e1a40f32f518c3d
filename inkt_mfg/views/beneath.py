"""A record with everything beneath it: a batch's steps, counts, bags and labels, a subject's bodies, orders and batches.

Read from the tables' own references, so that a new table is found too. Used by the ledger's pages. It refuses a code
nobody has given.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, select

from inkt_mfg.language import Phrase
from inkt_mfg.records.base import Coded, Record
from inkt_mfg.records.every import TABLES
from inkt_mfg.records.people import User
from inkt_mfg.refusal import refuse

_AT_ONCE = 500
# What many records share stands above all of them: a protocol's history is not that of every batch made by it.
_SHARED = frozenset({"person", "protocol_version", "site", "statement", "seal_key"})
_BY_NAME = {str(table.__tablename__): table for table in TABLES}
_OF_A_PERSON = "person"  # the column that says whose a row is; the others say who wrote it


def record_called(session: Session, site: str, name: str) -> Record:
    """The record of this code, or the person of this user name. Raises Refusal ``record.unknown``."""
    for table in TABLES:
        if issubclass(table, Coded):
            found = session.exec(select(table).where(table.site == site, table.code == name)).first()
            if found is not None:
                return found
    person = session.exec(select(User).where(User.site == site, User.user_name == name)).first()
    if person is not None:
        return person
    raise refuse(
        "record.unknown",
        Phrase("there is no record {code} at this site", code=name),
        expected=Phrase("a code such as B-00012, or a user name"),
        field="record",
        typed=name,
    )


def keys_beneath(session: Session, record: Record) -> list[str]:
    """The keys of the record and of every row beneath it, of the signatures on them and their corrections."""
    found = {record.key}
    waiting = [(str(record.__tablename__), [record.key])]
    while waiting:
        table, keys = waiting.pop()
        for child, column in _children(table):
            new = [key for key in _referring(session, child, column, keys) if key not in found]
            if new:
                found.update(new)
                waiting.append((child, new))
    rows = sorted(found)
    for table, column in (("signature", "signed_key"), ("correction", "row_key")):
        found.update(_referring(session, table, column, rows))
    return sorted(found)


@cache
def _children(table: str) -> tuple[tuple[str, str], ...]:
    """The tables that refer to one, each with the column it does so by."""
    return tuple(_references(table))


def _references(table: str) -> Iterator[tuple[str, str]]:
    for name, child in _BY_NAME.items():
        for column in sa.inspect(child).local_table.columns:
            refers = any(
                key.column.table.name == table for key in column.foreign_keys if column.name != "site"
            )
            if refers and name != table and (table not in _SHARED or column.name == _OF_A_PERSON):
                yield name, column.name


def _referring(session: Session, table: str, column: str, keys: Iterable[str]) -> list[str]:
    source: Any = sa.table(table)
    found: list[str] = []
    for part in _portions(sorted(keys)):
        question: Any = sa.select(sa.column("key")).select_from(source).where(sa.column(column).in_(part))
        found += session.connection().execute(question).scalars()
    return found


def _portions(keys: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(keys), _AT_ONCE):
        yield keys[start : start + _AT_ONCE]
