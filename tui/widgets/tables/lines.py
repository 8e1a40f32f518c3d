"""A table of records: one row each, found again by its key after a refresh, every cell shown exactly as it is.

Its columns fit the screen: the one that can spare it is shortened first, with an ellipsis. With nothing to show it says so.
"""

from collections.abc import Iterable, Sequence
from typing import ClassVar

from rich.cells import cell_len
from rich.text import Text
from textual.binding import BindingType
from textual.widgets import DataTable

from inkt_mfg.language import Phrase
from inkt_mfg.refusal import visible
from tui.keys import in_this_language, key

Cell = str | Text
_NOTHING = ""  # the key of the row that says there is none; no record is called that
_BAR = 2  # cells of the scroll bar


class Lines(DataTable[Text]):
    """Give it columns once and rows as often as needed; the cursor stays on its record.

    ``spares`` are the columns that may be shortened, in this order, each to the width given; ``nothing`` is said where
    there is no row.
    """

    DEFAULT_CSS = """
    Lines { height: auto; max-height: 100%; background: $surface; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        key("enter", "select_cursor", Phrase("Open"), Phrase("What is under the cursor"), id="lines.open"),
    ]

    def __init__(
        self,
        *columns: Phrase,
        id: str | None = None,  # noqa: A002 — Textual's own word
        classes: str | None = None,
        nothing: Phrase | None = None,
        spares: Sequence[tuple[int, int]] = (),
    ) -> None:
        super().__init__(id=id, classes=classes, cursor_type="row", zebra_stripes=True)
        self._columns, self._nothing, self._spares = columns, nothing, spares
        self._wanted: list[int] = []
        self._bindings = in_this_language(self._bindings)

    def on_mount(self) -> None:
        for column in self._columns:
            self.add_column(str(column))

    def fill(self, rows: Iterable[tuple[str, Sequence[Cell]]]) -> None:
        """Show these rows (key, cells) and nothing else."""
        held = self.held
        self.clear()
        self._wanted = [cell_len(str(column)) for column in self._columns]
        for row, cells in rows:
            self._show(row, cells)
        if not self.row_count and self._nothing is not None:
            says = Text(str(self._nothing), style="italic")
            self._show(_NOTHING, [says, *([""] * (len(self._columns) - 1))])
        self._fit()
        if held is not None and held in self.rows:
            self.move_cursor(row=self.get_row_index(held))

    def _show(self, key: str, cells: Sequence[Cell]) -> None:
        shown = [_cell(cell).copy() for cell in cells]
        for cell in shown:
            cell.no_wrap, cell.overflow = True, "ellipsis"
        self.add_row(*shown, key=key)
        self._wanted = [max(w, cell_len(c.plain)) for w, c in zip(self._wanted, shown, strict=True)]

    def on_resize(self) -> None:
        """The same rows at another width."""
        self._fit()

    def _fit(self) -> None:
        """Every column as wide as its longest cell, and where that is too much for the screen those shorter that can be."""
        widths = list(self._wanted)
        if not widths:
            return  # nothing was shown yet
        over = sum(w + 2 * self.cell_padding for w in widths) + _BAR - self.container_size.width
        for column, least in self._spares if self._spares and self.container_size.width else ():
            taken = max(0, min(over, widths[column] - least))
            widths[column] -= taken
            over -= taken
        for shown, width in zip(self.ordered_columns, widths, strict=False):
            shown.auto_width, shown.width = False, width
        self._require_update_dimensions = True
        self._clear_caches()
        self.refresh(layout=True)

    @property
    def held(self) -> str | None:
        """The key of the row under the cursor."""
        if not self.row_count or not self.is_valid_coordinate(self.cursor_coordinate):
            return None
        return self.coordinate_to_cell_key(self.cursor_coordinate).row_key.value or None


def _cell(cell: Cell) -> Text:
    """As it is, but that what cannot be seen is written out."""
    if isinstance(cell, str):
        return Text(visible(cell))
    return cell if cell.plain.isprintable() else Text(visible(cell.plain), style=cell.style)
