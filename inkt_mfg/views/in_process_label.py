"""The facts of the labels on a batch's way: culture vessels, cryovials, sample tubes, sub-batches.

What a vessel is for is the protocol's own title of the step or sample; how it is kept and until when is typed, because
no protocol table says it. They read the record and change nothing.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from inkt_mfg.records.count import CellCount
from inkt_mfg.views.case import Case
from inkt_mfg.views.label_facts import StepFacts
from inkt_mfg.views.label_parts import collected, here, infections, made_of, percentages, whose


@dataclass(frozen=True, slots=True)
class WhatFor:
    """What a vessel, vial or tube is for: the plan's title, and when it was filled and counted, where that is recorded."""

    purpose: str
    filled_at: datetime | None = None
    count: CellCount | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """How each of them is kept and until when, as typed."""

    volume_ml: Decimal | None
    storage_low_c: Decimal | None
    storage_high_c: Decimal
    expires_at: datetime


def in_process_facts(case: Case, what: WhatFor, kept: Kept, number: int, of: int) -> StepFacts:
    """Of vessel, vial or tube ``number`` of ``of``. The cells of one of several are not known apart."""
    return StepFacts(
        **of_batch(case),
        **percentages(what.count),
        container=number,
        containers=of,
        purpose=what.purpose,
        filled_at=here(what.filled_at, case),
        volume_ml=kept.volume_ml,
        storage_low_c=kept.storage_low_c,
        storage_high_c=kept.storage_high_c,
        expires_at=here(kept.expires_at, case),
        container_viable_cells=None,
        shipped_abroad=False,
    )


def of_batch(case: Case) -> dict[str, Any]:
    """Everything the label of a vessel takes from the record, whatever the step."""
    return {**whose(case), **collected(case), **infections(case.collection), **made_of(case)}
