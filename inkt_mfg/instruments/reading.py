"""One cell count as an instrument exported it: plain values, what casts doubt on them, and what nobody read.

Made by the readers of this package, used by ``workflow`` and the CLI. A value the instrument did not print as a plain
number is absent and named among the doubts; ``reliable`` refuses a reading with any doubt.
"""

from dataclasses import dataclass
from typing import Any

from inkt_mfg.language import Phrase
from inkt_mfg.refusal import Blocker, Refusal
from inkt_mfg.units import Measured


@dataclass(frozen=True, slots=True)
class CellReading:
    """A count of one sample. Concentrations are as printed: the instrument has applied its dilution already.

    ``taken_at`` is the text in the file, never parsed (3/4/2026 is two dates); ``zone`` is the zone as printed, None
    when the file has none. ``unread`` are columns or keys no reader looked at, ``remarks`` what a reader should know.
    """

    instrument: str
    serial: str | None
    sample_id: str | None
    taken_at: str | None
    zone: str | None
    total_concentration: Measured | None
    viable_concentration: Measured | None
    viability: Measured | None
    dilution: str | None
    file_name: str
    file_sha256: str
    place: str
    doubts: tuple[Blocker, ...] = ()
    remarks: tuple[Phrase, ...] = ()
    unread: tuple[str, ...] = ()
    dilution_already_applied: bool = True

    @property
    def is_reliable(self) -> bool:
        return not self.doubts

    def reliable(self) -> "CellReading":
        """The reading itself, when nothing casts doubt on it. Refuses with every doubt otherwise."""
        if self.doubts:
            raise Refusal(*self.doubts)
        return self

    def as_json(self) -> dict[str, Any]:
        """All of it; absent values are null, never a number."""
        values = ("total_concentration", "viable_concentration", "viability")
        plain = (
            "instrument", "serial", "sample_id", "taken_at", "zone", "dilution", "dilution_already_applied",
            "file_name", "file_sha256", "place",
        )  # fmt: skip
        return {
            **{name: getattr(self, name) for name in plain},
            **{name: _value(getattr(self, name)) for name in values},
            "reliable": self.is_reliable,
            "doubts": [doubt.as_json() for doubt in self.doubts],
            "remarks": [remark.english for remark in self.remarks],
            "unread": list(self.unread),
        }


def _value(m: Measured | None) -> dict[str, str] | None:
    return None if m is None else {**m.as_json(), "typed": m.typed}
