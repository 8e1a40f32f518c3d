"""Electronic signatures: two components at every signing, bound to what is signed.

Called by ``workflow.bench`` for commands that declare a meaning. It refuses the name or password of anybody but the
person acting; the bench records the failed attempt.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from inkt_mfg.language import Phrase
from inkt_mfg.ledger.canonical import canonical_text
from inkt_mfg.ledger.reading import last_link
from inkt_mfg.records.base import Record
from inkt_mfg.records.people import User
from inkt_mfg.records.signature import Signature
from inkt_mfg.records.site_settings import SigningPolicy
from inkt_mfg.records.words import Meaning, Role
from inkt_mfg.refusal import Refusal, refuse
from inkt_mfg.views.comings import name_as_typed
from inkt_mfg.views.signatures import content_sha256, manifest_of
from inkt_mfg.workflow.command import Act
from inkt_mfg.workflow.passwords import matches


@dataclass(frozen=True, slots=True)
class Credentials:
    """User name and password, typed at the moment of signing or of logging in, where a log-in may ask for a code as well."""

    user_name: str
    password: str
    code: str = ""

    def __repr__(self) -> str:  # a password never reaches a traceback or a log
        return f"Credentials({self.user_name!r}, …)"


class WrongCredentials(Refusal):
    """The name or password does not fit: counted, recorded, and after five the account is locked."""


def both_components(
    user: User, given: Credentials | None, policy: SigningPolicy, signed_before: bool
) -> Credentials | None:
    """What was given, with the user name where the site lets a session's later signings leave it out (R21).

    Raises Refusal R21 for a password alone at any other time; nothing is counted, because nothing was tried.
    """
    if given is None or given.user_name:
        return given
    if policy is SigningPolicy.PASSWORD_WITHIN_SESSION and signed_before:
        return Credentials(user.user_name, given.password)
    raise refuse(
        "R21",
        Phrase("this signing asks for the user name and the password"),
        expected=Phrase(
            "both; the password alone only where the site allows it, after a first signing of the session"
        ),
        resolve_by=Phrase("{name}", name=user.full_name),
        field="signature",
    )


def check_credentials(user: User, given: Credentials | None, command: str) -> None:
    """Raises Refusal R21 without credentials, WrongCredentials when they are not this person's own."""
    if given is None:
        raise refuse(
            "R21",
            Phrase("{command} is signed with user name and password", command=command),
            expected=Phrase("the user name and password of the person signing"),
            resolve_by=Phrase("{name}", name=user.full_name),
            field="signature",
        )
    if given.user_name != user.user_name or not matches(user.password_hash, given.password):
        blocker = refuse(
            "R21",
            Phrase("user name and password are not those of the person acting"),
            expected=Phrase("the user name and password of {name}", name=user.full_name),
            resolve_by=Phrase("{name}", name=user.full_name),
            field="signature",
            typed=name_as_typed(given.user_name),
        ).first
        raise WrongCredentials(blocker)


def sign(
    act: Act, signed: Record, covered: Iterable[Record], meaning: Meaning, role: Role, command: str
) -> Signature:
    """Write the signature over these rows, as this transaction leaves them."""
    act.work.session.flush()
    manifest = manifest_of(covered)
    sequence, _hash = last_link(act.work.session, act.work.site)
    return act.work.add(
        Signature(
            site=act.work.site,
            signer=act.actor.key,
            user_name=act.actor.user_name,
            full_name=act.actor.full_name,
            role=role,
            meaning=meaning,
            signed_at=act.now,
            utc_offset=act.work.intent.at.isoformat()[-6:],
            signed_table=str(signed.__tablename__),
            signed_key=signed.key,
            manifest=canonical_text(manifest),
            content_sha256=content_sha256(act.work.session, manifest),
            ledger_sequence=sequence + 1,
            command=command,
        )
    )
