"""The plain screen of a locked terminal: nothing of the record shows; the same person's password brings it back (R27).

What was half typed stays beneath, untouched. Another person logs in only after this one is logged out.
"""

from collections.abc import Iterator
from typing import ClassVar

from textual import on
from textual.binding import BindingType
from textual.containers import Vertical
from textual.widget import Widget
from textual.widgets import Button, Input

from inkt_mfg.language import Phrase
from tui.asking import No
from tui.keys import key
from tui.screens.house import HouseScreen
from tui.screens.sure import SureScreen
from tui.widgets.form.quick_input import QuickInput
from tui.widgets.frame.plain import Plain


class LockScreen(HouseScreen[None]):
    """Opens only to the person it was locked for."""

    AUTO_FOCUS = "#password"
    BINDINGS: ClassVar[list[BindingType]] = [
        key(
            "ctrl+o", "log_out", Phrase("Log out"), Phrase("Somebody else works here now"), id="lock.log_out"
        ),
    ]

    def content(self) -> Iterator[Widget]:
        with Vertical(id="lock-box"):
            yield Plain(str(Phrase("Locked")), classes="strong")
            yield Plain(
                str(Phrase("What {name} was doing is kept as it is.", name=self.bench.person.full_name))
            )
            yield Plain(str(Phrase("Password of {name}", name=self.bench.person.user_name)), classes="dim")
            yield QuickInput(password=True, id="password", compact=False, moves_on=False)
            yield Button(str(Phrase("Unlock")), id="unlock", variant="primary")
            yield Plain("", id="lock-says")

    @on(Input.Submitted, "#password")
    @on(Button.Pressed, "#unlock")
    def _unlock(self) -> None:
        bench, password = self.bench, self.query_one("#password", Input).value
        self.query_one("#unlock", Button).disabled = True
        self.ask(lambda: bench.unlock(password), self.house.unlocked, past_lock=True)

    def refused(self, no: No) -> None:
        """It stays locked."""
        self.app.bell()
        self.query_one("#unlock", Button).disabled = False
        self.query_one("#lock-says", Plain).update(f"✗ {no}")
        password = self.query_one("#password", Input)
        password.value = ""
        self.set_focus(password)

    def action_log_out(self) -> None:
        """Throws away what is typed beneath; asks when there is something."""
        if not self.house.typing_begun:
            self.house.log_out()
            return
        question = Phrase(
            "What {name} has typed is not recorded. Throw it away?", name=self.bench.person.full_name
        )
        self.app.push_screen(SureScreen(question), self._log_out_if)

    def _log_out_if(self, sure: bool | None) -> None:
        if sure:
            self.house.log_out()
