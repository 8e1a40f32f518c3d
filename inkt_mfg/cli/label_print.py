"""``inkt label print`` and ``confirm``: proofed labels to a printer or a folder as one job, and what came out of it confirmed.

Added to ``inkt label`` by ``cli/label.py``.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from inkt_mfg.cli.answers import WantsJson, give, tell
from inkt_mfg.cli.job import told
from inkt_mfg.cli.opening import ActingAs, at_bench
from inkt_mfg.cli.progress import progress_bar
from inkt_mfg.language import Phrase
from inkt_mfg.refusal import Refusal, refuse

if TYPE_CHECKING:
    from inkt_mfg.workflow.bench import Bench

Serials = Annotated[list[str] | None, typer.Argument(help="Serials of labels, such as L-00001 L-00002.")]


def print_(
    ctx: typer.Context,
    labels: Serials = None,
    batch: Annotated[
        str | None, typer.Option(help="All labels of this batch that are proofed and not printed.")
    ] = None,
    printer: Annotated[str | None, typer.Option(help="A registered printer: inkt printer list.")] = None,
    out: Annotated[Path | None, typer.Option(help="A folder for the files, to be printed by hand.")] = None,
    acting: ActingAs = None,
    _json: WantsJson = False,
) -> None:
    """Print proofed labels as one job: to a printer, or as files into a folder."""
    from labels.printers.run import print_labels

    if printer is None and out is None:
        raise typer.BadParameter(str(Phrase("where to is not said: --printer NAME or --out FOLDER")))
    with at_bench(ctx, acting) as (bench, _given), progress_bar(str(Phrase("Printing"))) as heard:
        _tell_of_open_jobs(bench)
        serials = _meant(bench, labels, batch)
        card = print_labels(bench, serials, printer=printer, folder=out, heard=heard)
    give(ctx, card.as_json(), told(card))


def _tell_of_open_jobs(bench: "Bench") -> None:
    """What was left in the middle, before anything new is begun."""
    from inkt_mfg.views.jobs import jobs

    for card in jobs(bench.store, open_only=True):
        tell(
            Phrase(
                "Job {job} is {state}: see `inkt job show {job}`.", job=card.code, state=Phrase(card.state)
            )
        )


def _meant(bench: "Bench", labels: list[str] | None, batch: str | None) -> list[str]:
    from inkt_mfg.views.jobs import labels_to_print

    if bool(labels) == (batch is not None):
        raise typer.BadParameter(str(Phrase("say which labels: their serials, or --batch")))
    found = list(labels_to_print(bench.store, batch)) if batch is not None else list(labels or ())
    if not found:
        raise refuse(
            "R51",
            Phrase("no label of {batch} waits to be printed", batch=batch),
            expected=Phrase("a label that is proofed and was not sent to a printer yet"),
            field="batch",
            typed=batch,
        )
    return found


def confirm(
    ctx: typer.Context,
    labels: Serials = None,
    job: Annotated[
        str | None, typer.Option(help="All labels this job sent and nobody confirmed yet.")
    ] = None,
    printer: Annotated[str | None, typer.Option(help="Where they came from, if no job says so.")] = None,
    acting: ActingAs = None,
    _json: WantsJson = False,
) -> None:
    """Confirm that labels came out of the printer and are legible. Those of unknown fate are named one by one."""
    from inkt_mfg.views.jobs import job_card
    from inkt_mfg.workflow import labelling

    if bool(labels) == (job is not None):
        raise typer.BadParameter(str(Phrase("say which labels: their serials, or --job")))
    with at_bench(ctx, acting) as (bench, _given):
        serials = list(labels or ()) if job is None else list(job_card(bench.store, job).to_confirm)
        for done, serial in enumerate(serials):
            try:
                bench.run(labelling.confirm_printed, serial, printer=printer)
            except Refusal:
                if done:
                    tell(Phrase("Confirmed before this: {labels}", labels=", ".join(serials[:done])))
                raise
        card = job_card(bench.store, job) if job is not None else None
    answer: dict[str, Any] = {"confirmed": serials, "unknown": list(card.to_look_at) if card else []}
    lines = [Phrase("{n} labels are printed: {labels}", n=len(serials), labels=", ".join(serials) or "–")]
    give(ctx, answer, [*lines, *(told(card) if card else ())])
