"""The list of batches with its filter; a scanned label or a typed code opens the batch."""

from collections.abc import Callable, Iterator
from typing import Any, ClassVar

from textual import on
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Select

from inkt_mfg.codes.label_code import LabelCode, read_code
from inkt_mfg.language import Phrase
from inkt_mfg.refusal import Refusal
from inkt_mfg.units import show
from inkt_mfg.views.batches import BatchLine, batch_list
from inkt_mfg.workflow.states import state_name
from tui import words
from tui.keys import key
from tui.screens.filtered import FilteredScreen
from tui.widgets.form.scan_field import ScanField
from tui.widgets.tables.lines import Cell, Lines

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


class BatchesScreen(FilteredScreen[BatchLine]):
    """The newest 300 of those that fit the filter."""

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

    def question(self, text: str) -> Callable[[], list[BatchLine]]:
        store, state = self.bench.store, self._state
        return lambda: batch_list(store, state=state, text=_batch_in(text))

    def row(self, line: BatchLine) -> tuple[str, list[Cell]]:
        return line.code, self._cells(line)

    def page(self, code: str) -> Screen[Any]:
        from tui.screens.batch import BatchScreen

        return BatchScreen(code)

    @property
    def _state(self) -> str | None:
        chosen = self.query_one("#state", Select)
        return None if chosen.is_blank() else str(chosen.value)

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

    @on(Select.Changed, "#state")
    def _state_chosen(self) -> None:
        self.action_read()


def _batch_in(text: str) -> str:
    """The batch a label's code names, else the text itself."""
    try:
        code = read_code(text.strip())
    except Refusal:
        return text
    return code.batch if isinstance(code, LabelCode) else text
