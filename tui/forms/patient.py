"""Forms about the patient: treatment dates, body measurements, orders. The enrolment form is generated (enrolment.py)."""

from inkt_mfg.language import Phrase
from tui.forms.field import Entry, Field, Form, reason

HEIGHT = Field("height", Phrase("Height"), example="168 cm")
WEIGHT = Field("weight", Phrase("Body weight"), example="62.5 kg")

FORMS = (
    Form(
        "subject.record_first_tae",
        (
            Field("day", Phrase("Day of the first TAE/TACE"), Entry.DATE, example="2026-12-01"),
            reason(optional=True, hint=Phrase("needed only when an earlier date is changed")),
        ),
    ),
    Form(
        "body.measure",
        (
            HEIGHT,
            WEIGHT,
            Field("measured_on", Phrase("Measured on"), Entry.DATE, example="2026-12-01"),
            Field(
                "concern",
                Phrase("Why it is right, if unusual"),
                optional=True,
                hint=Phrase("asked for between the soft and the hard limits"),
                also_named=("bmi", "bsa"),
            ),
        ),
        asks_for=Phrase(
            "Read height and weight from the source. A second person reads them again without seeing these."
        ),
    ),
    Form(
        "body.read_again",
        (HEIGHT, WEIGHT),
        asks_for=Phrase("Second person: read height and weight from the source, not from a colleague."),
        by_second_person=True,
    ),
    Form(
        "dose.order",
        (
            Field("infusion_number", Phrase("Number of the infusion"), example="1"),
            Field("planned_on", Phrase("Planned on"), Entry.DATE, example="2026-12-08"),
        ),
    ),
    Form("subject.lift_dose_block", (reason(hint=Phrase("how the late result was assessed")),)),
    Form(
        "dose.request_exceptional",
        (
            Field(
                "justification", Phrase("Why it is justified"), example="no other option before the next TACE"
            ),
            Field("risk", Phrase("The risk"), example="lower expected effect; no added safety risk"),
        ),
    ),
)
