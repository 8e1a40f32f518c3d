"""The command palette: every act this person may do by name, asked for the record's code where none is chosen."""

from functools import partial
from typing import TYPE_CHECKING, cast

from textual.command import DiscoveryHit, Hit, Hits, Provider

from inkt_mfg.workflow.catalogue import named
from inkt_mfg.workflow.command import CATALOGUE, Command
from inkt_mfg.workflow.permissions import Permission
from tui import words
from tui.acting import BY_SECOND_PERSON, Target
from tui.forms.catalogue import has_form
from tui.forms.correcting import CORRECTING_COMMANDS

if TYPE_CHECKING:
    from tui.app import InktApp
    from tui.screens.main import MainScreen

# These need the page of what they are about: the plan's step, the tests of the batch.
_FROM_A_PAGE = frozenset({"result.record"})
# Their forms show what stands in the record: which one it is comes first.
OF_ONE_RECORD = frozenset({*CORRECTING_COMMANDS, "correction.approve", *BY_SECOND_PERSON})
_OWN_SCREEN = frozenset({"person.accept_statement", "template.approve"})


class Acts(Provider):
    """Only what the person's roles allow, and their own password."""

    @property
    def _acts(self) -> list[Command]:
        bench = cast("InktApp", self.app).bench
        assert named("batch.release")  # importing the catalogue has declared every command
        return [
            command
            for command in CATALOGUE.values()
            if bench.may(command.permission) and _by_name_alone(command)
        ]

    async def discover(self) -> Hits:
        """All of them, before anything is typed."""
        for command in self._acts:
            yield DiscoveryHit(
                _title(command), partial(self._open, command.name), help=str(_who(command.permission))
            )

    async def search(self, query: str) -> Hits:
        """Those whose name fits."""
        matcher = self.matcher(query)
        for command in self._acts:
            fit = matcher.match(_title(command))
            if fit > 0:
                yield Hit(fit, matcher.highlight(_title(command)), partial(self._open, command.name))

    def _open(self, name: str) -> None:
        screen = cast("MainScreen", self.screen)
        if name not in OF_ONE_RECORD:
            screen.open_act(Target(name))
            return
        from tui.screens.which import WhichScreen

        def go_on(target: Target | None) -> None:
            if target is not None:
                screen.open_act(target)

        screen.app.push_screen(WhichScreen(name), go_on)


def _by_name_alone(command: Command) -> bool:
    from tui.forms.steps import is_step

    if command.name in _OWN_SCREEN:
        return True
    return has_form(command.name) and not is_step(command.name) and command.name not in _FROM_A_PAGE


def _title(command: Command) -> str:
    return words.titled(command.title)


def _who(permission: Permission) -> object:
    return permission.sentence
