"""Printing an infusion label: frozen, drawn, proofed, registered, stage by stage; then confirmed when it is in the hand.

A failing proof shows its findings and offers no print.
"""

from collections.abc import Iterator
from functools import partial
from typing import ClassVar

from textual import on
from textual.binding import BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.widget import Widget
from textual.widgets import Button, ProgressBar

from inkt_mfg.language import Phrase
from inkt_mfg.refusal import Blocker, Refusal
from inkt_mfg.views.batch_page import BatchPage, batch_page
from inkt_mfg.views.printers import printers
from inkt_mfg.workflow import labelling
from inkt_mfg.workflow.bench import Receipt
from tui.acting import Target, heading_of
from tui.asking import No
from tui.forms.field import Field
from tui.keys import key
from tui.printing import STAGES, Printed, print_label
from tui.screens.act import ActScreen, unable
from tui.screens.house import HouseScreen
from tui.widgets.form.form_body import FormBody
from tui.widgets.frame.plain import Plain

PRINTER = Field("printer", Phrase("Printer"), optional=True, hint=Phrase("where the site has registered one"))
REPRINT = Field(
    "reason",
    Phrase("Reason of a reprint"),
    optional=True,
    hint=Phrase("needed for every copy after the first"),
)


class LabelScreen(HouseScreen[Receipt | None]):
    """For a bag, or for a label that was prepared and waits for its proof."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key(
            "ctrl+s",
            "act",
            Phrase("Go on"),
            Phrase("Print and proof; then confirm the print"),
            id="label.do",
            priority=True,
        ),
        key("escape", "back", Phrase("Back"), Phrase("Back to the batch"), id="label.back"),
    ]

    def __init__(self, target: Target) -> None:
        super().__init__()
        self._target = target
        self._begun = target.on if target.command == "label.register" else None
        self._printed: Printed | None = None
        self._done = 0

    def content(self) -> Iterator[Widget]:
        yield Plain("…", id="heading", classes="heading")
        yield Plain(str(Phrase("Infusion label for {bag}", bag=self._target.on)), classes="asks")
        with VerticalScroll(id="form-place", can_focus=False):
            yield FormBody((REPRINT, PRINTER))
            yield ProgressBar(total=len(STAGES), show_eta=False, id="progress")
            yield Plain("", id="stages")
            yield Plain("", id="printed")
        yield Plain("", classes="hint")
        with Horizontal(id="act-bar"):
            yield Button(str(Phrase("Prepare, draw and proof")), id="do", variant="primary")
            yield Plain("", id="act-says")

    def on_mount(self) -> None:
        bench, target = self.bench, self._target

        def read() -> tuple[BatchPage, list[Blocker], tuple[str, ...]]:
            blocked = [] if self._begun else bench.blockers(labelling.prepare_label, target.on)
            return batch_page(bench.store, target.batch), blocked, printers(bench.store)

        self.ask(read, self._show)
        self._say_stages()
        self.query_one("#do", Button).focus()

    def _show(self, found: tuple[BatchPage, list[Blocker], tuple[str, ...]]) -> None:
        page, blockers, there = found
        self.query_one("#heading", Plain).update(heading_of(page))
        self.query_one(FormBody).show(blockers)
        earlier = any(label.container == self._target.on for label in page.labels)
        reprint, printer = self.query_one(FormBody).rows
        reprint.display, printer.display = earlier, bool(there)
        if len(there) == 1:
            printer.fill(there[0])

    # --- printing

    @on(Button.Pressed, "#do")
    def action_act(self) -> None:
        """Print, and once that is done confirm it."""
        button = self.query_one("#do", Button)
        if button.disabled:
            return
        button.disabled = True
        if self._printed is None:
            self._print()
        else:
            self._confirm(self._printed.serial)

    def _print(self) -> None:
        bench, bag = self.bench, self._target.on
        reason = self.query_one(FormBody).typed["reason"] or None
        self._done = 0
        self._say_stages()

        def reached(stage: int) -> None:
            self.call_later(partial(self._reached, stage))

        def print_it() -> Printed:
            # The serial is kept the moment it exists: whatever fails after it, the next try takes that label up.
            if self._begun is None:
                self._begun = bench.run(labelling.prepare_label, bag, reason=reason).code
            return print_label(bench, self._begun, reached)

        self.ask(print_it, self._is_printed, group="acting")

    def _reached(self, stage: int) -> None:
        self._done = stage + 1
        self.query_one(ProgressBar).update(progress=self._done)
        self._say_stages()

    def _say_stages(self) -> None:
        said = [f"{'✓' if n < self._done else '·'} {stage}" for n, stage in enumerate(STAGES)]
        self.query_one("#stages", Plain).update("\n".join(said))

    def _is_printed(self, printed: Printed) -> None:
        self._printed = printed
        dpi = ", ".join(f"{d:g}" for d in printed.dpi)
        lines = [
            f"✓ {Phrase('Label {serial} passed its proof at {dpi} dpi; {n} symbol readings.', serial=printed.serial, dpi=dpi, n=printed.symbols)}",
            f"  {Phrase('File')}: {printed.file}",
            f"  SHA-256: {printed.sha256}",
        ]
        if printed.attached:
            lines.append(f"! {Phrase('The papers must carry')}: {', '.join(printed.attached)}")
        self.query_one("#printed", Plain).update("\n".join(lines))
        button = self.query_one("#do", Button)
        button.label, button.disabled = str(Phrase("It came out of the printer")), False
        button.focus()
        self.query_one("#act-says", Plain).update(str(Phrase("Print the file, look at it, then confirm.")))

    def _confirm(self, serial: str) -> None:
        bench, printer = self.bench, self.query_one(FormBody).typed["printer"] or None
        self.ask(
            lambda: bench.run(labelling.confirm_printed, serial, printer=printer),
            self._confirmed,
            group="acting",
        )

    def _confirmed(self, receipt: Receipt) -> None:
        """What comes next is at the bag: the label applied, by scanning it."""
        self.house.told(receipt)
        self.app.switch_screen(ActScreen(Target("label.apply", receipt.code, self._target.batch)))

    def refused(self, no: No) -> None:
        """The proof's findings, or why it cannot be printed. A label prepared on the way is taken up again."""
        self.app.bell()
        self.query_one("#do", Button).disabled = False
        blockers = no.blockers if isinstance(no, Refusal) else (unable(no),)
        self.query_one(FormBody).show(blockers)

    def action_back(self) -> None:
        """A label that is proofed can be confirmed later."""
        self.dismiss(None)
