"""The terminal application: opens the records behind the log-in screen, holds the person's bench, locks when idle.

``run`` is what ``inkt tui`` calls. Only Textual may be heavy here: everything of the floors below is imported after the
login screen has painted, in a worker. It shows nothing of a record before a log-in and nothing while it is locked.
"""

import sys
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from textual import events
from textual.app import App, SystemCommand
from textual.binding import BindingType
from textual.filter import LineFilter
from textual.screen import ModalScreen, Screen

from inkt_mfg.language import Phrase, choose_language
from tui.asking import Asking, No, our_own_bug
from tui.bursts import Bursts
from tui.day_end import EVERY_SECONDS, Midnight, leave
from tui.keys import in_this_language, key, our_keys
from tui.screens.login import LoginScreen
from tui.widgets.frame.plain import NothingObeyed

if TYPE_CHECKING:
    from textual.command import Provider

    from inkt_mfg.store.unit_of_work import Store
    from inkt_mfg.views.site_card import SiteFace
    from inkt_mfg.workflow.bench import Bench, Receipt

_NOTHING_OBEYED = NothingObeyed()
# The second person stands at this very screen: the first reading must not stay on it.
BLIND = Phrase("recorded; a second person reads the source again without seeing these figures")


def _acts_provider() -> "type[Provider]":
    """The palette's acts, imported when the palette is first opened."""
    from tui.palette import Acts

    return Acts


class InktApp(Asking, App[None]):
    """One terminal. ``open_store`` is called in a worker; ``idle_seconds`` is for tests, a site's setting otherwise."""

    TITLE = "iNKT batch records"
    COMMANDS: ClassVar = App.COMMANDS | {_acts_provider}
    BINDINGS: ClassVar[list[BindingType]] = [
        key(
            "ctrl+l",
            "lock",
            Phrase("Lock"),
            Phrase("Lock the terminal; what is typed stays"),
            id="app.lock",
            priority=True,
        ),
        key("f1", "keys", Phrase("Keys"), Phrase("Every key of this screen"), id="app.keys", priority=True),
        key(
            "ctrl+q",
            "quit",
            Phrase("Quit"),
            Phrase("Leave the program"),
            id="app.quit",
            priority=True,
        ),
        key(
            "ctrl+p",
            "command_palette",
            Phrase("Find"),
            Phrase("Every act you may do"),
            id="app.palette",
            show=False,
            priority=True,
        ),
    ]

    def __init__(
        self, open_store: "Callable[[], Store]", workstation: str, *, idle_seconds: float | None = None
    ) -> None:
        super().__init__()
        self._bindings = in_this_language(self._bindings)
        self.workstation = workstation
        self.store: Store | None = None
        self.face: SiteFace | None = None
        self._open_store = open_store
        self._bench: Bench | None = None
        self._idle_seconds = idle_seconds
        self._locked = False
        self._kept_answers: list[Callable[[], object]] = []
        self._midnight = Midnight()
        self.bursts = Bursts(self)

    # --- opening

    def on_mount(self) -> None:
        self.push_screen(LoginScreen())
        self.set_interval(1.0, self._lock_if_idle)
        self.set_interval(EVERY_SECONDS, self._seal_a_day_that_ended)
        self.call_after_refresh(self.open_records)

    def open_records(self) -> None:
        """Import the floors below and open the store, in a worker, after the first paint."""
        open_store = self._open_store

        def opened() -> "tuple[Store, SiteFace]":
            from inkt_mfg.views.site_card import site_face

            store = open_store()
            return store, site_face(store)

        self.ask(opened, self._opened, group="opening", refused=self._not_opened)

    def _opened(self, found: "tuple[Store, SiteFace]") -> None:
        self.store, self.face = found
        if isinstance(self.screen, LoginScreen):
            self.screen.opened(self.face)

    def _not_opened(self, no: No) -> None:
        if isinstance(self.screen, LoginScreen):
            self.screen.not_opened(no)

    def speak(self, language: str, user_name: str) -> None:
        """Another language from here on; only the login screen offers it."""
        choose_language(language)
        self._bindings = in_this_language(self._bindings)
        self.switch_screen(LoginScreen(user_name))

    # --- who is here

    @property
    def bench(self) -> "Bench":
        """The bench of whoever is logged in."""
        assert self._bench is not None, "no screen asks for it before a log-in"
        return self._bench

    def enter(self, bench: "Bench") -> None:
        """Somebody has logged in: first a password of their own, then the statement, then the day board."""
        from tui.screens.day_board import DayBoardScreen
        from tui.screens.password import PasswordScreen
        from tui.screens.statement import StatementScreen

        self._bench = bench
        if self._idle_seconds is not None:
            bench.sitting.limit = self._idle_seconds
        if bench.person.must_change_password:
            self.switch_screen(PasswordScreen())
        elif bench.person.must_accept:
            self.switch_screen(StatementScreen())
        else:
            self.switch_screen(DayBoardScreen())

    def to_the_board(self, bench: "Bench") -> None:
        """The statement was read, at the log-in or from the palette: on to the day board."""
        from tui.screens.day_board import DayBoardScreen

        self._bench = bench
        self.go_to(DayBoardScreen())

    def log_out(self) -> None:
        """Back to the login screen; whatever is open is closed."""
        self.workers.cancel_all()  # nobody is left to hear their answers
        self.leave()
        self._bench, self._locked = None, False
        self._kept_answers.clear()
        while len(self.screen_stack) > 2:
            self.pop_screen()
        self.switch_screen(LoginScreen())

    def leave(self) -> None:
        """Whoever had the seal key unlocked goes: the day is sealed, the key forgotten."""
        thread = None if self._bench is None else leave(self._bench)
        if thread is not None and not self.is_running:
            thread.join()

    def _seal_a_day_that_ended(self) -> None:
        if self._bench is not None and self._midnight.has_passed(self._bench):
            from inkt_mfg.workflow.sealing import end_of_day

            bench = self._bench
            self.ask(lambda: end_of_day(bench), lambda _receipt: None, group="sealing")

    def unlock_seal_key(self) -> None:
        """Its passphrase, once; from here on releases and the day's end are sealed."""
        from tui.screens.seal_key import SealKeyScreen

        self.push_screen(SealKeyScreen())

    def seal_now(self) -> None:
        """A seal on demand, with the key that is unlocked."""
        from inkt_mfg.workflow.sealing import seal

        bench = self.bench
        self.ask(lambda: seal(bench), self.told, group="sealing")

    def get_line_filters(self) -> Sequence[LineFilter]:
        """As Textual's own, and nothing of a record is obeyed by the terminal."""
        return [*super().get_line_filters(), _NOTHING_OBEYED]

    def go_to(self, screen: Screen[Any]) -> None:
        """Another of the main screens instead of those open now."""
        while len(self.screen_stack) > 2:
            self.pop_screen()
        self.switch_screen(screen)

    def told(self, receipt: "Receipt") -> None:
        """What a command said, where everybody looks for it."""
        blind = receipt.command == "body.measure"
        self.notify(f"✓ {receipt.code} {BLIND}" if blind else f"✓ {receipt.says}", timeout=6, markup=False)

    @property
    def typing_begun(self) -> bool:
        """Whether any open form holds something that is not recorded."""
        return any(getattr(screen, "typing_begun", False) for screen in self.screen_stack)

    # --- locking

    def action_keys(self) -> None:
        """What every key does here, also those the footer has no room for."""
        from tui.screens.keys import KeysScreen

        told: dict[str, tuple[str, str, str]] = {}
        for active in self.screen.active_bindings.values():
            one = active.binding
            if one.id in our_keys() and one.action not in told:
                told[one.action] = (self.get_key_display(one), one.description, one.tooltip)
        self.push_screen(KeysScreen(tuple(told.values())))

    def action_lock(self) -> None:
        """Hide everything until the same person's password."""
        if self._bench is None or self._locked:
            return
        from tui.screens.lock import LockScreen

        self._locked = True
        self._bench.lock()
        self.push_screen(LockScreen())

    def _lock_if_idle(self) -> None:
        if self._bench is not None and self._bench.sitting.away:
            self.action_lock()

    def unlocked(self, bench: "Bench") -> None:
        """The same person is back; answers that came meanwhile are given now."""
        self._bench, self._locked = bench, False
        self.pop_screen()
        kept, self._kept_answers = self._kept_answers, []
        for answer in kept:
            answer()

    def when_unlocked(self, answer: Callable[[], object]) -> None:
        """Give an answer to its screen, or keep it while the terminal is locked. Called from worker threads."""
        if self._locked:
            self._kept_answers.append(answer)
        else:
            answer()

    # --- keys

    async def on_event(self, event: events.Event) -> None:
        """Every key is noticed; those of a scan are taken at once, so that two never mix and none opens anything else."""
        if isinstance(event, events.InputEvent) and not event.is_forwarded:
            if self._woken():
                return
            if isinstance(event, events.Key) and (self._scanned(event) or await self.bursts.took(event)):
                return
        await super().on_event(event)

    def _woken(self) -> bool:
        """Whether this key finds a terminal nobody has touched for too long: it locks, and goes nowhere else."""
        if self._bench is None or self._locked:
            return False
        if self._bench.sitting.away:
            self.action_lock()
            return True
        self._bench.sitting.touched()
        return False

    @property
    def takes_scans(self) -> bool:
        """Whether somebody is here to whom a scan could show anything."""
        return self._bench is not None and not self._locked

    def _scanned(self, event: events.Key) -> bool:
        take_key: Callable[[events.Key], bool] | None = getattr(self.focused, "take_key", None)
        return take_key is not None and take_key(event)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """No palette before a log-in, nor over a form or the lock."""
        if action == "command_palette":
            return self._bench is not None and not self._locked and getattr(self.screen, "may_leave", False)
        if action == "keys":
            return self.takes_scans and not isinstance(self.screen, ModalScreen)
        if action == "lock":
            return self._bench is not None and not self._locked
        return super().check_action(action, parameters)

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """Theme and quitting; everything else in the palette is an act of the house, on whichever screen."""
        del screen
        yield SystemCommand(
            str(Phrase("Theme")),
            str(Phrase("Other colours, or the terminal's own")),
            self.action_change_theme,
        )
        if self._bench is not None and self._bench.oversees:
            says = Phrase("Who may do what, last log-ins, failed attempts")
            yield SystemCommand(str(Phrase("People of the site")), str(says), self._show_people)
        if self._bench is not None:
            yield SystemCommand(str(Phrase("Log out")), str(Phrase("Back to the login screen")), self.log_out)
            yield from self._of_the_seal(self._bench)
        yield SystemCommand(str(Phrase("Quit")), str(Phrase("Leave the program")), self.action_quit)

    def _of_the_seal(self, bench: "Bench") -> Iterable[SystemCommand]:
        from inkt_mfg.workflow.permissions import Permission

        if not bench.may(Permission.SEAL_LEDGER):
            return
        if bench.sealing.unlocked:
            about = Phrase("Every entry there is, with the key that is unlocked here")
            yield SystemCommand(str(Phrase("Seal the ledger")), str(about), self.seal_now)
        else:
            about = Phrase("Releases and the day's end are sealed until you log out")
            yield SystemCommand(str(Phrase("Unlock the seal key")), str(about), self.unlock_seal_key)

    def _show_people(self) -> None:
        from tui.screens.people import PeopleScreen

        self.go_to(PeopleScreen())

    async def action_quit(self) -> None:
        """Leave; asks when something typed is not recorded."""
        if not self.typing_begun:
            self.exit()
            return
        from tui.screens.sure import SureScreen

        self.push_screen(
            SureScreen(Phrase("What you typed is not recorded. Quit all the same?")), self._quit_if
        )

    def _quit_if(self, sure: bool | None) -> None:
        if sure:
            self.exit()

    def _fatal_error(self) -> None:
        # Textual's own prints every local variable, and a patient's name would stay on an unattended terminal.
        from rich.console import Group
        from rich.text import Text
        from rich.traceback import Traceback

        self.bell()
        bug = sys.exc_info()[1]
        assert bug is not None, "Textual calls this while it handles an exception"
        self.panic(Group(Text(str(our_own_bug(bug))), Traceback(show_locals=False, suppress=["textual"])))


def run(open_store: "Callable[[], Store]", workstation: str) -> int:
    """Run the terminal application until the person leaves; its exit code. The store is opened, and closed, here."""
    app = InktApp(open_store, workstation)
    try:
        app.run()
    finally:
        app.leave()
        if app.store is not None:
            app.store.close()
    return app.return_code or 0
