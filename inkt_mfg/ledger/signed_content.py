"""What each signature was given for: its manifest's rows and fields as of its own entry, hashed again (R23).

Used by ``slices`` and ``verify``. A signature that was copied, moved to another record or edited is named; one whose
record was corrected later is not: the content it covers is that of its own entry.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import msgspec

from inkt_mfg.ledger.buckets import RowId
from inkt_mfg.ledger.chain_check import encode
from inkt_mfg.ledger.findings import Finding, FindingKind
from inkt_mfg.ledger.scratch import Scratch, Wanted
from inkt_mfg.ledger.source import Source, written

TABLE = "signature"
COLUMNS = ("signed_table", "signed_key", "manifest", "content_sha256", "ledger_sequence")


class Part(msgspec.Struct, gc=False):
    """The rows of one table a signature covers, and which fields of them."""

    fields: list[str]
    keys: list[str]


_read = msgspec.json.Decoder(dict[str, Part]).decode
Fragment = tuple[str, str, str, bytes]  # signature, table, key, canonical content


@dataclass(frozen=True, slots=True)
class Signed:
    """One row of the signatures' table; ``manifest`` None when it is none."""

    key: str
    signed_table: Any
    signed_key: Any
    manifest: dict[str, Part] | None
    told: Any
    content_sha256: Any
    ledger_sequence: Any


def signatures(source: Source, site: str) -> Iterator[Signed]:
    """Every signature of the site by key, one in memory at a time."""
    columns = ", ".join(f'"{name}"' for name in ("key", *COLUMNS))
    question = f"SELECT {columns} FROM {TABLE} WHERE site = ? ORDER BY {source.ordered('key')}"  # noqa: S608 — our own names
    for key, table, row, manifest, digest, sequence in source.rows(question, site):
        if isinstance(key, str) and key.isprintable():  # any other is named by the replay
            yield Signed(key, table, row, _manifest(manifest), manifest, digest, sequence)


def _manifest(text: Any) -> dict[str, Part] | None:
    try:
        return _read(text)
    except (msgspec.MsgspecError, TypeError, ValueError, RecursionError):
        return None


def ask_for(source: Source, site: str, scratch: Scratch, mine: Callable[[str], bool]) -> list[list[str]]:
    """Remember every covered row that is this slice's; gives the lists of fields the questions refer to."""
    fields: dict[tuple[str, ...], int] = {}
    for signed in signatures(source, site):
        if signed.manifest is None or not isinstance(signed.ledger_sequence, int):
            continue
        for table, part in signed.manifest.items():
            place = fields.setdefault(tuple(part.fields), len(fields))
            for key in set(part.keys):
                if mine(key):
                    scratch.want((table, key), Wanted(signed.ledger_sequence, signed.key, place))
    return [list(names) for names in fields]


def judge(source: Source, site: str, fragments: Iterator[Fragment]) -> Iterator[Finding]:
    """Every signature against the rows it covers; the fragments come sorted by signature, table and key."""
    waiting = next(fragments, None)
    for signed in signatures(source, site):
        while waiting is not None and waiting[0] < signed.key:
            waiting = next(fragments, None)
        if signed.manifest is None or not isinstance(signed.ledger_sequence, int):
            yield _found(signed, "manifest", "a list of rows and fields", str(signed.told)[:80])
            continue
        digest = sha256()
        for written_part, row in _frame(signed.manifest):
            digest.update(written_part)
            # Each covered row was asked for; of a key that stands twice in the table, the first took what there was.
            if row is not None and waiting is not None and waiting[:3] == (signed.key, *row):
                digest.update(waiting[3])
                waiting = next(fragments, None)
        yield from _wrong(signed, digest.hexdigest())


def _frame(manifest: dict[str, Part]) -> Iterator[tuple[bytes, RowId | None]]:
    """The canonical text around the rows' own, each piece with the row that follows it."""
    piece = b"{"
    for table in sorted(manifest):
        piece += encode(table) + b":{"
        for key in sorted(set(manifest[table].keys)):
            yield piece + encode(key) + b":", (table, key)
            piece = b","
        piece = (b"" if piece == b"," else piece) + b"},"
    yield piece.removesuffix(b",") + b"}", None


def _wrong(signed: Signed, digest: str) -> Iterator[Finding]:
    assert signed.manifest is not None
    if digest != signed.content_sha256:
        yield _found(signed, "content_sha256", digest, signed.content_sha256)
    covered = signed.manifest.get(signed.signed_table) if isinstance(signed.signed_table, str) else None
    if covered is None or signed.signed_key not in covered.keys:
        yield _found(
            signed, "signed_key", "a row of its manifest", f"{signed.signed_table} {signed.signed_key}"
        )


def _found(signed: Signed, field: str, expected: Any, found: Any) -> Finding:
    return Finding(FindingKind.SIGNATURE, TABLE, signed.key, field, expected, written(found))
