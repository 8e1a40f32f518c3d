"""Every physical label as a serialised thing: its frozen content, the bytes that were proofed, what became of it."""

from datetime import datetime
from typing import ClassVar

import sqlalchemy as sa
from sqlmodel import Field

from inkt_mfg.records.base import Coded, choice, moment, refers_to, words
from inkt_mfg.records.words import LabelState


class Label(Coded, table=True):
    """One label; ``code`` is its serial. ``content`` is frozen when it is prepared and never drawn again."""

    __table_args__ = (sa.UniqueConstraint("site", "code"),)
    lifecycle: ClassVar[frozenset[str]] = frozenset(
        {
            "state",
            "pdf_sha256",
            "proof",
            "printed_by",
            "printed_at",
            "printer",
            "ended_by",
            "ended_at",
            "end_reason",
            "witnessed_by",
            "witnessed_at",
        }
    )

    batch: str = refers_to("batch")
    container: str = refers_to("container")
    kind: str = words(40)
    copy_number: int = Field(sa_type=sa.Integer)
    reprint_number: int = Field(default=0, sa_type=sa.Integer)
    reprint_reason: str | None = words(300, default=None)
    state: LabelState = choice(LabelState, default=LabelState.PREPARED)
    content: str = words(40_000)
    content_sha256: str = words(64)
    pdf_sha256: str | None = words(64, default=None)
    proof: str | None = words(40_000, default=None)
    prepared_by: str = refers_to("person")
    prepared_at: datetime = moment()
    printed_by: str | None = refers_to("person", default=None)
    printed_at: datetime | None = moment(default=None)
    printer: str | None = refers_to("printer", default=None)
    ended_by: str | None = refers_to(
        "person", default=None
    )  # spoiled, destroyed, kept as specimen or returned
    ended_at: datetime | None = moment(default=None)
    end_reason: str | None = words(300, default=None)
    witnessed_by: str | None = refers_to("person", default=None)  # the second signature of a destruction
    witnessed_at: datetime | None = moment(default=None)
