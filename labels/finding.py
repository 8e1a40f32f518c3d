"""One way in which a rendered label is not what the record says; what the checks of a proof yield."""

from dataclasses import dataclass

from inkt_mfg.language import Phrase


@dataclass(frozen=True, slots=True)
class Finding:
    """``check`` is the kind of check (text, raised, ink, stray, symbol, dots, record …), ``element`` what it is about."""

    check: str
    element: str
    what: Phrase

    def as_json(self) -> dict[str, str]:
        """English, because it is stored."""
        return {"check": self.check, "element": self.element, "what": self.what.english}
