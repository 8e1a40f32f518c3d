"""The first half of a printed batch record: collection, steps, counts, growth. Each function adds one section."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from inkt_mfg.language import Phrase
from inkt_mfg.reports.paper import Bold, Paper
from inkt_mfg.reports.wording import (
    Wording,
    entered,
    number,
    plain,
    side_by_side,
    spaced,
    yes_or_no,
)
from inkt_mfg.views.record_parts import CountRecord, StepRecord


def collection(paper: Paper, words: Wording) -> None:
    """Where the cells came from."""
    c = words.record.collection
    paper.section(Phrase("Collection"))
    received = Phrase("not received") if c.received is None else f"{words.at(c.received.at)}, {c.received.by}"
    paper.facts(
        [
            (Phrase("Collection"), f"{c.code} ({spaced(c.state)})"),
            (Phrase("Donation identifier"), c.donation_id),
            (Phrase("Collected"), words.at(c.collected_at)),
            (Phrase("Received"), received),
            (Phrase("Volume"), c.volume),
            (Phrase("Temperature on receipt"), c.temperature),
            (Phrase("Anticoagulant"), c.anticoagulant),
            (Phrase("Container intact"), yes_or_no(c.container_intact)),
            (Phrase("Donor screening complete"), yes_or_no(c.screening_complete)),
            (Phrase("Donor tests complete"), yes_or_no(c.testing_complete)),
            (Phrase("Risk factor found"), yes_or_no(c.risk_factor)),
            (Phrase("Reactive for"), c.reactive_agents or Phrase("none reported")),
            (Phrase("Decided by"), c.decided_by),
        ]
    )


def steps(paper: Paper, words: Wording) -> None:
    """Every step with its readings as typed and its material lots, in the order they were done."""
    paper.section(Phrase("Steps, readings and materials"))
    if not words.record.steps:
        paper.text(Phrase("No step has been recorded."))
    for step in words.record.steps:
        paper.table(
            (f"{step.code}  {step.title}", Phrase("As typed"), Phrase("Canonical · material lots")),
            list(_step_rows(step, words)),
            (58, 56, 66),
            together=True,
        )
        paper.gap(1.5)


def _step_rows(step: StepRecord, words: Wording) -> Iterator[list[Any]]:
    who = [words.done(Phrase("Performed"), step.done)]
    checked: list[Any] = [words.done(Phrase("Verified"), step.verified)]
    if step.verified is None:
        checked = [Phrase("No critical value to verify")]
    if step.needs_verification:
        checked = [Bold(Phrase("Critical values NOT VERIFIED"))]
    late = [Bold(Phrase("Late entry: {why}", why=step.late_reason))] if step.late_reason else []
    remark = [Phrase("Remark: {text}", text=step.remark)] if step.remark else []
    recorded = Phrase("Recorded {when}", when=words.at(step.recorded_at))
    yield [who, checked, [recorded, *late, *remark]]
    for r in step.readings:
        critical = Phrase("{title} (critical)", title=r.title) if r.critical else r.title
        stands = words.at(r.canonical) if isinstance(r.canonical, datetime) else number(r.canonical)
        yield [critical, r.typed, stands]
    for m in step.materials:
        lot = Phrase("lot {lot}, expires {day}, {state}", lot=m.lot, day=m.expires_on, state=spaced(m.state))
        yield [m.material, Phrase("amount: {amount}", amount=m.amount), lot]


def counts(paper: Paper, words: Wording) -> None:
    """Every count: replicates as typed beside what was computed from them; a recount stands beside the first."""
    if not words.record.counts:
        return
    paper.section(Phrase("Cell counts"))
    rows = [[_counted(c, words), _typed(c), _computed(c)] for c in words.record.counts]
    paper.table(
        (Phrase("Count, point, persons"), Phrase("As typed"), Phrase("Computed from it")), rows, (62, 58, 60)
    )


def _counted(c: CountRecord, words: Wording) -> list[Any]:
    told: list[Any] = [Bold(f"{c.code}  {c.point}"), words.done(Phrase("Performed"), c.done)]
    told.append(words.done(Phrase("Verified"), c.verified))
    told.append(Phrase("Recorded {when}", when=words.at(c.recorded_at)))
    if c.late_reason:
        told.append(Bold(Phrase("Late entry: {why}", why=c.late_reason)))
    return told


def _typed(c: CountRecord) -> list[Any]:
    told: list[Any] = [
        Phrase("Method: {method}", method=spaced(c.method)),
        entered(Phrase("Volume"), c.volume),
    ]
    told += [
        entered(Phrase("Replicate {n}", n=n), side_by_side(replicate))
        for n, replicate in enumerate(c.replicates, start=1)
    ]
    told.append(entered(Phrase("Gate path"), c.gate_path))
    if c.source_sha256:
        told.append(Phrase("Instrument file, SHA-256 {hash}", hash=c.source_sha256))
    return told


def _computed(c: CountRecord) -> list[Any]:
    told: list[Any] = [
        Phrase("Concentration, mean: {value}", value=number(c.total_concentration)),
        Phrase("Viability, mean: {value}", value=number(c.viability)),
        Phrase("Viable cell density: {value}", value=number(c.viable_cell_density)),
        Phrase("Total viable cells: {value}", value=number(c.total_viable_cells)),
    ]
    if c.replicate_cv is not None:
        told.append(Phrase("CV of the replicates: {value} %", value=plain(c.replicate_cv)))
    if c.inkt_of_live is not None:
        told.append(Phrase("iNKT of live cells: {value}", value=number(c.inkt_of_live)))
    if c.inkt_cells is not None:
        told.append(Phrase("Viable iNKT cells: {value}", value=number(c.inkt_cells)))
    if c.recount_asked:
        told.append(Bold(Phrase("RECOUNT ASKED: not used for growth or dose")))
    return told


def growth(paper: Paper, words: Wording) -> None:
    """Growth across the culture, from what each split kept."""
    grown = words.record.page.growth
    if not grown.points:
        return
    paper.section(Phrase("Growth"))
    by_time = {c.done.at: c.point for c in words.record.counts}
    if grown.so_far is not None:
        so_far = grown.so_far
        doublings = "–" if so_far.population_doublings is None else plain(so_far.population_doublings)
        paper.facts(
            [
                (Phrase("Fold"), plain(so_far.fold)),
                (Phrase("Population doublings"), doublings),
                (Phrase("Growth rate"), number(so_far.growth_rate) or "–"),
                (Phrase("Doubling time"), number(so_far.doubling_time) or Phrase("none: no growth")),
            ]
        )
        paper.gap(1)
    rows = [
        [
            words.at(p.at),
            plain(p.hours),
            by_time.get(p.at, p.point),
            number(p.viable_cells),
            number(p.viability),
        ]
        for p in grown.points
    ]
    heads = (
        Phrase("When"),
        Phrase("Hours since seeding"),
        Phrase("Point"),
        Phrase("Viable cells"),
        Phrase("Viability"),
    )
    paper.table(heads, rows, (42, 28, 52, 34, 24))
