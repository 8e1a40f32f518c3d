"""The fields of a cell count: where in the plan, how, when, and the volume. Replicates and gates have rows of their own."""

from collections import Counter

from inkt_mfg.language import Phrase
from inkt_mfg.views.batch_page import BatchPage
from inkt_mfg.views.bench_plan import BenchPlan, PlannedStep
from inkt_mfg.workflow.counting import TAKEN_IN
from inkt_mfg.workflow.guards import COUNTED
from tui.forms.field import Choice, Entry, Field, reason
from tui.forms.steps import LATE, PERFORMED_AT

METHODS = (
    ("instrument", Phrase("instrument (its dilution is applied already)")),
    ("hemocytometer", Phrase("hemocytometer, as cells/mL of the undiluted sample")),
)
GATED = "inkt_of_live"  # the plan's entry that asks for the gates


def count_fields(plan: BenchPlan, page: BatchPage) -> tuple[Field, ...]:
    """The form of a count for this batch as its state allows, at the step that still waits for its count."""
    points = tuple(Choice(step.code, step.title) for step in points_of(plan))
    return (
        Field("point", Phrase("Counted at"), Entry.CHOICE, choices=points, typed=_likely(plan, page)),
        Field(
            "method",
            Phrase("Method"),
            Entry.CHOICE,
            choices=tuple(Choice(code, said) for code, said in METHODS),
            typed="instrument",
        ),
        PERFORMED_AT,
        Field("volume", Phrase("Volume it stands for"), example="160 mL"),
    )


def points_of(plan: BenchPlan) -> list[PlannedStep]:
    """The steps of the plan counted in the batch's state."""
    counted = [s for s in plan.steps if COUNTED & {e.code for e in s.entries}]
    here = {operation.value for operation, state in TAKEN_IN.items() if state.value == plan.state}
    return [s for s in counted if s.operation in here]


def _likely(plan: BenchPlan, page: BatchPage) -> str:
    """The last step done without its count. Else the count that stands by itself."""
    counted = Counter(c.point for c in page.counts)
    here = points_of(plan)
    missing = [s for s in here if s.operation != "count" and s.times_done > counted[s.code]]
    alone = [s for s in here if s.operation == "count"]
    wanted = missing[-1:] or alone[:1] or here[-1:]
    return wanted[0].code if wanted else ""


def asks_gates(plan: BenchPlan, point: str) -> bool:
    """Whether the plan wants iNKT cells as a fraction of live cells there."""
    return any(s.code == point and GATED in {e.code for e in s.entries} for s in plan.steps)


CONCENTRATION = Phrase("Total cells")
VIABILITY = Phrase("Viability")
FROM_FILE = Field(
    "from_file",
    Phrase("Instrument's file"),
    optional=True,
    hint=Phrase("its rows stand instead of typed replicates, and instead of a second person"),
)
SAMPLE = Field(
    "sample_id",
    Phrase("Sample in the file"),
    optional=True,
    hint=Phrase("may be empty where the file holds one"),
)
OPTIONAL = (
    FROM_FILE,
    SAMPLE,
    reason(optional=True, hint=Phrase("needed only when a step is counted again; both counts stay")),
    LATE,
)
