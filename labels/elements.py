"""What each element of a label says: the element table × stage × profile × kind (TOML) filled from frozen content.

Called by ``labels.layout``. Every element the table asks for must have its text in every language of the label; what is
missing is refused by name, all of it at once (rule R50). Verdicts are judged again, never believed.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from inkt_mfg.language import Phrase
from inkt_mfg.refusal import Blocker, Refusal, refuse
from inkt_mfg.views.isbt_label import donation_in
from inkt_mfg.views.label_content import SPECIMEN, LabelContent
from inkt_mfg.views.label_facts import (
    CartonFacts,
    CollectionFacts,
    DestroyedFacts,
    DoseFacts,
    InfusionFacts,
    StepFacts,
)
from labels.files import HERE, QA, chosen, read_toml
from labels.numbers import judge
from labels.said import blanks, dose_of, each

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


@dataclass(frozen=True, slots=True)
class _Spoken:
    """A language's words, and what this label fills their blanks with in it."""

    words: Mapping[str, Any]
    blanks: Mapping[str, str]


def _of(content: LabelContent, fact: str) -> Any:
    """A fact that not every kind of label has."""
    return getattr(content.facts, fact, None)


CONDITIONS: Mapping[str, Callable[[LabelContent], bool]] = {
    "always": lambda _: True,
    "training": lambda c: c.training,
    "specimen": lambda c: c.serial == SPECIMEN,
    "reprint": lambda c: c.reprint > 0,
    "measured_part": lambda c: _of(c, "give_ml") is not None,
    "illustrative": lambda c: c.facts.illustrative,
    "shipped_abroad": lambda c: c.facts.shipped_abroad,
    "conditional": lambda c: _of(c, "release_status") == "conditional",
    "exceptional": lambda c: _of(c, "release_status") == "exceptional",
    "not_evaluated": lambda c: not (c.facts.screening_complete and c.facts.testing_complete),
    "biohazard": lambda c: bool(c.facts.reactive) or c.facts.risk_factor,
    "reactive": lambda c: bool(c.facts.reactive),
    "isbt": lambda c: bool(c.isbt),
    "isbt_test": lambda c: (of := donation_in(c.isbt)) is not None and of.is_test_facility,
}
_HAVING: Mapping[str, type[CollectionFacts]] = {
    "step": StepFacts,
    "dose": DoseFacts,
    "release": InfusionFacts,
    "carton": CartonFacts,
    "destroyed": DestroyedFacts,
}


def _table() -> dict[str, Any]:
    return read_toml(HERE / "elements.toml")


def elements(content: LabelContent, short: frozenset[str] = frozenset()) -> dict[str, Element]:
    """Every element this label carries, by name, in the table's order; refuses what is missing (R50).

    ``short`` names elements a small template has no room to spell out.
    """
    unknown = Phrase("there is no label profile {name}", name=content.profile)
    profile = read_toml(chosen("profiles", content.profile, "R50", unknown))
    _refuse_without_language(content, profile)
    if isinstance(content.facts, DoseFacts):
        _refuse_wrong_verdict(content.facts)
    languages = {language: _spoken(content, language) for language in content.languages}
    table = _table()
    found: dict[str, Element] = {}
    missing: list[str] = []
    for name, row in table["element"].items():
        mark = mark_of(name, row, content, profile, table["small_kinds"])
        if mark == "-" or not CONDITIONS[row.get("when", "always")](content):
            continue
        element = _element(name, {**row, "mark": mark}, content, profile, languages, short=name in short)
        if element is not None:
            found[name] = element
        elif mark == "A":
            missing.append(name)
    if missing:
        raise _missing(missing, content)
    return found


def mark_of(
    name: str,
    row: Mapping[str, Any],
    content: LabelContent,
    profile: Mapping[str, Any],
    small_kinds: Sequence[str],
) -> str:
    """A, T, Y or -: the stage's mark, as the profile alters it, as far as this kind of label can bear it."""
    if "having" in row and not isinstance(content.facts, _HAVING[row["having"]]):
        return "-"
    mark: str = {**row["stages"], **profile.get("stages", {}).get(name, {})}[content.stage]
    if mark == "A" and content.kind in small_kinds:
        mark = row.get("small", mark)
    return str(row.get("kinds", {}).get(content.kind, mark))


def _element(
    name: str,
    row: Mapping[str, Any],
    content: LabelContent,
    profile: Mapping[str, Any],
    languages: Mapping[str, _Spoken],
    *,
    short: bool,
) -> Element | None:
    if "symbol" in row:
        says = {"data_matrix": content.payload, "isbt_matrix": content.isbt}
        payload = says.get(row["symbol"], content.linear)  # the collection's code, as bars or as a matrix
        return Element(name, (), (payload,), row["mark"], symbol=row["symbol"])
    texts: list[str] = []
    captions: list[str] = []
    for language in content.languages:
        spoken = languages[language]
        template, caption = _worded(name, language, spoken.words, profile, short=short)
        lines = [{**spoken.blanks, **own} for own in each(row.get("each", ""), content.facts, language)]
        text = _filled(template, lines)
        if not text:
            return None
        texts.append(text)
        captions.append(caption)
    return Element(name, _once(captions), _once(texts), row["mark"], drawing=row.get("drawing", ""))


def _worded(
    name: str, language: str, words: Mapping[str, Any], profile: Mapping[str, Any], *, short: bool
) -> tuple[str, str]:
    """Text with blanks, and caption, of an element: the profile's, the short one, or the language's."""
    text: str = profile.get("text", {}).get(language, {}).get(name, words["text"].get(name, ""))
    caption: str = words["caption"].get(name, "")
    if short:
        text = words.get("short", {}).get(name, text)
        caption = words.get("short_caption", {}).get(name, caption)
    return text, caption


def _once(texts: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(t for t in texts if t))


def _spoken(content: LabelContent, language: str) -> _Spoken:
    unknown = Phrase("there are no label words in {language}", language=language)
    words = read_toml(chosen("words", language, "R50", unknown))
    return _Spoken(words, blanks(content, language, words["word"]))


def _filled(template: str, lines: list[dict[str, str]]) -> str:
    """The template filled once for each line; empty when there is no line or any blank of it is empty."""
    if not lines or any(not line.get(blank) for line in lines for blank in _BLANK.findall(template)):
        return ""
    return "\n".join(template.format(**line) for line in lines)


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
            resolve_by=QA,
            field="languages",
            typed=", ".join(content.languages),
        )


def _refuse_wrong_verdict(facts: DoseFacts) -> None:
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
            resolve_by=QA,
            field="verdict",
            typed=facts.verdict,
        )


def _missing(missing: list[str], content: LabelContent) -> Refusal:
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
                QA,
                field=name,
            )
            for name in missing
        )
    )
