"""The labels of one batch or collection: every label with what can be done with it, new ones of every kind, and the sums.

The first line stands for a label that is not there yet: its acts are the kinds that fit now, and "why?" for the others.
"""

from collections.abc import Iterator
from typing import ClassVar

from rich.text import Text
from textual import on
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.widget import Widget
from textual.widgets import DataTable, OptionList

from inkt_mfg.language import Phrase
from inkt_mfg.views.called import Called
from inkt_mfg.views.label_rows import LabelRow, LabelsPage, labels_of_batch, labels_of_collection
from inkt_mfg.workflow.label_acts import preparing, with_label
from inkt_mfg.workflow.next_acts import NextAct
from inkt_mfg.workflow.permissions import Permission
from tui import words
from tui.acting import Target, in_the_way
from tui.keys import key
from tui.opening import can_open
from tui.screens.main import MainScreen
from tui.screens.why import WhyScreen
from tui.widgets.batch.acts import ActList, OpenAct
from tui.widgets.frame.plain import Plain
from tui.widgets.label.sums import Sums
from tui.widgets.tables.lines import Cell, Lines

_NEW = "+"


class LabelsScreen(MainScreen):
    """Opened from the batch's page and from the list of collections."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("n", "new", Phrase("New"), Phrase("Prepare labels: the kinds that fit now"), id="labels.new"),
        key("p", "preview", Phrase("Preview"), Phrase("As it prints, with its proof"), id="labels.preview"),
        key(
            "i",
            "print",
            Phrase("Print"),
            Phrase("Print what is prepared and not printed yet"),
            id="labels.print",
        ),
        key("s", "apply", Phrase("Apply"), Phrase("Apply a label by scanning it"), id="labels.apply"),
        key(
            "w",
            "why",
            Phrase("Why?"),
            Phrase("Every reason the chosen act cannot be done now"),
            id="labels.why",
        ),
        key("j", "jobs", Phrase("Printing"), Phrase("Print jobs and printers"), id="labels.jobs"),
        key("escape", "back", Phrase("Back"), Phrase("Back to where you were"), id="labels.back"),
    ]

    def __init__(self, *, batch: str = "", collection: str = "") -> None:
        super().__init__()
        self._batch, self._collection = batch, collection
        self.about = batch or collection
        self._rows: dict[str, LabelRow] = {}
        self._subject = ""

    # --- what is shown

    def content(self) -> Iterator[Widget]:
        yield Plain("…", id="labels-heading", classes="heading")
        with Horizontal(id="page"):
            with Vertical(id="labels-body"):
                yield Lines(
                    Phrase("Label"),
                    Phrase("Kind"),
                    Phrase("On"),
                    Phrase("State"),
                    Phrase("Reprint"),
                    id="label-rows",
                )
                yield Sums()
            yield ActList(id="acts")

    def on_mount(self) -> None:
        super().on_mount()
        self.query_one("#label-rows", Lines).focus()

    def action_read(self) -> None:
        store, batch, collection = self.bench.store, self._batch, self._collection
        self.ask(
            lambda: labels_of_batch(store, batch) if batch else labels_of_collection(store, collection),
            self._show,
        )

    def _show(self, page: LabelsPage) -> None:
        self._rows, self._subject = {row.code: row for row in page.rows}, page.subject
        self.query_one("#labels-heading", Plain).update(
            f"{Phrase('Labels')} · {page.about} · {page.subject} {page.patient_name} {page.patient_id}"
        )
        new = Text(str(Phrase("a new label")), style="italic")
        rows = self.query_one("#label-rows", Lines)
        rows.fill(
            [
                (_NEW, [Text("＋"), new, self.about, "", ""]),
                *((code, _cells(row)) for code, row in self._rows.items()),
            ]
        )
        self.query_one(Sums).show(page.sums)
        self._ask_acts()

    @on(DataTable.RowHighlighted, "#label-rows")
    def _ask_acts(self) -> None:
        """What can be done with the label under the cursor, or which can be made."""
        bench, held = self.bench, self._held
        batch, collection = self._batch, self._collection
        self.ask(
            lambda: with_label(bench, held) if held else preparing(bench, batch, collection),
            lambda acts: self._offer(held, acts),
            group="acts",
        )

    def _offer(self, held: str, acts: tuple[NextAct, ...]) -> None:
        if held != self._held:
            return  # the cursor has gone on
        found = [
            OpenAct(a.command, a.on, in_the_way(a.command.name, a.blockers))
            for a in acts
            if can_open(a.command.name) and (a.in_state or not held)
        ]
        self.query_one(ActList).offer(found, held or self.about)

    @property
    def _held(self) -> str:
        """The serial under the cursor; empty on the line of a new one."""
        held = self.query_one("#label-rows", Lines).held
        return "" if held in {None, _NEW} else str(held)

    def points_at(self, found: Called) -> bool:
        """A scanned label of these comes under the cursor."""
        rows = self.query_one("#label-rows", Lines)
        if found.code not in self._rows:
            return super().points_at(found)
        rows.move_cursor(row=rows.get_row_index(found.code))
        self.set_focus(rows)
        return True

    # --- what is done

    @on(DataTable.RowSelected, "#label-rows")
    def _to_the_acts(self) -> None:
        self.query_one(ActList).focus()

    @on(OptionList.OptionSelected, "#acts")
    def _chosen(self) -> None:
        act = self.query_one(ActList).held
        if act is None:
            return
        if act.blockers:
            self.action_why()
            return
        self.open_act(Target(act.command.name, act.on, self._batch, "" if self._batch else self._subject))

    def action_new(self) -> None:
        """The kinds of labels there are to be prepared."""
        self.query_one("#label-rows", Lines).move_cursor(row=0)
        self.query_one(ActList).focus()

    def action_why(self) -> None:
        """Every blocker of the act under the cursor."""
        act = self.query_one(ActList).held
        if act is not None:
            self.open(WhyScreen(f"{words.titled(act.command.title)} · {act.on}", act.blockers))

    def action_preview(self) -> None:
        """The labels there are, beginning with the one under the cursor."""
        from tui.screens.preview import PreviewScreen

        if self._rows:
            self.open(PreviewScreen(tuple(self._rows), self._held or list(self._rows)[-1]))

    def action_print(self) -> None:
        """The label under the cursor; on the line of a new one all that wait."""
        from tui.screens.label import LabelScreen

        waiting = tuple(r.code for r in self._rows.values() if r.state in {"prepared", "proofed"})
        chosen = (self._held,) if self._held in waiting else waiting if not self._held else ()
        if chosen:
            self.open(LabelScreen(chosen, self._batch, self._collection))
        else:
            self.notify(str(Phrase("Nothing waits to be printed here.")), markup=False)

    def action_apply(self) -> None:
        """The scanned label says which one it is."""
        self.open_act(Target("label.apply"))

    def action_jobs(self) -> None:
        """What is being printed."""
        from tui.screens.jobs import JobsScreen

        self.open(JobsScreen())

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Whoever makes no labels looks at them."""
        if action in {"new", "print", "apply"}:
            return self.bench.may(Permission.LABEL_MAKING) or self.bench.may(Permission.LABEL)
        return super().check_action(action, parameters)

    def action_back(self) -> None:
        """From the acts to the list; from the list to where one came from."""
        rows = self.query_one("#label-rows", Lines)
        if self.focused is self.query_one(ActList):
            self.set_focus(rows)
        else:
            self.dismiss(None)


def _cells(row: LabelRow) -> list[Cell]:
    state = words.state(row.state)
    if row.unwitnessed:
        state += f" · ! {Phrase('no witness yet')}"
    reprint = f"{Phrase('REPRINT')} {row.reprint_number}" if row.reprint_number else "–"
    return [row.code, words.kind(row.kind), row.on, state, reprint]
