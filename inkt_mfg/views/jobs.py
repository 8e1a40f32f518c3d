"""Print jobs as they stand, label by label, and what a label needs to be printed. Nothing here changes a record.

A job that is ``running`` may be one whose program was killed: its first waiting label is the one that was under way.
A job without labels was a test page.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from inkt_mfg.moments import zone
from inkt_mfg.records.base import in_order_made
from inkt_mfg.records.batch import Batch
from inkt_mfg.records.label import Label
from inkt_mfg.records.people import User
from inkt_mfg.records.printing import Printer, PrintJob, PrintJobLabel
from inkt_mfg.records.site import Site
from inkt_mfg.records.words import JobLabelState, JobState, LabelState, Transport
from inkt_mfg.store.unit_of_work import Store, find
from inkt_mfg.views.label_content import LabelContent

_LOOKED_AT = frozenset({"prepared", "proofed"})  # a label in any other state somebody has looked at


@dataclass(frozen=True, slots=True)
class JobLabel:
    """One label of a job: how far it came, and what has become of the label since."""

    label: str
    ordinal: int
    state: str  # waiting | sent | unknown | not_sent
    label_state: str
    sent_at: datetime | None

    @property
    def open(self) -> bool:
        """It may have come out, and nobody has confirmed or spoiled it yet."""
        return self.state in {"sent", "unknown"} and self.label_state in _LOOKED_AT


@dataclass(frozen=True, slots=True)
class JobCard:
    """One job, its times in the site's own zone. ``printer`` is empty where a file was written to be printed by hand."""

    code: str
    printer: str
    transport: str
    language: str
    destination: str
    state: str  # running | done | stopped
    started_by: str
    started_at: datetime
    ended_at: datetime | None
    ended_why: str
    labels: tuple[JobLabel, ...]

    @property
    def sent(self) -> tuple[str, ...]:
        """Serials that were sent."""
        return self._in("sent")

    @property
    def unknown(self) -> tuple[str, ...]:
        """Serials that may have come out or not."""
        return self._in("unknown")

    @property
    def not_sent(self) -> tuple[str, ...]:
        """Serials of which nothing was sent."""
        return self._in("not_sent")

    @property
    def waiting(self) -> tuple[str, ...]:
        """Serials still to be sent; the first is under way."""
        return self._in("waiting")

    @property
    def to_confirm(self) -> tuple[str, ...]:
        """Serials that were sent and nobody has confirmed or spoiled."""
        return tuple(x.label for x in self.labels if x.open and x.state == "sent")

    @property
    def to_look_at(self) -> tuple[str, ...]:
        """Unknown serials nobody has confirmed or spoiled."""
        return tuple(x.label for x in self.labels if x.open and x.state == "unknown")

    def _in(self, state: str) -> tuple[str, ...]:
        return tuple(x.label for x in self.labels if x.state == state)

    def as_json(self) -> dict[str, Any]:
        """The card for programs."""
        return {
            "job": self.code,
            "printer": self.printer or None,
            "transport": self.transport,
            "language": self.language,
            "destination": self.destination,
            "state": self.state,
            "started_by": self.started_by,
            "started_at": self.started_at.isoformat(),
            "ended_at": self.ended_at.isoformat() if self.ended_at else None,
            "ended_why": self.ended_why or None,
            "labels": [
                {"label": x.label, "state": x.state, "label_state": x.label_state} for x in self.labels
            ],
        }


def jobs(store: Store, *, open_only: bool = False) -> tuple[JobCard, ...]:
    """Every job, the newest first; with ``open_only`` those that run, or have a label somebody must still see to."""
    with store.reading() as session:
        question = select(PrintJob).where(PrintJob.site == store.site)
        if open_only:
            question = question.where(PrintJob.state != JobState.DONE)
        found = session.exec(question.order_by(col(PrintJob.started_at).desc())).all()
        cards = tuple(_card(session, job) for job in found)
    if not open_only:
        return cards
    return tuple(c for c in cards if c.state == "running" or c.to_look_at or _left(c))


def _left(card: JobCard) -> bool:
    return any(x.state == "not_sent" and x.label_state == "proofed" for x in card.labels)


def job_card(store: Store, code: str) -> JobCard:
    """The job of this code. Raises Refusal ``record.unknown``."""
    with store.reading() as session:
        return _card(session, find(session, store.site, PrintJob, code))


def _card(session: Session, job: PrintJob) -> JobCard:
    printer = session.get(Printer, job.printer) if job.printer else None
    person = session.get(User, job.started_by)
    rows = session.exec(
        select(PrintJobLabel, Label)
        .join(Label, col(Label.key) == col(PrintJobLabel.label))
        .where(PrintJobLabel.job == job.key)
        .order_by(col(PrintJobLabel.ordinal))
    ).all()
    site = session.exec(select(Site).where(Site.code == job.site)).one()
    here = zone(site.time_zone)
    return JobCard(
        job.code,
        printer.code if printer else "",
        job.transport.value,
        job.language.value,
        job.destination,
        job.state.value,
        person.user_name if person else "",
        job.started_at.astimezone(here),
        job.ended_at.astimezone(here) if job.ended_at else None,
        job.ended_why or "",
        tuple(
            JobLabel(
                label.code,
                row.ordinal,
                row.state.value,
                label.state.value,
                row.sent_at.astimezone(here) if row.sent_at else None,
            )
            for row, label in rows
        ),
    )


@dataclass(frozen=True, slots=True)
class LabelToPrint:
    """A registered label: its frozen content, the hash of its bytes, and of the images it was proofed as, by resolution."""

    serial: str
    content: LabelContent
    pdf_sha256: str
    images: dict[str, str]


def label_to_print(store: Store, serial: str) -> LabelToPrint | None:
    """What was registered under this serial; None before its proof. Raises Refusal ``record.unknown``."""
    with store.reading() as session:
        label = find(session, store.site, Label, serial)
        if label.pdf_sha256 is None or label.proof is None:
            return None
        images = json.loads(label.proof).get("images", {})
        return LabelToPrint(serial, LabelContent.from_json(label.content), label.pdf_sha256, dict(images))


def labels_to_print(store: Store, batch: str) -> tuple[str, ...]:
    """The batch's proofed labels of which no paper can have come out yet, in the order of their serials."""
    with store.reading() as session:
        of = find(session, store.site, Batch, batch)
        question = select(Label).where(Label.batch == of.key, Label.state == LabelState.PROOFED)
        there = session.exec(question.order_by(*in_order_made(Label))).all()
        gone = session.exec(
            select(PrintJobLabel.label)
            .join(PrintJob, col(PrintJob.key) == col(PrintJobLabel.job))
            .where(
                col(PrintJobLabel.label).in_([label.key for label in there]),
                col(PrintJobLabel.state).in_((JobLabelState.SENT, JobLabelState.UNKNOWN)),
                PrintJob.transport != Transport.FILE,
            )
        ).all()
    return tuple(label.code for label in there if label.key not in set(gone))
