"""One changed row's fields as people read them: a quantity as it was typed before its canonical number, people by name.

Used by the ledger's pages. It leaves out what only a program reads (keys, versions) and withholds a blind reading's
figures, a patient's identity from whoever has not logged in, and every secret.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from functools import cache
from typing import Any

import sqlalchemy as sa

from inkt_mfg.language import Phrase
from inkt_mfg.ledger.reading import Change
from inkt_mfg.moments import show_moment
from inkt_mfg.records.base import Record, secret_fields, spoken, spoken_field, unit_of_column
from inkt_mfg.records.every import TABLES
from inkt_mfg.units import printed
from inkt_mfg.views.row_names import RowNames, named_by, references

_BY_NAME: dict[str, type[Record]] = {str(table.__tablename__): table for table in TABLES}
_PROGRAMS = frozenset({"key", "site", "row_version", "row_key", "row_table", "signed_key", "signed_table"})
_PERSONAL = {
    "subject": frozenset({"patient_name", "patient_id", "birth_date"}),
    "label": frozenset({"content", "proof"}),
    "infusion": frozenset({"patient_id_scan", "bedside_scan"}),
    "handover": frozenset({"scanned"}),
    "correction": frozenset({"old_typed", "new_typed"}),
}
_FIGURES = frozenset(
    {
        "height",
        "height_typed",
        "weight",
        "weight_typed",
        "bmi",
        "bsa",
        "concern",
        "second_height_typed",
        "second_weight_typed",
    }
)
# A signature's name says who, meaning what, on which record; the rest of what it repeats is the entry's own.
_SIGNATURES_OWN = frozenset({"signer", "utc_offset", "command", "ledger_sequence"})
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T[\d:.]+Z")
_TYPED = "_typed"
_OF_DOSE = frozenset(
    {"dose", "other_dose", "low", "high", "dose_to_give"}
)  # in the protocol's unit, kept beside them
_LONGEST = 1200  # characters; a protocol's text or a manifest is named by its length and digest

AFTER_LOG_IN = Phrase("(shown after a log-in)")
AFTER_SECOND = Phrase("(shown after the second reading)")
SECRET = Phrase("(never shown)")
YES, NO = Phrase("yes"), Phrase("no")


@dataclass(frozen=True, slots=True)
class ShownField:
    """A field by its column and as people say it. ``old`` None: it had no value; ``new`` None: it has none now."""

    field: str
    label: str
    old: str | None
    new: str | None


@dataclass(frozen=True, slots=True)
class Withheld:
    """What is not shown: figures of these body measurements, and to whom patients are not named."""

    unread: frozenset[str]
    identified: bool

    def instead(self, change: Change, name: str) -> Phrase | None:
        """The words that stand for a value, or None where it is shown."""
        owner = _BY_NAME.get(change.table)
        if owner is not None and name in secret_fields(owner):
            return SECRET
        if change.table == "body_measurement" and change.key in self.unread and name in _FIGURES:
            return AFTER_SECOND
        if change.table == "correction" and name in _PERSONAL["correction"]:
            return self._of_correction(change)
        if not self.identified and name in _PERSONAL.get(change.table, ()):
            return AFTER_LOG_IN
        return None

    def _of_correction(self, change: Change) -> Phrase | None:
        """A correction says the value of another row: it is withheld where that one is."""
        said = {name: new for name, _old, new in change.fields}
        if said.get("row_key") in self.unread:
            return AFTER_SECOND
        personal = said.get("field") in _PERSONAL.get(str(said.get("row_table")), ())
        return AFTER_LOG_IN if personal and not self.identified else None


def shown_fields(
    change: Change, names: RowNames, withheld: Withheld, local: tzinfo
) -> tuple[ShownField, ...]:
    """The fields in the order of the table's columns."""
    said = {name: (old, new) for name, old, new in change.fields}
    return tuple(_fields(change, said, names, withheld, local))


def _fields(
    change: Change, said: Mapping[str, tuple[Any, Any]], names: RowNames, withheld: Withheld, local: tzinfo
) -> Iterator[ShownField]:
    for name in sorted(said, key=_order(change.table).__getitem__):
        typed = f"{name}{_TYPED}" in said
        if (
            name in _PROGRAMS
            or _is_in_the_name(change, name)
            or (name.endswith(_TYPED) and name.removesuffix(_TYPED) in said)
        ):
            continue
        old, new = said[name]
        if old is None and new is None:
            continue
        instead = withheld.instead(change, name)
        if instead is not None:
            yield ShownField(
                name, str(spoken_field(name)), _stands_for(old, instead), _stands_for(new, instead)
            )
            continue
        tell = _Telling(change.table, name, names, local, _unit(change.table, name, said))
        shown_old, shown_new = tell(old), tell(new)
        if typed:
            as_old, as_new = said[f"{name}{_TYPED}"]
            shown_old, shown_new = _both(as_old, shown_old), _both(as_new, shown_new)
        yield ShownField(name, str(spoken_field(name)), shown_old, shown_new)


def _is_in_the_name(change: Change, name: str) -> bool:
    """Whether the row's own name says this already. What an update changes is told all the same."""
    own = _SIGNATURES_OWN if change.table == "signature" else ()
    return change.act == "insert" and (name in named_by(change.table) or name in own)


@cache
def _order(table: str) -> "_Places":
    owner = _BY_NAME.get(table)
    columns = [] if owner is None else [c.name for c in sa.inspect(owner).local_table.columns]
    return _Places((name, n) for n, name in enumerate(columns))


class _Places(dict[str, int]):
    """Where a column stands; one of an older schema stands last."""

    def __missing__(self, name: str) -> int:
        return len(self)


def _stands_for(value: Any, instead: Phrase) -> str | None:
    return None if value is None else str(instead)


def _both(typed: Any, canonical: str | None) -> str | None:
    """``0.24 L (240 mL)``: what somebody typed, and the number it became."""
    if typed is None:
        return canonical
    return str(typed) if canonical in {None, str(typed)} else f"{typed} ({canonical})"


def _unit(table: str, name: str, said: Mapping[str, tuple[Any, Any]]) -> str:
    """The unit a column's numbers stand in, as people read it; of a dose the one its own row names."""
    owner = _BY_NAME.get(table)
    if owner is None or name not in owner.model_fields:
        return ""
    if name in _OF_DOSE and "dose_unit" in said:
        old, new = said["dose_unit"]
        return printed(str(new if new is not None else old))
    return printed(unit_of_column(owner, name))


@dataclass(frozen=True, slots=True)
class _Telling:
    """How one column's values are told."""

    table: str
    name: str
    names: RowNames
    local: tzinfo
    unit: str

    def __call__(self, value: Any) -> str | None:
        if value is None:
            return None
        target = references(self.table).get(self.name)
        if target is not None:
            return self.names.name(target, str(value))
        if isinstance(value, bool):
            return str(YES if value else NO)
        text = str(value)
        if (self.table, self.name) == ("signature", "manifest"):
            return _covered(text)
        if _MOMENT.fullmatch(text):
            return show_moment(datetime.fromisoformat(text), self.local)
        return f"{text} {self.unit}".rstrip() if len(text) <= _LONGEST else _by_length(text)


def _covered(manifest: str) -> str:
    """``step 1, step reading 12``: how many rows of which kind were signed."""
    told = json.loads(manifest)
    return ", ".join(f"{spoken(_BY_NAME[table])} {len(told[table]['keys'])}" for table in sorted(told))


def _by_length(text: str) -> str:
    digest = hashlib.sha256(text.encode()).hexdigest()
    return str(Phrase("{n} characters, SHA-256 {digest}", n=len(text), digest=digest))
