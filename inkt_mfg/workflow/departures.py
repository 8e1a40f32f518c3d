"""What is not as planned but did happen: asked for a reason, recorded, and opened as a deviation (R37).

Commands that record facts use it instead of refusing the truth. Without a reason the act is refused and nothing is kept.
"""

from dataclasses import dataclass

from inkt_mfg.language import Phrase, shortened
from inkt_mfg.records.batch import Batch
from inkt_mfg.records.collection import Collection
from inkt_mfg.records.deviation import DESCRIPTION_LONGEST, Deviation
from inkt_mfg.records.subject import Subject
from inkt_mfg.records.words import Severity
from inkt_mfg.refusal import Blocker, Refusal, refuse, speaks
from inkt_mfg.store.unit_of_work import Work
from inkt_mfg.workflow.command import Act

REASON = "deviation_reason"
_OWN_WORDS = 400  # of a description in our words; the rest is room for the reason
_REASONS_LONGEST = 300  # Subject.dose_blocked


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
    if reason is None or not speaks(reason):
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
            description=_described(departure, reason),
            severity=departure.severity,
            by=act.actor.key,
            batch=batch,
            collection=collection,
        )


def _described(departure: Departure, reason: str) -> str:
    """In our words and in the person's own, which are kept whole or refused."""
    ours = f"{departure.what.english}. Planned: {departure.planned.english}"
    begins = f"{shortened(ours, _OWN_WORDS)}. Reason: "
    room = DESCRIPTION_LONGEST - len(begins)
    if len(reason) > room:
        raise refuse(
            "entry.long",
            Phrase("this reason is longer than a deviation holds"),
            expected=Phrase("at most {n} characters", n=room),
            field=REASON,
            typed=reason,
        )
    return begins + reason


def block_next_dose(subject: Subject, why: str) -> None:
    """No further dose of this patient is prepared or given until QA has lifted it (R35)."""
    both = f"{subject.dose_blocked}; {why}" if subject.dose_blocked else why
    # It is blocked however many reasons there were before: what has no room here stands in its own deviation.
    subject.dose_blocked = shortened(both, _REASONS_LONGEST)


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
    """A new open deviation about a batch or a collection. Raises Refusal ``record.field`` for a text without room."""
    return work.add(
        Deviation(
            site=work.site,
            code=work.next_code(Deviation, "DV"),
            batch=batch.key if batch else None,
            collection=collection.key if collection else None,
            rule=rule,
            description=description,
            severity=severity,
            opened_by=by,
            opened_at=work.intent.at,
        )
    )
