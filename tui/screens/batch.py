"""One batch: tabs for what is known of it, and beside them every act one may do, with "why?" for the greyed ones."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.binding import BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.widget import Widget
from textual.widgets import DataTable, OptionList, TabbedContent, TabPane

from inkt_mfg.language import Phrase
from inkt_mfg.views.batch_page import BatchPage, batch_page
from inkt_mfg.views.ledger_pages import Asked, LedgerPage, ledger_page
from inkt_mfg.workflow.next_acts import NextAct, next_acts
from tui import words
from tui.acting import BY_SECOND_PERSON, Target, in_the_way
from tui.keys import key
from tui.opening import can_open
from tui.screens.correct import CorrectScreen
from tui.screens.main import MainScreen
from tui.screens.why import WhyScreen
from tui.widgets.batch import tables, telling
from tui.widgets.batch.acts import ActList, OpenAct
from tui.widgets.batch.dose import DosePane
from tui.widgets.batch.growth import GrowthPlot
from tui.widgets.batch.overview import Overview
from tui.widgets.batch.telling import Telling
from tui.widgets.frame.plain import Plain
from tui.widgets.ledger import trail
from tui.widgets.tables.lines import Lines

_EDGES = 7  # cells of a tab that hold no text: padding and the scroll bar
TABS = {
    "overview": Phrase("Overview"),
    "steps": Phrase("Steps"),
    "counts": Phrase("Counts"),
    "growth": Phrase("Growth"),
    "tests": Phrase("Tests"),
    "dose": Phrase("Dose"),
    "labels": Phrase("Labels"),
    "signatures": Phrase("Signed"),
    "history": Phrase("History"),
}
# Ends, detours and alarms: always to be found, never first under the cursor.
SELDOM = frozenset(
    {
        "batch.terminate",
        "batch.reject",
        "batch.fail_late",
        "batch.hold",
        "batch.return_to_bench",
        "batch.recall_to_review",
        "batch.release_exceptionally",
        "deviation.open",
        "dose.destroy",
        "dose.return",
        "label.spoil",
    }
)


@dataclass(frozen=True, slots=True)
class _Read:
    page: BatchPage
    acts: tuple[NextAct, ...]
    history: LedgerPage


class BatchScreen(MainScreen):
    """Acts are opened with the version of the page they are chosen from, so that a stale one is told."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key(
            "w",
            "why",
            Phrase("Why?"),
            Phrase("Every reason the chosen act cannot be done now"),
            id="batch.why",
        ),
        key(
            "a",
            "all",
            Phrase("All acts"),
            Phrase("Also those the batch's state has no place for"),
            id="batch.all",
        ),
        key(
            "c",
            "correct",
            Phrase("Correct"),
            Phrase("Ask for a correction of an entered value"),
            id="batch.correct",
        ),
        key(
            "l",
            "labels",
            Phrase("Labels"),
            Phrase("Every label: prepare, print, apply, account for"),
            id="batch.labels_page",
        ),
        key(
            "left_square_bracket",
            "tab(-1)",
            Phrase("Tab"),
            Phrase("The tab before"),
            id="batch.before",
            show=False,
        ),
        key(
            "right_square_bracket",
            "tab(1)",
            Phrase("Tab"),
            Phrase("The next tab"),
            id="batch.next",
            show=False,
        ),
        *(
            key(str(n), f"show('{name}')", said, said, id=f"batch.{name}", show=False)
            for n, (name, said) in enumerate(TABS.items(), start=1)
        ),
        key("escape", "back", Phrase("Back"), Phrase("Back to the list"), id="batch.back"),
    ]

    def __init__(self, code: str) -> None:
        super().__init__()
        self._code = self.about = code
        self._read_now: _Read | None = None
        self._all = False

    # --- what is shown

    def content(self) -> Iterator[Widget]:
        yield Plain("…", id="batch-heading", classes="heading")
        with Horizontal(id="page"):
            with TabbedContent(id="tabs"):
                for n, (name, said) in enumerate(TABS.items(), start=1):
                    with TabPane(f"{n} {said}", id=f"tab-{name}"):
                        yield self._pane(name)
            yield ActList(id="acts")

    def _pane(self, name: str) -> Widget:
        match name:
            case "overview":
                return VerticalScroll(Overview(id="overview"))
            case "growth":
                return GrowthPlot(id="growth")
            case "dose":
                return VerticalScroll(DosePane(id="dose"))
            case "steps" | "history":
                return VerticalScroll(Telling(id=name))
            case _:
                return Lines(*tables.COLUMNS[name], id=name, nothing=Phrase("none yet"))

    def on_mount(self) -> None:
        super().on_mount()
        self.query_one(ActList).focus()

    def action_read(self) -> None:
        bench, code = self.bench, self._code

        def read() -> _Read:
            return _Read(
                batch_page(bench.store, code),
                next_acts(bench, code),
                ledger_page(bench.store, Asked(record=code)),
            )

        self.ask(read, self._show)

    def _show(self, found: _Read) -> None:
        self._read_now = found
        page = found.page
        self.query_one("#batch-heading", Plain).update(_heading(page))
        self.query_one(Overview).show_page(page, self.shown_moment(page.started_at))
        self.query_one(GrowthPlot).show_growth(page.growth)
        self.query_one(DosePane).show_dose(
            page.dose,
            self.shown_moment(page.dose.assessed_at if page.dose else None),
            waits=bool(page.corrections_waiting),
        )
        for name in tables.ROWS:
            tables.fill(self.query_one(f"#{name}", Lines), name, page, self.shown_moment)
        self.query_one("#steps", Telling).tell(telling.steps(page, self.shown_moment))
        self._tell_history()
        self._offer()

    def _tell_history(self) -> None:
        """The newest entries; F8 leads to the others."""
        if self._read_now is not None:
            width = self.query_one("#tabs").size.width - _EDGES
            self.query_one("#history", Telling).tell(trail.lines(self._read_now.history.entries, width))

    def on_resize(self) -> None:
        """The history at another width."""
        self._tell_history()

    def _offer(self) -> None:
        assert self._read_now is not None
        acts = [
            OpenAct(a.command, a.on, in_the_way(a.command.name, a.blockers))
            for a in self._read_now.acts
            if can_open(a.command.name) and (a.in_state or self._all)
        ]
        self.query_one(ActList).offer(_in_order(acts), self._code)

    # --- what is done

    @on(OptionList.OptionSelected, "#acts")
    def _chosen(self) -> None:
        act = self.query_one(ActList).held
        if act is None or self._read_now is None:
            return
        if act.blockers:
            self.action_why()
            return
        seen = self._read_now.page.version if act.on == self._code else None
        self.open_act(Target(act.command.name, act.on, self._code, seen_version=seen))

    def action_why(self) -> None:
        """Every blocker of the act under the cursor."""
        act = self.query_one(ActList).held
        if act is not None:
            self.open(WhyScreen(f"{words.titled(act.command.title)} · {act.on}", act.blockers))

    def action_correct(self) -> None:
        """Everything entered for this batch, to choose what is wrong."""
        self.open(CorrectScreen(self._code))

    @on(DataTable.RowSelected, "#labels")
    def action_labels(self) -> None:
        """Every label of the batch and of what it was made from."""
        from tui.screens.labels import LabelsScreen

        self.open(LabelsScreen(batch=self._code))

    def action_all(self) -> None:
        """Also the acts that have no place in this state, to ask why."""
        self._all = not self._all
        if self._read_now is not None:
            self._offer()

    def action_show(self, name: str) -> None:
        """The tab of this name."""
        self.query_one(TabbedContent).active = f"tab-{name}"

    def action_tab(self, by: int) -> None:
        """The neighbouring tab."""
        names = list(TABS)
        here = names.index(self.query_one(TabbedContent).active.removeprefix("tab-"))
        self.action_show(names[(here + by) % len(names)])

    def action_back(self) -> None:
        """Back."""
        self.dismiss(None)


def _in_order(acts: list[OpenAct]) -> list[OpenAct]:
    """What moves the batch on, then the entries that wait for a second person, then what nobody hopes for."""
    return sorted(
        acts, key=lambda act: 2 if act.command.name in SELDOM else int(act.command.name in BY_SECOND_PERSON)
    )


def _heading(page: BatchPage) -> str:
    infusion = Phrase("infusion {n}", n=page.infusion_number)
    held = f" · ‖ {Phrase('ON HOLD')}" if page.on_hold else ""
    held += f" · ! {Phrase('CORRECTION PENDING')}" if page.corrections_waiting else ""
    held += f" · ! {Phrase('RE-ASSESSMENT DUE')}" if page.reassessment_due else ""
    return (
        f"{page.code} · {words.state(page.state)} · {words.state(page.disposition)}{held} · "
        f"{page.subject} {page.patient_name} {page.patient_id} · {infusion}"
    )
