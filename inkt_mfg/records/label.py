"""Every physical label as a serialised thing: its frozen content, the bytes that were proofed, what became of it.

And the templates labels are drawn by, each approved by QA with a specimen. Written by ``workflow.labelling`` and
``workflow.label_templates``.
"""

from datetime import datetime
from typing import ClassVar

import sqlalchemy as sa
from sqlmodel import Field

from inkt_mfg.records.base import Coded, choice, moment, refers_to, words
from inkt_mfg.records.words import LabelState, ReprintReason


class LabelTemplate(Coded, table=True):
    """One version of a template as QA approved it: its text, and the specimen that was looked at. ``code`` is name@version."""

    __tablename__ = "label_template"
    __table_args__ = (sa.UniqueConstraint("site", "code"),)
    lifecycle: ClassVar[frozenset[str]] = frozenset({"retired_by", "retired_at", "retire_reason"})
    maker_columns: ClassVar[tuple[str, ...]] = ("approved_by",)

    name: str = words(60)
    version: str = words(20)
    sha256: str = words(64)  # of the text, byte for byte
    text: str = words(40_000)
    specimen_sha256: str = words(64)  # of the PDF that was looked at
    approved_by: str = refers_to("person")
    approved_at: datetime = moment()
    retired_by: str | None = refers_to("person", default=None)
    retired_at: datetime | None = moment(default=None)
    retire_reason: str | None = words(300, default=None)


class Label(Coded, table=True):
    """One label; ``code`` is its serial. ``content`` is frozen when it is prepared and never drawn again.

    It hangs on a collection before there is a batch, on a batch while cells grow, on a container when they are filled.
    """

    __table_args__ = (sa.UniqueConstraint("site", "code"),)
    lifecycle: ClassVar[frozenset[str]] = frozenset(
        {
            "state",
            "pdf_sha256",
            "proof",
            "printed_by",
            "printed_at",
            "printer",
            "ended_by",
            "ended_at",
            "end_reason",
            "witnessed_by",
            "witnessed_at",
        }
    )
    maker_columns: ClassVar[tuple[str, ...]] = ("prepared_by", "printed_by")

    collection: str | None = refers_to("collection", default=None)
    batch: str | None = refers_to("batch", default=None)
    container: str | None = refers_to("container", default=None)
    kind: str = words(40)
    template: str | None = refers_to("label_template", default=None)
    copy_number: int = Field(sa_type=sa.Integer)
    reprint_number: int = Field(default=0, sa_type=sa.Integer)
    reprint_of: str | None = refers_to("label", default=None)
    reprint_code: ReprintReason | None = choice(ReprintReason, default=None)
    reprint_reason: str | None = words(300, default=None)
    state: LabelState = choice(LabelState, default=LabelState.PREPARED)
    content: str = words(40_000)
    content_sha256: str = words(64)
    pdf_sha256: str | None = words(64, default=None)
    proof: str | None = words(40_000, default=None)
    prepared_by: str = refers_to("person")
    prepared_at: datetime = moment()
    printed_by: str | None = refers_to("person", default=None)
    printed_at: datetime | None = moment(default=None)
    printer: str | None = refers_to("printer", default=None)
    ended_by: str | None = refers_to(
        "person", default=None
    )  # spoiled, destroyed, kept as specimen or returned
    ended_at: datetime | None = moment(default=None)
    end_reason: str | None = words(300, default=None)
    witnessed_by: str | None = refers_to("person", default=None)  # the second signature of a destruction
    witnessed_at: datetime | None = moment(default=None)
