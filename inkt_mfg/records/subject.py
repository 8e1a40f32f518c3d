"""The patient as the trial knows them: identity, arm, eligibility answers, body measurements, orders.

Written by ``workflow.subjects``. Identity, arm, consent and body are critical fields.
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
    quantity,
    refers_to,
    words,
)
from inkt_mfg.records.words import ReadingState, Sex
from inkt_mfg.units import Kind


class Subject(Coded, table=True):
    """A trial subject; ``code`` is the trial's subject number, ``chain_of_identity`` follows every bag."""

    __table_args__ = (sa.UniqueConstraint("site", "code"), sa.UniqueConstraint("site", "chain_of_identity"))
    lifecycle: ClassVar[frozenset[str]] = frozenset({"first_tae_on", "dose_blocked"})

    protocol: str = refers_to("protocol_version")
    patient_name: str = words(80, critical=True)
    patient_id: str = words(40, critical=True)
    birth_date: date = Field(sa_type=sa.Date, sa_column_kwargs={"info": {"critical": True}})
    sex: Sex = choice(Sex, critical=True)
    arm: str = words(40, critical=True)
    consent_signed_on: date = Field(sa_type=sa.Date, sa_column_kwargs={"info": {"critical": True}})
    chain_of_identity: str = words(40, critical=True)
    first_tae_on: date | None = Field(
        default=None, sa_type=sa.Date, sa_column_kwargs={"info": {"critical": True}}
    )
    enrolled_at: datetime = moment()
    dose_blocked: str | None = words(300, default=None)  # why the next dose may not be given (R35)


NOT_SHOWN = "not eligible"  # the verdict on an answer that was corrected and speaks against the patient


class EligibilityAnswer(Record, table=True):
    """One criterion's answer as typed, and what the protocol's criterion made of it."""

    __tablename__ = "eligibility_answer"
    __table_args__ = (sa.UniqueConstraint("subject", "criterion"),)

    subject: str = refers_to("subject")
    criterion: str = words(60)
    required: str = words(200)
    answer: str = words(200, critical=True)
    verdict: str = words(20)


class BodyMeasurement(Coded, table=True):
    """Height and weight, read twice by two people who do not see each other's figures."""

    __tablename__ = "body_measurement"
    __table_args__ = (sa.UniqueConstraint("site", "code"),)
    maker_columns: ClassVar[tuple[str, ...]] = ("entered_by",)

    subject: str = refers_to("subject")
    measured_on: date = Field(sa_type=sa.Date, sa_column_kwargs={"info": {"critical": True}})
    height: Decimal = quantity(Kind.HEIGHT, critical=True)
    height_typed: str = as_typed()
    weight: Decimal = quantity(Kind.BODY_WEIGHT, critical=True)
    weight_typed: str = as_typed()
    bmi: Decimal = number("kg/m^2")
    bsa: Decimal = number("m^2")
    bsa_formula: str = words(40)
    concern: str | None = words(
        400, default=None
    )  # why a value between the soft and hard limits was accepted
    entered_by: str = refers_to("person")
    second_height_typed: str | None = as_typed(default=None)
    second_weight_typed: str | None = as_typed(default=None)
    second_by: str | None = refers_to("person", default=None)
    state: ReadingState = choice(ReadingState, default=ReadingState.AWAITING_SECOND)
    recorded_at: datetime = moment()


class DoseOrder(Coded, table=True):
    """A physician's order for one infusion of one subject."""

    __tablename__ = "dose_order"
    __table_args__ = (sa.UniqueConstraint("site", "code"), sa.UniqueConstraint("subject", "infusion_number"))
    maker_columns: ClassVar[tuple[str, ...]] = ("ordered_by",)

    subject: str = refers_to("subject")
    infusion_number: int = Field(sa_type=sa.Integer, sa_column_kwargs={"info": {"critical": True}})
    planned_on: date = Field(sa_type=sa.Date, sa_column_kwargs={"info": {"critical": True}})
    ordered_by: str = refers_to("person")
    ordered_at: datetime = moment()


class ExceptionalRequest(Coded, table=True):
    """A physician's request for a dose outside the specification, with its justification and risk (R36)."""

    __tablename__ = "exceptional_request"
    __table_args__ = (sa.UniqueConstraint("site", "code"),)
    maker_columns: ClassVar[tuple[str, ...]] = ("requested_by",)

    batch: str = refers_to("batch")
    justification: str = words(1000)
    risk: str = words(1000)
    requested_by: str = refers_to("person")
    requested_at: datetime = moment()
