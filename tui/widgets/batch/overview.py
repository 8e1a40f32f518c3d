"""The batch at a glance: whose it is, where it stands, its dose, what is open."""

from textual.content import Content

from inkt_mfg.language import Phrase
from inkt_mfg.units import show
from inkt_mfg.views.batch_page import BatchPage
from tui import words
from tui.widgets.frame.plain import Plain

_LABEL = 20  # cells of what stands before each fact
Fact = tuple[str, Content]


class Overview(Plain):
    """One screenful of facts; a long one goes on beneath itself, not beneath its label."""

    _facts: tuple[Fact, ...] = ()

    def show_page(self, page: BatchPage, started: str) -> None:
        """Draw the page's main facts; ``started`` is the start with its offset."""
        self._facts = (
            _line(
                Phrase("Patient"), f"{page.patient_name} · {page.patient_id} · {page.subject} ({page.arm})"
            ),
            _line(Phrase("Chain of identity"), page.chain_of_identity),
            _line(Phrase("For"), str(Phrase("infusion {n}", n=page.infusion_number))),
            _line(Phrase("Collection"), page.collection),
            _line(
                Phrase("Protocol"),
                page.protocol + (f"  ({Phrase('illustrative values')})" if page.illustrative else ""),
            ),
            _line(Phrase("Culture started"), started),
            _line(Phrase("State"), words.state(page.state)),
            _line(Phrase("Disposition"), words.state(page.disposition)),
            *_dose(page),
            *_open(page),
            *(_line(Phrase("Bag"), f"{c.code}  {words.state(c.state)}") for c in page.containers),
        )
        self._draw()

    def on_resize(self) -> None:
        """The same facts at another width."""
        self._draw()

    def _draw(self) -> None:
        room = max(self.container_size.width - _LABEL, _LABEL)
        self.update(Content("\n").join([line for fact in self._facts for line in _folded(*fact, room)]))


def _folded(label: str, text: Content, room: int) -> list[Content]:
    """The fact on as many lines as it needs, its label before the first."""
    first, *more = text.wrap(room) or [text]
    return [
        Content.assemble((words.padded(label, _LABEL), "dim"), first),
        *(Content.assemble(" " * _LABEL, piece) for piece in more),
    ]


def _line(label: Phrase, text: str | Content) -> Fact:
    return str(label), text if isinstance(text, Content) else Content(text)


def _dose(page: BatchPage) -> list[Fact]:
    if page.dose is None:
        waits = bool(page.corrections_waiting)
        return [_line(Phrase("Dose"), str(Phrase("does not compute: a correction waits")) if waits else "–")]
    dose = page.dose
    said = words.verdict(dose.verdict_to_give).plain
    text = f"{show(dose.dose_to_give, beside=(dose.low, dose.high))}  {said}  ·  {show(dose.volume_to_give)}"
    return [_line(Phrase("Dose to give"), Content.styled(text, "bold"))]


def _open(page: BatchPage) -> list[Fact]:
    found: list[Fact] = []
    if page.on_hold is not None:
        found.append(_line(Phrase("ON HOLD"), Content.styled(f"‖ {page.on_hold}", "bold")))
    found += [
        _line(
            Phrase("CORRECTION PENDING"),
            Content.styled(f"! {c.code} {c.record}: {c.old} → {c.new}", "bold"),
        )
        for c in page.corrections_waiting
    ]
    if page.reassessment_due:
        said = str(Phrase("the record was changed after the bag had left"))
        found.append(_line(Phrase("RE-ASSESSMENT DUE"), Content.styled(f"! {said}", "bold")))
    found += [
        _line(Phrase("Deviation"), f"! {d.code} {d.severity} {d.state}: {d.description} [{d.rule}]")
        for d in page.open_deviations
    ]
    pending = [t.title for t in page.tests if t.verdict == "pending"]
    if pending:
        found.append(_line(Phrase("Results to come"), ", ".join(pending)))
    broken = [s for s in page.signatures if not s.stands]
    found += [
        _line(Phrase("Signature"), f"✗ {s.meaning} {s.full_name}: {Phrase('no longer stands')}")
        for s in broken
    ]
    return found
