"""The end of a printed batch record: deviations, dispositions, signatures, footnotes. Each function adds one section."""

from collections.abc import Sequence
from typing import Any

from inkt_mfg.language import Phrase
from inkt_mfg.reports.paper import NOTE, Bold, Paper
from inkt_mfg.reports.wording import Wording, signed_at, spaced, standing
from inkt_mfg.views.record_parts import DeviationRecord, DispositionRecord, SignatureRecord
from inkt_mfg.workflow.catalogue import named
from inkt_mfg.workflow.permissions import role_name


def deviations(paper: Paper, words: Wording) -> None:
    """Deviations from opening to closing, and holds."""
    record = words.record
    paper.section(Phrase("Deviations and holds"))
    if not record.deviations and not record.holds:
        paper.text(Phrase("None."))
    rows = [_deviation_row(d, words) for d in record.deviations]
    heads = (Phrase("Deviation"), Phrase("What happened"), Phrase("Assessment"), Phrase("Persons"))
    paper.table(heads if rows else (), rows, (26, 56, 48, 50))
    for hold in record.holds:
        paper.text(
            Phrase("Hold: {why}. {placed}", why=hold.reason, placed=words.done(Phrase("Placed"), hold.placed))
        )
        lifted = words.done(Phrase("Lifted"), hold.lifted)
        paper.text(Phrase("{lifted}. {why}", lifted=lifted, why=hold.lift_reason))


def _deviation_row(d: DeviationRecord, words: Wording) -> list[Any]:
    state = spaced(d.state) if d.state == "closed" else Bold(str(spaced(d.state)).upper())
    persons = [
        words.done(Phrase("Opened"), d.opened),
        Phrase("Assessed by {who}", who=d.assessed_by) if d.assessed_by else "",
        words.done(Phrase("Closed"), d.closed),
    ]
    return [[Bold(d.code), spaced(d.severity), state, d.rule], d.description, d.assessment, persons]


def dispositions(paper: Paper, words: Wording) -> None:
    """Each decision beside the one before it; what was pending then and until when (R34)."""
    record = words.record
    paper.section(Phrase("Dispositions"))
    for r in record.requests:
        paper.text(Phrase("Request {code} for exceptional supply: {why}. Risk: {risk}. {who}",
                          code=r.code, why=r.justification, risk=r.risk,
                          who=words.done(Phrase("Requested"), r.requested)))  # fmt: skip
    if not record.dispositions:
        paper.text(Phrase("None: the batch is in quarantine."))
        return
    paper.gap(1)
    heads = (
        Phrase("Certificate"),
        Phrase("Decision"),
        Phrase("Pending then, and due"),
        Phrase("Statement"),
        Phrase("Decided"),
    )
    paper.table(heads, [_disposition_row(d, words) for d in record.dispositions], (22, 28, 44, 40, 46))


def _disposition_row(d: DispositionRecord, words: Wording) -> list[Any]:
    pending: list[Any] = [Phrase("{test}, due {day}", test=test, day=day) for test, day in d.pending]
    decided = [words.at(d.decided.at), d.decided.by]
    return [Bold(d.code), Bold(spaced(d.kind)), pending or Phrase("nothing"), d.statement, decided]


def signatures(paper: Paper, words: Wording) -> None:
    """Every signature with printed name, user name, role, meaning and local time, and whether it still stands (R22, R23)."""
    paper.section(Phrase("Signatures"))
    paper.small(
        Phrase(
            "A signature stands while every value it covers is the one that was signed; this was computed when the "
            "record was read. Number: the ledger entry that holds it."
        )
    )
    _signature_table(paper, [s for s in words.record.signatures if not s.shared])
    paper.gap(1)
    paper.text(Phrase("On what this batch shares with others: the protocol version and the material lots."))
    paper.gap(1)
    _signature_table(paper, [s for s in words.record.signatures if s.shared])


def _signature_table(paper: Paper, signed: Sequence[SignatureRecord]) -> None:
    heads = (
        Phrase("No."), Phrase("Name, user name, role"), Phrase("Meaning, act"), Phrase("On"), Phrase("Local time"),
        Phrase("Standing"),
    )  # fmt: skip
    paper.table(heads if signed else (), [_signature_row(s) for s in signed], (10, 37, 42, 32, 39, 20))


def _signature_row(s: SignatureRecord) -> list[Any]:
    shown = s.shown
    name = [Bold(shown.full_name), f"{shown.user_name}, {role_name(shown.role)}"]
    meaning = [Bold(spaced(shown.meaning)), named(s.act).title]
    return [str(s.sequence), name, meaning, s.on, signed_at(shown), standing(shown)]


def corrections(paper: Paper, words: Wording) -> None:
    """The footnotes: each value changed since first entry, old, new, who, when, why (R08)."""
    paper.section(Phrase("Values changed since first entry"))
    found = words.record.corrections
    if not found:
        paper.text(Phrase("None: every value is as it was first entered."))
        return
    paper.small(Phrase("A value marked {mark}n above is explained by note n below.", mark=NOTE))
    rows = [
        [
            Bold(f"{NOTE}{c.number}"),
            [Bold(c.record), spaced(c.field.removesuffix("_typed"))],
            c.old,
            c.new,
            [
                f"{c.full_name} ({c.user_name})",
                *([Phrase("approved by {name}", name=c.approved_by)] if c.approved_by else []),
                words.at(c.at),
                Phrase("entry {n}", n=c.sequence),
            ],
            c.reason or Bold(Phrase("NO REASON GIVEN")),
        ]
        for c in found
    ]
    heads = (
        Phrase("Note"),
        Phrase("Value"),
        Phrase("First, or before"),
        Phrase("Then"),
        Phrase("Who, when"),
        Phrase("Why"),
    )
    paper.table(heads, rows, (12, 36, 30, 30, 38, 34))
