"""One question before something typed is thrown away."""

from collections.abc import Iterator
from typing import ClassVar

from textual import on
from textual.binding import BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.widget import Widget
from textual.widgets import Button

from inkt_mfg.language import Phrase
from tui.keys import key
from tui.screens.house import HouseModal
from tui.widgets.frame.plain import Plain


class SureScreen(HouseModal[bool]):
    """True: yes, throw it away. The safe answer has the focus."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("escape,n", "no", Phrase("No"), Phrase("Keep what is typed"), id="sure.no"),
        key("y", "yes", Phrase("Yes"), Phrase("Throw it away"), id="sure.yes"),
    ]

    def __init__(self, question: Phrase) -> None:
        super().__init__()
        self._question = question

    def content(self) -> Iterator[Widget]:
        with VerticalScroll(classes="dialog small", can_focus=False):
            yield Plain(str(self._question), classes="strong")
            with Horizontal(classes="buttons"):
                yield Button(str(Phrase("No, go back")), id="no", variant="primary")
                yield Button(str(Phrase("Yes")), id="yes")

    def on_mount(self) -> None:
        self.query_one("#no", Button).focus()

    @on(Button.Pressed)
    def _answered(self, event: Button.Pressed) -> None:
        self.dismiss(event.button.id == "yes")

    def action_no(self) -> None:
        """Keep it."""
        self.dismiss(False)

    def action_yes(self) -> None:
        """Throw it away."""
        self.dismiss(True)
