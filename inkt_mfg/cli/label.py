"""``inkt label``: produce an infusion label from the released record, proof it, and read the text of any code."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from inkt_mfg.cli import label_files, label_print
from inkt_mfg.cli.answers import WantsJson, give
from inkt_mfg.cli.files import write_whole
from inkt_mfg.cli.opening import ActingAs, at_bench
from inkt_mfg.language import Phrase

if TYPE_CHECKING:
    from inkt_mfg.workflow.bench import Bench
    from labels.produce import LabelSheet

app = typer.Typer(
    rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False, no_args_is_help=True
)


app.command("proof")(label_files.proof)
app.command("preview")(label_files.preview)
app.command("contact-sheet")(label_files.contact_sheet)
app.command("print")(label_print.print_)
app.command("confirm")(label_print.confirm)


@app.callback()
def _label() -> None:
    """Infusion labels: produce, proof and account for them."""


@app.command("infusion")
def infusion(
    ctx: typer.Context,
    batch: Annotated[str, typer.Argument(help="The released batch, such as B-00012.")],
    out: Annotated[Path, typer.Option(help="The PDF to write.")],
    container: Annotated[int, typer.Option(help="Which container of the batch.")] = 1,
    profile: Annotated[str | None, typer.Option(help="A label profile of the protocol.")] = None,
    reason: Annotated[str | None, typer.Option(help="Why a label is printed again.")] = None,
    acting: ActingAs = None,
    _json: WantsJson = False,
) -> None:
    """Prepare, draw and proof one infusion label. Asked again before it is printed, it gives the same bytes."""
    with at_bench(ctx, acting) as (bench, _given):
        serial = waiting_label(bench, batch, container) or prepare(
            bench, f"{batch}-{container}", profile, reason
        )
        sheet = produce_and_register(bench, serial)
    write_whole(out, sheet.pdf)
    answer: dict[str, Any] = {
        "label": serial,
        "file": str(out),
        "pdf_sha256": sheet.pdf_sha256,
        "proof": sheet.proof.as_json(),
    }
    give(
        ctx,
        answer,
        [
            Phrase("Label {serial} is proofed: {file}", serial=serial, file=out),
            Phrase("SHA-256 {digest}", digest=sheet.pdf_sha256),
            Phrase("After printing: inkt act label.confirm {serial}", serial=serial),
        ],
    )


@app.command("parse")
def parse(
    ctx: typer.Context,
    text: Annotated[str, typer.Argument(help="What a scanner sent, or what is printed beside a symbol.")],
    _json: WantsJson = False,
) -> None:
    """Read a code as text: one of ours, ISBT 128, or GS1. Records nothing; needs no site."""
    from inkt_mfg.codes.reading import as_json, read_text  # here: making a label reads no text

    # Only the century of a two-digit year hangs on it, so the machine's own day will do.
    answer = as_json(read_text(text, datetime.now(UTC).date()))
    fields = answer["fields"]
    assert isinstance(fields, dict)
    kind = " ".join(str(answer[name]) for name in ("kind", "structure") if name in answer)
    give(ctx, answer, [kind, *(f"{name}: {value}" for name, value in fields.items())])


def waiting_label(bench: "Bench", batch: str, container: int) -> str | None:
    """A label of this container that is prepared or proofed but not yet printed."""
    from inkt_mfg.views.batch_page import batch_page

    page = batch_page(bench.store, batch)
    waiting = [
        x.code
        for x in page.labels
        if x.container == f"{batch}-{container}" and x.state in {"prepared", "proofed"}
    ]
    return waiting[-1] if waiting else None


def prepare(bench: "Bench", container: str, profile: str | None, reason: str | None) -> str:
    """Freeze the content of a new label and return its serial."""
    from inkt_mfg.workflow import labelling

    return bench.run(labelling.prepare_label, container, reason=reason, profile=profile).code


def produce_and_register(bench: "Bench", serial: str) -> "LabelSheet":
    """Draw and proof the frozen content, and register the bytes if they are not yet. The same content, the same bytes."""
    from inkt_mfg.views.labels import label_standing
    from inkt_mfg.workflow import labelling
    from labels.produce import produce

    standing = label_standing(bench.store, serial)
    sheet = produce(standing.content)
    if standing.pdf_sha256 is None:
        bench.run(labelling.register_label, serial, pdf_sha256=sheet.pdf_sha256, proof=sheet.proof.as_json())
    else:
        labelling.refuse_other_bytes(serial, standing.pdf_sha256, sheet.pdf_sha256)
    return sheet
