"""Deviations: what went otherwise than planned, assessed and closed by QA. Written by ``workflow.deviations``."""

from datetime import datetime
from typing import ClassVar

import sqlalchemy as sa

from inkt_mfg.records.base import Coded, choice, moment, refers_to, words
from inkt_mfg.records.words import DeviationState, Severity

DESCRIPTION_LONGEST = 1000  # characters


class Deviation(Coded, table=True):
    """About a batch, or about a collection before there is a batch. An open one blocks release (R37, R39)."""

    __table_args__ = (sa.UniqueConstraint("site", "code"),)
    lifecycle: ClassVar[frozenset[str]] = frozenset({"state", "closed_by", "closed_at"})
    maker_columns: ClassVar[tuple[str, ...]] = ("opened_by",)

    batch: str | None = refers_to("batch", default=None)
    collection: str | None = refers_to("collection", default=None)
    rule: str = words(60)
    description: str = words(DESCRIPTION_LONGEST)
    severity: Severity = choice(Severity)
    state: DeviationState = choice(DeviationState, default=DeviationState.OPEN)
    opened_by: str = refers_to("person")
    opened_at: datetime = moment()
    assessment: str | None = words(1000, default=None)
    assessed_by: str | None = refers_to("person", default=None)
    closed_by: str | None = refers_to("person", default=None)
    closed_at: datetime | None = moment(default=None)
