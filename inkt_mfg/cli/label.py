"""``inkt label``: produce an infusion label from the released record, proof it, and read the text of any code."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from inkt_mfg.cli import label_files, label_making, label_print, label_template
from inkt_mfg.cli.answers import WantsJson, give
from inkt_mfg.cli.files import write_whole
from inkt_mfg.cli.label_making import prepare_reprint, produce_and_register
from inkt_mfg.cli.opening import ActingAs, at_bench
from inkt_mfg.language import Phrase

if TYPE_CHECKING:
    from inkt_mfg.views.batch_page import LabelLine
    from inkt_mfg.workflow.bench import Bench

app = typer.Typer(
    rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False, no_args_is_help=True
)


app.command("proof")(label_files.proof)
app.command("preview")(label_files.preview)
app.command("contact-sheet")(label_files.contact_sheet)
app.command("draw")(label_making.draw)
app.command("reprint")(label_making.reprint)
app.command("reconciliation")(label_making.reconciliation)
app.add_typer(label_template.app, name="template")
app.command("print")(label_print.print_)
app.command("confirm")(label_print.confirm)


@app.callback()
def _label() -> None:
    """Labels: draw, proof, print and account for them; templates and their approval."""


@app.command("infusion")
def infusion(
    ctx: typer.Context,
    batch: Annotated[str, typer.Argument(help="The released batch, such as B-00012.")],
    out: Annotated[Path, typer.Option(help="The PDF to write.")],
    container: Annotated[int, typer.Option(help="Which container of the batch.")] = 1,
    profile: Annotated[str | None, typer.Option(help="A label profile of the protocol.")] = None,
    why: Annotated[
        str, typer.Option(help="Why a label is printed again: damaged, misprinted, lost … or other.")
    ] = "other",
    reason: Annotated[
        str | None, typer.Option(help="The same in a sentence; with it, it is a reprint.")
    ] = None,
    acting: ActingAs = None,
    _json: WantsJson = False,
) -> None:
    """Prepare, draw and proof one infusion label. Asked again before it is printed, it gives the same bytes."""
    with at_bench(ctx, acting) as (bench, _given):
        serial = waiting_label(bench, batch, container) or prepare(
            bench, batch, container, profile, Again(why, reason) if reason is not None else None
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


@dataclass(frozen=True, slots=True)
class Again:
    """Why a label that is on record is printed again: one of the list, and in a sentence."""

    why: str
    reason: str


def waiting_label(bench: "Bench", batch: str, container: int) -> str | None:
    """An infusion label of this container that is prepared or proofed but not yet printed."""
    waiting = [x.code for x in _of_bag(bench, batch, container) if x.state in {"prepared", "proofed"}]
    return waiting[-1] if waiting else None


def prepare(bench: "Bench", batch: str, container: int, profile: str | None, again: Again | None) -> str:
    """Freeze the content of a new label, or copy the newest one, and return the serial."""
    from inkt_mfg.workflow import labelling

    earlier = _of_bag(bench, batch, container)
    if again is not None and earlier:
        return prepare_reprint(bench, earlier[-1].code, again.why, again.reason)
    return bench.run(labelling.prepare_label, f"{batch}-{container}", profile=profile).code


def _of_bag(bench: "Bench", batch: str, container: int) -> "list[LabelLine]":
    from inkt_mfg.views.batch_page import batch_page

    labels = batch_page(bench.store, batch).labels
    return [x for x in labels if x.container == f"{batch}-{container}" and x.kind == "infusion"]
