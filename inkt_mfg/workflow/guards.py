"""The rules that stand between a person and an act: one short pure function per reason, each on a ``Case``.

A guard returns a ``Blocker`` that names the rule, what is wrong and who can resolve it, or None. Commands list their
guards in their declaration; a guard is called nowhere else and changes nothing.
"""

from datetime import timedelta

from inkt_mfg.language import Phrase
from inkt_mfg.ledger.canonical import canonical_text
from inkt_mfg.ledger.reading import first_that_does_not_hold
from inkt_mfg.moments import show_moment, zone
from inkt_mfg.protocol.making import Act
from inkt_mfg.protocol.release import Due
from inkt_mfg.records.count import CellCount
from inkt_mfg.records.dose import Container
from inkt_mfg.records.label import Label
from inkt_mfg.records.step import Step
from inkt_mfg.records.testing import TestResult
from inkt_mfg.records.words import (
    RELEASING,
    CollectionState,
    ContainerState,
    DispositionKind,
    DoseVerdict,
    LabelState,
    LotState,
    Meaning,
    Severity,
    TestVerdict,
)
from inkt_mfg.refusal import Blocker
from inkt_mfg.units import Kind, canonical
from inkt_mfg.views.case import Case
from inkt_mfg.views.criteria import criterion_for
from inkt_mfg.views.dose import work_out
from inkt_mfg.views.signatures import manifest_of, stands
from inkt_mfg.workflow.permissions import Permission, who_may

QA = who_may(Permission.RELEASE)
COUNTED = frozenset(
    {"total_concentration", "viability", "inkt_of_live"}
)  # entries a cell count of the step answers
BENCH = who_may(Permission.RECORD_BATCH)
WARD = who_may(Permission.ORDER_DOSE)


# --- trial and protocol


def arm_is_dosed(case: Case) -> Blocker | None:
    """Only a subject of a dosed arm is ever given cells."""
    if case.protocol.arm(case.subject.arm).dosed:
        return None
    return Blocker(
        "dose.arm",
        Phrase(
            "subject {subject} is in arm {arm}, which is never dosed",
            subject=case.subject.code,
            arm=case.subject.arm,
        ),
        Phrase("a subject of an arm the protocol doses"),
        Phrase("nobody: a control subject receives no cells"),
        "subject",
        case.subject.code,
    )


def protocol_is_approved(case: Case) -> Blocker | None:
    """Two people have approved the version (R31)."""
    if case.protocol_version.approved:
        return None
    return Blocker(
        "R31",
        Phrase("protocol {protocol} is not approved", protocol=case.protocol_version.code),
        Phrase("two approval signatures by two people"),
        who_may(Permission.APPROVE_PROTOCOL),
        "protocol",
        case.protocol_version.code,
    )


def collection_is_accepted(case: Case) -> Blocker | None:
    """A culture starts from an accepted collection only."""
    if case.collection.state is CollectionState.ACCEPTED:
        return None
    return Blocker(
        "R30",
        Phrase("collection {code} is {state}", code=case.collection.code, state=case.collection.state.value),
        Phrase("an accepted collection"),
        who_may(Permission.DECIDE_COLLECTION),
        "collection",
        case.collection.code,
    )


def next_dose_is_not_blocked(case: Case) -> Blocker | None:
    """A late failing result blocks the subject's next dose (R35)."""
    if case.subject.dose_blocked is None:
        return None
    return Blocker(
        "R35",
        Phrase(
            "the next dose of {subject} is blocked: {why}",
            subject=case.subject.code,
            why=case.subject.dose_blocked,
        ),
        Phrase("the late result assessed and the block lifted"),
        QA,
        "subject",
        case.subject.code,
    )


def dose_is_ordered(case: Case) -> Blocker | None:
    """A physician ordered this infusion."""
    if case.order is not None:
        return None
    return Blocker(
        "order.missing",
        Phrase(
            "infusion {n} of {subject} has not been ordered",
            n=case.batch.infusion_number,
            subject=case.subject.code,
        ),
        Phrase("a physician's order for this infusion"),
        WARD,
        "order",
    )


# --- holds, deviations, chain


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


# --- steps and entries


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


def critical_entries_are_verified(case: Case) -> Blocker | None:
    """A typed critical value needs a second person's standing signature before a dose or release uses it (R33, R39).

    An instrument's file vouches for its concentrations, never for the volume or the gates typed beside them.
    """
    critical = {e.code for e in case.protocol.entries if e.critical}
    rows: list[Step | CellCount] = [
        s for s in case.steps if any(name in critical for name in case.readings.get(s.key, {}))
    ]
    rows += case.counts
    waiting = [row.code for row in rows if not _verification_stands(case, row)]
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


def _verification_stands(case: Case, row: Step | CellCount | TestResult) -> bool:
    if row.verified_by is None:
        return False
    return any(stands(case.session, signature) for signature in case.verifications.get(row.key, ()))


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


def product_is_counted(case: Case) -> Blocker | None:
    """Only a count of the formulated product doses; a harvest count never does."""
    count = case.last_count(case.formulation_step)
    if count is not None and not count.recount_asked and count.inkt_cells is not None:
        return None
    what = Phrase("the formulated product has no count")
    if count is not None:
        what = (
            Phrase("the replicates of {code} disagree: a recount is asked for", code=count.code)
            if count.recount_asked
            else Phrase("count {code} has no iNKT fraction", code=count.code)
        )
    return Blocker(
        "dose.count", what, Phrase("a count of the formulated product with its iNKT fraction"), BENCH, "count"
    )


def product_is_sampled(case: Case) -> Blocker | None:
    """What is taken for tests and retains is not given to the patient, so it must be known."""
    if case.containers and all(c.withdrawn is not None for c in case.containers):
        return None
    return Blocker(
        "dose.volume",
        Phrase("what was withdrawn for tests and retain is not recorded"),
        Phrase("the release samples taken and recorded"),
        BENCH,
        "sample_volume",
    )


# --- the body


def body_is_confirmed(case: Case) -> Blocker | None:
    """Two people read height and weight, and the readings agree; a newer reading in doubt stops the older one."""
    if case.body is not None and case.unresolved_body is None:
        return None
    what = Phrase("{subject} has no confirmed height and weight", subject=case.subject.code)
    if case.unresolved_body is not None:
        what = Phrase("measurement {code} is not confirmed", code=case.unresolved_body.code)
    return Blocker(
        "R33",
        what,
        Phrase("a measurement read by two people who agree"),
        who_may(Permission.MEASURE_BODY),
        "body",
    )


def weight_is_fresh(case: Case) -> Blocker | None:
    """A weight older than the protocol allows decides no dose."""
    if case.body is None:
        return None  # body_is_confirmed says so
    limit = case.protocol.body.weight_age_limit
    age = case.now.astimezone(zone(case.site.time_zone)).date() - case.body.measured_on
    if age <= timedelta(hours=float(canonical(limit, Kind.DURATION))):
        return None
    return Blocker(
        "body.stale",
        Phrase("the weight of {subject} is {days} days old", subject=case.subject.code, days=age.days),
        Phrase("a weight measured within {limit}", limit=f"{limit.value} {limit.unit}"),
        who_may(Permission.MEASURE_BODY),
        "measured_on",
        case.body.measured_on.isoformat(),
    )


# --- dose


def dose_is_assessed(case: Case) -> Blocker | None:
    """The dose on record is what count, body and volume give now; an older one vouches for nothing."""
    found, count, body = case.assessment, case.last_count(case.formulation_step), case.body
    countable = count is not None and count.inkt_of_live is not None
    sampled = bool(case.containers) and all(c.withdrawn is not None for c in case.containers)
    if found is not None and countable and sampled and body is not None:
        assert count is not None
        if (found.count, found.body) == (count.key, body.key) and work_out(case, count, body).agrees_with(
            found
        ):
            return None
    return Blocker(
        "dose.assessment",
        Phrase("the dose has not been worked out from the count, body and volumes on record now"),
        Phrase("a dose check after the last of them"),
        BENCH,
        "dose",
    )


def dose_to_give_is_within(case: Case) -> Blocker | None:
    """Within may be released; above only as a measured part that is itself within; below needs the exceptional path."""
    found = case.assessment
    if found is None or found.verdict_to_give is DoseVerdict.WITHIN:
        return None
    return Blocker(
        "dose.window",
        Phrase("the dose is {verdict} the window", verdict=Phrase(found.verdict_to_give.value)),
        Phrase("a dose, or a measured part of it, within the window"),
        Phrase("a physician and QA by exceptional release, or QA by rejection"),
        "dose",
        f"{found.dose} {found.dose_unit}",
    )


# --- results


def every_test_is_reported(case: Case) -> Blocker | None:
    """A missing result is never a pass; only what the protocol lets be pending may be missing (R34, R39)."""
    missing = [
        t.code
        for t in case.protocol.tests
        if t.code not in case.results and not (t.due is Due.AFTER_RELEASE and t.code in _may_be_pending(case))
    ]
    if not missing:
        return None
    return Blocker(
        "R39",
        Phrase("results are missing: {tests}", tests=", ".join(missing)),
        Phrase("a result for every test the protocol wants before release"),
        who_may(Permission.RECORD_RESULT),
        "result",
        missing[0],
    )


def _may_be_pending(case: Case) -> tuple[str, ...]:
    return case.protocol.release.may_be_pending if case.protocol.release.conditional_allowed else ()


def every_result_passes(case: Case) -> Blocker | None:
    """A fail and a not-determined both block."""
    good = {TestVerdict.PASS, TestVerdict.REPORT_ONLY}
    bad = [f"{r.test} ({r.verdict.value})" for r in case.results.values() if r.verdict not in good]
    if not bad:
        return None
    return Blocker(
        "R39",
        Phrase("results do not pass: {tests}", tests=", ".join(sorted(bad))),
        Phrase("every result within its criterion"),
        QA,
        "result",
        sorted(bad)[0],
    )


def results_are_verified(case: Case) -> Blocker | None:
    """Results decide the release: each is checked by a second person whose signature stands (R33)."""
    if not case.protocol.checks_for(Act.TEST_RESULT):
        return None
    waiting = [r.code for r in case.all_results if not _verification_stands(case, r)]
    if not waiting:
        return None
    return Blocker(
        "R33",
        Phrase("results are unverified: {codes}", codes=", ".join(waiting)),
        Phrase("each result compared with the laboratory's report by a second person"),
        who_may(Permission.VERIFY_ENTRY),
        "result",
        waiting[0],
    )


def results_are_judged_by_what_is_given(case: Case) -> Blocker | None:
    """A limit that follows from the dose is the limit of the dose given now, not of an earlier one."""
    if case.assessment is None:
        return None  # dose_is_assessed says so
    stale = sorted(r.code for r in case.results.values() if r.criterion != criterion_for(case, r.test).text)
    if not stale:
        return None
    return Blocker(
        "R39",
        Phrase("results were judged by another limit: {codes}", codes=", ".join(stale)),
        Phrase("each judged again by the limit of what will be given"),
        who_may(Permission.RECORD_RESULT),
        "result",
        stale[0],
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


def labels_are_reconciled(case: Case) -> Blocker | None:
    """No label of this batch is unaccounted for (R52)."""
    loose = {LabelState.PREPARED, LabelState.PROOFED, LabelState.PRINTED}
    open_labels = [label.code for label in case.labels if label.state in loose]
    if not open_labels:
        return None
    return Blocker(
        "R52",
        Phrase("labels are not accounted for: {codes}", codes=", ".join(open_labels)),
        Phrase("each label applied, spoiled, destroyed, kept as specimen or returned"),
        who_may(Permission.LABEL),
        "label",
        open_labels[0],
    )


# --- after release


def disposition_releases(case: Case) -> Blocker | None:
    """Infusion label, issue and infusion need a releasing disposition (R55)."""
    if case.disposition in RELEASING:
        return None
    return Blocker(
        "R55",
        Phrase(
            "batch {code} is not released: its disposition is {kind}",
            code=case.batch.code,
            kind=case.disposition.value,
        ),
        Phrase("a conditional, final or exceptional release"),
        QA,
        "batch",
        case.batch.code,
    )


def release_signature_stands(case: Case) -> Blocker | None:
    """A covered value that changed after release leaves the record unsigned (R23)."""
    releases = [s for s in case.signatures if s.meaning is Meaning.RELEASE]
    if not releases or stands(case.session, releases[-1]):
        return None  # without any release disposition_releases speaks
    return Blocker(
        "R23",
        Phrase("what was released has been changed since: the record is unsigned"),
        Phrase("a release signature over the record as it is"),
        QA,
        "signature",
    )


def not_expired(case: Case) -> Blocker | None:
    """Past expiry nothing is labelled, issued or infused."""
    first = (
        case.container
        if isinstance(case.target, Container | Label)
        else min(case.containers, key=lambda c: c.expires_at)
    )
    if case.now < first.expires_at:
        return None
    when = show_moment(first.expires_at, zone(case.site.time_zone))
    return Blocker(
        "dose.expiry",
        Phrase("container {code} expired at {when}", code=first.code, when=when),
        Phrase("a product within its expiry"),
        Phrase("nobody: an expired product is not given"),
        "expires_at",
        when,
    )


def container_is_labelled(case: Case) -> Blocker | None:
    """A bag leaves only with an applied infusion label whose bytes were proofed."""
    on_it = [label for label in case.labels if label.container == case.container.key]
    if any(label.state is LabelState.APPLIED and label.pdf_sha256 for label in on_it):
        return None
    return Blocker(
        "R50",
        Phrase("container {code} carries no applied infusion label", code=case.container.code),
        Phrase("a proofed infusion label, printed and applied"),
        who_may(Permission.LABEL),
        "label",
    )


def disposition_is_conditional(case: Case) -> Blocker | None:
    """Only a conditional release has something left to close (R34)."""
    if case.disposition is DispositionKind.CONDITIONAL:
        return None
    return Blocker(
        "R34",
        Phrase("the disposition is {kind}, not conditional", kind=case.disposition.value),
        Phrase("a conditional release with pending results"),
        QA,
        "batch",
        case.batch.code,
    )


def nothing_is_pending(case: Case) -> Blocker | None:
    """A final release waits for every test."""
    missing = [t.code for t in case.protocol.tests if t.code not in case.results]
    if not missing:
        return None
    return Blocker(
        "R34",
        Phrase("results are pending: {tests}", tests=", ".join(missing)),
        Phrase("every result reported"),
        who_may(Permission.RECORD_RESULT),
        "result",
        missing[0],
    )


def containers_are_accounted_for(case: Case) -> Blocker | None:
    """A batch closes when every bag was infused or destroyed; one of a rejected batch can only be destroyed."""
    ended = {ContainerState.DESTROYED}
    if case.disposition is not DispositionKind.REJECTED:
        ended.add(ContainerState.INFUSED)
    left = [c.code for c in case.containers if c.state not in ended]
    if not left:
        return None
    return Blocker(
        "batch.containers",
        Phrase("containers are not accounted for: {codes}", codes=", ".join(left)),
        Phrase("each infused or destroyed"),
        who_may(Permission.ISSUE),
        "container",
        left[0],
    )


def disposition_is_settled(case: Case) -> Blocker | None:
    """A conditional release is closed by a second signature before the batch is (R34)."""
    if case.disposition is not DispositionKind.CONDITIONAL:
        return None
    return Blocker(
        "R34",
        Phrase("the release is still conditional"),
        Phrase("a final release, or failed late"),
        QA,
        "batch",
        case.batch.code,
    )


def infusion_is_not_given_yet(case: Case) -> Blocker | None:
    """One order, one infusion: a second bag under the same number is never given."""
    if case.given is None:
        return None
    return Blocker(
        "order.given",
        Phrase("infusion {n} of {subject} was given ({code})", n=case.batch.infusion_number,
               subject=case.subject.code, code=case.given.code),
        Phrase("an infusion not given yet"),
        Phrase("nobody: the order is fulfilled"),
        "infusion_number",
        str(case.batch.infusion_number),
    )  # fmt: skip


def no_result_fails(case: Case) -> Blocker | None:
    """A failing result keeps the bag from the patient wherever it is; an exceptional release has accepted its own."""
    good = {TestVerdict.PASS, TestVerdict.REPORT_ONLY}
    since = case.dispositions[-1] if case.disposition is DispositionKind.EXCEPTIONAL else None
    bad = sorted(
        r.code
        for r in case.results.values()
        if r.verdict not in good and (since is None or r.recorded_at > since.decided_at)
    )
    if not bad:
        return None
    return Blocker(
        "R35",
        Phrase("results do not pass: {codes}", codes=", ".join(bad)),
        Phrase("no failing or undetermined result"),
        QA,
        "result",
        bad[0],
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


def container_has_not_left(case: Case) -> Blocker | None:
    """A label on a bag that has been issued is not spoiled from afar."""
    if case.container.state in {ContainerState.FILLED, ContainerState.LABELLED, ContainerState.DESTROYED}:
        return None
    return Blocker(
        "R52",
        Phrase("container {code} has left the pharmacy", code=case.container.code),
        Phrase("a bag that is still here"),
        who_may(Permission.WARD),
        "container",
        case.container.code,
    )


def no_container_has_left(case: Case) -> Blocker | None:
    """Before issue a record goes back to review; after it only the disposition can say so."""
    here = {ContainerState.FILLED, ContainerState.LABELLED}
    gone = [c.code for c in case.containers if c.state not in here]
    if not gone:
        return None
    return Blocker(
        "batch.issued",
        Phrase("container {code} has been issued", code=gone[0]),
        Phrase("every bag still in the pharmacy"),
        QA,
        "container",
        gone[0],
    )


def released_batch_is_fully_reported(case: Case) -> Blocker | None:
    """Whatever the release was, nothing of it is closed before every result is there (R34)."""
    return nothing_is_pending(case) if case.disposition in RELEASING else None
