"""The form of one step of the plan, generated from the protocol: its entries, its materials, and when it was done.

Entries a cell count answers are left to the count. Nothing of a trial is written here.
"""

from collections.abc import Callable
from datetime import date

from inkt_mfg.language import Phrase
from inkt_mfg.protocol.making import Operation
from inkt_mfg.views.bench_plan import BenchPlan, PlannedEntry, PlannedMaterial, PlannedStep, bench_plan
from inkt_mfg.workflow.bench import Bench
from inkt_mfg.workflow.catalogue import recording
from inkt_mfg.workflow.guards import COUNTED
from tui.forms.field import Choice, Entry, Field, Form, yes_or_no
from tui.scanning import ScanKind

# A count has a screen of its own, which also records the step where the plan has one of only counting.
STEP_COMMANDS = {kind.value: c.name for kind, c in recording().items() if kind is not Operation.COUNT}
_OPERATIONS = {command: operation for operation, command in STEP_COMMANDS.items()}
_EXAMPLES = {
    "volume": "80 mL",
    "cells": "1.6e8 cells",
    "cell_concentration": "1.0e6 cells/mL",
    "percent": "92.5 %",
    "temperature": "20.5 °C",
    "moment": "2026-12-01 09:30",
    "duration": "24 h",
    "ratio": "0.2",
    "count": "4",
}

PERFORMED_AT = Field("performed_at", Phrase("Done at"), Entry.MOMENT, example="2026-12-01 09:30")
LATE = Field(
    "late_reason",
    Phrase("Why it is recorded late"),
    optional=True,
    hint=Phrase("asked for when it was done long ago"),
)
OFF_DAY = Field(
    "deviation_reason",
    Phrase("Why on another day"),
    optional=True,
    hint=Phrase("only outside the plan's days; opens a deviation"),
)
REMARK = Field("remark", Phrase("Remark"), optional=True)


def is_step(command: str) -> bool:
    """Whether the command records a step of the plan."""
    return command in _OPERATIONS


def step_form(command: str) -> Callable[[Bench, str], Form]:
    """What builds the form of this step for a batch, asked in a worker."""

    def build(bench: Bench, batch: str) -> Form:
        return form_of(bench_plan(bench.store, batch), command)

    return build


def form_of(plan: BenchPlan, command: str) -> Form:
    """The form of the plan's step for this command: the first not done, or the last when all are."""
    of_kind = [s for s in plan.steps if s.operation == _OPERATIONS[command]]
    open_ones = [s for s in of_kind if s.repeatable or not s.times_done]
    step = next((s for s in of_kind if not s.times_done), (open_ones or of_kind)[-1])
    entries = tuple(_entry(e) for e in step.entries if e.code not in COUNTED)
    materials = tuple(material_field(m) for m in step.materials)
    chosen = _which(of_kind, step) if len(of_kind) > 1 else ()
    return Form(
        command,
        (*chosen, PERFORMED_AT, *entries, *materials, LATE, OFF_DAY, REMARK),
        asks_for=_asks_for(step),
        shown=((str(Phrase("Planned")), _days(step)),) if step.due_from else (),
    )


def _which(of_kind: list[PlannedStep], step: PlannedStep) -> tuple[Field, ...]:
    """Two steps of one kind (samples, say): which one it is has to be said; their entries are the same."""
    choices = tuple(Choice(s.code, s.title) for s in of_kind)
    return (Field("step", Phrase("Step of the plan"), Entry.CHOICE, choices=choices, typed=step.code),)


def _asks_for(step: PlannedStep) -> Phrase:
    counted = [e.title for e in step.entries if e.code in COUNTED]
    if not counted:
        return Phrase("{step}", step=step.title)
    return Phrase("{step}. The count is recorded after it.", step=step.title)


def _days(step: PlannedStep) -> str:
    first, last = step.due_from, step.due_until
    assert isinstance(first, date)
    return f"{first}" if first == last else f"{first} – {last}"


def _entry(entry: PlannedEntry) -> Field:
    label = Phrase("{title}", title=entry.title)
    hint = Phrase("critical: a second person verifies it") if entry.critical else None
    goes_to = f"readings.{entry.code}"
    if entry.kind == "yes_no":
        return Field(entry.code, label, Entry.CHOICE, choices=yes_or_no(), goes_to=goes_to, hint=hint)
    kind = Entry.MOMENT if entry.kind == "moment" else Entry.TEXT
    return Field(entry.code, label, kind, example=_EXAMPLES.get(entry.kind, ""), goes_to=goes_to, hint=hint)


def material_field(material: PlannedMaterial) -> Field:
    """The lot of one material: its number typed, or its box scanned."""
    lots = ", ".join(f"{lot.code} ({lot.expires_on})" for lot in material.lots[:3])
    hint = (
        Phrase("released: {lots}", lots=lots) if lots else Phrase("no released lot in date: QA releases one")
    )
    return Field(
        f"lot:{material.code}",
        Phrase("Lot: {title}", title=material.title),
        Entry.SCAN,
        scan=ScanKind.LOT,
        example=material.lots[0].code if material.lots else "",
        hint=hint,
        goes_to=f"lots.{material.code}",
    )
