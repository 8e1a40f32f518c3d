"""A second factor at the log-in: the code of the person's own authenticator, which changes every 30 seconds (RFC 6238).

Asked by ``workflow.bench``; enrolling is in ``enrolling``. A code is taken once. Signing stays user name and password
(21 CFR 11.200): the code opens the session, it does not sign.
"""

from inkt_mfg.language import Phrase
from inkt_mfg.records.people import User
from inkt_mfg.records.site_settings import SiteSettings
from inkt_mfg.refusal import Refusal, refuse
from inkt_mfg.workflow.permissions import Permission

_STEPS_EITHER_SIDE = 1  # a phone's clock is a little off: 30 s, as RFC 6238 section 5.2 advises


def asked_of(user: User) -> bool:
    """Whether this person's log-in asks for a code."""
    return user.second_factor is not None and user.second_factor_since is not None


def fits(user: User, code: str) -> bool:
    """Whether this is a code of now, by the machine's own clock, that was not taken yet."""
    return _step_of(user, code) is not None


def take(user: User, code: str) -> None:
    """The code is used up. Raises Refusal R20 for one that does not fit, or was taken in the meantime."""
    step = _step_of(user, code)
    if step is None:
        raise wrong_code(user)
    user.second_factor_used = step


def _step_of(user: User, code: str) -> int | None:
    import pyotp  # here: who has no second factor waits for no import

    assert user.second_factor is not None
    typed = code.replace(" ", "")
    if not (typed.isascii() and typed.isdigit()):
        return None
    try:
        # Without a time it takes the machine's own: the clock of a training site may be simulated, a phone's is not.
        step = pyotp.TOTP(user.second_factor).verify_and_get_timecode(typed, valid_window=_STEPS_EITHER_SIDE)
    except pyotp.OTPVerificationError:
        return None
    return step if user.second_factor_used is None or step > user.second_factor_used else None


def code_is_missing(user: User) -> Refusal:
    """The password fits; the code is asked for beside it. Nothing is counted, because no code was tried."""
    return refuse(
        "R20",
        Phrase("this log-in asks for a code as well"),
        expected=Phrase("the six digits your authenticator shows now"),
        resolve_by=Phrase("{name}, or an administrator when the authenticator is lost", name=user.full_name),
        field="code",
    )


def wrong_code(user: User) -> Refusal:
    """Counted like a wrong password."""
    return refuse(
        "R20",
        Phrase("this code does not fit"),
        expected=Phrase(
            "the six digits your authenticator shows now, each code once; its clock must be right"
        ),
        resolve_by=Phrase("{name}, or an administrator when the authenticator is lost", name=user.full_name),
        field="code",
    )


def refuse_without(user: User, settings: SiteSettings, permission: Permission) -> None:
    """Raises Refusal R20 where the site asks everybody and this person has not enrolled yet."""
    own = (Permission.CHANGE_OWN_PASSWORD, Permission.ENROL_SECOND_FACTOR)
    if not settings.second_factor_required or asked_of(user) or permission in own:
        return
    raise refuse(
        "R20",
        Phrase("{name} has no second factor yet, and this site asks for one", name=user.full_name),
        expected=Phrase("`inkt user second-factor enrol`, then `confirm` with a code"),
        resolve_by=Phrase("{name}", name=user.full_name),
        field="second_factor",
    )
