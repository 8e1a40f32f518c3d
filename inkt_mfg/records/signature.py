"""Electronic signatures. Append-only: the database refuses to change or delete one.

A signature is bound to the SHA-256 of the rows and fields in its manifest (``workflow.signing`` writes it,
``views.signatures`` recomputes it): when a covered value changes, the record shows as unsigned.
"""

from datetime import datetime
from typing import ClassVar

import sqlalchemy as sa
from sqlmodel import Field

from inkt_mfg.records.base import KEY_LENGTH, Record, choice, moment, refers_to, words
from inkt_mfg.records.words import Meaning, Role


class Signature(Record, table=True):
    """Who signed what, as what, meaning what, when (21 CFR 11.50)."""

    maker_columns: ClassVar[tuple[str, ...]] = ("signer",)

    signer: str = refers_to("person")
    user_name: str = words(40)
    full_name: str = words(80)
    role: Role = choice(Role)
    meaning: Meaning = choice(Meaning)
    signed_at: datetime = moment()
    utc_offset: str = words(6)
    signed_table: str = words(60)
    signed_key: str = Field(max_length=KEY_LENGTH, sa_type=sa.Text, index=True)
    manifest: str = words(1_000_000)
    content_sha256: str = words(64)
    ledger_sequence: int = Field(sa_type=sa.BigInteger)
    command: str = words(80)
