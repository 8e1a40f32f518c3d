"""Proof, part four: what was printed and decoded, read as numbers, times and codes, is what the facts themselves say.

Called by ``labels.proof``. It reads apart from how ``labels.elements`` writes, so that an error in the writing of a
number is found too: a mantissa with its raised exponent must be the record's number within half of its last digit.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal

from inkt_mfg.codes.isbt128 import Compound, read_isbt
from inkt_mfg.codes.label_code import CollectionCode, LabelCode, read_code
from inkt_mfg.language import Phrase
from inkt_mfg.refusal import Refusal
from inkt_mfg.views.label_content import LabelContent
from inkt_mfg.views.label_facts import BatchFacts, DoseFacts, InfusionFacts
from labels.finding import Finding
from labels.layout import Page, Run
from labels.reading import Decoded
from labels.said import dose_of, other_basis
from labels.symbols import DATA_MATRIX


def compare_record(page: Page, content: LabelContent, decoded: Sequence[Decoded]) -> Iterator[Finding]:
    """Findings about words, numbers, the expiry and the codes."""
    printed: dict[str, list[Run]] = {}
    for run in page.runs:
        printed.setdefault(run.element, []).append(run)
    for name in _disagreeing(printed, content):
        text = "".join(run.text for run in printed.get(name, []))
        yield Finding("record", name, Phrase("{text!r} is not what the record says", text=text))
    if not any(symbol.text == str(content.code) for symbol in decoded):
        yield Finding("record", "code", Phrase("no symbol says which label this is"))
    for code in sorted({symbol.text for symbol in decoded if not _agrees(symbol, content)}):
        yield Finding("record", "code", Phrase("the code {code} is not this record's", code=code))


def _disagreeing(printed: dict[str, list[Run]], content: LabelContent) -> Iterator[str]:
    for name, value in _identity(content).items():
        if _bare(value) not in _bare("".join(run.text for run in printed.get(name, []))):
            yield name
    for name, value in _plain_facts(content).items():
        if name in printed and _bare(value) not in _bare("".join(run.text for run in printed[name])):
            yield name
    for name, number in _numbers(content).items():
        if name in printed and (number is None or not _is_rounded(number, printed[name])):
            yield name
    if "expiry" in printed:
        said = _moment("".join(run.text for run in printed["expiry"]))
        if said != content.facts.expires_at:
            yield "expiry"


def _identity(content: LabelContent) -> dict[str, str]:
    """What every label says, however small: whose it is, and which label it is."""
    facts = content.facts
    return {
        "patient_name": facts.patient_name,
        "patient_id": facts.patient_id,
        "chain_of_identity": facts.chain_of_identity,
        "collection_code": facts.collection_code,
        "container": f"{facts.container}/{facts.containers}",
        "serial": content.serial,
    }


def _plain_facts(content: LabelContent) -> dict[str, str]:
    """What this kind of label may say besides; that what the table demands is printed, ``labels.elements`` holds."""
    facts = content.facts
    found = {
        "subject_number": facts.subject_number,
        "product_code": facts.product_code,
        "copy": f"{content.copy}/{content.copies}",
    }
    if isinstance(facts, BatchFacts):
        found["batch"] = facts.batch
    if isinstance(facts, InfusionFacts):
        found["certificate"] = facts.certificate
    return found


def _numbers(content: LabelContent) -> dict[str, Decimal | None]:
    facts = content.facts
    found: dict[str, Decimal | None] = {}
    if isinstance(facts, BatchFacts):
        found["viable_cells"] = facts.container_viable_cells
    if isinstance(facts, DoseFacts):
        found["basis_cells"], found["basis_per_unit"] = dose_of(facts, facts.dose_basis)
        found["other_cells"], found["other_per_unit"] = dose_of(facts, other_basis(facts))
    return found


def _bare(text: str) -> str:
    return re.sub(r"\s", "", text)


def _is_rounded(number: Decimal, runs: list[Run]) -> bool:
    """The printed mantissa and *raised* exponent are the number within half of the last digit printed."""
    plain = _bare("".join(run.text for run in runs if not run.raised))
    exponent = "".join(run.text for run in runs if run.raised)
    printed = re.search(r"(\d+(?:\.\d+)?)×10$", plain)
    if printed is None or not re.fullmatch(r"\d{1,2}", exponent):
        return number == 0 and plain.endswith("0")
    step = Decimal(1).scaleb(int(exponent) - len(printed[1].partition(".")[2]))
    return abs(Decimal(printed[1]).scaleb(int(exponent)) - number) <= step / 2


def _moment(text: str) -> datetime | None:
    found = re.search(r"(\d{4}-\d\d-\d\d)\s(\d\d:\d\d(?::\d\d)?)\sUTC([+-]\d\d:\d\d)?", text)
    return datetime.fromisoformat(f"{found[1]}T{found[2]}{found[3] or '+00:00'}") if found else None


def _agrees(symbol: Decoded, content: LabelContent) -> bool:
    """A Data Matrix says which label or which collection this is, bars say the collection."""
    collection = CollectionCode(content.facts.collection_code, content.training)
    if content.isbt and symbol.text == content.isbt:
        return _isbt_agrees(content)
    allowed: tuple[LabelCode | CollectionCode, ...] = (collection,)
    if symbol.kind == DATA_MATRIX:
        allowed = (content.code, collection)
    try:
        return read_code(symbol.text) in allowed
    except Refusal:
        return False


def _isbt_agrees(content: LabelContent) -> bool:
    """Its donation is the collection's, its expiry not after the label's, and its hazard the label's."""
    facts, compound = content.facts, read_isbt(content.isbt)
    assert isinstance(compound, Compound)
    said = compound.fields()
    expires = facts.expires_at.replace(tzinfo=None, second=0) if facts.expires_at else None
    return (
        said.get("din") == facts.collection_code
        and said.get("expires_at") == (expires.isoformat(timespec="minutes") if expires else None)
        and said.get("donation_type") == ("X" if facts.reactive or facts.risk_factor else "1")
        and said.get("division") == ("00" if facts.containers == 1 else f"{chr(64 + facts.container)}0")
        and said.get("flags") == ("05" if content.reprint else "00")
    )
