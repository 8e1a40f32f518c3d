"""The printed batch record (R08, R09, R22): everything recorded about one batch on A4, the same bytes for the same record.

``inkt report batch-record`` and the screens call ``batch_record_pdf`` with what ``views.batch_record`` read. It draws
and decides nothing; the patient's name is not on it (R63).
"""

from inkt_mfg.language import Phrase
from inkt_mfg.reports import record_decisions, record_making, record_product
from inkt_mfg.reports.paper import Bold, Frame, Paper
from inkt_mfg.reports.wording import DIGITS, Wording, spaced
from inkt_mfg.views.batch_record import BatchRecord
from inkt_mfg.views.exceptions import exceptions

_SECTIONS = (
    record_making.collection,
    record_making.steps,
    record_making.counts,
    record_making.growth,
    record_product.tests,
    record_product.dose,
    record_product.containers,
    record_product.labels,
    record_product.custody,
    record_decisions.deviations,
    record_decisions.dispositions,
    record_decisions.signatures,
    record_decisions.corrections,
)


def batch_record_pdf(record: BatchRecord) -> bytes:
    """The whole record as PDF. It holds no date of printing: the ledger head in its foot says what it shows."""
    words = Wording(record)
    owner = Phrase("{site} · {address}", site=record.heading.site_name, address=record.heading.site_address)
    paper = Paper(Frame(str(Phrase("BATCH RECORD")), record.page.code, str(owner), words.marks, words.foot))
    _heading(paper, words)
    _attention(paper, record)
    for section in _SECTIONS:
        section(paper, words)
    return paper.pdf()


def _heading(paper: Paper, words: Wording) -> None:
    record, page, heading = words.record, words.record.page, words.record.heading
    paper.title(Phrase("Batch record {code}", code=page.code))
    ordered = Phrase("not ordered")
    if heading.ordered is not None:
        ordered = Phrase("for {day}, by {who}", day=heading.order_planned_on, who=heading.ordered.by)
    approved = Phrase("approved") if heading.protocol_approved else Phrase("NOT APPROVED")
    paper.facts(
        [
            (Phrase("Batch"), Bold(page.code)),
            (Phrase("Product"), f"{heading.product_name} ({page.product})"),
            (Phrase("Subject"), Bold(page.subject)),
            (Phrase("Chain of identity"), page.chain_of_identity),
            (Phrase("Arm"), page.arm_title),
            (Phrase("Infusion"), Phrase("number {n}, ordered {how}", n=page.infusion_number, how=ordered)),
            (Phrase("State"), Bold(spaced(page.state))),
            (Phrase("Disposition"), Bold(spaced(page.disposition))),
            (Phrase("Hold"), Bold(page.on_hold) if page.on_hold else Phrase("none")),
            (Phrase("First TAE/TACE"), heading.first_tae_on),
            (Phrase("Seeded"), words.at(page.started_at)),
            (Phrase("Harvested"), words.at(heading.harvested_at)),
            (Phrase("Protocol"), Phrase("{code} ({state})", code=page.protocol, state=approved)),
            (Phrase("Its title"), heading.protocol_title),
        ]
    )
    paper.facts(
        [
            (Phrase("Protocol SHA-256"), heading.protocol_sha256),
            (
                Phrase("Last entry on it"),
                Phrase("{n}, SHA-256 {hash}", n=record.last_entry.sequence, hash=record.last_entry.hash),
            ),
        ],
        columns=1,
    )
    paper.gap(1)
    paper.small(
        Phrase(
            "Values stand as they were typed. Computed values are kept unrounded and printed to {n} digits, to more "
            "where fewer would change a verdict. Times are the site's own with their offset ({zone}).",
            n=DIGITS,
            zone=heading.time_zone,
        )
    )


def _attention(paper: Paper, record: BatchRecord) -> None:
    """What a reviewer looks at first."""
    paper.section(Phrase("For the reviewer's attention"))
    found = exceptions(record)
    if not found:
        paper.text(Phrase("Nothing in this record departs from plan: no late, unverified, failing or changed value, "
                          "no deviation, hold or spoiled label, every signature stands."))  # fmt: skip
        return
    paper.table((), [[str(n), said] for n, said in enumerate(found, start=1)], (10, 170))
