"""The list of batches with its filter; a scanned label or a typed code opens the batch."""

from collections.abc import Iterator
from typing import ClassVar

from textual import on
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import DataTable, Input, Select

from inkt_mfg.codes.label_code import LabelCode, read_code
from inkt_mfg.codes.reading import OUR_STARTS
from inkt_mfg.language import Phrase
from inkt_mfg.refusal import Refusal
from inkt_mfg.units import show
from inkt_mfg.views.batches import BatchLine, batch_list
from inkt_mfg.workflow.states import state_name
from tui import words
from tui.keys import key
from tui.screens.main import MainScreen
from tui.widgets.form.scan_field import ScanField
from tui.widgets.tables.lines import Cell, Lines

REST = 0.15  # seconds without a key before the filter is asked
STATES = (
    "planned",
    "in_culture",
    "harvested",
    "formulated",
    "in_review",
    "released",
    "rejected",
    "closed",
    "terminated",
)


class BatchesScreen(MainScreen):
    """The newest 300 of those that fit the filter."""

    scans_into = "#text"
    BINDINGS: ClassVar[list[BindingType]] = [
        key(
            "slash",
            "filter",
            Phrase("Filter"),
            Phrase("Type or scan a batch or subject"),
            id="batches.filter",
        ),
        key(
            "escape",
            "lines",
            Phrase("To the list"),
            Phrase("From the filter to the list"),
            id="batches.lines",
            show=False,
        ),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._rest: Timer | None = None

    def content(self) -> Iterator[Widget]:
        with Horizontal(id="filter"):
            yield ScanField(
                placeholder=str(Phrase("batch or subject, typed or scanned")), id="text", moves_on=False
            )
            yield Select(
                [(str(state_name(s)), s) for s in STATES],
                prompt=str(Phrase("every state")),
                id="state",
                compact=True,
            )
        yield Lines(
            Phrase("Batch"),
            Phrase("State"),
            Phrase("Subject"),
            Phrase("Infusion"),
            Phrase("Disposition"),
            Phrase("Dose to give"),
            Phrase("Verdict"),
            Phrase("Started on"),
            id="batches",
            nothing=Phrase("no batch fits"),
            spares=((4, 12), (1, 12)),
        )

    def on_mount(self) -> None:
        super().on_mount()
        self.query_one("#batches", Lines).focus()

    def action_read(self) -> None:
        store, text, state = self.bench.store, self.query_one("#text", ScanField).value, self._state
        self.ask(lambda: batch_list(store, state=state, text=_batch_in(text)), self._show)

    @property
    def _state(self) -> str | None:
        chosen = self.query_one("#state", Select)
        return None if chosen.is_blank() else str(chosen.value)

    def _show(self, found: list[BatchLine]) -> None:
        self.query_one("#batches", Lines).fill((line.code, self._cells(line)) for line in found)

    def _cells(self, line: BatchLine) -> list[Cell]:
        held = f"  ‖ {Phrase('ON HOLD')}" if line.on_hold else ""
        return [
            line.code,
            f"{state_name(line.state)}{held}",
            line.subject,
            str(line.infusion_number),
            str(state_name(line.disposition)),
            show(line.dose) if line.dose else "–",
            words.verdict(line.verdict) if line.verdict else "–",
            str(line.started_at.astimezone(self.local).date()) if line.started_at else "–",
        ]

    @on(Input.Changed, "#text")
    def _typing(self) -> None:
        """One question for a word typed quickly, not one for each letter."""
        if self._rest is not None:
            self._rest.stop()
        self._rest = self.set_timer(REST, self.action_read)

    @on(Select.Changed, "#state")
    def _state_chosen(self) -> None:
        self.action_read()

    @on(ScanField.Scanned, "#text")
    def _scanned(self, event: ScanField.Scanned) -> None:
        """What fits one batch alone opens it, and a code what it names; else the cursor goes to what is left over."""
        if self._rest is not None:
            self._rest.stop()
        store, text, state = self.bench.store, event.text, self._state
        if text.startswith(OUR_STARTS):
            self.look_for(text)
            return
        # A group of its own: the last letter's own question may come after this one.
        self.ask(
            lambda: batch_list(store, state=state, text=text),
            lambda found: self._answer_to(text, found),
            group="entered",
        )

    def _answer_to(self, text: str, found: list[BatchLine]) -> None:
        if self.app.screen is not self or self.query_one("#text", ScanField).value != text:
            return  # something else is being typed by now
        self._show(found)
        if not found:
            self.look_for(text)
            return
        self.set_focus(self.query_one("#batches", Lines))
        if len(found) == 1:
            self._open(found[0].code)

    @on(DataTable.RowSelected, "#batches")
    def _selected(self, event: DataTable.RowSelected) -> None:
        if event.row_key.value:
            self._open(event.row_key.value)

    def _open(self, code: str) -> None:
        from tui.screens.batch import BatchScreen

        self.open(BatchScreen(code))

    def action_filter(self) -> None:
        """To the filter."""
        self.set_focus(self.query_one("#text", ScanField))

    def action_lines(self) -> None:
        """To the list."""
        self.query_one("#batches", Lines).focus()


def _batch_in(text: str) -> str:
    """The batch a label's code names, else the text itself."""
    try:
        code = read_code(text.strip())
    except Refusal:
        return text
    return code.batch if isinstance(code, LabelCode) else text
