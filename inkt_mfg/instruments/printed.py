"""Reads the three values of a count as printed, and gathers every doubt about them.

Used by each instrument's reader. A text that is not a plain number becomes no value and a doubt, never a number; a
viability beyond 100 %, and values that contradict each other beyond their printed precision, are doubts too.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal

from inkt_mfg import units
from inkt_mfg.language import Phrase
from inkt_mfg.refusal import Blocker, Refusal
from inkt_mfg.units import Measured

LastPlace = Callable[[Decimal], Decimal]
_RECOUNT = Phrase("a new count, or a second person who reads the instrument")


def last_digit(value: Decimal) -> Decimal:
    """What one step of the last printed digit is worth, for instruments that print trailing zeros."""
    exponent = value.as_tuple().exponent
    assert isinstance(exponent, int), "only finite numbers are read"
    return Decimal(1).scaleb(exponent)


def significant(digits: int) -> LastPlace:
    """The same for instruments that round to a number of significant digits and fill up with zeros."""
    return lambda value: Decimal(1).scaleb(value.adjusted() - digits + 1) if value else Decimal(1)


def fixed(step: str) -> LastPlace:
    """The same for instruments that round to fixed decimals and drop trailing zeros."""
    return lambda _: Decimal(step)


@dataclass
class Printed:
    """The values of one row while it is read; ``doubts`` grows with everything that is not as it should be."""

    place: str
    doubts: list[Blocker] = field(default_factory=list)

    def value(self, name: str, text: str | None, unit: str, *, plain: str | None = None) -> Measured | None:
        """A printed number in the column's unit, or None and a doubt. ``plain`` is the text freed of digit groups."""
        if text is None or not text:
            self.doubt("instrument.missing", name, Phrase("{name} was not printed", name=name), text)
            return None
        try:
            number = units.read_number(plain if plain is not None else text, field=name)
        except Refusal:
            self.doubt("instrument.unreliable", name, Phrase("{name} is not a plain number", name=name), text)
            return None
        if number < 0 or (unit == "%" and number > 100):
            self.doubt("instrument.range", name, Phrase("{name} cannot be", name=name), text)
        return Measured(number, unit, text)

    def must_say(self, name: str, text: str, right: str) -> None:
        """A doubt when the instrument's own status says anything but that all was well."""
        if text != right:
            self.doubt(
                "instrument.status", name, Phrase("the instrument reports {text}", text=repr(text)), text
            )

    def must_count(self, name: str, text: str) -> None:
        """A doubt when a column that always holds a number of cells holds words."""
        if not (text.isascii() and text.isdigit()):
            self.doubt("instrument.unreliable", name, Phrase("{name} is not a number", name=name), text)

    def must_agree(
        self,
        total: Measured | None,
        viable: Measured | None,
        viability: Measured | None,
        *,
        cells: LastPlace = last_digit,
        percent: LastPlace = last_digit,
    ) -> None:
        """A doubt when total × viability and viable differ by more than one step of every last digit explains."""
        if total is None or viable is None or viability is None:
            return
        ends = [
            (
                (total.value + sign * cells(total.value))
                * (viability.value + sign * percent(viability.value))
                / 100
            )
            for sign in (-1, 1)
        ]
        slack = cells(viable.value)
        if not ends[0] - slack <= viable.value <= ends[1] + slack:
            what = Phrase(
                "total {total} × viability {viability} % is not viable {viable}",
                total=total.typed, viability=viability.typed, viable=viable.typed,
            )  # fmt: skip
            self.doubt("instrument.contradiction", "viable concentration", what, viable.typed)

    def doubt(self, rule: str, name: str, what: Phrase, typed: str | None) -> None:
        """Remembers one thing that keeps this reading from being used as it is."""
        where = Phrase("{place}: {what}", place=self.place, what=what)
        self.doubts.append(Blocker(rule, where, Phrase("a count with plain numbers"), _RECOUNT, name, typed))
