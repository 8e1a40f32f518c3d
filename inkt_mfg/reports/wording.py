"""How the printed reports word what views give them: times with their offset, who did something, verdicts, quantities.

Used by the other modules of ``reports``. Computed numbers are printed to six digits, more where fewer would change a
verdict; the record keeps them unrounded.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timezone
from decimal import Decimal

from inkt_mfg.language import Phrase
from inkt_mfg.moments import show_moment, zone
from inkt_mfg.records.words import PASSING
from inkt_mfg.reports.paper import NOTE, Bold
from inkt_mfg.science.dosing import BASES
from inkt_mfg.units import Measured, show
from inkt_mfg.views.batch_record import BatchRecord
from inkt_mfg.views.record_parts import Done, Entered
from inkt_mfg.views.signatures import ShownSignature

DIGITS = 6
_LONG_NUMBER = re.compile(r"(\d+\.\d{6})\d+")


class Wording:
    """The wording of one record: its site's own time, its own marks."""

    def __init__(self, record: BatchRecord) -> None:
        self.local = zone(record.heading.time_zone)
        self.record = record

    def at(self, moment: datetime | None) -> str:
        return "" if moment is None else show_moment(moment, self.local)

    def done(self, act: object, done: Done | None) -> str:
        """``performed 2026-03-25 09:00 UTC+08:00 by Li Na (li.tech)``, or that it has not been done."""
        if done is None:
            return str(Phrase("{act}: not done", act=act))
        return str(Phrase("{act} {when} by {who}", act=act, when=self.at(done.at), who=done.by))

    @property
    def marks(self) -> tuple[str, ...]:
        """What must stand across every page."""
        marks = []
        if self.record.heading.training:
            marks.append(str(Phrase("TRAINING – NOT FOR CLINICAL USE")))
        if self.record.page.illustrative:
            marks.append(str(Phrase("ILLUSTRATIVE PROTOCOL VALUES")))
        return tuple(marks)

    @property
    def foot(self) -> str:
        """Where the ledger stood when the record was read."""
        head = self.record.head
        return str(Phrase("Ledger head: entry {n}, SHA-256 {hash}", n=head.sequence, hash=head.hash))


def number(measured: Measured | None, beside: Iterable[Measured] = ()) -> str:
    """A computed quantity for people, or an empty text."""
    if measured is None:
        return ""
    # Without its trailing zeros, so that 160 million does not print as 1.60000×10^8.
    return show(Measured(measured.value.normalize(), measured.unit), DIGITS, beside=beside)


def plain(value: Decimal) -> str:
    """A computed number without a unit."""
    return number(Measured(value, "1"))


def basis(code: str) -> Phrase:
    """What the cells of a dose are counted as."""
    return BASES.get(code, Phrase("{basis}", basis=code))


def spaced(code: str) -> Phrase:
    """``in_culture`` as people read it."""
    return Phrase(code.replace("_", " "))


def verdict(code: str) -> object:
    """A verdict; anything but a plain pass stands out."""
    words = spaced(code)
    return words if code in PASSING else Bold(str(words).upper())


def yes_or_no(value: bool | None) -> str:
    """An answer in the reader's language; empty while there is none."""
    return "" if value is None else str(Phrase("yes") if value else Phrase("no"))


def entered(label: object, value: Entered) -> Entered:
    """``volume: 50 mL`` that keeps its footnotes."""
    return Entered(f"{label}: {value.text}" if value.text else "", value.notes)


def side_by_side(values: Sequence[Entered], separator: str = ", ") -> Entered:
    """Several values on one line, each followed by its own footnotes."""
    texts = [f"{v.text}{''.join(f' {NOTE}{n}' for n in v.notes)}" for v in values]
    return Entered(separator.join(texts))


def signed_at(signature: ShownSignature) -> str:
    """The signer's own local time, as it was when they signed (R22)."""
    there = datetime.fromisoformat(f"2000-01-01T00:00{signature.utc_offset}").utcoffset()
    assert there is not None, "a signature keeps its offset"
    return show_moment(signature.signed_at, timezone(there))


def standing(signature: ShownSignature) -> object:
    """Whether what was signed is still what is on record (R23)."""
    if signature.stands:
        return Phrase("stands")
    return Bold(Phrase("DOES NOT STAND"))


def cut(text: str) -> str:
    """A computed limit is stored with all its digits; the first ones are printed, and ``…`` says that more follow."""
    return _LONG_NUMBER.sub(r"\1…", text)
