"""The blanks of a label's words, filled from frozen facts in one language: names, times, quantities, doses two ways.

Called by ``labels.elements``. A fact that is absent, or that this kind of label does not have, gives an empty text.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal

from inkt_mfg.codes.label_code import check_character
from inkt_mfg.views.isbt_label import donation_in
from inkt_mfg.views.label_content import LabelContent
from inkt_mfg.views.label_facts import (
    Basis,
    BatchFacts,
    CollectionFacts,
    DoseFacts,
    InfusionFacts,
    Worded,
    Wording,
)
from labels.fonts import NO_BREAK
from labels.numbers import LEAST_DIGITS, counted_in, limit, power_of_ten, telling_digits

_TEXTS = (
    *("patient_name", "patient_id", "subject_number", "product_name", "product_code", "batch"),
    *("chain_of_identity", "collection_code", "trial", "sponsor", "investigator", "contact"),
    *("collection_facility", "processing_facility", "processing_address", "anticoagulant", "additives"),
    *("antibiotics", "route", "directions", "exceptional_statement", "certificate", "released_by"),
    *("purpose", "destroyed_why", "destroyed_by", "witnessed_by", "consignee", "consignee_address"),
)
_TIMES = ("collected_at", "released_at", "filled_at", "destroyed_at")


def blanks(content: LabelContent, language: str, words: Mapping[str, str]) -> dict[str, str]:
    """Every blank the words of a label may have."""
    facts, status = content.facts, status_of(content)
    return {
        **{name: said(getattr(facts, name, ""), language) for name in _TEXTS},
        **{name: when_said(getattr(facts, name, None)) for name in _TIMES},
        **_quantities(facts),
        **(_doses(facts, words) if isinstance(facts, DoseFacts) else {}),
        "kind": words.get(f"kind_{content.kind}", ""),
        "container": str(facts.container),
        "containers": str(facts.containers),
        "collection_check": check_character(facts.collection_code),
        "date_of_birth": facts.date_of_birth.isoformat() if facts.date_of_birth else "",
        "status": words.get(status, ""),
        "status_short": words.get(f"{status}_short", words.get(status, "")),
        "storage": _storage(facts, words),
        "expiry": when_said(facts.expires_at),
        "expiry_utc": when_said(facts.expires_at.astimezone(UTC)) if facts.expires_at else "",
        "serial": content.serial,
        "copy": str(content.copy),
        "copies": str(content.copies),
        "reprint": str(content.reprint),
        **_isbt(content),
        "template": f"{content.template} v{content.template_version} {content.profile}",
    }


def _isbt(content: LabelContent) -> dict[str, str]:
    """The donation number as it is read by eye: ``G1234 26 000001``, its check character apart."""
    donation = donation_in(content.isbt)
    if donation is None:
        return {}
    number = NO_BREAK.join((donation.facility, donation.year, donation.serial))
    return {"isbt_number": number, "isbt_check": donation.check}


def each(what: str, facts: CollectionFacts, language: str) -> Iterator[dict[str, str]]:
    """The blanks of each line of an element: one per pending result, one per reactive agent, or just one."""
    if what == "pending":
        pending = facts.pending if isinstance(facts, InfusionFacts) else ()
        yield from ({"test": said(p.test, language), "due": p.due.isoformat()} for p in pending)
    elif what == "reactive":
        yield from ({"agent": said(agent, language)} for agent in facts.reactive)
    else:
        yield {}


def said(text: Worded, language: str) -> str:
    """The text in this language; a plain text is the same in all."""
    return text.get(language) if isinstance(text, Wording) else text


def status_of(content: LabelContent) -> str:
    """The release status as the word files name it: what is not released is in quarantine, in process or destroyed."""
    if isinstance(content.facts, InfusionFacts):
        return content.facts.release_status
    return content.kind if content.kind in {"quarantine", "destroyed"} else "in_process"


def when_said(moment: datetime | None) -> str:
    """``2026-12-01 09:30 UTC+08:00``; seconds are shown only when they are not zero."""
    if moment is None:
        return ""
    seconds = ":%S" if moment.second else ""
    offset = moment.strftime("%z")
    zone = f"UTC{offset[:3]}:{offset[3:5]}" if moment.utcoffset() else "UTC"
    return moment.strftime(f"%Y-%m-%d{NO_BREAK}%H:%M{seconds}") + NO_BREAK + zone


def _quantity(value: Decimal | None, unit: str) -> str:
    return "" if value is None else f"{value:f}{NO_BREAK}{unit}"


def _storage(facts: CollectionFacts, words: Mapping[str, str]) -> str:
    high = _quantity(facts.storage_high_c, "°C")
    if facts.storage_low_c is None:
        return f"{words['up_to']}{NO_BREAK}{high}" if high else ""
    return f"{_quantity(facts.storage_low_c, '°C')} {words['to']}{NO_BREAK}{high}" if high else ""


def _quantities(facts: CollectionFacts) -> dict[str, str]:
    """Volumes and percentages as recorded, cells as powers of ten."""
    found = {"volume": _quantity(facts.volume_ml, "mL")}
    if isinstance(facts, BatchFacts):
        found["viability"] = _quantity(facts.viability_percent, "%")
        found["inkt_percent"] = _quantity(facts.inkt_percent, "%")
        found["viable_cells"] = _cells(facts.container_viable_cells, LEAST_DIGITS)
    return found


def _doses(facts: DoseFacts, words: Mapping[str, str]) -> dict[str, str]:
    """Both bases, each with the digits that tell its verdict, and the dosed one said a second way."""
    low, high = facts.dose_low, facts.dose_high
    found = {
        "basis": words[facts.dose_basis],
        "other": words[other_basis(facts)],
        "verdict": words[facts.verdict],
        "give": _quantity(facts.give_ml, "mL"),
        "unit": {"m^2": "m²", "kg": "kg"}[facts.dose_unit],
        "dose_low": "" if low is None else limit(low),
        "dose_high": "" if high is None else limit(high),
    }
    for place, basis in (("basis", facts.dose_basis), ("other", other_basis(facts))):
        cells, per_unit = dose_of(facts, basis)
        digits = LEAST_DIGITS
        if low is not None and high is not None and per_unit is not None:
            digits = telling_digits(per_unit, low, high)
        found[f"{place}_cells"] = _cells(cells, LEAST_DIGITS)
        found[f"{place}_per_unit"] = _cells(per_unit, digits)
        if place == "basis":
            found |= _second_way("cells", cells, LEAST_DIGITS) | _second_way("per_unit", per_unit, digits)
    return found


def dose_of(facts: DoseFacts, basis: Basis) -> tuple[Decimal | None, Decimal | None]:
    """The dose on this basis: cells, and cells per square metre or kilogram."""
    if basis == "viable_inkt":
        return facts.dose_viable_inkt, facts.dose_viable_inkt_per_unit
    return facts.dose_total_viable, facts.dose_total_viable_per_unit


def other_basis(facts: DoseFacts) -> Basis:
    """The basis the protocol does not dose on; its numbers are printed beside."""
    return "total_viable" if facts.dose_basis == "viable_inkt" else "viable_inkt"


def _cells(value: Decimal | None, digits: int) -> str:
    return "" if value is None else power_of_ten(value, digits)


def _second_way(name: str, value: Decimal | None, digits: int) -> dict[str, str]:
    if value is None:
        return {}
    return {
        f"{name}_millions": counted_in(value, digits, Decimal(10) ** 6),
        f"{name}_yi": counted_in(value, digits, Decimal(10) ** 8),
    }
