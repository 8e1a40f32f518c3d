"""What a signature covers and whether it still stands.

The content hash of the rows and fields in the manifest is computed here, once for signing and again whenever the record
is shown: a covered value that changed, or a covered row that is gone, leaves the record unsigned (R23).
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache

import sqlalchemy as sa
from sqlalchemy.orm.util import identity_key
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from inkt_mfg.ledger.canonical import Cell, canonical_text, cell, entry_hash
from inkt_mfg.records.base import Record
from inkt_mfg.records.every import TABLES
from inkt_mfg.records.signature import Signature
from inkt_mfg.records.words import RELEASING, ContainerState, Meaning
from inkt_mfg.views.case import Case

Manifest = Mapping[str, Mapping[str, list[str]]]  # table → {"fields": […], "keys": […]}
_BY_NAME = {str(t.__tablename__): t for t in TABLES}
_NEVER_COVERED = frozenset({"row_version"})


@cache
def covered_fields(table: type[Record]) -> tuple[str, ...]:
    """The columns a signature covers: everything entered, not where the record stands in its life."""
    names = (c.key for c in sa.inspect(table).column_attrs)
    return tuple(sorted(n for n in names if n not in table.lifecycle | _NEVER_COVERED))


def manifest_of(rows: Iterable[Record]) -> dict[str, dict[str, list[str]]]:
    """Which rows and fields a signature is about."""
    manifest: dict[str, dict[str, list[str]]] = {}
    for row in rows:
        part = manifest.setdefault(
            str(row.__tablename__), {"fields": list(covered_fields(type(row))), "keys": []}
        )
        if row.key not in part["keys"]:
            part["keys"].append(row.key)
    for part in manifest.values():
        part["keys"].sort()
    return manifest


@cache
def _rows_by_key(table: type[Record]) -> SelectOfScalar[Record]:
    # Three times in every signing: building the question takes as long as answering it.
    return select(table).where(col(table.key).in_(sa.bindparam("keys", expanding=True)))


def _rows(session: Session, table: type[Record], keys: list[str]) -> dict[str, Record]:
    """Those there are. What this session has read already is what it would read again, and guards read most of it."""
    known = {key: session.identity_map.get(identity_key(table, key)) for key in keys}
    rows: dict[str, Record] = {key: row for key, row in known.items() if row is not None}
    if missing := [key for key in keys if key not in rows]:
        found = session.exec(_rows_by_key(table), params={"keys": missing}).all()
        rows |= {row.key: row for row in found}
    return rows


def content_sha256(session: Session, manifest: Manifest) -> str:
    """SHA-256 of the canonical content of a manifest as the tables hold it now. A missing row hashes as null."""
    content: dict[str, dict[str, dict[str, Cell] | None]] = {}
    for name, part in manifest.items():
        rows = _rows(session, _BY_NAME[name], part["keys"])
        content[name] = {
            key: {f: cell(getattr(rows[key], f)) for f in part["fields"]} if key in rows else None
            for key in part["keys"]
        }
    return entry_hash(canonical_text(content))


@dataclass(frozen=True, slots=True)
class ShownSignature:
    """A signature as every screen and printout shows it (21 CFR 11.50): who, as what, meaning, when, still standing."""

    full_name: str
    user_name: str
    role: str
    meaning: str
    signed_at: datetime
    utc_offset: str
    stands: bool


def show_signature(session: Session, signature: Signature) -> ShownSignature:
    """A signature with the answer to whether what it covers is still what was signed."""
    return ShownSignature(
        signature.full_name,
        signature.user_name,
        signature.role.value,
        signature.meaning.value,
        signature.signed_at,
        signature.utc_offset,
        stands(session, signature),
    )


def stands(session: Session, signature: Signature) -> bool:
    """Whether every covered value is still the one that was signed."""
    return content_sha256(session, json.loads(signature.manifest)) == signature.content_sha256


# Who signs one of these decides on the batch; the newest of them is the decision there is. The commands stand a floor
# above: a test holds these names to their declarations.
DECISIONS = frozenset(
    {
        "batch.release",
        "batch.release_exceptionally",
        "batch.finalise",
        "batch.reassess",
        "batch.fail_late",
        "batch.reject",
        "batch.recall_to_review",
    }
)
# A bag that was destroyed in the pharmacy has not left: nothing of it is on its way to anybody.
LEFT = frozenset(
    {ContainerState.ISSUED, ContainerState.RECEIVED, ContainerState.INFUSED, ContainerState.RETURNED}
)


def release_stands(case: Case) -> bool:
    """Whether the newest decision that was signed is a release, and its record still what was signed."""
    decided = [s for s in case.signatures if s.command in DECISIONS]
    return bool(decided) and decided[-1].meaning is Meaning.RELEASE and stands(case.session, decided[-1])


def reassessment_is_due(case: Case) -> bool:
    """A bag has left under a release whose record was changed since: its disposition is to be looked at again (R23)."""
    gone = any(c.state in LEFT for c in case.containers)
    return gone and case.disposition in RELEASING and not release_stands(case)
