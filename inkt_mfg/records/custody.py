"""Chain of custody: each hand-over of a bag, and the infusion at its end. Written by ``workflow.custody``."""

from datetime import datetime
from decimal import Decimal
from typing import ClassVar

import sqlalchemy as sa

from inkt_mfg.records.base import Coded, Record, as_typed, choice, moment, quantity, refers_to, words
from inkt_mfg.records.words import HandoverKind
from inkt_mfg.units import Kind


class Handover(Record, table=True):
    """A bag passes on: who, when, how warm, and the code scanned from it."""

    maker_columns: ClassVar[tuple[str, ...]] = ("by",)

    container: str = refers_to("container")
    kind: HandoverKind = choice(HandoverKind)
    handed_at: datetime = moment()
    by: str = refers_to("person")
    to_whom: str = words(80)
    scanned: str = words(120)
    temperature: Decimal | None = quantity(Kind.TEMPERATURE, default=None)
    temperature_typed: str | None = as_typed(default=None)


class Infusion(Coded, table=True):
    """What the patient received, as the ward recorded it at the bedside."""

    __table_args__ = (sa.UniqueConstraint("site", "code"), sa.UniqueConstraint("container"))
    maker_columns: ClassVar[tuple[str, ...]] = ("given_by",)

    container: str = refers_to("container", index=False)
    subject: str = refers_to("subject")
    started_at: datetime = moment()
    finished_at: datetime = moment()
    volume_given: Decimal = quantity(Kind.VOLUME, critical=True)
    volume_given_typed: str = as_typed()
    given_by: str = refers_to("person")
    bedside_scan: str = words(120)
    patient_id_scan: str = words(40)
    reaction: str = words(500)
