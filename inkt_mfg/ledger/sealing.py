"""How far the chain reaches and what its Merkle root is, worked out from the last seal onwards.

``workflow.sealing`` calls ``standing`` inside the command that seals, under the site's lock. Nothing stored is trusted:
the peaks kept with the last seal must fold to a root that the very same key signed, or every entry is hashed again. It
refuses with ``BrokenChain`` to go on from a chain whose new entries do not hold together; nobody signs that.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from inkt_mfg.ledger.canonical import GENESIS
from inkt_mfg.ledger.chain import holds
from inkt_mfg.ledger.merkle import Frontier, leaf_hash
from inkt_mfg.ledger.minisign import NotMinisign, PublicKey, Signature
from inkt_mfg.ledger.replay import streamed
from inkt_mfg.ledger.seal_statement import NotASeal, SealStatement

PEAKS = "merkle_peaks"  # the note of a seal's own entry that holds the subtree hashes of the tree it sealed
_NEWEST_SEAL = "SELECT statement, signature FROM seal WHERE site = :site ORDER BY size DESC LIMIT 1"
_BODY = "SELECT body, hash FROM ledger_entry WHERE site = :site AND sequence = :sequence"


class BrokenChain(Exception):
    """An entry that does not follow from the one before it; ``sequence`` says which."""

    def __init__(self, sequence: int) -> None:
        self.sequence = sequence
        super().__init__(f"entry {sequence} does not hold")


@dataclass(frozen=True, slots=True)
class Standing:
    """The chain as it stands: how many entries, the hash of the last, the tree's right edge, how many were hashed anew."""

    size: int
    head: str
    frontier: Frontier
    hashed: int

    @property
    def peaks_note(self) -> str:
        """The subtree hashes, as the seal's entry keeps them for the next seal."""
        return " ".join(peak.hex() for peak in self.frontier.peaks)


def standing(connection: Connection, site: str, key: PublicKey, reached: Standing | None = None) -> Standing:
    """From the last seal by this key to the end of the chain. Raises BrokenChain.

    ``reached`` is what this very function said a moment ago, before the site's lock was taken: a long way is gone without
    keeping anybody waiting, and what came meanwhile is added under the lock.
    """
    if reached is not None and not holds(connection, site, reached.size, reached.head):
        raise BrokenChain(reached.size)
    begun = _from_last_seal(connection, site, key) if reached is None else _again(reached)
    size, head, frontier = begun or (0, GENESIS, Frontier())
    first = size
    for sequence, digest, body in _entries_after(connection, site, size):
        entry = body.encode()
        # The text is canonical, so the link stands in it just so; `verify` takes every entry apart.
        linked = f'"previous":"{head}","reason":' in body
        if sequence != size + 1 or not linked or sha256(entry).hexdigest() != digest:
            raise BrokenChain(size + 1)
        frontier.add(leaf_hash(entry))
        size, head = sequence, digest
    return Standing(size, head, frontier, size - first)


def _again(reached: Standing) -> tuple[int, str, Frontier]:
    return reached.size, reached.head, Frontier(reached.size, reached.frontier.peaks)


def _from_last_seal(connection: Connection, site: str, key: PublicKey) -> tuple[int, str, Frontier] | None:
    newest = connection.execute(sa.text(_NEWEST_SEAL), {"site": site}).first()
    if newest is None:
        return None
    try:
        said = SealStatement.read(newest[0])
        key.refuse_forged(newest[0].encode(), Signature.read(newest[1]))
        sealed = connection.execute(sa.text(_BODY), {"site": site, "sequence": said.size}).first()
        own = connection.execute(sa.text(_BODY), {"site": site, "sequence": said.size + 1}).first()
        peaks = json.loads(own[0])["notes"][PEAKS] if own else ""
        frontier = Frontier(said.size, map(bytes.fromhex, peaks.split()))
    except (NotASeal, NotMinisign, ValueError, KeyError, TypeError):
        return None
    if sealed is None or sealed[1] != said.head or said.site != site:
        raise BrokenChain(said.size)
    return (said.size, said.head, frontier) if frontier.root.hex() == said.merkle_root else None


def _entries_after(connection: Connection, site: str, size: int) -> Iterator[tuple[Any, ...]]:
    plain: Any = sa.select(*map(sa.column, ("sequence", "hash", "body")))
    after = plain.select_from(sa.table("ledger_entry")).where(
        sa.column("site") == site, sa.column("sequence") > size
    )
    return streamed(connection, after.order_by(sa.column("sequence")))
