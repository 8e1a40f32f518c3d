"""Where one is and as whom: site, person and role, workstation, and the time with its offset."""

from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

from textual.app import ComposeResult
from textual.containers import Horizontal

from inkt_mfg.moments import show_moment
from tui.widgets.frame.plain import Plain

_EVERY = 15  # seconds; the minute on the screen is never far behind


class TopBar(Horizontal):
    """One line; ``now`` is the store's clock: the machine's own, or at a training site the shifted one."""

    DEFAULT_CSS = """
    TopBar { height: 1; background: $panel; color: $foreground; }
    TopBar #where { width: 1fr; padding: 0 1; }
    TopBar #clock { width: auto; padding: 0 1; }
    """

    def __init__(self, where: str, now: Callable[[], datetime], local: ZoneInfo) -> None:
        super().__init__()
        self._where, self._now, self._local = where, now, local

    def compose(self) -> ComposeResult:
        yield Plain(self._where, id="where")
        yield Plain(show_moment(self._now(), self._local), id="clock")

    def on_mount(self) -> None:
        self.set_interval(_EVERY, self._tick)

    def _tick(self) -> None:
        self.query_one("#clock", Plain).update(show_moment(self._now(), self._local))
