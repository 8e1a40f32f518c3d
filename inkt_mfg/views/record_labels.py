"""The labels of a printed batch record: those of the batch and of its collection, and the templates they were drawn by.

Called by ``views.batch_record`` alone. It reads and changes nothing.
"""

from collections.abc import Iterator

from inkt_mfg.records.label import Label, LabelTemplate
from inkt_mfg.views import record_parts as parts
from inkt_mfg.views.record_rows import RecordRows


def labels(rows: RecordRows) -> Iterator[parts.LabelRecord]:
    """Every serial, what it hangs on and what became of it; the collection's own come first."""
    bags = {c.key: c.code for c in rows.case.containers}
    batch, collection = rows.case.batch.code, rows.case.collection.code
    for label in (*rows.case.labels_of_collection, *rows.case.labels):
        yield parts.LabelRecord(
            label.code,
            bags.get(label.container or "", batch if label.batch else collection),
            label.kind,
            label.state.value,
            label.copy_number,
            label.reprint_number,
            _why_again(label),
            parts.Done(rows.name(label.prepared_by), label.prepared_at),
            rows.done(label.printed_by, label.printed_at),
            label.pdf_sha256 or "",
            rows.done(label.ended_by, label.ended_at),
            label.end_reason or "",
            rows.done(label.witnessed_by, label.witnessed_at),
        )


def _why_again(label: Label) -> str:
    """The reason of the list, and the person's own words."""
    code = f"{label.reprint_code.value.replace('_', ' ')}: " if label.reprint_code else ""
    return f"{code}{label.reprint_reason or ''}"


def templates(rows: RecordRows) -> Iterator[parts.TemplateRecord]:
    """Each template a label here was drawn by, with the hashes of its text and of its specimen (21 CFR 211.188)."""
    used = {label.template for label in (*rows.case.labels_of_collection, *rows.case.labels)} - {None}
    found = [rows.case.session.get(LabelTemplate, key) for key in used]
    for template in sorted((t for t in found if t is not None), key=lambda t: t.code):
        yield parts.TemplateRecord(
            template.code,
            template.sha256,
            template.specimen_sha256,
            parts.Done(rows.case.person(template.approved_by), template.approved_at),
        )
