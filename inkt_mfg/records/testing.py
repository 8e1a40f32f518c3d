"""Samples taken and results reported against the protocol's criteria. Written by ``workflow.testing``."""

from datetime import date, datetime
from typing import ClassVar

import sqlalchemy as sa
from sqlmodel import Field

from inkt_mfg.records.base import Coded, choice, moment, refers_to, words
from inkt_mfg.records.words import TestVerdict


class Sample(Coded, table=True):
    """A sample for one or more tests."""

    __table_args__ = (sa.UniqueConstraint("site", "code"),)
    maker_columns: ClassVar[tuple[str, ...]] = ("taken_by",)

    batch: str = refers_to("batch")
    purpose: str = words(60)  # the plan's step
    taken_at: datetime = moment()
    taken_by: str = refers_to("person")


class TestResult(Coded, table=True):
    """One test of one batch: pinned criterion, result as printed, verdict. A later row for the same test replaces none."""

    __test__ = False
    __tablename__ = "test_result"
    __table_args__ = (sa.UniqueConstraint("site", "code"),)
    lifecycle: ClassVar[frozenset[str]] = frozenset({"verified_by", "verified_at"})
    maker_columns: ClassVar[tuple[str, ...]] = ("reported_by",)

    batch: str = refers_to("batch")
    test: str = words(60)
    sample: str | None = refers_to("sample", default=None)
    criterion: str = words(200, critical=True)
    result: str = words(200, critical=True)
    verdict: TestVerdict = choice(TestVerdict)
    why: str = words(400)
    resulted_on: date = Field(sa_type=sa.Date, sa_column_kwargs={"info": {"critical": True}})
    reported_by: str = refers_to("person")
    recorded_at: datetime = moment()
    verified_by: str | None = refers_to("person", default=None)
    verified_at: datetime | None = moment(default=None)
