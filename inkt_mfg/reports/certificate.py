"""The certificate of analysis of one batch: what was tested, against what, with which result, and QA's decision.

``inkt report certificate`` and the screens call ``certificate_pdf`` with the record ``views.batch_record`` read. Volume
and dose come from the stored dose assessment the label is drawn from, cut to the label's own digits. Refused before QA
has decided anything. The patient's name is not on it (R63).
"""

from collections.abc import Iterator, Sequence
from typing import Any

from inkt_mfg.language import Phrase
from inkt_mfg.refusal import refuse
from inkt_mfg.reports.paper import Bold, Frame, Paper
from inkt_mfg.reports.wording import Wording, basis, cut, number, signed_at, spaced, standing, verdict
from inkt_mfg.units import Measured, show
from inkt_mfg.views.batch_page import DoseCard
from inkt_mfg.views.batch_record import BatchRecord
from inkt_mfg.views.record_parts import ResultRecord, SignatureRecord
from inkt_mfg.workflow.permissions import role_name
from labels.numbers import rounded, telling_digits

_DECIDING = frozenset({"release", "rejection"})
_NOT_GIVEN = frozenset({"rejected", "failed_late"})
_STATUS = {
    "conditional": Phrase("RELEASED CONDITIONALLY – RESULTS PENDING"),
    "final": Phrase("RELEASED"),
    "exceptional": Phrase("RELEASED EXCEPTIONALLY – OUT OF SPECIFICATION"),
    "rejected": Phrase("REJECTED – NOT TO BE GIVEN"),
    "failed_late": Phrase("RELEASE FAILED LATE – A RESULT FAILED AFTER RELEASE"),
}


def certificate_pdf(record: BatchRecord) -> bytes:
    """The certificate as PDF, the same bytes for the same record. Raises Refusal R39 without a disposition."""
    if not record.dispositions:
        raise refuse(
            "R39",
            Phrase("nobody has decided on batch {code} yet", code=record.page.code),
            expected=Phrase("a batch that was released or rejected"),
            resolve_by=Phrase("a QA officer, by releasing or rejecting the batch"),
            field="batch",
            typed=record.page.code,
        )
    words = Wording(record)
    decided = record.dispositions[-1]
    owner = Phrase("{site} · {address}", site=record.heading.site_name, address=record.heading.site_address)
    title = str(Phrase("CERTIFICATE OF ANALYSIS {number}", number=decided.code))
    paper = Paper(Frame(title, record.page.code, str(owner), words.marks, words.foot))
    paper.title(Phrase("Certificate of analysis {number}", number=decided.code))
    for line in _standing(record):
        paper.loud(line)
    _what(paper, words)
    _tests(paper, record.results)
    _dose(paper, record)
    _decision(paper, words)
    return paper.pdf()


def _standing(record: BatchRecord) -> Iterator[Phrase]:
    """The status in capitals, and whatever takes its force away: nobody should have to look for it further down."""
    yield _STATUS[record.dispositions[-1].kind]
    if not _deciding(record)[-1].shown.stands:
        yield Phrase("NOT VALID – A VALUE COVERED BY THE SIGNATURE WAS CHANGED SINCE")
    if record.page.on_hold:
        yield Phrase("ON HOLD – {why}", why=record.page.on_hold)
    if any(d.state != "closed" for d in record.deviations):
        yield Phrase("A DEVIATION IS OPEN")


def _deciding(record: BatchRecord) -> list[SignatureRecord]:
    """The signatures of release or rejection, the newest last. A disposition is never made without one."""
    own = f"batch {record.page.code}"
    return [s for s in record.signatures if s.shown.meaning in _DECIDING and s.on == own]


def _what(paper: Paper, words: Wording) -> None:
    record, page, heading = words.record, words.record.page, words.record.heading
    low, high = heading.storage
    expires = [f"{c.code}: {words.at(c.expires_at)}" for c in record.containers]
    paper.facts(
        [
            (Phrase("Product"), f"{heading.product_name} ({page.product})"),
            (Phrase("Batch"), Bold(page.code)),
            (Phrase("Subject number"), Bold(page.subject)),
            (Phrase("Chain of identity"), page.chain_of_identity),
            (Phrase("Infusion"), Phrase("number {n}", n=page.infusion_number)),
            (Phrase("Collection"), f"{record.collection.donation_id.text} ({record.collection.code})"),
            (Phrase("Harvested"), words.at(heading.harvested_at)),
            (Phrase("Expires"), expires),
            (Phrase("Storage"), Phrase("{low} to {high}", low=show(low), high=show(high))),
            (Phrase("Protocol"), page.protocol),
        ],
        label_mm=28,
    )
    paper.facts([(Phrase("Protocol SHA-256"), heading.protocol_sha256)], columns=1, label_mm=28)


def _tests(paper: Paper, results: Sequence[ResultRecord]) -> None:
    """The newest result of each test; an earlier one is in the batch record."""
    paper.section(Phrase("Tests"))
    heads = (Phrase("Test"), Phrase("Method"), Phrase("Criterion"), Phrase("Result"), Phrase("Verdict"))
    rows = [_test_row(r) for r in results if not r.replaced_by]
    paper.table(heads, rows, (50, 44, 30, 30, 26))


def _test_row(r: ResultRecord) -> list[Any]:
    if r.code:
        return [r.title, r.method, cut(r.criterion.text), r.result, verdict(r.verdict)]
    due = Phrase("due {day}", day=r.due_on) if r.due_on else ""
    return [r.title, r.method, r.criterion, Bold(Phrase("PENDING")), due]


def _dose(paper: Paper, record: BatchRecord) -> None:
    dose = record.page.dose
    given = record.dispositions[-1].kind not in _NOT_GIVEN
    paper.section(
        Phrase("Dose") if given else Phrase("Dose as worked out before the decision – not to be given")
    )
    if dose is None:
        paper.text(Phrase("No dose has been worked out."))
        return
    limits = Phrase("{low} to {high}", low=number(dose.low), high=number(dose.high))
    part = Phrase("{part} of {whole}", part=number(dose.volume_to_give), whole=number(dose.volume))
    whole = dose.volume_to_give.value == dose.volume.value
    paper.facts(
        [
            (
                Phrase("Volume to give") if given else Phrase("Volume"),
                Bold(number(dose.volume) if whole else part),
            ),
            (
                Phrase("Dose to give") if given else Phrase("Dose"),
                [Bold(as_on_the_label(dose)), basis(dose.basis)],
            ),
            (Phrase("Protocol's window"), limits),
            (Phrase("Verdict"), verdict(dose.verdict_to_give)),
        ],
        label_mm=28,
    )


def as_on_the_label(dose: DoseCard) -> str:
    """The dose to give, to exactly the digits the label prints."""
    value = dose.dose_to_give.value
    digits = telling_digits(value, dose.low.value, dose.high.value)
    return show(Measured(rounded(value, digits), dose.dose_to_give.unit), digits)


def _decision(paper: Paper, words: Wording) -> None:
    record = words.record
    paper.section(Phrase("Decision"))
    rows = []
    for d in record.dispositions:
        pending: list[Any] = [Phrase("{test}, due {day}", test=test, day=day) for test, day in d.pending]
        rows.append([Bold(d.code), Bold(spaced(d.kind)), pending or Phrase("nothing"), d.statement])
    heads = (Phrase("Certificate"), Phrase("Decision"), Phrase("Results pending then"), Phrase("Statement"))
    paper.table(heads, rows, (24, 36, 60, 60))
    closed = all(d.state == "closed" for d in record.deviations)
    if record.deviations:
        state = Phrase("all closed") if closed else Bold(Phrase("NOT ALL CLOSED")).text
        codes = ", ".join(d.code for d in record.deviations)
        paper.gap(1)
        paper.text(Phrase("Deviations: {codes} ({state}).", codes=codes, state=state))
    paper.gap(2)
    heads = (Phrase("Signed by"), Phrase("Meaning"), Phrase("Local time"), Phrase("Standing"))
    paper.table(heads, [_signature_row(s) for s in _deciding(record)], (66, 34, 50, 30))


def _signature_row(s: SignatureRecord) -> list[Any]:
    shown = s.shown
    name = f"{shown.full_name} ({shown.user_name}), {role_name(shown.role)}"
    return [Bold(name), spaced(shown.meaning), signed_at(shown), standing(shown)]
