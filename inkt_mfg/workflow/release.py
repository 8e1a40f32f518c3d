"""Commands of the decision: submitting, reviewing, releasing or rejecting with a signature, and closing what was pending.

Whoever performed or verified a step decides nothing (R24). A conditional release names what is pending and until when;
the second signature stands beside the first, which is never edited (R34). A conditional release cures no dose verdict.
"""

import json
from datetime import date, timedelta

from sqlmodel import select

from inkt_mfg.language import Phrase
from inkt_mfg.moments import zone
from inkt_mfg.records.base import Record
from inkt_mfg.records.batch import Batch
from inkt_mfg.records.dose import Disposition
from inkt_mfg.records.subject import ExceptionalRequest, Subject
from inkt_mfg.records.words import (
    ENDED_LABELS,
    PASSING,
    RELEASING,
    BatchState,
    ContainerState,
    DispositionKind,
    DoseVerdict,
    LabelState,
    Meaning,
)
from inkt_mfg.refusal import Blocker
from inkt_mfg.units import Kind, canonical
from inkt_mfg.views.case import Case
from inkt_mfg.views.dose import dose_shown
from inkt_mfg.views.label_kinds import KINDS
from inkt_mfg.views.signatures import reassessment_is_due
from inkt_mfg.workflow import guards
from inkt_mfg.workflow.accounting import end
from inkt_mfg.workflow.command import Act, Done, command
from inkt_mfg.workflow.permissions import Permission, who_may
from inkt_mfg.workflow.typed import said


def whole_record(case: Case, _record: Record) -> list[Record]:
    """What a review or release is signed over."""
    return case.covered_by_release()


@command(
    "batch.submit",
    Phrase("submit the batch for review"),
    permission=Permission.SUBMIT,
    on=Batch,
    moves=(BatchState.FORMULATED, BatchState.IN_REVIEW),
    guards=[
        guards.no_hold,
        guards.every_required_step_is_done,
        guards.every_step_is_counted,
        guards.critical_entries_are_verified,
        guards.lots_are_still_good,
        guards.no_correction_is_pending,
        guards.dose_is_assessed,
    ],
    signs=Meaning.RESPONSIBILITY,
    covers=whole_record,
)
def submit(act: Act, *, on: Batch) -> Done:
    """The bench hands the record to QA."""
    assert act.target is on
    return Done(on, Phrase("batch {code} is in review", code=on.code))


@command(
    "batch.review",
    Phrase("review the batch record"),
    permission=Permission.REVIEW,
    on=Batch,
    moves=(BatchState.IN_REVIEW, None),
    guards=[
        guards.no_hold,
        guards.no_correction_is_pending,
        guards.chain_is_intact,
        guards.releaser_performed_nothing,
    ],
    signs=Meaning.REVIEW,
    covers=whole_record,
)
def review(act: Act, *, on: Batch, audit_trail_reviewed: str) -> Done:
    """The record and its audit trail were read (R38)."""
    act.work.note("audit_trail_reviewed", said(audit_trail_reviewed, "audit_trail_reviewed", lines=True))
    return Done(on, Phrase("batch {code} reviewed", code=on.code))


RELEASE_GUARDS = (
    guards.arm_is_dosed,
    guards.no_hold,
    guards.next_dose_is_not_blocked,
    guards.protocol_is_approved,
    guards.infusion_is_not_given_yet,
    guards.every_required_step_is_done,
    guards.every_step_is_counted,
    guards.critical_entries_are_verified,
    guards.lots_are_still_good,
    guards.everybody_was_trained,
    guards.no_correction_is_pending,
    guards.every_test_is_reported,
    guards.results_are_verified,
    guards.results_are_judged_by_what_is_given,
    guards.no_open_deviation,
    guards.labels_before_release_are_reconciled,
    guards.record_is_reviewed,
    guards.chain_is_intact,
    guards.releaser_performed_nothing,
    guards.dose_is_assessed,
    guards.dose_is_ordered,
    guards.body_is_confirmed,
    guards.weight_is_fresh,
    guards.not_expired,
)


@command(
    "batch.release",
    Phrase("release the batch"),
    permission=Permission.RELEASE,
    on=Batch,
    moves=(BatchState.IN_REVIEW, BatchState.RELEASED),
    guards=[*RELEASE_GUARDS, guards.every_result_passes, guards.dose_to_give_is_within],
    signs=Meaning.RELEASE,
    covers=whole_record,
)
def release(act: Act, *, on: Batch, statement: str | None = None) -> Done:
    """Final when every result is there, else conditional, naming the pending tests and their due dates."""
    pending = pending_tests(act.case)
    kind = DispositionKind.CONDITIONAL if pending else DispositionKind.FINAL
    decided = decide(act, on, kind, pending, statement)
    if not pending:
        return Done(
            decided, Phrase("batch {code} released: {certificate}", code=on.code, certificate=decided.code)
        )
    says = Phrase(
        "batch {code} released CONDITIONALLY ({certificate}); pending: {pending}",
        code=on.code,
        certificate=decided.code,
        pending=", ".join(f"{act.protocol.test(test).title}, due {due}" for test, due in pending.items()),
    )
    return Done(decided, says)


def pending_tests(case: Case) -> dict[str, date]:
    """Test → the day its result is due, for every test without a result."""
    due: dict[str, date] = {}
    local = zone(case.site.time_zone)
    for planned in case.protocol.tests:
        if planned.code in case.results or planned.read_after is None:
            continue
        taken = max((s.taken_at for s in case.samples if s.purpose == planned.sample), default=case.now)
        hours = float(canonical(planned.read_after, Kind.DURATION))
        due[planned.code] = (taken + timedelta(hours=hours)).astimezone(local).date()
    return due


def decide(
    act: Act, batch: Batch, kind: DispositionKind, pending: dict[str, date], statement: str | None
) -> Disposition:
    """A new disposition beside the earlier ones, which are never edited. ``pending``: test → the day it is due."""
    return act.work.add(
        Disposition(
            site=act.work.site,
            code=act.work.next_code(Disposition, "D"),
            batch=batch.key,
            kind=kind,
            decided_at=act.now,
            decided_by=act.actor.key,
            pending=json.dumps({test: day.isoformat() for test, day in pending.items()}, sort_keys=True),
            latest_due=max(pending.values(), default=None),
            statement=statement or None,
        )
    )


@command(
    "batch.reject",
    Phrase("reject the batch"),
    permission=Permission.RELEASE,
    on=Batch,
    moves=(BatchState.IN_REVIEW, BatchState.REJECTED),
    guards=[guards.releaser_performed_nothing],
    signs=Meaning.REJECTION,
    covers=whole_record,
    asks_reason=True,
)
def reject(act: Act, *, on: Batch) -> Done:
    """It is never given; its containers can only be destroyed."""
    decided = decide(act, on, DispositionKind.REJECTED, {}, act.work.intent.reason)
    return Done(decided, Phrase("batch {code} rejected: {why}", code=on.code, why=act.work.intent.reason))


# --- what was pending


@command(
    "batch.finalise",
    Phrase("turn the conditional release into a final one"),
    permission=Permission.RELEASE,
    on=Batch,
    moves=(BatchState.RELEASED, None),
    guards=[
        guards.disposition_is_conditional,
        guards.nothing_is_pending,
        guards.every_result_passes,
        guards.results_are_verified,
        guards.results_are_judged_by_what_is_given,
        guards.release_signature_stands,
        guards.no_correction_is_pending,
        guards.chain_is_intact,
        guards.no_open_deviation,
        guards.no_hold,
        guards.releaser_performed_nothing,
    ],
    signs=Meaning.RELEASE,
    covers=whole_record,
)
def finalise(act: Act, *, on: Batch) -> Done:
    """Every pending result came and passed; the conditional release stays on record beside this one."""
    decided = decide(act, on, DispositionKind.FINAL, {}, None)
    return Done(
        decided,
        Phrase("batch {code} finally released ({certificate})", code=on.code, certificate=decided.code),
    )


def a_result_does_not_pass(case: Case) -> Blocker | None:
    """Failed late is for a late result that is not a pass, and for nothing else."""
    if any(r.verdict not in PASSING for r in case.results.values()):
        return None
    return Blocker(
        "R35",
        Phrase("every result of batch {code} passes", code=case.batch.code),
        Phrase("a late result that does not pass"),
        who_may(Permission.RECORD_RESULT),
        "result",
    )


@command(
    "batch.fail_late",
    Phrase("declare the release failed late"),
    permission=Permission.RELEASE,
    on=Batch,
    moves=(BatchState.RELEASED, None),
    guards=[guards.disposition_releases, a_result_does_not_pass, guards.releaser_performed_nothing],
    signs=Meaning.REJECTION,
    covers=whole_record,
    asks_reason=True,
)
def fail_late(act: Act, *, on: Batch) -> Done:
    """A pending result failed, wherever the bag is by now (R35)."""
    decided = decide(act, on, DispositionKind.FAILED_LATE, {}, act.work.intent.reason)
    return Done(
        decided, Phrase("batch {code} failed late ({certificate})", code=on.code, certificate=decided.code)
    )


# A late failure, and a value corrected after the bag had left: both block the next dose until they are settled.
_BLOCKING_RULES = frozenset({"R35", "R23"})


def the_block_is_assessed(case: Case) -> Blocker | None:
    """The late failure is settled, failed late and its deviation closed, before the next dose may be made (R35)."""
    subject = case.subject
    if subject.dose_blocked is None:
        what = Phrase("the next dose of {code} is not blocked", code=subject.code)
        return Blocker("R35", what, Phrase("a blocked dose"), guards.QA, "subject", subject.code)
    batches = case.session.exec(select(Batch).where(Batch.subject == subject.key)).all()
    for batch in batches:
        about = Case(case.session, batch, case.now, case.actor)
        failed = guards.no_result_fails(about) is not None  # what an exceptional release accepted is settled
        settled = about.disposition not in RELEASING
        still_open = [d.code for d in about.open_deviations if d.rule in _BLOCKING_RULES]
        if still_open or (failed and not settled) or reassessment_is_due(about):
            return Blocker(
                "R35",
                Phrase("batch {code}: what blocked the next dose is not settled", code=batch.code),
                Phrase("the batch declared failed late or its release upheld, and its deviation closed"),
                guards.QA,
                "batch",
                batch.code,
            )
    return None


@command(
    "subject.lift_dose_block",
    Phrase("lift the block on the next dose"),
    permission=Permission.CLOSE_DEVIATION,
    on=Subject,
    guards=[the_block_is_assessed],
    signs=Meaning.RESPONSIBILITY,
    asks_reason=True,
)
def lift_dose_block(act: Act, *, on: Subject) -> Done:
    """QA has assessed the late result; the reason says how, and the entry keeps what was blocked."""
    act.work.note("was_blocked", on.dose_blocked or "")
    on.dose_blocked = None
    return Done(
        on,
        Phrase("the next dose of {code} may be prepared: {why}", code=on.code, why=act.work.intent.reason),
    )


@command(
    "batch.close",
    Phrase("close the batch"),
    permission=Permission.RELEASE,
    on=Batch,
    moves=((BatchState.RELEASED, BatchState.REJECTED), BatchState.CLOSED),
    guards=[
        guards.no_hold,
        guards.no_open_deviation,
        guards.labels_are_reconciled,
        guards.containers_are_accounted_for,
        guards.disposition_is_settled,
        guards.released_batch_is_fully_reported,
        guards.no_correction_is_pending,
        guards.chain_is_intact,
    ],
    signs=Meaning.RESPONSIBILITY,
    covers=whole_record,
)  # fmt: skip
def close(act: Act, *, on: Batch) -> Done:
    """Nothing is left to do on it."""
    assert act.target is on
    return Done(on, Phrase("batch {code} closed", code=on.code))


# --- out-of-specification supply (R36)


@command(
    "dose.request_exceptional",
    Phrase("request an out-of-specification dose"),
    permission=Permission.ORDER_DOSE,
    on=Batch,
    moves=(BatchState.IN_REVIEW, None),
    guards=[guards.arm_is_dosed],
    signs=Meaning.RESPONSIBILITY,
)
def request_exceptional(act: Act, *, on: Batch, justification: str, risk: str) -> Done:
    """The physician asks for it in writing, with the risk (EU GMP Part IV 11.5)."""
    request = act.work.add(
        ExceptionalRequest(
            site=act.work.site,
            code=act.work.next_code(ExceptionalRequest, "X"),
            batch=on.key,
            justification=said(justification, "justification", lines=True),
            risk=said(risk, "risk", lines=True),
            requested_by=act.actor.key,
            requested_at=act.now,
        )
    )
    return Done(
        request, Phrase("{code}: exceptional supply of {batch} requested", code=request.code, batch=on.code)
    )


def exceptional_supply_is_requested(case: Case) -> Blocker | None:
    """A physician's justified request comes first (R36)."""
    question = select(ExceptionalRequest).where(
        ExceptionalRequest.site == case.batch.site, ExceptionalRequest.batch == case.batch.key
    )
    if case.session.exec(question).first() is not None:
        return None
    return Blocker(
        "R36",
        Phrase("no physician has requested an out-of-specification dose"),
        Phrase("a justified request with the risk stated"),
        who_may(Permission.ORDER_DOSE),
        "batch",
        case.batch.code,
    )


def dose_is_not_above(case: Case) -> Blocker | None:
    """Above the window only a measured part is ever given; exceptional supply is for less, not for more."""
    found = case.assessment
    if found is None or found.verdict_to_give is not DoseVerdict.ABOVE:
        return None
    return Blocker(
        "dose.window",
        Phrase("the dose is above the window"),
        Phrase("a measured part that is itself within"),
        guards.QA,
        "dose",
        dose_shown(found),
    )


@command(
    "batch.release_exceptionally",
    Phrase("release the batch exceptionally"),
    permission=Permission.RELEASE,
    on=Batch,
    moves=(BatchState.IN_REVIEW, BatchState.RELEASED),
    guards=[*RELEASE_GUARDS, exceptional_supply_is_requested, dose_is_not_above],
    signs=Meaning.RELEASE,
    covers=whole_record,
    asks_reason=True,
)
def release_exceptionally(act: Act, *, on: Batch, risk_statement: str) -> Done:
    """Out of specification, on a physician's request, with its own words on the label (R36)."""
    statement = said(risk_statement, "risk_statement", lines=True)
    decided = decide(act, on, DispositionKind.EXCEPTIONAL, pending_tests(act.case), statement)
    return Done(
        decided,
        Phrase("batch {code} released EXCEPTIONALLY ({certificate})", code=on.code, certificate=decided.code),
    )


# --- the ways back


def back_to_quarantine(act: Act, case: Case, why: str | None) -> Disposition:
    """What a release that no longer stands leaves behind before issue: quarantine, and every infusion label void."""
    decided = decide(act, case.batch, DispositionKind.QUARANTINE, {}, why)
    for label in case.labels:
        if KINDS[label.kind].stage == "R" and label.state not in ENDED_LABELS:
            label.state = LabelState.SPOILED
            end(act, label, why)
    for container in case.containers:
        if container.state is ContainerState.LABELLED:
            container.state = ContainerState.FILLED
    return decided


@command(
    "batch.return_to_bench",
    Phrase("send the batch back to the bench"),
    permission=Permission.REVIEW,
    on=Batch,
    moves=(BatchState.IN_REVIEW, BatchState.FORMULATED),
    asks_reason=True,
)
def return_to_bench(act: Act, *, on: Batch) -> Done:
    """QA wants something done again: a recount, a fresh weight, another dose check."""
    assert act.target is on
    return Done(
        on, Phrase("batch {code} is back at the bench: {why}", code=on.code, why=act.work.intent.reason)
    )


@command(
    "batch.recall_to_review",
    Phrase("recall the batch to review"),
    permission=Permission.RELEASE,
    on=Batch,
    moves=(BatchState.RELEASED, BatchState.IN_REVIEW),
    guards=[guards.no_container_has_left],
    signs=Meaning.RESPONSIBILITY,
    asks_reason=True,
    also=[(ContainerState.LABELLED, ContainerState.FILLED)],
)
def recall_to_review(act: Act, *, on: Batch) -> Done:
    """QA takes the decision back before issue."""
    decided = back_to_quarantine(act, act.case, act.work.intent.reason)
    return Done(
        decided, Phrase("batch {code} is in review again: {why}", code=on.code, why=act.work.intent.reason)
    )
