"""The chain of identity at every hand-over: what was scanned against what the record says; a mismatch is a hard stop.

A mismatch refuses the act and leaves a trace: a note in the ledger and a critical deviation. A code of a training site's
label is a mismatch at a clinical site, and the other way round, whatever else it says.
"""

from inkt_mfg.codes.label_code import CollectionCode, LabelCode, read_code
from inkt_mfg.language import Phrase, shortened
from inkt_mfg.records.batch import Batch
from inkt_mfg.records.collection import Collection
from inkt_mfg.records.deviation import DESCRIPTION_LONGEST
from inkt_mfg.records.subject import Subject
from inkt_mfg.records.words import Severity
from inkt_mfg.refusal import Blocker, Refusal
from inkt_mfg.store.unit_of_work import Work
from inkt_mfg.views.label_content import LabelContent
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
    raise _hard_stop(act, field, expected, scanned, about)


def refuse_other_container(act: Act, applied: LabelContent, scanned: str | None) -> None:
    """The container's own code, or that of another label that is on it. Raises RecordedRefusal R41."""
    case, text = act.case, (scanned or "").strip()
    if text == case.container.code:
        return
    on_it, own = _read(text), applied.code
    if isinstance(on_it, LabelCode) and on_it.serial != own.serial:
        same = (on_it.training, on_it.site, on_it.chain_of_identity, on_it.batch, on_it.container)
        if same == (own.training, own.site, own.chain_of_identity, own.batch, own.container):
            return
    raise _hard_stop(act, "scanned_container", case.container.code, text, case.batch)


def _hard_stop(
    act: Act, field: str, expected: str, scanned: str, about: Batch | Collection
) -> RecordedRefusal:
    blocker = Blocker(
        _RULE,
        _what(act, scanned),
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
            # The whole of it stands in the entry's notes, however long.
            description=shortened(
                f"Identity mismatch ({field}): on record {expected!r}, scanned {scanned!r}",
                DESCRIPTION_LONGEST,
            ),
            severity=Severity.CRITICAL,
            by=actor,
            batch=about if isinstance(about, Batch) else None,
            collection=about if isinstance(about, Collection) else None,
        )

    return RecordedRefusal(blocker, trace=trace)


def _what(act: Act, scanned: str) -> Phrase:
    """What is wrong in words; that a label is of another kind of site is said before anything else about it."""
    code, training = _read(scanned.strip()), act.case.site.training
    if code is not None and code.training and not training:
        return Phrase("HARD STOP: this is a TRAINING label; nothing at a clinical site is known by it")
    if code is not None and training and not code.training:
        return Phrase("HARD STOP: this is a label of a clinical site; a training site does nothing with it")
    return Phrase("HARD STOP: the code scanned is not this patient's or this container's")


def _read(text: str) -> LabelCode | CollectionCode | None:
    """One of our own codes, where it is one."""
    try:
        return read_code(text)
    except Refusal:
        return None
