"""Values changed since they were first entered, as the ledger tells it: old, new, who, when and why (R08).

``views.batch_record`` marks each value with what this finds. A record moving through its life (a state, a signature of
verification) is no correction; an entered value that is overwritten is, and so is a later row that stands for another.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from inkt_mfg.ledger.reading import Change, Entry
from inkt_mfg.records.every import TABLES

_BY_NAME = {str(t.__tablename__): t for t in TABLES}
# Entered by a person although a signature on the subject does not cover it: day 0 comes after enrolment.
_ENTERED_LATER = frozenset({("subject", "first_tae_on")})
_NOBODY_TYPES = frozenset({"row_version", "state"})
# A value the column has before anybody is asked is no entry of it.
_NOT_YET_ASKED = {("collection", "testing_complete"): False}
_TYPED = "_typed"


@dataclass(frozen=True, slots=True)
class Correction:
    """One value that is not what was first entered. ``number`` is its footnote; ``record`` what people call the row."""

    number: int
    table: str
    key: str
    record: str
    field: str
    old: str
    new: str
    full_name: str
    user_name: str
    at: datetime
    offset: str
    reason: str
    sequence: int
    approved_by: str = ""  # printed name with user name, of a critical value


@dataclass(frozen=True, slots=True)
class AskedFor:
    """What ``workflow.corrections`` keeps of a correction beside the ledger: who asked, why, and who approved it."""

    full_name: str
    user_name: str
    reason: str
    approved_by: str


def corrections(
    history: Iterable[Entry], names: Mapping[str, str], asked: Mapping[str, AskedFor]
) -> tuple[Correction, ...]:
    """Every correction in the order of the ledger, numbered from 1.

    ``names``: row key → what people call the row. ``asked``: key of a correction → who asked for it, and why.
    """
    found: list[Correction] = []
    for entry in history:
        by = _asked_for(entry, asked)
        for change in entry.changes:
            if change.key in names and change.act == "update":
                for field, old, new in _overwritten(change):
                    found.append(
                        Correction(
                            len(found) + 1,
                            change.table,
                            change.key,
                            names[change.key],
                            field,
                            _told(old),
                            _told(new),
                            by.full_name,
                            by.user_name,
                            datetime.fromisoformat(entry.at),
                            entry.offset,
                            by.reason,
                            entry.sequence,
                            by.approved_by,
                        )
                    )
    return tuple(found)


def _asked_for(entry: Entry, asked: Mapping[str, AskedFor]) -> AskedFor:
    """Whoever asked, when a correction made the change; else whoever ran the command."""
    keys = [change.key for change in entry.changes if change.table == "correction"]
    if keys and keys[0] in asked:
        return asked[keys[0]]
    return AskedFor(entry.full_name, entry.user_name, entry.reason or "", "")


def _overwritten(change: Change) -> Iterator[tuple[str, object, object]]:
    """The entered values this change replaced; a quantity counts once, as it was typed."""
    typed = {name for name, _old, _new in change.fields if name.endswith(_TYPED)}
    for name, old, new in change.fields:
        entered = old is not None and old != _NOT_YET_ASKED.get((change.table, name))
        if entered and _is_entry(change.table, name) and f"{name}{_TYPED}" not in typed:
            yield name, old, new


def _is_entry(table: str, field: str) -> bool:
    """Whether a field holds something entered, rather than where the record stands in its life."""
    if field in _NOBODY_TYPES:
        return False
    return field not in _BY_NAME[table].lifecycle or (table, field) in _ENTERED_LATER


def _told(value: object) -> str:
    if value is None:
        return "—"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)
