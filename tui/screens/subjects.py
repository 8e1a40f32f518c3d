"""The list of subjects; pseudonymous. Enter opens one; a physician enrols here."""

from collections.abc import Callable, Iterator
from typing import Any, ClassVar

from rich.text import Text
from textual.binding import BindingType
from textual.screen import Screen
from textual.widget import Widget

from inkt_mfg.language import Phrase
from inkt_mfg.views.subjects import SubjectLine, subject_list
from tui.acting import Target
from tui.keys import key
from tui.screens.filtered import FilteredScreen
from tui.widgets.form.scan_field import ScanField
from tui.widgets.tables.lines import Cell, Lines


class SubjectsScreen(FilteredScreen[SubjectLine]):
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
        yield ScanField(
            placeholder=str(Phrase("subject number, typed or scanned")), id="text", moves_on=False
        )
        yield Lines(
            Phrase("Subject"), Phrase("Arm"), Phrase("First TAE/TACE"), Phrase("Next dose"), id="subjects",
            nothing=Phrase("no subject fits"), spares=((3, 16),),
        )  # fmt: skip

    def question(self, text: str) -> Callable[[], list[SubjectLine]]:
        store = self.bench.store
        return lambda: subject_list(store, text=text)

    def row(self, line: SubjectLine) -> tuple[str, list[Cell]]:
        return line.code, _cells(line)

    def page(self, code: str) -> Screen[Any]:
        from tui.screens.subject import SubjectScreen

        return SubjectScreen(code)

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
