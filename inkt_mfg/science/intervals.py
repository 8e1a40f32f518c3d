"""Intervals of measured values, open or closed at each end: what a criterion allows, what a result may be.

Comparisons are exact across convertible units. Two intervals of different quantities cannot be compared; whoever holds
them has looked at their units first (``acceptance``).
"""

from dataclasses import dataclass

from inkt_mfg import units
from inkt_mfg.units import Measured


@dataclass(frozen=True, slots=True)
class Interval:
    """Where a number may lie; None is without bound. ``unit`` is "1" for plain numbers."""

    low: Measured | None
    high: Measured | None
    low_included: bool = True
    high_included: bool = True

    @property
    def unit(self) -> str:
        bound = self.low or self.high
        assert bound, "an interval has at least one bound"
        return bound.unit

    def lies_in(self, other: "Interval") -> bool:
        """Every number of this interval is in the other."""
        above = _begins_within(self.low, self.low_included, other.low, other.low_included, 1)
        return above and _begins_within(self.high, self.high_included, other.high, other.high_included, -1)

    def misses(self, other: "Interval") -> bool:
        """No number is in both."""
        ends_before = _ends_before(self.high, other.low, both=self.high_included and other.low_included)
        return ends_before or _ends_before(
            other.high, self.low, both=other.high_included and self.low_included
        )


def _begins_within(
    inner: Measured | None, inner_included: bool, outer: Measured | None, outer_included: bool, side: int
) -> bool:
    if outer is None:
        return True
    if inner is None:
        return False
    order = units.compare(inner, outer) * side
    return order > 0 or (order == 0 and (outer_included or not inner_included))


def _ends_before(high: Measured | None, low: Measured | None, *, both: bool) -> bool:
    if high is None or low is None:
        return False
    order = units.compare(high, low)
    return order < 0 or (order == 0 and not both)
