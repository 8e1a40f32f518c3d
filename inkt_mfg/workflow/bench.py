"""The way in: a person logs in at a workstation and runs commands; nothing else changes a record.

``log_in`` gives a ``Bench``; ``Bench.run`` carries a command out in one transaction (permission, state, guards, reason,
signature, the act itself, the new state) or refuses it with every reason. A second person signs in place through
``Bench.beside``. Failed log-ins and signings are counted and recorded; five lock the account (R25).
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from inkt_mfg.language import Phrase
from inkt_mfg.ledger.intent import SYSTEM, Actor, Intent
from inkt_mfg.moments import zone
from inkt_mfg.records.base import Coded, Record, spoken
from inkt_mfg.records.people import RoleGrant, User
from inkt_mfg.records.site import Site
from inkt_mfg.records.words import Role
from inkt_mfg.refusal import Blocker, Refusal, Unable, refuse
from inkt_mfg.store.unit_of_work import Store, changed_meanwhile, find
from inkt_mfg.views.case import Case
from inkt_mfg.workflow.command import Act, Command, Done
from inkt_mfg.workflow.passwords import matches
from inkt_mfg.workflow.permissions import ROLES, Permission, who_may
from inkt_mfg.workflow.refused import RecordedRefusal
from inkt_mfg.workflow.signing import Credentials, WrongCredentials, check_credentials, sign

FAILURES_BEFORE_LOCK = 5


@dataclass(frozen=True, slots=True)
class Receipt:
    """A command that happened: the code of what it made, what it says, and where it stands in the ledger."""

    command: str
    code: str
    says: Phrase
    sequence: int
    hash: str


@dataclass(frozen=True, slots=True)
class SiteCard:
    """What every screen needs to know of the site."""

    code: str
    name: str
    time_zone: str
    training: bool


@dataclass(frozen=True, slots=True)
class Person:
    """Who is logged in."""

    key: str
    user_name: str
    full_name: str
    roles: frozenset[Role]
    must_change_password: bool


@dataclass(slots=True)
class Visit:
    """A second person beside the first: one act, then it is over."""

    done: bool = False


@dataclass(frozen=True, slots=True)
class Bench:
    """One person at one workstation. Make it with ``log_in``; it holds no session and may be kept for hours."""

    store: Store
    site: SiteCard
    person: Person
    workstation: str
    visit: Visit | None = None  # set for a second person, who came for one act

    def run(
        self,
        command: Command,
        on: str | None = None,
        *,
        reason: str | None = None,
        sign_with: Credentials | None = None,
        seen_version: int | None = None,
        **arguments: Any,
    ) -> Receipt:
        """Carry a command out on the record with code ``on``. Raises Refusal with every blocker, or Unable."""
        self._refuse_second_act()
        _refuse_no_record(command, on)
        try:
            receipt = self._run(command, on, reason, sign_with, seen_version, arguments)
        except WrongCredentials as wrong:
            typed = sign_with.user_name if sign_with else self.person.user_name
            for name in {self.person.user_name, typed}:
                _record_failure(self.store, self.site, self.workstation, name, f"sign {command.name}", typed)
            raise wrong from None
        except RecordedRefusal as stop:
            intent = _intent(
                self.store, self.site, f"{command.name}.refused", self._actor(), self.workstation, reason, on
            )
            with self.store.work(intent) as work:
                stop.trace(work)
            raise
        if self.visit is not None:
            self.visit.done = True
        return receipt

    def _refuse_second_act(self) -> None:
        if self.visit is not None and self.visit.done:
            raise refuse(
                "R21",
                Phrase("{name} came for one act and it is done", name=self.person.full_name),
                expected=Phrase("user name and password again for another act"),
                field="signature",
            )

    def _actor(self) -> Actor:
        role = min(self.person.roles, default=None)
        return Actor(
            self.person.key, self.person.user_name, self.person.full_name, role.value if role else "no role"
        )

    def _run(
        self,
        command: Command,
        on: str | None,
        reason: str | None,
        sign_with: Credentials | None,
        seen_version: int | None,
        arguments: dict[str, Any],
    ) -> Receipt:
        _refuse_empty_reason(command, reason)
        intent = _intent(self.store, self.site, command.name, SYSTEM, self.workstation, reason, on)
        with self.store.work(intent) as work:
            user = _present(work.session, self.site.code, self.person.user_name)
            role = _permitted(work.session, user, command, work.intent.at)
            # The entry names the role the person acts in, known only once the grants are read in this transaction.
            work.intent = work.capture.intent = _as_person(intent, user, role)
            target = work.find(command.on, on) if command.on is not None and on is not None else None
            act = Act(work, user, work.intent.at, target)
            if target is not None:
                _refuse_stale(target, seen_version)
                _refuse_blocked(command, act.case)
            if command.signs is not None:
                check_credentials(user, sign_with, command.name)
            done: Done = command.run(act, **({"on": target} if target is not None else {}), **arguments)
            _settle(command, act, role, done)
        assert work.appended is not None
        return Receipt(
            command.name,
            done.record.code if isinstance(done.record, Coded) else "",
            done.says,
            work.appended.sequence,
            work.appended.hash,
        )

    def blockers(self, command: Command, on: str) -> list[Blocker]:
        """Every reason this command may not run now on this record: what the greyed-out button answers to "why?"."""
        assert command.on is not None
        with self.store.reading() as session:
            target = find(session, self.site.code, command.on, on)
            case = Case(session, target, self.store.clock.now(), self.person.key)
            reasons = [] if self.may(command.permission) else [_no_permission(command)]
            return reasons + blocked(command, case)

    def may(self, permission: Permission) -> bool:
        """Whether one of this person's roles allows it."""
        return permission is Permission.CHANGE_OWN_PASSWORD or any(
            permission in ROLES[role] for role in self.person.roles
        )

    def beside(self, second: Credentials) -> "Bench":
        """The same workstation with a second person at it for one act, without logging the first out."""
        return log_in(self.store, second, self.workstation, for_one_act=True)


def log_in(store: Store, given: Credentials, workstation: str, *, for_one_act: bool = False) -> Bench:
    """A bench for this person. Raises Refusal R20 for a wrong name or password, R25 when the account is locked."""
    with store.reading() as session:
        site = _card(session, store)
        user = session.exec(
            select(User).where(User.site == site.code, User.user_name == given.user_name)
        ).first()
        fits = user is not None and user.active and matches(user.password_hash, given.password)
        locked = user is not None and user.locked
    if locked or not fits:
        _record_failure(store, site, workstation, given.user_name, "log_in", given.user_name)
    if locked:
        raise _locked(given.user_name)
    if not fits:
        raise _wrong_log_in(given.user_name)
    assert user is not None
    intent = _intent(
        store, site, "person.sign_beside" if for_one_act else "person.log_in", SYSTEM, workstation, None, None
    )
    with store.work(intent) as work:
        present = _present(work.session, site.code, user.user_name)
        roles = _roles(work.session, present, store.clock.now())
        work.intent = work.capture.intent = _as_person(intent, present, min(roles, default=None))
        if present.failed_attempts:
            present.failed_attempts = 0
    person = Person(
        present.key, present.user_name, present.full_name, frozenset(roles), present.must_change_password
    )
    return Bench(store, site, person, workstation, Visit() if for_one_act else None)


def site_card(store: Store) -> SiteCard:
    """The site's name, time zone and kind. Raises Unable when the database does not hold it."""
    with store.reading() as session:
        return _card(session, store)


# --- the steps of running a command


def _intent(
    store: Store,
    site: SiteCard,
    name: str,
    actor: Actor,
    workstation: str,
    reason: str | None,
    on: str | None,
) -> Intent:
    at = store.clock.now().astimezone(zone(site.time_zone))
    return Intent(site.code, name, actor, workstation, at, reason, {"on": on} if on else {})


def _as_person(intent: Intent, user: User, role: Role | None) -> Intent:
    actor = Actor(user.key, user.user_name, user.full_name, role.value if role else "no role")
    return Intent(
        intent.site, intent.command, actor, intent.workstation, intent.at, intent.reason, intent.about
    )


def _card(session: Session, store: Store) -> SiteCard:
    site = session.exec(select(Site).where(Site.code == store.site)).first()
    if site is None:
        raise Unable(
            Phrase("The database holds no site {code}.", code=store.site),
            Phrase("Make one with `inkt init`."),
        )
    return SiteCard(site.code, site.name, site.time_zone, site.training)


def _present(session: Session, site: str, user_name: str) -> User:
    user = session.exec(select(User).where(User.site == site, User.user_name == user_name)).one()
    if user.locked:
        raise _locked(user_name)
    if not user.active:
        raise _wrong_log_in(user_name)
    return user


def _roles(session: Session, user: User, now: datetime) -> list[Role]:
    grants = session.exec(
        select(RoleGrant).where(RoleGrant.person == user.key, col(RoleGrant.revoked_at).is_(None))
    ).all()
    return [g.role for g in grants if g.trained_until is None or g.trained_until > now]


def _permitted(session: Session, user: User, command: Command, now: datetime) -> Role:
    if user.must_change_password and command.permission is not Permission.CHANGE_OWN_PASSWORD:
        raise refuse(
            "R26",
            Phrase("{name} has not changed the first password yet", name=user.full_name),
            expected=Phrase("a password of one's own before anything else"),
            resolve_by=Phrase("{name}", name=user.full_name),
        )
    roles = _roles(session, user, now)
    if command.permission is Permission.CHANGE_OWN_PASSWORD and roles:
        return roles[0]
    for role in roles:
        if command.permission in ROLES[role]:
            return role
    raise Refusal(_no_permission(command))


def _no_permission(command: Command) -> Blocker:
    return Blocker(
        "R24",
        Phrase("your role may not {act}", act=command.permission.sentence),
        Phrase("the permission to {act}", act=command.permission.sentence),
        who_may(command.permission),
        "command",
        command.name,
    )


def _refuse_no_record(command: Command, on: str | None) -> None:
    if (command.on is None) != (on is None):
        raise refuse(
            "record.unknown",
            Phrase("{command} is about one record", command=command.title)
            if command.on
            else Phrase("{command} is about no record", command=command.title),
            expected=Phrase("the code of a {kind}", kind=spoken(command.on))
            if command.on
            else Phrase("no code"),
            field="on",
            typed=on or "",
        )


def _refuse_empty_reason(command: Command, reason: str | None) -> None:
    if command.asks_reason and not (reason or "").strip():
        raise refuse(
            "R02",
            Phrase("{command} asks for a reason", command=command.title),
            expected=Phrase("a sentence that says why"),
            field="reason",
            typed=reason or "",
        )


def _refuse_stale(target: Record, seen_version: int | None) -> None:
    if seen_version is not None and target.row_version != seen_version:
        raise changed_meanwhile()


def _refuse_blocked(command: Command, case: Case) -> None:
    reasons = blocked(command, case)
    if reasons:
        raise Refusal(*reasons)


def blocked(command: Command, case: Case) -> list[Blocker]:
    """State first: guards may look at what only exists in the right state."""
    if command.starts_in is not None:
        about: Any = case.target  # whichever table, a command with states is about one that has them
        state = about.state
        if state not in command.starts_in:
            return [_wrong_state(command, state)]
    return [blocker for guard in command.guards if (blocker := guard(case)) is not None]


def _wrong_state(command: Command, state: str) -> Blocker:
    from inkt_mfg.workflow.states import (  # it walks the catalogue, which imports this floor
        state_name,
        way_to,
    )

    assert command.starts_in is not None
    return Blocker(
        "R30",
        Phrase("{act} cannot be done while it is {state}", act=command.title, state=state_name(state)),
        Phrase("{states}", states=" / ".join(sorted(str(state_name(s)) for s in command.starts_in))),
        way_to(command.starts_in),
        "state",
        state,
    )


def _settle(command: Command, act: Act, role: Role, done: Done) -> None:
    """The new state, the version a stale form is told by, and the signature over what is now there."""
    target = act.target
    if command.ends_in is not None:
        moved: Any = target if target is not None else done.record  # whichever table, it has a state
        moved.state = command.ends_in
    elif target is not None:
        # Whatever was added beneath it, the record itself was worked on: another person's open form is stale now.
        target.row_version += 1
    if command.signs is not None:
        signed = target if target is not None else done.record
        rows = command.covers(act.case_of(signed), done.record) if command.covers else [signed, done.record]
        sign(act, signed, rows, command.signs, role, command.name)


# --- what goes wrong with people


def _locked(user_name: str) -> Refusal:
    return refuse(
        "R25",
        Phrase("the account {name} is locked after {n} failures", name=user_name, n=FAILURES_BEFORE_LOCK),
        expected=Phrase("an account that is not locked"),
        resolve_by=who_may(Permission.MANAGE_PEOPLE),
        field="user_name",
        typed=user_name,
    )


def _wrong_log_in(user_name: str) -> Refusal:
    return refuse(
        "R20",
        Phrase("user name or password is wrong"),
        expected=Phrase("a user name of this site and its password"),
        resolve_by=Phrase("you, or an administrator who gives you a new password"),
        field="user_name",
        typed=user_name,
    )


def _record_failure(
    store: Store, site: SiteCard, workstation: str, whose: str, what: str, typed_name: str
) -> None:
    """Count a failure against an account and record it with the name as typed (R25)."""
    intent = _intent(store, site, "person.failed_attempt", SYSTEM, workstation, None, None)
    with store.work(intent) as work:
        work.note("typed_name", typed_name)
        work.note("attempt", what)
        user = work.session.exec(select(User).where(User.site == site.code, User.user_name == whose)).first()
        if user is not None:
            user.failed_attempts += 1
            user.locked = user.locked or user.failed_attempts >= FAILURES_BEFORE_LOCK
