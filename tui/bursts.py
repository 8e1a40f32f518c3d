"""Keys that come while no field waits for them: one by itself is a command of the screen, a burst of them is a scan.

The app asks ``took`` for every key it has no field for. A letter or figure with a meaning of its own is held for a moment:
when another follows at a scanner's pace, or when the first has no meaning here, all of it goes to the screen's
``scan_begins``. Where a screen has no place for a scan it is swallowed up to its Enter, and refused.
"""

from time import monotonic
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from textual import events
from textual.timer import Timer

if TYPE_CHECKING:
    from tui.app import InktApp

HELD = 0.08  # seconds: a scanner's next character is there within a few milliseconds, a hand's hardly
TOGETHER = 0.3  # seconds within which an Enter still ends the scan before it, and is not a hand's
_AIM_AND_ISBT = "]=&"  # what a symbol's text begins with beside letters and figures
_ENDS = frozenset({"enter", "ctrl+d", "ctrl+j"})


@runtime_checkable
class ToldOfScans(Protocol):
    """Every screen behind the log-in."""

    def scan_begins(self, text: str) -> bool: ...
    def scan_refused(self, text: str) -> None: ...


class Bursts:
    """Of one app. It looks at no record and opens nothing: the screen decides."""

    def __init__(self, app: "InktApp") -> None:
        self._app = app
        self._held: events.Key | None = None
        self._let_go_at: Timer | None = None
        self._swallowed, self._came_at = "", 0.0

    @property
    def holds(self) -> bool:
        """Whether a key waits to be told from the beginning of a scan."""
        return self._held is not None

    async def took(self, event: events.Key) -> bool:
        """Whether this key belongs to a scan, or waits to be told from one. Asked in the order of the keys."""
        if not self._listens:
            self._forget()
            return False
        if event.is_printable and event.character is not None:
            return await self._printable(event, event.character)
        await self._let_go()
        return self._ended(event)

    @property
    def _listens(self) -> bool:
        """Not before a log-in, while locked, in the palette, or in anything that is typed into."""
        app = self._app
        if not app.takes_scans or not isinstance(app.screen, ToldOfScans):
            return False
        focused = app.focused
        return focused is None or not focused.check_consume_key("a", "a")

    async def _printable(self, event: events.Key, character: str) -> bool:
        if self._swallowed and monotonic() - self._came_at < TOGETHER:
            self._swallow(self._swallowed + character)
            return True
        self._swallowed = ""
        if self._held is not None and self._held.key != event.key:
            text = f"{self._held.character}{character}"
            self._forget()
            self._begin(text)
            return True
        await self._let_go()  # a key that is held down comes again and again
        if event.key in self._app.screen.active_bindings:
            return self._hold(event, character)
        if character.isspace():
            return False
        self._begin(character)
        return True

    def _hold(self, event: events.Key, character: str) -> bool:
        """A key with a meaning of its own, where a scan may begin with it."""
        if not character.isalnum() and character not in _AIM_AND_ISBT:
            return False
        self._held = event
        self._let_go_at = self._app.set_timer(HELD, self._let_go)
        return True

    async def _let_go(self) -> None:
        """Nothing followed: the key means what it means, done before any key after it."""
        held = self._held
        self._forget()
        if held is not None and self._listens:
            await self._app._check_bindings(held.key)  # noqa: SLF001 — no queue: the next key comes after it

    def _forget(self) -> None:
        self._held = None
        if self._let_go_at is not None:
            self._let_go_at.stop()
            self._let_go_at = None

    def _begin(self, text: str) -> None:
        screen = self._app.screen
        if not isinstance(screen, ToldOfScans) or not screen.scan_begins(text):
            self._swallow(text)

    def _swallow(self, text: str) -> None:
        self._swallowed, self._came_at = text, monotonic()

    def _ended(self, event: events.Key) -> bool:
        """Whether this is the Enter of a scan that has no place here; it presses no button."""
        text, self._swallowed = self._swallowed, ""
        if not text or event.key not in _ENDS or monotonic() - self._came_at > TOGETHER:
            return False
        screen = self._app.screen
        if isinstance(screen, ToldOfScans):
            screen.scan_refused(text)
        return True
