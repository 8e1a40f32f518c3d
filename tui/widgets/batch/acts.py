"""The acts one may do here: ready ones marked ●, blocked ones ✗ and grey but still there to be asked "why?"."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.text import Text
from textual.binding import BindingType
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from inkt_mfg.language import Phrase
from inkt_mfg.refusal import Blocker
from inkt_mfg.workflow.command import Command
from tui import words
from tui.keys import in_this_language, key


@dataclass(frozen=True, slots=True)
class OpenAct:
    """An act on a record and what stands in its way."""

    command: Command
    on: str
    blockers: tuple[Blocker, ...]


class ActList(OptionList):
    """Enter chooses; the screen opens the form, or the reasons. Nothing in it is hidden by being impossible."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("enter", "select", Phrase("Do it"), Phrase("The act under the cursor, or why not"), id="acts.do"),
    ]

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, compact=True, markup=False)
        self._bindings = in_this_language(self._bindings)
        self.border_title = str(Phrase("What you may do"))
        self._acts: dict[str, OpenAct] = {}

    def offer(self, acts: Sequence[OpenAct], about: str = "") -> None:
        """These acts, the ready ones first; ``about`` is the record that need not be named in each line."""
        held = self.held
        ordered = sorted(acts, key=lambda act: bool(act.blockers))
        self._acts = {f"{act.command.name}@{act.on}": act for act in ordered}
        self.clear_options()
        self.add_options([Option(_line(act, about), id=name) for name, act in self._acts.items()])
        if not acts:
            self.add_option(Option(Text(str(Phrase("nothing with your role")), style="dim"), disabled=True))
        elif held is not None and f"{held.command.name}@{held.on}" in self._acts:
            self.highlighted = self.get_option_index(f"{held.command.name}@{held.on}")
        else:
            self.highlighted = 0

    @property
    def held(self) -> OpenAct | None:
        """The act under the cursor."""
        option = self.highlighted_option
        return self._acts.get(option.id) if option is not None and option.id else None


def _line(act: OpenAct, about: str) -> Text:
    title = words.titled(act.command.title)
    on = "" if act.on == about else f"  {act.on}"
    if act.blockers:
        return Text(f"✗ {title}{on}", style="dim")
    return Text.assemble(("● ", "green"), (title, "bold"), on)
