"""What verification says: each thing wrong by kind, table, key and field, with what was expected and what was found.

Made by ``verify``, shown by the command line and the terminal. It refuses nothing.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:  # the processes that verify a large ledger load none of what the canonical form stands on
    from inkt_mfg.ledger.canonical import Cell


class FindingKind(StrEnum):
    """What may be wrong with a ledger or with the rows it describes."""

    BODY = "chain.body"  # an entry that is not the JSON it must be
    HASH = "chain.hash"  # an entry whose hash is not that of its body
    LINK = "chain.link"  # an entry that does not name the hash of the one before it
    GAP = "chain.gap"  # an entry that is missing between two others
    COLUMN = "chain.column"  # a column beside the body that says something else
    ORDER = "replay.order"  # an entry that changes a row from a state it was not in
    CHANGED = "row.changed"  # a row edited behind the program's back
    MISSING = "row.missing"  # a row the ledger knows and the table does not
    UNKNOWN = "row.unknown"  # a row no entry knows, or anything of a site that is none
    FOREIGN = "row.foreign"  # a row that refers to a row of another site
    TOUCH_MISSING = "touch.missing"  # an entry the index of a row's history leaves out
    TOUCH_UNKNOWN = "touch.unknown"  # an entry of a row's history that does not exist
    SIGNATURE = (
        "signature.content"  # a signature over something else than its manifest held when it was given
    )
    TABLE = "table.missing"  # a whole table that is gone
    NO_COLUMN = "column.missing"  # a column that is gone, or holds another type of value than it must
    SCHEMA = "schema.altered"  # a table, column, constraint or index that is not as this program made it
    FILE = "file.damaged"  # a page or an index of a SQLite file that is not what its own tables say
    # A protection of the database that is gone or altered; with nothing expected, one that nobody here installed.
    TRIGGER = "trigger.missing"
    SEAL_CHAIN = "seal.chain"  # a seal of another chain than this one is now: its size, head or Merkle root
    SEAL_SIGNATURE = "seal.signature"  # a seal its key did not sign
    SEAL_STATEMENT = "seal.statement"  # a seal that is none, or whose row says something else than its text
    SEAL_KEY = "seal.key"  # a key nobody knows, or one the key before it did not name


# A terminal obeys these; a finding is read.
_CONTROLS: Final = {n: f"\\x{n:02x}" for n in (*range(0x20), *range(0x7F, 0xA0))}


def legible(value: Any) -> "Cell":
    """What a finding can say of a value: the ledger's own kinds as they are, bytes that are no text by their numbers."""
    if isinstance(value, str):
        try:
            text = value.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
        except UnicodeEncodeError:  # half of a pair, written out in JSON
            text = value.encode("utf-8", "backslashreplace").decode()
        return text.translate(_CONTROLS)
    return value if value is None or isinstance(value, int) else repr(value)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing wrong. ``key`` is a row's key, or an entry's number for ``ledger_entry``. All of it can be printed."""

    kind: FindingKind
    table: str
    key: str
    field: str | None = None
    expected: "Cell" = None
    found: "Cell" = None

    def __post_init__(self) -> None:
        for name in ("table", "key", "field", "expected", "found"):
            value = getattr(self, name)
            if (said := legible(value)) is not value:
                object.__setattr__(self, name, said)

    def as_json(self) -> "dict[str, Cell]":
        return {
            "kind": self.kind.value,
            "table": self.table,
            "key": self.key,
            "field": self.field,
            "expected": self.expected,
            "found": self.found,
        }


@dataclass(frozen=True, slots=True)
class Verification:
    """The outcome: how many entries were checked, the hash at the head of the chain, and everything wrong."""

    entries: int
    head: str
    findings: tuple[Finding, ...]
    seals: int = 0  # stored seals that were checked
    sealed: int = 0  # how many entries the newest of them covers

    @property
    def ok(self) -> bool:
        return not self.findings

    def as_json(self) -> dict[str, object]:
        """The answer of ``inkt ledger verify --json``."""
        return {
            "ok": self.ok,
            "entries": self.entries,
            "head": self.head,
            "seals": self.seals,
            "sealed": self.sealed,
            "findings": [f.as_json() for f in self.findings],
        }
