"""Every table of the schema in one place, for migrations and for the replay that compares the ledger with all of them."""

from inkt_mfg.records.base import Record
from inkt_mfg.records.batch import Batch, Hold
from inkt_mfg.records.collection import Collection
from inkt_mfg.records.correction import Correction
from inkt_mfg.records.count import CellCount, CountReplicate
from inkt_mfg.records.custody import Handover, Infusion
from inkt_mfg.records.deviation import Deviation
from inkt_mfg.records.dose import Container, Disposition, DoseAssessment
from inkt_mfg.records.label import Label, LabelTemplate
from inkt_mfg.records.people import (
    FormerPassword,
    RoleGrant,
    Statement,
    StatementAcceptance,
    Training,
    User,
)
from inkt_mfg.records.printing import LineClearance, Printer, PrintJob, PrintJobLabel
from inkt_mfg.records.seal import Seal, SealKey
from inkt_mfg.records.signature import Signature
from inkt_mfg.records.site import ProtocolVersion, Site
from inkt_mfg.records.step import MaterialLot, Step, StepMaterial, StepReading
from inkt_mfg.records.subject import (
    BodyMeasurement,
    DoseOrder,
    EligibilityAnswer,
    ExceptionalRequest,
    Subject,
)
from inkt_mfg.records.testing import Sample, TestResult

TABLES: tuple[type[Record], ...] = (
    Site,
    ProtocolVersion,
    User,
    RoleGrant,
    Signature,
    Subject,
    EligibilityAnswer,
    BodyMeasurement,
    DoseOrder,
    Collection,
    Batch,
    Hold,
    MaterialLot,
    Step,
    StepReading,
    StepMaterial,
    CellCount,
    CountReplicate,
    Sample,
    TestResult,
    Container,
    DoseAssessment,
    Disposition,
    LabelTemplate,
    Label,
    Handover,
    Infusion,
    Deviation,
    ExceptionalRequest,
    Correction,
    FormerPassword,
    Training,
    Statement,
    StatementAcceptance,
    SealKey,
    Seal,
    Printer,
    LineClearance,
    PrintJob,
    PrintJobLabel,
)
APPEND_ONLY: tuple[type[Record], ...] = (
    Signature,
    Disposition,
    FormerPassword,
    Training,
    Statement,
    StatementAcceptance,
    SealKey,
    Seal,
    LineClearance,
)
# Of these only the life goes on: who a label is for and what it says is frozen when its serial is given (R52), a template
# when it is approved.
SERIALISED: tuple[type[Record], ...] = (LabelTemplate, Label)
