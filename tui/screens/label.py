"""Printing labels: every one drawn and proofed, the first shown as it will print; then sent, and confirmed in the hand.

A label whose proof fails is shown with its findings and nothing is offered for printing. What was sent before and not
confirmed is confirmed here; what comes after is at the thing itself: the label applied, by scanning it.
"""

from collections.abc import Iterator
from functools import partial
from typing import ClassVar

from textual import on
from textual.binding import BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.widget import Widget
from textual.widgets import Button

from inkt_mfg.language import Phrase
from inkt_mfg.refusal import Refusal
from inkt_mfg.views.jobs import JobCard
from inkt_mfg.workflow.bench import Receipt
from tui.acting import Target
from tui.asking import No
from tui.forms.field import Choice, Entry, Field
from tui.keys import key
from tui.printing import BY_HAND, ToPrint, confirm_all, look_at_all, print_all
from tui.screens.act import ActScreen, unable
from tui.screens.house import HouseScreen
from tui.screens.preview import TURN, said
from tui.widgets.form.form_body import FormBody
from tui.widgets.frame.plain import Plain
from tui.widgets.label.label_view import LabelView


class PrepareScreen(ActScreen):
    """The form of a preparation or a reprint; what it made is drawn, proofed and shown next."""

    def _done(self, receipt: Receipt) -> None:
        self.house.told(receipt)
        target = self._target
        of_collection = target.on if target.command == "label.prepare_collection" else ""
        batch = "" if of_collection else target.batch
        self.app.switch_screen(LabelScreen(receipt.codes or (receipt.code,), batch, of_collection))


class LabelScreen(HouseScreen[Receipt | None]):
    """For labels of one batch or one collection. Enter on the button goes on: print, then confirm."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key(
            "ctrl+s",
            "act",
            Phrase("Go on"),
            Phrase("Print what is proofed; then confirm the print"),
            id="label.do",
            priority=True,
        ),
        key("v", "turn", Phrase("View"), TURN, id="label.turn"),
        key(
            "p",
            "preview",
            Phrase("All"),
            Phrase("Every one of these labels, one after the other"),
            id="label.preview",
        ),
        key(
            "l",
            "clear_line",
            Phrase("Clear the line"),
            Phrase("Nothing of another batch lies at the printer"),
            id="label.line",
        ),
        key(
            "j", "jobs", Phrase("Printing"), Phrase("What came of each label of a print job"), id="label.jobs"
        ),
        key("escape", "back", Phrase("Back"), Phrase("The labels stay as they are"), id="label.back"),
    ]

    def __init__(self, serials: tuple[str, ...], batch: str = "", collection: str = "") -> None:
        super().__init__()
        self._serials, self._batch, self._collection = serials, batch, collection
        self._found: ToPrint | None = None
        self._busy = True
        self._covered = self._stopped = False

    def content(self) -> Iterator[Widget]:
        yield Plain("…", id="heading", classes="heading")
        yield VerticalScroll(id="printer-place", can_focus=False)
        yield LabelView()
        with Horizontal(id="act-bar"):
            yield Button(str(Phrase("Print")), id="do", variant="primary", disabled=True)
            yield Plain("", id="act-says")

    def on_mount(self) -> None:
        self._look()

    def on_screen_suspend(self) -> None:
        """Another screen lies on top: a line is cleared, say, or a job looked at."""
        self._covered = True

    def on_screen_resume(self) -> None:
        """Back from it: the labels may stand otherwise."""
        if self._covered and self.app.screen is self and not self._busy:
            self._covered = False
            self._look()

    # --- what there is

    def _look(self) -> None:
        store, serials = self.bench.store, self._serials
        self._set_busy(Phrase("drawing and proofing…"))
        self.ask(lambda: look_at_all(store, serials, self._heard(_PROOFED)), self._show, group="acting")

    def _heard(self, says: Phrase) -> "partial[None]":
        return partial(self._tell, says)

    def _tell(self, says: Phrase, done: int, of: int) -> None:
        """Called in the worker, after each label."""
        text = str(Phrase(says.template, done=done, of=of))
        self.call_later(lambda: self._says(text))

    async def _show(self, found: ToPrint) -> None:
        first, self._found = self._found is None, found
        self._busy = False
        self.refresh_bindings()
        many = f"  ({len(self._serials)})" if len(self._serials) > 1 else ""
        view = self.query_one(LabelView)
        if found.refused is not None and (found.shown is None or found.shown.sheet.proof.passed):
            no = found.refused
            self._heading(
                f"{Phrase('Label {serial}', serial=found.failing[0])} · {Phrase('cannot be drawn')}{many}"
            )
            view.says("\n".join(f"✗ {b.what}  [{b.rule}]" for b in no.blockers))
        elif found.shown is not None:
            whose = found.shown.content.facts
            self._heading(
                f"{Phrase('Label {serial}', serial=found.shown.serial)}{many} · {said(found.shown)} · "
                f"{whose.subject_number} {whose.patient_name} {whose.patient_id}"
            )
            view.show(found.shown.sheet)
        if first:
            await self._offer_printers(found.printers)
        self._offer()

    def _heading(self, text: str) -> None:
        self.query_one("#heading", Plain).update(text)

    async def _offer_printers(self, printers: tuple[str, ...]) -> None:
        by_hand = Choice(BY_HAND, Phrase("to a file, printed by hand"))
        choices = (*(Choice(name, name) for name in printers), by_hand)
        typed = printers[0] if len(printers) == 1 else "" if printers else BY_HAND
        field = Field(
            "printer", Phrase("Printer"), Entry.CHOICE, choices=choices, typed=typed, also_named=("labels",)
        )
        await self.query_one("#printer-place").mount(FormBody((field,)))

    def _offer(self) -> None:
        """What the button does now, and what to do before it."""
        found, button = self._found, self.query_one("#do", Button)
        assert found is not None
        waiting, sent = found.waiting, found.to_confirm
        if found.failing and waiting:
            button.label, button.disabled = str(Phrase("Print")), True
            self._says(
                str(Phrase("{n} of {all} cannot be printed.", n=len(found.failing), all=len(self._serials)))
            )
        elif waiting:
            button.label = str(
                Phrase("Print") if len(waiting) == 1 else Phrase("Print {n} labels", n=len(waiting))
            )
            button.disabled = False
            self._says(str(Phrase("Look at the label and its proof, then print.")))
        elif sent:
            one = len(sent) == 1
            button.label = str(
                Phrase("It came out of the printer") if one else Phrase("All {n} came out whole", n=len(sent))
            )
            button.disabled = False
            self._says(str(Phrase("Sent. Look at it, then confirm (one that is not whole: j).")))
        else:
            button.label, button.disabled = str(Phrase("Print")), True
            self._says(str(Phrase("Nothing is left to print here.")))
        if self._stopped:
            halfway = Phrase("It stopped. j shows what is known of each label.")
            self._says(str(halfway if found.sent else Phrase("Nothing was sent.")))
        if sent and not waiting:
            button.focus()
        else:
            self.query_one("Paper").focus()  # nothing is printed by an Enter that came too soon

    # --- printing

    @on(Button.Pressed, "#do")
    def action_act(self) -> None:
        """Print; once that is done, confirm."""
        found = self._found
        if self._busy or found is None or self.query_one("#do", Button).disabled:
            return
        body = self.query_one(FormBody)
        body.show(())
        if found.waiting:
            misread = body.misread()
            if misread:
                body.show(misread)
                self.app.bell()
                return
            self._print(found.waiting)
        else:
            self._confirm(found.to_confirm)

    @property
    def _printer(self) -> str:
        return self.query_one(FormBody).typed["printer"]

    def _print(self, serials: tuple[str, ...]) -> None:
        bench, printer = self.bench, self._printer
        self._stopped = False
        self._set_busy(Phrase("printing…"))
        self.ask(
            lambda: print_all(bench, serials, printer, self._heard(_SENT)), self._printed, group="acting"
        )

    def _printed(self, _job: JobCard) -> None:
        self._look()

    def _confirm(self, serials: tuple[str, ...]) -> None:
        bench, printer = self.bench, self._printer
        self._set_busy(Phrase("recording…"))
        self.ask(
            lambda: confirm_all(bench, serials, printer, self._heard(_CONFIRMED)),
            self._confirmed,
            group="acting",
        )

    def _confirmed(self, serial: str) -> None:
        """What comes next is at the thing itself: the label applied, by scanning it."""
        on = serial if len(self._serials) == 1 else ""
        self.app.switch_screen(ActScreen(Target("label.apply", on, self._batch if on else "")))

    def _set_busy(self, says: Phrase) -> None:
        self._busy = True
        self.query_one("#do", Button).disabled = True
        self._says(str(says))

    def _says(self, text: str) -> None:
        self.query_one("#act-says", Plain).update(text)

    def refused(self, no: No) -> None:
        """Why it is not printed, or what a job that stopped halfway leaves to be done."""
        self.app.bell()
        self._busy = False
        blockers = no.blockers if isinstance(no, Refusal) else (unable(no),)
        body = self.query(FormBody)
        if self._found is None or not body:
            self.query_one(LabelView).says("\n".join(f"✗ {b.what}  [{b.rule}]" for b in blockers))
            return
        if isinstance(no, Refusal):
            self._offer()
            self._says(str(Phrase("Not done.")))
        else:
            self._stopped = True
            self._look()
        body.first().show(blockers)

    # --- the other keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A line is cleared at a printer."""
        if action == "clear_line":
            return self._found is not None and bool(self._found.printers)
        if action == "preview":
            return len(self._serials) > 1
        return super().check_action(action, parameters)

    def action_turn(self) -> None:
        """Picture, dots, text."""
        self.query_one(LabelView).turn()

    def action_preview(self) -> None:
        """All of them, to leaf through."""
        from tui.screens.preview import PreviewScreen

        self.app.push_screen(PreviewScreen(self._serials))

    def action_clear_line(self) -> None:
        """Signed by whoever looked, before the labels of another batch."""
        if self._found is not None and self._printer not in {"", BY_HAND}:
            filled = (
                ("next_batch", self._batch),
                ("next_collection", "" if self._batch else self._collection),
            )
            self.app.push_screen(ActScreen(Target("printer.clear_line", self._printer, filled=filled)))

    def action_jobs(self) -> None:
        """Label by label."""
        from tui.screens.jobs import JobsScreen

        self.app.push_screen(JobsScreen())

    def action_back(self) -> None:
        """What is proofed can be printed later, what was sent confirmed later."""
        self.dismiss(None)


_PROOFED = Phrase("proofed {done} of {of}")
_SENT = Phrase("sent {done} of {of}")
_CONFIRMED = Phrase("confirmed {done} of {of}")
