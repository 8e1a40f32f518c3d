"""A person at the terminal in tests: real keys, a real database, and what the screen says."""

import asyncio
from collections.abc import Callable
from typing import Self

from rich.text import Text
from textual import events
from textual.keys import _character_to_key
from textual.pilot import Pilot
from textual.widget import Widget
from textual.widgets import Button, Input, OptionList, Static

from inkt_mfg.demo.people import PASSWORD
from tui.app import InktApp
from tui.screens.login import LoginScreen
from tui.widgets.form.choice_field import ChoiceField
from tui.widgets.tables.lines import Lines

PATIENCE = 15.0  # seconds; a wait that ends early costs nothing


class Keys:
    """Types, waits until the screen shows something, and reads it. Nothing here reaches around the keyboard."""

    def __init__(
        self,
        open_store: Callable,
        user_name: str | None = None,
        *,
        size=(100, 30),
        idle_seconds: float | None = None,
    ) -> None:
        self.app = InktApp(open_store, "bench-1", idle_seconds=idle_seconds)
        self._user_name, self._size = user_name, size
        self.pilot: Pilot

    async def __aenter__(self) -> Self:
        self._running = self.app.run_test(size=self._size)
        self.pilot = await self._running.__aenter__()
        await self.until(lambda: self.app.store is not None and isinstance(self.app.screen, LoginScreen))
        if self._user_name is not None:
            await self.log_in(self._user_name)
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._running.__aexit__(*error)

    # --- typing

    async def press(self, *keys: str) -> None:
        """One key after the other, each given time to be done."""
        for key in keys:
            self._send(key)
            await self.rest()

    async def type(self, text: str) -> None:
        """As fast as a scanner: no key waits for the one before."""
        for character in text:
            self._send(_character_to_key(character), character)
        await self.rest()

    async def scan(self, text: str) -> None:
        """As a scanner sends it: every key at once, the Enter too."""
        for character in text:
            self._send(_character_to_key(character), character)
        await self.press("enter")

    def _send(self, key: str, character: str | None = None) -> None:
        if character is None and len(key) == 1:
            character = key
        event = events.Key(key, character)
        event.set_sender(self.app)
        self.app._driver.send_message(event)

    async def log_in(self, user_name: str, password: str = PASSWORD) -> None:
        await self.type(user_name)
        await self.press("enter")
        await self.type(password)
        await self.press("enter")
        await self.until(lambda: not isinstance(self.app.screen, LoginScreen))

    async def field(self, name: str, text: str) -> None:
        """Tab to the field of this name, and type over what is in it."""
        await self.until(lambda: any(w.name == name for w in self.app.screen.query("Input, ChoiceField")))
        for _ in range(60):
            focused = self.app.focused
            if focused is not None and focused.name == name:
                break
            await self.press("tab")
        else:
            raise AssertionError(f"no way by Tab to {name}")
        if isinstance(focused, Input) and focused.value:
            await self.press("home", "ctrl+k")
        await self.type(text)

    async def sign(self, user_name: str, password: str = PASSWORD) -> None:
        await self.until(lambda: self.at("SignScreen"))
        await self.press(*(["home", "ctrl+k"] if self.app.focused.name == "user_name" else []))
        if self.app.focused.name == "user_name":
            await self.type(user_name)
            await self.press("enter")
        await self.type(password)
        await self.press("enter", "enter")

    async def choose(self, act: str, on: str = "") -> None:
        """The act of this name in the list of acts, by the arrow keys, and Enter."""
        await self.highlight(act, on)
        await self.press("enter")

    async def highlight(self, act: str, on: str = "") -> None:
        acts = self.app.screen.query_one("#acts", OptionList)
        await self.until(lambda: acts.option_count > 0)
        acts.focus()
        wanted = f"{act}@{on}" if on else f"{act}@"
        for _ in range(acts.option_count + 1):
            held = acts.highlighted_option
            if held is not None and held.id is not None and held.id.startswith(wanted):
                return
            await self.press("down")
        raise AssertionError(f"{act} is not offered: {[o.id for o in acts.options]}")

    # --- reading

    def at(self, screen: str) -> bool:
        return type(self.app.screen).__name__ == screen

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait until the screen shows it, or fail with what it shows."""
        waited = 0.0
        while waited < PATIENCE:
            await asyncio.sleep(0.02)
            try:
                if holds():
                    await self.rest()
                    return
            except Exception:  # noqa: BLE001 — a widget not there yet
                pass
            waited += 0.02
        raise AssertionError(f"never came; on {self.app.screen} it says:\n{self.says}")

    async def shows(self, *texts: str) -> None:
        await self.until(lambda: all(text in self.says for text in texts))

    async def screen(self, name: str) -> None:
        await self.until(lambda: self.at(name))

    @property
    def says(self) -> str:
        """Every text on the screen, tables, lists and notices included."""
        return (
            "\n".join(_texts(self.app.screen)) + "\n" + "\n".join(n.message for n in self.app._notifications)
        )

    def value(self, name: str) -> str:
        return next(i.value for i in self.app.screen.query(Input) if i.name == name)

    async def rest(self) -> None:
        """Until nobody has a message waiting. Textual's own pause waits for an idle processor instead, which is slow."""
        quiet = 0
        while quiet < 3:
            await asyncio.sleep(0.001)
            pumps = [p for p in (self.app, self.app.screen, self.app.focused) if p is not None and p._running]
            done = all(p._message_queue.empty() for p in pumps) and not self.app.bursts.holds
            quiet = quiet + 1 if done else 0


def _texts(root: Widget) -> list[str]:
    found = []
    for widget in root.query("*"):
        if not widget.display:
            continue
        if isinstance(widget, Lines):
            found += ["  ".join(_plain(cell) for cell in widget.get_row(row)) for row in widget.rows]
        elif isinstance(widget, OptionList):
            found += [_plain(option.prompt) for option in widget.options]
        elif isinstance(widget, ChoiceField):
            found.append(widget.render().plain)
        elif isinstance(widget, Button):
            found.append(str(widget.label))
        elif isinstance(widget, Static):
            found.append(str(widget.render()))
    return found


def _plain(cell: object) -> str:
    return cell.plain if isinstance(cell, Text) else str(cell)
