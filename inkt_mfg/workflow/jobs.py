"""Print jobs: which labels go where, each recorded as it was sent, and what is known of every one when a job stops halfway.

``labels.printers`` runs them: ``job.start`` before anything is sent, ``job.sent`` after each label, ``job.stop`` on failure.
Of a job that runs, or whose program was killed, the first waiting label is the one under way: nobody else can have come out.
A serial goes to a printer once: what was sent, or may have been, is confirmed or spoiled by a person, never sent again.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import combinations

from sqlmodel import col, select

from inkt_mfg.language import Phrase
from inkt_mfg.records.label import Label
from inkt_mfg.records.printing import Printer, PrintJob, PrintJobLabel
from inkt_mfg.records.words import JobLabelState, JobState, LabelState, PrinterLanguage, Transport
from inkt_mfg.refusal import ANYONE, Blocker, Refusal, refuse
from inkt_mfg.workflow.admission import acting_role
from inkt_mfg.workflow.command import Act, Done, command
from inkt_mfg.workflow.labelling import confirm_printed
from inkt_mfg.workflow.permissions import Permission, who_may
from inkt_mfg.workflow.printers import LANGUAGES, refuse_busy, refuse_retired
from inkt_mfg.workflow.printing import CAME_OUT, line_of, refuse_uncleared_line, sendings
from inkt_mfg.workflow.running import blocked
from inkt_mfg.workflow.typed import one_of, said


@command("job.start", Phrase("print labels"), permission=Permission.LABEL_MAKING)
def start_job(
    act: Act,
    *,
    labels: str,
    printer: str | None = None,
    folder: str | None = None,
) -> Done:
    """``labels`` by their serials, in the order they are printed, all of one line; to a registered printer, or as PDF into a folder."""
    meant = _labels(act, labels)
    _refuse_blocked(act, meant)
    _refuse_sent_before(act, meant)
    at = _printer(act, printer, meant)
    way, tongue, place = _destination(at, folder)
    job = act.work.add(
        PrintJob(
            site=act.work.site,
            code=act.work.next_code(PrintJob, "J"),
            printer=at.key if at else None,
            transport=way,
            language=tongue,
            destination=place,
            started_by=act.actor.key,
            started_at=act.now,
        )
    )
    for ordinal, label in enumerate(meant, start=1):
        act.work.add(PrintJobLabel(site=act.work.site, job=job.key, label=label.key, ordinal=ordinal))
    return Done(
        job,
        Phrase(
            "job {code}: {n} labels for {place}", code=job.code, n=len(meant), place=at.code if at else place
        ),
    )


def _printer(act: Act, named: str | None, labels: Sequence[Label]) -> Printer | None:
    """The printer meant, in use and idle, its line clear for these labels."""
    of_each = {line_of(act, label): label for label in labels}
    if not all(one.joins(other) for one, other in combinations(of_each, 2)):
        raise refuse(
            "R52",
            Phrase("these labels are of more than one batch or patient"),
            expected=Phrase("one job for each, and the line cleared between them"),
            field="labels",
            typed=", ".join(label.code for label in labels),
        )
    if named is None:
        return None
    printer = act.work.find(Printer, named)
    refuse_retired(printer)
    refuse_busy(act, printer)
    for label in of_each.values():
        refuse_uncleared_line(act, printer, label)
    return printer


def _destination(printer: Printer | None, folder: str | None) -> tuple[Transport, PrinterLanguage, str]:
    """How, in which language and where: a printer's own, or the folder its file goes to."""
    way = (printer.transport if printer else None) or Transport.FILE
    tongue = (printer.language if printer else None) or LANGUAGES[way][0]
    place = printer.queue if printer else None
    return way, tongue, said(place if way is not Transport.FILE else folder or place, "folder")


def _labels(act: Act, typed: str) -> Sequence[Label]:
    """The labels named, each once."""
    serials = typed.replace(",", " ").split()
    said(" ".join(serials), "labels")
    twice = sorted(serial for serial, times in Counter(serials).items() if times > 1)
    if twice:
        raise refuse(
            "job.twice",
            Phrase("label {labels} is named twice", labels=", ".join(twice)),
            expected=Phrase("each serial once: every printed label has its own"),
            field="labels",
            typed=typed,
        )
    question = select(Label).where(Label.site == act.work.site, col(Label.code).in_(serials))
    found = {label.code: label for label in act.work.rows(question)}
    return [found.get(serial) or act.work.find(Label, serial) for serial in serials]


def _refuse_blocked(act: Act, labels: Sequence[Label]) -> None:
    """What would stop the print from being confirmed stops it from being begun: whose label it is, and what must stand."""
    for label in {label.kind: label for label in labels}.values():
        site = act.case_of(label).site
        acting_role(act.work.session, act.actor, site, confirm_printed, act.now, label)
    reasons = {reason.what.english: reason for label in labels for reason in _reasons(act, label)}
    if reasons:
        raise Refusal(*reasons.values())


def _reasons(act: Act, label: Label) -> Iterator[Blocker]:
    if label.state is not LabelState.PROOFED:
        yield Blocker(
            "R51",
            Phrase("label {label} is {state}", label=label.code, state=Phrase(label.state.value)),
            Phrase("a label that is proofed and not printed yet"),
            ANYONE,
            "labels",
            label.code,
        )
        return
    yield from blocked(confirm_printed, act.case_of(label))


def _refuse_sent_before(act: Act, labels: Sequence[Label]) -> None:
    """A serial stands on one piece of paper. What only went to a file may be written again."""
    by_key = {label.key: label for label in labels}
    for row, job in sendings(act, list(by_key)):
        waiting = row.state is JobLabelState.WAITING and job.state is JobState.RUNNING
        on_paper = row.state in CAME_OUT and job.transport is not Transport.FILE
        if waiting or on_paper:
            raise _sent_before(by_key[row.label], job, row.state)


def _sent_before(label: Label, job: PrintJob, state: JobLabelState) -> Refusal:
    how = {
        JobLabelState.WAITING: Phrase("waits in job {job}", job=job.code),
        JobLabelState.SENT: Phrase("was sent to {place} by job {job}", place=job.destination, job=job.code),
        JobLabelState.UNKNOWN: Phrase(
            "may have come out of {place} in job {job}", place=job.destination, job=job.code
        ),
    }
    return refuse(
        "R52",
        Phrase("label {label} {how}", label=label.code, how=how[state]),
        expected=Phrase(
            "its print confirmed, or the label spoiled and another prepared: no serial is printed twice"
        ),
        resolve_by=who_may(Permission.LABEL_MAKING),
        field="labels",
        typed=label.code,
    )


@command(
    "job.sent",
    Phrase("record that a label was sent"),
    permission=Permission.LABEL_MAKING,
    on=PrintJob,
    moves=(JobState.RUNNING, None),
    also=[(JobState.RUNNING, JobState.DONE)],
)
def record_sent(act: Act, *, on: PrintJob, label: str, sha256: str) -> Done:
    """The next label of the job, by the hash of what was sent; with the last one the job is done."""
    waiting = _waiting(act, on)
    sent = act.work.find(Label, label)
    if not waiting or waiting[0].label != sent.key:
        raise refuse(
            "job.order",
            Phrase("label {label} is not the next of job {job}", label=label, job=on.code),
            expected=Phrase("the labels in their order, each once"),
            field="label",
            typed=label,
        )
    row = waiting[0]
    row.state, row.sent_at, row.sent_sha256 = JobLabelState.SENT, act.now, said(sha256, "sha256")
    if len(waiting) == 1:
        on.state, on.ended_at = JobState.DONE, act.now
    return Done(on, Phrase("label {label} was sent to {place}", label=label, place=on.destination))


def _rows(act: Act, job: PrintJob, state: JobLabelState) -> Sequence[PrintJobLabel]:
    return act.work.rows(
        select(PrintJobLabel)
        .where(PrintJobLabel.job == job.key, PrintJobLabel.state == state)
        .order_by(col(PrintJobLabel.ordinal))
    )


def _waiting(act: Act, job: PrintJob) -> Sequence[PrintJobLabel]:
    """The next two, which say all there is to know; a job may have a thousand."""
    return act.work.rows(
        select(PrintJobLabel)
        .where(PrintJobLabel.job == job.key, PrintJobLabel.state == JobLabelState.WAITING)
        .order_by(col(PrintJobLabel.ordinal))
        .limit(2)
    )


@command(
    "job.stop",
    Phrase("stop a print job"),
    permission=Permission.LABEL_MAKING,
    on=PrintJob,
    moves=(JobState.RUNNING, JobState.STOPPED),
    asks_reason=True,
)
def stop_job(act: Act, *, on: PrintJob, under_way: str = JobLabelState.UNKNOWN.value) -> Done:
    """What waits is not sent, but for the label under way: ``unknown`` unless whoever sent it knows that nothing left."""
    first = one_of((JobLabelState.UNKNOWN, JobLabelState.NOT_SENT), under_way, "under_way")
    for row in _rows(act, on, JobLabelState.WAITING):
        row.state = first
        if first is JobLabelState.UNKNOWN:
            row.sent_at = act.now  # at the latest
        first = JobLabelState.NOT_SENT
    on.ended_at, on.ended_why = act.now, said(act.work.intent.reason, "reason", lines=True)
    return Done(on, Phrase("job {code} is stopped", code=on.code))


@command(
    "job.resume",
    Phrase("print what a stopped job did not send"),
    permission=Permission.LABEL_MAKING,
    on=PrintJob,
    moves=(JobState.STOPPED, JobState.RUNNING),
)
def resume_job(act: Act, *, on: PrintJob) -> Done:
    """Only what was not sent and still waits to be printed, to the same place; guards and line are asked again."""
    rows = {row.label: row for row in _rows(act, on, JobLabelState.NOT_SENT)}
    elsewhere = {
        row.label for row, job in sendings(act, list(rows)) if job.key != on.key and _holds(row, job)
    }
    found = act.work.rows(select(Label).where(col(Label.key).in_(list(rows.keys() - elsewhere))))
    left = {label.key: label for label in found if label.state is LabelState.PROOFED}
    again = [left[key] for key in rows if key in left]
    if not again:
        raise refuse(
            "job.nothing_left",
            Phrase("nothing of job {job} is left to print", job=on.code),
            expected=Phrase("a label that was not sent and is not printed otherwise"),
            resolve_by=Phrase("nobody: it is done; unknown labels are looked at, then confirmed or spoiled"),
            field="job",
            typed=on.code,
        )
    _refuse_blocked(act, again)
    printer = act.work.session.get(Printer, on.printer) if on.printer else None
    _refuse_moved(on, _printer(act, printer.code if printer else None, again))
    for label in again:
        rows[label.key].state = JobLabelState.WAITING
    on.ended_at = on.ended_why = None
    return Done(
        on,
        Phrase("job {code}: {n} labels more for {place}", code=on.code, n=len(again), place=on.destination),
    )


def _holds(row: PrintJobLabel, job: PrintJob) -> bool:
    """Whether another job has sent it, or is about to."""
    return row.state in CAME_OUT or (row.state is JobLabelState.WAITING and job.state is JobState.RUNNING)


def _refuse_moved(job: PrintJob, printer: Printer | None) -> None:
    if printer is None or (printer.transport or Transport.FILE) is Transport.FILE:
        return
    if (printer.transport, printer.language, printer.queue) != (job.transport, job.language, job.destination):
        raise refuse(
            "job.moved",
            Phrase(
                "printer {code} is reached otherwise since job {job} began", code=printer.code, job=job.code
            ),
            expected=Phrase(
                "the address of then; or a new job for the labels that were not sent: `inkt label print`"
            ),
            resolve_by=who_may(Permission.LABEL_MAKING),
            field="job",
            typed=job.code,
        )
