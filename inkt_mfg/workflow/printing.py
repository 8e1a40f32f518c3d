"""The line cleared before another's labels come out of a printer (R52), and which printer a label came from.

``workflow.labelling`` asks ``printer_for`` when a print is confirmed, ``workflow.jobs`` asks ``refuse_uncleared_line``
before anything is sent. A site that has registered no printer prints by hand from the file; once there is one, every
print names the printer it came from, or was sent there by a job.

Two labels are of one line when both are of one batch. A collection's label has no batch: it is of one line with every label
of its own patient, because a batch begins with the collection's own blood, and of another line with everybody else's. It
joins no two batches: every label since the line was cleared must be of the line of the one that comes next.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import and_, col, func, or_, select

from inkt_mfg.language import Phrase
from inkt_mfg.records.batch import Batch
from inkt_mfg.records.collection import Collection
from inkt_mfg.records.label import Label
from inkt_mfg.records.printing import LineClearance, Printer, PrintJob, PrintJobLabel
from inkt_mfg.records.words import JobLabelState, JobState, Meaning
from inkt_mfg.refusal import Refusal, refuse
from inkt_mfg.workflow.command import Act, Done, command
from inkt_mfg.workflow.permissions import Permission, who_may
from inkt_mfg.workflow.printers import refuse_retired
from inkt_mfg.workflow.typed import said

CAME_OUT = (JobLabelState.SENT, JobLabelState.UNKNOWN)  # of a label sent so there may be paper


@dataclass(frozen=True, slots=True)
class Line:
    """Whose labels lie at the printer: the keys of a patient and, where there is one, of a batch."""

    subject: str
    batch: str | None

    def joins(self, other: "Line") -> bool:
        """Whether labels of both may lie beside each other."""
        if self.batch is not None and other.batch is not None:
            return self.batch == other.batch
        return self.subject == other.subject


def line_of(act: Act, label: Label) -> Line:
    """Whose a label is."""
    if label.batch is not None:
        batch = act.work.session.get(Batch, label.batch)
        assert batch is not None, "the database holds what a label refers to"
        return Line(batch.subject, batch.key)
    collection = act.work.session.get(Collection, label.collection)
    assert collection is not None, "a label is of a batch or of a collection"
    return Line(collection.subject, None)


@command(
    "printer.clear_line",
    Phrase("clear the line at a printer"),
    permission=Permission.LABEL_MAKING,
    on=Printer,
    signs=Meaning.RESPONSIBILITY,
)
def clear_line(
    act: Act,
    *,
    on: Printer,
    statement: str,
    next_batch: str | None = None,
    next_collection: str | None = None,
) -> Done:
    """Nothing of another lies there: looked at before labels of ``next_batch``, or of ``next_collection``, are printed."""
    refuse_retired(on)
    if bool(next_batch) == bool(next_collection):
        raise refuse(
            "entry.missing",
            Phrase("it is not said whose labels come next"),
            expected=Phrase("the code of one batch, or of one collection for labels of what was collected"),
            field="next_batch",
            typed=next_batch or "",
        )
    batch = act.work.find(Batch, next_batch) if next_batch else None
    collection = act.work.find(Collection, next_collection) if next_collection else None
    clearance = act.work.add(
        LineClearance(
            site=act.work.site,
            printer=on.key,
            batch=batch.key if batch else None,
            collection=collection.key if collection else None,
            cleared_by=act.actor.key,
            cleared_at=act.now,
            statement=said(statement, "statement"),
        )
    )
    code = next_batch or next_collection
    return Done(clearance, Phrase("the line at {printer} is clear for {code}", printer=on.code, code=code))


def printer_for(act: Act, label: Label, named: str | None) -> Printer | None:
    """The printer a label came from: its job's, else the one named, its line clear. None where the site has none.

    Raises Refusal R52, ``job.waiting`` for a label that was not sent yet.
    """
    of_job = _printer_of_job(act, label, named)
    if of_job is not None:
        return of_job
    standing = act.work.rows(
        select(Printer).where(Printer.site == act.work.site, col(Printer.retired_at).is_(None))
    )
    if not standing and not named:
        return None
    if not named:
        raise refuse(
            "R52",
            Phrase("it is not said which printer the label came from"),
            expected=Phrase("{names}", names=", ".join(p.code for p in standing)),
            field="printer",
            typed="",
        )
    printer = act.work.find(Printer, named)
    refuse_retired(printer)
    refuse_uncleared_line(act, printer, label)
    return printer


def _printer_of_job(act: Act, label: Label, named: str | None) -> Printer | None:
    """Where a job sent it, the line cleared then. None for a label no job sent to a printer."""
    sent: PrintJob | None = None
    for row, job in sendings(act, [label.key]):
        if row.state is JobLabelState.WAITING and job.state is JobState.RUNNING:
            raise _still_waiting(label, job)
        sent = job if row.state in CAME_OUT else sent
    if sent is None or sent.printer is None:
        return None
    printer = act.work.session.get(Printer, sent.printer)
    assert printer is not None, "the database holds what a job refers to"
    if named and named != printer.code:
        raise refuse(
            "R52",
            Phrase(
                "job {job} sent label {label} to {printer}",
                job=sent.code,
                label=label.code,
                printer=printer.code,
            ),
            expected=Phrase("{names}", names=printer.code),
            field="printer",
            typed=named,
        )
    return printer


def sendings(act: Act, labels: Sequence[str]) -> Sequence[tuple[PrintJobLabel, PrintJob]]:
    """Every job's row about these labels, by their keys, with its job; what was sent last comes last."""
    return act.work.session.exec(
        select(PrintJobLabel, PrintJob)
        .join(PrintJob, col(PrintJob.key) == col(PrintJobLabel.job))
        .where(PrintJobLabel.site == act.work.site, col(PrintJobLabel.label).in_(labels))
        .order_by(col(PrintJobLabel.sent_at), col(PrintJob.started_at))
    ).all()


def _still_waiting(label: Label, job: PrintJob) -> Refusal:
    return refuse(
        "job.waiting",
        Phrase("label {label} still waits in job {job}", label=label.code, job=job.code),
        expected=Phrase("a label that was sent"),
        resolve_by=Phrase("nobody, while it is being printed; else whoever stops the job"),
        field="label",
        typed=label.code,
    )


def refuse_uncleared_line(act: Act, printer: Printer, label: Label) -> None:
    """Since somebody looked, labels of this line alone have come out there. Raises Refusal R52."""
    line, since = line_of(act, label), _cleared_at(act, printer, label)
    others = [last for last in _came_out(act, printer, since) if not line_of(act, last).joins(line)]
    if not others:
        return
    raise refuse(
        "R52",
        Phrase("the last label from {printer} was of another batch", printer=printer.code)
        if any(line_of(act, other).subject == line.subject for other in others)
        else Phrase("the last label from {printer} was of another patient", printer=printer.code),
        expected=Phrase("the line cleared for this one since then: `printer.clear_line`"),
        resolve_by=who_may(Permission.LABEL_MAKING),
        field="printer",
        typed=printer.code,
    )


def _cleared_at(act: Act, printer: Printer, label: Label) -> datetime | None:
    """When the line was cleared for this label's batch, or collection, the last time."""
    if label.batch is not None:
        whose = LineClearance.batch == label.batch
    else:
        whose = LineClearance.collection == label.collection
    return act.work.session.exec(
        select(LineClearance.cleared_at)
        .where(LineClearance.site == label.site, LineClearance.printer == printer.key, whose)
        .order_by(col(LineClearance.cleared_at).desc())
        .limit(1)
    ).first()


def _came_out(act: Act, printer: Printer, since: datetime | None) -> Sequence[Label]:
    """One label of each batch and collection that came out there since then, or may have: sent, or confirmed by hand."""
    sent = (
        select(PrintJobLabel.label)
        .join(PrintJob, col(PrintJob.key) == col(PrintJobLabel.job))
        .where(PrintJob.printer == printer.key, col(PrintJobLabel.state).in_(CAME_OUT))
    )
    # One that a job sent came out then, however much later somebody confirmed it.
    by_hand = and_(Label.printer == printer.key, col(Label.key).not_in(sent))
    if since is not None:
        sent = sent.where(col(PrintJobLabel.sent_at) >= since)
        by_hand = and_(by_hand, col(Label.printed_at) >= since)
    one_of_each = select(func.min(Label.key)).where(or_(col(Label.key).in_(sent), by_hand))
    one_of_each = one_of_each.group_by(col(Label.batch), col(Label.collection))
    return act.work.rows(select(Label).where(col(Label.key).in_(one_of_each)))
