"""A short list to choose from, all of it in sight: arrows or the first letters choose, Enter goes on.

One light widget, because an enrolment form has two dozen of them. Nothing is chosen until somebody has chosen.
"""

from time import monotonic

from rich.cells import cell_len
from textual import events
from textual.content import Content
from textual.message import Message
from textual.widget import Widget

from tui.forms.field import Choice

ON_ONE_LINE = 48  # cells; longer lists stand one below the other
_TOGETHER = 1.0  # seconds within which letters belong to one word
_BACK, _ON = frozenset({"left", "up"}), frozenset({"right", "down"})


class ChoiceField(Widget, can_focus=True):
    """``value`` is what is sent to the command, or an empty text."""

    DEFAULT_CSS = """
    ChoiceField { height: auto; width: 1fr; }
    """

    class Changed(Message):
        """Another one is chosen."""

        def __init__(self, field: "ChoiceField") -> None:
            super().__init__()
            self.field = field

        @property
        def control(self) -> "ChoiceField":
            return self.field

    def __init__(self, choices: tuple[Choice, ...], value: str = "", *, name: str | None = None) -> None:
        super().__init__(name=name)
        self._choices = choices
        self._says = [str(choice.says) for choice in choices]
        self._chosen = next((n for n, c in enumerate(choices) if c.value == value and value), None)
        self._across = sum(cell_len(said) + 6 for said in self._says) <= ON_ONE_LINE
        self._letters, self._typed_at = "", 0.0

    @property
    def value(self) -> str:
        """What is chosen, as the command takes it."""
        return "" if self._chosen is None else self._choices[self._chosen].value

    @value.setter
    def value(self, value: str) -> None:
        self._choose(next((n for n, c in enumerate(self._choices) if c.value == value), None))

    def render(self) -> Content:
        lines = [self._option(n, said) for n, said in enumerate(self._says)]
        return Content("   " if self._across else "\n").join(lines)

    def _option(self, n: int, said: str) -> Content:
        if n == self._chosen:
            return Content.assemble(("(●) ", "bold"), (said, "bold underline"))
        return Content.assemble("( ) ", said)

    # --- choosing

    def take_key(self, event: events.Key) -> bool:
        """Do what this key means now. Called by the app, in its order, as for every field of a form."""
        if event.key in {"enter", "tab"}:
            self.screen.focus_next()
        elif event.key == "shift+tab":
            self.screen.focus_previous()
        elif event.key in _ON or (event.key == "space" and not self._in_a_word):
            self._step(1)
        elif event.key in _BACK:
            self._step(-1)
        elif event.is_printable and event.character is not None:
            self._letter(event.character)
        else:
            return False
        return True

    async def _on_key(self, event: events.Key) -> None:
        if self.take_key(event):
            event.stop()
            event.prevent_default()

    def on_click(self, event: events.Click) -> None:
        """The option under the mouse."""
        if not self._across:
            self._choose(min(event.y, len(self._choices) - 1))
            return
        end = 0
        for n, said in enumerate(self._says):
            end += cell_len(said) + 7
            if event.x < end:
                self._choose(n)
                return

    def _step(self, by: int) -> None:
        start = -1 if self._chosen is None and by > 0 else (self._chosen or 0)
        self._choose((start + by) % len(self._choices))

    @property
    def _in_a_word(self) -> bool:
        return bool(self._letters) and monotonic() - self._typed_at < _TOGETHER

    def _letter(self, letter: str) -> None:
        self._letters = self._letters + letter if self._in_a_word else letter
        self._typed_at = monotonic()
        sought = self._letters.casefold()
        for n, said in enumerate(self._says):
            if said.casefold().startswith(sought) or self._choices[n].value.casefold().startswith(sought):
                self._choose(n)
                return
        self.app.bell()

    def _choose(self, n: int | None) -> None:
        if n != self._chosen:
            self._chosen = n
            self.refresh()
            self.post_message(self.Changed(self))
