"""Forms of labels: preparing every kind, reprinting, applying by scans, and accounting for those not used.

The forms that depend on the record (the plan's steps, what a label hangs on) are built by a function in a worker.
"""

from dataclasses import replace

from inkt_mfg.language import Phrase
from inkt_mfg.views.bench_plan import bench_plan
from inkt_mfg.views.label_kinds import KINDS
from inkt_mfg.views.labels import label_content
from inkt_mfg.workflow.bench import Bench
from inkt_mfg.workflow.label_reprinting import REASONS
from tui.forms.collection import IDENTITY
from tui.forms.field import Choice, Entry, Field, Form, reason, yes_or_no
from tui.scanning import ScanKind

OF_COLLECTION = ("collection_bag", "collection_tube")
IN_PROCESS = ("vessel", "cryovial", "sample", "sub_batch")
BEFORE_A_CONTAINER = frozenset({*OF_COLLECTION, *IN_PROCESS})

LABEL = Field(
    "scanned_label", Phrase("Label just applied"), Entry.SCAN, example="IK1.I.…", scan=ScanKind.LABEL
)
CONTAINER = Field(
    "scanned_container",
    Phrase("Container"),
    Entry.SCAN,
    example="B-00012-1",
    hint=Phrase("its code, or another label that is on it"),
)
ABROAD = Field("shipped_abroad", Phrase("Shipped abroad"), Entry.CHOICE, choices=yes_or_no(), typed="no")
PROFILE = Field(
    "profile",
    Phrase("Profile"),
    optional=True,
    example="CN",
    hint=Phrase("empty: the protocol's own"),
)
TEMPLATE = Field(
    "template",
    Phrase("Template"),
    optional=True,
    example="infusion-100x100",
    hint=Phrase("empty: the usual one for this kind"),
)
COUNT = Field("count", Phrase("How many"), typed="1", hint=Phrase("each has its own serial and says n of N"))
VOLUME = Field(
    "volume",
    Phrase("Volume of each"),
    optional=True,
    example="50 mL",
    hint=Phrase("a vessel's label says it"),
)
WHAT_NEXT = Phrase("The content is frozen from the record; then the label is drawn, proofed and shown.")


def _kinds(names: tuple[str, ...]) -> Field:
    choices = tuple(Choice(name, KINDS[name].title) for name in names)
    return Field("kind", Phrase("Kind of label"), Entry.CHOICE, choices=choices)


FORMS = (
    Form(
        "label.prepare_collection",
        (
            _kinds(OF_COLLECTION),
            COUNT,
            Field(
                "volume",
                Phrase("Volume of each"),
                optional=True,
                example="100 mL",
                hint=Phrase("a bag's label says it; only while it is not on record"),
            ),
            Field(
                "collected_at",
                Phrase("Collected at"),
                Entry.MOMENT,
                optional=True,
                example="2026-12-01 07:30",
                hint=Phrase("a bag's label says it; only while it is not on record"),
            ),
            Field("additives", Phrase("Additives"), optional=True, example="heparin 10 IU/mL"),
            PROFILE,
            TEMPLATE,
        ),
        asks_for=WHAT_NEXT,
    ),
    Form("label.prepare_quarantine", (PROFILE, TEMPLATE), asks_for=WHAT_NEXT),
    Form("label.prepare", (ABROAD, PROFILE, TEMPLATE), asks_for=WHAT_NEXT),
    Form(
        "label.prepare_partial",
        (ABROAD, PROFILE),
        asks_for=Phrase("Two labels: the small one, and the tag that says what it has no room for."),
    ),
    Form(
        "label.prepare_carton",
        (
            Field("consignee", Phrase("Goes to"), example="Ward 3, Youan Hospital"),
            Field("consignee_address", Phrase("Address"), example="8 Xitoutiao, Beijing"),
            ABROAD,
            PROFILE,
            TEMPLATE,
        ),
        asks_for=WHAT_NEXT,
    ),
    Form(
        "label.prepare_destroyed",
        (
            Field("why", Phrase("Why it was destroyed"), example="dropped, bag torn"),
            Field(
                "witness",
                Phrase("Who saw it"),
                example="wang.tech",
                hint=Phrase("the user name of a second person"),
            ),
            PROFILE,
            TEMPLATE,
        ),
        asks_for=WHAT_NEXT,
    ),
    Form(
        "label.reprint",
        (
            Field(
                "why",
                Phrase("Kind of reason"),
                Entry.CHOICE,
                choices=tuple(Choice(r.value, Phrase(r.value.replace("_", " "))) for r in REASONS),
            ),
            reason(hint=Phrase("in your own words")),
        ),
        asks_for=Phrase(
            "The same content, REPRINT on its face, a serial of its own; this copy counts as spoiled."
        ),
    ),
    Form("label.spoil", (reason(hint=Phrase("what happened to the label")),)),
    Form(
        "label.destroy",
        (reason(),),
        asks_for=Phrase(
            "Destroyed before a witness, who signs after you with “witness the destruction of a label”."
        ),
    ),
    Form("label.witness", asks_for=Phrase("Second person: you saw the label destroyed.")),
    Form("label.keep_specimen", (reason(),)),
    Form("label.return", (reason(),)),
    Form("template.retire", (reason(),)),
)


def in_process_form(bench: Bench, batch: str) -> Form:
    """Labels of vessels, vials and samples: for a step of this batch's plan."""
    steps = tuple(Choice(s.code, s.title) for s in bench_plan(bench.store, batch).steps) if batch else ()
    step = Field(
        "step",
        Phrase("Step of the plan"),
        Entry.CHOICE if steps else Entry.TEXT,
        choices=steps,
        optional=True,
        hint=Phrase("what is in it; of a sample the number below says it"),
    )
    return Form(
        "label.prepare_in_process",
        (
            _kinds(IN_PROCESS),
            step,
            Field("sample", Phrase("Sample"), optional=True, example="S-00001"),
            COUNT,
            VOLUME,
            Field("storage_low", Phrase("Kept at, from"), optional=True, example="36 °C"),
            Field("storage_high", Phrase("Kept at, up to"), example="38 °C"),
            Field("keep_until", Phrase("To be used until"), Entry.MOMENT, example="2026-12-08 09:30"),
            PROFILE,
            TEMPLATE,
        ),
        asks_for=WHAT_NEXT,
    )


def apply_form(bench: Bench, serial: str) -> Form:
    """Scans at the thing itself. With no label chosen, the scanned one says which it is."""
    on_container = not serial or label_content(bench.store, serial).kind not in BEFORE_A_CONTAINER
    container = CONTAINER if serial else replace(CONTAINER, optional=True)
    fields = (LABEL, IDENTITY, *((container,) if on_container else ()))
    return Form(
        "label.apply",
        fields,
        asks_for=Phrase(
            "At the thing itself: scan the label just applied, the patient's code, the container."
        ),
        names_record="scanned_label",
    )
