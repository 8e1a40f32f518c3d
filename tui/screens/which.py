"""Which record an act is about, where its form shows what stands in that record: asked first, then the form opens."""

from collections.abc import Iterator
from dataclasses import replace
from typing import ClassVar

from textual import on
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.widget import Widget
from textual.widgets import Button

from inkt_mfg.language import Phrase
from inkt_mfg.refusal import Refusal
from inkt_mfg.views.called import Called, called
from inkt_mfg.workflow.bench import Bench
from inkt_mfg.workflow.catalogue import named
from tui import words
from tui.acting import Target
from tui.asking import No
from tui.forms.catalogue import form_for
from tui.forms.field import Entry, Field
from tui.keys import key
from tui.scanning import ScanKind
from tui.screens.act import unable
from tui.screens.house import HouseModal
from tui.widgets.form.form_body import FormBody
from tui.widgets.form.scan_field import ScanField
from tui.widgets.frame.plain import Plain


class WhichScreen(HouseModal[Target | None]):
    """Gives the act with its record and the batch or subject that hangs on; an unknown code is refused in place."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("escape", "back", Phrase("Back"), Phrase("Back without recording anything"), id="which.back"),
    ]

    def __init__(self, command: str) -> None:
        super().__init__()
        self._command = named(command)

    def content(self) -> Iterator[Widget]:
        assert self._command.on is not None, "only what is about a record asks which"
        of_lot = self._command.on.__name__ == "MaterialLot"
        code = Field(
            "on",
            Phrase("Code of the {record}", record=self._command.about),
            Entry.SCAN,
            scan=ScanKind.ANY_LOT if of_lot else ScanKind.ANY,
        )
        with VerticalScroll(classes="dialog", can_focus=False) as dialog:
            dialog.border_title = words.titled(self._command.title)
            yield Plain(str(Phrase("The pages of batches and subjects say the codes.")), classes="asks")
            yield FormBody((code,))
            yield Button(str(Phrase("Open the form")), id="go", variant="primary")

    def on_mount(self) -> None:
        self.query_one(FormBody).focus_first()

    @on(ScanField.Scanned)
    @on(Button.Pressed, "#go")
    def _look(self) -> None:
        bench, code = self.bench, self.query_one(FormBody).typed["on"].strip()
        target = Target(self._command.name, code)
        self.ask(lambda: _standing(bench, target), self._go_on)

    def _go_on(self, target: Target) -> None:
        self.dismiss(target)

    def refused(self, no: No) -> None:
        """Beside the code."""
        self.app.bell()
        blockers = no.blockers if isinstance(no, Refusal) else (unable(no),)
        body = self.query_one(FormBody)
        body.show([replace(b, field="on") if isinstance(no, Refusal) else b for b in blockers])
        self.query_one(ScanField).select_all()

    def action_back(self) -> None:
        """Nothing is opened."""
        self.dismiss(None)


def _standing(bench: Bench, target: Target) -> Target:
    """The act with everything its heading names. In a worker; raises Refusal for a code of no such record."""
    command = named(target.command)
    bench.blockers(command, target.on)  # refuses a code nobody has given; what else it says the form shows
    form_for(target.command, bench, target.on)
    try:
        found = called(bench.store, target.on)
    except Refusal:
        found = Called(target.on)  # a lot, say, is on no patient's page
    return replace(target, batch=found.batch, subject="" if found.batch else found.subject)
