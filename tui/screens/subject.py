"""One subject: who, body measurements, orders, collections, batches and calendar, and what can be done about them."""

from collections.abc import Iterator
from typing import ClassVar

from textual import on
from textual.binding import BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.widget import Widget
from textual.widgets import OptionList

from inkt_mfg.language import Phrase
from inkt_mfg.refusal import Blocker
from inkt_mfg.science.calendar import EVENT_NAMES
from inkt_mfg.views.subjects import SubjectPage, subject_page
from inkt_mfg.workflow.bench import Bench
from inkt_mfg.workflow.catalogue import named
from inkt_mfg.workflow.command import Command
from tui import words
from tui.acting import Target, in_the_way
from tui.keys import key
from tui.screens.main import MainScreen
from tui.screens.why import WhyScreen
from tui.widgets.batch.acts import ActList, OpenAct
from tui.widgets.frame.plain import Plain
from tui.widgets.tables.lines import Lines

ON_SUBJECT = (
    "body.measure",
    "dose.order",
    "collection.announce",
    "subject.record_first_tae",
    "subject.lift_dose_block",
)
Acts = tuple[OpenAct, ...]


class SubjectScreen(MainScreen):
    """The figures of a body measurement that awaits its second reading are not shown: the reading is blind."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("w", "why", Phrase("Why?"), Phrase("Every reason it cannot be done now"), id="subject.why"),
        key("escape", "back", Phrase("Back"), Phrase("Back to the list"), id="subject.back"),
    ]

    def __init__(self, code: str) -> None:
        super().__init__()
        self._code = self.about = code
        self._version: int | None = None

    def content(self) -> Iterator[Widget]:
        yield Plain("…", id="subject-heading", classes="heading")
        with Horizontal(id="page"):
            with VerticalScroll(id="subject-body"):
                yield Plain("", id="subject-facts")
                yield Lines(
                    Phrase("Body"),
                    Phrase("Measured"),
                    Phrase("Height"),
                    Phrase("Weight"),
                    Phrase("State"),
                    Phrase("First reading"),
                    id="bodies",
                    nothing=Phrase("none yet"),
                )
                yield Lines(
                    Phrase("Collection"),
                    Phrase("Donation"),
                    Phrase("State"),
                    Phrase("Volume"),
                    id="collections",
                    nothing=Phrase("none yet"),
                )
                yield Lines(
                    Phrase("Date"),
                    Phrase("Day"),
                    Phrase("What"),
                    Phrase("Infusion"),
                    id="calendar",
                    nothing=Phrase("none yet"),
                )
            yield ActList(id="acts")

    def on_mount(self) -> None:
        super().on_mount()
        self.query_one(ActList).focus()

    def action_read(self) -> None:
        bench, code = self.bench, self._code

        def read() -> tuple[SubjectPage, Acts]:
            page = subject_page(bench.store, code)
            return page, acts_on(bench, page)

        self.ask(read, self._show)

    def _show(self, found: tuple[SubjectPage, Acts]) -> None:
        page, acts = found
        self._version = page.version
        self.query_one("#subject-heading", Plain).update(
            f"{page.code} · {page.patient_name} · {page.patient_id}"
        )
        self.query_one("#subject-facts", Plain).update(_facts(page))
        self.query_one("#bodies", Lines).fill(
            (
                b.code,
                (
                    b.code,
                    str(b.measured_on),
                    b.height or "•••",
                    b.weight or "•••",
                    words.state(b.state),
                    b.entered_by,
                ),
            )
            for b in page.bodies
        )
        self.query_one("#collections", Lines).fill(
            (c.code, (c.code, c.donation_id, words.state(c.state), c.volume)) for c in page.collections
        )
        self.query_one("#calendar", Lines).fill(
            (str(n), (str(e.date), str(e.day), str(EVENT_NAMES[e.kind]), str(e.infusion or "")))
            for n, e in enumerate(page.calendar)
        )
        self.query_one(ActList).offer(acts, self._code)

    @on(OptionList.OptionSelected, "#acts")
    def _chosen(self) -> None:
        act = self.query_one(ActList).held
        if act is None:
            return
        if act.blockers:
            self.action_why()
        else:
            seen = self._version if act.on == self._code else None
            self.open_act(Target(act.command.name, act.on, subject=self._code, seen_version=seen))

    def action_why(self) -> None:
        """Every blocker of the act under the cursor."""
        act = self.query_one(ActList).held
        if act is not None:
            self.open(WhyScreen(f"{words.titled(act.command.title)} · {act.on}", act.blockers))

    def action_back(self) -> None:
        """Back."""
        self.dismiss(None)


def acts_on(bench: Bench, page: SubjectPage) -> Acts:
    """What this person's role allows about the subject, their open measurements and their collections."""
    found = [_act(bench, named(name), page.code) for name in ON_SUBJECT]
    found += [
        _act(bench, named("body.read_again"), b.code) for b in page.bodies if b.state == "awaiting_second"
    ]
    for c in page.collections:
        found += [_act(bench, named(name), c.code) for name in acts_of_collection(c.state)]
    return tuple(act for act in found if act is not None)


def acts_of_collection(state: str) -> tuple[str, ...]:
    """What a collection in this state waits for."""
    return {
        "expected": ("collection.receive",),
        "received": ("collection.accept", "collection.reject"),
        "accepted": ("batch.plan",),
    }.get(state, ())


def _act(bench: Bench, command: Command, on: str) -> OpenAct | None:
    if not bench.may(command.permission):
        return None
    blockers: tuple[Blocker, ...] = tuple(bench.blockers(command, on))
    return OpenAct(command, on, in_the_way(command.name, blockers))


def _facts(page: SubjectPage) -> str:
    blocked = f"\n✗ {page.dose_blocked}" if page.dose_blocked else ""
    orders = ", ".join(f"{n}: {day}" for n, day in page.orders) or "–"
    dosed = "" if page.dosed else f" – {Phrase('never dosed')}"
    return (
        f"{Phrase('Arm')}: {page.arm}{dosed}   {Phrase('Sex')}: {page.sex}   {Phrase('Born')}: {page.birth_date}\n"
        f"{Phrase('Chain of identity')}: {page.chain_of_identity}   {Phrase('Protocol')}: {page.protocol}\n"
        f"{Phrase('First TAE/TACE')}: {page.first_tae_on or '–'}   {Phrase('Ordered infusions')}: {orders}\n"
        f"{Phrase('Batches')}: {', '.join(page.batches) or '–'}{blocked}"
    )
