"""An input that keeps up with anybody: what is typed after Enter already belongs to the next field.

The app hands every key of the focused one to ``take_key`` at once, before it looks at the next key. Textual's own input
takes keys through a queue, and the characters after a quick Enter would still land in the field before.
"""

from textual import events
from textual.widgets import Input


class QuickInput(Input):
    """Enter leads to the next field; with ``moves_on=False`` it only submits."""

    def __init__(
        self,
        value: str | None = None,
        *,
        placeholder: str = "",
        password: bool = False,
        name: str | None = None,
        id: str | None = None,  # noqa: A002 — Textual's own word
        compact: bool = True,
        moves_on: bool = True,
    ) -> None:
        super().__init__(
            value,
            placeholder=placeholder,
            password=password,
            name=name,
            id=id,
            compact=compact,
            # Textual selects by a message: what was typed before it arrives would be selected, and lost to the next key.
            select_on_focus=False,
        )
        self.moves_on = moves_on

    def take_key(self, event: events.Key) -> bool:
        """Do what this key means now, and say whether it was one for this field. Called by the app, in its order."""
        if event.key == "enter":
            self.entered()
        elif event.key == "tab":
            self.screen.focus_next()
        elif event.key == "shift+tab":
            self.screen.focus_previous()
        elif event.is_printable and event.character is not None:
            self.replace(event.character, *self.selection)
        else:
            return False
        return True

    def begin(self, text: str) -> None:
        """Typed anew from here on, the keyboard in it from the very next key."""
        self.value, self.cursor_position = text, len(text)
        self.screen.set_focus(self)

    def entered(self) -> None:
        """Enter was typed: on to the next field, at once and not by a message."""
        self.post_message(self.Submitted(self, self.value))
        if self.moves_on:
            self.screen.focus_next()

    async def _on_key(self, event: events.Key) -> None:
        """Keys that reach the field through its own queue mean the same."""
        if self.take_key(event):
            event.stop()
            event.prevent_default()
            return
        await super()._on_key(event)
