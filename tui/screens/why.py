"""Why an act cannot be done now: every reason, with the rule, the value and who can resolve it."""

from collections.abc import Iterator, Sequence
from typing import ClassVar

from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.widget import Widget

from inkt_mfg.language import Phrase
from inkt_mfg.refusal import Blocker
from tui.keys import key
from tui.screens.house import HouseModal
from tui.widgets.form.refusal_note import told
from tui.widgets.frame.plain import Plain


class WhyScreen(HouseModal[None]):
    """Reads only. With no reason to show it says that nothing stands in the way."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("escape,enter,w", "close", Phrase("Back"), Phrase("Back to where you were"), id="why.close"),
    ]

    def __init__(self, act: str, blockers: Sequence[Blocker]) -> None:
        super().__init__()
        self._act, self._blockers = act, blockers

    def content(self) -> Iterator[Widget]:
        with VerticalScroll(classes="dialog") as dialog:
            dialog.border_title = str(Phrase("Why?"))
            yield Plain(self._act, classes="strong")
            if not self._blockers:
                yield Plain(f"✓ {Phrase('Nothing stands in the way: it can be done now.')}", classes="asks")
            else:
                yield Plain(
                    str(Phrase("Reasons it cannot be done now: {n}", n=len(self._blockers))), classes="dim"
                )
            for blocker in self._blockers:
                yield Plain(told(blocker), classes="reason")

    def on_mount(self) -> None:
        self.query_one(VerticalScroll).focus()

    def action_close(self) -> None:
        """Back."""
        self.dismiss(None)
