"""Checks every seal against the chain as it is now: its key, its signature, its size, its head, its Merkle root.

Called by ``store.verification`` on the snapshot that is verified, with the seals stored and those brought from outside.
It changes nothing and names each thing wrong. Whether the first key is the site's own, only a copy of it kept outside can
say: whoever can rewrite the whole database can put in keys and seals of their own.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from inkt_mfg.ledger.canonical import Cell, cell
from inkt_mfg.ledger.findings import Finding, FindingKind
from inkt_mfg.ledger.merkle import Frontier, leaf_hash
from inkt_mfg.ledger.minisign import NotMinisign, PublicKey, Signature
from inkt_mfg.ledger.replay import reading_any_text, standing, streamed
from inkt_mfg.ledger.seal_statement import NotASeal, SealStatement, Sheet

Progress = Callable[[str, int, int], None]
_STEP = 2000
_KEY_COLUMNS = ("key", "key_id", "public_key", "succeeds")
_SEAL_COLUMNS = (
    "code",
    "seal_key",
    "occasion",
    "size",
    "head",
    "merkle_root",
    "sealed_at",
    "statement",
    "signature",
)


@dataclass(frozen=True, slots=True)
class StoredKey:
    """A row of ``seal_key``."""

    row: str
    key_id: str
    public_key: str
    succeeds: str | None


@dataclass(frozen=True, slots=True)
class StoredSeal:
    """A row of ``seal``, its time as the ledger writes it."""

    code: str
    seal_key: str
    occasion: str
    size: int
    head: str
    merkle_root: str
    sealed_at: str
    statement: str
    signature: str


@dataclass(frozen=True, slots=True)
class Outside:
    """A seal brought from outside, and what to call it: the name of its file."""

    name: str
    sheet: Sheet


@dataclass(frozen=True, slots=True)
class Point:
    """The chain after so many entries."""

    head: str
    root: str


@dataclass(frozen=True, slots=True)
class SealCheck:
    """How many stored seals there are, how far the newest reaches that can be believed, and everything wrong."""

    seals: int
    sealed: int
    findings: tuple[Finding, ...]


def stored_keys(connection: Connection, site: str) -> list[StoredKey]:
    """The site's public keys, in no order."""
    rows = _rows(connection, "seal_key", _KEY_COLUMNS, site, "key_id")
    written = ([None if c is None else _written(c) for c in row] for row in rows)
    return [
        StoredKey(str(key), str(key_id), str(public), succeeds) for key, key_id, public, succeeds in written
    ]


def stored_seals(connection: Connection, site: str) -> list[StoredSeal]:
    """The site's seals, the oldest first."""
    rows = _rows(connection, "seal", _SEAL_COLUMNS, site, "size")
    named = (dict(zip(_SEAL_COLUMNS, map(_written, row), strict=True)) for row in rows)
    return [StoredSeal(**row) for row in named]


def _written(value: Any) -> Any:
    """A column as the ledger writes it; what it never writes (SQLite holds bytes in any column) as its text."""
    return cell(value) if isinstance(value, str | int | datetime) else repr(value)


def _rows(
    connection: Connection, table: str, columns: tuple[str, ...], site: str, order: str
) -> Iterator[Any]:
    plain: Any = sa.select(*map(sa.column, columns)).select_from(sa.table(table))
    return streamed(connection, plain.where(sa.column("site") == site).order_by(sa.column(order)))


def chain_points(
    connection: Connection, site: str, sizes: Collection[int], tell: Progress
) -> dict[int, Point]:
    """Head and root after each of these numbers of entries; none for a number the chain does not reach."""
    found: dict[int, Point] = {}
    frontier, wanted, most = Frontier(), frozenset(sizes), max(sizes, default=0)
    bodies: Any = sa.select(sa.column("body")).select_from(sa.table("ledger_entry"))
    reached = bodies.where(sa.column("site") == site, sa.column("sequence") <= most)
    for (body,) in streamed(connection, reached.order_by(sa.column("sequence"))):
        entry = body.encode("utf-8", "surrogateescape") if isinstance(body, str) else bytes(body or b"")
        frontier.add(leaf_hash(entry))
        if frontier.size in wanted:
            found[frontier.size] = Point(sha256(entry).hexdigest(), frontier.root.hex())
        if frontier.size % _STEP == 0:
            tell("seals", frontier.size, most)
    return found


def check_seals(
    connection: Connection,
    site: str,
    outside: Sequence[Outside] = (),
    trusted: PublicKey | None = None,
    tell: Progress | None = None,
) -> SealCheck:
    """Every stored seal and every one from outside. ``trusted`` is the site's public key as somebody kept it outside."""
    with reading_any_text(connection):
        return _checked(connection, site, outside, trusted, tell)


def _checked(
    connection: Connection,
    site: str,
    outside: Sequence[Outside],
    trusted: PublicKey | None,
    tell: Progress | None,
) -> SealCheck:
    there = standing(connection)
    if not there.has("ledger_entry"):
        return SealCheck(0, 0, ())  # reported as table.missing
    gone = not (there.has("seal", *_SEAL_COLUMNS) and there.has("seal_key", *_KEY_COLUMNS))
    keys = [] if gone else stored_keys(connection, site)
    seals = [] if gone else stored_seals(connection, site)
    said = [stated for s in seals if (stated := _stated(s)) is not None]
    sizes = {s.size for s in said} | {o.sheet.statement.size for o in outside}
    entries = connection.execute(
        sa.text("SELECT max(sequence) FROM ledger_entry WHERE site = :site"), {"site": site}
    ).scalar()
    points = chain_points(connection, site, sizes, tell or (lambda _what, _done, _of: None))
    check = _Check(site, keys, points, entries or 0, trusted)
    findings = [f for seal in seals for f in check.stored(seal)]
    findings += check.the_keys()
    findings += [f for brought in outside for f in check.outside(brought)]
    return SealCheck(len(seals), check.covered, tuple(findings))


def _stated(seal: StoredSeal) -> SealStatement | None:
    try:
        return SealStatement.read(seal.statement)
    except NotASeal:
        return None  # reported when the seal itself is checked


class _Check:
    """One check under way. The seals are taken in order of size: each is by the key in force, which a seal hands over."""

    def __init__(
        self,
        site: str,
        keys: Sequence[StoredKey],
        points: Mapping[int, Point],
        entries: int,
        trusted: PublicKey | None,
    ) -> None:
        self.site, self.keys, self.points, self.entries, self.trusted = site, keys, points, entries, trusted
        self.by_row = {k.row: k for k in keys}
        self.by_id = {k.key_id: k for k in keys}
        self.in_force = ""  # nobody's, until the first seal
        self.vouched = trusted is None  # whether the reader's own key has come into force
        self.covered = 0  # how many entries a seal covers that the reader has reason to believe

    # --- one seal

    def stored(self, seal: StoredSeal) -> Iterator[Finding]:
        """A stored seal: its columns against its statement, its signature, its key, the chain."""
        try:
            said = SealStatement.read(seal.statement)
            sheet = Sheet(said, Signature.read(seal.signature))
        except (NotASeal, NotMinisign) as wrong:
            yield _found(FindingKind.SEAL_STATEMENT, seal.code, "statement", "a seal", str(wrong))
            return
        yield from self._columns(seal, said)
        yield from self._against_chain(seal.code, said)
        forged = self._forged(seal.code, sheet)
        yield from forged
        if not forged:
            yield from self._succession(seal.code, said)

    def _columns(self, seal: StoredSeal, said: SealStatement) -> Iterator[Finding]:
        key = self.by_row.get(seal.seal_key)
        beside: dict[str, tuple[Cell, Cell]] = {
            "seal_key": (said.key, key.key_id if key else None),
            "occasion": (said.occasion, seal.occasion),
            "size": (said.size, seal.size),
            "head": (said.head, seal.head),
            "merkle_root": (said.merkle_root, seal.merkle_root),
            "sealed_at": (said.sealed_at, seal.sealed_at),
            "statement": (said.text, seal.statement),
        }
        for field, (stated, column) in beside.items():
            if column != stated:
                yield _found(FindingKind.SEAL_STATEMENT, seal.code, field, stated, column)

    def _succession(self, name: str, said: SealStatement) -> Iterator[Finding]:
        """A seal whose signature holds must be by the key in force; it may put another in force."""
        if self.in_force not in ("", said.key):
            yield _found(FindingKind.SEAL_KEY, name, "key", self.in_force, said.key)
            return
        self.in_force = said.key
        if self.trusted is not None and said.key == self.trusted.name:
            self.vouched = True
        if self.vouched:
            self.covered = max(self.covered, said.size)
        if said.next_key is not None:
            row = next((k for k in self.keys if k.public_key == said.next_key), None)
            if row is None:
                yield _found(FindingKind.SEAL_KEY, name, "next_key", said.next_key, "no such key", "seal_key")
            self.in_force = row.key_id if row else "none"

    def outside(self, brought: Outside) -> Iterator[Finding]:
        """A seal from outside: a signature where it has one, and the chain."""
        yield from self._against_chain(brought.name, brought.sheet.statement)
        if brought.sheet.signature is not None:
            yield from self._forged(brought.name, brought.sheet)

    def _against_chain(self, name: str, said: SealStatement) -> Iterator[Finding]:
        if said.site != self.site:
            yield _found(FindingKind.SEAL_CHAIN, name, "site", said.site, self.site)
            return
        point = self.points.get(said.size)
        if point is None:
            yield _found(FindingKind.SEAL_CHAIN, name, "size", said.size, self.entries)
            return
        if point.head != said.head:
            yield _found(FindingKind.SEAL_CHAIN, name, "head", said.head, point.head)
        if point.root != said.merkle_root:
            yield _found(FindingKind.SEAL_CHAIN, name, "merkle_root", said.merkle_root, point.root)

    def _forged(self, name: str, sheet: Sheet) -> list[Finding]:
        """What is wrong with a signature: no key for it, or one that does not fit."""
        said, signature = sheet.statement, sheet.signature
        assert signature is not None
        key = self._key(said.key)
        if key is None:
            known = ", ".join(sorted(self.by_id)) or "no key"
            return [_found(FindingKind.SEAL_KEY, name, "key", said.key, known)]
        try:
            key.refuse_forged(said.text.encode(), signature)
        except NotMinisign as wrong:
            return [_found(FindingKind.SEAL_SIGNATURE, name, "signature", f"by key {said.key}", str(wrong))]
        if signature.trusted != said.trusted_comment:
            expected, found = said.trusted_comment, signature.trusted
            return [_found(FindingKind.SEAL_SIGNATURE, name, "trusted_comment", expected, found)]
        return []

    def _key(self, key_id: str) -> PublicKey | None:
        if self.trusted is not None and key_id == self.trusted.name:
            return self.trusted
        try:
            return PublicKey.read(self.by_id[key_id].public_key)
        except (KeyError, NotMinisign):  # a row that holds no key is a finding of its own
            return None

    # --- the keys

    def the_keys(self) -> Iterator[Finding]:
        """Once every seal was taken: each row is the key it says, and the present one came into force by a seal."""
        for key in self.keys:
            try:
                named = PublicKey.read(key.public_key).name
            except NotMinisign as wrong:
                named = str(wrong)
            if named != key.key_id:
                yield _found(FindingKind.SEAL_KEY, key.key_id, "public_key", key.key_id, named, "seal_key")
        succeeded = {k.succeeds for k in self.keys}
        present = sorted(k.key_id for k in self.keys if k.row not in succeeded)
        if self.in_force and present != [self.in_force]:
            found = ", ".join(present) or "none"
            yield _found(FindingKind.SEAL_KEY, found, "succeeds", self.in_force, found, "seal_key")
        if self.trusted is not None and not self.vouched:
            found = ", ".join(sorted(self.by_id)) or "no key"
            expected = f"a seal by key {self.trusted.name}"
            yield _found(FindingKind.SEAL_KEY, self.trusted.name, "seals", expected, f"seals by {found}")


def _found(
    kind: FindingKind, name: str, field: str, expected: Cell, found: Cell, table: str = "seal"
) -> Finding:
    return Finding(kind, table, name, field, expected, found)
