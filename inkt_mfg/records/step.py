"""What was done at the bench: one row per step of the protocol's plan, with its readings and the lots it used.

Written by ``workflow.culture``. Times are two: when it was done (typed) and when it was recorded (system).
"""

from datetime import date, datetime
from decimal import Decimal
from typing import ClassVar

import sqlalchemy as sa
from sqlmodel import Field

from inkt_mfg.records.base import (
    Coded,
    Record,
    as_typed,
    choice,
    moment,
    number,
    refers_to,
    words,
)
from inkt_mfg.records.words import LotState


class Step(Coded, table=True):
    """One performed step. ``plan_code`` is the protocol's code for it; repeats (feeds) are separate rows.

    A step with critical readings counts for dose and release once a second person has verified it.
    """

    __table_args__ = (sa.UniqueConstraint("site", "code"),)
    lifecycle: ClassVar[frozenset[str]] = frozenset({"verified_by", "verified_at"})
    maker_columns: ClassVar[tuple[str, ...]] = ("performed_by",)

    batch: str = refers_to("batch")
    plan_code: str = words(60)
    performed_at: datetime = moment()
    performed_by: str = refers_to("person")
    recorded_at: datetime = moment()
    late_reason: str | None = words(300, default=None)
    remark: str | None = words(500, default=None)
    verified_by: str | None = refers_to("person", default=None)
    verified_at: datetime | None = moment(default=None)


class StepReading(Record, table=True):
    """One value a step records, by the name the protocol gives it; ``value`` is in the kind's canonical unit.

    A text, an identifier, a moment or a yes/no has no ``value``, only what was typed.
    """

    __tablename__ = "step_reading"
    __table_args__ = (sa.UniqueConstraint("step", "name"),)

    step: str = refers_to("step")
    name: str = words(60)
    kind: str = words(60)
    value: Decimal | None = number(default=None, critical=True)
    value_typed: str = words(200, critical=True)


class MaterialLot(Coded, table=True):
    """A lot of a reagent or consumable, as its box says. Used only while released and in date (R32)."""

    __tablename__ = "material_lot"
    __table_args__ = (sa.UniqueConstraint("site", "code"),)
    lifecycle: ClassVar[frozenset[str]] = frozenset({"state"})

    material: str = words(80)
    expires_on: date = Field(sa_type=sa.Date, sa_column_kwargs={"info": {"critical": True}})
    state: LotState = choice(LotState, default=LotState.QUARANTINE)


class StepMaterial(Record, table=True):
    """A lot used in a step, and how much of it."""

    __tablename__ = "step_material"

    step: str = refers_to("step")
    lot: str = refers_to("material_lot")
    amount_typed: str = as_typed()
