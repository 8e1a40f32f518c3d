"""Print jobs and printers: above every job and printer, beneath the labels of the job under the cursor, one by one.

After a failure each label says what is known of it: sent, not sent, or unknown; and the line beneath what to do with it.
"""

from collections.abc import Iterator
from typing import ClassVar

from rich.text import Text
from textual import on
from textual.binding import BindingType
from textual.containers import Vertical
from textual.widget import Widget
from textual.widgets import DataTable

from inkt_mfg.language import Phrase
from inkt_mfg.views.jobs import JobCard, JobLabel, jobs
from inkt_mfg.views.printers import PrinterCard, printer_cards
from inkt_mfg.workflow.permissions import Permission
from tui import words
from tui.acting import Target
from tui.asking import No
from tui.keys import key
from tui.screens.main import MainScreen
from tui.widgets.frame.plain import Plain
from tui.widgets.tables.lines import Cell, Lines

JOB_STATES: dict[str, Phrase] = {
    "running": Phrase("running"),
    "done": Phrase("done"),
    "stopped": Phrase("STOPPED"),
}
SENT_STATES: dict[str, tuple[str, Phrase]] = {
    "waiting": ("…", Phrase("waits")),
    "sent": ("✓", Phrase("sent")),
    "unknown": ("?", Phrase("UNKNOWN: look at the printer")),
    "not_sent": ("✗", Phrase("not sent")),
}
_SHOWN = 200  # the newest jobs


class JobsScreen(MainScreen):
    """Enter on a job goes to its labels; there a label is confirmed, spoiled or printed again."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("c", "confirm", Phrase("Came out"), Phrase("This label came out whole"), id="jobs.confirm"),
        key("x", "spoil", Phrase("Spoiled"), Phrase("This label did not come out whole"), id="jobs.spoil"),
        key(
            "r", "resume", Phrase("Resume"), Phrase("Print what a stopped job did not send"), id="jobs.resume"
        ),
        key("s", "stop", Phrase("Stop"), Phrase("A job whose program was ended"), id="jobs.stop"),
        key(
            "p",
            "printers",
            Phrase("Printers"),
            Phrase("Printers, their test page and line clearance"),
            id="jobs.printers",
        ),
        key("escape", "back", Phrase("Back"), Phrase("Back to where you were"), id="jobs.back"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._jobs: dict[str, JobCard] = {}
        self._busy = False

    def content(self) -> Iterator[Widget]:
        yield Plain(str(Phrase("Print jobs, the newest first")), id="jobs-heading", classes="heading")
        with Vertical(id="jobs-page"):
            yield Lines(
                Phrase("Job"),
                Phrase("State"),
                Phrase("Printer"),
                Phrase("Labels"),
                Phrase("Started"),
                Phrase("By"),
                id="jobs",
                spares=((5, 8), (2, 10)),
            )
            yield Plain("", id="job-why", classes="asks")
            yield Lines(Phrase("Label"), Phrase("Printing"), Phrase("State"), Phrase("Sent"), id="job-labels")
            yield Plain("", id="job-now", classes="asks")

    def on_mount(self) -> None:
        super().on_mount()
        self.query_one("#jobs", Lines).focus()

    def action_read(self) -> None:
        store = self.bench.store
        self.ask(lambda: jobs(store)[:_SHOWN], self._show)

    def _show(self, found: tuple[JobCard, ...]) -> None:
        self._jobs = {job.code: job for job in found}
        self.query_one("#jobs", Lines).fill((code, self._cells(job)) for code, job in self._jobs.items())
        if not found:
            self.query_one("#job-why", Plain).update(str(Phrase("Nothing was sent to a printer yet.")))
        self._show_job()

    def _cells(self, job: JobCard) -> list[Cell]:
        state = Text(
            str(JOB_STATES.get(job.state, job.state)), style="bold yellow" if job.state == "stopped" else ""
        )
        if job.to_confirm or job.to_look_at:
            state.append(f" · ! {Phrase('{n} to look at', n=len(job.to_confirm) + len(job.to_look_at))}")
        labels = f"{len(job.sent)}/{len(job.labels)}" if job.labels else str(Phrase("test page"))
        return [
            job.code,
            state,
            job.printer or job.destination,
            labels,
            self.shown_moment(job.started_at),
            job.started_by,
        ]

    @on(DataTable.RowHighlighted, "#jobs")
    def _show_job(self) -> None:
        job = self._job
        why = f"{Phrase('Why it stopped')}: {job.ended_why}" if job is not None and job.ended_why else ""
        if self._jobs:
            self.query_one("#job-why", Plain).update(why)
        lines = job.labels if job is not None else ()
        self.query_one("#job-labels", Lines).fill((x.label, self._label(x)) for x in lines)
        self._say_what_now()

    def _label(self, label: JobLabel) -> list[Cell]:
        sign, says = SENT_STATES.get(label.state, ("", Phrase("{word}", word=label.state)))
        style = "bold yellow" if label.state in {"unknown", "not_sent"} else ""
        return [
            label.label,
            Text(f"{sign} {says}", style=style),
            words.state(label.label_state),
            self.shown_moment(label.sent_at),
        ]

    @on(DataTable.RowHighlighted, "#job-labels")
    def _say_what_now(self) -> None:
        label = self._label_held
        self.query_one("#job-now", Plain).update(str(what_now(label)) if label is not None else "")

    @property
    def _job(self) -> JobCard | None:
        return self._jobs.get(self.query_one("#jobs", Lines).held or "")

    @property
    def _label_held(self) -> JobLabel | None:
        held, job = self.query_one("#job-labels", Lines).held, self._job
        return next((x for x in job.labels if x.label == held), None) if job is not None else None

    @on(DataTable.RowSelected, "#jobs")
    def _to_the_labels(self) -> None:
        if self._job is not None and self._job.labels:
            self.query_one("#job-labels", Lines).focus()

    # --- what is done

    @on(DataTable.RowSelected, "#job-labels")
    def action_confirm(self) -> None:
        """The form; it names the printer by itself."""
        label = self._label_held
        if label is not None:
            self.open_act(Target("label.confirm", label.label, part="one"))

    def action_spoil(self) -> None:
        """With the reason."""
        label = self._label_held
        if label is not None:
            self.open_act(Target("label.spoil", label.label))

    def action_stop(self) -> None:
        """With what was found at the printer."""
        if self._job is not None:
            self.open_act(Target("job.stop", self._job.code))

    def action_resume(self) -> None:
        """What was not sent, to the same printer; in a worker, label by label."""
        job = self._job
        if job is None or self._busy:
            return
        bench, code = self.bench, job.code
        self._busy = True
        self._tell(str(Phrase("printing…")))

        def resume() -> JobCard:
            from labels.printers.run import resume_job  # the labels floor: only where labels are printed

            return resume_job(bench, code, heard=lambda _what, done, of: self._heard(done, of))

        self.ask(resume, self._resumed, group="acting", refused=self._not_resumed)

    def _heard(self, done: int, of: int) -> None:
        text = str(Phrase("sent {done} of {of}", done=done, of=of))
        self.call_later(lambda: self._tell(text))

    def _tell(self, text: str) -> None:
        self.query_one("#job-now", Plain).update(text)

    def _resumed(self, job: JobCard) -> None:
        self._busy = False
        self.notify(
            f"✓ {Phrase('job {job}: {n} labels sent to {place}', job=job.code, n=len(job.sent), place=job.printer or job.destination)}",
            markup=False,
        )
        self.action_read()

    def _not_resumed(self, no: No) -> None:
        self._busy = False
        self.refused(no)
        self.action_read()

    def action_printers(self) -> None:
        """The register."""
        self.open(PrintersScreen())

    def action_back(self) -> None:
        """From the labels to the jobs; from the jobs to where one came from."""
        found = self.query_one("#jobs", Lines)
        if self.focused is self.query_one("#job-labels", Lines):
            self.set_focus(found)
        else:
            self.dismiss(None)


def what_now(label: JobLabel) -> Phrase:
    """What to do with one label of a job, for whoever stands at the printer."""
    if label.label_state not in {"prepared", "proofed"}:
        return Phrase("Nothing: it is seen to.")
    if label.state == "sent":
        return Phrase("Look at it: c when it came out whole, x when it did not.")
    if label.state == "unknown":
        return Phrase(
            "It may have come out or not. Look at the printer: c when it is there and whole, x when it is not."
        )
    if label.state == "not_sent":
        return Phrase("It never left. See to the printer, then r prints what is left of this job.")
    return Phrase("It waits. If the program was ended in the middle, s stops the job.")


class PrintersScreen(MainScreen):
    """The printers of the site, each with how it is reached; what may be done with one, by its key."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("n", "new", Phrase("New"), Phrase("Register a printer"), id="printers.new"),
        key(
            "c",
            "change",
            Phrase("Change"),
            Phrase("What is registered of it, with a reason"),
            id="printers.change",
        ),
        key(
            "t", "test", Phrase("Test page"), Phrase("Try the printer with its test page"), id="printers.test"
        ),
        key(
            "l",
            "clear_line",
            Phrase("Clear the line"),
            Phrase("Nothing of another batch lies at the printer"),
            id="printers.line",
        ),
        key("x", "retire", Phrase("Out of use"), Phrase("Take the printer out of use"), id="printers.retire"),
        key("escape", "back", Phrase("Back"), Phrase("Back to where you were"), id="printers.back"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._busy = False

    def content(self) -> Iterator[Widget]:
        yield Plain(str(Phrase("Printers of the site")), id="printers-heading", classes="heading")
        yield Lines(
            Phrase("Printer"), Phrase("State"), Phrase("Dots per inch"), Phrase("Labels loaded"), Phrase("Reached by"),
            Phrase("Is sent"), Phrase("Address"), Phrase("Offset, mm"), id="printers",
        )  # fmt: skip
        yield Plain("", id="printers-says", classes="asks")

    def on_mount(self) -> None:
        super().on_mount()
        self.query_one("#printers", Lines).focus()

    def action_read(self) -> None:
        store = self.bench.store
        self.ask(lambda: printer_cards(store), self._show)

    def _show(self, found: tuple[PrinterCard, ...]) -> None:
        self.query_one("#printers", Lines).fill((card.code, _printer(card)) for card in found)
        if not found:
            self._tell(str(Phrase("No printer is registered: labels are printed by hand, from their files.")))

    @property
    def _held(self) -> str:
        return self.query_one("#printers", Lines).held or ""

    def _tell(self, text: str) -> None:
        self.query_one("#printers-says", Plain).update(text)

    def action_new(self) -> None:
        """The form."""
        self.open_act(Target("printer.register"))

    def _open(self, command: str) -> None:
        if self._held:
            self.open_act(Target(command, self._held))

    def action_change(self) -> None:
        """The form, with a reason."""
        self._open("printer.change")

    def action_retire(self) -> None:
        """The form, with a reason."""
        self._open("printer.retire")

    def action_clear_line(self) -> None:
        """Signed by whoever looked."""
        self._open("printer.clear_line")

    def action_test(self) -> None:
        """The page goes out through the same path as a label, and that is recorded."""
        bench, printer = self.bench, self._held
        if not printer or self._busy:
            return
        self._busy = True
        self._tell(str(Phrase("printing…")))

        def send() -> object:
            from labels.printers.run import try_printer  # the labels floor: only where something is printed

            return try_printer(bench, printer).says

        self.ask(send, self._tested, group="acting", refused=self._not_tested)

    def _tested(self, says: object) -> None:
        self._busy = False
        self._tell(f"✓ {says}. {Phrase('Measure its frame: how far it is off is the offset.')}")

    def _not_tested(self, no: No) -> None:
        self._busy = False
        self.app.bell()
        self._tell(f"✗ {no}")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only who sets printers up is offered to."""
        if action in {"new", "change", "retire"}:
            return self.bench.may(Permission.SET_UP_PRINTERS)
        return super().check_action(action, parameters)

    def action_back(self) -> None:
        """Back."""
        self.dismiss(None)


def _printer(card: PrinterCard) -> list[Cell]:
    state = Text(f"✗ {Phrase('out of use')}", style="dim") if card.retired else Text(f"✓ {Phrase('in use')}")
    offset = f"{card.offset_across} → · {card.offset_down} ↓"
    return [
        card.code, state, str(card.dots_per_inch), card.media, card.transport, card.language, card.address or "–", offset
    ]  # fmt: skip
