"""Any text a scanner may send, read as the code it is: one of ours, an ISBT 128 structure, or a GS1 element string.

For whoever has a text and no expectation, such as ``inkt label parse``; a field that expects one kind asks for that kind.
A text that begins as none of them is refused (``code.unknown``).
"""

from datetime import date
from typing import Final

from inkt_mfg.codes.gs1 import ElementString, looks_like_gs1, read_gs1
from inkt_mfg.codes.isbt128 import Compound, Isbt, read_isbt
from inkt_mfg.codes.label_code import CollectionCode, LabelCode, read_code
from inkt_mfg.codes.sent import AGAIN, Sent, unwrap
from inkt_mfg.language import Phrase
from inkt_mfg.refusal import refuse

OUR_STARTS: Final = ("IK1.", "IKT1.", "IC1.", "ICT1.")
_GS1_STARTS = ("01", "10", "17", "21")

Code = LabelCode | CollectionCode | Isbt | ElementString


def read_text(sent: str, today: date) -> Code:
    """What the text says; ``today`` tells the century of a GS1 date. Raises the Refusal of the kind it begins as."""
    unwrapped = unwrap(sent)
    text = unwrapped.text
    if text.startswith(OUR_STARTS):
        return read_code(text)
    if text[0] in "=&":
        return read_isbt(text)
    if _is_gs1(unwrapped):
        return read_gs1(text, today)
    raise refuse(
        "code.unknown",
        Phrase("it begins with {start!r}, as no code read here does", start=text[:4]),
        expected=Phrase(
            "a code of ours (IK1, IC1; IKT1, ICT1 for training), ISBT 128 (=, &) or GS1 (01, 10, 17, 21)"
        ),
        resolve_by=AGAIN,
        field="code",
        typed=sent,
    )


def _is_gs1(sent: Sent) -> bool:
    return looks_like_gs1(sent) or sent.text.startswith(_GS1_STARTS)


def as_json(code: Code) -> dict[str, object]:
    """``{"kind", "fields"}``, and for ISBT 128 its ``structure``; a compound has its ``parts`` besides."""
    match code:
        case LabelCode():
            return {"kind": "label", "fields": _label_fields(code)}
        case CollectionCode():
            fields = {"collection": code.collection, "training": code.training, "check_character": code.check}
            return {"kind": "collection", "fields": fields}
        case ElementString():
            return {"kind": "gs1", "fields": code.fields()}
        case Compound():
            return {"kind": "isbt128", **isbt_as_json(code), "fields": code.fields()}
        case _:
            return {"kind": "isbt128", **isbt_as_json(code)}


def isbt_as_json(code: Isbt) -> dict[str, object]:
    """``{"structure", "fields"}``, or ``{"structure": "023", "parts": [...]}`` of a compound."""
    if isinstance(code, Compound):
        return {"structure": code.structure, "parts": [isbt_as_json(part) for part in code.parts]}
    return {"structure": code.structure, "fields": code.fields()}


def _label_fields(code: LabelCode) -> dict[str, object]:
    return {
        "stands_on": code.kind.name.lower(),
        "training": code.training,
        "site": code.site,
        "chain_of_identity": code.chain_of_identity,
        "batch": code.batch,
        "container": code.container,
        "containers": code.containers,
        "serial": code.serial,
    }
