"""The seal of a backup: a minisign signature over its manifest, which names every file by its hash. Stock ``minisign -Vm`` checks it.

Made by ``workflow.keeping`` for a key holder, checked by whoever lists, rehearses or puts back a backup. A backup without one is
unsealed, which is said and goes on; it refuses one whose seal does not fit.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path

from inkt_mfg.language import Phrase
from inkt_mfg.ledger.minisign import NotMinisign, PublicKey, SecretKey, Signature
from inkt_mfg.ledger.seals import stored_keys
from inkt_mfg.refusal import Refusal, Unable, refuse
from inkt_mfg.store.backup import SITE_FILES
from inkt_mfg.store.bundle import SIGNATURE, Backup
from inkt_mfg.store.copying import settle
from inkt_mfg.store.seal_key import PUBLIC_FILE
from inkt_mfg.store.unit_of_work import Store


class Sealed(Enum):
    """What the seal of a backup says."""

    NO = auto()
    YES = auto()
    NOT_CHECKED = auto()  # by a key nobody here knows
    BROKEN = auto()


@dataclass(frozen=True, slots=True)
class SealOfBackup:
    """How a backup is sealed, and by which key."""

    sealed: Sealed
    key: str | None = None

    def says(self) -> Phrase:
        match self.sealed:
            case Sealed.NO:
                return Phrase("unsealed")
            case Sealed.YES:
                return Phrase("sealed by key {key}", key=self.key)
            case Sealed.NOT_CHECKED:
                return Phrase("sealed by key {key}, which is not known here", key=self.key)
            case Sealed.BROKEN:
                return Phrase("THE SEAL DOES NOT FIT")

    def as_json(self) -> dict[str, str | None]:
        return {"seal": self.sealed.name.lower(), "seal_key": self.key}


def comment(backup: Backup) -> str:
    """What the signature's trusted comment says: which backup this is the manifest of. Not its folder, which may be renamed."""
    manifest = backup.manifest
    made_at = manifest.made_at.isoformat(timespec="seconds")
    return f"inkt backup site {manifest.site} {made_at} entries {manifest.sequence} head {manifest.head}"


def write_seal(backup: Backup, key: SecretKey) -> Path:
    """Sign the manifest as it was read. The file gets its name whole, by one rename. Raises Unable."""
    signature = key.sign(backup.content, trusted=comment(backup), untrusted="signature of an inkt backup")
    beside = backup.folder.with_name(
        f".{backup.name}.{SIGNATURE}.part"
    )  # in the folder it would be a stranger
    file = backup.folder / SIGNATURE
    try:
        beside.write_text(signature.file, encoding="utf-8", newline="\n")
        settle(beside)
        beside.replace(file)
        settle(backup.folder)
    except OSError as wrong:
        raise Unable(
            Phrase("The seal could not be written in {folder}: {why}.", folder=backup.folder, why=wrong.strerror or wrong),
            Phrase("The backup is good and unsealed. Put that right, then: inkt backup seal {folder}", folder=backup.folder),
        ) from wrong  # fmt: skip
    return file


def seal_of(backup: Backup, known: Iterable[PublicKey]) -> SealOfBackup:
    """Whether the manifest is the one that was sealed, as far as one of the keys ``known`` can say."""
    if backup.signature is None:
        return SealOfBackup(Sealed.NO)
    try:
        signature = Signature.read(backup.signature)
    except NotMinisign:
        return SealOfBackup(Sealed.BROKEN)
    keys = [key for key in known if key.key_id == signature.key_id]
    if not keys:
        return SealOfBackup(Sealed.NOT_CHECKED, signature.key_name)
    fits = signature.trusted == comment(backup) and any(_fits(key, backup, signature) for key in keys)
    return SealOfBackup(Sealed.YES if fits else Sealed.BROKEN, signature.key_name)


def _fits(key: PublicKey, backup: Backup, signature: Signature) -> bool:
    try:
        key.refuse_forged(backup.content, signature)
    except NotMinisign:
        return False
    return True


def refuse_broken_seal(backup: Backup, known: Iterable[PublicKey]) -> SealOfBackup:
    """How it is sealed. Raises Refusal R60 for a manifest that is not the one that was sealed."""
    seal = seal_of(backup, known)
    if seal.sealed is Sealed.BROKEN:
        raise broken_seal(backup)
    return seal


def broken_seal(backup: Backup) -> Refusal:
    """What is said of a manifest whose signature does not fit."""
    return refuse(
        "R60",
        Phrase("the seal of the backup {name} does not fit its manifest", name=backup.name),
        expected=Phrase("the manifest that was sealed, with its {file}", file=SIGNATURE),
        resolve_by=Phrase(
            "you, with another backup: `inkt backup list` names them; ask who changed this one"
        ),
        field="backup",
        typed=str(backup.folder),
    )


# --- which keys are known


def keys_of(store: Store) -> list[PublicKey]:
    """Every key the site's ledger ever sealed with. Raises Unable."""
    with store.reading() as session:
        rows = stored_keys(session.connection(), store.site)
    return [key for row in rows if (key := _read(row.public_key)) is not None]


def keys_beside(folder: Path | None) -> list[PublicKey]:
    """The key of ``seal.pub`` in a site's folder, or in what a backup holds of one; none where there is none."""
    try:
        text = "" if folder is None else (folder / PUBLIC_FILE).read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError):
        return []
    key = _read(text)
    return [] if key is None else [key]


def keys_within(backup: Backup) -> list[PublicKey]:
    """The key a backup brought along: it shows what was changed by mistake, not what was forged with its key."""
    return keys_beside(backup.folder / SITE_FILES)


def _read(text: str) -> PublicKey | None:
    try:
        return PublicKey.read(text)
    except NotMinisign:
        return None
