"""The fields of a cell count: where in the plan, how, when, and the volume. Replicates and gates have rows of their own."""

from inkt_mfg.language import Phrase
from inkt_mfg.views.bench_plan import BenchPlan, PlannedStep
from inkt_mfg.workflow.counting import TAKEN_IN
from inkt_mfg.workflow.guards import COUNTED
from tui.forms.field import Choice, Entry, Field
from tui.forms.steps import LATE, PERFORMED_AT

METHODS = (
    ("instrument", Phrase("instrument (its dilution is applied already)")),
    ("hemocytometer", Phrase("hemocytometer, as cells/mL of the undiluted sample")),
)
GATED = "inkt_of_live"  # the plan's entry that asks for the gates


def count_fields(plan: BenchPlan) -> tuple[Field, ...]:
    """The form of a count for this batch as its state allows."""
    points = tuple(Choice(step.code, step.title) for step in points_of(plan))
    return (
        Field("point", Phrase("Counted at"), Entry.CHOICE, choices=points, typed=_likely(plan)),
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


def _likely(plan: BenchPlan) -> str:
    """The last step done: it is its count that is missing. Else the count that stands by itself."""
    done = [s for s in points_of(plan) if s.times_done and s.operation != "count"]
    alone = [s for s in points_of(plan) if s.operation == "count"]
    wanted = done[-1:] or alone[:1]
    return wanted[0].code if wanted else ""


def asks_gates(plan: BenchPlan, point: str) -> bool:
    """Whether the plan wants iNKT cells as a fraction of live cells there."""
    return any(s.code == point and GATED in {e.code for e in s.entries} for s in plan.steps)


CONCENTRATION = Phrase("Total cells")
VIABILITY = Phrase("Viability")
OPTIONAL = (LATE,)
