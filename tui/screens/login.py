"""The first screen, and the only one before somebody has logged in (R20): user name, password, language.

It paints before the records are opened, which is slow; a log-in pressed early waits for them. It shows no record.
"""

from typing import TYPE_CHECKING, ClassVar, cast

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.screen import Screen
from textual.widgets import Button, Input, Static

from inkt_mfg.language import LANGUAGES, Phrase, current_language
from inkt_mfg.refusal import Refusal
from tui.asking import Asking, No
from tui.keys import in_this_language, key
from tui.widgets.form.quick_input import QuickInput
from tui.widgets.frame.plain import Plain
from tui.widgets.frame.steady_footer import SteadyFooter
from tui.widgets.frame.training_banner import TrainingBanner

if TYPE_CHECKING:
    from inkt_mfg.views.site_card import SiteFace
    from inkt_mfg.workflow.bench import Bench
    from tui.app import InktApp

WORDMARK = "iNKT  ·  batch records"


class LoginScreen(Asking, Screen[None]):
    """Keeps the user name typed when the password was wrong or the language is changed; never the password."""

    CSS_PATH = "login.tcss"
    AUTO_FOCUS = "#user-name"
    BINDINGS: ClassVar[list[BindingType]] = [
        key("f2", "language", Phrase("中文 / English"), Phrase("The other language"), id="login.language"),
        key(
            "f5",
            "open_again",
            Phrase("Try again"),
            Phrase("Open the records again"),
            id="login.open_again",
            show=False,
        ),
    ]

    def __init__(self, user_name: str = "", says: str = "") -> None:
        super().__init__()
        self._bindings = in_this_language(self._bindings)
        self._user_name, self._says = user_name, says
        self._waiting = self._shut = False

    def compose(self) -> ComposeResult:
        with Vertical(id="login-box"):
            yield Plain(WORDMARK, id="wordmark")
            yield Plain(str(Phrase("opening the records…")), id="site")
            yield Static(str(Phrase("User name")), classes="login-label")
            yield QuickInput(self._user_name, id="user-name", compact=False)
            yield Static(str(Phrase("Password")), classes="login-label")
            yield QuickInput(password=True, id="password", compact=False, moves_on=False)
            yield Static(str(Phrase("Code of the authenticator")), classes="login-label", id="code-label")
            yield QuickInput(id="code", compact=False, moves_on=False)
            yield Button(str(Phrase("Log in")), id="log-in", variant="primary")
            yield Plain(self._says, id="login-says")
        yield SteadyFooter()

    @property
    def house(self) -> "InktApp":
        return cast("InktApp", self.app)

    def on_mount(self) -> None:
        if self._user_name:
            self.query_one("#password", Input).focus()
        self._ask_code(asked=False)
        if self.house.face is not None:
            self.opened(self.house.face)

    # --- the site

    def opened(self, face: "SiteFace") -> None:
        """The records are open: whose they are may be shown, and a log-in that waited goes on."""
        self.query_one("#site", Plain).update(f"{face.code} · {face.name} · {self.house.workstation}")
        if not self.query(TrainingBanner):
            self.mount(TrainingBanner(training=face.training), before=0)
        if self._waiting:
            self._log_in()

    def not_opened(self, no: No) -> None:
        """The records cannot be opened: why, and that it can be tried again."""
        self._waiting, self._shut = False, True
        self.query_one("#site", Plain).update(str(Phrase("The records are not open. F5 tries again.")))
        self._say(str(no))

    def action_open_again(self) -> None:
        """After the disk is back, say."""
        self._shut = False
        self._say("")
        self.query_one("#site", Plain).update(str(Phrase("opening the records…")))
        self.house.open_records()

    def action_language(self) -> None:
        """English to Chinese and back; the user name typed stays."""
        languages = list(LANGUAGES)
        following = languages[(languages.index(current_language()) + 1) % len(languages)]
        self.house.speak(following, self.query_one("#user-name", Input).value)

    # --- logging in

    def _ask_code(self, *, asked: bool) -> None:
        """The code's field is there for whoever is asked for one, and for nobody else."""
        for widget in self.query("#code, #code-label"):
            widget.display = asked
        self.query_one("#code", Input).value = ""

    @on(Input.Changed, "#user-name")
    def _somebody_else(self) -> None:
        self._ask_code(asked=False)

    @on(Input.Submitted, "#password")
    @on(Input.Submitted, "#code")
    @on(Button.Pressed, "#log-in")
    def _pressed(self) -> None:
        self._log_in()

    def _log_in(self) -> None:
        self._waiting = self.house.store is None
        if self._waiting:
            if self._shut:  # nobody is opening them any more
                self.action_open_again()
            self._say(str(Phrase("opening the records…")))
            return
        name = self.query_one("#user-name", Input).value.strip()
        password = self.query_one("#password", Input).value
        code = self.query_one("#code", Input).value
        store, workstation = self.house.store, self.house.workstation

        def attempt() -> "Bench":
            from inkt_mfg.workflow.bench import log_in  # SQLModel is slow to import: after the first paint
            from inkt_mfg.workflow.signing import Credentials

            assert store is not None
            return log_in(store, Credentials(name, password, code), workstation)

        self.query_one("#log-in", Button).disabled = True
        self._say(str(Phrase("checking…")))
        self.ask(attempt, self.house.enter)

    def refused(self, no: No) -> None:
        """Wrong name, password or locked account: said beneath, the name kept, the password gone."""
        self.app.bell()
        self.query_one("#log-in", Button).disabled = False
        self._say(f"✗ {no}")
        if isinstance(no, Refusal) and no.first.field == "code":  # the password was right, and is kept for it
            self._ask_code(asked=True)
            self.set_focus(self.query_one("#code", Input))
            return
        self._ask_code(asked=False)
        password = self.query_one("#password", Input)
        password.value = ""
        self.set_focus(password)

    def _say(self, text: str) -> None:
        self.query_one("#login-says", Plain).update(text)
