"""Who is let in and in which role they act, and what is recorded of whoever is not.

Asked by ``workflow.bench`` at every log-in and every command, inside its transaction. It refuses a locked or closed
account (R25, R20), a first or too old password (R26), a role that may not (R24) and one without training (R28).
"""

from datetime import datetime

from sqlmodel import Session, col, select

from inkt_mfg.language import Phrase
from inkt_mfg.moments import zone
from inkt_mfg.records.base import Record
from inkt_mfg.records.people import RoleGrant, User
from inkt_mfg.records.site import Site
from inkt_mfg.records.site_settings import settings_of
from inkt_mfg.records.words import Role
from inkt_mfg.refusal import Blocker, Refusal, refuse
from inkt_mfg.workflow.command import Command
from inkt_mfg.workflow.confirmed import not_confirmed
from inkt_mfg.workflow.passwords import too_old
from inkt_mfg.workflow.permissions import FOR_ONESELF, ROLE_NAMES, ROLES, Permission, who_may
from inkt_mfg.workflow.sitting import GivenPassword
from inkt_mfg.workflow.statement import not_accepted
from inkt_mfg.workflow.training import counts, grants_of, untrained, was_trained

FAILURES_BEFORE_LOCK = 5

# --- who is there


def present(session: Session, site: str, user_name: str) -> tuple[User, Site]:
    """The person and the site as they are now. Raises Refusal for a locked or closed account."""
    question = select(User, Site).join(Site, col(Site.code) == col(User.site))
    user, there = session.exec(question.where(User.site == site, User.user_name == user_name)).one()
    if user.locked:
        raise locked(user_name)
    if not user.active:
        raise wrong_log_in(user_name)
    return user, there


def roles_that_count(session: Session, user: User, site: Site, at: datetime) -> list[Role]:
    """The roles this person may act in at this instant."""
    required = settings_of(site).training_required
    return [g.role for g in grants_of(session, user) if counts(g, at, required=required)]


def acting_role(
    session: Session, user: User, site: Site, command: Command, at: datetime, on: Record | None = None
) -> Role:
    """The role in which this person may run the command at this instant, on this record. Raises Refusal R24 or R28."""
    needed = command.permission if on is None else command.permission_on(on)
    grants = grants_of(session, user)
    if needed in FOR_ONESELF and grants:
        return grants[0].role
    fitting = [g for g in grants if needed in ROLES[g.role]]
    required = settings_of(site).training_required
    for grant in fitting:
        if counts(grant, at, required=required):
            return grant.role
    raise Refusal(*_why_not(user, fitting, site)) if fitting else Refusal(no_permission(needed, command.name))


def _why_not(user: User, fitting: list[RoleGrant], site: Site) -> list[Blocker]:
    return [untrained(user, grant, zone(site.time_zone)) for grant in fitting]


def no_permission(needed: Permission, command: str | None = None) -> Blocker:
    """Whose work it is instead; ``command`` is what was asked for by its name, where it has one."""
    return Blocker(
        "R24",
        Phrase("your role may not {act}", act=needed.sentence),
        Phrase("the permission to {act}", act=needed.sentence),
        who_may(needed),
        "command",
        command,
    )


def refuse_another_password(user: User, given: GivenPassword) -> None:
    """Raises Refusal R27 at a bench that was opened with a password the person no longer has."""
    if user.password_changed_at == given.chosen_at:
        return
    raise refuse(
        "R27",
        Phrase("the password of {name} was changed since it was given at this bench", name=user.full_name),
        expected=Phrase("the new password of {name}: unlock the bench with it, or log in again", name=user.user_name),
        resolve_by=Phrase("{name}", name=user.full_name),
        field="lock",
    )  # fmt: skip


def refuse_before_a_new_password(user: User, site: Site, command: Command, given: GivenPassword) -> None:
    """Raises Refusal R26 while a first password, or one too old when it was last given, has not been changed."""
    if command.permission is Permission.CHANGE_OWN_PASSWORD:
        return
    settings = settings_of(site)
    if user.must_change_password:
        what = Phrase("{name} has not changed the first password yet", name=user.full_name)
    elif too_old(user, settings, given.given_at):
        what = Phrase("the password of {name} is older than {days} days",
                      name=user.full_name, days=settings.password_ageing_days)  # fmt: skip
    else:
        return
    raise refuse(
        "R26",
        what,
        expected=Phrase("a password of one's own before anything else"),
        resolve_by=Phrase("{name}", name=user.full_name),
    )


def may_not_sign(session: Session, user: User) -> list[Blocker]:
    """Why this person signs nothing yet: the statement not accepted, or a password from somebody else's hand (R28, R20)."""
    return [no for no in (not_accepted(session, user), not_confirmed(session, user)) if no is not None]


def refuse_untrained_then(session: Session, user: User, site: Site, role: Role, done: Record) -> None:
    """Raises Refusal R28 when what is recorded now was done on a day the person's training did not cover."""
    performed_at: datetime | None = getattr(done, "performed_at", None)
    if performed_at is None or not settings_of(site).training_required:
        return
    day = performed_at.astimezone(zone(site.time_zone)).date()
    if not was_trained(session, site.code, user.key, [role], day):
        raise refuse(
            "R28",
            Phrase("{name} was not trained as {role} on {day}, when this was done",
                   name=user.full_name, role=ROLE_NAMES[role], day=day),
            expected=Phrase("somebody whose training covered that day"),
            resolve_by=Phrase("a QA officer, by a deviation; an administrator, where the training is not on record yet"),
            field="performed_at",
            typed=str(day),
        )  # fmt: skip


# --- who is not let in


def locked(user_name: str) -> Refusal:
    """After five failures nobody gets in under this name, whatever they type."""
    return refuse(
        "R25",
        Phrase("the account {name} is locked after {n} failures", name=user_name, n=FAILURES_BEFORE_LOCK),
        expected=Phrase("an account that is not locked"),
        resolve_by=who_may(Permission.MANAGE_PEOPLE),
        field="user_name",
        typed=user_name,
    )


def wrong_log_in(user_name: str) -> Refusal:
    """In the same words, and after the same time, for a wrong name and a wrong password; only a locked account says so."""
    return refuse(
        "R20",
        Phrase("user name or password is wrong"),
        expected=Phrase("a user name of this site and its password"),
        resolve_by=Phrase("you, or an administrator who gives you a new password"),
        field="user_name",
        typed=user_name,
    )
