"""Commands about people: adding them, roles, training, leaving and coming back, passwords, the statement they accept.

An administrator holds no other role and does nothing else (R24). Nobody is deleted and no user name is reissued (R20).
A site is never left with fewer administrators than it needs who can really log in.
"""

from datetime import datetime

from sqlmodel import col, select

from inkt_mfg.language import Phrase
from inkt_mfg.moments import read_date, zone
from inkt_mfg.records.people import FormerPassword, RoleGrant, StatementAcceptance, Training, User
from inkt_mfg.records.site_settings import SiteSettings, settings_of
from inkt_mfg.records.words import Role
from inkt_mfg.refusal import Refusal, refuse
from inkt_mfg.views.confirmations import CHECKED
from inkt_mfg.views.statements import newest_statement
from inkt_mfg.workflow.asked import refuse_without_reason
from inkt_mfg.workflow.command import Act, Done, command
from inkt_mfg.workflow.names import new_full_name, new_user_name
from inkt_mfg.workflow.passwords import check_new_password, hasher, matches
from inkt_mfg.workflow.permissions import ROLE_NAMES, Permission
from inkt_mfg.workflow.signing import Credentials, check_credentials
from inkt_mfg.workflow.site import administrators_needed, site_of
from inkt_mfg.workflow.statement import has_accepted
from inkt_mfg.workflow.training import end_of, grants_of
from inkt_mfg.workflow.typed import one_of, past_date, said, whole_number


def person_called(act: Act, user_name: str) -> User:
    """The account of this name, open or closed. Raises Refusal ``record.unknown``."""
    found = act.work.session.exec(
        select(User).where(User.site == act.work.site, User.user_name == user_name)
    ).first()
    if found is None:
        raise refuse(
            "record.unknown",
            Phrase("there is nobody called {name} at this site", name=user_name),
            expected=Phrase("a user name of this site"),
            field="user_name",
            typed=user_name,
        )
    return found


def _settings(act: Act) -> SiteSettings:
    return settings_of(site_of(act))


def _hash(act: Act, password: str, user_name: str, full_name: str) -> str:
    settings = _settings(act)
    check_new_password(password, (user_name, full_name), settings)
    return hasher(settings.argon2).hash(password)


def _role(typed: str) -> Role:
    return one_of(Role, typed, "role")


@command("person.add", Phrase("add a person"), permission=Permission.MANAGE_PEOPLE)
def add_person(
    act: Act, *, user_name: str, full_name: str, first_password: str, identity_checked: str, role: str
) -> Done:
    """A new person with one role and a first password to be changed at the first log-in."""
    everybody = act.work.rows(select(User).where(User.site == act.work.site))
    name = new_user_name(user_name, (u.user_name for u in everybody))
    full = new_full_name(full_name, everybody)
    user = act.work.add(
        User(
            site=act.work.site,
            user_name=name,
            full_name=full,
            password_hash=_hash(act, first_password, name, full),
            must_change_password=True,
            password_changed_at=act.now,
            identity_checked=said(identity_checked, "identity_checked"),
        )
    )
    _grant(act, user, _role(role))
    return Done(
        user, Phrase("{name} may now act as {role}", name=user.full_name, role=ROLE_NAMES[_role(role)])
    )


@command("person.grant_role", Phrase("grant a role"), permission=Permission.MANAGE_PEOPLE, asks_reason=True)
def grant_role(act: Act, *, user_name: str, role: str) -> Done:
    """One more role for a person."""
    user = person_called(act, user_name)
    grant = _grant(act, user, _role(role))
    return Done(
        grant, Phrase("{name} may now act as {role}", name=user.full_name, role=ROLE_NAMES[grant.role])
    )


def _grant(act: Act, user: User, role: Role) -> RoleGrant:
    held = [g.role for g in grants_of(act.work.session, user)]
    if role in held or (held and Role.ADMINISTRATOR in {role, *held}):
        raise refuse(
            "R24",
            Phrase("{name} is {roles}", name=user.full_name, roles=", ".join(held)),
            expected=Phrase("an administrator holds no other role, and a role is granted once"),
            resolve_by=Phrase("an administrator, by revoking the other role first"),
            field="role",
            typed=role.value,
        )
    return act.work.add(
        RoleGrant(
            site=act.work.site,
            person=user.key,
            role=role,
            granted_by=act.actor.user_name,
            granted_at=act.now,
            trained_until=_trained_until(act, user, role),
        )
    )


def _trained_until(act: Act, user: User, role: Role) -> datetime | None:
    """A role that is granted again finds the training there was."""
    question = select(Training).where(
        Training.site == user.site, Training.person == user.key, Training.role == role
    )
    newest = act.work.session.exec(question.order_by(col(Training.recorded_at).desc()).limit(1)).first()
    return None if newest is None else end_of(newest.expires_on, zone(site_of(act).time_zone))


@command("person.revoke_role", Phrase("revoke a role"), permission=Permission.MANAGE_PEOPLE, asks_reason=True)
def revoke_role(act: Act, *, user_name: str, role: str) -> Done:
    """The grant stays on record with the day it ended."""
    user = person_called(act, user_name)
    for grant in grants_of(act.work.session, user):
        if grant.role == _role(role):
            if grant.role is Role.ADMINISTRATOR:
                _refuse_too_few_administrators(act, user)
            grant.revoked_at = act.now
            return Done(
                grant, Phrase("{name} is no longer {role}", name=user.full_name, role=ROLE_NAMES[grant.role])
            )
    raise _does_not_hold(user, role)


def _does_not_hold(user: User, typed_role: str) -> Refusal:
    return refuse(
        "person.role",
        Phrase("{name} does not hold this role", name=user.full_name),
        expected=Phrase("a role the person holds"),
        field="role",
        typed=typed_role,
    )


def _refuse_too_few_administrators(act: Act, leaving: User) -> None:
    """No site is left with too few to let people in. A locked or inactive administrator lets nobody in."""
    question = (
        select(User)
        .join(RoleGrant, col(RoleGrant.person) == col(User.key))
        .where(
            User.site == act.work.site,
            col(User.active).is_(True),
            col(User.locked).is_(False),
            User.key != leaving.key,
            RoleGrant.site == act.work.site,
            RoleGrant.role == Role.ADMINISTRATOR,
            col(RoleGrant.revoked_at).is_(None),
        )
    )
    needed = administrators_needed(training=site_of(act).training)
    left = len(act.work.rows(question))
    if left < needed:
        raise refuse(
            "R24",
            Phrase(
                "the site needs {n} administrators who can log in; {left} would be left", n=needed, left=left
            ),
            expected=Phrase("another administrator added first"),
            resolve_by=Phrase("an administrator, by adding or unlocking another"),
            field="user_name",
            typed=leaving.user_name,
        )


@command(
    "person.deactivate", Phrase("close an account"), permission=Permission.MANAGE_PEOPLE, asks_reason=True
)
def deactivate(act: Act, *, user_name: str) -> Done:
    """For whoever has left: nobody logs in under the name again, and everything they did keeps it (R20)."""
    user = person_called(act, user_name)
    if not user.active:
        raise _is_already(user, Phrase("the account of {name} is closed already", name=user.full_name))
    if any(g.role is Role.ADMINISTRATOR for g in grants_of(act.work.session, user)):
        _refuse_too_few_administrators(act, user)
    user.active = False
    return Done(user, Phrase("the account of {name} is closed", name=user.full_name))


@command(
    "person.reactivate",
    Phrase("open a closed account"),
    permission=Permission.MANAGE_PEOPLE,
    asks_reason=True,
)
def reactivate(act: Act, *, user_name: str) -> Done:
    """The same person under the same name, with the roles that were not revoked."""
    user = person_called(act, user_name)
    if user.active:
        raise _is_already(user, Phrase("the account of {name} is open", name=user.full_name))
    user.active = True
    return Done(user, Phrase("the account of {name} is open again", name=user.full_name))


def _is_already(user: User, what: Phrase) -> Refusal:
    return refuse(
        "person.active",
        what,
        expected=Phrase("somebody of whom this is not so"),
        field="user_name",
        typed=user.user_name,
    )


@command("person.record_training", Phrase("record a training"), permission=Permission.MANAGE_PEOPLE)
def record_training(
    act: Act, *, user_name: str, role: str, topic: str, trained_by: str, completed_on: str, expires_on: str
) -> Done:  # fmt: skip
    """What somebody was trained on for a role, and to the end of which day it counts (R28).

    The administrator's, as the roles are: it lets a person in, and whoever is gated by it must not record it.
    """
    user = person_called(act, user_name)
    grant = _grant_for_training(act, user, role)
    done = past_date(act, completed_on, "completed_on")
    ends = read_date(expires_on, field="expires_on")
    local = zone(site_of(act).time_zone)
    if ends < done:
        raise refuse(
            "R28",
            Phrase("the training would end before it was given"),
            expected=Phrase("a last day after {day}", day=done),
            field="expires_on",
            typed=expires_on,
        )
    _refuse_a_silent_cut(act, grant, end_of(ends, local))
    training = act.work.add(
        Training(
            site=act.work.site,
            person=user.key,
            role=grant.role,
            topic=said(topic, "topic"),
            trained_by=said(trained_by, "trained_by"),
            completed_on=done,
            expires_on=ends,
            recorded_by=act.actor.key,
            recorded_at=act.now,
        )
    )
    # What has ended already only fills a gap of the past: it takes nothing from a training that counts now.
    if ends >= act.now.date() or grant.trained_until is None:
        grant.trained_until = end_of(ends, local)
    return Done(
        training,
        Phrase("{name} is trained as {role} until {day}", name=user.full_name, role=ROLE_NAMES[grant.role],
               day=ends),
    )  # fmt: skip


def _grant_for_training(act: Act, user: User, typed_role: str) -> RoleGrant:
    role = _role(typed_role)
    if user.key == act.actor.key:
        raise refuse(
            "R28",
            Phrase("nobody records their own training"),
            expected=Phrase("another administrator"),
            resolve_by=Phrase("another administrator"),
            field="user_name",
            typed=user.user_name,
        )
    for grant in grants_of(act.work.session, user):
        if grant.role is role:
            return grant
    raise _does_not_hold(user, typed_role)


def _refuse_a_silent_cut(act: Act, grant: RoleGrant, until: datetime) -> None:
    """A wrong date can be put right, but not without saying why (R02)."""
    if grant.trained_until is not None and until < grant.trained_until:
        refuse_without_reason(
            act,
            Phrase("this training ends before the one on record"),
            expected=Phrase("a later last day, or the reason why the earlier one holds"),
        )


@command("person.unlock", Phrase("unlock an account"), permission=Permission.MANAGE_PEOPLE, asks_reason=True)
def unlock(act: Act, *, user_name: str) -> Done:
    """A locked account works again with its own password: the administrator learns nothing (R25)."""
    user = person_called(act, user_name)
    if not user.locked:
        raise refuse(
            "R25",
            Phrase("the account of {name} is not locked", name=user.full_name),
            expected=Phrase("a locked account"),
            field="user_name",
            typed=user_name,
        )
    user.locked = False
    user.failed_attempts = 0
    return Done(user, Phrase("the account of {name} is unlocked", name=user.full_name))


@command(
    "person.reset_password",
    Phrase("give a new first password"),
    permission=Permission.MANAGE_PEOPLE,
    asks_reason=True,
)
def reset_password(act: Act, *, user_name: str, first_password: str, identity_checked: str) -> Done:
    """For a forgotten password, after looking anew who asks. It must be changed at the next log-in.

    Whoever gives it could use it: nothing is signed under it before somebody else confirmed the person (R20).
    """
    user = person_called(act, user_name)
    act.work.note(CHECKED, said(identity_checked, "identity_checked"))
    _take_password(act, user, _hash(act, first_password, user.user_name, user.full_name))
    user.must_change_password = True
    return Done(user, Phrase("{name} has a new first password", name=user.full_name))


@command("person.change_password", Phrase("change the password"), permission=Permission.CHANGE_OWN_PASSWORD)
def change_password(act: Act, *, old_password: str, new_password: str) -> Done:
    """One's own password; the old one is asked for again, and none of the last ones is taken (R26)."""
    user = act.actor
    check_credentials(user, Credentials(user.user_name, old_password), "person.change_password")
    if old_password == new_password:
        raise refuse(
            "R26",
            Phrase("the new password is the old one"),
            expected=Phrase("another password"),
            field="new_password",
        )
    hashed = _hash(act, new_password, user.user_name, user.full_name)
    _refuse_a_former_one(act, user, new_password)
    _take_password(act, user, hashed)
    user.must_change_password = False
    return Done(user, Phrase("the password is changed"))


def _refuse_a_former_one(act: Act, user: User, password: str) -> None:
    most = _settings(act).password_history
    question = select(FormerPassword).where(FormerPassword.person == user.key)
    newest_first = question.order_by(col(FormerPassword.retired_at).desc(), col(FormerPassword.key)).limit(
        most
    )
    if any(matches(former.password_hash, password) for former in act.work.rows(newest_first)):
        raise refuse(
            "R26",
            Phrase("this was one of your last {n} passwords", n=most),
            expected=Phrase("another password"),
            resolve_by=Phrase("you, by choosing another one"),
            field="new_password",
        )


def _take_password(act: Act, user: User, hashed: str) -> None:
    """The one there was goes to the former ones, also when an administrator replaces it."""
    act.work.add(
        FormerPassword(
            site=act.work.site, person=user.key, password_hash=user.password_hash, retired_at=act.now
        )
    )
    user.password_hash = hashed
    user.password_changed_at = act.now


@command(
    "person.accept_statement",
    Phrase("accept the accountability statement"),
    permission=Permission.ACCEPT_STATEMENT,
)
def accept_statement(act: Act, *, version: str) -> Done:
    """The version one has read, which must be the newest; nothing is signed before (R28)."""
    newest = newest_statement(act.work.session, act.work.site)
    if newest is None or whole_number(version, "version") != newest.version:
        raise refuse(
            "R28",
            Phrase("this is not the version in force"),
            expected=Phrase("version {version}, read before it is accepted",
                            version=newest.version if newest is not None else "–"),
            field="version",
            typed=version,
        )  # fmt: skip
    if has_accepted(act.work.session, act.actor.key, newest):
        raise refuse(
            "R28",
            Phrase(
                "{name} has accepted version {version} already",
                name=act.actor.full_name,
                version=newest.version,
            ),
            expected=Phrase("a version not accepted yet"),
            field="version",
            typed=version,
        )
    accepted = act.work.add(
        StatementAcceptance(
            site=act.work.site, person=act.actor.key, statement=newest.key, accepted_at=act.now
        )
    )
    return Done(
        accepted,
        Phrase("{name} has accepted version {version} of the accountability statement",
               name=act.actor.full_name, version=newest.version),
    )  # fmt: skip
