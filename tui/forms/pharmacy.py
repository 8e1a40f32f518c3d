"""Forms of the pharmacy and the ward: labels and hand-overs. Codes are scanned at each; a mismatch is a hard stop."""

from inkt_mfg.language import Phrase
from tui.forms.collection import IDENTITY, PATIENT
from tui.forms.field import Entry, Field, Form, reason
from tui.scanning import ScanKind

LABEL = Field("scanned_label", Phrase("Label on the bag"), Entry.SCAN, example="IK1.I.…", scan=ScanKind.LABEL)
TEMPERATURE = Field("temperature", Phrase("Temperature"), example="5.1 °C")

FORMS = (
    Form("label.confirm", asks_for=Phrase("The label came out of the printer and is legible.")),
    Form(
        "label.apply",
        (LABEL, IDENTITY),
        asks_for=Phrase("At the bag: scan the label just applied, then the patient's code."),
    ),
    Form("label.spoil", (reason(hint=Phrase("what happened to the label")),)),
    Form(
        "dose.issue",
        (LABEL, Field("to_whom", Phrase("Handed to"), example="ward 3"), TEMPERATURE),
    ),
    Form(
        "dose.receive",
        (LABEL, Field("ward", Phrase("Ward"), example="ward 3"), TEMPERATURE),
    ),
    Form(
        "dose.infuse",
        (
            LABEL,
            IDENTITY,
            PATIENT,
            Field("started_at", Phrase("Started at"), Entry.MOMENT, example="2026-12-08 09:05"),
            Field("finished_at", Phrase("Finished at"), Entry.MOMENT, example="2026-12-08 10:05"),
            Field("volume_given", Phrase("Volume given"), example="100 mL"),
            Field("reaction", Phrase("Reaction"), example="none"),
        ),
        asks_for=Phrase("At the bedside: scan the bag, the patient's code and the wristband."),
    ),
    Form("dose.return", (LABEL, TEMPERATURE, reason())),
    Form("dose.destroy", (reason(),)),
)
