"""Forms of the pharmacy and the ward: labels and hand-overs. Codes are scanned at each; a mismatch is a hard stop."""

from inkt_mfg.language import Phrase
from tui.forms.collection import IDENTITY, PATIENT
from tui.forms.field import Choice, Entry, Field, Form, reason
from tui.scanning import ScanKind

LABEL = Field("scanned_label", Phrase("Label on the bag"), Entry.SCAN, example="IK1.I.…", scan=ScanKind.LABEL)
TEMPERATURE = Field("temperature", Phrase("Temperature"), example="5.1 °C")
DPI = tuple(Choice(dots, dots) for dots in ("203.2", "304.8", "609.6"))
WAYS = (
    Choice("tcp", Phrase("network (TCP)")),
    Choice("cups", Phrase("CUPS queue")),
    Choice("file", Phrase("file, printed by hand")),
)
LANGUAGES = tuple(Choice(code, code.upper()) for code in ("zpl", "pdf", "png"))
LANGUAGE = Field(
    "language",
    Phrase("Is sent"),
    Entry.CHOICE,
    choices=LANGUAGES,
    optional=True,
    hint=Phrase("not chosen: the usual one"),
)
ADDRESS = Field(
    "address",
    Phrase("Address"),
    optional=True,
    example="192.0.2.20:9100  ·  zebra-1",
    hint=Phrase("network: host and port; CUPS: the queue's name; file: a folder, or nothing"),
)
OFFSETS = (
    Field("offset_across", Phrase("Offset to the right, mm"), optional=True, example="-0.5"),
    Field("offset_down", Phrase("Offset downwards, mm"), optional=True, example="0.25"),
)

FORMS = (
    Form(
        "label.confirm",
        (
            Field(
                "printer", Phrase("Printer"), optional=True, hint=Phrase("where the site has registered one")
            ),
        ),
        asks_for=Phrase("The label came out of the printer and is legible."),
    ),
    Form(
        "printer.register",
        (
            Field("name", Phrase("Printer"), example="ZEBRA-1"),
            Field("dots_per_inch", Phrase("Dots per inch"), Entry.CHOICE, choices=DPI),
            Field("media", Phrase("Labels loaded"), example="100x100"),
            Field("transport", Phrase("Reached by"), Entry.CHOICE, choices=WAYS),
            LANGUAGE,
            ADDRESS,
            *OFFSETS,
        ),
    ),
    Form(
        "printer.change",
        (
            Field("dots_per_inch", Phrase("Dots per inch"), Entry.CHOICE, choices=DPI, optional=True),
            Field("media", Phrase("Labels loaded"), optional=True, example="100x100"),
            Field("transport", Phrase("Reached by"), Entry.CHOICE, choices=WAYS, optional=True),
            LANGUAGE,
            ADDRESS,
            *OFFSETS,
            reason(),
        ),
        asks_for=Phrase("What is left empty stays as it is registered."),
    ),
    Form("printer.retire", (reason(),)),
    Form("job.stop", (reason(hint=Phrase("what was found at the printer")),)),
    Form(
        "printer.clear_line",
        (
            Field(
                "next_batch",
                Phrase("Batch whose labels come next"),
                Entry.SCAN,
                example="B-00012",
                optional=True,
            ),
            Field(
                "next_collection",
                Phrase("or the collection, before there is a batch"),
                Entry.SCAN,
                example="C-00012",
                optional=True,
            ),
            Field("statement", Phrase("What was looked at"), example="nothing of another batch lies there"),
        ),
    ),
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
