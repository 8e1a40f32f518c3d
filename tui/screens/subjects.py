"""The list of subjects; pseudonymous. Enter opens one; a physician enrols here."""

from collections.abc import Iterator
from typing import ClassVar

from rich.text import Text
from textual import on
from textual.binding import BindingType
from textual.widget import Widget
from textual.widgets import DataTable, Input

from inkt_mfg.language import Phrase
from inkt_mfg.views.subjects import SubjectLine, subject_list
from tui.acting import Target
from tui.keys import key
from tui.screens.main import MainScreen
from tui.widgets.form.quick_input import QuickInput
from tui.widgets.tables.lines import Cell, Lines


class SubjectsScreen(MainScreen):
    """Those whose number holds the text typed."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("n", "enrol", Phrase("Enrol"), Phrase("Enrol a subject"), id="subjects.enrol"),
        key("slash", "filter", Phrase("Filter"), Phrase("Type a subject number"), id="subjects.filter"),
        key(
            "escape",
            "lines",
            Phrase("To the list"),
            Phrase("From the filter to the list"),
            id="subjects.lines",
            show=False,
        ),
    ]

    def content(self) -> Iterator[Widget]:
        yield QuickInput(placeholder=str(Phrase("subject number")), id="text")
        yield Lines(
            Phrase("Subject"), Phrase("Arm"), Phrase("First TAE/TACE"), Phrase("Next dose"), id="subjects"
        )

    def on_mount(self) -> None:
        super().on_mount()
        self.query_one("#subjects", Lines).focus()

    @on(Input.Changed, "#text")
    def action_read(self) -> None:
        store, text = self.bench.store, self.query_one("#text", Input).value
        self.ask(lambda: subject_list(store, text=text), self._show)

    def _show(self, found: list[SubjectLine]) -> None:
        self.query_one("#subjects", Lines).fill((s.code, _cells(s)) for s in found)

    @on(Input.Submitted, "#text")
    def action_lines(self) -> None:
        """To the list."""
        self.query_one("#subjects", Lines).focus()

    @on(DataTable.RowSelected, "#subjects")
    def _selected(self, event: DataTable.RowSelected) -> None:
        from tui.screens.subject import SubjectScreen

        if event.row_key.value:
            self.open(SubjectScreen(event.row_key.value))

    def action_filter(self) -> None:
        """To the filter."""
        self.query_one("#text", Input).focus()

    def action_enrol(self) -> None:
        """The enrolment form."""
        self.open_act(Target("subject.enrol"))


def _cells(subject: SubjectLine) -> list[Cell]:
    first = str(subject.first_tae_on) if subject.first_tae_on else "–"
    if not subject.dosed:
        dose: Cell = Text(str(Phrase("never dosed (control)")), style="dim")
    elif subject.dose_blocked:
        dose = Text(f"✗ {subject.dose_blocked}", style="bold red")
    else:
        dose = "–"
    return [subject.code, subject.arm, first, dose]
