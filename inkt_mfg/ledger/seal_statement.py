"""What a seal says, in its one spelling: so many entries, this head, this Merkle root, at this time, by this key.

A statement is a few lines of text that fit a page and a code; the minisign signature is over exactly these bytes.
``Sheet`` is statement and signature together, as it is stored, exported, printed and typed back from paper. It refuses
with ``NotASeal`` a text that is not one.
"""

import re
from dataclasses import dataclass
from typing import Self

from inkt_mfg.ledger.minisign import NotMinisign, Signature
from inkt_mfg.records.words import SealOccasion

TITLE = "inkt ledger seal 1"
_SIGNATURE_BEGINS = "untrusted comment:"
_FIELDS = {
    "site": r"[A-Z0-9]{1,12}",
    "size": r"[1-9][0-9]{0,14}",
    "head": r"[0-9a-f]{64}",
    "merkle-root": r"[0-9a-f]{64}",
    "sealed-at": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z",
    "key": r"[0-9A-F]{16}",
    "occasion": "|".join(SealOccasion),
    "next-key": r"[A-Za-z0-9+/]{56}",
}
_ONLY_SOMETIMES = {"next-key"}


class NotASeal(ValueError):
    """A text that is not the statement of a seal; says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class SealStatement:
    """The first ``size`` entries of a site's chain. ``next_key``: the key that takes over, in minisign's own line."""

    site: str
    size: int
    head: str
    merkle_root: str
    sealed_at: str
    key: str
    occasion: str
    next_key: str | None = None

    @property
    def text(self) -> str:
        """The bytes that are signed, as text: a title, then ``name: value`` lines, each ended by a line feed."""
        lines = [
            TITLE,
            f"site: {self.site}",
            f"size: {self.size}",
            f"head: {self.head}",
            f"merkle-root: {self.merkle_root}",
            f"sealed-at: {self.sealed_at}",
            f"key: {self.key}",
            f"occasion: {self.occasion}",
        ]
        if self.next_key is not None:
            lines.append(f"next-key: {self.next_key}")
        return "\n".join(lines) + "\n"

    @property
    def trusted_comment(self) -> str:
        """What the minisign program prints when it accepts the seal."""
        return f"inkt seal of site {self.site}, {self.size} entries, {self.sealed_at}, {self.occasion}"

    @property
    def fingerprint(self) -> str:
        """Twelve digits of the head that a person can compare at a glance."""
        return short(self.head)

    @classmethod
    def read(cls, text: str) -> Self:
        """A statement from its lines, forgiving empty lines and blanks at the ends. Raises NotASeal."""
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        if not lines or lines[0] != TITLE:
            raise NotASeal(f"a seal begins with the line: {TITLE}")
        said: dict[str, str] = {}
        wanted = iter(_FIELDS)
        for line in lines[1:]:
            name, _, value = line.partition(":")
            expected = next(wanted, None)
            if name != expected:
                raise NotASeal(
                    f"the line “{line[:60]}” stands where “{expected or 'nothing more'}” is expected"
                )
            said[name] = _value(name, value.strip())
        missing = [name for name in _FIELDS if name not in said and name not in _ONLY_SOMETIMES]
        if missing:
            raise NotASeal(f"the line “{missing[0]}: …” is missing")
        return cls(
            said["site"],
            int(said["size"]),
            said["head"],
            said["merkle-root"],
            said["sealed-at"],
            said["key"],
            said["occasion"],
            said.get("next-key"),
        )


def _value(name: str, value: str) -> str:
    if not re.fullmatch(_FIELDS[name], value):
        raise NotASeal(f"“{value[:60]}” is not what stands after “{name}:”")
    return value


def short(head: str) -> str:
    """A hash as people compare it aloud: ``1df3-8ca6-3ead``."""
    return "-".join(head[at : at + 4] for at in (0, 4, 8))


@dataclass(frozen=True, slots=True)
class Sheet:
    """A statement with its signature, or without one when only the statement was copied."""

    statement: SealStatement
    signature: Signature | None

    @property
    def text(self) -> str:
        """The whole sheet: the statement's lines, then the four lines of the signature."""
        return self.statement.text + (self.signature.file if self.signature else "")

    @classmethod
    def read(cls, text: str) -> Self:
        """A sheet from a file, a scanned code or a typed page. Raises NotASeal."""
        begins = text.find(_SIGNATURE_BEGINS)
        said = text if begins < 0 else text[:begins]
        try:
            signature = None if begins < 0 else Signature.read(_tidy(text[begins:]))
        except NotMinisign as wrong:
            raise NotASeal(str(wrong)) from wrong
        return cls(SealStatement.read(said), signature)


def _tidy(signature: str) -> str:
    """Without empty lines and blanks at the ends of lines, which a page or a scanner may add."""
    return "\n".join(line.rstrip() for line in signature.splitlines() if line.strip())
