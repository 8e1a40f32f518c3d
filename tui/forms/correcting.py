"""Forms of corrections: which value, what it should say and why; and for the second person, what the source says."""

from inkt_mfg.language import Phrase
from inkt_mfg.views.corrections_waiting import waiting_correction
from inkt_mfg.workflow.bench import Bench
from inkt_mfg.workflow.correctable_page import correctable_of
from inkt_mfg.workflow.corrections import CORRECTING, REASONS
from tui.forms.field import Choice, Entry, Field, Form, reason

CORRECTING_COMMANDS = tuple(command.name for command in CORRECTING.values())
FORMS = (
    Form("correction.refuse", (reason(hint=Phrase("what the source says")),)),
    Form("correction.withdraw", (reason(),)),
    Form(
        "batch.reassess",
        (Field("statement", Phrase("Statement for whoever treats the patient")), reason()),
        asks_for=Phrase("The record was corrected after the bag had left. Signed, the release is upheld."),
    ),
)


def correcting_form(command: str, bench: Bench, on: str) -> Form:
    """The values of this record that may be corrected, with what stands there now."""
    values = tuple(
        Choice(v.name, f"{v.title}: {v.stands}" + (f"  [{Phrase('critical')}]" if v.critical else ""))
        for v in correctable_of(bench, command, on)
    )
    reasons = tuple(Choice(r.value, Phrase(r.value.replace("_", " "))) for r in REASONS)
    return Form(
        command,
        (
            Field("value", Phrase("Value"), Entry.CHOICE, choices=values),
            Field("new", Phrase("What it should say"), hint=Phrase("with its unit, as the source says it")),
            Field("why", Phrase("Kind of reason"), Entry.CHOICE, choices=reasons),
            reason(hint=Phrase("in your own words")),
        ),
        asks_for=Phrase("A critical value waits for a second person; until then neither value computes."),
    )


def approving_form(bench: Bench, on: str) -> Form:
    """What is asked for, before the eyes of the second person, who types what the source says."""
    asked = waiting_correction(bench.store, on)
    return Form(
        "correction.approve",
        (
            Field(
                "source_says",
                Phrase("What the source says"),
                hint=Phrase("read it yourself, and type it with its unit"),
            ),
        ),
        asks_for=Phrase("Second person: read the source, not this screen."),
        shown=(
            (str(Phrase("Record")), asked.record),
            (str(Phrase("Entered")), asked.old),
            (str(Phrase("Should be")), asked.new),
            (str(Phrase("Why")), f"{Phrase(asked.why)}: {asked.reason}"),
            (str(Phrase("Asked by")), asked.asked_by),
        ),
    )
