"""Every value of a batch that may be corrected: type to narrow the list, Enter opens the form of that value."""

from collections.abc import Iterator
from typing import ClassVar

from textual import on
from textual.binding import BindingType
from textual.widget import Widget
from textual.widgets import DataTable, Input

from inkt_mfg.language import Phrase
from inkt_mfg.workflow.correctable_page import CorrectableLine, correctable_of_batch
from tui.acting import Target
from tui.keys import key
from tui.screens.main import MainScreen
from tui.widgets.form.quick_input import QuickInput
from tui.widgets.frame.plain import Plain
from tui.widgets.tables.lines import Lines


class CorrectScreen(MainScreen):
    """For one batch: its steps, counts and results, its patient, collection, lots and order."""

    scans_into = "#text"
    BINDINGS: ClassVar[list[BindingType]] = [
        key("slash", "filter", Phrase("Filter"), Phrase("Type what is to be corrected"), id="correct.filter"),
        key("escape", "back", Phrase("Back"), Phrase("Back to the batch"), id="correct.back"),
    ]

    def __init__(self, batch: str) -> None:
        super().__init__()
        self._batch = batch
        self._found: tuple[CorrectableLine, ...] = ()

    def content(self) -> Iterator[Widget]:
        yield Plain(str(Phrase("What is to be corrected in {batch}?", batch=self._batch)), classes="heading")
        yield Plain(str(Phrase("! critical: it waits for a second person")), classes="asks")
        yield QuickInput(placeholder=str(Phrase("record, value or what stands there")), id="text")
        yield Lines(Phrase("Code"), Phrase("Value"), Phrase("Stands now"), Phrase("Record"), id="values",
            nothing=Phrase("no value fits"), spares=((2, 16), (3, 12), (1, 20)))  # fmt: skip

    def on_mount(self) -> None:
        super().on_mount()
        self.query_one("#values", Lines).focus()

    def action_read(self) -> None:
        bench, batch = self.bench, self._batch
        self.ask(lambda: correctable_of_batch(bench, batch), self._read)

    def _read(self, found: tuple[CorrectableLine, ...]) -> None:
        self._found = found
        self._narrow()

    @on(Input.Changed, "#text")
    def _narrow(self) -> None:
        wanted = self.query_one("#text", Input).value.strip().lower()
        self.query_one("#values", Lines).fill(
            (str(n), [v.on, f"{'!' if v.critical else ' '} {v.title}", v.stands, v.record])
            for n, v in enumerate(self._found)
            if wanted in f"{v.record} {v.on} {v.title} {v.stands}".lower()
        )

    @on(Input.Submitted, "#text")
    def _to_the_list(self) -> None:
        self.query_one("#values", Lines).focus()

    @on(DataTable.RowSelected, "#values")
    def _selected(self, event: DataTable.RowSelected) -> None:
        if event.row_key.value:
            chosen = self._found[int(event.row_key.value)]
            self.open_act(Target(chosen.command, chosen.on, self._batch, part=chosen.name))

    def action_filter(self) -> None:
        """To the filter."""
        self.set_focus(self.query_one("#text", Input))

    def action_back(self) -> None:
        """Back to the batch."""
        self.dismiss(None)
