"""The codes printed on labels: what a scanner returns, written and read strictly (documented in docs/label-codes.md).

Every floor above may write and read them: the label view freezes them, the workflow reads what was scanned. A text with
a wrong check character, an unknown version or kind, or a character outside the alphabet is refused with its place.
"""

import re
from dataclasses import dataclass
from enum import Enum

from inkt_mfg.language import Phrase
from inkt_mfg.refusal import Refusal, refuse

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ*"
_SEPARATORS = ".-"
_FIELD = re.compile(r"[0-9A-Z]+(?:-[0-9A-Z]+)*")
_LONGEST_FIELD = 24
_FIELDS_OF_A_LABEL = 8
_SCAN_AGAIN = Phrase("whoever scanned or typed it, by scanning the label again")


def check_character(text: str) -> str:
    """The ISO 7064 MOD 37-2 check character of ``text``: ``G123417654321`` gives ``A`` (as in ISBT 128).

    The separators ``.`` and ``-`` count as 36, so that a moved separator changes the check. Any other character
    outside 0–9, A–Z is refused (rule ``label.code``).
    """
    total = 0
    for place, character in enumerate(text, start=1):
        value = 36 if character in _SEPARATORS else ALPHABET.find(character)
        if value < 0:
            raise _wrong(
                text,
                Phrase("character {place} is {character!r}", place=place, character=character),
                Phrase("only the digits 0–9, the capital letters A–Z, a hyphen or a full stop"),
            )
        total = (total + value) * 2 % 37
    return ALPHABET[(38 - total) % 37]


class CodeKind(Enum):
    """What a code says it stands on; the value is the letter printed in it."""

    INFUSION = "I"  # final container, released, to be infused
    COLLECTION = "C"  # collection bag
    TUBE = "T"  # collection tube
    VESSEL = "V"  # in-process vessel
    CRYOVIAL = "Y"
    SAMPLE = "S"  # sample tube
    SUB_BATCH = "B"
    QUARANTINE = "Q"  # final container before release
    CARTON = "O"  # outer carton with papers
    PARTIAL = "P"  # partial label on a small final container
    TAG = "G"  # the tag attached to it
    DESTROYED = "D"


@dataclass(frozen=True, slots=True)
class LabelCode:
    """The fields of a label's Data Matrix. ``str()`` is the text in the symbol, check character included.

    Before there is a batch (on what was collected) ``batch`` is the collection identifier.
    """

    kind: CodeKind
    training: bool
    site: str
    chain_of_identity: str
    batch: str
    container: int
    containers: int
    serial: str

    def __str__(self) -> str:
        fields = (
            "IKT1" if self.training else "IK1",
            self.kind.value,
            _field("site", self.site),
            _field("chain_of_identity", self.chain_of_identity),
            _field("batch", self.batch),
            _container(self.container, self.containers),
            _field("serial", self.serial),
        )
        body = ".".join(fields)
        return f"{body}.{check_character(body)}"


@dataclass(frozen=True, slots=True)
class CollectionCode:
    """The collection identifier as its Code 128 says it. ``check`` is the character printed boxed beside the text."""

    collection: str
    training: bool

    @property
    def check(self) -> str:
        return check_character(_field("collection_code", self.collection))

    def __str__(self) -> str:
        return f"{'ICT1' if self.training else 'IC1'}.{self.collection}.{self.check}"


def read_code(text: str) -> LabelCode | CollectionCode:
    """What a scanned or typed text says; a ``Refusal`` (rule ``label.code``) names what is wrong with it."""
    fields = text.split(".")
    if fields[0] not in {"IK1", "IKT1", "IC1", "ICT1"}:
        raise _wrong(
            text,
            Phrase("it begins with {start!r}", start=fields[0][:12])
            if text.strip()
            else Phrase("nothing was scanned"),
            Phrase("one of our codes, which begin with IK1 or IC1 (IKT1 or ICT1 for training)"),
        )
    check_character(text)  # refuses the first character outside the alphabet, by its place in the whole text
    training = "T" in fields[0]
    if fields[0].startswith("IC"):
        return _read_collection(text, fields, training)
    return _read_label(text, fields, training)


def _read_collection(text: str, fields: list[str], training: bool) -> CollectionCode:
    _expect_fields(text, fields, 3)
    code = CollectionCode(_field("collection_code", fields[1]), training)
    _expect_check(text, fields[2], code.check)
    return code


def _read_label(text: str, fields: list[str], training: bool) -> LabelCode:
    _expect_fields(text, fields, _FIELDS_OF_A_LABEL)
    _expect_check(text, fields[-1], check_character(text.rpartition(".")[0]))
    kinds = {kind.value: kind for kind in CodeKind}
    if fields[1] not in kinds:
        expected = Phrase("one of {letters}", letters=", ".join(sorted(kinds)))
        raise _wrong(text, Phrase("its kind is {kind!r}", kind=fields[1]), expected)
    counted = re.fullmatch(r"([1-9]\d{0,2})-([1-9]\d{0,2})", fields[5])
    if counted is None:
        raise _wrong(text, Phrase("its container is {typed!r}", typed=fields[5]), Phrase("n-N, such as 1-2"))
    code = LabelCode(
        kind=kinds[fields[1]],
        training=training,
        site=fields[2],
        chain_of_identity=fields[3],
        batch=fields[4],
        container=int(counted[1]),
        containers=int(counted[2]),
        serial=fields[6],
    )
    str(code)  # every field is held to the writer's own rules
    return code


def _expect_fields(text: str, fields: list[str], count: int) -> None:
    if len(fields) != count:
        raise _wrong(
            text,
            Phrase("it has {found} parts between full stops", found=len(fields)),
            Phrase("{count} parts", count=count),
        )


def _expect_check(text: str, found: str, expected: str) -> None:
    if found != expected:
        raise _wrong(
            text,
            Phrase("its check character is {found!r}", found=found),
            Phrase(
                "the check character {expected}, so a character was misread or mistyped", expected=expected
            ),
        )


def _field(name: str, value: str) -> str:
    if not _FIELD.fullmatch(value) or len(value) > _LONGEST_FIELD:
        raise refuse(
            "label.code",
            Phrase("{name} {value!r} cannot be written into a label code", name=name, value=value),
            expected=Phrase(
                "1 to {longest} of the digits 0–9 and capital letters A–Z, single hyphens between them",
                longest=_LONGEST_FIELD,
            ),
            field=name,
            typed=value,
        )
    return value


def _container(number: int, of: int) -> str:
    if not 1 <= number <= of <= 999:
        raise refuse(
            "label.code",
            Phrase("container {number} of {of} does not exist", number=number, of=of),
            expected=Phrase("n of N with 1 ≤ n ≤ N ≤ 999"),
            field="container",
            typed=f"{number} of {of}",
        )
    return f"{number}-{of}"


def _wrong(text: str, what: Phrase, expected: Phrase) -> Refusal:
    return refuse(
        "label.code",
        Phrase("this is not one of our label codes: {what}", what=what),
        expected=expected,
        resolve_by=_SCAN_AGAIN,
        field="code",
        typed=text,
    )
