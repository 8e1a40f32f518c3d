"""The footer with the keys of the screen: as many as fit whole, what matters here first. F1 tells all of them.

It is drawn anew only when the keys it shows are others than before. Textual's own is composed again at every change of
focus, which in a form is at every Tab and costs a layout each time.
"""

from collections.abc import Iterable, Iterator

from rich.cells import cell_len
from textual import events
from textual.app import ComposeResult
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Footer
from textual.widgets._footer import FooterKey

# After what can be done on this very screen. Where there is no room the last are left out.
_EVERYWHERE = ("f1", "f9", "ctrl+l", "f3", "f2", "f4", "f6", "f8", "f5", "ctrl+q")
_BETWEEN = 2  # cells: between key and word, and behind the word


class SteadyFooter(Footer):
    """As Textual's footer, without the key of the palette, and with no word cut in two."""

    def __init__(self) -> None:
        super().__init__(show_command_palette=False, compact=True)
        self._shown: tuple[tuple[str, str, bool], ...] = ()

    def compose(self) -> ComposeResult:
        """What can be done here before what leads elsewhere."""
        return _fitting(super().compose(), self.app.size.width)

    async def on_resize(self, _event: events.Resize) -> None:
        """More of them, or fewer."""
        await self.recompose()

    def bindings_changed(self, screen: Screen[object]) -> None:
        """Compose again only for other keys, other words, or keys that are now enabled or not."""
        shown = tuple(
            (key, active.binding.description, active.enabled)
            for key, active in screen.active_bindings.items()
            if active.binding.show
        )
        if shown != self._shown:
            self._shown = shown
            super().bindings_changed(screen)


def _fitting(composed: Iterable[Widget], room: int) -> Iterator[Widget]:
    for shown in sorted(composed, key=_rank):
        if isinstance(shown, FooterKey):
            room -= cell_len(shown.key_display) + cell_len(shown.description) + _BETWEEN
            if room < -1:  # nothing stands behind the last
                return
        yield shown


def _rank(shown: Widget) -> int:
    here = isinstance(shown, FooterKey) and shown.key in _EVERYWHERE
    return 1 + _EVERYWHERE.index(shown.key) if here and isinstance(shown, FooterKey) else 0
