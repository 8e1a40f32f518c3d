"""What the machine cannot do, as one sentence and a remedy: the database's own errors, recognised by their text.

The store wraps every access in ``saying_what_the_machine_cannot``. What it does not recognise as the machine's fault
it lets through: that is a bug of ours.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, OperationalError

from inkt_mfg.language import Phrase
from inkt_mfg.refusal import Unable
from inkt_mfg.store.damage import said_damaged

# What SQLite and PostgreSQL say, in lower case; the sentence, with its blank left open; what helps.
_SIGNS: tuple[tuple[tuple[str, ...], Phrase, Phrase], ...] = (
    (
        ("disk is full", "no space left"),
        Phrase("The disk that holds {place} is full."),
        Phrase("Nothing was recorded. Free some space, then do it again."),
    ),
    (
        ("readonly",),
        Phrase("{place} is read-only."),
        Phrase("Nothing was recorded. Make the site's folder writable for this user."),
    ),
    (
        ("read-only transaction",),
        Phrase("The database at {place} is read-only: a standby, or closed for writing."),
        Phrase("Nothing was recorded. Use the primary server."),
    ),
    (
        ("permission denied",),
        Phrase("This program's user may not do that in the database at {place}."),
        Phrase("Nothing was recorded. Ask whoever runs the database to grant it."),
    ),
    (
        ("no password supplied", "password authentication failed"),
        Phrase("The database server at {place} does not accept this password, or was given none."),
        Phrase("Nothing was recorded. Put it into ~/.pgpass (mode 600) or INKT_DATABASE_URL."),
    ),
    (
        ("lock timeout", "database is locked"),
        Phrase("{place} is held by another program."),
        Phrase("Nothing was recorded. Wait for it to finish, then do it again."),
    ),
    (
        ("deadlock detected",),
        Phrase("{place} was wanted by two programs at once, and this one gave way."),
        Phrase("Nothing was recorded. Do it again."),
    ),
    (
        ("connection refused", "no such file or directory"),
        Phrase("The database server at {place} does not answer."),
        Phrase("Nothing was recorded. See that it runs and can be reached, then do it again."),
    ),
    (
        ("terminating connection", "server closed the connection"),
        Phrase("The database server at {place} ended the connection."),
        Phrase("Nothing was recorded. See that it runs, then do it again."),
    ),
    (
        ("unable to open database file",),
        Phrase("{place} cannot be opened."),
        Phrase("Nothing was recorded. Look whether the folder exists and is writable."),
    ),
    (
        ("disk i/o error",),
        Phrase("{place} cannot be read or written: disk I/O error."),
        Phrase("Nothing was recorded. Look at the disk, its space and its permissions."),
    ),
    (
        ("not a database",),
        Phrase("{place} is damaged or is not a database."),
        Phrase("Nothing was recorded. Restore the last good backup."),
    ),
)


@contextmanager
def saying_what_the_machine_cannot(place: str) -> Iterator[None]:
    """Turn the database's own errors into ``Unable``; nothing was recorded when this raises it."""
    try:
        yield
    except DBAPIError as wrong:
        raise _said(place, wrong) from wrong


def said_of(place: str, wrong: Exception) -> Exception:
    """An error of a database driver itself as ``Unable``."""
    return _by_signs(place, str(wrong)) or _cannot_be_used(place, str(wrong))


def _by_signs(place: str, text: str) -> Unable | None:
    if "malformed" in text.lower():
        return said_damaged(place)
    for signs, what, remedy in _SIGNS:
        if any(sign in text.lower() for sign in signs):
            return Unable(Phrase(what.template, place=place), remedy)
    return None


def _cannot_be_used(place: str, text: str) -> Unable:
    why = (text.strip().splitlines() or ["no reason given"])[0]
    return Unable(
        Phrase("The database at {place} cannot be used: {why}.", place=place, why=why),
        Phrase("Nothing was recorded. Look at the database, then do it again."),
    )


def _said(place: str, wrong: DBAPIError) -> Exception:
    known = _by_signs(place, str(wrong.orig))
    if known is not None:
        return known
    if isinstance(wrong, OperationalError) or wrong.connection_invalidated:
        return _cannot_be_used(place, str(wrong.orig))
    return wrong
