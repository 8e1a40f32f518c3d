"""Every key of the screen beneath with what it does, those too that the footer has no room for."""

from collections.abc import Iterator
from typing import ClassVar

from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.widget import Widget

from inkt_mfg.language import Phrase
from tui import words
from tui.keys import key
from tui.screens.house import HouseModal
from tui.widgets.frame.plain import Plain

Told = tuple[str, str, str]  # the key, its word and its sentence


class KeysScreen(HouseModal[None]):
    """Reads only."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("escape,enter,f1", "close", Phrase("Back"), Phrase("Back to where you were"), id="keys.close"),
    ]

    def __init__(self, told: tuple[Told, ...]) -> None:
        super().__init__()
        self._told = told

    def content(self) -> Iterator[Widget]:
        wide = max((len(keys) for keys, _word, _says in self._told), default=0) + 2
        with VerticalScroll(classes="dialog") as dialog:
            dialog.border_title = str(Phrase("Keys"))
            for keys, word, says in self._told:
                yield Plain(f"{words.padded(keys, wide)}{words.padded(word, 18)} {says}")

    def on_mount(self) -> None:
        self.query_one(VerticalScroll).focus()

    def action_close(self) -> None:
        """Back."""
        self.dismiss(None)
