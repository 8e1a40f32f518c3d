"""What the instruments that export one comma-separated row per sample have in common.

Each describes its columns with a ``Layout``; ``read_rows`` makes the readings. Only the readers of this package use it.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from inkt_mfg.instruments.export import Export, Row, wanted
from inkt_mfg.instruments.printed import LastPlace, Printed, last_digit
from inkt_mfg.instruments.reading import CellReading
from inkt_mfg.language import Phrase
from inkt_mfg.units import Measured

NO_ZONE = Phrase("the time is printed without a zone")
NO_TIME = Phrase("the file does not say when the count was taken")


@dataclass(frozen=True, slots=True)
class Layout:
    """The headings of one instrument's table and the unit its concentrations are in.

    ``counts`` must hold whole numbers, ``status`` maps a column to the only text that means all was well. The last
    places say how finely the instrument prints. ``serial``, ``taken_at`` and ``dilution`` may be absent.
    """

    instrument: str
    sample_id: str
    total: str
    viable: str
    viability: str
    unit: str
    taken_at: str | None = None
    serial: str | None = None
    dilution: str | None = None
    counts: tuple[str, ...] = ()
    status: dict[str, str] = field(default_factory=dict)
    cells: LastPlace = last_digit
    percent: LastPlace = last_digit
    ungroup: Callable[[str], str] = str
    remarks: tuple[Phrase, ...] = ()

    @property
    def required(self) -> tuple[str, ...]:
        """Columns without which the file is not this instrument's export."""
        return (self.sample_id, self.total, self.viable, self.viability)

    @property
    def columns(self) -> set[str]:
        """Every column somebody reads."""
        others = (self.taken_at, self.serial, self.dilution, *self.counts, *self.status)
        return {*self.required, *(name for name in others if name)}


def read_rows(export: Export, layout: Layout, rows: Iterable[Row]) -> tuple[CellReading, ...]:
    """One reading for each row. Refuses a table without a needed column or without any row."""
    readings = tuple(_read_row(export, layout, row) for row in rows)
    if not readings:
        raise export.refusal("instrument.empty", Phrase("it holds no count"), Phrase("at least one sample"))
    return readings


def _read_row(export: Export, layout: Layout, row: Row) -> CellReading:
    wanted(export, row, layout.columns)
    printed = Printed(row.place)
    total, viable, viability = _values(layout, row, printed)
    _doubts(layout, row, printed)
    return CellReading(
        instrument=layout.instrument,
        serial=_optional(row, layout.serial),
        sample_id=_optional(row, layout.sample_id),
        taken_at=_optional(row, layout.taken_at),
        zone=None,
        total_concentration=total,
        viable_concentration=viable,
        viability=viability,
        dilution=_optional(row, layout.dilution),
        file_name=export.name,
        file_sha256=export.sha256,
        place=row.place,
        doubts=tuple(printed.doubts),
        remarks=(NO_ZONE if _optional(row, layout.taken_at) else NO_TIME, *layout.remarks),
        unread=tuple(name for name, cell in row.cells.items() if cell and name not in layout.columns),
    )


def _values(
    layout: Layout, row: Row, printed: Printed
) -> tuple[Measured | None, Measured | None, Measured | None]:
    total, viable, viability = (
        printed.value(name, row.cells[name], unit, plain=layout.ungroup(row.cells[name]))
        for name, unit in ((layout.total, layout.unit), (layout.viable, layout.unit), (layout.viability, "%"))
    )
    printed.must_agree(total, viable, viability, cells=layout.cells, percent=layout.percent)
    return total, viable, viability


def _doubts(layout: Layout, row: Row, printed: Printed) -> None:
    for name in layout.counts:
        printed.must_count(name, row.cells[name])
    for name, right in layout.status.items():
        printed.must_say(name, row.cells[name], right)
    if not row.cells[layout.sample_id]:
        printed.doubt("instrument.missing", layout.sample_id, Phrase("no sample is named"), None)


def _optional(row: Row, name: str | None) -> str | None:
    return (row.cells[name] or None) if name else None
