"""Forms about blood and apheresis, and about planning a batch from an accepted collection."""

from inkt_mfg.language import Phrase
from tui.forms.field import Entry, Field, Form, reason, yes_or_no
from tui.scanning import ScanKind

IDENTITY = Field(
    "scanned_identity",
    Phrase("Chain of identity"),
    Entry.SCAN,
    example="YA01-YA-001-X",
    scan=ScanKind.IDENTITY,
)
PATIENT = Field(
    "scanned_patient_id", Phrase("Patient id"), Entry.SCAN, example="H1000123", scan=ScanKind.PATIENT
)

FORMS = (
    Form(
        "collection.announce",
        (
            Field("donation_id", Phrase("Donation identifier"), Entry.SCAN, example="YA260325001"),
            Field("anticoagulant", Phrase("Anticoagulant"), example="ACD-A"),
        ),
    ),
    Form(
        "collection.receive",
        (
            IDENTITY,
            PATIENT,
            Field("collected_at", Phrase("Collected at"), Entry.MOMENT, example="2026-12-01 07:30"),
            Field("received_at", Phrase("Received at"), Entry.MOMENT, example="2026-12-01 08:15"),
            Field("volume", Phrase("Volume"), example="100 mL"),
            Field("temperature", Phrase("Temperature on arrival"), example="20.5 °C"),
            Field("container_intact", Phrase("Container intact"), Entry.CHOICE, choices=yes_or_no()),
        ),
        asks_for=Phrase("Scan both identifiers from the bag; a mismatch is a hard stop."),
    ),
    Form(
        "collection.accept",
        (
            Field(
                "screening_complete",
                Phrase("Donor screening complete"),
                Entry.CHOICE,
                choices=yes_or_no(),
            ),
            Field(
                "testing_complete",
                Phrase("Infectious-disease testing complete"),
                Entry.CHOICE,
                choices=yes_or_no(),
            ),
            Field(
                "risk_factor",
                Phrase("Risk factor found by screening"),
                Entry.CHOICE,
                choices=yes_or_no(),
            ),
            Field(
                "reactive_agents",
                Phrase("Reactive for"),
                optional=True,
                example="hepatitis B",
                hint=Phrase("leave empty when no test is reactive"),
            ),
        ),
    ),
    Form("collection.reject", (reason(),)),
    Form(
        "batch.plan",
        (
            Field("infusion_number", Phrase("For infusion number"), example="1"),
            Field(
                "parent",
                Phrase("Parent batch"),
                optional=True,
                example="B-00001",
                hint=Phrase("only for a sub-batch, such as dendritic cells"),
            ),
        ),
    ),
)
