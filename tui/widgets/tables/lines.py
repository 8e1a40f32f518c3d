"""A table of records: one row each, found again by its key after a refresh, every cell shown exactly as it is."""

from collections.abc import Iterable, Sequence

from rich.text import Text
from textual.widgets import DataTable

from inkt_mfg.language import Phrase
from inkt_mfg.refusal import visible

Cell = str | Text


class Lines(DataTable[Text]):
    """Give it columns once and rows as often as needed; the cursor stays on its record."""

    DEFAULT_CSS = """
    Lines { height: auto; max-height: 100%; background: $surface; }
    """

    def __init__(self, *columns: Phrase, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes, cursor_type="row", zebra_stripes=True)
        self._columns = columns

    def on_mount(self) -> None:
        for column in self._columns:
            self.add_column(str(column))

    def fill(self, rows: Iterable[tuple[str, Sequence[Cell]]]) -> None:
        """Show these rows (key, cells) and nothing else."""
        held = self.held
        self.clear()
        for key, cells in rows:
            self.add_row(*map(_cell, cells), key=key)
        if held is not None and held in self.rows:
            self.move_cursor(row=self.get_row_index(held))

    @property
    def held(self) -> str | None:
        """The key of the row under the cursor."""
        if not self.row_count or not self.is_valid_coordinate(self.cursor_coordinate):
            return None
        return self.coordinate_to_cell_key(self.cursor_coordinate).row_key.value


def _cell(cell: Cell) -> Text:
    """As it is, but that what cannot be seen is written out."""
    if isinstance(cell, str):
        return Text(visible(cell))
    return cell if cell.plain.isprintable() else Text(visible(cell.plain), style=cell.style)
