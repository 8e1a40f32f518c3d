"""Commands about one's second factor: enrolling it, showing that it works, and taking it away.

The secret is shown to its owner once; the ledger holds its digest. An administrator takes a lost one away, after looking
anew who asks, and never learns one.
"""

from inkt_mfg.language import Phrase
from inkt_mfg.records.people import User
from inkt_mfg.refusal import Refusal, refuse
from inkt_mfg.workflow.command import Act, Done, command
from inkt_mfg.workflow.people import person_called
from inkt_mfg.workflow.permissions import Permission
from inkt_mfg.workflow.second_factor import asked_of, take
from inkt_mfg.workflow.signing import Credentials, check_credentials
from inkt_mfg.workflow.typed import said

ISSUER = "inkt"


@command(
    "person.enrol_second_factor",
    Phrase("enrol a second factor"),
    permission=Permission.ENROL_SECOND_FACTOR,
)
def enrol_second_factor(act: Act, *, password: str) -> Done:
    """A new secret, shown once to its owner; it is asked for only after a code of it was given."""
    import pyotp

    user = act.actor
    check_credentials(user, Credentials(user.user_name, password), "person.enrol_second_factor")
    if asked_of(user):
        raise refuse(
            "R20",
            Phrase("{name} has a second factor already", name=user.full_name),
            expected=Phrase("one taken away first: by you with a code, or by an administrator"),
            resolve_by=Phrase("{name}, or an administrator when the authenticator is lost", name=user.full_name),
            field="second_factor",
        )  # fmt: skip
    user.second_factor, user.second_factor_used = pyotp.random_base32(), None
    uri = pyotp.TOTP(user.second_factor, name=f"{user.user_name}@{act.work.site}", issuer=ISSUER)
    return Done(user, Phrase("{uri}", uri=uri.provisioning_uri()))


@command(
    "person.confirm_second_factor",
    Phrase("show that the second factor works"),
    permission=Permission.ENROL_SECOND_FACTOR,
)
def confirm_second_factor(act: Act, *, code: str) -> Done:
    """A first code; from here on every log-in asks for one."""
    user = act.actor
    if user.second_factor is None or asked_of(user):
        raise refuse(
            "R20",
            Phrase("there is no second factor of {name} that waits for its first code", name=user.full_name),
            expected=Phrase("`inkt user second-factor enrol` first"),
            field="second_factor",
        )
    take(user, code)
    user.second_factor_since = act.now
    return Done(user, Phrase("from now on the log-in of {name} asks for a code", name=user.full_name))


@command(
    "person.drop_second_factor",
    Phrase("take one's own second factor away"),
    permission=Permission.ENROL_SECOND_FACTOR,
)
def drop_second_factor(act: Act, *, code: str) -> Done:
    """With a code of it: for another phone."""
    user = act.actor
    if not asked_of(user):
        raise _has_none(user)
    take(user, code)
    _forget(user)
    return Done(user, Phrase("{name} has no second factor now", name=user.full_name))


@command(
    "person.reset_second_factor",
    Phrase("take a lost second factor away"),
    permission=Permission.MANAGE_PEOPLE,
    asks_reason=True,
)
def reset_second_factor(act: Act, *, user_name: str, identity_checked: str) -> Done:
    """After looking anew who asks; the password alone lets them in until they enrol again."""
    user = person_called(act, user_name)
    if user.second_factor is None:
        raise _has_none(user)
    act.work.note("identity_checked", said(identity_checked, "identity_checked"))
    _forget(user)
    return Done(user, Phrase("{name} has no second factor now", name=user.full_name))


def _forget(user: User) -> None:
    user.second_factor = user.second_factor_since = user.second_factor_used = None


def _has_none(user: User) -> Refusal:
    return refuse(
        "R20",
        Phrase("{name} has no second factor", name=user.full_name),
        expected=Phrase("a person who has one"),
        field="user_name",
        typed=user.user_name,
    )
