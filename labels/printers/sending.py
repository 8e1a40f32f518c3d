"""Handing bytes to a printer: by file, by ``lp`` to a CUPS queue, by a connection; and what is known when that fails.

``labels.printers.run`` calls ``send``. It raises ``NotThrough`` and nothing else; ``unknown`` says whether some of it may
have come out. No shell is used, and nothing that a person typed stands in an argument but names of a checked form.
"""

from pathlib import Path

from inkt_mfg.language import Phrase
from inkt_mfg.refusal import Unable
from inkt_mfg.views.printers import PrinterCard
from labels.printers.archive import keep


class NotThrough(Exception):
    """It was not handed over whole: why, what helps, and whether part of it may have come out."""

    def __init__(self, what: Phrase, remedy: Phrase, *, unknown: bool) -> None:
        self.what = what
        self.remedy = remedy
        self.unknown = unknown
        super().__init__(what.english)


def send(card: PrinterCard, name: str, content: bytes, *, seconds: float) -> None:
    """All of ``content`` to this printer, or NotThrough; ``seconds`` is how long the printer may stay silent."""
    if card.transport == "file":
        to_file(Path(card.address) / f"{name}.{card.language}", content)
    elif card.transport == "cups":
        from labels.printers.queue import to_queue

        to_queue(card, name, content, seconds)
    else:
        from labels.printers.connection import to_connection

        to_connection(card.address, content, seconds)


def to_file(file: Path, content: bytes) -> None:
    """Whole or not at all."""
    try:
        keep(file, content)
    except Unable as no:
        raise NotThrough(no.what, no.remedy, unknown=False) from no


def refuse_silent(card: PrinterCard, *, seconds: float) -> None:
    """Before anything is sent: whether the printer can be reached and says nothing is wrong. Raises NotThrough."""
    if card.transport == "cups":
        from labels.printers.queue import ask_queue

        ask_queue(card.address, seconds)
    elif card.transport == "tcp":
        from labels.printers.connection import ask_printer

        ask_printer(card.address, seconds)
