"""The facts of the label on a container that must never be used: why, when, and the two people who answer for it.

A container that was destroyed names who signed for it; one of a rejected or terminated batch whoever marks it.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from inkt_mfg.views.case import Case
from inkt_mfg.views.in_process_label import of_batch
from inkt_mfg.views.label_facts import DestroyedFacts
from inkt_mfg.views.label_parts import here, kept_as_product, percentages


@dataclass(frozen=True, slots=True)
class Destruction:
    """Why, when and by whom."""

    why: str
    at: datetime
    by: str
    witnessed_by: str


def destroyed_facts(case: Case, destroyed: Destruction) -> DestroyedFacts:
    """Of the case's container."""
    return DestroyedFacts(
        **of_container(case),
        **percentages(case.last_count(case.formulation_step)),
        volume_ml=case.container.volume,
        container_viable_cells=None,
        shipped_abroad=False,
        destroyed_why=destroyed.why,
        destroyed_at=here(destroyed.at, case),
        destroyed_by=destroyed.by,
        witnessed_by=destroyed.witnessed_by,
    )


def of_container(case: Case) -> dict[str, Any]:
    """Everything the label takes from the record."""
    return {**of_batch(case), **kept_as_product(case)}
