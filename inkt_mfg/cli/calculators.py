"""Calculators: body surface, dose, criterion, growth, schedule. They read the same science as the record and write nothing.

Anyone may use them, with or without a site. Each refuses what the bench would refuse; a dose outside the window or a
result that is no pass is answered in full and ends with exit code 3.
"""

from typing import TYPE_CHECKING, Annotated

import typer

from inkt_mfg import units
from inkt_mfg.cli.answers import REFUSED, WantsJson, asked, give, tell
from inkt_mfg.language import Phrase
from inkt_mfg.moments import read_date
from inkt_mfg.refusal import Refusal, refuse
from inkt_mfg.science.body import ADULT, Body, check_body, formula_named, surface_line
from inkt_mfg.units import Kind, Measured, show

if TYPE_CHECKING:
    from inkt_mfg.protocol import Protocol
    from inkt_mfg.science.dosing import DoseJudgement
    from inkt_mfg.science.growth import Growth, Point


def _calculator() -> typer.Typer:
    return typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)


bsa, dose, criterion, growth, schedule = (_calculator() for _ in range(5))

Height = Annotated[str, typer.Option(help='With its unit: "168 cm".')]
Weight = Annotated[str, typer.Option(help='With its unit: "65 kg".')]
TRIAL = "nct04011033"  # the protocol that comes with the program


# ---- inkt bsa


@bsa.command()
def _bsa(
    ctx: typer.Context,
    height: Height,
    weight: Weight,
    formula: Annotated[str, typer.Option(help="Its key, such as mosteller or dubois.")] = "mosteller",
    _json: WantsJson = False,
) -> None:
    """Body surface area by one formula, of an adult."""
    body = _read_body(height, weight)
    check = check_body(body.height, body.weight, formula, ADULT)
    named = formula_named(formula)
    remarks = [named.citation] if named.attributed else [f"{named.citation} ({named.note})"]
    line = surface_line(formula, body.height, body.weight, check.bsa)
    give(ctx, {"formula": formula, "bsa": check.bsa.as_json()}, [line, *remarks])
    for concern in check.concerns:
        tell(concern.what)


def _read_body(height: str, weight: str) -> Body:
    return Body(
        units.read(height, Kind.HEIGHT, field="height"), units.read(weight, Kind.BODY_WEIGHT, field="weight")
    )


# ---- inkt dose check


@dose.callback()
def _dose() -> None:
    """Judge a dose by the protocol's window."""


@dose.command("check")
def _dose_check(
    ctx: typer.Context,
    *,
    cells: Annotated[str, typer.Option(help='With its unit: "1.75e9 cells".')],
    height: Height,
    weight: Weight,
    protocol: Annotated[str, typer.Option(help="The protocol whose window counts.")] = TRIAL,
    basis: Annotated[
        str | None, typer.Option(help="viable_inkt or total_viable; outside a site only.")
    ] = None,
    formula: Annotated[str | None, typer.Option(help="A body-surface formula; outside a site only.")] = None,
    _json: WantsJson = False,
) -> None:
    """Cells per body surface (or weight) against the protocol's closed window. Nothing is recorded."""
    # Here: the science of doses is not needed by the other calculators.
    from inkt_mfg.science.dosing import Verdict, judge_dose

    rules = _protocol_here(ctx, protocol)
    chosen_basis = _protocols_own(ctx, "basis", basis, str(rules.dose_basis))
    chosen_formula = _protocols_own(ctx, "formula", formula, rules.bsa_formula)
    _refuse_unknown_basis(chosen_basis)
    count = units.read(cells, Kind.CELLS, field="cells")
    body = _read_body(height, weight)
    check = check_body(body.height, body.weight, chosen_formula, rules.body_limits)
    judged = judge_dose(count, body, chosen_formula, rules.dose_window)
    chosen = {"protocol": protocol, "basis": chosen_basis, "formula": chosen_formula}
    give(
        ctx,
        {**chosen, **_judged(judged, check.bsa)},
        [_heading(judged, protocol, chosen_basis), *judged.derivation],
    )
    for concern in check.concerns:
        tell(concern.what)
    if judged.verdict is not Verdict.WITHIN:
        raise typer.Exit(REFUSED)


def _judged(judged: "DoseJudgement", surface: Measured) -> dict[str, object]:
    return {
        "cells": judged.cells.as_json(),
        "bsa": surface.as_json(),
        "dose": judged.dose.as_json(),
        "window": judged.window.as_json(),
        "verdict": judged.verdict.value,
        "max_cells": judged.max_cells.as_json(),
        "derivation": [line.as_json() for line in judged.derivation],
        "record": False,
    }


def _heading(judged: "DoseJudgement", protocol: str, basis: str) -> Phrase:
    from inkt_mfg.science.dosing import BASES

    return Phrase(
        "{verdict}: {dose} of {basis} by {protocol}; a calculation, not a record",
        verdict=judged.verdict.value,
        dose=show(judged.dose, beside=(judged.window.low, judged.window.high)),
        basis=BASES[basis],
        protocol=protocol,
    )


def _protocols_own(ctx: typer.Context, field: str, typed: str | None, own: str) -> str:
    """The protocol's value; another may be tried outside a site, where nothing is dosed."""
    if typed is None or typed == own:
        return own
    if asked(ctx).site is None:
        return typed
    raise refuse(
        f"dose.{field}",
        Phrase("inside a site a dose has the protocol's {field}, never one chosen for it", field=field),
        expected=Phrase("{own}, or the option left out", own=own),
        resolve_by=Phrase("a QA officer, with an approved protocol version"),
        field=field,
        typed=typed,
    )


def _refuse_unknown_basis(basis: str) -> None:
    from inkt_mfg.science.dosing import BASES

    if basis not in BASES:
        raise refuse(
            "dose.basis",
            Phrase("there is no such dose basis"),
            expected=Phrase("one of {bases}", bases=", ".join(BASES)),
            field="basis",
            typed=basis,
        )


# ---- inkt criterion check


@criterion.callback()
def _criterion() -> None:
    """Judge a result by a release criterion."""


# ignore_unknown_options: a result may be "-5 °C".
@criterion.command("check", context_settings={"ignore_unknown_options": True})
def _criterion_check(
    ctx: typer.Context,
    criterion: Annotated[str, typer.Argument(help='As printed: ">=70 %".')],
    result: Annotated[str, typer.Argument(help='As printed: "79.2 %", "<0.3 EU/mL", "nd".')],
    protocol: Annotated[str | None, typer.Option(help="Whose term map explains words.")] = None,
    _json: WantsJson = False,
) -> None:
    """Pass, fail, not determined or report only, with the reason. A missing result is never a pass."""
    from inkt_mfg.science.acceptance import Acceptance, Criterion, Result, judge

    terms = _protocol(protocol).terms if protocol else None
    judged = judge(Criterion.read(criterion), Result.read(result, terms))
    give(
        ctx,
        {"verdict": judged.verdict.value, "why": judged.why.english},
        [f"{Phrase(judged.verdict.value.replace('_', ' '))}: {judged.why}"],
    )
    if judged.verdict not in {Acceptance.PASS, Acceptance.REPORT_ONLY}:
        raise typer.Exit(REFUSED)


def _protocol(protocol_id: str) -> "Protocol":
    # Here: the protocol's model (pydantic) is not needed by the calculators that have no protocol.
    from inkt_mfg.protocol import load

    return load(protocol_id)


def _protocol_here(ctx: typer.Context, protocol_id: str) -> "Protocol":
    """Inside a site the version it has approved; outside, or where none is approved yet, the one that ships."""
    wanted = asked(ctx)
    if wanted.site is None and wanted.database_url is None:
        return _protocol(protocol_id)
    from inkt_mfg.cli.opening import opened
    from inkt_mfg.views.protocols import approved_protocol

    found = None
    try:
        with opened(ctx) as store:
            found = approved_protocol(store, protocol_id)
    except Refusal as nothing_here:
        # A calculation records nothing, so it goes on and says so; what a site's folder forbids stays forbidden.
        tell(nothing_here.first.what)
    if found is None:
        tell(Phrase("{protocol} is not approved here: the version that ships is used.", protocol=protocol_id))
        return _protocol(protocol_id)
    return found


# ---- inkt growth


@growth.command()
def _growth(
    ctx: typer.Context,
    # typer has no option that is repeated and takes two values: the times are the option's, and the cells are the
    # arguments between them, in the same order.
    point: Annotated[
        list[str] | None, typer.Option(metavar="TIME", help='Twice or more: --point "0 h" "1.9e6 cells".')
    ] = None,
    cells: Annotated[
        list[str] | None, typer.Argument(metavar="CELLS", help="The cells of each point.")
    ] = None,
    _json: WantsJson = False,
) -> None:
    """Growth from the first point to the last, of a culture from which nothing was taken."""
    from inkt_mfg.science.growth import growth as grow
    from inkt_mfg.science.growth import segments_between

    if not point or len(point) != len(cells or ()):
        raise typer.BadParameter(
            str(
                Phrase('each --point takes a time and a number of cells, such as --point "0 h" "1.9e6 cells"')
            )
        )
    points = [_read_point(*pair) for pair in zip(point, cells or (), strict=True)]
    segments_between(
        points
    )  # every point in between is checked too: later than the one before, and not empty
    grown = grow(segments_between([points[0], points[-1]]))
    give(ctx, _growth_answer(grown), [grown.verdict.value, *grown.derivation])


def _read_point(elapsed: str, cells: str) -> "Point":
    from inkt_mfg.science.growth import Point

    return Point(
        units.read(elapsed, Kind.DURATION, field="point"), units.read(cells, Kind.CELLS, field="point")
    )


def _growth_answer(grown: "Growth") -> dict[str, object]:
    doublings, rate, doubling = grown.population_doublings, grown.growth_rate, grown.doubling_time
    return {
        "fold": units.of(grown.fold, "1").as_json(),
        "population_doublings": None if doublings is None else units.of(doublings, "1").as_json(),
        "growth_rate": None if rate is None else rate.as_json(),
        "doubling_time": None if doubling is None else doubling.as_json(),
        "verdict": grown.verdict.value,
    }


# ---- inkt schedule


@schedule.command()
def _schedule(
    ctx: typer.Context,
    first_tae: Annotated[str, typer.Option(help="Day of the first TAE/TACE: 2026-12-01.")],
    protocol: Annotated[str, typer.Option(help="The protocol whose plan counts.")] = TRIAL,
    _json: WantsJson = False,
) -> None:
    """Every planned day of one subject, and which of them overlap."""
    from inkt_mfg.science.calendar import EVENT_NAMES, overlaps
    from inkt_mfg.science.calendar import schedule as plan_dates

    day_zero = read_date(first_tae, field="first_tae")
    plan = _protocol(protocol).schedule_plan
    events = plan_dates(day_zero, plan)
    lines: list[object] = [
        f"{e.date}  day {e.day:>3}  {EVENT_NAMES[e.kind]}{f'  infusion {e.infusion}' if e.infusion else ''}"
        for e in events
    ]
    lines += [Phrase("overlap from day {first} to {last}: {what}", first=o.first_day, last=o.last_day, what=o.what)
              for o in overlaps(plan)]  # fmt: skip
    give(ctx, {"events": [event.as_json() for event in events]}, lines)
