"""A password of one's own before anything else (R26): old, new, and the new one again."""

from collections.abc import Iterator
from dataclasses import replace
from typing import ClassVar

from textual import on
from textual.binding import BindingType
from textual.widget import Widget
from textual.widgets import Button

from inkt_mfg.language import Phrase
from inkt_mfg.refusal import Blocker, Refusal
from inkt_mfg.workflow import people
from inkt_mfg.workflow.bench import Bench, log_in
from inkt_mfg.workflow.signing import Credentials
from tui.asking import No
from tui.forms.field import Entry, Field
from tui.forms.site import NEW, OLD
from tui.keys import key
from tui.screens.house import HouseScreen
from tui.widgets.form.form_body import FormBody
from tui.widgets.frame.plain import Plain

AGAIN = Field("new_password_again", Phrase("New password again"), Entry.SECRET)


class PasswordScreen(HouseScreen[None]):
    """Leads to the day board under the new password, or back to the login screen."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key(
            "ctrl+s",
            "change",
            Phrase("Change it"),
            Phrase("Check and record the new password"),
            id="password.do",
            priority=True,
        ),
        key("escape", "log_out", Phrase("Log out"), Phrase("Back to the login screen"), id="password.back"),
    ]

    def content(self) -> Iterator[Widget]:
        yield Plain(str(Phrase("A password of your own")), classes="heading")
        yield Plain(
            str(
                Phrase(
                    "{name}, choose a password nobody else knows before anything else.",
                    name=self.bench.person.full_name,
                )
            ),
            classes="asks",
        )
        shortest = self.house.face.password_min_length if self.house.face is not None else 0
        asked = Phrase("at least {shortest} characters that nobody would guess", shortest=shortest)
        now = replace(OLD, label=Phrase("Password you logged in with"))
        yield FormBody((now, replace(NEW, hint=asked), AGAIN))
        yield Plain("", classes="hint")
        yield Button(str(Phrase("Change the password")), id="do", variant="primary")

    def on_mount(self) -> None:
        self.query_one(FormBody).focus_first()

    @on(Button.Pressed, "#do")
    def action_change(self) -> None:
        """Both new ones must agree; the rest is the workflow's to judge."""
        body = self.query_one(FormBody)
        typed = body.typed
        if typed[NEW.name] != typed[AGAIN.name]:
            body.show([_differ()])
            return
        bench = self.bench

        def change() -> Bench:
            bench.run(people.change_password, old_password=typed[OLD.name], new_password=typed[NEW.name])
            # Not a session of its own: who has a second factor has just given its code.
            return log_in(
                bench.store,
                Credentials(bench.person.user_name, typed[NEW.name]),
                bench.workstation,
                entry="person.log_in_anew",
            )

        self.ask(change, self.house.enter, group="acting")

    def refused(self, no: No) -> None:
        """Beside the field it names."""
        self.app.bell()
        if isinstance(no, Refusal):
            self.query_one(FormBody).show(no.blockers)
        else:
            super().refused(no)

    def action_log_out(self) -> None:
        """The old password stays."""
        self.house.log_out()


def _differ() -> Blocker:
    return Blocker(
        "R26", Phrase("the two new passwords differ"), Phrase("the same password twice"), field=AGAIN.name
    )
