"""Commands about what went otherwise than planned: deviations and holds (R37)."""

from inkt_mfg.language import Phrase
from inkt_mfg.records.batch import Batch, Hold
from inkt_mfg.records.deviation import Deviation
from inkt_mfg.records.words import DeviationState, Meaning, Severity
from inkt_mfg.refusal import Blocker
from inkt_mfg.views.case import Case
from inkt_mfg.workflow.command import Act, Done, command
from inkt_mfg.workflow.departures import open_deviation as new_deviation
from inkt_mfg.workflow.permissions import Permission, who_may
from inkt_mfg.workflow.typed import one_of, said


@command("deviation.open", Phrase("open a deviation"), permission=Permission.OPEN_DEVIATION, on=Batch)
def open_deviation(act: Act, *, on: Batch, description: str, severity: str) -> Done:
    """Anybody who sees it says it."""
    deviation = new_deviation(
        act.work,
        rule="R37",
        description=said(description, "description", lines=True),
        severity=one_of(Severity, severity, "severity"),
        by=act.actor.key,
        batch=on,
    )
    return Done(deviation, Phrase("deviation {code} opened", code=deviation.code))


@command(
    "deviation.assess",
    Phrase("assess a deviation"),
    permission=Permission.CLOSE_DEVIATION,
    on=Deviation,
    moves=(DeviationState.OPEN, DeviationState.ASSESSED),
)
def assess_deviation(act: Act, *, on: Deviation, assessment: str) -> Done:
    """What it means for the batch."""
    on.assessment = said(assessment, "assessment", lines=True)
    on.assessed_by = act.actor.key
    return Done(on, Phrase("deviation {code} assessed", code=on.code))


@command(
    "deviation.close",
    Phrase("close a deviation"),
    permission=Permission.CLOSE_DEVIATION,
    on=Deviation,
    moves=(DeviationState.ASSESSED, DeviationState.CLOSED),
    signs=Meaning.APPROVAL,
)
def close_deviation(act: Act, *, on: Deviation) -> Done:
    """QA is satisfied with the assessment."""
    on.closed_by, on.closed_at = act.actor.key, act.now
    return Done(on, Phrase("deviation {code} closed", code=on.code))


def nothing_holds_it_yet(case: Case) -> Blocker | None:
    """One hold at a time."""
    if case.standing_hold is None:
        return None
    return Blocker(
        "R37",
        Phrase("the batch is on hold already"),
        Phrase("a batch not on hold"),
        who_may(Permission.CLOSE_DEVIATION),
        "batch",
        case.batch.code,
    )


@command(
    "batch.hold",
    Phrase("place a hold"),
    permission=Permission.CLOSE_DEVIATION,
    on=Batch,
    guards=[nothing_holds_it_yet],
    asks_reason=True,
)
def place_hold(act: Act, *, on: Batch) -> Done:
    """A flag over any state."""
    reason = said(act.work.intent.reason, "reason", lines=True)
    hold = act.work.add(
        Hold(site=act.work.site, batch=on.key, reason=reason, placed_by=act.actor.key, placed_at=act.now)
    )
    return Done(hold, Phrase("batch {code} is on hold: {why}", code=on.code, why=reason))


def something_holds_it(case: Case) -> Blocker | None:
    """There must be a hold to lift."""
    if case.standing_hold is not None:
        return None
    return Blocker(
        "R37",
        Phrase("the batch is not on hold"),
        Phrase("a batch on hold"),
        who_may(Permission.CLOSE_DEVIATION),
        "batch",
        case.batch.code,
    )


@command(
    "batch.lift_hold",
    Phrase("lift the hold"),
    permission=Permission.CLOSE_DEVIATION,
    on=Batch,
    guards=[something_holds_it],
    asks_reason=True,
)
def lift_hold(act: Act, *, on: Batch) -> Done:
    """The batch moves on."""
    hold = act.case.standing_hold
    assert hold is not None
    hold.lifted_by, hold.lifted_at, hold.lift_reason = act.actor.key, act.now, act.work.intent.reason
    return Done(hold, Phrase("the hold on batch {code} is lifted", code=on.code))
