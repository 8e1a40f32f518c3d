"""The register of a site's printers: how fine each prints, what is loaded, how it is reached, how far its print is off.

Whoever prints labels registers them, changes them with a reason, retires them, and tries them with a test page. It refuses
a resolution no label is proofed at, a medium whose size cannot be read, and an address that is not one.
"""

import re
from decimal import Decimal

from sqlmodel import select

from inkt_mfg.language import Phrase
from inkt_mfg.records.printing import ENDED_WHY_LONGEST, Printer, PrintJob
from inkt_mfg.records.words import JobState, PrinterLanguage, Transport
from inkt_mfg.refusal import Refusal, refuse
from inkt_mfg.units import read_number
from inkt_mfg.views.printers import media_size
from inkt_mfg.workflow.command import Act, Done, command
from inkt_mfg.workflow.permissions import Permission, who_may
from inkt_mfg.workflow.typed import one_of, said

RESOLUTIONS = (Decimal("203.2"), Decimal("304.8"), Decimal("609.6"))  # 8, 12 and 24 dots per millimetre
LANGUAGES: dict[Transport, tuple[PrinterLanguage, ...]] = {  # the usual one first
    Transport.FILE: (PrinterLanguage.PDF, PrinterLanguage.ZPL, PrinterLanguage.PNG),
    Transport.CUPS: (PrinterLanguage.PDF, PrinterLanguage.ZPL),  # a picture CUPS would scale as it likes
    Transport.TCP: (PrinterLanguage.ZPL,),  # a bare connection has nobody who would read a PDF
}
WHY_LONGEST = ENDED_WHY_LONGEST  # for what prints, which knows no tables
_LEAST_MM, _MOST_MM = Decimal(10), Decimal(300)
_FARTHEST_MM = Decimal(10)
_QUEUE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,126}")
_HOST = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\]):(\d{1,5})")


@command("printer.register", Phrase("register a label printer"), permission=Permission.SET_UP_PRINTERS)
def register_printer(
    act: Act,
    *,
    name: str,
    dots_per_inch: str,
    media: str,
    transport: str = "file",
    language: str | None = None,
    address: str | None = None,
    offset_across: str = "0",
    offset_down: str = "0",
) -> Done:
    """By the name on it. ``dots_per_inch`` as its maker says: 203.2, 304.8 or 609.6; media and offsets in millimetres."""
    code = said(name, "name")
    _refuse_unseen(code)
    _refuse_known(act, code)
    way = one_of(Transport, transport, "transport")
    printer = act.work.add(
        Printer(
            site=act.work.site,
            code=code,
            dots_per_inch=_resolution(dots_per_inch),
            media=_media(media),
            transport=way,
            language=_language(way, language),
            queue=_address(way, address),
            offset_across=_offset(offset_across, "offset_across"),
            offset_down=_offset(offset_down, "offset_down"),
            registered_at=act.now,
        )
    )
    return Done(printer, Phrase("printer {code} is registered", code=code))


def _refuse_unseen(code: str) -> None:
    """A name is read off the printer and typed: nothing in it that cannot be seen."""
    if not code.isprintable():
        raise refuse(
            "printer.name",
            Phrase("the name has characters that cannot be seen"),
            expected=Phrase("a name as it stands on the printer, such as ZEBRA-1"),
            field="name",
            typed=code,
        )


def _refuse_known(act: Act, code: str) -> None:
    question = select(Printer).where(Printer.site == act.work.site, Printer.code == code)
    if act.work.session.exec(question).first():
        raise refuse(
            "printer.exists",
            Phrase("printer {code} is registered already", code=code),
            expected=Phrase("a name no printer has"),
            field="name",
            typed=code,
        )


@command(
    "printer.change",
    Phrase("change what is registered of a printer"),
    permission=Permission.SET_UP_PRINTERS,
    on=Printer,
    asks_reason=True,
)
def change_printer(
    act: Act,
    *,
    on: Printer,
    dots_per_inch: str | None = None,
    media: str | None = None,
    transport: str | None = None,
    language: str | None = None,
    address: str | None = None,
    offset_across: str | None = None,
    offset_down: str | None = None,
) -> Done:
    """What is left out stays. Another transport takes its usual language and needs its own address."""
    refuse_retired(on)
    refuse_busy(act, on)
    before = on.transport or Transport.FILE
    way = before if transport is None else one_of(Transport, transport, "transport")
    if dots_per_inch is not None:
        on.dots_per_inch = _resolution(dots_per_inch)
    if media is not None:
        on.media = _media(media)
    if language is not None or way is not before:
        on.language = _language(way, language)
    if address is not None or way is not before:
        on.queue = _address(way, address)
    on.transport = way
    if offset_across is not None:
        on.offset_across = _offset(offset_across, "offset_across")
    if offset_down is not None:
        on.offset_down = _offset(offset_down, "offset_down")
    return Done(on, Phrase("printer {code} is changed", code=on.code))


@command(
    "printer.retire",
    Phrase("take a printer out of use"),
    permission=Permission.SET_UP_PRINTERS,
    on=Printer,
    asks_reason=True,
)
def retire_printer(act: Act, *, on: Printer) -> Done:
    """Nothing is printed there any more; what came out of it stays on record."""
    refuse_retired(on)
    refuse_busy(act, on)
    on.retired_at = act.now
    return Done(on, Phrase("printer {code} is out of use", code=on.code))


@command(
    "printer.test", Phrase("try a printer with its test page"), permission=Permission.LABEL_MAKING, on=Printer
)
def record_test(act: Act, *, on: Printer, sha256: str, failed: str | None = None) -> Done:
    """That a test page was sent there, by the hash of its bytes; ``failed`` is why it was not. A job without labels."""
    refuse_retired(on)
    refuse_busy(act, on)
    way = on.transport or Transport.FILE
    job = act.work.add(
        PrintJob(
            site=act.work.site,
            code=act.work.next_code(PrintJob, "J"),
            printer=on.key,
            transport=way,
            language=on.language or LANGUAGES[way][0],
            destination=on.queue or way.value,
            state=JobState.STOPPED if failed else JobState.DONE,
            started_by=act.actor.key,
            started_at=act.now,
            ended_at=act.now,
            ended_why=failed or None,
        )
    )
    act.work.note("test_page_sha256", sha256)
    if failed:
        return Done(job, Phrase("the test page did not reach printer {code}", code=on.code))
    return Done(job, Phrase("a test page was sent to printer {code}", code=on.code))


def refuse_retired(printer: Printer) -> None:
    """A printer out of use prints nothing. Raises Refusal."""
    if printer.retired_at is not None:
        raise refuse(
            "printer.retired",
            Phrase("printer {code} is out of use", code=printer.code),
            expected=Phrase("a printer in use: `inkt printer list`"),
            resolve_by=who_may(Permission.SET_UP_PRINTERS),
            field="printer",
            typed=printer.code,
        )


def refuse_busy(act: Act, printer: Printer) -> None:
    """One job at a time: two would mix their labels in the tray. Raises Refusal ``job.running``."""
    running = act.work.session.exec(
        select(PrintJob).where(PrintJob.printer == printer.key, PrintJob.state == JobState.RUNNING)
    ).first()
    if running is not None:
        raise refuse(
            "job.running",
            Phrase("printer {code} is busy with job {job}", code=printer.code, job=running.code),
            expected=Phrase(
                "that job done; if its program was ended, `inkt job stop {job}` says so", job=running.code
            ),
            resolve_by=who_may(Permission.LABEL_MAKING),
            field="printer",
            typed=printer.code,
        )


# --- what is typed


def _resolution(typed: str) -> Decimal:
    """One of those a label is proofed at; another would print modules of broken dots."""
    dots = read_number(typed, field="dots_per_inch")
    if dots not in RESOLUTIONS:
        raise refuse(
            "printer.resolution",
            Phrase("labels are not proofed at {dots} dots per inch", dots=typed),
            expected=Phrase("{choices}", choices=", ".join(str(d) for d in RESOLUTIONS)),
            field="dots_per_inch",
            typed=typed,
        )
    return dots


def _media(typed: str) -> str:
    """The size as it is measured with a ruler, spelled one way."""
    size = media_size(said(typed, "media"))
    if size is None or not all(_LEAST_MM <= side <= _MOST_MM for side in size):
        raise refuse(
            "printer.media",
            Phrase("this is not the size of a label"),
            expected=Phrase("width x height in millimetres, 10 to 300 each, such as 100x100"),
            field="media",
            typed=typed,
        )
    return f"{size[0]}x{size[1]}"


def _language(way: Transport, typed: str | None) -> PrinterLanguage:
    known = LANGUAGES[way]
    if not typed:
        return known[0]
    wanted = one_of(PrinterLanguage, typed, "language")
    if wanted not in known:
        raise refuse(
            "printer.language",
            Phrase("{language} is not sent over {transport}", language=typed, transport=way.value),
            expected=Phrase("{choices}", choices=", ".join(known)),
            field="language",
            typed=typed,
        )
    return wanted


def _address(way: Transport, typed: str | None) -> str | None:
    """A queue's name, ``host:port``, or a folder; a file needs none."""
    text = (typed or "").strip()
    if way is Transport.FILE:
        return text or None
    if way is Transport.CUPS:
        if not _QUEUE.fullmatch(text):
            raise _no_address(
                typed, Phrase("the name of a CUPS queue, as `lpstat -e` lists it, such as zebra-1")
            )
        return text
    found = _HOST.fullmatch(text)
    if found is None or not 1 <= int(found[1]) <= 65_535:
        raise _no_address(typed, Phrase("host and port of the printer, such as 192.0.2.20:9100"))
    return text


def _no_address(typed: str | None, expected: Phrase) -> Refusal:
    return refuse(
        "printer.address",
        Phrase("the printer cannot be reached by this address"),
        expected=expected,
        resolve_by=Phrase("whoever set the printer up; its own configuration page says it"),
        field="address",
        typed=typed or "",
    )


def _offset(typed: str, field: str) -> Decimal:
    """Millimetres, right and down positive. More than 10 is a wrong medium, not a printer a little off."""
    offset = read_number(typed.strip().removesuffix("mm").strip(), field=field)
    if abs(offset) > _FARTHEST_MM:
        raise refuse(
            "printer.offset",
            Phrase("no print is that far off"),
            expected=Phrase("at most 10 mm; otherwise another medium is loaded than registered"),
            field=field,
            typed=typed,
        )
    return offset
