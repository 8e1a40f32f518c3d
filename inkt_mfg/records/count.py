"""Cell counts: the replicates as typed and what was computed from them. Written by ``workflow.counting``.

A recount is another row; both stay. A critical count is used for a dose only when a second person or an instrument
file stands behind it (``verified_by`` or ``source_sha256``).
"""

from datetime import datetime
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
from inkt_mfg.records.words import CountMethod
from inkt_mfg.units import Kind


class CellCount(Coded, table=True):
    """One count of one batch at one point of the plan; computed values are unrounded."""

    __tablename__ = "cell_count"
    __table_args__ = (sa.UniqueConstraint("site", "code"),)
    lifecycle: ClassVar[frozenset[str]] = frozenset({"verified_by", "verified_at"})
    maker_columns: ClassVar[tuple[str, ...]] = ("performed_by",)

    batch: str = refers_to("batch")
    point: str = words(60)  # the plan's step it belongs to
    step: str = refers_to("step")
    performed_at: datetime = moment()
    performed_by: str = refers_to("person")
    recorded_at: datetime = moment()
    method: CountMethod = choice(CountMethod, critical=True)
    volume: Decimal = quantity(Kind.VOLUME, critical=True)
    volume_typed: str = as_typed()
    total_concentration: Decimal = number("cell/mL")
    viability: Decimal = number("%")
    viable_cell_density: Decimal = number("cell/mL")
    total_viable_cells: Decimal = number("cell")
    replicate_cv: Decimal | None = number("%", default=None)  # None with one replicate
    recount_asked: bool = False
    inkt_of_live: Decimal | None = number("%", default=None, critical=True)
    gate_path_typed: str | None = words(400, default=None)
    inkt_cells: Decimal | None = number("cell", default=None)
    source_sha256: str | None = words(64, default=None)
    verified_by: str | None = refers_to("person", default=None)
    verified_at: datetime | None = moment(default=None)
    late_reason: str | None = words(300, default=None)


class CountReplicate(Record, table=True):
    """One replicate as typed: the concentration printed or computed from squares, and its viability."""

    __tablename__ = "count_replicate"
    __table_args__ = (sa.UniqueConstraint("count", "ordinal"),)

    count: str = refers_to("cell_count")
    ordinal: int = Field(sa_type=sa.Integer)
    concentration: Decimal = quantity(Kind.CELL_CONCENTRATION, critical=True)
    concentration_typed: str = as_typed()
    viability: Decimal = quantity(Kind.PERCENT, critical=True)
    viability_typed: str = as_typed()
