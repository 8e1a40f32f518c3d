"""How the house says no: one typed error for what a rule refuses, one for what the machine cannot do.

Every floor may raise these. A refusal names the rule, the field, the value as typed, what was expected and who can
resolve it; the CLI prints it (exit code 3), the TUI shows it beside the field. Nothing is recorded by a refused act
except, where a rule asks for it, the refusal itself.
"""

import re
import unicodedata
from dataclasses import dataclass

from inkt_mfg.language import Phrase

ANYONE = Phrase("whoever typed it, by typing it again")
NOTHING_TYPED = Phrase("nothing was typed")


_UNSEEN = frozenset(
    {"Cc", "Cf", "Cs", "Zl", "Zp"}
)  # controls, formats, half characters, line and paragraph separators


_QUOTED = 200  # characters of what was typed that a sentence quotes whole
_BEGINNING = 60  # and of a longer one


_OF_THE_RECORD = frozenset({"state", "command"})


@dataclass(frozen=True, slots=True)
class Blocker:
    """One reason an act may not happen now: the rule's id, what is wrong, what was expected, who can resolve it."""

    rule: str
    what: Phrase
    expected: Phrase
    resolve_by: Phrase = ANYONE
    field: str | None = None
    typed: str | None = None

    def __post_init__(self) -> None:
        """What was typed may be a whole file by mistake: a sentence that repeats it repeats its beginning."""
        if self.typed is not None and len(self.typed) > _QUOTED:
            repeated = {
                n: shortened(self.typed) if b == self.typed else b for n, b in self.what.blanks.items()
            }
            object.__setattr__(self, "what", Phrase(self.what.template, **repeated))

    @property
    def quoted(self) -> str | None:
        """What somebody typed. A record's state and a command's name stand in ``typed`` for programs; nobody typed them."""
        return None if self.field in _OF_THE_RECORD else self.typed

    def as_json(self) -> dict[str, str | None]:
        """The body of ``{"refused": …}``; English, because programs read it."""
        return {
            "rule": self.rule,
            "field": self.field,
            "typed": self.typed,
            "expected": self.expected.english,
            "resolve_by": self.resolve_by.english,
            "what": self.what.english,
        }

    def __str__(self) -> str:
        typed: object = ""
        if self.typed is not None:
            quoted = Phrase(" (typed: {typed})", typed=shortened(self.typed))
            typed = quoted if self.typed.strip() else Phrase(" (nothing was typed)")
        return visible(
            str(
                Phrase(
                    "Refused by {rule}: {what}{typed}. Expected: {expected}. Can be resolved by: {resolve_by}.",
                    rule=self.rule,
                    what=self.what,
                    typed=typed,
                    expected=self.expected,
                    resolve_by=self.resolve_by,
                )
            )
        )


def shortened(text: str) -> str:
    """What was typed as a sentence quotes it: of a long text the beginning, and how long it is."""
    if len(text) <= _QUOTED:
        return text
    return str(Phrase("{beginning}… ({n} characters)", beginning=text[:_BEGINNING], n=len(text)))


def visible(text: str, *, keep: str = "") -> str:
    """The text with what cannot be seen written out: a scanned ESC is shown to the reader, not obeyed by the terminal.

    ``keep`` is left as it is: the line ends of a text of several lines.
    """
    if text.isprintable():
        return text
    return text.translate({ord(c): f"\\u{ord(c):04x}" for c in unseen(text) - set(keep)})


# Letters to Unicode, and blank on every screen and page.
_BLANK_LETTERS = frozenset("\u115f\u1160\u3164\uffa0")
_CONTROL = re.compile(r"(?!\r\n)[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def speaks(text: str | None) -> bool:
    """Whether it says anything: at least one letter or figure of any script. Blanks nobody can see, and dots, are silence."""
    return any(unicodedata.category(c)[0] in "LN" and c not in _BLANK_LETTERS for c in text or "")


def control_in(text: str, *, lines: bool) -> str | None:
    """The first character meant for a device and not for a reader, as ``U+001B``; ``lines``: tabs and line ends may stand."""
    if text.isprintable():
        return None
    found = _CONTROL.search(text)
    odd = found[0] if found else None if lines else next((c for c in text if c in "\t\n\r"), None)
    return None if odd is None else f"U+{ord(odd):04X}"


def unseen(text: str) -> set[str]:
    """The characters of a text that cannot be seen."""
    return {c for c in set(text) if unicodedata.category(c) in _UNSEEN}


class Refusal(Exception):
    """An act a rule does not allow. ``blockers`` holds every reason, the first being the one to show first."""

    def __init__(self, *blockers: Blocker) -> None:
        assert blockers, "a refusal has a reason"
        self.blockers = blockers
        super().__init__(" ".join(str(b) for b in blockers))

    @property
    def first(self) -> Blocker:
        return self.blockers[0]

    @property
    def rule(self) -> str:
        return self.first.rule

    def __str__(self) -> str:
        return "\n".join(str(b) for b in self.blockers)


def refuse(
    rule: str,
    what: Phrase,
    *,
    expected: Phrase,
    resolve_by: Phrase = ANYONE,
    field: str | None = None,
    typed: str | None = None,
) -> Refusal:
    """A refusal with one reason, ready to raise."""
    return Refusal(Blocker(rule, what, expected, resolve_by, field, typed))


class Unable(Exception):
    """The machine cannot: disk full, read-only, database away, newer schema. Nothing was recorded (exit code 5)."""

    def __init__(self, what: Phrase, remedy: Phrase) -> None:
        self.what = what
        self.remedy = remedy
        super().__init__(f"{what.english} {remedy.english}")

    def __str__(self) -> str:
        return f"{self.what} {self.remedy}"
