"""The chain of identity at every hand-over: what was scanned against what the record says; a mismatch is a hard stop.

A mismatch refuses the act and leaves a trace: a note in the ledger and a critical deviation.
"""

from inkt_mfg.language import Phrase
from inkt_mfg.records.batch import Batch
from inkt_mfg.records.collection import Collection
from inkt_mfg.records.subject import Subject
from inkt_mfg.records.words import Severity
from inkt_mfg.refusal import Blocker
from inkt_mfg.store.unit_of_work import Work
from inkt_mfg.workflow.command import Act
from inkt_mfg.workflow.departures import open_deviation
from inkt_mfg.workflow.refused import RecordedRefusal

_RULE = "R41"


def refuse_other_identity(
    act: Act,
    subject: Subject,
    scanned_identity: str,
    scanned_patient_id: str,
    about: Batch | Collection,
) -> None:
    """Chain-of-identity code and patient id must both be this subject's. Raises RecordedRefusal R41."""
    refuse_other_code(act, "scanned_identity", subject.chain_of_identity, scanned_identity, about)
    refuse_other_code(act, "scanned_patient_id", subject.patient_id, scanned_patient_id, about)


def refuse_other_code(act: Act, field: str, expected: str, scanned: str, about: Batch | Collection) -> None:
    """One scanned code against the one on record, exactly. Raises RecordedRefusal R41."""
    if scanned.strip() == expected:
        return
    blocker = Blocker(
        _RULE,
        Phrase("HARD STOP: the code scanned is not this patient's or this container's"),
        Phrase("{expected}", expected=expected),
        Phrase("a QA officer, who assesses and closes the deviation this has opened"),
        field,
        scanned,
    )
    actor = act.actor.key

    def trace(work: Work) -> None:
        work.note("scanned", scanned)
        work.note("expected", expected)
        open_deviation(
            work,
            rule=_RULE,
            description=f"Identity mismatch ({field}): scanned {scanned!r}, on record {expected!r}",
            severity=Severity.CRITICAL,
            by=actor,
            batch=about if isinstance(about, Batch) else None,
            collection=about if isinstance(about, Collection) else None,
        )

    raise RecordedRefusal(blocker, trace=trace)
