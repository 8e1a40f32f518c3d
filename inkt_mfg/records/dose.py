"""The bag, what dose it holds, and QA's decisions on the batch. Written by ``workflow.formulation`` and ``.release``.

A disposition is append-only: a second one stands beside the first, which is never edited (R34).
"""

from datetime import date, datetime
from decimal import Decimal
from typing import ClassVar

import sqlalchemy as sa
from sqlmodel import Field

from inkt_mfg.records.base import (
    Coded,
    as_typed,
    choice,
    moment,
    number,
    quantity,
    refers_to,
    words,
)
from inkt_mfg.records.words import ContainerState, DispositionKind, DoseVerdict
from inkt_mfg.units import Kind


class Container(Coded, table=True):
    """One final container, n of N: what was filled, and what of it never reaches the patient.

    ``withdrawn`` (samples, retain and line residual) is known when the product has been sampled; until then no dose.
    """

    __table_args__ = (sa.UniqueConstraint("site", "code"), sa.UniqueConstraint("batch", "ordinal"))
    lifecycle: ClassVar[frozenset[str]] = frozenset({"state"})

    batch: str = refers_to("batch")
    ordinal: int = Field(sa_type=sa.Integer)
    of_total: int = Field(sa_type=sa.Integer)
    state: ContainerState = choice(ContainerState, default=ContainerState.FILLED, index=True)
    volume: Decimal = quantity(Kind.VOLUME, critical=True)
    volume_typed: str = as_typed()
    withdrawn: Decimal | None = quantity(Kind.VOLUME, critical=True, default=None)
    withdrawn_typed: str | None = as_typed(default=None)
    filled_at: datetime = moment(critical=True)
    expires_at: datetime = moment(critical=True)


class DoseAssessment(Coded, table=True):
    """The dose of a batch's containers as judged: both bases, the derivation, the verdict. A later one replaces none."""

    __tablename__ = "dose_assessment"
    __table_args__ = (sa.UniqueConstraint("site", "code"),)
    maker_columns: ClassVar[tuple[str, ...]] = ("assessed_by",)

    batch: str = refers_to("batch")
    assessed_by: str = refers_to("person")
    volume: Decimal = number("mL")  # that can reach the patient, of all containers
    count: str = refers_to("cell_count")
    body: str = refers_to("body_measurement")
    assessed_at: datetime = moment()
    basis: str = words(40)
    bsa_formula: str = words(40)
    bsa: Decimal = number("m^2")
    viable_cells: Decimal = number("cell")
    inkt_cells: Decimal = number("cell")
    dose: Decimal = number()  # of the protocol's basis, in the protocol's unit
    other_dose: Decimal = number()  # of the other basis: always stored, always printed
    dose_unit: str = words(20)
    low: Decimal = number()
    high: Decimal = number()
    verdict: DoseVerdict = choice(DoseVerdict)
    volume_to_give: Decimal = number("mL")  # the whole bag, or the measured part of an over-dose
    dose_to_give: Decimal = number()
    verdict_to_give: DoseVerdict = choice(DoseVerdict)
    derivation: str = words(20_000)


class Disposition(Coded, table=True):
    """QA's decision. A conditional one names the pending tests and their due dates (EU GMP Part IV 11.3)."""

    __table_args__ = (sa.UniqueConstraint("site", "code"),)
    maker_columns: ClassVar[tuple[str, ...]] = ("decided_by",)

    batch: str = refers_to("batch")
    kind: DispositionKind = choice(DispositionKind)
    decided_at: datetime = moment()
    decided_by: str = refers_to("person")
    pending: str = words(4000)  # canonical JSON: test → due date
    latest_due: date | None = Field(default=None, sa_type=sa.Date)
    statement: str | None = words(1000, default=None)
