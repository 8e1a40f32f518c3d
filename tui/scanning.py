"""What a barcode scanner sends, made into the text of the symbol: AIM prefix, separators and endings taken off.

Fields for scanning use it. It refuses a symbology that no label of ours is printed in, and a code of another kind
than the field asks for; whether it is the right patient's is the workflow's to judge.
"""

import re
from enum import Enum

from inkt_mfg.language import Phrase
from inkt_mfg.refusal import Blocker, Refusal

GROUP, RECORD = "␝", "␞"  # shown for the control characters GS and RS, which have no width of their own
_AIM = re.compile(r"\]([A-Za-z])([0-9A-Za-z])")
_SYMBOLOGIES = {"d": "Data Matrix", "C": "Code 128", "Q": "QR"}
_OURS = ("IK1.", "IKT1.", "IC1.", "ICT1.")
_AGAIN = Phrase("whoever scanned it, by scanning the right code")


class ScanKind(Enum):
    """What a field wants scanned, with the words that say so."""

    LABEL = Phrase("the Data Matrix of the infusion label")
    IDENTITY = Phrase("the patient's chain-of-identity code")
    PATIENT = Phrase("the patient id on the wristband")
    LOT = Phrase("the lot number on the box")
    ANY = Phrase("any code or text")


def read_scan(typed: str, kind: ScanKind, field: str) -> str:
    """The symbol's text. Raises Refusal ``scan.symbology`` or ``scan.kind``, or the label code's own refusal."""
    text = typed.strip(f"{GROUP}{RECORD} \t\r\n")
    prefixed = _AIM.match(text)
    if prefixed:
        _refuse_symbology(prefixed[1], text, field)
        text = text[prefixed.end() :].strip(f"{GROUP}{RECORD} ")
    if kind is ScanKind.LABEL:
        _refuse_no_label(text, field)
    elif kind is not ScanKind.ANY and text.startswith(_OURS):
        raise _other_kind(kind, text, field, Phrase("this is the code of a label"))
    return text


def _refuse_symbology(letter: str, text: str, field: str) -> None:
    if letter in _SYMBOLOGIES:
        return
    raise Refusal(
        Blocker(
            "scan.symbology",
            Phrase("a symbol of another kind was scanned (AIM ]{letter})", letter=letter),
            Phrase("{symbologies}", symbologies=", ".join(_SYMBOLOGIES.values())),
            _AGAIN,
            field,
            text,
        )
    )


def _refuse_no_label(text: str, field: str) -> None:
    from inkt_mfg.codes.label_code import CollectionCode, read_code  # below this floor, needed only here

    try:
        code = read_code(text)
    except Refusal as no:
        first = no.first
        raise Refusal(
            Blocker(first.rule, first.what, first.expected, first.resolve_by, field, text)
        ) from None
    if isinstance(code, CollectionCode):
        raise _other_kind(ScanKind.LABEL, text, field, Phrase("this is the code of a collection"))


def _other_kind(kind: ScanKind, text: str, field: str, what: Phrase) -> Refusal:
    return Refusal(Blocker("scan.kind", what, kind.value, _AGAIN, field, text))
