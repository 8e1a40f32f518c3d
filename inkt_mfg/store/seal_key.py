"""The site's seal key as files in the site's folder: ``seal.key`` under its passphrase, ``seal.pub`` for everybody.

Outside the database on purpose: whoever can rewrite the database cannot seal what they wrote. Called by
``workflow.sealing`` and by the making of a site. It refuses a key file others may read, a passphrase that is short or
wrong, and to write over a key.
"""

import os
import stat
import time
from collections.abc import Callable
from pathlib import Path

from inkt_mfg.language import Phrase
from inkt_mfg.ledger.minisign import (
    CLINICAL,
    LONGEST_PASSPHRASE,
    TRAINING,
    NotMinisign,
    PublicKey,
    SecretKey,
    WrongPassphrase,
)
from inkt_mfg.refusal import Refusal, Unable, refuse
from inkt_mfg.store.copying import settle

KEY_FILE = "seal.key"
PUBLIC_FILE = "seal.pub"
NEXT_FILE = "seal.key.next"  # begins the name of a new key's file, until the ledger knows it
SHORTEST = 12
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_LEFT_AFTER_SECONDS = 24 * 3600


def is_secret(name: str) -> bool:
    """Whether a file of this name in a site's folder is a secret key."""
    return name == KEY_FILE or name.startswith(NEXT_FILE)


def the_folder(folder: Path | None) -> Path:
    """The site's folder. Raises Refusal for a database that was opened by its address alone."""
    if folder is None:
        raise refuse(
            "R04",
            Phrase("the seal key lies in the site's folder, and only the database's address was given"),
            expected=Phrase("the folder of the site (--site or INKT_SITE)"),
            field="site",
        )
    return folder


def check_passphrase(passphrase: str) -> None:
    """Raises Refusal ``R04`` for one too short to guard a key that outlives its makers, or too long for minisign."""
    size = len(passphrase.encode())
    if len(passphrase) < SHORTEST or size > LONGEST_PASSPHRASE or "\n" in passphrase:
        raise refuse(
            "R04",
            Phrase("the passphrase has {n} characters", n=len(passphrase)),
            expected=Phrase(
                "at least {shortest} characters on one line that nobody would guess", shortest=SHORTEST
            ),
            resolve_by=Phrase("you, by choosing another one"),
            field="passphrase",
        )


def write_key(folder: Path, key: SecretKey, passphrase: str, *, training: bool, name: str = KEY_FILE) -> Path:
    """Write a key file its owner alone may read. Raises Refusal when there is one, Unable when it cannot be written."""
    check_passphrase(passphrase)
    path = folder / name
    locked = key.locked(passphrase, TRAINING if training else CLINICAL)
    try:
        _write_new(path, locked)
    except FileExistsError:
        raise refuse(
            "R04",
            Phrase("there is a seal key already"),
            expected=Phrase("`inkt ledger key rotate`, which gives it a successor"),
            field="key",
            typed=str(path),
        ) from None
    except OSError as wrong:
        raise _cannot(path, wrong) from wrong
    return path


def _write_new(path: Path, text: str) -> None:
    """Whole and on the disk, or not there at all."""
    made = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(made, "w", encoding="ascii") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        settle(path.parent)
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def write_next(folder: Path, key: SecretKey, passphrase: str, *, training: bool) -> Path:
    """As ``write_key``, under a name of its own until ``take_over``: two programs at it never touch each other's."""
    _clear_left(folder)
    return write_key(folder, key, passphrase, training=training, name=f"{NEXT_FILE}.{key.public.name}")


def _clear_left(folder: Path) -> None:
    """Forget new keys the ledger never heard of; what another program is making is younger than a day."""
    try:
        for left in folder.glob(f"{NEXT_FILE}*"):
            if time.time() - left.stat().st_mtime > _LEFT_AFTER_SECONDS:
                left.unlink(missing_ok=True)
    except OSError as wrong:
        raise _cannot(folder, wrong) from wrong


def write_public(folder: Path, key: PublicKey) -> Path:
    """Write ``seal.pub``: the file to give to whoever shall check seals."""
    path = folder / PUBLIC_FILE
    try:
        path.write_text(key.file, encoding="ascii")
    except OSError as wrong:
        raise _cannot(path, wrong) from wrong
    return path


def take_over(new: Path) -> None:
    """The new key, which the ledger names, in the place of whatever is there: nothing more is ever signed with that."""
    present = new.with_name(KEY_FILE)
    try:
        new.replace(present)
        settle(present.parent)
    except OSError as wrong:
        raise _cannot(present, wrong) from wrong


class TriedPassphrase(Refusal):
    """A passphrase was tried and does not open the key: counted as a wrong password is."""


def unlock(folder: Path, passphrase: str, wanted: Callable[[PublicKey], bool]) -> SecretKey:
    """The site's present key. Raises Refusal for no key file, one others may read, a wrong passphrase or another key.

    ``wanted`` says whether the ledger knows a key as the present one: a program that died between the ledger's entry
    and the renaming of the file has left it under another name (``write_next``).
    """
    refusal: Refusal | None = None
    found: SecretKey | None = None
    for path in (folder / KEY_FILE, *sorted(folder.glob(f"{NEXT_FILE}*"))):
        try:
            key = _unlocked(path, passphrase)
        except Refusal as no:
            refusal = refusal or no
            continue
        if key is not None and wanted(key.public):
            if path.name != KEY_FILE:
                take_over(path)
            if _public(folder) != key.public.file:
                write_public(folder, key.public)
            return key
        found = found or key
    raise refusal or (_no_key(folder) if found is None else _another_key(found.public))


def _public(folder: Path) -> str | None:
    """What ``seal.pub`` says; a program that died, or a full disk, may have left it out or as it was."""
    try:
        return (folder / PUBLIC_FILE).read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError):
        return None


def _unlocked(path: Path, passphrase: str) -> SecretKey | None:
    try:
        mode = path.stat().st_mode
        text = path.read_text(encoding="ascii")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as wrong:
        raise _cannot(path, wrong) from wrong
    if mode & _OTHERS:
        raise refuse(
            "R04",
            Phrase("others may read the seal key"),
            expected=Phrase("a file only its owner may read: chmod 600 {file}", file=path),
            resolve_by=Phrase("whoever runs this machine"),
            field="key",
            typed=stat.filemode(mode),
        )
    try:
        return SecretKey.unlock(text, passphrase)
    except NotMinisign as wrong:
        no = refuse(
            "R04",
            Phrase("the seal key does not open: {why}", why=wrong),
            expected=Phrase("the passphrase given when the key was made"),
            resolve_by=Phrase("a key holder"),
            field="passphrase",
        )
        raise (TriedPassphrase(*no.blockers) if isinstance(wrong, WrongPassphrase) else no) from wrong


def _no_key(folder: Path) -> Refusal:
    return refuse(
        "R04",
        Phrase("there is no seal key here that this passphrase opens"),
        expected=Phrase("{file}, and its passphrase", file=folder / KEY_FILE),
        resolve_by=Phrase("a key holder, or `inkt ledger key make` at a site that never had one"),
        field="key",
    )


def _another_key(key: PublicKey) -> Refusal:
    return refuse(
        "R04",
        Phrase(
            "{file} holds key {key}, which is not the present seal key of this site",
            file=KEY_FILE,
            key=key.name,
        ),
        expected=Phrase("the key the ledger names last"),
        resolve_by=Phrase("a key holder"),
        field="key",
    )


def _cannot(path: Path, wrong: Exception) -> Unable:
    return Unable(
        Phrase(
            "{file} cannot be read or written: {why}.",
            file=path,
            why=getattr(wrong, "strerror", None) or wrong,
        ),
        Phrase("Nothing was sealed. Look at the folder, its space and its permissions."),
    )
