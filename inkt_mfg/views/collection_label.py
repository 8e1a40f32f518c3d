"""The facts of the labels on what is collected: bag and tubes, before they arrive and after.

Before anything was drawn the record holds neither volume nor time: who prepares the label at the bedside types them, and
the record's own words take their place as soon as it has them. They read the record and change nothing.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from inkt_mfg.units import Kind, canonical
from inkt_mfg.views.case import Case
from inkt_mfg.views.label_facts import CollectionFacts
from inkt_mfg.views.label_parts import NONE, collected, here, infections, whose


@dataclass(frozen=True, slots=True)
class AtTheBedside:
    """What is typed with a collection's label: of each bag or tube, and only what the record does not hold."""

    volume_ml: Decimal | None = None
    collected_at: datetime | None = None
    additives: str | None = None


def collection_facts(case: Case, typed: AtTheBedside, number: int, of: int) -> CollectionFacts:
    """Of bag or tube ``number`` of ``of``."""
    held = of_collection(case)
    held["collected_at"] = held["collected_at"] or here(typed.collected_at, case)
    return CollectionFacts(
        **held,
        container=number,
        containers=of,
        volume_ml=typed.volume_ml,
        additives=typed.additives or NONE,
        expires_at=_until(case, held["collected_at"]),
        shipped_abroad=False,
    )


def of_collection(case: Case) -> dict[str, Any]:
    """Everything the label of a collection takes from the record."""
    limits = case.protocol.collection.temperature
    return {
        **whose(case),
        **collected(case),
        **infections(case.collection),
        "antibiotics": NONE,
        "storage_low_c": canonical(limits.low, Kind.TEMPERATURE),
        "storage_high_c": canonical(limits.high, Kind.TEMPERATURE),
    }


def _until(case: Case, drawn: datetime | None) -> datetime | None:
    """The longest the protocol lets it wait from its collection, where it says so."""
    limits = [h.limit for h in case.protocol.holds if h.starts_at == "collected_at"]
    if drawn is None or not limits:
        return None
    hours = min(canonical(limit, Kind.DURATION) for limit in limits)
    return drawn + timedelta(hours=float(hours))
