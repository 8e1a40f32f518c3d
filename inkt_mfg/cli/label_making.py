"""``inkt label draw``, ``reprint`` and ``reconciliation``: prepared labels to proofed files, copies of them, and the sum.

Added to ``inkt label`` by ``cli/label.py``. What is prepared is the workflow's: `inkt act label.prepare_collection C-00001 …`.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from inkt_mfg.cli.answers import WantsJson, give
from inkt_mfg.cli.files import write_whole
from inkt_mfg.cli.opening import ActingAs, at_bench, opened
from inkt_mfg.cli.progress import progress_bar
from inkt_mfg.language import Phrase

if TYPE_CHECKING:
    from inkt_mfg.views.label_reconciliation import Reconciliation
    from inkt_mfg.workflow.bench import Bench
    from labels.produce import LabelSheet


def draw(
    ctx: typer.Context,
    labels: Annotated[list[str], typer.Argument(help="Serials of prepared labels, such as L-00001 L-00002.")],
    out: Annotated[Path, typer.Option(help="The folder for the PDFs.")],
    acting: ActingAs = None,
    _json: WantsJson = False,
) -> None:
    """Draw and proof prepared labels, and register their bytes. Asked again, it gives the same bytes."""
    drawn = []
    with at_bench(ctx, acting) as (bench, _given), progress_bar(str(Phrase("Drawing"))) as heard:
        out.mkdir(parents=True, exist_ok=True)
        for number, serial in enumerate(labels, start=1):
            sheet = produce_and_register(bench, serial)
            write_whole(out / f"{serial}.pdf", sheet.pdf)
            drawn.append(_drawn(serial, out / f"{serial}.pdf", sheet))
            heard(serial, number, len(labels))
    lines = [Phrase("Label {serial} is proofed: {file}", serial=x["label"], file=x["file"]) for x in drawn]
    serials = " ".join(labels)
    give(ctx, {"labels": drawn}, [*lines, Phrase("To print: inkt label print {serials}", serials=serials)])


def _drawn(serial: str, file: Path, sheet: "LabelSheet") -> dict[str, Any]:
    return {
        "label": serial,
        "kind": sheet.content.kind,
        "file": str(file),
        "pdf_sha256": sheet.pdf_sha256,
        "attached": list(sheet.attached),
    }


def produce_and_register(bench: "Bench", serial: str) -> "LabelSheet":
    """Draw and proof the frozen content, and register the bytes if they are not yet. The same content, the same bytes."""
    from inkt_mfg.views.labels import label_standing
    from inkt_mfg.workflow import labelling
    from labels.printers.archive import folder_of, keep
    from labels.produce import produce

    standing = label_standing(bench.store, serial)
    sheet = produce(standing.content)
    if standing.pdf_sha256 is None:
        keep(folder_of(bench.store) / f"{serial}.pdf", sheet.pdf)
        bench.run(labelling.register_label, serial, pdf_sha256=sheet.pdf_sha256, proof=sheet.proof.as_json())
    else:
        labelling.refuse_other_bytes(serial, standing.pdf_sha256, sheet.pdf_sha256)
    return sheet


def reprint(
    ctx: typer.Context,
    label: Annotated[str, typer.Argument(help="The label to print again, such as L-00012.")],
    why: Annotated[str, typer.Option(help="damaged, misprinted, illegible, lost, record_changed or other.")],
    reason: Annotated[str, typer.Option(help="The same in a sentence of your own.")],
    out: Annotated[Path, typer.Option(help="The PDF to write.")],
    acting: ActingAs = None,
    _json: WantsJson = False,
) -> None:
    """Print a label again from its frozen snapshot, with REPRINT n on its face; the earlier copy ends here."""
    with at_bench(ctx, acting) as (bench, _given):
        serial = prepare_reprint(bench, label, why, reason)
        sheet = produce_and_register(bench, serial)
    write_whole(out, sheet.pdf)
    give(
        ctx,
        {**_drawn(serial, out, sheet), "reprint_of": label, "reprint": sheet.content.reprint},
        [
            Phrase("Label {serial} is proofed: {file}", serial=serial, file=out),
            Phrase("It says REPRINT {n}; label {label} is spoiled.", n=sheet.content.reprint, label=label),
        ],
    )


def prepare_reprint(bench: "Bench", label: str, why: str, reason: str) -> str:
    """The new serial. Raises Refusal as ``label.reprint`` does."""
    from inkt_mfg.workflow.label_reprinting import reprint_label

    return bench.run(reprint_label, label, why=why, reason=reason).code


def reconciliation(
    ctx: typer.Context,
    code: Annotated[str, typer.Argument(help="A batch or a collection, such as B-00012 or C-00012.")],
    _json: WantsJson = False,
) -> None:
    """Printed = applied + spoiled + destroyed + specimen + returned, kind by kind; what is open, by serial."""
    from inkt_mfg.views.label_accounts import label_account

    with opened(ctx) as store:
        account = label_account(store, code)
    answer = {
        "about": code,
        "reconciled": account.reconciled,
        "kinds": [_sum(of_kind) for of_kind in account.kinds],
    }
    lines = [_said(of_kind) for of_kind in account.kinds]
    whole = (
        Phrase("{code}: every label is accounted for.", code=code)
        if account.reconciled
        else Phrase("{code}: labels are OPEN; see the serials above.", code=code)
    )
    give(ctx, answer, [*lines, whole])


def _sum(found: "Reconciliation") -> dict[str, Any]:
    return {
        "kind": found.kind,
        "prepared": found.prepared,
        "void": found.never_printed,
        "printed": found.printed,
        **found.ended,
        "unwitnessed": found.unwitnessed,
        "difference": found.difference,
        "open": list(found.open),
    }


def _said(found: "Reconciliation") -> Phrase:
    from inkt_mfg.views.label_kinds import KINDS

    ends = " + ".join(f"{count} {end}" for end, count in found.ended.items())
    return Phrase(
        "{kind}: prepared {prepared}, of them void {void}; printed {printed} = {ends}; difference {difference}; open: {open}",
        kind=KINDS[found.kind].title,
        prepared=found.prepared,
        void=found.never_printed,
        printed=found.printed,
        ends=ends,
        difference=found.difference,
        open=", ".join(found.open) or "–",
    )
