"""The command that settles a release whose record was corrected after the bag had left.

QA looks at the record as it is now and signs again that the release is upheld; the earlier dispositions stay. When it
cannot be upheld the batch is declared failed late. A bag not yet given needs a dose worked out from what is on record.
"""

import json
from datetime import date

from inkt_mfg.language import Phrase
from inkt_mfg.records.batch import Batch
from inkt_mfg.records.words import BatchState, ContainerState, DoseVerdict, Meaning
from inkt_mfg.refusal import Blocker
from inkt_mfg.views.case import Case
from inkt_mfg.views.signatures import reassessment_is_due
from inkt_mfg.workflow import guards
from inkt_mfg.workflow.command import Act, Done, command
from inkt_mfg.workflow.permissions import Permission
from inkt_mfg.workflow.release import decide, whole_record
from inkt_mfg.workflow.typed import said

_ON_ITS_WAY = frozenset({ContainerState.ISSUED, ContainerState.RECEIVED})


def something_is_to_be_reassessed(case: Case) -> Blocker | None:
    """Only a release that a correction has left unsigned is assessed again."""
    if reassessment_is_due(case):
        return None
    return Blocker(
        "R23",
        Phrase("nothing of batch {code} was changed after its release", code=case.batch.code),
        Phrase("a release whose record was corrected after issue"),
        guards.QA,
        "batch",
        case.batch.code,
    )


def dose_still_to_be_given_is_within(case: Case) -> Blocker | None:
    """A bag on its way is given as what the record says now, or not at all."""
    if not any(c.state in _ON_ITS_WAY for c in case.containers):
        return None
    stale = guards.dose_is_assessed(case)
    if (
        stale is None
        and case.assessment is not None
        and case.assessment.verdict_to_give is DoseVerdict.WITHIN
    ):
        return None
    return Blocker(
        "dose.assessment",
        Phrase("a bag is on its way and its dose is not the one that was released"),
        Phrase("the bag returned, or a record that gives the released dose"),
        guards.QA,
        "dose",
    )


def label_still_to_be_read_is_true(case: Case) -> Blocker | None:
    """Whoever scans the bag at the bedside reads its frozen label, not the corrected record."""
    for bag in case.containers:
        if bag.state in _ON_ITS_WAY:
            about = Case(case.session, bag, case.now, case.actor)
            blocker = guards.label_says_what_the_record_says(about)
            if blocker is not None:
                return blocker
    return None


@command(
    "batch.reassess",
    Phrase("uphold the release after a correction"),
    permission=Permission.RELEASE,
    on=Batch,
    moves=((BatchState.RELEASED, BatchState.CLOSED), None),
    guards=[
        something_is_to_be_reassessed,
        guards.no_correction_is_pending,
        guards.no_open_deviation,  # what it did is assessed first: that assessment is part of what is signed
        guards.critical_entries_are_verified,
        guards.results_are_verified,
        guards.no_result_fails,
        guards.results_are_judged_by_what_is_given,
        guards.lots_are_still_good,
        guards.chain_is_intact,
        guards.releaser_performed_nothing,
        dose_still_to_be_given_is_within,
        label_still_to_be_read_is_true,
    ],
    signs=Meaning.RELEASE,
    covers=whole_record,
    asks_reason=True,
)
def reassess(act: Act, *, on: Batch, statement: str) -> Done:
    """The release stands over the record as it is now; the statement says why, for whoever treats the patient."""
    case = act.case
    pending = json.loads(case.dispositions[-1].pending)
    due = {test: date.fromisoformat(day) for test, day in pending.items()}
    decided = decide(act, on, case.disposition, due, said(statement, "statement", lines=True))
    return Done(
        decided,
        Phrase("batch {code}: the release is upheld ({certificate})", code=on.code, certificate=decided.code),
    )
