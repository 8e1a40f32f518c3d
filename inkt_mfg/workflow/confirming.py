"""Commands that confirm who uses a password an administrator gave: the accountable second look before anything is signed.

A QA officer signs it; where there is no other, another administrator says so with a reason. Refused for oneself, for
whoever gave the password, before the person chose one of their own, and where nothing waits.
"""

from inkt_mfg.language import Phrase
from inkt_mfg.records.people import User
from inkt_mfg.records.words import Meaning
from inkt_mfg.refusal import refuse
from inkt_mfg.views.confirmations import CHECKED, CONFIRM, CONFIRM_WITHOUT_QA, Reset, unconfirmed_reset
from inkt_mfg.workflow.command import Act, Done, command
from inkt_mfg.workflow.confirmed import other_qa_officers, who_confirms
from inkt_mfg.workflow.people import person_called
from inkt_mfg.workflow.permissions import Permission
from inkt_mfg.workflow.typed import said


@command(
    CONFIRM,
    Phrase("confirm who uses a new first password"),
    permission=Permission.CONFIRM_IDENTITY,
    signs=Meaning.VERIFICATION,
)
def confirm_identity(act: Act, *, user_name: str, identity_checked: str) -> Done:
    """The person has shown who they are and logged in, before the eyes of whoever signs this, with a password of their own."""
    return _confirm(act, user_name, identity_checked)


@command(
    CONFIRM_WITHOUT_QA,
    Phrase("confirm who uses a new first password, where no other QA officer is"),
    permission=Permission.MANAGE_PEOPLE,
    asks_reason=True,
)
def confirm_identity_without_qa(act: Act, *, user_name: str, identity_checked: str) -> Done:
    """The only QA officer forgot the password: an administrator other than the one who gave the new one looks."""
    user = person_called(act, user_name)
    others = other_qa_officers(act.work.session, user)
    if others:
        raise refuse(
            "R20",
            Phrase("this site has another QA officer: {names}", names=", ".join(u.full_name for u in others)),
            expected=Phrase("the confirmation of a QA officer, where there is one"),
            resolve_by=Phrase("{name}, by {command}", name=others[0].full_name, command=CONFIRM),
            field="user_name",
            typed=user_name,
        )
    return _confirm(act, user_name, identity_checked)


def _confirm(act: Act, user_name: str, identity_checked: str) -> Done:
    user = person_called(act, user_name)
    reset = _waiting(act, user)
    _refuse_the_wrong_one(act, user, reset)
    if user.must_change_password:
        raise refuse(
            "R20",
            Phrase("{name} has not changed the first password yet", name=user.full_name),
            expected=Phrase("a password nobody else knows, chosen before you look"),
            resolve_by=Phrase("{name}", name=user.full_name),
            field="user_name",
            typed=user_name,
        )
    act.work.note(CHECKED, said(identity_checked, "identity_checked"))
    act.work.note("reset_in_entry", str(reset.sequence))
    user.row_version += (
        1  # the account's own row is touched: its history, which is indexed, leads to this entry
    )
    return Done(
        user, Phrase("it is {name} who uses the new password: they may sign again", name=user.full_name)
    )


def _waiting(act: Act, user: User) -> Reset:
    reset = unconfirmed_reset(act.work.session, user)
    if reset is None:
        raise refuse(
            "R20",
            Phrase("nobody gave {name} a password that is not confirmed", name=user.full_name),
            expected=Phrase("a person who was given a new first password"),
            field="user_name",
            typed=user.user_name,
        )
    return reset


def _refuse_the_wrong_one(act: Act, user: User, reset: Reset) -> None:
    """Neither who may know the password nor the person: the second look is another's."""
    if act.actor.key == user.key or act.actor.user_name == reset.by:
        raise refuse(
            "R20",
            Phrase("nobody confirms themselves")
            if act.actor.key == user.key
            else Phrase("{by} gave this password and may know it", by=reset.by),
            expected=Phrase("somebody else's second look"),
            resolve_by=who_confirms(act.work.session, user, reset.by),
            field="user_name",
            typed=user.user_name,
        )
