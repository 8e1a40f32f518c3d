"""Whether a person may sign under a password an administrator gave: only once somebody else confirmed who they are (R20).

``bench`` asks here before every signature, ``keeping`` before a ledger is replaced; ``confirming`` holds the commands.
"""

from sqlmodel import Session, col, select

from inkt_mfg.language import Phrase
from inkt_mfg.records.people import RoleGrant, User
from inkt_mfg.records.words import Role
from inkt_mfg.refusal import Blocker
from inkt_mfg.views.confirmations import CONFIRM, CONFIRM_WITHOUT_QA, unconfirmed_reset


def not_confirmed(session: Session, user: User) -> Blocker | None:
    """Why this person may sign nothing yet; None where no password was given anew, or the person was confirmed since."""
    reset = unconfirmed_reset(session, user)
    if reset is None:
        return None
    return Blocker(
        "R20",
        Phrase("{by} gave {name} a new first password, and nobody else has confirmed who uses it",
               by=reset.by, name=user.full_name),
        Phrase("a QA officer who has seen {name} log in with a password of their own", name=user.full_name),
        who_confirms(session, user, reset.by),
        "identity",
    )  # fmt: skip


def who_confirms(session: Session, user: User, reset_by: str) -> Phrase:
    """Who may say that it is really this person."""
    if not other_qa_officers(session, user):
        return Phrase("an administrator other than {by}, by {command}: there is no other QA officer",
                      by=reset_by, command=CONFIRM_WITHOUT_QA)  # fmt: skip
    return Phrase("a QA officer other than {name}, by {command}", name=user.full_name, command=CONFIRM)


def other_qa_officers(session: Session, but: User) -> list[User]:
    """The QA officers who could confirm somebody: a locked account is unlocked, one that waits itself confirms nobody."""
    question = (
        select(User)
        .join(RoleGrant, col(RoleGrant.person) == col(User.key))
        .where(User.site == but.site, User.key != but.key, col(User.active).is_(True))
        .where(RoleGrant.site == but.site, RoleGrant.role == Role.QA_OFFICER)
        .where(col(RoleGrant.revoked_at).is_(None))
    )
    return [user for user in session.exec(question).all() if unconfirmed_reset(session, user) is None]
