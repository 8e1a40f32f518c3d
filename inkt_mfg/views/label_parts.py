"""What the labels of a record share, derived once: whose it is, what was collected, what is known of infections, the batch.

Each function gives the facts of one part by their names, for the views of the kinds (``collection_label``,
``in_process_label``, ``infusion_label``, ``destroyed_label``). They read the record and change nothing.
"""

from datetime import datetime
from decimal import ROUND_FLOOR, Decimal
from typing import Any

from inkt_mfg.moments import zone
from inkt_mfg.records.collection import Collection
from inkt_mfg.records.count import CellCount
from inkt_mfg.units import Kind, canonical
from inkt_mfg.views.case import Case
from inkt_mfg.views.label_facts import Worded, wording

NONE = wording(en="none", zh="无")
# What collections are tested for, by its name in either language.
_AGENTS = {
    name.casefold(): wording(en=en, zh=zh)
    for en, zh in (
        ("hepatitis B", "乙型肝炎"),
        ("hepatitis C", "丙型肝炎"),
        ("syphilis", "梅毒"),
        ("cytomegalovirus", "巨细胞病毒"),
    )
    for name in (en, zh)
}


def languages_of(case: Case) -> tuple[str, ...]:
    """The languages the protocol's labels are printed in, as the word files name them."""
    return tuple(code.split("_")[0] for code in case.protocol.labels.languages.value)


def whose(case: Case) -> dict[str, Any]:
    """Patient, product and the codes that tie them together: on every label."""
    protocol, subject = case.protocol, case.subject
    return {
        "patient_name": subject.patient_name,
        "patient_id": subject.patient_id,
        "subject_number": subject.code,
        "date_of_birth": subject.birth_date,
        "product_name": protocol.product.name.value,
        "product_code": protocol.product.code.value,
        "chain_of_identity": subject.chain_of_identity,
        "collection_code": case.collection.donation_id,
        "site_code": case.site.code,
        "illustrative": protocol.is_illustrative,
    }


def collected(case: Case) -> dict[str, Any]:
    """Where and when it was collected, and with which anticoagulant."""
    return {
        "collection_facility": case.protocol.trial.sponsor.value,
        "collected_at": here(case.collection.collected_at, case),
        "anticoagulant": case.collection.anticoagulant,
    }


def infections(collection: Collection) -> dict[str, Any]:
    """What the warnings hang on. Collections accepted before screening was asked apart answered for both at once."""
    screened = collection.screening_complete
    return {
        "screening_complete": collection.testing_complete if screened is None else screened,
        "testing_complete": collection.testing_complete,
        "risk_factor": bool(collection.risk_factor),
        "reactive": agents(collection.reactive_agents),
    }


def agents(reactive: str | None) -> tuple[Worded, ...]:
    """``hepatitis B; syphilis``: one warning line each, a usual agent in the label's languages, another as it was typed."""
    typed = (agent.strip() for agent in (reactive or "").split(";"))
    return tuple(_AGENTS.get(agent.casefold(), agent) for agent in typed if agent)


def made_of(case: Case) -> dict[str, Any]:
    """The batch, where it is made, and what the protocol puts into the product."""
    container = case.protocol.container
    return {
        "batch": case.batch.code,
        "processing_facility": case.site.name,
        "processing_address": case.site.address,
        "additives": ", ".join(container.excipients),
        "antibiotics": ", ".join(container.antibiotics) or NONE,
    }


def kept_as_product(case: Case) -> dict[str, Any]:
    """Number, storage and expiry of a final container."""
    expiry, container = case.protocol.expiry, case.container
    return {
        "container": container.ordinal,
        "containers": container.of_total,
        "storage_low_c": canonical(expiry.storage_low, Kind.TEMPERATURE),
        "storage_high_c": canonical(expiry.storage_high, Kind.TEMPERATURE),
        "expires_at": here(container.expires_at, case),
    }


def percentages(count: CellCount | None) -> dict[str, Any]:
    """What a count found, as far as it did."""
    return {
        "viability_percent": cut(count.viability) if count else None,
        "inkt_percent": cut(count.inkt_of_live) if count else None,
    }


def cut(percent: Decimal | None) -> Decimal | None:
    """A percentage as the label has room for it: cut to a tenth, never rounded up past a limit it does not reach."""
    return None if percent is None else percent.quantize(Decimal("0.1"), ROUND_FLOOR)


def here(at: datetime | None, case: Case) -> datetime | None:
    """An instant by the site's own clock."""
    return None if at is None else at.astimezone(zone(case.site.time_zone))
