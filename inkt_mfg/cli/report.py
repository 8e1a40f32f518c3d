"""``inkt report``: the trial so far as a table, one batch's whole record, its certificate, and the access review.

Anyone who can read the site's database may ask; nothing is recorded and no patient's name is shown. A file is written
whole or not at all.
"""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from inkt_mfg.cli.answers import WantsJson, give
from inkt_mfg.cli.files import write_whole
from inkt_mfg.cli.opening import opened
from inkt_mfg.language import Phrase

if TYPE_CHECKING:
    from inkt_mfg.views.trial import TrialSoFar

app = typer.Typer(
    rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False, no_args_is_help=True
)
_BatchCode = Annotated[str, typer.Argument(help="The batch, such as B-00012.")]
_Out = Annotated[Path, typer.Option(help="The PDF to write.")]
_SHOWN = {
    "subject": Phrase("subject"),
    "infusion": Phrase("infusion"),
    "state": Phrase("state"),
    "disposition": Phrase("disposition"),
    "fold": Phrase("fold"),
    "product_viability": Phrase("viability %"),
    "dose_to_give": Phrase("dose to give"),
    "verdict_to_give": Phrase("verdict"),
}

_MEASURED = {
    "fold": Phrase("fold"),
    "population_doublings": Phrase("population doublings"),
    "product_viability": Phrase("product viability"),
    "culture_days": Phrase("days of culture"),
    "dose_to_give": Phrase("dose to give"),
}


@app.callback()
def _report() -> None:
    """Tables of the trial, batch records, certificates."""


@app.command("trial")
def _trial(
    ctx: typer.Context,
    csv: Annotated[Path | None, typer.Option(help="Write the batch table to this CSV file.")] = None,
    _json: WantsJson = False,
) -> None:
    """Every batch with its growth, dose and verdict, and what they come to."""
    # Here: pandas takes half a second to import, and `inkt --help` needs none of it.
    from inkt_mfg.reports.trial import as_csv, as_json
    from inkt_mfg.views.trial import trial_so_far

    with opened(ctx) as store:
        trial = trial_so_far(store)
    if csv is not None:
        write_whole(csv, as_csv(trial).encode())
    give(ctx, as_json(trial), [*trial_lines(trial), *_written(csv)])


@app.command("batch-record")
def _batch_record(ctx: typer.Context, batch: _BatchCode, out: _Out, _json: WantsJson = False) -> None:
    """The whole batch record as PDF, for review and for the archive."""
    from inkt_mfg.reports.batch_record import batch_record_pdf
    from inkt_mfg.views.batch_record import batch_record

    with opened(ctx) as store:
        record = batch_record(store, batch)
    _give_pdf(ctx, batch, batch_record_pdf(record), out)


@app.command("certificate")
def _certificate(ctx: typer.Context, batch: _BatchCode, out: _Out, _json: WantsJson = False) -> None:
    """The certificate of analysis of a batch QA has decided on, as PDF."""
    from inkt_mfg.reports.certificate import certificate_pdf
    from inkt_mfg.views.batch_record import batch_record

    with opened(ctx) as store:
        record = batch_record(store, batch)
    _give_pdf(ctx, batch, certificate_pdf(record), out)


@app.command("access")
def _access(
    ctx: typer.Context,
    out: Annotated[Path | None, typer.Option(help="The PDF to write, for the reviewer to sign.")] = None,
    _json: WantsJson = False,
) -> None:
    """The access review: everybody's roles, trainings and log-ins, the settings, the failures, what stands out."""
    from inkt_mfg.cli.user import as_json as person
    from inkt_mfg.reports.access_review import access_review_pdf, as_json
    from inkt_mfg.workflow.access_review import access_review

    with opened(ctx) as store:
        review = access_review(store)
    answer = as_json(review, person)
    if out is not None:
        pdf = access_review_pdf(review)
        write_whole(out, pdf)
        answer |= {"file": str(out), "sha256": hashlib.sha256(pdf).hexdigest()}
    open_accounts = sum(p.active for p in review.people)
    lines: list[object] = [
        Phrase("accounts: {n}, of them open: {open}; failed attempts in {days} days: {failures}", n=len(review.people),
               open=open_accounts, failures=len(review.failures), days=(review.at - review.since).days)
    ]  # fmt: skip
    lines += [f"! {o.user_name or '–':<14} {o.what}" for o in review.oddities]
    give(ctx, answer, [*lines, *_written(out)])


def trial_lines(trial: "TrialSoFar") -> Iterator[object]:
    """The trial for people: the batches, then the summaries. The demo prints it too."""
    from inkt_mfg.reports.trial import trial_tables
    from inkt_mfg.units import printed

    if trial.training:
        yield Phrase("TRAINING – NOT FOR CLINICAL USE")
    if trial.illustrative:
        yield Phrase("ILLUSTRATIVE PROTOCOL VALUES")
    if not trial.batches:
        yield Phrase("There is no batch yet.")
        return
    tables = trial_tables(trial)
    spoken = {name: tables.batches[name].map(_state) for name in ("state", "disposition")}
    shown = tables.batches.assign(**spoken)[list(_SHOWN)].rename(
        columns={k: str(v) for k, v in _SHOWN.items()}
    )
    yield shown.map(_short).to_string()
    yield Phrase("\nBatches by state")
    yield tables.by_state.rename(_state).to_string(header=False)
    yield Phrase("\nBatches by disposition")
    yield tables.by_disposition.rename(_state).to_string(header=False)
    yield Phrase("\nVerdicts on the dose")
    yield tables.verdicts.to_string()
    yield Phrase("\nBatches that were infused (floating point, for orientation only)")
    measured = tables.infused.rename({name: str(said) for name, said in _MEASURED.items()})
    yield measured.assign(unit=measured["unit"].map(printed)).to_string(float_format="%.4g")
    yield Phrase("\nDoses given of those planned")
    yield tables.subjects[tables.subjects["planned"] > 0].to_string()


def _state(code: str) -> str:
    from inkt_mfg.workflow.states import state_name

    return str(state_name(code))


def _short(value: object) -> str:
    """A figure for the eye, never so short that it could be taken for another verdict: the verdict stands beside it."""
    from decimal import Decimal

    if isinstance(value, Decimal):
        return f"{value:.4g}"
    return "" if value is None else str(value)


def _give_pdf(ctx: typer.Context, batch: str, pdf: bytes, out: Path) -> None:
    write_whole(out, pdf)
    digest = hashlib.sha256(pdf).hexdigest()
    answer = {"batch": batch, "file": str(out), "sha256": digest}
    give(ctx, answer, [*_written(out), Phrase("SHA-256 {hash}", hash=digest)])


def _written(out: Path | None) -> list[Phrase]:
    return [] if out is None else [Phrase("Written: {file}", file=out)]
