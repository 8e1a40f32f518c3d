"""What is not as planned but did happen: asked for a reason, recorded, and opened as a deviation (R37).

Commands that record facts use it instead of refusing the truth. Without a reason the act is refused and nothing is kept.
"""

from dataclasses import dataclass

from inkt_mfg.language import Phrase
from inkt_mfg.records.batch import Batch
from inkt_mfg.records.collection import Collection
from inkt_mfg.records.deviation import Deviation
from inkt_mfg.records.subject import Subject
from inkt_mfg.records.words import Severity
from inkt_mfg.refusal import Blocker, Refusal, speaks
from inkt_mfg.store.unit_of_work import Work
from inkt_mfg.workflow.command import Act

REASON = "deviation_reason"


@dataclass(frozen=True, slots=True)
class Departure:
    """One thing that is not as the protocol plans it, and what the plan is."""

    rule: str
    what: Phrase
    planned: Phrase
    severity: Severity = Severity.MAJOR


def allow(
    act: Act,
    departures: list[Departure],
    reason: str | None,
    *,
    batch: Batch | None = None,
    collection: Collection | None = None,
) -> None:
    """Open a deviation for each. Raises Refusal with all of them when no reason is given."""
    if not departures:
        return
    if not speaks(reason):
        raise Refusal(
            *(
                Blocker(
                    d.rule,
                    d.what,
                    Phrase("{planned}; or a reason, which opens a deviation", planned=d.planned),
                    Phrase("you, by giving the reason"),
                    REASON,
                )
                for d in departures
            )
        )
    for departure in departures:
        open_deviation(
            act.work,
            rule=departure.rule,
            description=f"{departure.what.english}. Planned: {departure.planned.english}. Reason: {reason}",
            severity=departure.severity,
            by=act.actor.key,
            batch=batch,
            collection=collection,
        )


_REASONS_LONGEST = 300  # Subject.dose_blocked


def block_next_dose(subject: Subject, why: str) -> None:
    """No further dose of this patient is prepared or given until QA has lifted it (R35)."""
    both = f"{subject.dose_blocked}; {why}" if subject.dose_blocked else why
    # It is blocked however many reasons there were before: what has no room here stands in its own deviation.
    subject.dose_blocked = (
        both if len(both) <= _REASONS_LONGEST else subject.dose_blocked or why[:_REASONS_LONGEST]
    )


def open_deviation(
    work: Work,
    *,
    rule: str,
    description: str,
    severity: Severity,
    by: str,
    batch: Batch | None = None,
    collection: Collection | None = None,
) -> Deviation:
    """A new open deviation about a batch or a collection."""
    return work.add(
        Deviation(
            site=work.site,
            code=work.next_code(Deviation, "DV"),
            batch=batch.key if batch else None,
            collection=collection.key if collection else None,
            rule=rule,
            description=description[:1000],
            severity=severity,
            opened_by=by,
            opened_at=work.intent.at,
        )
    )
