"""Printing a job: everything looked at before the first byte, then each label sent and recorded, one after the other.

Called by ``inkt label print``, ``inkt job`` and the terminal, in a worker. Raises Refusal before anything is sent, and
Unable when a job stops halfway: the record then says label by label what is sent, unknown and not sent.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal
from functools import partial
from pathlib import Path

from inkt_mfg.language import Phrase
from inkt_mfg.refusal import Refusal, Unable
from inkt_mfg.store.unit_of_work import Store
from inkt_mfg.views.jobs import JobCard, job_card
from inkt_mfg.views.printers import PrinterCard, printer_card
from inkt_mfg.workflow import jobs, printers
from inkt_mfg.workflow.bench import Bench, Receipt
from labels.printers.archive import archived_label, folder_of, registered
from labels.printers.paper import printed, refuse_unfit
from labels.printers.sending import NotThrough, refuse_silent, send

Heard = Callable[[str, int, int], object]  # which label was sent, how many are, of how many
SECONDS = 10.0  # how long a printer may stay silent


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
    if card is not None:
        _refuse_unfit(bench.store, serials, card)
        _refuse_silent(card, seconds)
    place = card.address if card is not None else _folder(bench.store, folder)
    started = bench.run(jobs.start_job, labels=" ".join(serials), printer=printer, folder=place)
    return _send_all(bench, started.code, card, heard, seconds)


def resume_job(bench: Bench, job: str, *, heard: Heard | None = None, seconds: float = SECONDS) -> JobCard:
    """What a stopped job did not send, to the same place. Raises Refusal, Unable."""
    before = job_card(bench.store, job)
    card = _card(bench.store, before.printer or None, Path(before.destination))
    if card is not None and before.not_sent:
        _refuse_unfit(bench.store, before.not_sent, card)
        _refuse_silent(card, seconds)
    bench.run(jobs.resume_job, job)
    return _send_all(bench, job, card, heard, seconds)


def try_printer(bench: Bench, printer: str, *, seconds: float = SECONDS) -> Receipt:
    """The test page through the same path; recorded, also when it does not get there. Raises Refusal, Unable."""
    from labels.printers.test_page import page_of  # it draws; whoever prints labels needs none of it

    if stopped := bench.blockers(printers.record_test, printer):
        raise Refusal(*stopped)
    card = _card(bench.store, printer, None)
    assert card is not None, "a printer was named"
    page = page_of(card)
    digest = hashlib.sha256(page).hexdigest()
    try:
        _refuse_silent(card, seconds)
        send(card, f"test-{card.code}", page, seconds=seconds)
    except (NotThrough, Unable) as no:
        bench.run(printers.record_test, printer, sha256=digest, failed=no.what.english)
        raise Unable(no.what, no.remedy) from no
    return bench.run(printers.record_test, printer, sha256=digest)


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


def _refuse_unfit(store: Store, serials: Sequence[str], card: PrinterCard) -> None:
    folder = folder_of(store)
    for serial in serials:
        label = registered(store, serial)
        refuse_unfit(card, label, partial(archived_label, folder, label))


def _refuse_silent(card: PrinterCard, seconds: float) -> None:
    try:
        refuse_silent(card, seconds=seconds)
    except NotThrough as no:
        raise Unable(no.what, Phrase("Nothing was sent. {remedy}", remedy=no.remedy)) from no


def _send_all(
    bench: Bench, job: str, card: PrinterCard | None, heard: Heard | None, seconds: float
) -> JobCard:
    """Each waiting label in its order. Whatever stops it leaves the job stopped, and every label known."""
    before = job_card(bench.store, job)
    by_hand = card or _by_hand(before.destination)
    for done, serial in enumerate(before.waiting, start=1):
        digest = _send_one(bench, job, by_hand, serial, seconds)
        bench.run(jobs.record_sent, job, label=serial, sha256=digest)
        if heard is not None:
            heard(serial, done, len(before.waiting))
    return job_card(bench.store, job)


def _send_one(bench: Bench, job: str, card: PrinterCard, serial: str, seconds: float) -> str:
    """The hash of what was sent. The job is stopped when it was not."""
    under_way = "not_sent"
    try:
        content = _content(bench.store, card, serial)
        under_way = "unknown"
        send(card, serial, content, seconds=seconds)
    except NotThrough as no:
        under_way = "unknown" if no.unknown else "not_sent"
        _stop(bench, job, f"{serial}: {no.what.english}", under_way)
        raise Unable(
            Phrase("Label {label}: {what}", label=serial, what=no.what),
            _what_now(job, serial, no.remedy, unknown=no.unknown),
        ) from no
    except BaseException as no:
        _stop(bench, job, f"{serial}: {_why(no)}", under_way)
        raise
    return hashlib.sha256(content).hexdigest()


def _content(store: Store, card: PrinterCard, serial: str) -> bytes:
    label = registered(store, serial)
    pdf = archived_label(folder_of(store), label)
    return pdf if not card.code else printed(card, label, pdf)


def _stop(bench: Bench, job: str, why: str, under_way: str) -> None:
    bench.run(jobs.stop_job, job, reason=why[:500], under_way=under_way)


def _why(no: BaseException) -> str:
    if isinstance(no, Unable):
        return no.what.english
    if isinstance(no, Refusal):
        return no.first.what.english
    return "interrupted" if isinstance(no, KeyboardInterrupt) else type(no).__name__


def _what_now(job: str, serial: str, remedy: Phrase, *, unknown: bool) -> Phrase:
    if unknown:
        return Phrase(
            "{remedy} Look whether {label} came out whole: then `inkt label confirm {label}`, else"
            " `inkt act label.spoil {label}`. The rest: `inkt job resume {job}`.",
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


def _by_hand(folder: str) -> PrinterCard:
    """No printer at all: the registered PDF into a folder."""
    none = Decimal(0)
    return PrinterCard("", none, "", none, none, "file", "pdf", folder, none, none, retired=False)
