"""Commands about people: adding them, granting and revoking roles, passwords, unlocking.

An administrator holds no other role and does nothing else (R24); user names are never reissued (R20).
"""

import json

from sqlmodel import col, func, select

from inkt_mfg.language import Phrase
from inkt_mfg.records.people import RoleGrant, User
from inkt_mfg.records.site import Site
from inkt_mfg.records.words import Role
from inkt_mfg.refusal import refuse
from inkt_mfg.workflow.command import Act, Done, command
from inkt_mfg.workflow.passwords import PasswordProfile, check_new_password
from inkt_mfg.workflow.permissions import ROLE_NAMES, Permission
from inkt_mfg.workflow.signing import Credentials, check_credentials
from inkt_mfg.workflow.site import administrators_needed
from inkt_mfg.workflow.typed import one_of, said


def _person(act: Act, user_name: str) -> User:
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


def _site(act: Act) -> Site:
    return act.work.session.exec(select(Site).where(Site.code == act.work.site)).one()


def _hash(act: Act, password: str, user_name: str) -> str:
    check_new_password(password, user_name)
    profile = PasswordProfile(**json.loads(_site(act).settings)["argon2"])
    return profile.hasher().hash(password)


def _role(typed: str) -> Role:
    return one_of(Role, typed, "role")


@command("person.add", Phrase("add a person"), permission=Permission.MANAGE_PEOPLE)
def add_person(
    act: Act, *, user_name: str, full_name: str, first_password: str, identity_checked: str, role: str
) -> Done:
    """A new person with one role and a first password to be changed at the first log-in."""
    name = said(user_name, "user_name")
    folded = func.lower(col(User.user_name)) == name.lower()
    if act.work.session.exec(select(User).where(User.site == act.work.site, folded)).first():
        raise refuse(
            "R20",
            Phrase("the user name {name} is or was somebody's", name=name),
            expected=Phrase("a user name never used at this site"),
            field="user_name",
            typed=user_name,
        )
    user = act.work.add(
        User(
            site=act.work.site,
            user_name=name,
            full_name=said(full_name, "full_name"),
            password_hash=_hash(act, first_password, name),
            must_change_password=True,
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
    user = _person(act, user_name)
    grant = _grant(act, user, _role(role))
    return Done(
        grant, Phrase("{name} may now act as {role}", name=user.full_name, role=ROLE_NAMES[grant.role])
    )


def _grant(act: Act, user: User, role: Role) -> RoleGrant:
    held = [g.role for g in _standing(act, user)]
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
        )
    )


def _standing(act: Act, user: User) -> list[RoleGrant]:
    question = select(RoleGrant).where(RoleGrant.person == user.key, col(RoleGrant.revoked_at).is_(None))
    return list(act.work.rows(question))


@command("person.revoke_role", Phrase("revoke a role"), permission=Permission.MANAGE_PEOPLE, asks_reason=True)
def revoke_role(act: Act, *, user_name: str, role: str) -> Done:
    """The grant stays on record with the day it ended."""
    user = _person(act, user_name)
    for grant in _standing(act, user):
        if grant.role == _role(role):
            _refuse_too_few_administrators(act, grant.role)
            grant.revoked_at = act.now
            return Done(
                grant, Phrase("{name} is no longer {role}", name=user.full_name, role=ROLE_NAMES[grant.role])
            )
    raise refuse(
        "person.role",
        Phrase("{name} does not hold this role", name=user.full_name),
        expected=Phrase("a role the person holds"),
        field="role",
        typed=role,
    )


def _refuse_too_few_administrators(act: Act, role: Role) -> None:
    """No site is left with nobody to let people in."""
    if role is not Role.ADMINISTRATOR:
        return
    question = select(RoleGrant).where(
        RoleGrant.site == act.work.site,
        RoleGrant.role == Role.ADMINISTRATOR,
        col(RoleGrant.revoked_at).is_(None),
    )
    needed = administrators_needed(training=_site(act).training)
    if len(act.work.rows(question)) <= needed:
        raise refuse(
            "R24",
            Phrase("the site needs {n} administrators", n=needed),
            expected=Phrase("another administrator added first"),
            field="role",
            typed=role.value,
        )


@command("person.unlock", Phrase("unlock an account"), permission=Permission.MANAGE_PEOPLE, asks_reason=True)
def unlock(act: Act, *, user_name: str) -> Done:
    """A locked account works again with its own password: the administrator learns nothing (R25)."""
    user = _person(act, user_name)
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
def reset_password(act: Act, *, user_name: str, first_password: str) -> Done:
    """For a forgotten password; it must be changed at the next log-in, and nothing can be signed before that."""
    user = _person(act, user_name)
    user.password_hash = _hash(act, first_password, user_name)
    user.must_change_password = True
    return Done(user, Phrase("{name} has a new first password", name=user.full_name))


@command("person.change_password", Phrase("change the password"), permission=Permission.CHANGE_OWN_PASSWORD)
def change_password(act: Act, *, old_password: str, new_password: str) -> Done:
    """One's own password; the old one is asked for again."""
    check_credentials(act.actor, Credentials(act.actor.user_name, old_password), "person.change_password")
    if old_password == new_password:
        raise refuse(
            "R26",
            Phrase("the new password is the old one"),
            expected=Phrase("another password"),
            field="new_password",
        )
    act.actor.password_hash = _hash(act, new_password, act.actor.user_name)
    act.actor.must_change_password = False
    return Done(act.actor, Phrase("the password is changed"))
