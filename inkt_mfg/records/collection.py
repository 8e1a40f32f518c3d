"""What was taken from the patient: a blood draw or an apheresis. Written by ``workflow.collections``."""

from datetime import datetime
from decimal import Decimal
from typing import ClassVar

import sqlalchemy as sa
from sqlmodel import Field

from inkt_mfg.records.base import Coded, as_typed, choice, moment, quantity, refers_to, words
from inkt_mfg.records.words import CollectionState
from inkt_mfg.units import Kind


class Collection(Coded, table=True):
    """One collection. One may feed several batches (1:n); a sub-batch names the same collection."""

    __table_args__ = (sa.UniqueConstraint("site", "code"), sa.UniqueConstraint("site", "donation_id"))
    lifecycle: ClassVar[frozenset[str]] = frozenset({"state"})
    maker_columns: ClassVar[tuple[str, ...]] = ("received_by",)

    subject: str = refers_to("subject")
    donation_id: str = words(40, critical=True)
    state: CollectionState = choice(CollectionState, default=CollectionState.EXPECTED)
    anticoagulant: str = words(60)
    collected_at: datetime | None = moment(default=None, critical=True)
    received_at: datetime | None = moment(default=None)
    received_by: str | None = refers_to("person", default=None)
    volume: Decimal | None = quantity(Kind.VOLUME, default=None)
    volume_typed: str | None = as_typed(default=None)
    temperature: Decimal | None = quantity(Kind.TEMPERATURE, default=None)
    temperature_typed: str | None = as_typed(default=None)
    container_intact: bool | None = None
    testing_complete: bool = Field(
        default=False, sa_column_kwargs={"info": {"critical": True}}
    )  # all infectious-disease screening and testing, for the label's warning
    screening_complete: bool | None = Field(default=None, sa_column_kwargs={"info": {"critical": True}})
    risk_factor: bool | None = Field(
        default=None, sa_column_kwargs={"info": {"critical": True}}
    )  # the donor's screening showed one (21 CFR 1271.90): the biohazard symbol
    reactive_agents: str | None = words(
        200, critical=True, default=None
    )  # "hepatitis B; …": one warning line each
    decided_by: str | None = refers_to("person", default=None)
