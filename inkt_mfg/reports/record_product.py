"""The middle of a printed batch record: tests, dose, containers, labels, custody. Each function adds one section."""

from typing import Any

from inkt_mfg.language import Phrase
from inkt_mfg.reports.paper import Bold, Paper
from inkt_mfg.reports.wording import Wording, basis, cut, number, plain, spaced, verdict
from inkt_mfg.views.batch_page import DoseCard
from inkt_mfg.views.label_kinds import KINDS
from inkt_mfg.views.label_reconciliation import Reconciliation
from inkt_mfg.views.record_parts import BodyRecord, Entered, ResultRecord

_LOOSE = ("prepared", "proofed", "printed")


def tests(paper: Paper, words: Wording) -> None:
    """Samples, then every test against its criterion; one without a result is pending, which is never a pass."""
    paper.section(Phrase("Samples and tests"))
    for sample in words.record.samples:
        paper.text(f"{sample.code}  {sample.purpose}: {words.done(Phrase('taken'), sample.taken)}")
    paper.gap(1)
    heads = (
        Phrase("Test, method"),
        Phrase("Criterion"),
        Phrase("Result as reported"),
        Phrase("Verdict"),
        Phrase("Persons"),
    )
    paper.table(heads, [_test_row(r, words) for r in words.record.results], (46, 28, 30, 36, 40))


def _test_row(r: ResultRecord, words: Wording) -> list[Any]:
    if not r.code:
        due = Phrase("due {day}", day=r.due_on) if r.due_on else ""
        return [
            [r.title, r.method],
            r.criterion,
            [Bold(Phrase("PENDING")), due],
            Bold(Phrase("no result")),
            "",
        ]
    persons: list[Any] = [
        Phrase("Reported by {who}", who=r.reported_by),
        words.done(Phrase("Verified"), r.verified),
    ]
    replaced = [Bold(Phrase("followed by {code}", code=r.replaced_by))] if r.replaced_by else []
    told = [r.result, f"{r.code}, {r.resulted_on}", *replaced]
    return [[r.title, r.method], _criterion(r), told, [verdict(r.verdict), cut(r.why)], persons]


def _criterion(r: ResultRecord) -> Entered:
    return Entered(cut(r.criterion.text), r.criterion.notes)


def dose(paper: Paper, words: Wording) -> None:
    """The body it was worked out with, the derivation line by line, both bases, and what may be given."""
    found, body = words.record.page.dose, words.record.body
    paper.section(Phrase("Dose"), room_mm=60)
    if found is None or body is None:
        paper.text(Phrase("No dose has been worked out."))
        return
    _body(paper, body)
    paper.gap(1.5)
    _judged(paper, words, found)
    paper.gap(1.5)
    lines = [[line.formula, line.values, line.result] for line in found.derivation]
    paper.table((Phrase("Formula"), Phrase("Values"), Phrase("Result")), lines, (48, 84, 48))


def _body(paper: Paper, body: BodyRecord) -> None:
    paper.facts(
        [
            (Phrase("Body measurement"), Phrase("{code}, {day}", code=body.code, day=body.measured_on)),
            (Phrase("Body surface"), f"{number(body.bsa)} ({body.bsa_formula})"),
            (Phrase("Height, first reading"), body.height),
            (Phrase("Weight, first reading"), body.weight),
            (Phrase("Height, second"), body.second_height),
            (Phrase("Weight, second"), body.second_weight),
            (Phrase("First reading by"), body.first_by),
            (Phrase("Second reading by"), body.second_by),
            (Phrase("Body mass index"), f"{plain(body.bmi)} kg/m^2"),
            (Phrase("Concern"), body.concern or Phrase("none")),
        ],
        label_mm=34,
    )


def _judged(paper: Paper, words: Wording, found: DoseCard) -> None:
    window = (found.low, found.high)
    other = "total_viable" if found.basis == "viable_inkt" else "viable_inkt"
    limits = Phrase("{low} to {high}, both ends inside", low=number(found.low), high=number(found.high))
    paper.facts(
        [
            (Phrase("Dose by {basis}", basis=basis(found.basis)), Bold(number(found.dose, window))),
            (Phrase("By {basis}", basis=basis(other)), number(found.other_dose)),
            (Phrase("Viable iNKT cells"), number(found.inkt_cells)),
            (Phrase("All viable cells"), number(found.viable_cells)),
            (Phrase("Window"), limits),
            (Phrase("Verdict, whole product"), verdict(found.verdict)),
            (
                Phrase("Volume to give"),
                Bold(Phrase("{v} of {all}", v=number(found.volume_to_give), all=number(found.volume))),
            ),
            (Phrase("Dose to give"), Bold(number(found.dose_to_give, window))),
            (Phrase("Verdict, dose to give"), verdict(found.verdict_to_give)),
            (Phrase("Worked out"), words.at(found.assessed_at)),
        ],
        label_mm=38,
    )


def containers(paper: Paper, words: Wording) -> None:
    """The bags."""
    if not words.record.containers:
        return
    paper.section(Phrase("Containers"))
    rows = [
        [
            [Bold(c.code), Phrase("{n} of {total}", n=c.ordinal, total=c.of_total)],
            spaced(c.state),
            c.volume,
            c.withdrawn,
            number(c.deliverable),
            words.at(c.filled_at),
            words.at(c.expires_at),
        ]
        for c in words.record.containers
    ]
    heads = (
        Phrase("Container"), Phrase("State"), Phrase("Filled"), Phrase("Withdrawn"), Phrase("Deliverable"),
        Phrase("Filled at"), Phrase("Expires"),
    )  # fmt: skip
    paper.table(heads, rows, (24, 20, 20, 22, 24, 35, 35))


def labels(paper: Paper, words: Wording) -> None:
    """Every label by serial, and the count that must come out even (R52)."""
    found = words.record.labels
    if not found:
        return
    paper.section(Phrase("Labels and their reconciliation"))
    heads = (
        Phrase("Serial"),
        Phrase("Kind, on"),
        Phrase("What became of it"),
        Phrase("Persons"),
        Phrase("SHA-256 of the print"),
    )
    rows = []
    for label in found:
        reprint = (
            [Bold(Phrase("REPRINT {n}: {why}", n=label.reprint_number, why=label.reprint_reason))]
            if label.reprint_number
            else []
        )
        persons = [
            words.done(Phrase("Prepared"), label.prepared),
            words.done(Phrase("Printed"), label.printed),
            *([words.done(Phrase("Ended"), label.ended), label.end_reason] if label.ended else []),
            *([words.done(Phrase("Witnessed"), label.witnessed)] if label.witnessed else []),
        ]
        state = Bold(str(spaced(label.state)).upper()) if label.state in _LOOSE else spaced(label.state)
        rows.append(
            [label.code, [KINDS[label.kind].title, label.on], [state, *reprint], persons, label.pdf_sha256]
        )
    paper.table(heads, rows, (22, 22, 34, 56, 46))
    paper.gap(1)
    for of_kind in words.record.reconciliation:
        paper.text(_reconciled(of_kind))
    paper.gap(1)
    for template in words.record.templates:
        says = Phrase(
            "Template {code}: {approved}; SHA-256 of its text {text}, of the specimen that was looked at {specimen}.",
            code=template.code,
            approved=words.done(Phrase("Approved"), template.approved),
            text=template.sha256,
            specimen=template.specimen_sha256,
        )
        paper.text(says)


def _reconciled(found: Reconciliation) -> Phrase:
    return Phrase(
        "Reconciliation, {kind}: prepared {prepared}, of them void {void}; printed {printed} = {applied} applied + {spoiled} spoiled "
        "+ {destroyed} destroyed + {specimen} specimen + {returned} returned; difference {difference} (limit 0).",
        kind=KINDS[found.kind].title,
        prepared=found.prepared,
        void=found.never_printed,
        printed=found.printed,
        difference=found.difference,
        **{**found.ended, "destroyed": found.ended["destroyed"] - found.unwitnessed},
    )


def custody(paper: Paper, words: Wording) -> None:
    """Who gave the bag to whom, and the infusion."""
    record = words.record
    if not record.handovers and not record.infusions:
        return
    paper.section(Phrase("Custody and infusion"))
    rows = [
        [spaced(h.kind), h.container, words.at(h.done.at), h.done.by, h.to_whom, h.temperature, h.scanned]
        for h in record.handovers
    ]
    heads = (
        Phrase("Act"), Phrase("Container"), Phrase("When"), Phrase("By"), Phrase("To"), Phrase("Temperature"),
        Phrase("Code scanned"),
    )  # fmt: skip
    paper.table(heads, rows, (16, 22, 35, 32, 20, 19, 36))
    for i in record.infusions:
        scan = (
            Phrase("the subject's own number") if i.patient_confirmed else Bold(Phrase("NOT the subject's"))
        )
        paper.gap(1)
        paper.facts(
            [
                (Phrase("Infusion"), f"{i.code}, {i.container}"),
                (Phrase("Given by"), i.given_by),
                (Phrase("Started"), words.at(i.started_at)),
                (Phrase("Finished"), words.at(i.finished_at)),
                (Phrase("Volume given"), i.volume_given),
                (Phrase("Reaction"), i.reaction),
                (Phrase("Code scanned"), i.bedside_scan),
                (Phrase("Patient scanned"), scan),
            ]
        )
