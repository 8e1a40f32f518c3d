"""Where labels come out: the printers of a site, and each time the line was cleared before another batch's labels.

Written by ``workflow.printing``. A clearance is append-only.
"""

from datetime import datetime
from decimal import Decimal
from typing import ClassVar

import sqlalchemy as sa

from inkt_mfg.records.base import Coded, Record, moment, number, refers_to, words


class Printer(Coded, table=True):
    """One label printer: how fine it prints, what is loaded, and by which queue it is reached."""

    __table_args__ = (sa.UniqueConstraint("site", "code"),)
    lifecycle: ClassVar[frozenset[str]] = frozenset({"retired_at"})

    dots_per_inch: Decimal = number()
    media: str = words(40)
    queue: str | None = words(200, default=None)  # CUPS queue; none: the file is printed by hand
    registered_at: datetime = moment()
    retired_at: datetime | None = moment(default=None)


class LineClearance(Record, table=True):
    """Nothing of another batch lies at the printer: looked at and signed before the next batch's labels (R52)."""

    __tablename__ = "line_clearance"

    printer: str = refers_to("printer")
    batch: str = refers_to("batch")  # whose labels come next
    cleared_by: str = refers_to("person")
    cleared_at: datetime = moment()
    statement: str = words(300)
