"""How far the ledger is sealed, in one line for the day board, and the seals of the site for lists and copies."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col, select

from inkt_mfg.language import Phrase
from inkt_mfg.ledger.chain import end_of_chain
from inkt_mfg.ledger.entry import LedgerEntry
from inkt_mfg.ledger.minisign import Signature
from inkt_mfg.ledger.seal_statement import SealStatement, Sheet, short
from inkt_mfg.moments import show_moment, zone
from inkt_mfg.records.seal import Seal, SealKey
from inkt_mfg.records.site import Site
from inkt_mfg.refusal import refuse
from inkt_mfg.store.unit_of_work import Store


@dataclass(frozen=True, slots=True)
class SealStanding:
    """The last seal, and since when there are entries it does not cover. None where there is none."""

    fingerprint: str | None
    sealed_at: datetime | None
    size: int
    entries_since: int
    unsealed_since: str | None  # the time of the first entry no seal covers, as the ledger writes it
    time_zone: str

    @property
    def line(self) -> Phrase:
        """What the day board says."""
        local = zone(self.time_zone)
        since = datetime.fromisoformat(self.unsealed_since) if self.unsealed_since else None
        if self.sealed_at is None:
            when = show_moment(since, local) if since else ""
            return Phrase("Ledger: never sealed, unsealed since {since}", since=when)
        last = Phrase(
            "seal {fingerprint} of {at}", fingerprint=self.fingerprint, at=show_moment(self.sealed_at, local)
        )
        if since is None:
            return Phrase("Ledger: sealed, {seal}", seal=last)
        return Phrase(
            "Ledger: {seal}, unsealed since {since} ({n} entries)",
            seal=last,
            since=f"{since.astimezone(local):%m-%d %H:%M}",
            n=self.entries_since,
        )

    def as_json(self) -> dict[str, object]:
        """The same for a program."""
        return {
            "fingerprint": self.fingerprint,
            "sealed_at": self.sealed_at.isoformat() if self.sealed_at else None,
            "size": self.size,
            "entries_since": self.entries_since,
            "unsealed_since": self.unsealed_since,
        }


def seal_standing(session: Session, site: str) -> SealStanding:
    """Three look-ups by index, whatever the size of the ledger."""
    last = session.exec(
        select(Seal).where(Seal.site == site).order_by(sa.desc(col(Seal.size))).limit(1)
    ).first()
    # The seal's own entry comes right after what it covers, and is no reason to seal again.
    first_open = last.size + 2 if last else 1
    end = end_of_chain(session.connection(), site).sequence
    since = session.exec(
        select(LedgerEntry.recorded_at).where(LedgerEntry.site == site, LedgerEntry.sequence == first_open)
    ).first()
    time_zone = session.exec(select(Site.time_zone).where(Site.code == site)).one()
    return SealStanding(
        short(last.head) if last else None,
        last.sealed_at if last else None,
        last.size if last else 0,
        max(0, end - first_open + 1),
        since,
        time_zone,
    )


@dataclass(frozen=True, slots=True)
class ShownSeal:
    """A stored seal with what is needed to copy it and to print it."""

    code: str
    sheet: Sheet
    sealed_at: datetime
    public_key: str
    site_name: str
    time_zone: str
    training: bool

    @property
    def statement(self) -> SealStatement:
        return self.sheet.statement


def shown_seals(store: Store, code: str | None = None) -> list[ShownSeal]:
    """The seals of the site, the newest first, or the one with this code. Raises Refusal when there is none such."""
    with store.reading() as session:
        question = select(Seal, SealKey).where(Seal.site == store.site, SealKey.key == Seal.seal_key)
        if code is not None:
            question = question.where(Seal.code == code)
        rows: Sequence[tuple[Seal, SealKey]] = session.exec(question.order_by(sa.desc(col(Seal.size)))).all()
        site = session.exec(select(Site).where(Site.code == store.site)).one()
    if code is not None and not rows:
        raise refuse(
            "record.unknown",
            Phrase("there is no seal {code} at this site", code=code),
            expected=Phrase("the code of a seal, as `inkt ledger seals` lists them"),
            field="seal",
            typed=code,
        )
    return [
        ShownSeal(
            seal.code,
            Sheet(SealStatement.read(seal.statement), Signature.read(seal.signature)),
            seal.sealed_at,
            key.public_key,
            site.name,
            site.time_zone,
            site.training,
        )
        for seal, key in rows
    ]
