"""A change of an entered value, as asked for and as decided. Written by ``workflow.corrections``.

The row it changes keeps no second value: old and new stand here and in the ledger. A critical one waits for a second
person; while it is pending neither value computes (R02).
"""

from datetime import datetime
from typing import ClassVar

import sqlalchemy as sa
from sqlmodel import Field

from inkt_mfg.records.base import KEY_LENGTH, Coded, choice, moment, refers_to, words
from inkt_mfg.records.words import CorrectionReason, CorrectionState


class Correction(Coded, table=True):
    """One value of one row: what it was, what it is to be, both as typed, who asked and who decided."""

    __table_args__ = (sa.UniqueConstraint("site", "code"),)
    lifecycle: ClassVar[frozenset[str]] = frozenset({"state", "decided_by", "decided_at"})
    maker_columns: ClassVar[tuple[str, ...]] = ("asked_by",)

    row_table: str = words(60)
    row_key: str = Field(max_length=KEY_LENGTH, sa_type=sa.Text, index=True)
    record: str = words(120)  # what people call the row
    field: str = words(60)
    old_typed: str | None = words(1000, default=None)
    new_typed: str = words(1000)
    critical: bool
    reason_code: CorrectionReason = choice(CorrectionReason)
    reason: str = words(500)
    asked_by: str = refers_to("person")
    asked_at: datetime = moment()
    state: CorrectionState = choice(CorrectionState, default=CorrectionState.PENDING, index=True)
    decided_by: str | None = refers_to("person", default=None)
    decided_at: datetime | None = moment(default=None)
