"""A batch: one culture made for one infusion of one subject, and the holds placed on it.

Written by ``workflow`` through the command table's transitions; the state is never set anywhere else.
"""

from datetime import datetime
from typing import Any, ClassVar

import sqlalchemy as sa
from sqlmodel import Field

from inkt_mfg.records.base import Coded, Record, choice, moment, refers_to, words
from inkt_mfg.records.words import BatchState


class Batch(Coded, table=True):
    """A batch stays on the protocol version it began under (R31). A sub-batch (dendritic cells) names its parent."""

    lifecycle: ClassVar[frozenset[str]] = frozenset({"state", "started_at", "harvested_at"})

    __table_args__: Any = (sa.UniqueConstraint("site", "code"),)

    subject: str = refers_to("subject")
    collection: str = refers_to("collection")
    protocol: str = refers_to("protocol_version")
    parent: str | None = refers_to("batch", default=None)
    product: str = words(60)
    infusion_number: int = Field(sa_type=sa.Integer)
    state: BatchState = choice(BatchState, default=BatchState.PLANNED, index=True)
    planned_at: datetime = moment()
    started_at: datetime | None = moment(default=None)
    harvested_at: datetime | None = moment(default=None)


class Hold(Record, table=True):
    """A flag over any state: while one stands, nothing of this batch is released, labelled, issued or infused."""

    lifecycle: ClassVar[frozenset[str]] = frozenset({"lifted_by", "lifted_at", "lift_reason"})
    maker_columns: ClassVar[tuple[str, ...]] = ("placed_by",)

    batch: str = refers_to("batch")
    reason: str = words(300)
    placed_by: str = refers_to("person")
    placed_at: datetime = moment()
    lifted_by: str | None = refers_to("person", default=None)
    lifted_at: datetime | None = moment(default=None)
    lift_reason: str | None = words(300, default=None)
