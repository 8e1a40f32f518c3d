"""Guards about the product: its count and samples, its dose, its results.

Each is one short pure function on a ``Case``: it returns a ``Blocker`` that names the rule, what is wrong and who can
resolve it, or None. They change nothing.
"""

from inkt_mfg.language import Phrase
from inkt_mfg.protocol.making import Act
from inkt_mfg.protocol.release import Due
from inkt_mfg.records.testing import TestResult
from inkt_mfg.records.words import (
    PASSING,
    DispositionKind,
    DoseVerdict,
    TestVerdict,
)
from inkt_mfg.refusal import Blocker
from inkt_mfg.views.case import Case
from inkt_mfg.views.criteria import criterion_for, judge_result
from inkt_mfg.views.dose import dose_shown, work_out
from inkt_mfg.workflow.guards.record import verification_stands
from inkt_mfg.workflow.guards.who import BENCH, QA
from inkt_mfg.workflow.permissions import Permission, who_may


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


def dose_is_assessed(case: Case) -> Blocker | None:
    """The dose on record is what count, body and volume give now; an older one vouches for nothing."""
    found, body = case.assessment, case.body
    could_be_worked_out = product_is_counted(case) is None and product_is_sampled(case) is None
    if found is not None and could_be_worked_out and body is not None:
        count = case.last_count(case.formulation_step)
        assert count is not None, "the product is counted"
        same_entries = (found.count, found.body) == (count.key, body.key)
        if same_entries and work_out(case, count, body).agrees_with(found):
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
        dose_shown(found),
    )


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
    bad = [f"{r.test} ({r.verdict.value})" for r in case.results.values() if r.verdict not in PASSING]
    if not bad:
        return None
    return Blocker(
        "R39",
        Phrase("results do not pass: {tests}", tests=", ".join(sorted(bad))),
        Phrase("every result within its criterion"),
        QA,
        "result",
        min(bad),
    )


def results_are_verified(case: Case) -> Blocker | None:
    """Results decide the release: each is checked by a second person whose signature stands (R33)."""
    if not case.protocol.checks_for(Act.TEST_RESULT):
        return None
    waiting = [r.code for r in case.all_results if not verification_stands(case, r)]
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


def _was_accepted(case: Case, result: TestResult) -> bool:
    """An exceptional release accepted what failed then: not what came later, nor a pass that was corrected since."""
    if case.disposition is not DispositionKind.EXCEPTIONAL:
        return False
    released = case.dispositions[-1].decided_at
    if result.recorded_at > released:
        return False
    since = [c for c in case.corrections_made(result, "result") if (c.decided_at or c.asked_at) > released]
    if not since:
        return True
    was = judge_result(case, criterion_for(case, result.test), since[0].old_typed or "")
    return TestVerdict(was.verdict.value) not in PASSING


def no_result_fails(case: Case) -> Blocker | None:
    """A failing result keeps the bag from the patient wherever it is; an exceptional release has accepted its own."""
    bad = sorted(
        r.code for r in case.results.values() if r.verdict not in PASSING and not _was_accepted(case, r)
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
