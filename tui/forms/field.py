"""What a form is made of, as data: fields with their labels, kinds, examples, and the command's parameter each feeds.

One declaration per command lives in the other modules of this package; one widget (``widgets.form``) draws them all.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum

from inkt_mfg.language import Phrase
from inkt_mfg.refusal import Blocker, Refusal
from tui.scanning import ScanKind


class Entry(Enum):
    """How a field is filled in."""

    TEXT = "text"
    SCAN = "scan"
    MOMENT = "moment"
    DATE = "date"
    CHOICE = "choice"
    SECRET = "secret"  # noqa: S105 — the kind of field, not a secret


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer on a list: what is sent to the command, and what is read on the screen."""

    value: str
    says: Phrase | str


@dataclass(frozen=True, slots=True)
class Field:
    """One thing to fill in. ``name`` is what a refusal calls it; ``goes_to`` the parameter (``lots.medium`` for a part).

    ``typed`` is what it starts with; an optional field that is left empty is not sent at all.
    """

    name: str
    label: Phrase
    entry: Entry = Entry.TEXT
    example: str = ""
    hint: Phrase | None = None
    choices: tuple[Choice, ...] = ()
    scan: ScanKind = ScanKind.ANY
    optional: bool = False
    goes_to: str = ""
    typed: str = ""
    also_named: tuple[str, ...] = ()
    expiry_goes_to: str = ""  # the field a scanned box's expiry is filled into

    @property
    def parameter(self) -> str:
        return self.goes_to or self.name

    def answers_to(self, name: str | None) -> bool:
        """Whether a refusal that names this field means it."""
        return name is not None and (name == self.name or name in self.also_named)


@dataclass(frozen=True, slots=True)
class Form:
    """A command's form. ``shown`` is what the person should have before their eyes; ``by_second_person``: who signs it
    is somebody else, in place. ``fixed`` are parameters nobody types. ``names_record``: the field whose scanned label is
    the record itself, where none was chosen.
    """

    command: str
    fields: tuple[Field, ...] = ()
    asks_for: Phrase | None = None
    by_second_person: bool = False
    shown: tuple[tuple[str, str], ...] = ()
    fixed: dict[str, object] = field(default_factory=dict)
    names_record: str = ""


YES_OR_NO = (Phrase("yes"), Phrase("no"))


def yes_or_no() -> tuple[Choice, ...]:
    """The two answers; sent in English, read in the reader's language."""
    return tuple(Choice(said.english, said) for said in YES_OR_NO)


def reason(*, optional: bool = False, hint: Phrase | None = None) -> Field:
    """The reason of an act, which goes to the audit trail."""
    return Field("reason", Phrase("Reason"), optional=optional, hint=hint)


def arguments(fields: Iterable[Field], typed: dict[str, str]) -> dict[str, object]:
    """What was typed, as the command's parameters: exactly as typed, parts gathered under their parameter."""
    found: dict[str, object] = {}
    for one in fields:
        text = typed.get(one.name, "")
        if one.optional and not text.strip():
            continue
        parameter, _, part = one.parameter.partition(".")
        if part:
            gathered = found.setdefault(parameter, {})
            assert isinstance(gathered, dict)
            gathered[part] = text
        else:
            found[parameter] = text
    return found


def refuse_empty(fields: Iterable[Field], typed: dict[str, str]) -> None:
    """Raises Refusal ``entry.missing`` with every field that has to be filled in and is not."""
    missing = [
        Blocker("entry.missing", Phrase("{label} is empty", label=f.label), Phrase("a text"), field=f.name)
        for f in fields
        if not f.optional and not typed.get(f.name, "").strip()
    ]
    if missing:
        raise Refusal(*missing)
