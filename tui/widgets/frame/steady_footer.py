"""The footer with the keys of the screen. It is drawn anew only when the keys it shows are others than before.

Textual's own is composed again at every change of focus, which in a form is at every Tab and costs a layout each time.
"""

from textual.screen import Screen
from textual.widgets import Footer


class SteadyFooter(Footer):
    """As Textual's footer, without the key of the palette."""

    def __init__(self) -> None:
        super().__init__(show_command_palette=False, compact=True)
        self._shown: tuple[tuple[str, str, bool], ...] = ()

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
