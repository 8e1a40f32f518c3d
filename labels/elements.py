"""What each element of a label says: the element table × stage × profile (TOML) filled from frozen content.

Called by ``labels.layout``. Every element the stage and profile ask for must have its text in every language of the
label; what is missing is refused by name, all of it at once (rule R50). Verdicts are judged again, never believed.
"""

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from inkt_mfg.codes.label_code import check_character
from inkt_mfg.language import Phrase
from inkt_mfg.refusal import Blocker, Refusal, refuse
from inkt_mfg.views.label_content import Basis, InfusionFacts, LabelContent, Worded, Wording
from labels.fonts import NO_BREAK
from labels.numbers import LEAST_DIGITS, counted_in, judge, limit, power_of_ten, telling_digits

_HERE = Path(__file__).parent
_QA = Phrase("a QA officer, by completing the record or approving another profile")
_BLANK = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Element:
    """One element as it will be printed: captions and texts, one per language, the same text only once."""

    name: str
    caption: tuple[str, ...]
    text: tuple[str, ...]
    mark: str  # A on the label, T on it or attached, Y may accompany
    symbol: str = ""
    drawing: str = ""


CONDITIONS: Mapping[str, Callable[[LabelContent], bool]] = {
    "always": lambda _: True,
    "training": lambda c: c.training,
    "reprint": lambda c: c.reprint > 0,
    "measured_part": lambda c: c.facts.give_ml is not None,
    "illustrative": lambda c: c.facts.illustrative,
    "shipped_abroad": lambda c: c.facts.shipped_abroad,
    "conditional": lambda c: c.facts.release_status == "conditional",
    "exceptional": lambda c: c.facts.release_status == "exceptional",
    "not_evaluated": lambda c: not (c.facts.screening_complete and c.facts.testing_complete),
    "biohazard": lambda c: bool(c.facts.reactive) or c.facts.risk_factor,
    "reactive": lambda c: bool(c.facts.reactive),
}


@cache
def _toml(path: str) -> dict[str, Any]:
    return tomllib.loads((_HERE / path).read_text("utf-8"))


def _chosen(folder: str, name: str, what: Phrase) -> dict[str, Any]:
    if not re.fullmatch(r"[\w-]+", name) or not (_HERE / folder / f"{name}.toml").is_file():
        there = ", ".join(sorted(p.stem for p in (_HERE / folder).glob("*.toml")))
        raise refuse(
            "R50",
            what,
            expected=Phrase("one of {names}", names=there),
            resolve_by=_QA,
            field=folder,
            typed=name,
        )
    return _toml(f"{folder}/{name}.toml")


def elements(content: LabelContent) -> dict[str, Element]:
    """Every element this label carries, by name, in the table's order; refuses what is missing (R50)."""
    profile = _chosen(
        "profiles", content.profile, Phrase("there is no label profile {name}", name=content.profile)
    )
    _refuse_without_language(content, profile)
    _refuse_wrong_verdict(content.facts)
    blanks = {language: _blanks(content, language) for language in content.languages}
    found: dict[str, Element] = {}
    missing: list[str] = []
    for name, row in _toml("elements.toml").items():
        mark = {**row["stages"], **profile.get("stages", {}).get(name, {})}[content.stage]
        if mark == "-" or not CONDITIONS[row.get("when", "always")](content):
            continue
        element = _element(name, {**row, "mark": mark}, content, profile, blanks)
        if element is not None:
            found[name] = element
        elif mark == "A":
            missing.append(name)
    if missing:
        raise _missing(missing, content)
    return found


def _element(
    name: str,
    row: Mapping[str, Any],
    content: LabelContent,
    profile: Mapping[str, Any],
    blanks: Mapping[str, Mapping[str, str]],
) -> Element | None:
    if "symbol" in row:
        payload = content.payload if row["symbol"] == "data_matrix" else content.linear
        return Element(name, (), (payload,), row["mark"], symbol=row["symbol"])
    texts: list[str] = []
    captions: list[str] = []
    for language in content.languages:
        words = _words(language)
        template = profile.get("text", {}).get(language, {}).get(name, words["text"].get(name, ""))
        lines = [{**blanks[language], **own} for own in _each(row.get("each", ""), content.facts, language)]
        text = _filled(template, lines)
        if not text:
            return None
        texts.append(text)
        captions.append(words["caption"].get(name, ""))
    return Element(name, _once(captions), _once(texts), row["mark"], drawing=row.get("drawing", ""))


def _once(texts: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(t for t in texts if t))


def _words(language: str) -> dict[str, Any]:
    return _chosen("words", language, Phrase("there are no label words in {language}", language=language))


def _filled(template: str, lines: list[dict[str, str]]) -> str:
    """The template filled once for each line; empty when there is no line or any blank of it is empty."""
    if not lines or any(not line.get(blank) for line in lines for blank in _BLANK.findall(template)):
        return ""
    return "\n".join(template.format(**line) for line in lines)


def _each(each: str, facts: InfusionFacts, language: str) -> Iterator[dict[str, str]]:
    if each == "pending":
        yield from ({"test": said(p.test, language), "due": p.due.isoformat()} for p in facts.pending)
    elif each == "reactive":
        yield from ({"agent": said(agent, language)} for agent in facts.reactive)
    else:
        yield {}


def said(text: Worded, language: str) -> str:
    """The text in this language; a plain text is the same in all."""
    return text.get(language) if isinstance(text, Wording) else text


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


def _blanks(content: LabelContent, language: str) -> dict[str, str]:
    facts = content.facts
    words: dict[str, str] = _words(language)["word"]
    named = {name: said(getattr(facts, name), language) for name in _TEXT_FACTS}
    return {
        **named,
        **_number_blanks(facts),
        "container": str(facts.container),
        "containers": str(facts.containers),
        "collection_check": check_character(facts.collection_code),
        "date_of_birth": facts.date_of_birth.isoformat() if facts.date_of_birth else "",
        "basis": words[facts.dose_basis],
        "other": words[other_basis(facts)],
        "verdict": words[facts.verdict],
        "status": words[facts.release_status],
        "storage": _storage(facts, words),
        "expiry": when_said(facts.expires_at),
        "expiry_utc": when_said(facts.expires_at.astimezone(UTC)) if facts.expires_at else "",
        "collected_at": when_said(facts.collected_at),
        "released_at": when_said(facts.released_at),
        "serial": content.serial,
        "copy": str(content.copy),
        "copies": str(content.copies),
        "reprint": str(content.reprint),
        "template": f"{content.template} v{content.template_version} {content.profile}",
    }


_TEXT_FACTS = (
    *(
        "patient_name",
        "patient_id",
        "subject_number",
        "product_name",
        "product_code",
        "batch",
        "chain_of_identity",
    ),
    *(
        "collection_code",
        "trial",
        "sponsor",
        "investigator",
        "contact",
        "collection_facility",
        "processing_facility",
    ),
    *("processing_address", "anticoagulant", "additives", "antibiotics", "route", "directions"),
    *("exceptional_statement", "certificate", "released_by"),
)


def _storage(facts: InfusionFacts, words: Mapping[str, str]) -> str:
    high = _quantity(facts.storage_high_c, "°C")
    if facts.storage_low_c is None:
        return f"{words['up_to']}{NO_BREAK}{high}" if high else ""
    return f"{_quantity(facts.storage_low_c, '°C')} {words['to']}{NO_BREAK}{high}" if high else ""


def _number_blanks(facts: InfusionFacts) -> dict[str, str]:
    """Volumes and percentages as recorded; cells as powers of ten with the digits that tell the verdict."""
    low, high = facts.dose_low, facts.dose_high
    blanks = {
        "volume": _quantity(facts.volume_ml, "mL"),
        "give": _quantity(facts.give_ml, "mL"),
        "viability": _quantity(facts.viability_percent, "%"),
        "inkt_percent": _quantity(facts.inkt_percent, "%"),
        "viable_cells": _cells(facts.container_viable_cells, LEAST_DIGITS),
        "unit": {"m^2": "m²", "kg": "kg"}[facts.dose_unit],
        "dose_low": "" if low is None else limit(low),
        "dose_high": "" if high is None else limit(high),
    }
    for place, basis in (("basis", facts.dose_basis), ("other", other_basis(facts))):
        cells, per_unit = dose_of(facts, basis)
        digits = LEAST_DIGITS
        if low is not None and high is not None and per_unit is not None:
            digits = telling_digits(per_unit, low, high)
        blanks[f"{place}_cells"] = _cells(cells, LEAST_DIGITS)
        blanks[f"{place}_per_unit"] = _cells(per_unit, digits)
        if place == "basis":
            blanks |= _second_way("cells", cells, LEAST_DIGITS) | _second_way("per_unit", per_unit, digits)
    return blanks


def dose_of(facts: InfusionFacts, basis: Basis) -> tuple[Decimal | None, Decimal | None]:
    """The dose on this basis: cells, and cells per square metre or kilogram."""
    if basis == "viable_inkt":
        return facts.dose_viable_inkt, facts.dose_viable_inkt_per_unit
    return facts.dose_total_viable, facts.dose_total_viable_per_unit


def other_basis(facts: InfusionFacts) -> Basis:
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


def _refuse_without_language(content: LabelContent, profile: Mapping[str, Any]) -> None:
    lacking = [language for language in profile["languages"] if language not in content.languages]
    if lacking:
        raise refuse(
            "R50",
            Phrase(
                "profile {profile} needs its label in {languages}",
                profile=content.profile,
                languages=", ".join(lacking),
            ),
            expected=Phrase("a label in at least that language"),
            resolve_by=_QA,
            field="languages",
            typed=", ".join(content.languages),
        )


def _refuse_wrong_verdict(facts: InfusionFacts) -> None:
    _, dose = dose_of(facts, facts.dose_basis)
    if dose is None or facts.dose_low is None or facts.dose_high is None:
        return  # refused as missing by the elements that print them
    exact = judge(dose, facts.dose_low, facts.dose_high)
    if exact != facts.verdict:
        raise refuse(
            "dose.window",
            Phrase(
                "the record says the dose is {said}, its number is {exact} the window",
                said=facts.verdict,
                exact=exact,
            ),
            expected=Phrase("the verdict the dose's own number gives"),
            resolve_by=_QA,
            field="verdict",
            typed=facts.verdict,
        )


def _missing(names: list[str], content: LabelContent) -> Refusal:
    return Refusal(
        *(
            Blocker(
                "R50",
                Phrase("the label lacks {element}", element=name),
                Phrase(
                    "{element} on every label of stage {stage}, profile {profile}, in {languages}",
                    element=name,
                    stage=content.stage,
                    profile=content.profile,
                    languages=", ".join(content.languages),
                ),
                _QA,
                field=name,
            )
            for name in names
        )
    )
