"""What every screen behind the log-in shares: the banner, the bar with person and clock, the footer, and the bench."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar, cast
from zoneinfo import ZoneInfo

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import ModalScreen, Screen
from textual.widget import Widget

from inkt_mfg.language import Phrase
from inkt_mfg.moments import show_moment, zone
from inkt_mfg.refusal import visible
from inkt_mfg.workflow.bench import Bench
from inkt_mfg.workflow.permissions import ROLE_NAMES
from tui.asking import Asking
from tui.keys import in_this_language
from tui.widgets.frame.steady_footer import SteadyFooter
from tui.widgets.frame.top_bar import TopBar
from tui.widgets.frame.training_banner import TrainingBanner

if TYPE_CHECKING:
    from datetime import date, datetime

    from tui.app import InktApp

# Not the app's own: the login screen paints without reading it.
LOOK = Path(__file__).with_name("house.tcss")
Result = TypeVar("Result")


class _InTheHouse(Asking):
    """The bench of whoever is logged in, and the site's time."""

    @property
    def house(self) -> "InktApp":
        return cast("InktApp", self.app)

    @property
    def bench(self) -> Bench:
        return self.house.bench

    @property
    def local(self) -> ZoneInfo:
        return zone(self.bench.site.time_zone)

    def shown_moment(self, at: "datetime | None") -> str:
        """A time with its offset, or a dash."""
        return show_moment(at, self.local) if at is not None else "–"

    @property
    def today(self) -> "date":
        """The calendar day at the site."""
        return self.bench.store.clock.now().astimezone(self.local).date()

    def scan_begins(self, text: str) -> bool:  # noqa: ARG002
        """Whether what begins with this text has a place here, from now on with the keyboard in it."""
        return False

    def scan_refused(self, text: str) -> None:
        """Something was scanned, and this screen has no place for it."""
        self.app.bell()
        says = Phrase(
            "Nothing here is scanned, and nothing was done with “{text}”. Choose a field first.", text=text
        )
        self.app.notify(visible(str(says)), severity="error", timeout=12, markup=False)

    def now_typed(self) -> str:
        """The present minute as somebody would type it."""
        return self.bench.store.clock.now().astimezone(self.local).strftime("%Y-%m-%d %H:%M")


class HouseScreen(_InTheHouse, Screen[Result]):
    """A full screen. Subclasses yield their content in ``content``."""

    HORIZONTAL_BREAKPOINTS: list[tuple[int, str]] | None = [(0, "-narrow"), (100, "-wide")]  # noqa: RUF012
    AUTO_FOCUS = ""
    CSS_PATH = LOOK

    def __init__(self) -> None:
        super().__init__()
        self._bindings = in_this_language(self._bindings)

    def compose(self) -> ComposeResult:
        person, site = self.bench.person, self.bench.site
        roles = ", ".join(str(ROLE_NAMES[r]) for r in sorted(person.roles))
        if not roles:  # none granted, or none with training
            roles = str(Phrase("no role in force"))
        where = f"{person.full_name} ({roles}) │ {self.bench.workstation} │ {site.code} {site.name}"
        with Vertical(id="head"):
            yield TrainingBanner(training=site.training)
            yield TopBar(where, self.bench.store.clock.now, self.local)
        yield from self.content()
        yield from self.beneath()
        yield SteadyFooter()

    def content(self) -> Iterator[Widget]:
        """What is particular to the screen."""
        raise NotImplementedError

    def beneath(self) -> Iterator[Widget]:
        """Between that and the footer."""
        yield from ()


class HouseModal(_InTheHouse, ModalScreen[Result]):
    """A question over the screen beneath; at a training site it says so too."""

    AUTO_FOCUS = ""
    CSS_PATH = LOOK

    def __init__(self) -> None:
        super().__init__()
        self._bindings = in_this_language(self._bindings)

    def compose(self) -> ComposeResult:
        yield TrainingBanner(training=self.bench.site.training)
        yield from self.content()
        yield SteadyFooter()

    def content(self) -> Iterator[Widget]:
        """What is asked."""
        raise NotImplementedError
