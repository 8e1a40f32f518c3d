"""Recording a cell count: replicates as typed, gates from live cells to iNKT, and what they come to while typing."""

from collections.abc import Iterator
from typing import Any, ClassVar

from textual import on
from textual.binding import BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.widget import Widget
from textual.widgets import Button, Input

from inkt_mfg.language import Phrase
from inkt_mfg.refusal import Blocker, Refusal
from inkt_mfg.views.batch_page import BatchPage, batch_page
from inkt_mfg.views.bench_plan import BenchPlan, bench_plan
from inkt_mfg.workflow import counting
from inkt_mfg.workflow.bench import Receipt
from inkt_mfg.workflow.counting import TypedGate, TypedReplicate
from tui import words
from tui.acting import Meanwhile, Target, heading_of, meanwhile
from tui.asking import No
from tui.forms.count import CONCENTRATION, OPTIONAL, VIABILITY, asks_gates, count_fields
from tui.forms.field import Entry, Field, arguments
from tui.keys import key
from tui.screens.act import STALE, unable
from tui.screens.house import HouseScreen
from tui.screens.sure import SureScreen
from tui.widgets.count.preview import CountTyped, Preview, Worked, work_out
from tui.widgets.count.typed_rows import TypedRows
from tui.widgets.form.choice_field import ChoiceField
from tui.widgets.form.field_row import FieldRow
from tui.widgets.form.form_body import FormBody
from tui.widgets.frame.plain import Plain

_AFTER_TYPING = 0.2  # seconds of rest before the preview is worked out
_IN_REPLICATES = frozenset({"concentration", "viability", "replicates"})


class CountScreen(HouseScreen[Receipt | None]):
    """Gives the receipt when the count is recorded. It stays unverified until a second person has compared it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key(
            "ctrl+s",
            "act",
            Phrase("Record"),
            Phrase("Check and record the count"),
            id="count.do",
            priority=True,
        ),
        key("ctrl+n", "now", Phrase("Now"), Phrase("Fill in this minute"), id="count.now", priority=True),
        key(
            "f7",
            "replicate",
            Phrase("More rows"),
            Phrase("One more replicate, or one more gate"),
            id="count.more",
        ),
        key(
            "ctrl+r",
            "reload",
            Phrase("Look again"),
            Phrase("Read the batch again and keep what is typed"),
            id="count.reload",
        ),
        key("escape", "back", Phrase("Back"), Phrase("Back without recording anything"), id="count.back"),
    ]

    def __init__(self, target: Target) -> None:
        super().__init__()
        self._target = target
        self._plan: BenchPlan | None = None
        self._version = target.seen_version
        self._busy = False

    def content(self) -> Iterator[Widget]:
        yield Plain("…", id="heading", classes="heading")
        yield Plain("", id="asks", classes="asks")
        yield VerticalScroll(id="form-place", can_focus=False)
        yield Preview(str(Phrase("comes to: –")), id="preview")
        yield Plain("", classes="hint")
        with Horizontal(id="act-bar"):
            yield Button(str(Phrase("Record")), id="do", variant="primary", disabled=True)
            yield Plain("", id="act-says")

    def on_mount(self) -> None:
        store, on = self.bench.store, self._target.on
        self.ask(lambda: (batch_page(store, on), bench_plan(store, on)), self._show_form)

    async def _show_form(self, found: tuple[BatchPage, BenchPlan]) -> None:
        page, self._plan = found
        self._version = page.version if self._version is None else self._version
        self.query_one("#heading", Plain).update(
            f"{words.titled(counting.record_count.title)}  ─  {heading_of(page)}"
        )
        fields = count_fields(self._plan, page)
        await self.query_one("#form-place").mount(
            FormBody(fields, id="count-body"),
            TypedRows(
                str(Phrase("Replicates")),
                ((f"{CONCENTRATION}", "1.25e6 cells/mL"), (f"{VIABILITY}", "92.5 %")),
                max(2, self._plan.minimum_replicates),
                id="replicates",
            ),
            TypedRows(
                str(Phrase("Gates")),
                (
                    (str(Phrase("Population")), "iNKT"),
                    (str(Phrase("of")), "live"),
                    (str(Phrase("Percent")), "62.5 %"),
                ),
                1,
                id="gates",
            ),
            FormBody(OPTIONAL, id="late-body"),
        )
        self._show_gates()
        self.query_one("#do", Button).disabled = False
        self.query_one("#count-body", FormBody).focus_first()

    # --- typing

    def _show_gates(self) -> None:
        assert self._plan is not None
        gates = self.query_one("#gates", TypedRows)
        gates.display = asks_gates(self._plan, self.query_one("#count-body", FormBody).typed["point"])
        if gates.display and not gates.begun:
            gates.fill([("iNKT", "live", "")])

    @property
    def typing_begun(self) -> bool:
        """Whether something would be lost by leaving."""
        return any(body.begun for body in self.query(FormBody)) or any(
            r.begun for r in self.query("#replicates").results(TypedRows)
        )

    @property
    def _typed(self) -> CountTyped:
        gates = self.query_one("#gates", TypedRows)
        return CountTyped(
            self.query_one("#count-body", FormBody).typed["volume"],
            tuple(self.query_one("#replicates", TypedRows).texts),
            tuple(gates.texts) if gates.display else (),
        )

    @on(FieldRow.Changed)
    @on(TypedRows.Changed)
    def _typing(self) -> None:
        self.query_one("#act-says", Plain).update("", layout=False)
        self.set_timer(_AFTER_TYPING, self._preview)

    @on(ChoiceField.Changed)
    def _other_point(self) -> None:
        if self._plan is not None:
            self._show_gates()

    def _preview(self) -> None:
        typed = self._typed
        self.ask(lambda: work_out(typed), self._previewed, group="preview")

    def _previewed(self, worked: Worked) -> None:
        self.query_one(Preview).show_worked(worked)

    def action_now(self) -> None:
        """Put this minute into the time."""
        row = next((r for r in self.query(FieldRow) if r.field.entry is Entry.MOMENT), None)
        if row is not None:
            row.fill(self.now_typed())

    async def action_replicate(self) -> None:
        """One more gate when the cursor is among the gates, else one more replicate."""
        gates = self.query_one("#gates", TypedRows)
        among_gates = self.focused is not None and self.focused in list(gates.query(Input))
        await (gates if among_gates else self.query_one("#replicates", TypedRows)).add_row()

    # --- recording

    @on(Button.Pressed, "#do")
    def action_act(self) -> None:
        """Send what is typed, as typed."""
        if self._plan is None or self._busy:
            return
        misread = self.query_one("#count-body", FormBody).misread()
        self._show_blockers(tuple(misread))
        if misread:
            self.app.bell()
            return
        typed = self._typed
        fields: tuple[Field, ...] = (*self.query_one("#count-body", FormBody).fields, *OPTIONAL)
        texts = self.query_one("#count-body", FormBody).typed | self.query_one("#late-body", FormBody).typed
        sent: dict[str, Any] = arguments(fields, texts)
        replicates = tuple(TypedReplicate(*r) for r in typed.replicates)
        gates = tuple(TypedGate(*g) for g in typed.gates if g[-1].strip())
        bench, on, version = self.bench, self._target.on, self._version
        self._set_busy(busy=True)

        def run() -> Receipt:
            return bench.run(
                counting.record_count, on, seen_version=version, replicates=replicates, gates=gates, **sent
            )

        self.ask(run, self._done, group="acting")

    def _set_busy(self, *, busy: bool) -> None:
        self._busy = busy
        self.query_one("#do", Button).disabled = busy
        self.query_one("#act-says", Plain).update(str(Phrase("recording…")) if busy else "")

    def _done(self, receipt: Receipt) -> None:
        self.house.told(receipt)
        self.dismiss(receipt)

    def refused(self, no: No) -> None:
        """Beside the field or the row it names; everything typed stays."""
        self._set_busy(busy=False)
        self.app.bell()
        blockers = no.blockers if isinstance(no, Refusal) else (unable(no),)
        self._show_blockers(blockers)
        stale = isinstance(no, Refusal) and no.rule == STALE
        says = (
            Phrase("Ctrl+R reads the record again; what you typed stays.")
            if stale
            else Phrase("Not recorded.")
        )
        self.query_one("#act-says", Plain).update(str(says))

    def _show_blockers(self, blockers: tuple[Blocker, ...]) -> None:
        rows = tuple(b for b in blockers if b.field in _IN_REPLICATES)
        gates = tuple(b for b in blockers if b.field == "gates")
        below = {field.name for field in OPTIONAL}
        late = tuple(b for b in blockers if b.field in below)
        rest = [b for b in blockers if b not in (*rows, *gates, *late)]
        self.query_one("#gates", TypedRows).show(*gates)
        self.query_one("#late-body", FormBody).show(late)
        self.query_one("#replicates", TypedRows).show(*rows)
        self.query_one("#count-body", FormBody).show(rest)

    # --- somebody else was there

    def action_reload(self) -> None:
        """The batch as it is now; what is typed stays."""
        bench, target = self.bench, self._target
        now = Target(target.command, target.on, target.on)
        self.ask(lambda: meanwhile(bench, now), self._seen_again)

    def _seen_again(self, now: Meanwhile) -> None:
        self._version = now.version
        self._show_blockers(())
        since = "\n".join(now.acts)
        self.query_one("#asks", Plain).update(
            str(Phrase("Read again. Last on this record:\n{acts}", acts=since))
        )

    def action_back(self) -> None:
        """Nothing is recorded; asks before typed text is thrown away."""
        if not self.typing_begun:
            self.dismiss(None)
            return
        self.app.push_screen(
            SureScreen(Phrase("What you typed is not recorded. Throw it away?")), self._leave_if
        )

    def _leave_if(self, sure: bool | None) -> None:
        if sure:
            self.dismiss(None)
