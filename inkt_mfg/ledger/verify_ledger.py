"""Checks an export of an inkt ledger, with nothing but Python 3.8 or newer: no package, no network, no secret.

    python3 -I verify_ledger.py [EXPORT] [--public-key FILE] [--seal FILE] [--json]

EXPORT is the unpacked folder; by default the one this file lies in. With -I Python takes nothing from that folder, and this
file sees to it without: whoever forges an export can put an argparse.py there. Whoever trusts nobody takes this file from
another source than the export, or writes their own from ledger-format.md, which says every byte. It ends with 0 when nothing
was found wrong and with 4 otherwise, and says in plain words what it proved and what it did not.
"""

# ruff: noqa: UP006, UP035, UP045 — Pythons as old as 3.8 run this
import sys

if __name__ == "__main__":
    # Before anything else is imported, even __future__: only sys is part of Python itself and lies in no folder.
    mine = {"", "."}
    if not (sys.flags.isolated or getattr(sys.flags, "safe_path", False)):
        mine.add(sys.path.pop(0))  # the folder of this file
    sys.path[:] = [place for place in sys.path if place not in mine]

import argparse
import base64
import hashlib
import json
import re
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, NamedTuple, Optional, Tuple

GENESIS = "0" * 64
HEX = re.compile(r"[0-9a-f]{64}")


class Wrong(Exception):
    """Something that does not hold, in a sentence."""


# --- Ed25519, as RFC 8032 section 5.1 defines it -----------------------------------------------------------------

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
ROOT_OF_MINUS_ONE = pow(2, (P - 1) // 4, P)
IDENTITY = (0, 1, 1, 0)  # a point in extended coordinates (X, Y, Z, T): x = X/Z, y = Y/Z, xy = T/Z


def add(p: Any, q: Any) -> Any:
    """Two points of the curve added."""
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * p[3] * q[3] * D % P, 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def times(scalar: int, point: Any) -> Any:
    """A point added to itself so many times."""
    total = IDENTITY
    while scalar:
        if scalar & 1:
            total = add(total, point)
        point, scalar = add(point, point), scalar >> 1
    return total


def same(p: Any, q: Any) -> bool:
    """Whether two points are one."""
    return not ((p[0] * q[2] - q[0] * p[2]) % P or (p[1] * q[2] - q[1] * p[2]) % P)


def point_of(encoded: bytes) -> Any:
    """The point 32 bytes stand for. Raises Wrong when they stand for none (RFC 8032, 5.1.3)."""
    number = int.from_bytes(encoded, "little")
    sign, y = number >> 255, number & ((1 << 255) - 1)
    if y >= P:
        raise Wrong("not a point of the curve")
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT_OF_MINUS_ONE % P
    if (x * x - square) % P or (x == 0 and sign):
        raise Wrong("not a point of the curve")
    if x & 1 != sign:
        x = P - x
    return x, y, 1, x * y % P


BASE = point_of((4 * pow(5, -1, P) % P).to_bytes(32, "little"))


def signed(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether an Ed25519 signature holds (RFC 8032, 5.1.7, without the cofactor; weak keys and S ≥ L are refused)."""
    if len(public) != 32 or len(signature) != 64:
        return False
    try:
        a, r = point_of(public), point_of(signature[:32])
    except Wrong:
        return False
    s = int.from_bytes(signature[32:], "little")
    if s >= L or same(times(8, a), IDENTITY):
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % L
    return same(times(s, BASE), add(r, times(k, a)))


# --- minisign ----------------------------------------------------------------------------------------------------


def decoded(text: str, length: int) -> bytes:
    """Base64 of so many bytes, in its one spelling. Raises Wrong."""
    try:
        raw = base64.b64decode(text, validate=True)
    except ValueError:
        raise Wrong("not base64") from None
    if len(raw) != length or base64.b64encode(raw).decode() != text:
        raise Wrong(f"not base64 of {length} bytes")
    return raw


class Key(NamedTuple):
    """A public key: its id as minisign prints it, its 32 bytes, its line."""

    name: str
    public: bytes
    line: str


def key_of(text: str) -> Key:
    """A public key from its file or its line. Raises Wrong."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if lines and lines[0].startswith("untrusted comment: "):
        del lines[0]
    if len(lines) != 1:
        raise Wrong("not a minisign public key")
    raw = decoded(lines[0], 42)
    if raw[:2] != b"Ed":
        raise Wrong("not an Ed25519 key")
    return Key(name_of(raw), raw[10:], lines[0])


def name_of(raw: bytes) -> str:
    """A key's id as the minisign program prints it; it stands after the two letters of the algorithm."""
    return format(int.from_bytes(raw[2:10], "little"), "016X")


def check_signature(key: Key, message: bytes, text: str) -> str:
    """The trusted comment of a minisign signature that holds over a message. Raises Wrong."""
    found = re.fullmatch(r"untrusted comment: .*\n(.*)\ntrusted comment: (.*)\n(.*)\n", text)
    if not found:
        raise Wrong("not a minisign signature")
    first, comment, second = found.groups()
    raw = decoded(first, 74)
    if raw[:2] != b"ED" or name_of(raw) != key.name:
        raise Wrong(f"not a prehashed signature by key {key.name}")
    if not signed(key.public, hashlib.blake2b(message).digest(), raw[10:]):
        raise Wrong("the signature does not hold")
    if not signed(key.public, raw[10:] + comment.encode(), decoded(second, 64)):
        raise Wrong("the signature over the trusted comment does not hold")
    return comment


# --- seals -------------------------------------------------------------------------------------------------------

SEAL = re.compile(
    r"inkt ledger seal 1\nsite: (?P<site>[A-Z0-9]{1,12})\nsize: (?P<size>[1-9][0-9]{0,14})\n"
    r"head: (?P<head>[0-9a-f]{64})\nmerkle-root: (?P<root>[0-9a-f]{64})\n"
    r"sealed-at: (?P<at>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z)\nkey: (?P<key>[0-9A-F]{16})\n"
    r"occasion: (?P<occasion>[a-z_]+)\n(?:next-key: (?P<successor>[A-Za-z0-9+/]{56})\n)?",
    re.ASCII,
)


class Seal(NamedTuple):
    """A statement taken apart, and its signature file (empty when only the statement was kept)."""

    name: str
    text: str
    signature: str
    size: int
    root: bytes
    said: Dict[str, str]


def seal_of(name: str, text: str, signature: str = "") -> Seal:
    """A seal from its text: a statement, or a statement followed by its signature. Raises Wrong."""
    statement, mark, rest = text.partition("untrusted comment:")
    spelled = "".join(line.strip() + "\n" for line in statement.splitlines() if line.strip())
    found = SEAL.fullmatch(spelled)
    if not found:
        raise Wrong(f"{name} is not a seal")
    if mark:
        signature = "".join(line.rstrip() + "\n" for line in (mark + rest).splitlines() if line.strip())
    said = found.groupdict()
    return Seal(name, spelled, signature, int(said["size"]), bytes.fromhex(said["root"]), said)


# --- the Merkle tree of RFC 9162, section 2.1 --------------------------------------------------------------------


def leaf_hash(entry: bytes) -> bytes:
    """Hash of a leaf."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash of a node."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class Growing:
    """A tree under way: only its perfect subtrees, the largest first."""

    def __init__(self) -> None:
        self.size = 0
        self.peaks: List[bytes] = []

    def add(self, leaf: bytes) -> None:
        """One more leaf."""
        hashed, standing = leaf, self.size
        while standing & 1:
            hashed, standing = node_hash(self.peaks.pop(), hashed), standing >> 1
        self.peaks.append(hashed)
        self.size += 1

    def root(self) -> bytes:
        """The root of the leaves so far, of which there is one at least."""
        root = self.peaks[-1]
        for peak in reversed(self.peaks[:-1]):
            root = node_hash(peak, root)
        return root


def included(leaf: bytes, index: int, size: int, path: List[bytes], root: bytes) -> bool:
    """RFC 9162, 2.1.3.2: whether ``leaf`` is number ``index`` (from 0) of a tree of ``size`` leaves with this root."""
    fn, sn, r = index, size - 1, leaf
    for p in path:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            r = node_hash(p, r)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            r = node_hash(r, p)
        fn, sn = fn >> 1, sn >> 1
    return 0 <= index < size and sn == 0 and r == root


def continued(first: int, second: int, path: List[bytes], first_root: bytes, second_root: bytes) -> bool:
    """RFC 9162, 2.1.4.2: whether a tree of ``first`` leaves is the beginning of one of ``second``."""
    if first == second:
        return not path and first_root == second_root
    if not 0 < first < second or not path:
        return False
    if first & (first - 1) == 0:
        path = [first_root, *path]
    fn, sn = first - 1, second - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    fr = sr = path[0]
    for c in path[1:]:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            fr, sr = node_hash(c, fr), node_hash(c, sr)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            sr = node_hash(sr, c)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and fr == first_root and sr == second_root


# --- the files of an export --------------------------------------------------------------------------------------


def lines_of(file: Path) -> Iterator[bytes]:
    """The lines of a file, each without the line feed it must have. Raises Wrong."""
    with file.open("rb") as opened:
        for line in opened:
            if not line.endswith(b"\n"):
                raise Wrong(f"{file.name} does not end with a line feed")
            yield line[:-1]


def text_of(file: Path) -> str:
    """A file as text, its bytes as they are. Raises Wrong."""
    try:
        return file.read_bytes().decode("utf-8")
    except ValueError:
        raise Wrong(f"{file.name} is not text in UTF-8") from None


def plain(raw: bytes, what: str) -> Dict[str, Any]:
    """A JSON object in its one spelling: no other bytes say the same. Raises Wrong."""

    def refuse(_: str) -> Any:
        raise Wrong(f"{what} holds a number that is no integer")

    try:
        said = json.loads(raw.decode("utf-8"), parse_float=refuse, parse_constant=refuse)
        spelled = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode("utf-8")
    except (ValueError, RecursionError):
        raise Wrong(f"{what} is not JSON") from None
    if spelled != raw or not isinstance(said, dict):
        raise Wrong(f"{what} is not a JSON object in its one spelling")
    return said


def path_of(said: Dict[str, Any]) -> List[bytes]:
    """The hashes of a proof. Raises Wrong."""
    path = said["path"]
    if not isinstance(path, list) or not all(isinstance(p, str) and HEX.fullmatch(p) for p in path):
        raise Wrong("a proof is not a list of hashes")
    return [bytes.fromhex(p) for p in path]


# --- the check ---------------------------------------------------------------------------------------------------


class Check:
    """One export under examination: what was proved, what was not, and what is wrong."""

    def __init__(
        self, folder: Path, trusted: Optional[Key], brought: List[Seal], own: Tuple[Path, ...] = ()
    ) -> None:
        self.folder, self.trusted, self.brought = folder.resolve(), trusted, brought
        self.own = own  # files the reader brought, wherever they lie
        self.wrong: List[str] = []
        self.proved: List[str] = []
        self.not_proved: List[str] = []
        self.manifest: Dict[str, Any] = {}
        self.keys: Dict[str, Key] = {}
        self.seals: List[Seal] = []  # the export's own, the smallest first
        self.covered = 0  # how many entries a seal covers that the reader has reason to believe
        self.entries = 0

    def attempt(self, step: Callable[..., None], *about: Any) -> None:
        """One step; what it finds wrong does not keep the next from being tried."""
        try:
            step(*about)
        except Wrong as found:
            self.wrong.append(str(found))
        except (OSError, LookupError, TypeError, ValueError) as broken:
            self.wrong.append(f"a file is missing or not as it must be: {broken!r}")

    def all(self) -> None:
        for step in (
            self.sums,
            self.read_manifest,
            self.read_keys,
            self.read_seals,
            self.check_keys,
            self.check_entries,
        ):
            self.attempt(step)

    def sums(self) -> None:
        """SHA256SUMS: that the files are as they were written, and no others. Nobody signed it: a forger can forge it too."""
        listed = dict(line.split("  ", 1)[::-1] for line in text_of(self.folder / "SHA256SUMS").splitlines())
        here = (f for f in self.folder.rglob("*") if f.is_symlink() or not f.is_dir())
        known = {"SHA256SUMS", *listed}
        for name in sorted(
            {f.relative_to(self.folder).as_posix() for f in here if f not in self.own} - known
        ):
            self.wrong.append(f"{name} is none of this export's files: take it away and check again")
        for name in sorted(listed):
            digest = hashlib.sha256()
            with (self.folder / name).open("rb") as file:
                for block in iter(lambda file=file: file.read(1 << 20), b""):  # type: ignore[misc]
                    digest.update(block)
            if digest.hexdigest() != listed.get(name):
                self.wrong.append(f"{name} is not as it was when the export was written")

    def read_manifest(self) -> None:
        said = plain(b"".join(lines_of(self.folder / "manifest.json")), "manifest.json")
        if said["format"] != "inkt ledger export" or said["v"] != 1:
            raise Wrong("manifest.json is not that of an export this program knows")
        self.manifest = said

    def read_keys(self) -> None:
        """The public keys. That they are the site's own is for the reader to compare, or to say with --public-key."""
        for file in sorted(self.folder.glob("keys/*")):
            key = key_of(text_of(file))
            self.keys[key.name] = key
            if file.name != key.name + ".pub":
                raise Wrong(f"keys/{file.name} holds key {key.name}")
        if self.trusted is not None:
            if self.keys.get(self.trusted.name) != self.trusted:
                self.wrong.append(f"your public key {self.trusted.name} is not among those of this export")
            self.keys[self.trusted.name] = self.trusted

    def read_seals(self) -> None:
        for file in sorted(self.folder.glob("seals/*.seal")):
            text = text_of(file)
            seal = seal_of(file.name, text, text_of(file.with_name(file.name + ".minisig")))
            if seal.text != text:
                self.wrong.append(f"{file.name} is not in its one spelling")
            self.seals.append(seal)
        self.seals.sort(key=lambda seal: seal.size)
        for seal in self.seals + [b for b in self.brought if b.signature]:
            self.attempt(self.check_seal, seal)

    def check_seal(self, seal: Seal) -> None:
        said = seal.said
        if said["site"] != self.manifest["site"] or said["key"] not in self.keys:
            raise Wrong(
                "{} is a seal of site {} by key {}, which is not here".format(
                    seal.name, said["site"], said["key"]
                )
            )
        try:
            comment = check_signature(self.keys[said["key"]], seal.text.encode(), seal.signature)
        except Wrong as no:
            raise Wrong(f"{seal.name}: {no}") from None
        if comment != "inkt seal of site {site}, {size} entries, {at}, {occasion}".format(**said):
            raise Wrong(f"{seal.name}: the trusted comment says something else than the seal")

    def check_keys(self) -> None:
        """In order of size each seal is by the key in force; a seal that names a successor puts it in force."""
        in_force, vouched = None, self.trusted is None
        for seal in self.seals:
            if in_force not in (None, seal.said["key"]):
                raise Wrong(
                    "{} is by key {}, when key {} was in force".format(seal.name, seal.said["key"], in_force)
                )
            vouched = vouched or seal.said["key"] == self.trusted.name  # type: ignore[union-attr]
            self.covered = seal.size if vouched else 0
            in_force = seal.said["key"]
            if seal.said["successor"]:
                successor = key_of(seal.said["successor"])
                if self.keys.get(successor.name) != successor:
                    raise Wrong(f"{seal.name} names key {successor.name}, which is not here")
                in_force = successor.name
        if self.trusted is not None and not vouched:
            raise Wrong(f"no seal here is by your key {self.trusted.name}")

    # --- entries

    def check_entries(self) -> None:
        if not self.manifest:
            return
        if self.manifest["whole"] is True:
            self.whole()
        else:
            self.part()
        self.not_proved.append(
            "who made this export, when, with which program and what was asked for: nobody signed manifest.json"
        )
        if not self.seals:
            if not self.brought:
                self.not_proved.append("that this ledger is the one that was: it has no seal")
        elif self.trusted is None:
            by = self.seals[0].said["key"]
            self.not_proved.append(
                f"that key {by} is the site's first: compare it with the site's, or give --public-key"
            )
        else:
            self.proved.append(f"The seals that count are by your key {self.trusted.name} or a key it named.")

    def read_entries(self) -> Iterator[Tuple[int, bytes]]:
        """Each entry's number and bytes, with every link that can be checked between neighbours."""
        last, head = 0, GENESIS
        for raw in lines_of(self.folder / "entries.jsonl"):
            self.entries += 1
            said = plain(raw, f"the entry in line {self.entries}")
            sequence = said["sequence"]
            if type(sequence) is not int or sequence <= last or said["site"] != self.manifest["site"]:
                raise Wrong(f"the entry in line {self.entries} is out of place")
            if sequence == last + 1 and said["previous"] != head:
                raise Wrong(f"entry {sequence} does not follow from the entry before it")
            last, head = sequence, hashlib.sha256(raw).hexdigest()
            yield sequence, raw
        if self.entries != self.manifest["entries"] or last > self.manifest["size"]:
            raise Wrong("the entries are not as many as the manifest says")
        if last == self.manifest["size"] and head != self.manifest["head"]:
            raise Wrong("the last entry is not the one the manifest names")

    def whole(self) -> None:
        """Every entry from the first: the chain, and each seal against the tree as it grows."""
        tree, left = Growing(), sorted(self.seals + self.brought, key=lambda seal: seal.size)
        for sequence, raw in self.read_entries():
            tree.add(leaf_hash(raw))
            if sequence != tree.size:
                raise Wrong(f"entry {tree.size} is missing")
            while left and left[0].size == tree.size:
                seal = left.pop(0)
                if seal.root != tree.root() or seal.said["head"] != hashlib.sha256(raw).hexdigest():
                    self.wrong.append(f"{seal.name} was made over other entries than these")
        for seal in left:
            self.wrong.append(
                f"{seal.name} covers {seal.size} entries and here are {tree.size}: cut off, or an older copy"
            )
        if self.entries != self.manifest["size"]:
            raise Wrong("the manifest speaks of another number of entries")
        covered = max([self.covered, *(b.size for b in self.brought)])
        self.proved.append(f"The {self.entries} entries are one unbroken chain from the first.")
        if covered:
            self.proved.append(
                f"Entries 1 to {covered} are exactly those that were sealed ({len(self.seals + self.brought)} seals)."
            )
        if covered < self.entries:
            self.not_proved.append(
                f"anything about entries {covered + 1} to {self.entries}, which no such seal covers"
            )
        self.not_proved.append(f"that nothing was recorded after entry {self.entries}")

    def part(self) -> None:
        """A selection: each entry is proved to belong to what the newest seal covers; the others stay hidden."""
        top = self.seals[-1] if self.seals else None
        proofs = (plain(line, "a proof") for line in lines_of(self.folder / "proofs.jsonl"))
        newer = []
        for sequence, raw in self.read_entries():
            if top is None or sequence > top.size:
                newer.append(str(sequence))
                continue
            proof = next(proofs, {"sequence": 0})
            if proof["sequence"] != sequence:
                raise Wrong(f"the proof of entry {sequence} is missing")
            if not included(leaf_hash(raw), sequence - 1, top.size, path_of(proof), top.root):
                self.wrong.append(f"entry {sequence} does not belong to the sealed ledger")
            if sequence == top.size and hashlib.sha256(raw).hexdigest() != top.said["head"]:
                self.wrong.append(f"entry {sequence} is not the head that was sealed")
        if next(proofs, None) is not None:
            raise Wrong("there is a proof of an entry that is not here")
        if (
            top is None
        ):  # whoever takes the seals out takes the way from a kept one to these entries with them
            self.wrong += [f"{seal.name}: a seal you brought leads to nothing here" for seal in self.brought]
        if top is not None:
            self.check_growth(top)
            self.proved.append(
                f"{self.entries - len(newer)} of {self.entries} entries belong, byte for byte and each in its place, "
                f"to the {top.size} entries sealed at {top.said['at']}."
            )
        if newer:
            self.not_proved.append(f"anything about entries {', '.join(newer)}, which no seal covers")
        self.not_proved.append(
            "that no other entry belongs to this selection: what is left out cannot be seen"
        )

    def check_growth(self, top: Seal) -> None:
        """The tree of each older seal is the beginning of the newest one's."""
        lines = [plain(line, "a proof") for line in lines_of(self.folder / "consistency.jsonl")]
        paths = {said["size"]: path_of(said) for said in lines}
        for seal in self.seals + self.brought:
            if seal.size != top.size and seal.size not in paths:
                self.wrong.append(
                    f"{seal.name}: no proof here leads from its {seal.size} entries to the newest seal"
                )
            elif not continued(seal.size, top.size, paths.get(seal.size, []), seal.root, top.root):
                self.wrong.append(f"{seal.name} was made over another ledger than the newest seal")


def told(check: Check) -> str:
    """The outcome in plain words."""
    if check.wrong:
        return "\n".join([*(f"WRONG: {w}" for w in check.wrong), "This export does not hold."])
    lines = [f"Proved: {p}" for p in check.proved] + [f"Not proved: {n}." for n in check.not_proved]
    return "\n".join([*lines, "Nothing was found wrong."])


def main(arguments: Optional[List[str]] = None) -> int:
    """The command line. 0: nothing wrong; 4: something is; 2: it was asked wrongly."""
    parser = argparse.ArgumentParser(description="Check an export of an inkt ledger.")
    parser.add_argument("export", nargs="?", type=Path, default=Path(__file__).resolve().parent)
    parser.add_argument("--public-key", type=Path, help="the site's seal.pub, got from elsewhere")
    parser.add_argument("--seal", type=Path, action="append", default=[], help="a seal kept elsewhere")
    parser.add_argument("--json", action="store_true", help="one JSON document")
    asked = parser.parse_args(arguments)
    try:
        trusted = key_of(text_of(asked.public_key)) if asked.public_key else None
        brought = [seal_of(file.name, text_of(file)) for file in asked.seal]
    except (Wrong, OSError) as no:
        parser.error(str(no))
    own = tuple(file.resolve() for file in (asked.public_key, *asked.seal) if file)
    check = Check(asked.export, trusted, brought, own)
    check.all()
    answer = {"ok": not check.wrong, "entries": check.entries, "wrong": check.wrong}
    answer.update(proved=[] if check.wrong else check.proved, not_proved=check.not_proved)
    sys.stdout.write((json.dumps(answer) if asked.json else told(check)) + "\n")
    return 4 if check.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
