"""The dose check: nothing is typed; the command works it out from the record, and the derivation is shown line by line."""

from collections.abc import Iterator
from typing import ClassVar

from textual import on
from textual.binding import BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.widget import Widget
from textual.widgets import Button

from inkt_mfg.language import Phrase
from inkt_mfg.refusal import Blocker, Refusal
from inkt_mfg.units import show
from inkt_mfg.views.batch_page import BatchPage, batch_page
from inkt_mfg.workflow import formulation
from inkt_mfg.workflow.bench import Receipt
from tui.acting import Target, heading_of
from tui.asking import No
from tui.keys import key
from tui.screens.act import unable
from tui.screens.house import HouseScreen
from tui.widgets.batch.dose import DosePane
from tui.widgets.form.refusal_note import RefusalNote
from tui.widgets.frame.plain import Plain


class DoseScreen(HouseScreen[Receipt | None]):
    """First what the dose will be worked out from, then what it came to."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key(
            "ctrl+s",
            "act",
            Phrase("Check the dose"),
            Phrase("Work the dose out from the record"),
            id="dose.do",
            priority=True,
        ),
        key("escape", "back", Phrase("Back"), Phrase("Back to the batch"), id="dose.back"),
    ]

    def __init__(self, target: Target) -> None:
        super().__init__()
        self._target = target
        self._version = target.seen_version
        self._receipt: Receipt | None = None

    def content(self) -> Iterator[Widget]:
        yield Plain("…", id="heading", classes="heading")
        yield Plain(
            str(Phrase("The dose follows from the record alone; nothing is typed here.")), classes="asks"
        )
        with VerticalScroll(id="form-place"):
            yield RefusalNote(id="refused-form")
            yield Plain("", id="from-what")
            yield DosePane(id="dose")
        with Horizontal(id="act-bar"):
            yield Button(str(Phrase("Check the dose")), id="do", variant="primary", disabled=True)
            yield Plain("", id="act-says")

    def on_mount(self) -> None:
        bench, on = self.bench, self._target.on

        def read() -> tuple[BatchPage, list[Blocker]]:
            return batch_page(bench.store, on), bench.blockers(formulation.assess_dose, on)

        self.ask(read, self._show)

    def _show(self, found: tuple[BatchPage, list[Blocker]]) -> None:
        page, blockers = found
        self._version = page.version if self._version is None else self._version
        self.query_one("#heading", Plain).update(heading_of(page))
        self.query_one("#from-what", Plain).update(_from_what(page))
        self.query_one(RefusalNote).show(*blockers)
        self._draw(page)
        self.query_one("#do", Button).disabled = bool(blockers)
        (self.query_one("#form-place") if blockers else self.query_one("#do")).focus()

    def _draw(self, page: BatchPage) -> None:
        assessed = self.shown_moment(page.dose.assessed_at if page.dose else None)
        self.query_one(DosePane).show_dose(page.dose, assessed)

    @on(Button.Pressed, "#do")
    def action_act(self) -> None:
        """Run the command; once it has happened the button leads back."""
        if self._receipt is not None:
            self.dismiss(self._receipt)
            return
        if self.query_one("#do", Button).disabled:
            return
        bench, on, version = self.bench, self._target.on, self._version

        def run() -> tuple[Receipt, BatchPage]:
            receipt = bench.run(formulation.assess_dose, on, seen_version=version)
            return receipt, batch_page(bench.store, on)

        self.query_one("#do", Button).disabled = True
        self.ask(run, self._done, group="acting")

    def _done(self, found: tuple[Receipt, BatchPage]) -> None:
        self._receipt, page = found
        self.house.told(self._receipt)
        self.query_one("#from-what", Plain).display = False
        self._draw(page)
        button = self.query_one("#do", Button)
        button.disabled, button.label = False, str(Phrase("Back to the batch"))
        button.focus()

    def refused(self, no: No) -> None:
        """Every reason, above the inputs."""
        self.app.bell()
        self.query_one(RefusalNote).show(*(no.blockers if isinstance(no, Refusal) else (unable(no),)))
        self.query_one("#do", Button).disabled = False

    def action_back(self) -> None:
        """Back; a dose that was checked stays checked."""
        self.dismiss(self._receipt)


def _from_what(page: BatchPage) -> str:
    """The newest count and the bags, so that a person sees before the command what it will use."""
    count = page.counts[-1] if page.counts else None
    counted = f"{count.code} ({count.point}): {show(count.viable_cell_density)}" if count else "–"
    bags = ", ".join(c.code for c in page.containers) or "–"
    return f"{Phrase('Newest count')}: {counted}\n{Phrase('Bags')}: {bags}\n"
