"""Seals of the ledger and the public keys that check them. Append-only; written by ``workflow.sealing``.

A seal says how long the chain was, its head and its Merkle root at one instant, signed outside the database with a key
the database never holds: whoever rewrites the whole chain cannot sign the old seal anew.
"""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field

from inkt_mfg.records.base import Coded, Record, choice, moment, refers_to, words
from inkt_mfg.records.words import SealOccasion


class SealKey(Record, table=True):
    """One Ed25519 public key of the site, in minisign's own form. A later row takes over; old seals stay valid."""

    __tablename__ = "seal_key"
    __table_args__ = (sa.UniqueConstraint("site", "key_id"),)

    key_id: str = words(16)  # minisign's: eight bytes, upper-case hex
    public_key: str = words(60)  # minisign's: base64 of algorithm, key id and key
    made_at: datetime = moment()
    made_by: str = words(40)  # user name
    succeeds: str | None = refers_to("seal_key", default=None)


class Seal(Coded, table=True):
    """The first ``size`` entries of the chain, as they stood, and the signature over that statement."""

    __table_args__ = (sa.UniqueConstraint("site", "code"),)

    seal_key: str = refers_to("seal_key")
    occasion: SealOccasion = choice(SealOccasion)
    size: int = Field(sa_type=sa.BigInteger)
    head: str = words(64)  # hash of entry ``size``
    merkle_root: str = words(64)
    sealed_at: datetime = moment()
    statement: str = words(2000)  # the exact text that was signed
    signature: str = words(1000)  # the whole minisign signature file
