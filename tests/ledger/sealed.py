"""A small laboratory with a seal key of its own, for the tests of seals, exports and attacks: no workflow, no folder."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from scene import NOW, SITE, cell_count, intent, lot, make_batch, make_site

from inkt_mfg.ledger.minisign import PublicKey, SecretKey
from inkt_mfg.ledger.seal_statement import SealStatement, Sheet
from inkt_mfg.ledger.sealing import PEAKS, Standing, standing
from inkt_mfg.records.batch import Batch
from inkt_mfg.records.seal import Seal, SealKey
from inkt_mfg.records.spelling import moment_text
from inkt_mfg.records.words import SealOccasion
from inkt_mfg.store.unit_of_work import Store, Work


@dataclass
class Laboratory:
    """A site with a batch; what is done in it is done through the store, one entry each."""

    store: Store
    key: SecretKey = field(default_factory=SecretKey.make)
    key_row: str = ""
    number: int = 0
    batch: Batch | None = None
    sheets: list[Sheet] = field(default_factory=list)

    @classmethod
    def open(cls, store: Store) -> "Laboratory":
        laboratory = cls(store)
        make_site(store)
        laboratory.batch = make_batch(store)
        with store.work(intent("ledger.adopt_key")) as work:
            laboratory.key_row = work.add(key_row(laboratory.key.public)).key
        return laboratory

    def count(self, viability: str = "92.50") -> None:
        """One more cell count, at its own minute."""
        self.number += 1
        with self.store.work(intent(at=NOW + timedelta(minutes=self.number))) as work:
            work.add(cell_count(self.batch, self.number, viability))

    def lots(self, *codes: str) -> None:
        with self.store.work(intent("lot.register")) as work:
            for code in codes:
                work.add(lot(code))

    def seal(
        self,
        occasion: SealOccasion = SealOccasion.ON_DEMAND,
        successor: SecretKey | None = None,
        **forged: Any,
    ) -> Sheet:
        """Seal what there is, as ``workflow.sealing`` does; ``forged`` puts other values into the statement."""
        with self.store.work(intent("ledger.seal")) as work:
            now = self.standing(work)
            values = {"size": now.size, "head": now.head, "merkle_root": now.frontier.root.hex()} | forged
            said = SealStatement(site=SITE, sealed_at=moment_text(NOW), key=self.key.public.name, occasion=occasion.value,
                                 next_key=successor.public.text if successor else None, **values)  # fmt: skip
            signature = self.key.sign(said.text.encode(), trusted=said.trusted_comment, untrusted="test")
            work.note(PEAKS, now.peaks_note)
            work.add(
                Seal(site=SITE, code=work.next_code(Seal, "SEAL"), seal_key=self.key_row, occasion=occasion, sealed_at=NOW,
                     statement=said.text, signature=signature.file, **values)
            )  # fmt: skip
            if successor is not None:
                self.key, self.key_row = successor, work.add(key_row(successor.public, self.key_row)).key
        self.sheets.append(Sheet(said, signature))
        return self.sheets[-1]

    def standing(self, work: Work) -> Standing:
        return standing(work.session.connection(), SITE, self.key.public)


def key_row(key: PublicKey, succeeds: str | None = None) -> SealKey:
    return SealKey(
        site=SITE, key_id=key.name, public_key=key.text, made_at=NOW, made_by="li.wei", succeeds=succeeds
    )
