"""What a barcode scanner sends, made into the text of the symbol: AIM prefix, separators and endings taken off.

Fields for scanning use it. It refuses a symbology that no label of ours is printed in, a code of another kind than the
field asks for, and a box whose own code says that it has expired; whether it is the right patient's or a released lot is the
workflow's to judge.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from enum import Enum
from typing import TypeVar

from inkt_mfg.codes.gs1 import ElementString, looks_like_gs1, read_gs1
from inkt_mfg.codes.label_code import CollectionCode, read_code
from inkt_mfg.codes.reading import OUR_STARTS
from inkt_mfg.codes.sent import AGAIN, GS, RS, Sent, unwrap
from inkt_mfg.language import Phrase
from inkt_mfg.refusal import Blocker, Refusal

GROUP, RECORD = "␝", "␞"  # shown for the control characters GS and RS, which have no width of their own
_CONTROLS = str.maketrans({GROUP: GS, RECORD: RS})
_SHOWN = str.maketrans({GS: GROUP, RS: RECORD})
Read = TypeVar("Read")


class ScanKind(Enum):
    """What a field wants scanned, with the words that say so."""

    LABEL = Phrase("the Data Matrix of the infusion label")
    IDENTITY = Phrase("the patient's chain-of-identity code")
    PATIENT = Phrase("the patient id on the wristband")
    LOT = Phrase("the lot number on the box")
    ANY_LOT = Phrase("the lot number on the box, expired or not")
    ANY = Phrase("any code or text")


LOTS = frozenset({ScanKind.LOT, ScanKind.ANY_LOT})


def read_scan(typed: str, kind: ScanKind, field: str) -> str:
    """The symbol's text. Raises Refusal ``scan.symbology`` or ``scan.kind``, or the label code's own refusal."""
    text = _unwrapped(typed, field).text.translate(_SHOWN)
    if kind is ScanKind.LABEL:
        code = _naming(field, text, lambda: read_code(text))
        if isinstance(code, CollectionCode):
            raise _other_kind(ScanKind.LABEL, text, field, Phrase("this is the code of a collection"))
    elif kind is not ScanKind.ANY and text.startswith(OUR_STARTS):
        raise _other_kind(kind, text, field, Phrase("this is the code of a label"))
    return text


def read_box(typed: str, kind: ScanKind, field: str, today: Callable[[], date]) -> ElementString | None:
    """What the GS1 code of a reagent's box says, its lot at least; None when the text is no GS1 code.

    ``today`` is the site's calendar day, asked only for a GS1 code. Raises Refusal: ``gs1.…``, ``scan.lot``, or R32 for a box
    that has expired, where the field wants one in date.
    """
    sent = _unwrapped(typed, field)
    if sent.text.startswith(OUR_STARTS) or not looks_like_gs1(sent):
        return None
    day = today()
    box = _naming(field, typed, lambda: read_gs1(sent.text, day))
    if box.lot is None:
        what = Phrase("this code of the box says no lot number")
        raise Refusal(
            Blocker(
                "scan.lot", what, Phrase("the code with (10), or the lot number typed"), AGAIN, field, typed
            )
        )
    if kind is ScanKind.LOT and box.has_expired(day):
        raise Refusal(
            Blocker(
                "R32",
                Phrase("lot {code} expired on {day}, says the code on its box", code=box.lot, day=box.expires_on),
                Phrase("a box in date on {today}", today=day),
                Phrase("whoever brought it, with another box"),
                field,
                typed,
            )
        )  # fmt: skip
    return box


def _unwrapped(typed: str, field: str) -> Sent:
    return unwrap(typed.translate(_CONTROLS), field=field)


def _naming(field: str, typed: str, read: Callable[[], Read]) -> Read:
    """Read, and let a refusal name the field it stands in and what stands there."""
    try:
        return read()
    except Refusal as no:
        raise Refusal(*(replace(b, field=field, typed=typed) for b in no.blockers)) from None


def _other_kind(kind: ScanKind, text: str, field: str, what: Phrase) -> Refusal:
    return Refusal(Blocker("scan.kind", what, kind.value, AGAIN, field, text))
