"""The line a scan goes to where a screen has no field for it: hidden, until something is scanned or typed."""

from collections.abc import Iterator

from textual import events
from textual.containers import Horizontal
from textual.widget import Widget

from inkt_mfg.language import Phrase
from tui.widgets.form.scan_field import ScanField
from tui.widgets.frame.plain import Plain


class ScanBar(Horizontal):
    """Escape and Tab lead out of it, back to where the keyboard was. It is gone whenever the keyboard is elsewhere."""

    DEFAULT_CSS = """
    ScanBar { display: none; height: 1; padding: 0 1; background: $primary 25%; }
    ScanBar.open { display: block; }
    ScanBar Plain { width: auto; padding-right: 1; text-style: bold; }
    ScanBar ScanField { width: 1fr; background: $surface; }
    """

    def __init__(self) -> None:
        super().__init__(id="scan-bar")
        self._came_from: Widget | None = None

    def compose(self) -> Iterator[Widget]:
        yield Plain(f"{Phrase('Go to what is scanned or typed')}:")
        yield _Line(id="named", moves_on=False)

    @property
    def line(self) -> ScanField:
        """Where the text goes."""
        return self.query_one(_Line)

    def begin(self, text: str) -> None:
        """Show it with the first characters; every key after them is its own, from the very next on."""
        focused = self.screen.focused
        self._came_from = None if focused is self.line else focused
        self.add_class("open")
        self.line.begin(text)

    def close(self) -> None:
        """Back to where the keyboard was."""
        if self.screen.focused is self.line:
            self.screen.set_focus(self._came_from)
        self.hide()

    def hide(self) -> None:
        """Out of sight and empty."""
        self.line.value = ""
        self.remove_class("open")


class _Line(ScanField):
    def take_key(self, event: events.Key) -> bool:
        """As every scan field; Escape and Tab close it."""
        if event.key in {"escape", "tab", "shift+tab"}:
            self._bar.close()
            return True
        return super().take_key(event)

    @property
    def _bar(self) -> ScanBar:
        bar = self.parent
        assert isinstance(bar, ScanBar)
        return bar

    def on_blur(self) -> None:
        """The keyboard has gone elsewhere, by a mouse or because a page opened."""
        if self.screen.focused is not self:
            self._bar.hide()
