"""The rules that stand between a person and an act: one short pure function per reason, each on a ``Case``.

A guard returns a ``Blocker`` that names the rule, what is wrong and who can resolve it, or None. Commands list their
guards in their declaration; a guard is called nowhere else and changes nothing.
"""

from datetime import timedelta

from inkt_mfg.language import Phrase
from inkt_mfg.ledger.reading import entries_hold
from inkt_mfg.moments import show_moment, zone
from inkt_mfg.protocol.making import Act, Check
from inkt_mfg.protocol.release import Due
from inkt_mfg.records.words import (
    RELEASING,
    CollectionState,
    ContainerState,
    DispositionKind,
    DoseVerdict,
    LabelState,
    TestVerdict,
)
from inkt_mfg.refusal import Blocker
from inkt_mfg.units import Kind, canonical
from inkt_mfg.views.case import Case
from inkt_mfg.views.signatures import stands
from inkt_mfg.workflow.permissions import Permission, who_may

QA = who_may(Permission.RELEASE)
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
    """Every ledger entry about this batch still has its own hash (R39)."""
    keys = [row.key for row in case.covered_by_release()]
    broken = entries_hold(case.session, case.target.site, keys)
    if broken is None:
        return None
    return Blocker(
        "R39",
        Phrase("ledger entry {sequence} is not what was written", sequence=broken),
        Phrase("an unbroken ledger"),
        Phrase("a QA officer, after `inkt ledger verify`"),
        "ledger",
        str(broken),
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
    """A typed critical value needs a second person, a scan or an instrument file before a dose or release uses it (R33)."""
    critical = {e.code for e in case.protocol.entries if e.critical}
    waiting = [
        s.code
        for s in case.steps
        if s.verified_by is None and any(name in critical for name in case.readings.get(s.key, {}))
    ]
    by_file = Check.SCAN_OR_FILE in case.protocol.checks_for(Act.COUNT)
    waiting += [
        c.code for c in case.counts if c.verified_by is None and not (by_file and c.source_sha256 is not None)
    ]
    if not waiting:
        return None
    return Blocker(
        "R33",
        Phrase("critical entries are unverified: {codes}", codes=", ".join(waiting)),
        Phrase("each checked by a second person, or read from an instrument's file"),
        who_may(Permission.VERIFY_ENTRY),
        "entry",
        waiting[0],
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
    """Two people read height and weight, and the readings agree."""
    if case.body is not None:
        return None
    return Blocker(
        "R33",
        Phrase("{subject} has no confirmed height and weight", subject=case.subject.code),
        Phrase("a measurement read by two people who agree"),
        who_may(Permission.MEASURE_BODY),
        "body",
    )


def weight_is_fresh(case: Case) -> Blocker | None:
    """A weight older than the protocol allows decides no dose."""
    if case.body is None:
        return None  # body_is_confirmed says so
    limit = case.protocol.body.weight_age_limit
    age = case.now.date() - case.body.measured_on
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
    """The dose was worked out from what is in force now: the last count, the last measurement."""
    found = case.assessment
    count = case.last_count(case.formulation_step)
    if found is not None and count is not None and found.count == count.key:
        return None
    return Blocker(
        "dose.assessment",
        Phrase("the dose has not been worked out from the last count"),
        Phrase("a dose check after the last count of the product"),
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
    """Results decide the release: each is checked by a second person (R33)."""
    if not case.protocol.checks_for(Act.TEST_RESULT):
        return None
    waiting = sorted(r.code for r in case.results.values() if r.verified_by is None)
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


def record_is_reviewed(case: Case) -> Blocker | None:
    """A review signature stands over the record as it is now (R38, R39)."""
    reviews = [s for s in case.signatures if s.meaning == "review"]
    if reviews and stands(case.session, reviews[-1]):
        return None
    what = (
        Phrase("a value covered by the review has changed")
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
    releases = [s for s in case.signatures if s.meaning == "release"]
    if releases and stands(case.session, releases[-1]):
        return None
    return Blocker(
        "R23",
        Phrase("what was released has been changed since: the record is unsigned"),
        Phrase("a release signature over the record as it is"),
        QA,
        "signature",
    )


def not_expired(case: Case) -> Blocker | None:
    """Past expiry nothing is labelled, issued or infused."""
    if case.now < case.container.expires_at:
        return None
    when = show_moment(case.container.expires_at, zone(case.site.time_zone))
    return Blocker(
        "dose.expiry",
        Phrase("container {code} expired at {when}", code=case.container.code, when=when),
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
