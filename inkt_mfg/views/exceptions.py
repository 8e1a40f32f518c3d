"""What a reviewer of a batch record should look at first: everything in it that did not go as planned.

Computed from the record alone, so that a screen and a printout show the same list. It judges nothing: whether an
exception matters is for the person who signs.
"""

from collections.abc import Iterator

from inkt_mfg.language import Phrase
from inkt_mfg.records.words import PASSING, TestVerdict
from inkt_mfg.views.batch_record import BatchRecord

_AS_PLANNED = PASSING | {TestVerdict.PENDING}
_LOOSE_LABELS = frozenset({"prepared", "proofed", "printed"})
_ENDED = frozenset({"released", "rejected", "closed", "terminated"})


def exceptions(record: BatchRecord) -> tuple[Phrase, ...]:
    """One sentence for each, in the order of the record; empty when everything went as planned."""
    return (
        *_making(record),
        *_testing(record),
        *_dose(record),
        *_decisions(record),
        *_integrity(record),
    )


def _making(record: BatchRecord) -> Iterator[Phrase]:
    for step in record.steps:
        if step.late_reason:
            yield Phrase("Step {code} was entered late: {why}", code=step.code, why=step.late_reason)
        if step.needs_verification:
            yield Phrase("Step {code} holds critical values nobody has verified", code=step.code)
    for count in record.counts:
        if count.late_reason:
            yield Phrase("Count {code} was entered late: {why}", code=count.code, why=count.late_reason)
        if count.recount_asked:
            yield Phrase(
                "Count {code} asked for a recount: its replicates lie too far apart", code=count.code
            )
        if count.verified is None and not count.source_sha256:
            yield Phrase("Count {code} is unverified", code=count.code)
    grown = record.page.growth.so_far
    if grown is not None and grown.verdict.value != "growth":
        yield Phrase("The culture did not grow: there are fewer cells at its last count than were seeded")


def _testing(record: BatchRecord) -> Iterator[Phrase]:
    for r in record.results:
        if r.verdict not in _AS_PLANNED:
            yield Phrase(
                "{test} does not pass: {result} against {criterion} ({code}, {verdict})",
                test=r.title,
                result=r.result.text,
                criterion=r.criterion.text,
                code=r.code,
                verdict=Phrase(r.verdict.replace("_", " ")),
            )
        if r.replaced_by:
            yield Phrase(
                "{test} was reported more than once: {code} was followed by {later}",
                test=r.title,
                code=r.code,
                later=r.replaced_by,
            )
        if not r.code and record.page.state in _ENDED - {"terminated"}:
            due = Phrase("due {day}", day=r.due_on) if r.due_on else Phrase("no due date")
            yield Phrase("{test} has no result yet ({due})", test=r.title, due=due)


def _dose(record: BatchRecord) -> Iterator[Phrase]:
    dose = record.page.dose
    if record.body is not None and record.body.concern:
        yield Phrase("Height or weight was unusual, and accepted: {why}", why=record.body.concern)
    if record.dose_assessments > 1:
        yield Phrase("The dose was worked out {n} times; the last one stands", n=record.dose_assessments)
    if dose is None:
        return
    if dose.verdict != "within":
        yield Phrase("The dose of the whole product is {verdict} the window", verdict=Phrase(dose.verdict))
    if dose.verdict_to_give != "within":
        yield Phrase("The dose to give is {verdict} the window", verdict=Phrase(dose.verdict_to_give))


def _decisions(record: BatchRecord) -> Iterator[Phrase]:
    for d in record.deviations:
        state = Phrase("closed") if d.state == "closed" else Phrase("NOT CLOSED")
        yield Phrase(
            "Deviation {code} ({severity}, {state})", code=d.code, severity=Phrase(d.severity), state=state
        )
    for hold in record.holds:
        state = Phrase("lifted") if hold.lifted else Phrase("STANDING")
        yield Phrase("Hold ({state}): {why}", state=state, why=hold.reason)
    for label in record.labels:
        if label.state in _LOOSE_LABELS:
            yield Phrase("Label {code} is not accounted for", code=label.code)
        elif label.state == "spoiled":
            yield Phrase("Label {code} was spoiled", code=label.code)
    for decided in record.dispositions:
        if decided.kind in {"exceptional", "rejected", "failed_late"}:
            kind = Phrase(decided.kind.replace("_", " "))
            yield Phrase(
                "Disposition {code}: {kind}. {why}", code=decided.code, kind=kind, why=decided.statement
            )
    if record.page.state == "terminated":
        yield Phrase("The batch was terminated before release")


def _integrity(record: BatchRecord) -> Iterator[Phrase]:
    fallen = [s for s in record.signatures if not s.shown.stands]
    if fallen:
        yield Phrase(
            "{n} signatures no longer stand, because a value they cover was changed: {which}",
            n=len(fallen),
            which="; ".join(
                f"no. {s.sequence} {s.shown.full_name}, {s.shown.meaning}, {s.on}" for s in fallen
            ),
        )
    for w in record.page.corrections_waiting:
        yield Phrase(
            "CORRECTION PENDING {code}: {record}: {old} → {new} ({who})",
            code=w.code,
            record=w.record,
            old=w.old,
            new=w.new,
            who=w.asked_by,
        )
    if record.page.reassessment_due:
        yield Phrase("RE-ASSESSMENT DUE: the record was changed after the bag had left")
    for c in record.corrections:
        yield Phrase(
            "Changed since first entry (†{n}): {record}, {old} → {new}",
            n=c.number,
            record=c.record,
            old=c.old,
            new=c.new,
        )
    if not record.heading.protocol_approved:
        yield Phrase("The protocol version is not approved")
