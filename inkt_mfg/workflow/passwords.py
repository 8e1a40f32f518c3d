"""Passwords: Argon2id hashes with the site's own parameters, what a password must be like, and when it is too old.

Only ``workflow.people``, ``workflow.site`` and ``workflow.bench`` use it. What is common is judged by zxcvbn, whose
lists hold thirty thousand passwords people really took, with names and words; nothing leaves the machine.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from inkt_mfg.language import Phrase
from inkt_mfg.records.people import User
from inkt_mfg.records.site_settings import Argon2Cost, SiteSettings
from inkt_mfg.refusal import refuse

if TYPE_CHECKING:
    from argon2 import PasswordHasher

LONGEST = 128  # so that nobody makes the hashing slow
_EASY = 10**6  # guesses; five failures lock an account, so this leaves an outsider one chance in 200,000
_JUDGED = 72  # zxcvbn's own limit
_DECORATION = "0123456789!@#$%&*?.,_- "  # what people append to a common password


def hasher(cost: Argon2Cost) -> "PasswordHasher":
    """Argon2id at this cost."""
    # Imported here: 26 ms that a calculator on the command line need not pay.
    from argon2 import PasswordHasher, Type

    return PasswordHasher(cost.time_cost, cost.memory_kib, cost.parallelism, type=Type.ID)


def check_new_password(password: str, owner: Iterable[str], settings: SiteSettings) -> None:
    """Raises Refusal ``R26`` for a password too short, too common, or made of its owner's names (the user name first)."""
    shortest = settings.password_min_length
    user_name, *names = owner
    wrong: Phrase | None = None
    if len(password) < shortest:
        wrong = Phrase("the password has {length} characters", length=len(password))
    elif len(password) > LONGEST:
        wrong = Phrase("the password has {length} characters, more than {most}",
                       length=len(password), most=LONGEST)  # fmt: skip
    elif user_name.lower() in password.lower():
        wrong = Phrase("the password holds the user name")
    elif _is_common(password, [user_name, *names]):
        wrong = Phrase("this password is among the first that are tried")
    if wrong:
        raise refuse(
            "R26",
            wrong,
            expected=Phrase("at least {shortest} characters that nobody would guess", shortest=shortest),
            resolve_by=Phrase("you, by choosing another one"),
            field="password",
        )


def _is_common(password: str, names: list[str]) -> bool:
    """On a list of passwords people take, with or without figures behind it, or guessed within a million tries."""
    # Imported here: 40 ms for its lists, and only a new password is judged.
    from zxcvbn import zxcvbn
    from zxcvbn.matching import RANKED_DICTIONARIES

    common = RANKED_DICTIONARIES["passwords"]
    folded = password.lower()
    if folded in common or folded.rstrip(_DECORATION) in common:
        return True
    parts = [part for name in names for part in name.split()]
    return int(zxcvbn(password[:_JUDGED], user_inputs=parts)["guesses"]) < _EASY


def matches(hashed: str, password: str) -> bool:
    """Whether this is the password behind the hash."""
    from argon2 import PasswordHasher
    from argon2.exceptions import InvalidHashError, VerificationError

    try:
        return PasswordHasher().verify(hashed, _bytes(password))
    except (VerificationError, InvalidHashError):
        return False


def hash_for_nobody(cost: Argon2Cost, password: str) -> None:
    """As long as looking at a password takes, for a name nobody has."""
    hasher(cost).hash(_bytes(password))


def _bytes(password: str) -> bytes:
    """Also of what is no text, such as a byte FF in an environment variable: no password is, so it fits none."""
    return password.encode("utf-8", "surrogatepass")


def costs_otherwise(hashed: str, cost: Argon2Cost) -> bool:
    """Whether a hash was made at another cost than the site's present one."""
    return hasher(cost).check_needs_rehash(hashed)


def too_old(user: User, settings: SiteSettings, at: datetime) -> bool:
    """Whether the password is older than the site lets one become; one of unknown age is, where any can be."""
    days = settings.password_ageing_days
    if days is None:
        return False
    return user.password_changed_at is None or at - user.password_changed_at > timedelta(days=days)
