"""The printers a site has registered: their names, and for whoever sends something all that the register says of one.

Screens offer them, ``labels.printers`` sends by them; it changes nothing. A medium is read strictly: two lengths in
millimetres, or nothing.
"""

import re
from dataclasses import dataclass
from decimal import Decimal

from sqlmodel import col, select

from inkt_mfg.records.printing import Printer
from inkt_mfg.records.words import PrinterLanguage, Transport
from inkt_mfg.store.unit_of_work import Store, find

_MEDIA = re.compile(r"(\d{1,3}(?:\.\d{1,2})?)\s*(?:mm)?\s*[x×]\s*(\d{1,3}(?:\.\d{1,2})?)\s*(?:mm)?")


@dataclass(frozen=True, slots=True)
class PrinterCard:
    """One printer as registered. Lengths in millimetres; a width of 0 is a medium nobody could read."""

    code: str
    dots_per_inch: Decimal
    media: str
    width_mm: Decimal
    height_mm: Decimal
    transport: str  # file | cups | tcp
    language: str  # pdf | zpl | png
    address: str  # queue, host:port or folder; empty: none
    offset_across: Decimal
    offset_down: Decimal
    retired: bool


def printers(store: Store) -> tuple[str, ...]:
    """Names of the printers in use, in their order."""
    return tuple(card.code for card in printer_cards(store) if not card.retired)


def printer_cards(store: Store) -> tuple[PrinterCard, ...]:
    """Every printer the site ever registered, retired ones too, by name."""
    with store.reading() as session:
        question = select(Printer).where(Printer.site == store.site).order_by(col(Printer.code))
        return tuple(card_of(printer) for printer in session.exec(question).all())


def printer_card(store: Store, code: str) -> PrinterCard:
    """The printer of this name. Raises Refusal ``record.unknown``."""
    with store.reading() as session:
        return card_of(find(session, store.site, Printer, code))


def card_of(printer: Printer) -> PrinterCard:
    """The register's row; one from before transports were registered prints by hand from its file."""
    wide, high = media_size(printer.media) or (Decimal(0), Decimal(0))
    return PrinterCard(
        printer.code,
        printer.dots_per_inch,
        printer.media,
        wide,
        high,
        (printer.transport or Transport.FILE).value,
        (printer.language or PrinterLanguage.PDF).value,
        printer.queue or "",
        printer.offset_across or Decimal(0),
        printer.offset_down or Decimal(0),
        printer.retired_at is not None,
    )


def media_size(text: str) -> tuple[Decimal, Decimal] | None:
    """Width and height of ``100x100`` or ``100 × 50 mm`` in millimetres; None for any other text."""
    found = _MEDIA.fullmatch(text.strip())
    return (Decimal(found[1]), Decimal(found[2])) if found else None
