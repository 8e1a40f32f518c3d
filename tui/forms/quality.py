"""Forms of review and decision: submitting, reviewing, releasing, rejecting, verifying, deviations, holds, protocols."""

from inkt_mfg.language import Phrase
from tui.forms.field import Choice, Entry, Field, Form, reason

SEVERITIES = (Phrase("minor"), Phrase("major"), Phrase("critical"))


def _severities() -> tuple[Choice, ...]:
    return tuple(Choice(s.english, s) for s in SEVERITIES)


COMPARE = Phrase("Second person: compare with the source, then sign with your own name and password.")

FORMS = (
    Form("step.verify", asks_for=COMPARE, by_second_person=True),
    Form("count.verify", asks_for=COMPARE, by_second_person=True),
    Form("result.verify", asks_for=COMPARE, by_second_person=True),
    Form("batch.submit", asks_for=Phrase("The bench hands the record to QA.")),
    Form(
        "batch.review",
        (
            Field(
                "audit_trail_reviewed",
                Phrase("Audit trail"),
                example="read, no open questions",
                hint=Phrase("what the reading of the history came to"),
            ),
        ),
    ),
    Form(
        "batch.release",
        (Field("statement", Phrase("Remark on the certificate"), optional=True),),
        asks_for=Phrase("Released conditionally when a result that may be pending is still missing."),
    ),
    Form("batch.reject", (reason(),)),
    Form("batch.terminate", (reason(),)),
    Form("batch.finalise"),
    Form("batch.fail_late", (reason(),)),
    Form("batch.return_to_bench", (reason(hint=Phrase("what the bench has to put right")),)),
    Form("batch.recall_to_review", (reason(),)),
    Form("batch.close"),
    Form(
        "batch.release_exceptionally",
        (
            Field("risk_statement", Phrase("Risk statement on the label")),
            reason(),
        ),
    ),
    Form(
        "deviation.open",
        (
            Field("description", Phrase("What happened")),
            Field("severity", Phrase("Severity"), Entry.CHOICE, choices=_severities()),
        ),
    ),
    Form("deviation.assess", (Field("assessment", Phrase("What it means for the batch")),)),
    Form("deviation.close"),
    Form("batch.hold", (reason(),)),
    Form("batch.lift_hold", (reason(),)),
    Form("protocol.approve", asks_for=Phrase("Two people approve a version, one of them QA.")),
)
