"""How the house says no: one typed error for what a rule refuses, one for what the machine cannot do.

Every floor may raise these. A refusal names the rule, the field, the value as typed, what was expected and who can
resolve it; the CLI prints it (exit code 3), the TUI shows it beside the field. Nothing is recorded by a refused act
except, where a rule asks for it, the refusal itself.
"""

import unicodedata
from dataclasses import dataclass

from inkt_mfg.language import Phrase

ANYONE = Phrase("whoever typed it, by typing it again")


_UNSEEN = frozenset({"Cc", "Cf", "Zl", "Zp"})  # controls, formats, line and paragraph separators


@dataclass(frozen=True, slots=True)
class Blocker:
    """One reason an act may not happen now: the rule's id, what is wrong, what was expected, who can resolve it."""

    rule: str
    what: Phrase
    expected: Phrase
    resolve_by: Phrase = ANYONE
    field: str | None = None
    typed: str | None = None

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
        typed = Phrase(" (typed: {typed})", typed=self.typed) if self.typed is not None else ""
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


def visible(text: str) -> str:
    """The text with what cannot be seen written out: a scanned ESC is shown to the reader, not obeyed by the terminal."""
    return "".join(c if unicodedata.category(c) not in _UNSEEN else f"\\u{ord(c):04x}" for c in text)


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
