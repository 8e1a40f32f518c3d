"""Walks a site's entries in order and names what does not fit: gaps, hashes, links, bodies, columns (R04).

Used by ``slices``. An entry is read by a decoder that knows its shape; what that one cannot read is read again by
Python's own, which says what is wrong and goes on. An entry in another spelling than the one its hash was made of by this
program says the same, and is named all the same: no verifier outside would take it.
"""

import json
from collections.abc import Callable
from hashlib import sha256
from typing import Any

import msgspec

from inkt_mfg.ledger.findings import Finding, FindingKind

GENESIS = "0" * 64
_NONE = msgspec.Raw()
canonical_json = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode
_decode = json.JSONDecoder().raw_decode
# Whatever text somebody puts in the place of an entry: too deep, too long a number, half a pair, another shape.
_UNREADABLE = (msgspec.MsgspecError, ValueError, RecursionError, OverflowError)
COLUMNS = "sequence, recorded_at, actor, command, hash"


class Actor(msgspec.Struct, gc=False):
    """Who acted, as far as a column repeats it."""

    user_name: str


class RowChange(msgspec.Struct, gc=False):
    """One row's change; ``old`` and ``new`` as the entry's own bytes, empty where the entry has none."""

    act: str
    table: str
    key: str
    old: msgspec.Raw = _NONE
    new: msgspec.Raw = _NONE


class Body(msgspec.Struct, gc=False):
    """What the chain's own check reads of an entry."""

    site: str
    sequence: int
    at: str
    actor: Actor
    command: str
    previous: str


class WholeBody(Body, gc=False):
    """The same with the changes, for the replay."""

    changes: list[RowChange]


_read = msgspec.json.Decoder(Body).decode
read_whole = msgspec.json.Decoder(WholeBody).decode
encode = msgspec.json.Encoder(order="sorted").encode
Keep = Callable[[int, list[RowChange]], None]


def _no_such_number(text: str) -> Any:
    raise ValueError(f"{text} is no integer")


_decode_any = msgspec.json.Decoder(float_hook=_no_such_number).decode


def spelled(text: bytes) -> bool:
    """Whether this is the one spelling of what it says (docs/ledger-format.md)."""
    try:
        return encode(_decode_any(text)) == text
    except _UNREADABLE:
        pass  # what the quick one cannot read, such as an integer of more than 64 bits, Python's own decides
    try:
        said = json.loads(text.decode(), parse_float=_no_such_number, parse_constant=_no_such_number)
        return canonical_json(said).encode() == text
    except _UNREADABLE:
        return False


class ChainCheck:
    """Takes one entry after the other. ``before`` is the number and hash of the entry before the first."""

    def __init__(
        self, site: str, report: Callable[[Finding], None], before: tuple[int, str] = (0, GENESIS)
    ) -> None:
        self.site = site
        self.report = report
        self.entries = 0
        self.sequence, self.head = before

    def take(self, row: tuple[Any, ...], *, whole: bool) -> list[RowChange]:
        """One entry as its row says; gives its changes when ``whole``, none where the body is not an entry's."""
        sequence, recorded_at, actor, command, stored_hash, kept, is_text = row
        text = bytes(kept or b"")
        self.entries += 1
        unbroken = sequence == self.sequence + 1 if isinstance(sequence, int) else False
        if not unbroken:
            self._name_gap(sequence)
        digest = sha256(text).hexdigest()
        if digest != stored_hash:
            self._found(FindingKind.HASH, sequence, "hash", digest, stored_hash)
        if not is_text:
            self._found(FindingKind.BODY, sequence, "body", "text", "nothing" if kept is None else "bytes")
        try:
            body = read_whole(text) if whole else _read(text)
        except _UNREADABLE:
            return self._as_python_reads(row[:5], text, digest, unbroken=unbroken, whole=whole)
        self._judge_spelling(sequence, text)
        if unbroken and body.previous != self.head:
            self._found(FindingKind.LINK, sequence, "previous", self.head, body.previous)
        said = (body.site, body.sequence, body.at, body.actor.user_name, body.command)
        columns = (self.site, sequence, recorded_at, actor, command)
        if said != columns:
            self._name_columns(sequence, said, columns)
        self._stand_at(sequence, digest)
        return body.changes if isinstance(body, WholeBody) else []

    def _stand_at(self, sequence: Any, digest: str) -> None:
        self.sequence = sequence if isinstance(sequence, int) else self.sequence
        self.head = digest

    def _judge_spelling(self, sequence: Any, text: bytes) -> None:
        if not spelled(text):
            found = text[:80].decode(errors="backslashreplace")
            self._found(FindingKind.BODY, sequence, "body", "its one spelling", found)

    def _name_gap(self, sequence: Any) -> None:
        if not isinstance(sequence, int):
            self._found(FindingKind.GAP, sequence, "sequence", "a number", repr(sequence))
            return
        first, last = self.sequence + 1, sequence - 1
        missing = str(first) if first == last else f"{first}–{last}"
        self._found(FindingKind.GAP, sequence, "sequence", f"entry {missing} before this one", "none")

    def _as_python_reads(
        self, row: tuple[Any, ...], text: bytes, digest: str, *, unbroken: bool, whole: bool
    ) -> list[RowChange]:
        """An entry of another shape than ours: what can be read of it is judged all the same."""
        sequence, recorded_at, actor, command, _hash = row
        body = self._read(sequence, text)
        head = self.head
        self._stand_at(sequence, digest)
        if body is None:
            return []
        self._judge_spelling(sequence, text)
        if unbroken and body.get("previous") != head:
            self._found(FindingKind.LINK, sequence, "previous", head, str(body.get("previous")))
        columns = (self.site, sequence, recorded_at, actor, command)
        if _repeated(body) != columns:
            self._name_columns(sequence, _repeated(body), columns)
        try:
            return _changes(body["changes"]) if whole else []
        except (*_UNREADABLE, LookupError, TypeError, AttributeError) as wrong:
            self._found(FindingKind.BODY, sequence, "changes", "a list of row changes", repr(wrong))
            return []

    def _read(self, sequence: Any, text: bytes) -> dict[str, Any] | None:
        try:
            said = text.decode()
            body, end = _decode(said)
        except _UNREADABLE as wrong:
            self._found(FindingKind.BODY, sequence, "body", "JSON", str(wrong))
            return None
        if end != len(said) or not isinstance(body, dict):
            self._found(FindingKind.BODY, sequence, "body", "one JSON object", said[:80])
            return None
        return body

    def _name_columns(self, sequence: Any, said: tuple[Any, ...], columns: tuple[Any, ...]) -> None:
        names = ("site", "sequence", "recorded_at", "actor", "command")
        for name, told, column in zip(names, said, columns, strict=True):
            if told != column:
                self._found(FindingKind.COLUMN, sequence, name, told, column)

    def _found(self, kind: FindingKind, sequence: Any, field: str, expected: Any, found: Any) -> None:
        self.report(Finding(kind, "ledger_entry", str(sequence), field, expected, found))


def _repeated(body: dict[str, Any]) -> tuple[Any, ...]:
    actor = body.get("actor")
    user_name = actor.get("user_name") if isinstance(actor, dict) else None
    return (body.get("site"), body.get("sequence"), body.get("at"), user_name, body.get("command"))


def _changes(told: Any) -> list[RowChange]:
    if not isinstance(told, list):
        raise TypeError("changes are no list")
    return [_change(one) for one in told]


def _change(told: dict[str, Any]) -> RowChange:
    """Raises LookupError, TypeError or what an unreadable value raises when it is not a change."""
    act, table, key = told["act"], told["table"], told["key"]
    sides = [told.get("old"), told.get("new")]
    if not all(isinstance(text, str) for text in (act, table, key)):
        raise TypeError(f"{(act, table, key)} are not texts")
    if not all(side is None or isinstance(side, dict) for side in sides):
        raise TypeError("old and new are not fields")
    old, new = (_NONE if side is None else msgspec.Raw(encode(side)) for side in sides)
    return RowChange(act, table, key, old, new)
