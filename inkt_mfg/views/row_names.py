"""What people call a row: its code, a person's full name and user name, or what it is a part of; never its key.

Used by the ledger's pages for the rows an entry changed and for those its values point to.
"""

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from inkt_mfg.language import Phrase
from inkt_mfg.records.base import Coded, Record, spoken
from inkt_mfg.records.every import TABLES

_AT_ONCE = 500
_BY_NAME: dict[str, type[Record]] = {str(table.__tablename__): table for table in TABLES}
RowId = tuple[str, str]  # table, key

# Rows without a code: the columns they are told by, and the sentence; a column that is a reference gives a name.
_PARTS: dict[str, tuple[tuple[str, ...], Phrase]] = {
    "site": (("code",), Phrase("site {code}")),
    "person": (("full_name", "user_name"), Phrase("{full_name} ({user_name})")),
    "role_grant": (("role", "person"), Phrase("role {role} of {person}")),
    "eligibility_answer": (("subject", "criterion"), Phrase("{subject}: {criterion}")),
    "hold": (("batch",), Phrase("hold on {batch}")),
    "step_reading": (("step", "name"), Phrase("{step}: {name}")),
    "step_material": (("step", "lot"), Phrase("{step}: {lot}")),
    "count_replicate": (("count", "ordinal"), Phrase("{count}: replicate {ordinal}")),
    "handover": (("container", "kind"), Phrase("{container}: {kind}")),
    "former_password": (("person",), Phrase("former password of {person}")),
    "training": (("person", "topic"), Phrase("training of {person}: {topic}")),
    "statement": (("version",), Phrase("accountability statement, version {version}")),
    "statement_acceptance": (("person", "statement"), Phrase("{person}: {statement}")),
    "seal_key": (("key_id",), Phrase("seal key {key_id}")),
    "signature": (
        ("meaning", "full_name", "user_name", "signed_table", "signed_key"),
        Phrase("{meaning} by {full_name} ({user_name}) on {signed_key}"),
    ),
}
UNKNOWN = Phrase("a record that is no longer there")


@cache
def references(table: str) -> Mapping[str, str]:
    """The columns of a table that point to another, each with that table's name."""
    if table not in _BY_NAME:
        return {}
    columns = sa.inspect(_BY_NAME[table]).local_table.columns
    return {c.name: key.column.table.name for c in columns for key in c.foreign_keys if c.name != "site"}


def named_by(table: str) -> tuple[str, ...]:
    """The columns a row's name is made of."""
    return _PARTS[table][0] if table in _PARTS else ("code",)


class RowNames:
    """The names of rows, asked for a few hundred at a time and kept as long as one page is made."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._names: dict[RowId, str] = {}

    def learn(self, rows: Iterable[RowId]) -> None:
        """Ask for every name not known yet, and for those of the rows these are parts of."""
        wanted: dict[str, set[str]] = {}
        for table, key in rows:
            if table in _BY_NAME and (table, key) not in self._names:
                wanted.setdefault(table, set()).add(key)
        told = [(table, row) for table, keys in wanted.items() for row in self._rows(table, sorted(keys))]
        above = {self._above(table, row, column) for table, row in told for column in row}
        above.discard(None)
        if above:
            self.learn(place for place in above if place is not None)
        for table, row in told:
            self._names[table, row["key"]] = self._told(table, row)

    def name(self, table: str, key: str | None) -> str:
        """What people call the row; its kind alone when it is gone."""
        if key is None:
            return ""
        return self._names.get((table, key)) or str(UNKNOWN)

    def known(self, table: str, key: str) -> str | None:
        """The name of a row that is still there."""
        return self._names.get((table, key))

    def _rows(self, table: str, keys: list[str]) -> list[dict[str, Any]]:
        columns = ("key", *named_by(table))
        found: list[dict[str, Any]] = []
        for start in range(0, len(keys), _AT_ONCE):
            part = keys[start : start + _AT_ONCE]
            question: Any = sa.select(*map(sa.column, columns)).select_from(sa.table(table))
            rows = self._session.connection().execute(question.where(sa.column("key").in_(part)))
            found += [dict(zip(columns, row, strict=True)) for row in rows]
        return found

    @staticmethod
    def _above(table: str, row: Mapping[str, Any], column: str) -> RowId | None:
        if column == "signed_key":
            return row["signed_table"], row["signed_key"]
        target = references(table).get(column)
        return (target, row[column]) if target and row[column] else None

    def _told(self, table: str, row: Mapping[str, Any]) -> str:
        if table not in _PARTS:
            return _coded(table, row["code"])
        blanks: dict[str, Any] = {}
        for column in _PARTS[table][0]:
            above = self._above(table, row, column)
            blanks[column] = self.name(*above) if above else row[column]
        return str(Phrase(_PARTS[table][1].template, **blanks))


def _coded(table: str, code: str) -> str:
    return f"{spoken(_BY_NAME[table])} {code}"


def named_by_itself(table: str, values: Mapping[str, Any]) -> str | None:
    """The name of a row that is gone, from what an entry wrote of it."""
    owner = _BY_NAME.get(table)
    if owner is None:
        return None
    if issubclass(owner, Coded) and values.get("code"):
        return _coded(table, str(values["code"]))
    return str(spoken(owner))
