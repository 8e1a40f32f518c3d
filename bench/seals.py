"""Sealing: the first seal of a long ledger, the next one after a day's work, a proof of one entry, checking a seal.

INKT_BENCH_SEALS makes the ledger longer or shorter; the first seal grows with it, the next one with the day alone.
"""

import os
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from bench.measure import Measurement, at_least, at_most, seconds_for
from bench.site_maker import SITE, make_site
from inkt_mfg.ledger.intent import SYSTEM, Intent
from inkt_mfg.ledger.merkle import Tree, leaf_hash
from inkt_mfg.ledger.minisign import SecretKey
from inkt_mfg.ledger.seal_statement import SealStatement
from inkt_mfg.ledger.sealing import PEAKS, Standing, standing
from inkt_mfg.records.seal import Seal, SealKey
from inkt_mfg.records.spelling import moment_text
from inkt_mfg.records.words import SealOccasion
from inkt_mfg.store.unit_of_work import Store

ENTRIES = int(os.environ.get("INKT_BENCH_SEALS", "100000"))
A_DAY = 500  # entries of a busy day
PROOFS = 1000


class _Sealer:
    """A site with a key, sealed as ``workflow.sealing`` does it, without anybody logging in."""

    def __init__(self, store: Store) -> None:
        self.store, self.key = store, SecretKey.make()
        with store.work(self._intent("ledger.adopt_key")) as work:
            row = SealKey(site=SITE, key_id=self.key.public.name, public_key=self.key.public.text,
                          made_at=datetime.now(UTC), made_by="bench")  # fmt: skip
            self.row = work.add(row).key

    def _intent(self, command: str) -> Intent:
        return Intent(SITE, command, SYSTEM, "bench", datetime.now(UTC))

    def seal(self) -> Standing:
        with self.store.work(self._intent("ledger.seal")) as work:
            now, at = standing(work.session.connection(), SITE, self.key.public), datetime.now(UTC)
            values = {"size": now.size, "head": now.head, "merkle_root": now.frontier.root.hex()}
            said = SealStatement(site=SITE, sealed_at=moment_text(at), key=self.key.public.name,
                                 occasion=SealOccasion.DAY_END.value, **values)  # type: ignore[arg-type]  # fmt: skip
            signature = self.key.sign(said.text.encode(), trusted=said.trusted_comment, untrusted="bench")
            work.note(PEAKS, now.peaks_note)
            work.add(
                Seal(site=SITE, code=work.next_code(Seal, "SEAL"), seal_key=self.row, occasion=SealOccasion.DAY_END,
                     sealed_at=at, statement=said.text, signature=signature.file, **values)
            )  # fmt: skip
        return now

    def a_day(self) -> None:
        for _ in range(A_DAY):
            with self.store.work(self._intent("person.log_in")):
                pass


def _proofs(store: Store) -> Iterator[Measurement]:
    with store.reading() as session:
        rows = session.connection().exec_driver_sql("SELECT body FROM ledger_entry ORDER BY sequence")
        leaves = [leaf_hash(body.encode()) for (body,) in rows]
    building = seconds_for(lambda: Tree(leaves))
    tree = Tree(leaves)
    asked = [n * len(leaves) // PROOFS for n in range(PROOFS)]
    each = seconds_for(lambda: [tree.inclusion(n) for n in asked]) / PROOFS
    yield Measurement(f"tree of {len(leaves)} leaf hashes", building, "s")
    yield at_most("proof of one entry", each * 1000, "ms", 1.0)


def measure() -> list[Measurement]:
    """On SQLite: what is measured is hashing, and one pass over the entries."""
    with tempfile.TemporaryDirectory() as folder:
        address = f"sqlite:///{Path(folder) / 'site.db'}"
        make_site(address, ENTRIES)
        store = Store.open(address, SITE)
        sealer = _Sealer(store)
        found: list[Standing] = []
        first = seconds_for(lambda: found.append(sealer.seal()))
        sealer.a_day()
        following = seconds_for(lambda: found.append(sealer.seal()))
        assert found[0].hashed == found[0].size
        assert found[1].hashed == A_DAY + 1
        measured = [
            Measurement(f"first seal, {found[0].size} entries", first, "s"),
            Measurement("entries sealed for the first time", found[0].size / first, "entries/s"),
            Measurement(f"the next seal, {A_DAY} entries later", following, "s"),
            at_least("first seal beside the next one", first / following, "ratio", 5.0),
            *_proofs(store),
        ]
        store.close()
    return measured
