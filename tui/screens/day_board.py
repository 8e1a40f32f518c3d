"""The day board: what is due, for whom, and what blocks it. The first screen after logging in."""

from collections.abc import Iterator
from typing import ClassVar

from rich.text import Text
from textual import on
from textual.binding import BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widget import Widget
from textual.widgets import DataTable

from inkt_mfg.language import Phrase
from inkt_mfg.refusal import Blocker
from inkt_mfg.workflow.day_board import DayBoard, Task, day_board
from tui import words
from tui.acting import Target, in_the_way
from tui.keys import key
from tui.screens.main import MainScreen
from tui.screens.why import WhyScreen
from tui.widgets.form.refusal_note import told
from tui.widgets.frame.plain import Plain
from tui.widgets.tables.lines import Cell, Lines


class DayBoardScreen(MainScreen):
    """One's own tasks first; Enter does the task, or says why it cannot be done."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("b", "batch", Phrase("Batch"), Phrase("Everything about the task's batch"), id="board.batch"),
        key("w", "why", Phrase("Why?"), Phrase("Every reason it cannot be done now"), id="board.why"),
        key("a", "all", Phrase("All/mine"), Phrase("Your tasks alone, or everybody's"), id="board.all"),
        key("d", "done", Phrase("Do it"), Phrase("Open the form of the task"), id="board.do", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._board: DayBoard | None = None
        self._everybody = True
        self._tasks: dict[str, Task] = {}

    def content(self) -> Iterator[Widget]:
        with Vertical(id="board"):
            yield Plain("…", id="board-heading", classes="heading")
            yield Plain("", id="notices")
            yield Plain("", id="seal", classes="dim")
            yield Lines(
                Phrase("Due"),
                Phrase("Now?"),
                Phrase("On"),
                Phrase("Subject"),
                Phrase("What"),
                Phrase("Who"),
                id="tasks",
                nothing=Phrase("nothing is due"),
                spares=((4, 24), (5, 12)),
            )
            with VerticalScroll(id="task-why", can_focus=False):
                yield Plain("", id="task-reasons")

    def on_mount(self) -> None:
        super().on_mount()
        self.query_one("#tasks", Lines).focus()

    def action_read(self) -> None:
        bench = self.bench
        self.ask(lambda: day_board(bench), self._show)

    def _show(self, board: DayBoard) -> None:
        self._board = board
        notices = "\n".join(f"! {n.text}  [{n.rule}]" for n in board.notices)
        self.query_one("#notices", Plain).update(notices)
        self.query_one("#notices", Plain).set_class(bool(notices), "shown")
        key = f"  ·  {Phrase('the key is unlocked')}" if self.bench.sealing.unlocked else ""
        self.query_one("#seal", Plain).update(
            f"{board.seal.line}{key}" + (f"  ·  {board.backup}" if board.backup else "")
        )
        self._fill(board)

    def _fill(self, board: DayBoard) -> None:
        tasks = sorted(board.tasks, key=lambda t: not t.mine)
        if not self._everybody:
            tasks = [t for t in tasks if t.mine]
        self._tasks = {f"{t.command} {t.on} {t.title.english}": t for t in tasks}
        mine = sum(t.mine for t in board.tasks)
        heading = Phrase(
            "{day}  ·  today and the coming week  ·  for you: {mine}  ·  for everybody: {all}",
            day=board.today,
            mine=mine,
            all=len(board.tasks),
        )
        self.query_one("#board-heading", Plain).update(str(heading))
        lines = self.query_one("#tasks", Lines)
        lines.fill((held, self._cells(task, board)) for held, task in self._tasks.items())
        self._show_reasons()

    def _cells(self, task: Task, board: DayBoard) -> list[Cell]:
        blockers = reasons(task)
        style = "" if task.mine else "dim"
        due = Text(_when(task, board), style="bold red" if task.due < board.today else style)
        if blockers:
            now = Text(f"✗ {Phrase('blocked')}", style="yellow" if task.mine else "dim")
        elif task.due > board.today:
            now = Text(f"○ {Phrase('later')}", style=style)
        else:
            now = Text(f"● {Phrase('ready')}", style="green" if task.mine else "dim")
        rest = (task.on, task.subject, words.titled(task.title), str(task.who))
        return [due, now, *(Text(cell, style=style) for cell in rest)]

    @property
    def held(self) -> Task | None:
        """The task under the cursor."""
        held = self.query_one("#tasks", Lines).held
        return self._tasks.get(held) if held else None

    @on(DataTable.RowHighlighted, "#tasks")
    def _show_reasons(self) -> None:
        task = self.held
        found = reasons(task) if task else ()
        said: list[Content] = [told(b) for b in found]
        if task is not None and not found:
            hint = Phrase("Enter opens the form.") if task.mine else Phrase("Not yours: {who}.", who=task.who)
            said = [Content(f"✓ {Phrase('Nothing stands in the way.')} {hint}")]
        self.query_one("#task-reasons", Plain).update(Content("\n").join(said))

    # --- what to do with a task

    @on(DataTable.RowSelected, "#tasks")
    def action_done(self) -> None:
        """The form when it is one's own and nothing blocks it; the reasons when something does; else the batch."""
        task = self.held
        if task is None:
            return
        if not task.mine:
            self.action_batch()
        elif reasons(task):
            self.action_why()
        else:
            self.open_act(Target(task.command, task.on, task.batch, task.subject))

    def action_why(self) -> None:
        """Every blocker of the task under the cursor."""
        if self.held is not None:
            self.open(WhyScreen(f"{words.titled(self.held.title)} · {self.held.on}", reasons(self.held)))

    def action_batch(self) -> None:
        """The task's batch, or its subject where there is no batch."""
        task = self.held
        if task is None:
            return
        if task.batch:
            from tui.screens.batch import BatchScreen

            self.open(BatchScreen(task.batch))
        else:
            from tui.screens.subject import SubjectScreen

            self.open(SubjectScreen(task.subject))

    def action_all(self) -> None:
        """Your own tasks alone, or everybody's."""
        self._everybody = not self._everybody
        if self._board is not None:
            self._fill(self._board)


def reasons(task: Task) -> tuple[Blocker, ...]:
    """What stands in the way of a task, seen from this terminal, where a second person may sign."""
    return in_the_way(task.command, task.blockers)


def _when(task: Task, board: DayBoard) -> str:
    if task.due == board.today:
        return str(Phrase("today"))
    if task.due < board.today:
        return str(Phrase("{day} overdue", day=f"{task.due:%m-%d}"))
    return f"{task.due:%m-%d}"
