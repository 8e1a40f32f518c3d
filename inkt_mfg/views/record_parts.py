"""The parts of a batch record as plain values: what was typed beside what was computed, by whom and when.

``views.batch_record`` fills them in, ``reports`` draws them. They hold no session, decide nothing and refuse nothing.
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from inkt_mfg.units import Measured
from inkt_mfg.views.signatures import ShownSignature


@dataclass(frozen=True, slots=True)
class Entered:
    """A value as it was typed, with the numbers of the footnotes that say what it was before (R08)."""

    text: str
    notes: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Done:
    """Who did something and when: printed name with user name, and the instant."""

    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class CollectionRecord:
    """Where the cells came from."""

    code: str
    donation_id: Entered
    state: str
    anticoagulant: Entered
    collected_at: datetime | None
    received: Done | None
    volume: Entered
    temperature: Entered
    container_intact: bool | None
    screening_complete: bool | None  # None: answered together with the tests
    testing_complete: bool
    risk_factor: bool | None
    reactive_agents: str
    decided_by: str


@dataclass(frozen=True, slots=True)
class ReadingRecord:
    """One value of a step: its title in the protocol, as typed, and in the canonical unit or as an instant where it is one."""

    title: str
    typed: Entered
    canonical: Measured | datetime | None
    critical: bool


@dataclass(frozen=True, slots=True)
class MaterialRecord:
    """A lot used in a step."""

    material: str
    lot: str
    expires_on: date
    state: str
    amount: str


@dataclass(frozen=True, slots=True)
class StepRecord:
    """One performed step."""

    code: str
    title: str
    done: Done
    verified: Done | None
    recorded_at: datetime
    late_reason: str
    remark: str
    readings: tuple[ReadingRecord, ...]
    materials: tuple[MaterialRecord, ...]
    needs_verification: bool


@dataclass(frozen=True, slots=True)
class CountRecord:
    """One count: the replicates as typed and what was computed from them, unrounded."""

    code: str
    point: str
    method: str
    done: Done
    verified: Done | None
    recorded_at: datetime
    late_reason: str
    source_sha256: str
    volume: Entered
    replicates: tuple[tuple[Entered, Entered], ...]
    gate_path: Entered
    total_concentration: Measured
    viability: Measured
    viable_cell_density: Measured
    total_viable_cells: Measured
    replicate_cv: Decimal | None
    recount_asked: bool
    inkt_of_live: Measured | None
    inkt_cells: Measured | None


@dataclass(frozen=True, slots=True)
class SampleRecord:
    """A sample taken."""

    code: str
    purpose: str
    taken: Done


@dataclass(frozen=True, slots=True)
class ResultRecord:
    """One result of one test, or (``code`` empty) that there is none yet. An earlier result stays beside a later one."""

    test: str
    title: str
    method: str
    criterion: Entered
    due_on: date | None
    code: str = ""
    result: Entered = Entered("")
    verdict: str = "pending"
    why: str = ""
    resulted_on: date | None = None
    reported_by: str = ""
    verified: Done | None = None
    replaced_by: str = ""


@dataclass(frozen=True, slots=True)
class BodyRecord:
    """The body measurement a dose was worked out with: both readings."""

    code: str
    measured_on: date
    height: Entered
    weight: Entered
    second_height: str
    second_weight: str
    first_by: str
    second_by: str
    bmi: Decimal
    bsa: Measured
    bsa_formula: str
    concern: str


@dataclass(frozen=True, slots=True)
class ContainerRecord:
    """One bag: filled, withdrawn (samples, retain, line residual), and what can reach the patient."""

    code: str
    ordinal: int
    of_total: int
    state: str
    volume: Entered
    withdrawn: Entered
    deliverable: Measured | None
    filled_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class LabelRecord:
    """One physical label and what became of it."""

    code: str
    on: str  # the container, else the batch or the collection
    kind: str
    state: str
    copy_number: int
    reprint_number: int
    reprint_reason: str
    prepared: Done
    printed: Done | None
    pdf_sha256: str
    ended: Done | None
    end_reason: str
    witnessed: Done | None


@dataclass(frozen=True, slots=True)
class TemplateRecord:
    """A template labels of this batch were drawn by, as QA approved it."""

    code: str
    sha256: str
    specimen_sha256: str
    approved: Done


@dataclass(frozen=True, slots=True)
class HandoverRecord:
    """A bag passing on, with the code scanned from it."""

    container: str
    kind: str
    done: Done
    to_whom: str
    temperature: Entered
    scanned: str


@dataclass(frozen=True, slots=True)
class InfusionRecord:
    """What the patient received. The patient's own number is not repeated, only that the scan was the subject's."""

    code: str
    container: str
    started_at: datetime
    finished_at: datetime
    volume_given: Entered
    given_by: str
    bedside_scan: str
    patient_confirmed: bool
    reaction: str


@dataclass(frozen=True, slots=True)
class DeviationRecord:
    """One deviation from opening to closing."""

    code: str
    rule: str
    severity: str
    state: str
    description: str
    opened: Done
    assessment: str
    assessed_by: str
    closed: Done | None


@dataclass(frozen=True, slots=True)
class HoldRecord:
    """A hold, and its lifting."""

    reason: str
    placed: Done
    lifted: Done | None
    lift_reason: str


@dataclass(frozen=True, slots=True)
class DispositionRecord:
    """One decision, never edited; ``pending`` is test title and due date."""

    code: str
    kind: str
    decided: Done
    pending: tuple[tuple[str, date], ...]
    statement: str


@dataclass(frozen=True, slots=True)
class RequestRecord:
    """A physician's request for a dose outside the specification."""

    code: str
    requested: Done
    justification: str
    risk: str


@dataclass(frozen=True, slots=True)
class SignatureRecord:
    """A signature, what it stands on, and the ledger entry that holds it.

    ``shared``: it is on what other batches use too, the protocol version or a material lot.
    """

    on: str
    shared: bool
    act: str
    shown: ShownSignature
    sequence: int
