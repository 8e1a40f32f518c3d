"""The printers of a site, and the line cleared before another batch's labels come out of one (R52).

``workflow.labelling`` asks ``refuse_uncleared_line`` when a print is confirmed. A site that has registered no printer prints
by hand from the file; once there is one, every print names the printer it came from.
"""

from decimal import Decimal

from sqlmodel import col, select

from inkt_mfg.language import Phrase
from inkt_mfg.records.batch import Batch
from inkt_mfg.records.label import Label
from inkt_mfg.records.printing import LineClearance, Printer
from inkt_mfg.records.words import Meaning
from inkt_mfg.refusal import refuse
from inkt_mfg.units import read_number
from inkt_mfg.workflow.command import Act, Done, command
from inkt_mfg.workflow.permissions import Permission, who_may
from inkt_mfg.workflow.typed import said

RESOLUTIONS = (Decimal("203.2"), Decimal("304.8"), Decimal("609.6"))  # 8, 12 and 24 dots per millimetre


@command("printer.register", Phrase("register a label printer"), permission=Permission.SET_UP_PRINTERS)
def register_printer(
    act: Act, *, name: str, dots_per_inch: str, media: str, queue: str | None = None
) -> Done:
    """By the name on it. ``dots_per_inch`` as its maker says: 203.2, 304.8 or 609.6."""
    code = said(name, "name")
    if act.work.session.exec(
        select(Printer).where(Printer.site == act.work.site, Printer.code == code)
    ).first():
        raise refuse(
            "printer.exists",
            Phrase("printer {code} is registered already", code=code),
            expected=Phrase("a name no printer has"),
            field="name",
            typed=name,
        )
    printer = act.work.add(
        Printer(
            site=act.work.site,
            code=code,
            dots_per_inch=_resolution(dots_per_inch),
            media=said(media, "media"),
            queue=queue or None,
            registered_at=act.now,
        )
    )
    return Done(printer, Phrase("printer {code} is registered", code=code))


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


@command(
    "printer.clear_line",
    Phrase("clear the line at a printer"),
    permission=Permission.LABEL,
    on=Printer,
    signs=Meaning.RESPONSIBILITY,
)
def clear_line(act: Act, *, on: Printer, next_batch: str, statement: str) -> Done:
    """Nothing of another batch lies there: looked at before the labels of ``next_batch`` are printed."""
    batch = act.work.find(Batch, next_batch)
    clearance = act.work.add(
        LineClearance(
            site=act.work.site,
            printer=on.key,
            batch=batch.key,
            cleared_by=act.actor.key,
            cleared_at=act.now,
            statement=said(statement, "statement"),
        )
    )
    return Done(
        clearance, Phrase("the line at {printer} is clear for {batch}", printer=on.code, batch=batch.code)
    )


def printer_for(act: Act, label: Label, named: str | None) -> Printer | None:
    """The printer a label came from, its line clear for this batch. Raises Refusal R52; None where there is no printer."""
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
    refuse_uncleared_line(act, printer, label)
    return printer


def refuse_uncleared_line(act: Act, printer: Printer, label: Label) -> None:
    """Between the labels of two batches somebody has looked that nothing of the first lies there."""
    last = act.work.session.exec(
        select(Label).where(Label.printer == printer.key).order_by(col(Label.printed_at).desc()).limit(1)
    ).first()
    if last is None or last.batch == label.batch:
        return
    cleared = act.work.session.exec(
        select(LineClearance)
        .where(
            LineClearance.site == label.site,
            LineClearance.printer == printer.key,
            LineClearance.batch == label.batch,
        )
        .order_by(col(LineClearance.cleared_at).desc())
        .limit(1)
    ).first()
    assert last.printed_at is not None, "a label with a printer was printed"
    if cleared is None or cleared.cleared_at <= last.printed_at:
        raise refuse(
            "R52",
            Phrase("the last label from {printer} was of another batch", printer=printer.code),
            expected=Phrase("the line cleared for this batch since then"),
            resolve_by=who_may(Permission.LABEL),
            field="printer",
            typed=printer.code,
        )
