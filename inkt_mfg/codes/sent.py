"""What a scanner puts around the text of a symbol, taken off: AIM prefix, FNC1 at the start, GS, RS, EOT and line ends.

Scan fields and ``inkt label parse`` begin here. A prefix of a symbology that no label carries which is read here is
refused (``scan.symbology``); inside the text nothing is touched.
"""

import re
from dataclasses import dataclass
from typing import Final

from inkt_mfg.language import Phrase
from inkt_mfg.refusal import refuse

GS: Final = "\x1d"  # group separator: how a scanner sends FNC1 between two fields
RS: Final = "\x1e"  # record separator and
EOT: Final = "\x04"  # end of transmission: the trailer of an ISO/IEC 15434 message
AGAIN: Final = Phrase("whoever scanned it, by scanning the right code")
_AROUND = f" \t\r\n{GS}{RS}{EOT}"
_AIM = re.compile(r"\]([A-Za-z])([0-9A-Za-z])")
_SYMBOLOGIES = {"d": "Data Matrix", "C": "Code 128", "Q": "QR"}
# ISO/IEC 15424 prefixes that say the symbol began with FNC1, so that GS1 element strings follow.
_GS1 = {"C1": "GS1-128", "d2": "GS1 DataMatrix", "Q3": "GS1 QR", "e0": "GS1 DataBar", "J1": "GS1 DotCode"}


@dataclass(frozen=True, slots=True)
class Sent:
    """The text of the symbol, and the two characters of its AIM prefix (``d2``), empty where none was sent."""

    text: str
    aim: str = ""

    @property
    def says_gs1(self) -> bool:
        """Whether the symbol itself says that GS1 element strings follow."""
        return self.aim in _GS1


def unwrap(sent: str, *, field: str = "code") -> Sent:
    """The text without what the scanner put around it. Raises Refusal ``scan.symbology``, ``scan.empty``."""
    text, aim = sent.strip(_AROUND), ""
    prefix = _AIM.match(text)
    if prefix:
        aim = prefix[1] + prefix[2]
        if prefix[1] not in _SYMBOLOGIES and aim not in _GS1:
            raise refuse(
                "scan.symbology",
                Phrase("a symbol of another kind was scanned (AIM ]{letter})", letter=prefix[1]),
                expected=Phrase(
                    "{symbologies}", symbologies=", ".join((*_SYMBOLOGIES.values(), *_GS1.values()))
                ),
                resolve_by=AGAIN,
                field=field,
                typed=sent,
            )
        text = text[prefix.end() :].strip(_AROUND)
    if not text:
        raise refuse(
            "scan.empty", Phrase("there is no text"), expected=Phrase("a code"), field=field, typed=sent
        )
    return Sent(text, aim)
