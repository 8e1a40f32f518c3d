"""The site itself and the protocol versions it works to. Written by ``workflow.site`` and ``workflow.protocols``."""

from typing import ClassVar

import sqlalchemy as sa
from sqlmodel import Field

from inkt_mfg.records.base import Coded, Record, words


class Site(Record, table=True):
    """One facility with one ledger. ``training`` can be set only when it is made, and never changes."""

    code: str = Field(min_length=2, max_length=12, unique=True, sa_type=sa.Text)
    name: str = words(120)
    address: str = words(200)
    time_zone: str = words(60)
    training: bool
    settings: str = words(
        4000
    )  # canonical JSON: password profile, idle lock, signing policy (R10: its change is audited)


class ProtocolVersion(Coded, table=True):
    """One version of a master batch record, kept as the exact text that was approved; its code is ``id@version``."""

    __tablename__ = "protocol_version"
    __table_args__ = (sa.UniqueConstraint("site", "code"),)
    lifecycle: ClassVar[frozenset[str]] = frozenset({"approved"})

    protocol_id: str = words(60)
    version: str = words(20)
    sha256: str = words(64)
    text: str = words(200_000)
    approved: bool = False
