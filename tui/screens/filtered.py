"""A list with a filter above it: what is typed narrows the list, what is scanned opens what it names.

The lists of batches and of subjects derive from it. It asks in a worker, once for a word typed quickly, and shows an answer
only while it is still the answer to what stands in the filter.
"""

from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

from textual import on
from textual.screen import Screen
from textual.timer import Timer
from textual.widgets import DataTable, Input

from inkt_mfg.codes.reading import OUR_STARTS
from tui.screens.main import MainScreen
from tui.widgets.form.scan_field import ScanField
from tui.widgets.tables.lines import Cell, Lines

REST = 0.15  # seconds without a key before the filter is asked
Line = TypeVar("Line")


class FilteredScreen(MainScreen, Generic[Line]):
    """One ``ScanField`` with the id ``text``, one ``Lines``; the keyboard begins on the list."""

    scans_into = "#text"

    def __init__(self) -> None:
        super().__init__()
        self._rest: Timer | None = None

    def question(self, text: str) -> Callable[[], Sequence[Line]]:
        """What is asked in a worker for this text of the filter."""
        raise NotImplementedError

    def row(self, line: Line) -> tuple[str, list[Cell]]:
        """The code a line opens by, and its cells."""
        raise NotImplementedError

    def page(self, code: str) -> Screen[Any]:
        """What a line opens."""
        raise NotImplementedError

    def on_mount(self) -> None:
        super().on_mount()
        self._list.focus()

    @property
    def _list(self) -> Lines:
        return self.query_one(Lines)

    @property
    def _filter(self) -> ScanField:
        return self.query_one("#text", ScanField)

    def action_read(self) -> None:
        self.ask(self.question(self._filter.value), self._show)

    def _show(self, found: Sequence[Line]) -> None:
        self._list.fill(map(self.row, found))

    @on(Input.Changed, "#text")
    def _typing(self) -> None:
        """One question for a word typed quickly, not one for each letter."""
        self._stop_resting()
        self._rest = self.set_timer(REST, self.action_read)

    def _stop_resting(self) -> None:
        if self._rest is not None:
            self._rest.stop()

    @on(ScanField.Scanned, "#text")
    def _scanned(self, event: ScanField.Scanned) -> None:
        """What fits one line alone opens it, and a code what it names; else the cursor goes to what is left over."""
        self._stop_resting()
        text = event.text
        if text.startswith(OUR_STARTS):
            self.look_for(text)
            return
        # A group of its own: the last letter's own question may come after this one.
        self.ask(self.question(text), lambda found: self._answer_to(text, found), group="entered")

    def _answer_to(self, text: str, found: Sequence[Line]) -> None:
        if self.app.screen is not self or self._filter.value != text:
            return  # something else is being typed by now
        self._show(found)
        if not found:
            self.look_for(text)
            return
        self.set_focus(self._list)
        if len(found) == 1:
            self.open(self.page(self.row(found[0])[0]))

    @on(DataTable.RowSelected)
    def _selected(self, event: DataTable.RowSelected) -> None:
        if event.row_key.value:
            self.open(self.page(event.row_key.value))

    def action_filter(self) -> None:
        """To the filter."""
        self.set_focus(self._filter)

    def action_lines(self) -> None:
        """To the list."""
        self.set_focus(self._list)
