"""The list of subjects; pseudonymous. Enter opens one; a physician enrols here."""

from collections.abc import Iterator
from typing import ClassVar

from rich.text import Text
from textual import on
from textual.binding import BindingType
from textual.widget import Widget
from textual.widgets import DataTable, Input

from inkt_mfg.codes.reading import OUR_STARTS
from inkt_mfg.language import Phrase
from inkt_mfg.views.subjects import SubjectLine, subject_list
from tui.acting import Target
from tui.keys import key
from tui.screens.main import MainScreen
from tui.widgets.form.scan_field import ScanField
from tui.widgets.tables.lines import Cell, Lines


class SubjectsScreen(MainScreen):
    """Those whose number holds the text typed."""

    scans_into = "#text"
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
        yield ScanField(
            placeholder=str(Phrase("subject number, typed or scanned")), id="text", moves_on=False
        )
        yield Lines(
            Phrase("Subject"), Phrase("Arm"), Phrase("First TAE/TACE"), Phrase("Next dose"), id="subjects",
            nothing=Phrase("no subject fits"), spares=((3, 16),),
        )  # fmt: skip

    def on_mount(self) -> None:
        super().on_mount()
        self.query_one("#subjects", Lines).focus()

    @on(Input.Changed, "#text")
    def action_read(self) -> None:
        store, text = self.bench.store, self.query_one("#text", Input).value
        self.ask(lambda: subject_list(store, text=text), self._show)

    def _show(self, found: list[SubjectLine]) -> None:
        self.query_one("#subjects", Lines).fill((s.code, _cells(s)) for s in found)

    @on(ScanField.Scanned, "#text")
    def _scanned(self, event: ScanField.Scanned) -> None:
        """What fits one subject alone opens it, and a code what it names; else the cursor goes to what is left over."""
        store, text = self.bench.store, event.text
        if text.startswith(OUR_STARTS):
            self.look_for(text)
            return
        # A group of its own: the last letter's own question may come after this one.
        self.ask(
            lambda: subject_list(store, text=text),
            lambda found: self._answer_to(text, found),
            group="entered",
        )

    def _answer_to(self, text: str, found: list[SubjectLine]) -> None:
        if self.app.screen is not self or self.query_one("#text", ScanField).value != text:
            return  # something else is being typed by now
        self._show(found)
        if not found:
            self.look_for(text)
            return
        self.set_focus(self.query_one("#subjects", Lines))
        if len(found) == 1:
            self._open(found[0].code)

    def action_lines(self) -> None:
        """To the list."""
        self.set_focus(self.query_one("#subjects", Lines))

    @on(DataTable.RowSelected, "#subjects")
    def _selected(self, event: DataTable.RowSelected) -> None:
        if event.row_key.value:
            self._open(event.row_key.value)

    def _open(self, code: str) -> None:
        from tui.screens.subject import SubjectScreen

        self.open(SubjectScreen(code))

    def action_filter(self) -> None:
        """To the filter."""
        self.set_focus(self.query_one("#text", ScanField))

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
