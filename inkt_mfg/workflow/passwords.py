"""Passwords: Argon2id hashes with the site's own parameters, and what a password must be like.

Only ``workflow.people`` and ``workflow.bench`` use it. The cheap profile exists for training sites alone.
"""

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from inkt_mfg.language import Phrase
from inkt_mfg.refusal import refuse

if TYPE_CHECKING:
    from argon2 import PasswordHasher

SHORTEST = 10


@dataclass(frozen=True, slots=True)
class PasswordProfile:
    """Argon2id parameters (RFC 9106). memory_kib in KiB."""

    time_cost: int
    memory_kib: int
    parallelism: int

    def hasher(self) -> "PasswordHasher":
        # Imported here: 26 ms that a calculator on the command line need not pay.
        from argon2 import PasswordHasher, Type

        return PasswordHasher(self.time_cost, self.memory_kib, self.parallelism, type=Type.ID)

    def as_settings(self) -> dict[str, int]:
        return asdict(self)


CLINICAL = PasswordProfile(
    time_cost=3, memory_kib=65_536, parallelism=4
)  # RFC 9106, second recommended option
TRAINING = PasswordProfile(time_cost=1, memory_kib=8, parallelism=1)  # nothing worth guarding behind it

_COMMON = frozenset({"password", "passw0rd", "1234567890", "qwertyuiop", "letmeinplease", "administrator"})


def check_new_password(password: str, user_name: str) -> None:
    """Raises Refusal ``R26`` for a password too short, too common, or holding the user name."""
    wrong: Phrase | None = None
    if len(password) < SHORTEST:
        wrong = Phrase("the password has {length} characters", length=len(password))
    elif password.lower().rstrip("0123456789!") in _COMMON or password.lower() in _COMMON:
        wrong = Phrase("this password is among the first that are tried")
    elif user_name.lower() in password.lower():
        wrong = Phrase("the password holds the user name")
    if wrong:
        raise refuse(
            "R26",
            wrong,
            expected=Phrase("at least {shortest} characters that nobody would guess", shortest=SHORTEST),
            resolve_by=Phrase("you, by choosing another one"),
            field="password",
        )


def matches(hashed: str, password: str) -> bool:
    """Whether this is the password behind the hash."""
    from argon2 import PasswordHasher
    from argon2.exceptions import InvalidHashError, VerificationError

    try:
        return PasswordHasher().verify(hashed, password)
    except (VerificationError, InvalidHashError):
        return False
