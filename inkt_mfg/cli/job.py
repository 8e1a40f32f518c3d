"""``inkt job``: print jobs as they stand, label by label; going on with one that stopped, and ending one whose program died."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from inkt_mfg.cli.answers import WantsJson, give
from inkt_mfg.cli.opening import ActingAs, at_bench, opened
from inkt_mfg.cli.progress import progress_bar
from inkt_mfg.language import Phrase

if TYPE_CHECKING:
    from inkt_mfg.views.jobs import JobCard

app = typer.Typer(
    rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False, no_args_is_help=True
)

Code = Annotated[str, typer.Argument(help="The job, such as J-00001.")]
_FEW = 8


@app.callback()
def _job() -> None:
    """Print jobs: list them, show one, resume or stop it."""


@app.command("list")
def list_jobs(
    ctx: typer.Context,
    every: Annotated[bool, typer.Option("--all", help="Also those of which nothing is left to do.")] = False,
    _json: WantsJson = False,
) -> None:
    """Jobs that run or stopped halfway, the newest first."""
    from inkt_mfg.views.jobs import jobs

    with opened(ctx) as store:
        cards = jobs(store, open_only=not every)
    lines: list[object] = [_line(card) for card in cards] or [Phrase("No print job is open.")]
    give(ctx, {"jobs": [card.as_json() for card in cards]}, lines)


def _line(card: "JobCard") -> str:
    state = Phrase(card.state)
    if not card.labels:
        how_far = Phrase("test page")
    else:
        how_far = Phrase(
            "{sent} sent, {unknown} unknown, {left} not sent",
            sent=len(card.sent),
            unknown=len(card.unknown),
            left=len(card.waiting) + len(card.not_sent),
        )
    at = f"{card.started_at:%Y-%m-%d %H:%M}"
    return f"{card.code}  {state}  {card.printer or card.destination}  {at} {card.started_by}  {how_far}"


@app.command("show")
def show(ctx: typer.Context, job: Code, _json: WantsJson = False) -> None:
    """One job: each label sent, unknown or not sent, and what to do about it."""
    from inkt_mfg.views.jobs import job_card

    with opened(ctx) as store:
        card = job_card(store, job)
    give(ctx, card.as_json(), told(card))


def told(card: "JobCard") -> Iterator[object]:
    """A job in sentences, what to do next last."""
    yield _line(card)
    if card.ended_why:
        yield Phrase("It stopped: {why}", why=card.ended_why)
    if card.state == "running" and card.waiting:
        yield Phrase(
            "Under way: {label}. If its program was ended: inkt job stop {job} --reason …",
            label=card.waiting[0],
            job=card.code,
        )
    for title, serials in (
        (Phrase("Sent"), card.sent),
        (Phrase("Unknown"), card.unknown),
        (Phrase("Not sent"), (*card.waiting, *card.not_sent)),
    ):
        if serials:
            yield Phrase("{title}: {labels}", title=title, labels=_named(serials))
    for label in card.to_look_at:
        yield Phrase(
            "Look whether {label} came out whole: then inkt label confirm {label}, else"
            " inkt act label.spoil {label} --reason …",
            label=label,
        )
    if card.to_confirm:
        yield Phrase("Look at the printed labels, then: inkt label confirm --job {job}", job=card.code)
    if card.state == "stopped" and card.not_sent:
        yield Phrase("What was not sent: inkt job resume {job}", job=card.code)


def _named(serials: tuple[str, ...]) -> str:
    if len(serials) <= _FEW:
        return ", ".join(serials)
    return f"{', '.join(serials[:3])} … {serials[-1]} ({len(serials)})"


@app.command("resume")
def resume(ctx: typer.Context, job: Code, acting: ActingAs = None, _json: WantsJson = False) -> None:
    """Print what a stopped job did not send, and nothing else of it."""
    from labels.printers.run import resume_job

    with at_bench(ctx, acting) as (bench, _given), progress_bar(str(Phrase("Printing"))) as heard:
        card = resume_job(bench, job, heard=heard)
    give(ctx, card.as_json(), told(card))


@app.command("stop")
def stop(
    ctx: typer.Context,
    job: Code,
    reason: Annotated[str | None, typer.Option(help="What was found; it is asked for.")] = None,
    nothing_left: Annotated[
        bool, typer.Option("--nothing-left", help="Nothing of the label under way can have come out.")
    ] = False,
    acting: ActingAs = None,
    _json: WantsJson = False,
) -> None:
    """End a job whose program was ended: the label under way is unknown, the rest was not sent."""
    from inkt_mfg.views.jobs import job_card
    from inkt_mfg.workflow import jobs

    with at_bench(ctx, acting) as (bench, _given):
        bench.run(jobs.stop_job, job, reason=reason, under_way="not_sent" if nothing_left else "unknown")
        card = job_card(bench.store, job)
    give(ctx, card.as_json(), told(card))
