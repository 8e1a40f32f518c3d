"""``inkt demo``: simulate the trial at a training site through the real commands, then walk one patient through.

Everything it prints is marked TRAINING. With a terminal it opens the terminal application at the end; with
``--headless``, or without a terminal, it ends with a summary.
"""

import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from inkt_mfg.cli.answers import NOT_VERIFIED, WantsJson, asked, give, tell
from inkt_mfg.cli.progress import progress_bar
from inkt_mfg.language import Phrase

if TYPE_CHECKING:
    from inkt_mfg.demo.trial import Trial
    from inkt_mfg.workflow.bench import Receipt

app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)
MARK = Phrase("TRAINING – NOT FOR CLINICAL USE")
_TAG = "TRAINING"
_WALK_DAYS = 20


@app.command()
def demo(
    ctx: typer.Context,
    out: Annotated[Path, typer.Option(help="The folder of the demo's site; it must be new.")] = Path("demo"),
    headless: Annotated[bool, typer.Option(help="Do not open the terminal application.")] = False,
    seed: Annotated[int, typer.Option(help="Another seed gives another trial.")] = 2011,
    subjects: Annotated[int, typer.Option(min=2, max=60, help="Fewer make a smaller trial, sooner.")] = 60,
    _json: WantsJson = False,
) -> None:
    """Simulate the trial, walk one patient through it, verify the ledger, show the trial's table."""
    from inkt_mfg.demo.site import LAST_HOUR, demo_lab, last_day
    from inkt_mfg.demo.trial import Trial

    started = time.monotonic()
    now = datetime.now(UTC)
    day = last_day(now)
    with demo_lab(out, day - timedelta(days=160)) as lab:
        say = _mute if asked(ctx).json else _say
        say(MARK)
        trial = Trial(lab, day, seed, subjects)
        end = lab.at(day, LAST_HOUR.hour, LAST_HOUR.minute)
        _simulate(trial, say)
        told = _walk(trial, say, end)
        table = _look_back(lab.store, out, told, say)
        behind = lab.clock.at - datetime.now(UTC)
    from inkt_mfg.store.folder import shift_clock

    shift_clock(out, behind)
    summary = {"site": str(out), "seconds": round(time.monotonic() - started, 1), "training": True, **table}
    give(ctx, summary, [line for text in _closing(summary) for line in marked(text)])
    if not table["ledger_ok"]:
        raise typer.Exit(NOT_VERIFIED)
    if not headless and not asked(ctx).json and sys.stdin.isatty() and sys.stdout.isatty():
        _open_application(ctx, out)


def _say(text: object) -> None:
    for line in marked(text):
        print(line, flush=True)


def marked(text: object) -> Iterator[str]:
    """Every line of the demo says that it is one, so that none is taken for a record when it is cut out."""
    for line in str(text).splitlines() or [""]:
        yield f"{_TAG}  {line}".rstrip()


def _mute(text: object) -> None:
    """With --json the walk is not told: stdout holds one document."""
    del text


def _simulate(trial: "Trial", say: Callable[[object], None]) -> None:
    """The trial up to the day the visible patient is enrolled, with a progress bar over its days."""
    begins = trial.begins
    until = trial.lab.at(trial.last_day - timedelta(days=_WALK_DAYS), 6)
    say(Phrase("Simulating {n} subjects, two arms, through the real commands …", n=trial.subjects))
    with progress_bar(str(Phrase("simulating the trial"))) as advance:
        total = (until.date() - begins).days
        code = trial.prepare()
        trial.protocol_code = code
        trial.enrol_all(code)
        trial.run_until(until, lambda at: advance("", max(0, (at.date() - begins).days), total))


def _walk(trial: "Trial", say: Callable[[object], None], end: datetime) -> dict[str, str]:
    """The visible patient, while the others go on in silence."""
    from inkt_mfg.demo.walk import visible_patient, walk_story

    patient = visible_patient(trial)
    say("")
    say(
        Phrase(
            "One more patient, step by step: {name}, subject {number}",
            name=patient.name,
            number=patient.number,
        )
    )
    story, waits = walk_story(trial, patient, trial.protocol_code, say, _told(trial, say))
    trial.let(waits)
    trial.run_until(end)
    return {"batch": story.code, "subject": patient.number}


def _told(trial: "Trial", say: Callable[[object], None]) -> "Callable[[str, Receipt], None]":
    from inkt_mfg.moments import show_moment

    lab = trial.lab

    def hear(who: str, receipt: "Receipt") -> None:
        at = show_moment(lab.clock.at, lab.local)
        person = lab.staff[who].person.full_name
        say(f"{at}  #{receipt.sequence:<5} {person:<9} {receipt.command:<22} {receipt.says}")

    return hear


def _look_back(store: Any, out: Path, told: dict[str, str], say: Callable[[object], None]) -> dict[str, Any]:
    """The label's proof, the ledger's verification, the records as PDF, and the trial so far."""
    from inkt_mfg.cli.report import trial_lines
    from inkt_mfg.reports.batch_record import batch_record_pdf
    from inkt_mfg.reports.certificate import certificate_pdf
    from inkt_mfg.reports.trial import as_json
    from inkt_mfg.store.verification import verify
    from inkt_mfg.views.batch_record import batch_record
    from inkt_mfg.views.trial import trial_so_far

    say("")
    say(Phrase("The label's proof:"))
    for line in proof_lines(store, told["batch"]):
        say(f"   {line}")
    records = out / "records"
    records.mkdir(exist_ok=True)
    record = batch_record(store, told["batch"])
    for name, write in (("batch-record", batch_record_pdf), ("certificate", certificate_pdf)):
        (records / f"{told['batch']}-{name}.pdf").write_bytes(write(record))
    with progress_bar(str(Phrase("verifying the ledger"))) as advance:
        verified = verify(store, advance)
    say(Phrase("Ledger: {n} entries, {m} findings, head {head}", n=verified.entries, m=len(verified.findings),
               head=verified.head[:16]))  # fmt: skip
    say(Phrase("PDFs: {labels} and {records}", labels=out / "labels", records=records))
    trial = trial_so_far(store)
    say("")
    say(Phrase("The trial so far:"))
    for row in trial_lines(trial):
        say(row)
    return {
        "ledger_ok": verified.ok,
        "entries": verified.entries,
        "batch": told["batch"],
        "trial": as_json(trial),
    }


def proof_lines(store: Any, batch: str) -> Iterator[Phrase]:
    """What the proof of the batch's label found, in words."""
    from inkt_mfg.views.labels import label_proofs

    for serial, proof in label_proofs(store, batch):
        yield Phrase(
            "{serial}: {verdict}; rendered at {dpi} dpi, in grey and 1-bit; symbols read back: {symbols}",
            serial=serial,
            verdict=str(Phrase("passed")) if proof["passed"] else str(Phrase("FAILED")),
            dpi=", ".join(str(d) for d in proof["dpi"]),
            symbols=", ".join(sorted({f"{s['kind']} {s['text']}" for s in proof["symbols"]})),
        )


def _closing(summary: dict[str, Any]) -> Iterator[Phrase]:
    from inkt_mfg.demo.people import ADMINISTRATOR, PASSWORD, STAFF
    from inkt_mfg.workflow.permissions import role_name

    yield Phrase("")
    yield Phrase("The demo's people (password of each: {password}):", password=PASSWORD)
    for person in STAFF:
        yield Phrase(
            "   {user}  {name}, {role}",
            user=person.user_name,
            name=person.full_name,
            role=role_name(person.role),
        )
    yield Phrase(
        "   {user}  {name}, administrator", user=ADMINISTRATOR.user_name, name=ADMINISTRATOR.full_name
    )
    yield Phrase("Look around: inkt --site {site} tui", site=summary["site"])
    yield Phrase("Done in {seconds} s. {mark}", seconds=summary["seconds"], mark=MARK)


def _open_application(ctx: typer.Context, out: Path) -> None:
    from inkt_mfg.cli.tui import run_tui

    asked(ctx).site = out
    tell(Phrase("Opening the terminal application …"))
    run_tui(ctx)
