"""A backup as it lies on the disk: a folder with the database in one file, what the site's folder held, and a manifest.

The folder gets its name only when everything in it was proven, so a half-made one can never be taken for a backup. Written
by ``backup``, read by ``restoring`` and the command line. It refuses a folder whose files are not those of its manifest.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

from inkt_mfg.files import at_most
from inkt_mfg.language import Phrase
from inkt_mfg.ledger.canonical import canonical_text
from inkt_mfg.refusal import Refusal, Unable, refuse

MANIFEST = "manifest.json"
SIGNATURE = f"{MANIFEST}.minisig"  # there when a key holder sealed the backup
MAKING = ".making"  # ends the name of a backup that is not finished
NOT_GOOD = ".not-good"  # ends the name of one whose ledger did not verify
FORMAT = 1
_LARGEST_MANIFEST, _LARGEST_SIGNATURE = 100_000_000, 100_000  # bytes


@dataclass(frozen=True, slots=True)
class Listed:
    """One file of a backup as its manifest names it; ``path`` is relative, with forward slashes."""

    path: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup says of itself. ``ledgers`` is (sequence, head) of every site in the database."""

    site: str
    training: bool
    made_at: datetime
    schema: str
    software: str
    database: str  # sqlite or postgresql
    ledgers: dict[str, tuple[int, str]]
    files: tuple[Listed, ...]
    entries_verified: int
    findings: int
    verified_with: (
        str  # the schema it was verified with: a copy made before an upgrade is proven with the new one
    )

    @property
    def sequence(self) -> int:
        return self.ledgers[self.site][0]

    @property
    def head(self) -> str:
        return self.ledgers[self.site][1]

    @property
    def good(self) -> bool:
        return self.findings == 0

    def text(self) -> str:
        """Canonical JSON, as ``docs/ledger-format.md`` defines it, with one line feed at its end."""
        return canonical_text(self.as_json()) + "\n"

    def as_json(self) -> dict[str, Any]:
        return {
            "format": FORMAT,
            "site": self.site,
            "training": self.training,
            "made_at": self.made_at.isoformat(timespec="seconds"),
            "schema": self.schema,
            "software": self.software,
            "database": self.database,
            "sequence": self.sequence,
            "head": self.head,
            "ledgers": {s: {"sequence": n, "head": h} for s, (n, h) in self.ledgers.items()},
            "files": [{"path": f.path, "bytes": f.size, "sha256": f.sha256} for f in self.files],
            "verification": {
                "ok": self.good,
                "entries": self.entries_verified,
                "findings": self.findings,
                "schema": self.verified_with,
            },
        }


@dataclass(frozen=True, slots=True)
class Backup:
    """A finished backup: its folder, its manifest, the manifest's own bytes, and the signature over them if there is one."""

    folder: Path
    manifest: Manifest
    content: bytes
    signature: str | None

    @property
    def sha256(self) -> str:
        """Of the manifest."""
        return hashlib.sha256(self.content).hexdigest()

    @property
    def name(self) -> str:
        return self.folder.name

    def as_json(self) -> dict[str, Any]:
        manifest = self.manifest.as_json()
        short = {k: manifest[k] for k in ("site", "made_at", "sequence", "head", "schema", "database")}
        size = sum(f.size for f in self.manifest.files)
        return {"backup": str(self.folder), "good": self.manifest.good, **short, "bytes": size, "manifest_sha256": self.sha256}  # fmt: skip


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, lower-case hex, read a piece at a time."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def listed(folder: Path, read: Mapping[str, str] = MappingProxyType({})) -> tuple[Listed, ...]:
    """Every file below a folder but the manifest and its signature, by path. ``read``: the hashes of those that were read already."""
    files = {p.relative_to(folder).as_posix(): p for p in sorted(_below(folder)) if p.is_file()}
    return tuple(Listed(name, p.stat().st_size, read.get(name) or sha256_of(p)) for name, p in files.items())


def _below(folder: Path) -> Iterator[Path]:
    """Everything below a folder that is no folder itself, manifest and signature left out; a link is not followed."""
    own = {folder / MANIFEST, folder / SIGNATURE}
    return (p for p in folder.rglob("*") if (p.is_symlink() or not p.is_dir()) and p not in own)


def open_backup(where: Path) -> Backup:
    """The backup in this folder (or whose manifest this is). Raises Refusal ``backup.unknown`` or ``backup.damaged``."""
    folder = where.parent if where.name == MANIFEST else where
    try:
        content = at_most(folder / MANIFEST, _LARGEST_MANIFEST)
        beside = folder / SIGNATURE
        # A larger one than any is left empty, and does not fit the manifest.
        signed = (at_most(beside, _LARGEST_SIGNATURE) or b"") if beside.exists() else None
    except (FileNotFoundError, NotADirectoryError):
        raise refuse(
            "backup.unknown",
            Phrase("there is no backup here"),
            expected=Phrase("the folder of a backup; `inkt backup list` names them"),
            field="backup",
            typed=str(where),
        ) from None
    except OSError as wrong:
        raise Unable(
            Phrase("{file} cannot be read: {why}.", file=folder / MANIFEST, why=wrong.strerror),
            Phrase("Let this user read the folder of the backups."),
        ) from wrong
    try:
        manifest = _manifest(json.loads(content or b""))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError):
        raise damaged(folder, MANIFEST) from None
    signature = None if signed is None else signed.decode("utf-8", "replace")
    return Backup(folder, manifest, content or b"", signature)


def _manifest(said: dict[str, Any]) -> Manifest:
    checked = said["verification"]
    made_at = datetime.fromisoformat(said["made_at"])
    manifest = Manifest(
        said["site"],
        said["training"],
        made_at,
        said["schema"],
        said["software"],
        said["database"],
        {site: (int(at["sequence"]), str(at["head"])) for site, at in said["ledgers"].items()},
        tuple(Listed(f["path"], f["bytes"], f["sha256"]) for f in said["files"]),
        checked["entries"],
        checked["findings"],
        checked["schema"],
    )
    # It says some things twice: whoever rewrites one of them only has written no manifest.
    if made_at.tzinfo is None or not _is_one(manifest) or manifest.as_json() != said:
        raise ValueError("no manifest this program wrote")
    return manifest


def _is_one(manifest: Manifest) -> bool:
    """Whether everything in it is of its kind."""
    texts = (manifest.site, manifest.schema, manifest.software, manifest.verified_with)
    numbers = (
        manifest.entries_verified,
        manifest.findings,
        *(f.size for f in manifest.files),
    )
    return (
        manifest.database in ("sqlite", "postgresql")
        and isinstance(manifest.training, bool)
        and all(isinstance(text, str) for text in texts)
        and all(type(number) is int for number in numbers)
        and all(isinstance(f.path, str) for f in manifest.files)
    )


def damaged(folder: Path, file: str) -> Refusal:
    """What is said of a backup that is not what was proven: it is not to be restored."""
    return refuse(
        "R60",
        Phrase("{file} of the backup {name} is not the file that was proven", file=file, name=folder.name),
        expected=Phrase("every file as its manifest lists it, by SHA-256"),
        resolve_by=Phrase("you, with another backup: `inkt backup list` names them"),
        field="backup",
        typed=str(folder),
    )


def refuse_changed(backup: Backup, read: Mapping[str, str] = MappingProxyType({})) -> None:
    """Raises Refusal R60 naming the first file that is not as the manifest lists it, or that it does not list."""
    known = {file.path for file in backup.manifest.files}
    for path in sorted(_below(backup.folder)):
        name = path.relative_to(backup.folder).as_posix()
        if name not in known or path.is_symlink():
            raise _not_listed(backup.folder, name)
    there = {f.path: f for f in listed(backup.folder, read)}
    for file in backup.manifest.files:
        if there.get(file.path) != file:
            raise damaged(backup.folder, file.path)


def _not_listed(folder: Path, file: str) -> Refusal:
    return refuse(
        "R60",
        Phrase(
            "{file} lies in the backup {name}, and its manifest does not list it", file=file, name=folder.name
        ),
        expected=Phrase("the files its manifest lists and nothing beside them"),
        resolve_by=Phrase("you, once you know who put it there: take it away, or use another backup"),
        field="backup",
        typed=str(folder),
    )


def is_as_listed(backup: Backup, read: Mapping[str, str] = MappingProxyType({})) -> bool:
    """Whether every file is still the one that was proven, and there is no other. Reads all but those ``read`` already."""
    try:
        refuse_changed(backup, read)
    except (Refusal, OSError):  # a file that cannot be read is none to restore from
        return False
    return True


def backups_in(folder: Path, site: str | None = None) -> list[Backup]:
    """The finished backups in a folder, the newest first; what cannot be read as one is left out."""
    found = []
    for manifest in sorted(folder.glob(f"*/{MANIFEST}")) if folder.is_dir() else []:
        # One that was killed just before its end has its manifest already.
        if manifest.parent.name.startswith(".") or manifest.parent.name.endswith(MAKING):
            continue
        try:
            backup = open_backup(manifest.parent)
        except (Refusal, Unable):
            continue
        if site is None or backup.manifest.site == site:
            found.append(backup)
    return sorted(found, key=lambda b: (b.manifest.made_at, b.name), reverse=True)
