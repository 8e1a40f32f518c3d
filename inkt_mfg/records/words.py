"""The closed lists of the lab: roles, states, meanings, verdicts. Every floor above derives from these names.

They are plain string enums without any table, so that views may hand their values to the terminal and the labels.
"""

from enum import StrEnum


class Role(StrEnum):
    """What a person may be at a site. An administrator signs nothing, edits no batch and holds no other role."""

    TECHNICIAN = "technician"
    QA_OFFICER = "qa_officer"
    PHARMACIST = "pharmacist"
    PHYSICIAN = "physician"
    ADMINISTRATOR = "administrator"


class Meaning(StrEnum):
    """Why a signature was given (21 CFR 11.50(a)(3))."""

    AUTHORSHIP = "authorship"
    VERIFICATION = "verification"
    REVIEW = "review"
    APPROVAL = "approval"
    RESPONSIBILITY = "responsibility"
    RELEASE = "release"
    REJECTION = "rejection"


class CollectionState(StrEnum):
    """Blood or apheresis, from the bedside to the bench."""

    EXPECTED = "expected"
    RECEIVED = "received"
    ACCEPTED = "accepted"
    REJECTED = "rejected"


class BatchState(StrEnum):
    """A culture from plan to closing. Terminated can be reached from any state before release."""

    PLANNED = "planned"
    IN_CULTURE = "in_culture"
    HARVESTED = "harvested"
    FORMULATED = "formulated"
    IN_REVIEW = "in_review"
    RELEASED = "released"
    REJECTED = "rejected"
    CLOSED = "closed"
    TERMINATED = "terminated"


BEFORE_RELEASE = frozenset(
    {
        BatchState.PLANNED,
        BatchState.IN_CULTURE,
        BatchState.HARVESTED,
        BatchState.FORMULATED,
        BatchState.IN_REVIEW,
    }
)  # a batch QA has not decided on


class ContainerState(StrEnum):
    """The bag. A bag of a rejected batch can only be destroyed."""

    FILLED = "filled"
    LABELLED = "labelled"
    ISSUED = "issued"
    RECEIVED = "received"
    INFUSED = "infused"
    RETURNED = "returned"
    DESTROYED = "destroyed"


class DispositionKind(StrEnum):
    """QA's decision on a batch: append-only, and apart from where the bag is."""

    QUARANTINE = "quarantine"
    CONDITIONAL = "conditional"
    FINAL = "final"
    EXCEPTIONAL = "exceptional"
    REJECTED = "rejected"
    FAILED_LATE = "failed_late"


RELEASING = frozenset({DispositionKind.CONDITIONAL, DispositionKind.FINAL, DispositionKind.EXCEPTIONAL})


class LabelState(StrEnum):
    """One physical label: prepared (frozen), proofed (its bytes passed), then what became of the print."""

    PREPARED = "prepared"
    PROOFED = "proofed"
    PRINTED = "printed"
    APPLIED = "applied"
    SPOILED = "spoiled"
    DESTROYED = "destroyed"
    SPECIMEN = "specimen"
    RETURNED = "returned"


ENDED_LABELS = frozenset({LabelState.SPOILED, LabelState.DESTROYED, LabelState.SPECIMEN, LabelState.RETURNED})


class ReprintReason(StrEnum):
    """Why a label is printed again; a sentence in the person's own words stands beside it (R52)."""

    DAMAGED = "damaged"
    MISPRINTED = "misprinted"
    ILLEGIBLE = "illegible"
    LOST = "lost"
    RECORD_CHANGED = "record_changed"
    OTHER = "other"


class Transport(StrEnum):
    """How what is printed reaches a printer."""

    FILE = "file"
    CUPS = "cups"
    TCP = "tcp"


class PrinterLanguage(StrEnum):
    """What a printer is sent: the page, or the very dots that were proofed."""

    PDF = "pdf"
    ZPL = "zpl"
    PNG = "png"


class JobState(StrEnum):
    """One printing of one or many labels: under way, through, or stopped in the middle."""

    RUNNING = "running"
    DONE = "done"
    STOPPED = "stopped"


class JobLabelState(StrEnum):
    """How far one label of a job came. ``unknown``: the connection broke while it was sent."""

    WAITING = "waiting"
    SENT = "sent"
    UNKNOWN = "unknown"
    NOT_SENT = "not_sent"


class LotState(StrEnum):
    """Whether a material lot may be used."""

    QUARANTINE = "quarantine"
    RELEASED = "released"
    REJECTED = "rejected"


class ReadingState(StrEnum):
    """A body measurement: one reading is not enough; two must agree after conversion."""

    AWAITING_SECOND = "awaiting_second"
    CONFIRMED = "confirmed"
    DIFFERS = "differs"


class Sex(StrEnum):
    """As two of the published body-surface formulas need it."""

    FEMALE = "female"
    MALE = "male"


class CountMethod(StrEnum):
    """How cells were counted. An instrument's concentration has its dilution applied already."""

    HEMOCYTOMETER = "hemocytometer"
    INSTRUMENT = "instrument"
    INSTRUMENT_FILE = "instrument_file"


class Severity(StrEnum):
    """How much a deviation matters; an open critical one blocks release by itself."""

    MINOR = "minor"
    MAJOR = "major"
    CRITICAL = "critical"


class DeviationState(StrEnum):
    """Open until assessed, assessed until closed."""

    OPEN = "open"
    ASSESSED = "assessed"
    CLOSED = "closed"


class HandoverKind(StrEnum):
    """Who gives the bag to whom."""

    ISSUE = "issue"
    RECEIPT = "receipt"
    RETURN = "return"


class TestVerdict(StrEnum):
    """What a result is against its criterion. ``pending``: no result yet, which is never a pass."""

    __test__ = False

    PENDING = "pending"
    PASS = "pass"  # noqa: S105 — the verdict, not a password
    FAIL = "fail"
    NOT_DETERMINED = "not_determined"
    REPORT_ONLY = "report_only"


PASSING = frozenset({TestVerdict.PASS, TestVerdict.REPORT_ONLY})  # what stands in the way of no release


class DoseVerdict(StrEnum):
    """Where a dose lies in the protocol's closed window."""

    BELOW = "below"
    WITHIN = "within"
    ABOVE = "above"


class CorrectionReason(StrEnum):
    """Why an entered value is changed; a sentence in the person's own words stands beside it (R02)."""

    TRANSCRIPTION = "transcription"  # the source says otherwise than what was typed
    WRONG_UNIT = "wrong_unit"
    WRONG_RECORD = "wrong_record"  # entered for another patient, batch or sample
    INSTRUMENT = "instrument"  # the instrument's own record was corrected or misread
    CALCULATION = "calculation"
    NEW_EVIDENCE = "new_evidence"
    OTHER = "other"


class CorrectionState(StrEnum):
    """A correction of a critical value waits for a second person; until then neither value computes."""

    PENDING = "pending"
    APPLIED = "applied"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class SealOccasion(StrEnum):
    """What a seal of the ledger was made for."""

    ON_DEMAND = "on_demand"
    DAY_END = "day_end"
    RELEASE = "release"
    KEY_CHANGE = "key_change"
    BACKUP = "backup"
