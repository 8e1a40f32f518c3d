"""Where labels come out: the printers of a site, what was sent to them, and each time the line was cleared before another batch's labels.

Written by ``workflow.printing``. A clearance is append-only.
"""

from datetime import datetime
from decimal import Decimal
from typing import ClassVar

import sqlalchemy as sa
from sqlmodel import Field

from inkt_mfg.records.base import Coded, Record, choice, moment, number, refers_to, words
from inkt_mfg.records.words import JobLabelState, JobState, PrinterLanguage, Transport

ENDED_WHY_LONGEST = 500  # characters


class Printer(Coded, table=True):
    """One label printer: how fine it prints, what is loaded, and by which queue it is reached."""

    __table_args__ = (sa.UniqueConstraint("site", "code"),)
    lifecycle: ClassVar[frozenset[str]] = frozenset({"retired_at"})

    dots_per_inch: Decimal = number()
    media: str = words(40)
    queue: str | None = words(200, default=None)  # CUPS queue or host:port; none: the file is printed by hand
    transport: Transport | None = choice(Transport, default=None)
    language: PrinterLanguage | None = choice(PrinterLanguage, default=None)
    offset_across: Decimal | None = number(default=None)  # mm, as its test page measures
    offset_down: Decimal | None = number(default=None)
    registered_at: datetime = moment()
    retired_at: datetime | None = moment(default=None)


class PrintJob(Coded, table=True):
    """Labels sent to a printer, or written to a file, in one go. What became of each stands in its own row."""

    __tablename__ = "print_job"
    __table_args__ = (sa.UniqueConstraint("site", "code"),)
    lifecycle: ClassVar[frozenset[str]] = frozenset({"state", "ended_at", "ended_why"})
    maker_columns: ClassVar[tuple[str, ...]] = ("started_by",)

    printer: str | None = refers_to("printer", default=None)  # none: a file, printed by hand
    transport: Transport = choice(Transport)
    language: PrinterLanguage = choice(PrinterLanguage)
    destination: str = words(300)
    state: JobState = choice(JobState, default=JobState.RUNNING)
    started_by: str = refers_to("person")
    started_at: datetime = moment()
    ended_at: datetime | None = moment(default=None)
    ended_why: str | None = words(ENDED_WHY_LONGEST, default=None)


class PrintJobLabel(Record, table=True):
    """One label of a job and how far it came: a job that stops halfway is known label by label."""

    __tablename__ = "print_job_label"
    __table_args__ = (sa.UniqueConstraint("job", "ordinal"),)
    lifecycle: ClassVar[frozenset[str]] = frozenset({"state", "sent_at", "sent_sha256"})

    job: str = refers_to("print_job")
    label: str = refers_to("label")
    ordinal: int = Field(sa_type=sa.Integer)
    state: JobLabelState = choice(JobLabelState, default=JobLabelState.WAITING)
    sent_at: datetime | None = moment(default=None)
    sent_sha256: str | None = words(64, default=None)  # of the bytes the printer was sent


class LineClearance(Record, table=True):
    """Nothing of another batch lies at the printer: looked at and signed before the next batch's labels (R52)."""

    __tablename__ = "line_clearance"
    maker_columns: ClassVar[tuple[str, ...]] = ("cleared_by",)

    printer: str = refers_to("printer")
    batch: str | None = refers_to("batch", default=None)  # whose labels come next,
    collection: str | None = refers_to(
        "collection", default=None
    )  # or, before there is a batch, of which collection
    cleared_by: str = refers_to("person")
    cleared_at: datetime = moment()
    statement: str = words(300)
