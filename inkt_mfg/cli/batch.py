"""``inkt batch``: list batches, show one. Reads only, without a log-in, and so without patients' names."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from inkt_mfg.cli.answers import WantsJson, give
from inkt_mfg.cli.opening import opened
from inkt_mfg.language import Phrase
from inkt_mfg.moments import show_moment, zone
from inkt_mfg.units import show

if TYPE_CHECKING:
    from datetime import datetime

    from inkt_mfg.views.batch_page import BatchPage
    from inkt_mfg.views.batches import BatchLine

app = typer.Typer(
    rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False, no_args_is_help=True
)


def _moment(at: "datetime | None") -> str | None:
    return None if at is None else at.isoformat()


@app.command("list")
def list_batches(
    ctx: typer.Context,
    state: Annotated[str | None, typer.Option(help="Only batches in this state.")] = None,
    text: Annotated[str, typer.Option(help="Only those whose code or subject holds this.")] = "",
    most: Annotated[
        int, typer.Option(min=1, max=1_000_000, help="At most this many, the newest first.")
    ] = 1000,
    _json: WantsJson = False,
) -> None:
    """The batches of the site, the newest first."""
    from inkt_mfg.records.words import BatchState
    from inkt_mfg.views.batches import batch_list
    from inkt_mfg.workflow.typed import one_of

    wanted = None if state is None else one_of(BatchState, state, "state")
    with opened(ctx) as store:
        found = batch_list(store, state=wanted, text=text, most=most)
    give(ctx, {"batches": [_line(b) for b in found]}, [_row(b) for b in found])


def _line(b: "BatchLine") -> dict[str, Any]:
    return {
        "batch": b.code,
        "subject": b.subject,
        "infusion": b.infusion_number,
        "state": b.state,
        "disposition": b.disposition,
        "on_hold": b.on_hold,
        "started_at": _moment(b.started_at),
        "dose": b.dose.as_json() if b.dose else None,
        "verdict": b.verdict,
    }


def _row(b: "BatchLine") -> str:
    from inkt_mfg.workflow.states import state_name

    dose = show(b.dose) if b.dose else ""
    hold = str(Phrase("ON HOLD")) if b.on_hold else ""
    where = f"{state_name(b.state)!s:<11} {state_name(b.disposition)!s:<22}"
    return f"{b.code}  {b.subject}  #{b.infusion_number}  {where} {b.verdict or '':<7} {dose} {hold}".rstrip()


@app.command("show")
def show_batch(
    ctx: typer.Context,
    batch: Annotated[str, typer.Argument(help="The batch's code, such as B-00012.")],
    _json: WantsJson = False,
) -> None:
    """One batch: steps, counts, tests, dose, labels, decisions, signatures."""
    from inkt_mfg.views.batch_page import batch_page
    from inkt_mfg.workflow.bench import site_card

    with opened(ctx) as store:
        page = batch_page(store, batch)
        local = zone(site_card(store).time_zone)
    give(ctx, _page(page), _lines(page, lambda at: show_moment(at, local)))


def _page(page: "BatchPage") -> dict[str, Any]:
    return {
        "batch": page.code,
        "subject": page.subject,
        "arm": page.arm,
        "infusion": page.infusion_number,
        "protocol": page.protocol,
        "collection": page.collection,
        "chain_of_identity": page.chain_of_identity,
        "state": page.state,
        "disposition": page.disposition,
        "on_hold": page.on_hold,
        "corrections_waiting": [
            {"correction": c.code, "record": c.record, "field": c.field, "old": c.old, "new": c.new, "why": c.why,
             "reason": c.reason, "asked_by": c.asked_by, "asked_at": _moment(c.asked_at)}
            for c in page.corrections_waiting
        ],
        "reassessment_due": page.reassessment_due,
        "steps": [_step(s) for s in page.steps],
        "counts": [_count(c) for c in page.counts],
        "tests": [
            {"test": t.test, "criterion": t.criterion, "result": t.result or None, "verdict": t.verdict, "due": t.due}
            for t in page.tests
        ],
        "dose": _dose(page),
        "containers": [{"container": c.code, "state": c.state, "expires_at": _moment(c.expires_at)} for c in page.containers],
        "labels": [{"label": x.code, "container": x.container, "state": x.state, "pdf_sha256": x.pdf_sha256 or None} for x in page.labels],
        "dispositions": [
            {"certificate": d.code, "kind": d.kind, "by": d.decided_by, "at": _moment(d.decided_at),
             "pending": {test: due.isoformat() for test, due in d.pending}}
            for d in page.dispositions
        ],
        "deviations": [{"deviation": d.code, "rule": d.rule, "severity": d.severity, "state": d.state} for d in page.deviations],
        "signatures": [
            {"name": s.full_name, "user_name": s.user_name, "role": s.role, "meaning": s.meaning,
             "at": _moment(s.signed_at), "stands": s.stands}
            for s in page.signatures
        ],
    }  # fmt: skip


def _step(s: Any) -> dict[str, Any]:
    return {
        "step": s.code,
        "plan": s.plan_code,
        "performed_at": _moment(s.performed_at),
        "performed_by": s.performed_by,
        "verified_by": s.verified_by or None,
        "readings": dict(s.readings),
        "lots": dict(s.lots),
    }


def _count(c: Any) -> dict[str, Any]:
    return {
        "count": c.code,
        "point": c.point,
        "performed_at": _moment(c.performed_at),
        "viability": c.viability.as_json(),
        "viable_cell_density": c.viable_cell_density.as_json(),
        "total_viable_cells": c.total_viable_cells.as_json(),
        "inkt_cells": c.inkt_cells.as_json() if c.inkt_cells else None,
        "verified_by": c.verified_by or None,
        "recount_asked": c.recount_asked,
    }


def _dose(page: "BatchPage") -> dict[str, Any] | None:
    if page.dose is None:
        return None
    d = page.dose
    return {
        "basis": d.basis,
        "dose": d.dose.as_json(),
        "other_dose": d.other_dose.as_json(),
        "window": {"low": d.low.as_json(), "high": d.high.as_json()},
        "verdict": d.verdict,
        "volume_to_give": d.volume_to_give.as_json(),
        "dose_to_give": d.dose_to_give.as_json(),
        "verdict_to_give": d.verdict_to_give,
        "derivation": [{"formula": x.formula, "values": x.values, "result": x.result} for x in d.derivation],
    }


def _lines(page: "BatchPage", when: Any) -> Iterator[object]:
    from inkt_mfg.workflow.permissions import role_name
    from inkt_mfg.workflow.states import state_name

    yield Phrase(
        "Batch {code}, infusion {n} of {subject}: {state}, {disposition}",
        code=page.code, n=page.infusion_number, subject=page.subject, state=state_name(page.state), disposition=state_name(page.disposition),
    )  # fmt: skip
    if page.illustrative:
        yield Phrase("Protocol {protocol}: illustrative values, NOT FOR CLINICAL USE", protocol=page.protocol)
    for w in page.corrections_waiting:
        yield Phrase(
            "CORRECTION PENDING {code}: {record}: {old} → {new} ({who})",
            code=w.code, record=w.record, old=w.old, new=w.new, who=w.asked_by,
        )  # fmt: skip
    if page.reassessment_due:
        yield Phrase("RE-ASSESSMENT DUE: the record was changed after the bag had left")
    for s in page.steps:
        yield f"  {when(s.performed_at)}  {s.code}  {s.title}  {s.performed_by}"
    for c in page.counts:
        inkt = f"  iNKT {show(c.inkt_cells)}" if c.inkt_cells else ""
        yield f"  {when(c.performed_at)}  {c.code}  {c.point_title}: {show(c.total_viable_cells)}, {show(c.viability)}{inkt}"
    for t in page.tests:
        yield f"  {t.title}: {t.result or '–'}  ({t.criterion})  {Phrase(t.verdict.replace('_', ' '))}"
    if page.dose:
        for line in page.dose.derivation:
            yield f"  {line.formula}:  {line.values}  =  {line.result}"
    for sig in page.signatures:
        standing = "" if sig.stands else str(Phrase("  SUPERSEDED: a covered value has changed"))
        yield f"  {Phrase(sig.meaning)}: {sig.full_name} ({sig.user_name}), {role_name(sig.role)}, {when(sig.signed_at)}{standing}"
