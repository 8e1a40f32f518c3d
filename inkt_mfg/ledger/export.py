"""Writes an export: a zip of entries, seals, public keys and proofs that anybody can check without this program.

``store.export_files`` calls it on one snapshot, after ``workflow.ledger_exports`` put it on record. A whole export is the
chain from its first entry; a part holds chosen entries with the proof that each belongs to what the newest seal covers,
and reveals of the others nothing but hashes. The layout is in docs/ledger-format.md. It refuses nothing.
"""

import hashlib
import zipfile
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from inkt_mfg import __version__
from inkt_mfg.ledger.canonical import canonical_text
from inkt_mfg.ledger.chain import end_of_chain
from inkt_mfg.ledger.merkle import Tree, leaf_hash
from inkt_mfg.ledger.minisign import PublicKey
from inkt_mfg.ledger.replay import streamed
from inkt_mfg.ledger.seals import StoredSeal, stored_keys, stored_seals

Progress = Callable[[str, int, int], None]
_HERE = Path(__file__).resolve().parent
_STEP = 2000
_MADE = (1980, 1, 1, 0, 0, 0)  # zip's own times say nothing; the manifest says when

README = """An export of the ledger of site {site}.

To check it: python3 -I verify_ledger.py
Python 3.8 or newer is all it needs. It says what it proved and what it did not.

To check it against what you have from the site itself, and not from this export:
    python3 -I verify_ledger.py --public-key seal.pub --seal A_SEAL_YOU_KEPT

Whoever trusts nobody takes verify_ledger.py from the program's own source, or writes a verifier from ledger-format.md,
which says what every byte of entries.jsonl, seals/, keys/ and the proofs means. The seals are minisign signatures:
    minisign -V -p keys/KEY.pub -m seals/SEAL.seal
SHA256SUMS (sha256sum -c) tells damage from the day of the export on; it is no proof against a forger, the seals are.
"""


@dataclass(frozen=True, slots=True)
class Selection:
    """What is exported: everything (``sequences`` is None), or these entries; ``asked`` says so as it was asked."""

    asked: Mapping[str, str]
    sequences: Collection[int] | None = None


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written: entries, how many of them a seal covers, and seals."""

    entries: int
    sealed: int
    seals: int


class _Zip:
    """A zip under way that remembers the SHA-256 of each file, for SHA256SUMS."""

    def __init__(self, file: IO[bytes]) -> None:
        self._zip = zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED)
        self._sums: dict[str, str] = {}

    def put(self, name: str, content: bytes) -> None:
        self.put_lines(name, [content])

    def put_lines(self, name: str, parts: "Iterator[bytes] | list[bytes]") -> None:
        digest = hashlib.sha256()
        about = zipfile.ZipInfo(name, _MADE)
        about.compress_type, about.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
        with self._zip.open(about, "w", force_zip64=True) as member:
            for part in parts:
                digest.update(part)
                member.write(part)
        self._sums[name] = digest.hexdigest()

    def close(self) -> None:
        sums = "".join(f"{digest}  {name}\n" for name, digest in sorted(self._sums.items()))
        self.put("SHA256SUMS", sums.encode())
        self._zip.close()


def write_export(
    file: IO[bytes],
    connection: Connection,
    site: str,
    selection: Selection,
    about: Mapping[str, str],
    page: bytes,
    tell: Progress,
) -> Exported:
    """Write the zip to ``file``. ``about``: who made it and when; ``page``: docs/ledger-format.md."""
    end = end_of_chain(connection, site)
    seals = stored_seals(connection, site)
    made = _Zip(file)
    for name, content in _standing_files(connection, site, seals, page):
        made.put(name, content)
    counted = _Counted(seals[-1].size if seals else 0)
    made.put_lines("entries.jsonl", counted.lines(_chosen(connection, site, selection, end.sequence, tell)))
    if selection.sequences is not None:
        for name, parts in _proofs(connection, site, seals, counted.covered, tell):
            made.put_lines(name, parts)
    manifest = {
        "format": "inkt ledger export",
        "v": 1,
        "site": site,
        "whole": selection.sequences is None,
        "asked": dict(selection.asked),
        "entries": counted.entries,
        "size": end.sequence,
        "head": end.hash,
        "software": __version__,
        "made": dict(about),
    }
    made.put("manifest.json", f"{canonical_text(manifest)}\n".encode())
    made.close()
    return Exported(counted.entries, len(counted.covered), len(seals))


def _standing_files(
    connection: Connection, site: str, seals: list[StoredSeal], page: bytes
) -> Iterator[tuple[str, bytes]]:
    yield "README.txt", README.format(site=site).encode()
    yield "verify_ledger.py", (_HERE / "verify_ledger.py").read_bytes()
    yield "ledger-format.md", page
    for key in stored_keys(connection, site):
        yield f"keys/{key.key_id}.pub", PublicKey.read(key.public_key).file.encode()
    for seal in seals:
        yield f"seals/{seal.code}.seal", seal.statement.encode()
        yield f"seals/{seal.code}.seal.minisig", seal.signature.encode()


class _Counted:
    """Entries on their way into the zip: how many, and which of them the newest seal covers."""

    def __init__(self, sealed: int) -> None:
        self.sealed, self.entries = sealed, 0
        self.covered: list[int] = []

    def lines(self, rows: Iterator[tuple[int, str]]) -> Iterator[bytes]:
        for sequence, body in rows:
            self.entries += 1
            if sequence <= self.sealed:
                self.covered.append(sequence)
            yield body.encode() + b"\n"


def _chosen(
    connection: Connection, site: str, selection: Selection, of: int, tell: Progress
) -> Iterator[tuple[int, str]]:
    wanted = None if selection.sequences is None else frozenset(selection.sequences)
    for sequence, body in _entries(connection, site, of):
        if wanted is None or sequence in wanted:
            yield sequence, body
        if sequence % _STEP == 0:
            tell("entries", sequence, of)


def _entries(connection: Connection, site: str, most: int) -> Iterator[Any]:
    plain: Any = sa.select(sa.column("sequence"), sa.column("body")).select_from(sa.table("ledger_entry"))
    here = plain.where(sa.column("site") == site, sa.column("sequence") <= most)
    yield from streamed(connection, here.order_by(sa.column("sequence")))


def _proofs(
    connection: Connection, site: str, seals: list[StoredSeal], covered: list[int], tell: Progress
) -> Iterator[tuple[str, Iterator[bytes]]]:
    """The path of each entry in the newest seal's tree, and from each older seal's tree to it."""
    size = seals[-1].size if seals else 0
    tree = Tree(_leaves(connection, site, size, tell))
    yield "proofs.jsonl", (_proof("sequence", n, tree.inclusion(n - 1, size)) for n in covered)
    yield "consistency.jsonl", (_proof("size", s.size, tree.consistency(s.size, size)) for s in seals[:-1])


def _leaves(connection: Connection, site: str, size: int, tell: Progress) -> Iterator[bytes]:
    for sequence, body in _entries(connection, site, size):
        yield leaf_hash(body.encode())
        if sequence % _STEP == 0:
            tell("proofs", sequence, size)


def _proof(name: str, number: int, path: list[bytes]) -> bytes:
    return f"{canonical_text({name: number, 'path': [p.hex() for p in path]})}\n".encode()
