"""Printing a job: everything looked at before the first byte, then each label sent and recorded, one after the other.

Called by ``inkt label print``, ``inkt job`` and the terminal, in a worker. Raises Refusal before anything is sent, and
Unable when a job stops halfway: the record then says label by label what is sent, unknown and not sent.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from inkt_mfg.language import Phrase, shortened
from inkt_mfg.refusal import Refusal, Unable
from inkt_mfg.store.unit_of_work import Store
from inkt_mfg.views.jobs import JobCard, job_card
from inkt_mfg.views.printers import PrinterCard, printer_card
from inkt_mfg.workflow import jobs, printers
from inkt_mfg.workflow.bench import Bench, Receipt
from labels.printers.archive import archived_label, folder_of, registered
from labels.printers.paper import printed, refuse_unfit
from labels.printers.sending import NotThrough, refuse_silent, send, to_file

Heard = Callable[[str, int, int], object]  # which label was sent, how many are, of how many
SECONDS = 10.0  # how long a printer may stay silent
TEST_PAGE = "test-page"  # its file, and its title in a queue: never a name somebody typed


def print_labels(
    bench: Bench,
    serials: Sequence[str],
    *,
    printer: str | None = None,
    folder: Path | None = None,
    heard: Heard | None = None,
    seconds: float = SECONDS,
) -> JobCard:
    """A job of these labels to a registered printer, or as PDF into a folder. Raises Refusal, Unable."""
    card = _card(bench.store, printer, folder)
    proofed = {}
    if card is not None:
        proofed = _refuse_unfit(bench.store, serials, card)
        _refuse_silent(card, seconds)
    place = card.address if card is not None else _folder(bench.store, folder)
    started = bench.run(jobs.start_job, labels=" ".join(serials), printer=printer, folder=place)
    return _send_all(_Sending(bench.going_on(), started.code, card, proofed, seconds), heard)


def resume_job(bench: Bench, job: str, *, heard: Heard | None = None, seconds: float = SECONDS) -> JobCard:
    """What a stopped job did not send, to the same place. Raises Refusal, Unable."""
    before = job_card(bench.store, job)
    card = _card(bench.store, before.printer or None, Path(before.destination))
    proofed = {}
    if card is not None and before.not_sent:
        proofed = _refuse_unfit(bench.store, before.not_sent, card)
        _refuse_silent(card, seconds)
    bench.run(jobs.resume_job, job)
    return _send_all(_Sending(bench.going_on(), job, card, proofed, seconds), heard)


def try_printer(bench: Bench, printer: str, *, seconds: float = SECONDS) -> Receipt:
    """The test page through the same path; recorded, also when it does not get there. Raises Refusal, Unable."""
    from labels.printers.test_page import page_of  # it draws; whoever prints labels needs none of it

    bench.refuse_while_away()
    if stopped := bench.blockers(printers.record_test, printer):
        raise Refusal(*stopped)
    card = _card(bench.store, printer, None)
    assert card is not None, "a printer was named"
    page = page_of(card)
    digest = hashlib.sha256(page).hexdigest()
    try:
        _refuse_silent(card, seconds)
        send(card, TEST_PAGE, page, seconds=seconds)
    except (NotThrough, Unable) as no:
        bench.going_on().run(
            printers.record_test,
            printer,
            sha256=digest,
            failed=shortened(no.what.english, printers.WHY_LONGEST),
        )
        raise Unable(no.what, no.remedy) from no
    return bench.going_on().run(printers.record_test, printer, sha256=digest)


def _card(store: Store, printer: str | None, folder: Path | None) -> PrinterCard | None:
    """The printer meant, a file's folder as its address; None for the registered PDF into a folder."""
    if printer is None:
        return None
    card = printer_card(store, printer)
    if card.transport != "file":
        return card
    return replace(card, address=_folder(store, folder or (Path(card.address) if card.address else None)))


def _folder(store: Store, asked: Path | None) -> str:
    """Never the archive itself: what a printer's offset moved is not the registered file."""
    return str((asked or folder_of(store) / "to-print").resolve())


Proofed = dict[str, dict[str, str]]  # serial → resolution → hash of the image that passed just now


def _refuse_unfit(store: Store, serials: Sequence[str], card: PrinterCard) -> Proofed:
    folder = folder_of(store)
    proofed: Proofed = {}
    for serial in serials:
        label = registered(store, serial)
        if now := refuse_unfit(card, label, partial(archived_label, folder, label)):
            proofed[serial] = now
    return proofed


def _refuse_silent(card: PrinterCard, seconds: float) -> None:
    try:
        refuse_silent(card, seconds=seconds)
    except NotThrough as no:
        raise Unable(no.what, Phrase("Nothing was sent. {remedy}", remedy=no.remedy)) from no


@dataclass(frozen=True, slots=True)
class _Sending:
    """A job under way, which its person's leaving does not stop. ``card`` is None where the registered PDF goes into a folder."""

    bench: Bench
    job: str
    card: PrinterCard | None
    proofed: Proofed
    seconds: float

    def content(self, serial: str) -> bytes:
        """What the printer is sent for this label. Raises Refusal, Unable."""
        store = self.bench.store
        label = registered(store, serial)
        pdf = archived_label(folder_of(store), label)
        if self.card is None:
            return pdf
        known = {**label.images, **self.proofed.get(serial, {})}
        return printed(self.card, replace(label, images=known), pdf)

    def send(self, place: str, serial: str, content: bytes) -> None:
        """Raises NotThrough, also when it went out and that could not be recorded."""
        if self.card is None:
            to_file(Path(place) / f"{serial}.pdf", content)
        else:
            send(self.card, serial, content, seconds=self.seconds)
        try:
            digest = hashlib.sha256(content).hexdigest()
            self.bench.run(jobs.record_sent, self.job, label=serial, sha256=digest)
        except (Refusal, Unable) as no:
            raise NotThrough(
                Phrase("it was sent, and that could not be recorded: {why}", why=_what(no)),
                Phrase("Do not send it again."),
                unknown=True,
            ) from no

    def stop(self, serial: str, why: str, under_way: str) -> bool:
        """The job ends here with every label known. False: nobody could record that, and its first waiting label is the one under way."""
        try:
            now = job_card(self.bench.store, self.job)
            if now.state == "running":
                first = under_way if serial in now.waiting else "not_sent"
                reason = shortened(f"{serial}: {why}", printers.WHY_LONGEST)
                self.bench.run(jobs.stop_job, self.job, reason=reason, under_way=first)
        except (Refusal, Unable):
            return False
        return True


def _send_all(sending: _Sending, heard: Heard | None) -> JobCard:
    """Each waiting label in its order. Whatever stops it leaves the job stopped, and every label known."""
    before = job_card(sending.bench.store, sending.job)
    waiting = before.waiting
    for done, serial in enumerate(waiting, start=1):
        told = partial(heard, serial, done, len(waiting)) if heard is not None else None
        _send_one(sending, before.destination, serial, told)
    return job_card(sending.bench.store, sending.job)


def _send_one(sending: _Sending, place: str, serial: str, told: Callable[[], object] | None) -> None:
    """Sent, recorded and told; or the job is stopped."""
    under_way = "not_sent"
    try:
        content = sending.content(serial)
        under_way = "unknown"
        sending.send(place, serial, content)
        if told is not None:
            told()
    except NotThrough as no:
        stopped = sending.stop(serial, no.what.english, "unknown" if no.unknown else "not_sent")
        raise Unable(
            Phrase("Label {label}: {what}", label=serial, what=no.what),
            _what_now(
                sending.job, serial, no.remedy if stopped else _stop_it(sending.job, no), unknown=no.unknown
            ),
        ) from no
    except BaseException as no:
        sending.stop(serial, _why(no), under_way)
        raise


def _stop_it(job: str, no: NotThrough) -> Phrase:
    return Phrase(
        "{remedy} The job could not be ended either. First, by somebody who may print: `inkt job stop {job} --reason …`.",
        remedy=no.remedy,
        job=job,
    )


def _why(no: BaseException) -> str:
    if isinstance(no, Refusal | Unable):
        return _what(no).english
    return "interrupted" if isinstance(no, KeyboardInterrupt) else type(no).__name__


def _what(no: Refusal | Unable) -> Phrase:
    return no.first.what if isinstance(no, Refusal) else no.what


def _what_now(job: str, serial: str, remedy: Phrase, *, unknown: bool) -> Phrase:
    if unknown:
        return Phrase(
            "{remedy} Look whether {label} came out whole: then `inkt label confirm {label}`, else"
            " `inkt act label.spoil {label} --reason …`. The rest: `inkt job resume {job}`.",
            remedy=remedy,
            label=serial,
            job=job,
        )
    return Phrase(
        "{remedy} Nothing of {label} was sent. Then `inkt job resume {job}` prints what is left.",
        remedy=remedy,
        label=serial,
        job=job,
    )
