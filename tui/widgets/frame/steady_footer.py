"""The footer with the keys of the screen. It is drawn anew only when the keys it shows are others than before.

Textual's own is composed again at every change of focus, which in a form is at every Tab and costs a layout each time.
"""

import re

from textual.app import ComposeResult
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Footer
from textual.widgets._footer import FooterKey

_FUNCTION = re.compile(r"f\d+")  # they lead to the main screens, from every one of them


class SteadyFooter(Footer):
    """As Textual's footer, without the key of the palette."""

    def __init__(self) -> None:
        super().__init__(show_command_palette=False, compact=True)
        self._shown: tuple[tuple[str, str, bool], ...] = ()

    def compose(self) -> ComposeResult:
        """What can be done here before what leads elsewhere: on a narrow terminal the end is cut off."""
        yield from sorted(super().compose(), key=_leads_elsewhere)

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


def _leads_elsewhere(shown: Widget) -> bool:
    return isinstance(shown, FooterKey) and _FUNCTION.fullmatch(shown.key) is not None
