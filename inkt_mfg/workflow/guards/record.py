"""Guards about the record: holds, deviations, the ledger, steps, counts, entries, lots.

Each is one short pure function on a ``Case``: it returns a ``Blocker`` that names the rule, what is wrong and who can
resolve it, or None. They change nothing.
"""

from inkt_mfg.language import Phrase
from inkt_mfg.ledger.canonical import canonical_text
from inkt_mfg.ledger.reading import first_that_does_not_hold
from inkt_mfg.records.count import CellCount
from inkt_mfg.records.step import Step
from inkt_mfg.records.testing import TestResult
from inkt_mfg.records.words import (
    LotState,
    Meaning,
    Severity,
)
from inkt_mfg.refusal import Blocker
from inkt_mfg.views.case import Case
from inkt_mfg.views.signatures import manifest_of, stands
from inkt_mfg.workflow.guards.who import BENCH, COUNTED
from inkt_mfg.workflow.permissions import Permission, who_may


def no_hold(case: Case) -> Blocker | None:
    """While a hold stands nothing of the batch moves on."""
    hold = case.standing_hold
    if hold is None:
        return None
    return Blocker(
        "R37",
        Phrase("the batch is on hold: {reason}", reason=hold.reason),
        Phrase("the hold lifted"),
        who_may(Permission.CLOSE_DEVIATION),
        "batch",
        case.batch.code,
    )


def no_open_deviation(case: Case) -> Blocker | None:
    """Every deviation is closed before release (R37, R39)."""
    still_open = case.open_deviations
    if not still_open:
        return None
    return Blocker(
        "R39",
        Phrase("deviations are open: {codes}", codes=", ".join(d.code for d in still_open)),
        Phrase("every deviation assessed and closed"),
        who_may(Permission.CLOSE_DEVIATION),
        "deviation",
        still_open[0].code,
    )


def no_open_critical_deviation(case: Case) -> Blocker | None:
    """A mismatch of identity or a late failure stops the bag until QA has closed it (R37, R41)."""
    critical = [d.code for d in case.open_deviations if d.severity is Severity.CRITICAL]
    if not critical:
        return None
    return Blocker(
        "R37",
        Phrase("critical deviations are open: {codes}", codes=", ".join(critical)),
        Phrase("each assessed and closed"),
        who_may(Permission.CLOSE_DEVIATION),
        "deviation",
        critical[0],
    )


def chain_is_intact(case: Case) -> Blocker | None:
    """Every row this release is about is what the ledger says of it, and every entry has its own hash (R05, R39)."""
    broken = first_that_does_not_hold(case.session, case.target.site, case.covered_by_release())
    if broken is None:
        return None
    return Blocker(
        "R39",
        Phrase("{what} is not what the ledger says of it", what=broken),
        Phrase("records as the ledger left them"),
        Phrase("a QA officer, after `inkt ledger verify`"),
        "ledger",
        broken,
    )


def every_required_step_is_done(case: Case) -> Blocker | None:
    """Steps cannot be skipped (R30). Receiving is recorded with the collection."""
    done = {s.plan_code for s in case.steps}
    missing = [
        s.title for s in case.protocol.steps if s.required and s.operation != "receive" and s.code not in done
    ]
    if not missing:
        return None
    return Blocker(
        "R30",
        Phrase("steps are missing: {steps}", steps="; ".join(missing)),
        Phrase("every required step of the protocol recorded"),
        BENCH,
        "step",
        missing[0],
    )


def every_step_is_counted(case: Case) -> Blocker | None:
    """A step that records cells has its count, with the iNKT fraction where the plan wants it, no recount open (R30)."""
    missing = []
    for step in case.steps:
        entries = set(case.protocol.step(step.plan_code).entries)
        if not entries & COUNTED:
            continue
        last = [c for c in case.counts if c.step == step.key][-1:]
        whole = (
            last
            and not last[0].recount_asked
            and ("inkt_of_live" not in entries or last[0].inkt_of_live is not None)
        )
        if not whole:
            missing.append(step.code)
    if not missing:
        return None
    return Blocker(
        "R30",
        Phrase("steps have no usable cell count: {codes}", codes=", ".join(missing)),
        Phrase("the count of every step that records cells"),
        BENCH,
        "count",
        missing[0],
    )


def critical_entries_are_verified(case: Case) -> Blocker | None:
    """A typed critical value needs a second person's standing signature before a dose or release uses it (R33, R39).

    An instrument's file vouches for its concentrations, never for the volume or the gates typed beside them.
    """
    critical = {e.code for e in case.protocol.entries if e.critical}
    rows: list[Step | CellCount] = [
        s for s in case.steps if any(name in critical for name in case.readings.get(s.key, {}))
    ]
    rows += case.counts
    waiting = [row.code for row in rows if not verification_stands(case, row)]
    if not waiting:
        return None
    return Blocker(
        "R33",
        Phrase("critical entries are unverified: {codes}", codes=", ".join(waiting)),
        Phrase("each checked by a second person, and unchanged since"),
        who_may(Permission.VERIFY_ENTRY),
        "entry",
        waiting[0],
    )


def verification_stands(case: Case, row: Step | CellCount | TestResult) -> bool:
    """Whether a second person signed for this entry and it is still what was signed.

    Who approved a correction of a verified entry read the source again, and signed over the whole entry as corrected.
    """
    if row.verified_by is None:
        return False
    signed = [*case.verifications.get(row.key, ()), *case.approvals.get(row.key, ())]
    return any(stands(case.session, signature) for signature in signed)


def no_correction_is_pending(case: Case) -> Blocker | None:
    """While a critical correction waits neither value computes: no dose, no label, no release (R02)."""
    waiting = case.pending_corrections
    if not waiting:
        return None
    first = waiting[0]
    return Blocker(
        "R02",
        Phrase(
            "CORRECTION PENDING: {code}, {record}: {old} → {new}",
            code=first.code,
            record=first.record,
            old=first.old_typed or "—",
            new=first.new_typed,
        ),
        Phrase("the correction approved or refused by a second person"),
        who_may(Permission.APPROVE_CORRECTION),
        "correction",
        first.code,
    )


def lots_are_still_good(case: Case) -> Blocker | None:
    """A lot rejected after it was used stops what it was used in (R32)."""
    rejected = sorted({lot.code for _used, lot in case.materials if lot.state is LotState.REJECTED})
    if not rejected:
        return None
    return Blocker(
        "R32",
        Phrase("lots used in this batch are rejected: {codes}", codes=", ".join(rejected)),
        Phrase("only lots that are still released"),
        who_may(Permission.DECIDE_LOTS),
        "lot",
        rejected[0],
    )


def record_is_reviewed(case: Case) -> Blocker | None:
    """A review signature stands over the whole record as it is now (R38, R39)."""
    reviews = [s for s in case.signatures if s.meaning is Meaning.REVIEW]
    whole = canonical_text(manifest_of(case.covered_by_release()))
    if reviews and reviews[-1].manifest == whole and stands(case.session, reviews[-1]):
        return None
    what = (
        Phrase("the record has changed since the review")
        if reviews
        else Phrase("the record has not been reviewed")
    )
    return Blocker(
        "R38",
        what,
        Phrase("a review signature over the record as it is"),
        who_may(Permission.REVIEW),
        "review",
    )


def releaser_performed_nothing(case: Case) -> Blocker | None:
    """Whoever executed or verified a step of this batch may not decide on it (R24)."""
    if case.actor not in case.performers:
        return None
    return Blocker(
        "R24",
        Phrase("{name} performed or verified a step of this batch", name=case.person(case.actor)),
        Phrase("a QA officer who performed nothing on it"),
        Phrase("another QA officer"),
        "signature",
    )
