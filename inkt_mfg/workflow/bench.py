"""The way in: a person logs in at a workstation and runs commands; nothing else changes a record.

``log_in`` gives a ``Bench``; ``Bench.run`` carries a command out in one transaction (permission, state, guards, reason,
signature, the act itself, the new state) or refuses it with every reason. A second person signs in place through
``Bench.beside``. Failed log-ins and signings are counted and recorded; five lock the account (R25). A bench nobody used
for the site's idle minutes does nothing before ``Bench.unlock`` (R27).
"""

from dataclasses import dataclass, field, replace
from datetime import datetime
from math import inf
from typing import Any

from sqlmodel import Session, select

from inkt_mfg.language import Phrase
from inkt_mfg.ledger.intent import SYSTEM, Actor, Intent
from inkt_mfg.moments import zone
from inkt_mfg.records.base import Coded, Record
from inkt_mfg.records.people import User
from inkt_mfg.records.site import Site
from inkt_mfg.records.site_settings import SigningPolicy, SiteSettings, settings_of
from inkt_mfg.records.words import Meaning, Role, SealOccasion
from inkt_mfg.refusal import Blocker, Refusal, Unable, refuse
from inkt_mfg.store.unit_of_work import Store, find
from inkt_mfg.views.case import Case
from inkt_mfg.views.comings import LOG_IN, name_as_typed
from inkt_mfg.workflow import second_factor
from inkt_mfg.workflow.admission import (
    acting_role,
    locked,
    may_not_sign,
    present,
    refuse_another_password,
    refuse_before_a_new_password,
    refuse_untrained_then,
    roles_that_count,
    wrong_log_in,
)
from inkt_mfg.workflow.asked import refuse_empty_reason, refuse_no_record
from inkt_mfg.workflow.command import Act, Command, Done
from inkt_mfg.workflow.failures import account_called, record_failure, refuse_where_nothing_counts
from inkt_mfg.workflow.passwords import costs_otherwise, hash_for_nobody, hasher, matches, too_old
from inkt_mfg.workflow.permissions import FOR_ONESELF, OVERSEERS, ROLES, SIGNERS, Permission
from inkt_mfg.workflow.refused import RecordedRefusal
from inkt_mfg.workflow.running import blocked, refuse_blocked, refuse_stale, settle
from inkt_mfg.workflow.signing import (
    Credentials,
    WrongCredentials,
    both_components,
    check_credentials,
)
from inkt_mfg.workflow.sitting import GivenPassword, Sitting
from inkt_mfg.workflow.statement import not_accepted
from inkt_mfg.workflow.training import grants_of
from inkt_mfg.workflow.unlocked_seal_key import Sealing


@dataclass(frozen=True, slots=True)
class Receipt:
    """A command that happened: the code of what it made, what it says, and where it stands in the ledger."""

    command: str
    code: str
    says: Phrase
    sequence: int
    hash: str
    codes: tuple[str, ...] = ()  # of everything it made, in order


@dataclass(frozen=True, slots=True)
class SiteCard:
    """What every screen needs to know of the site."""

    code: str
    name: str
    time_zone: str
    training: bool
    signing_policy: SigningPolicy = SigningPolicy.NAME_AND_PASSWORD


@dataclass(frozen=True, slots=True)
class Person:
    """Who is logged in."""

    key: str
    user_name: str
    full_name: str
    roles: frozenset[Role]
    must_change_password: bool  # a first password, or one too old
    must_accept: bool = False  # signs, and has not accepted the newest accountability statement


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
    logged_in_at: datetime
    given: GivenPassword  # at the log-in or the last unlocking; every form of this bench shares it
    visit: Visit | None = None  # set for a second person, who came for one act
    sitting: Sitting = field(default_factory=Sitting)
    sealing: Sealing = field(default_factory=Sealing)  # the seal key, while somebody here has it unlocked

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
        self.refuse_while_away()
        refuse_no_record(command, on)
        try:
            receipt = self._run(command, on, reason, sign_with, seen_version, arguments)
        except WrongCredentials as wrong:
            typed = (sign_with and sign_with.user_name) or self.person.user_name
            self.count_failure(f"sign {command.name}", typed)
            raise wrong from None
        except RecordedRefusal as stop:
            self._record_refused(stop, command, on, reason)
            raise
        if self.visit is not None:
            self.visit.done = True
        self.sitting.signed = self.sitting.signed or command.signs is not None
        if command.signs is Meaning.RELEASE:
            self.sealing.follow(SealOccasion.RELEASE)
        return receipt

    def rehearse(
        self,
        command: Command,
        on: str | None = None,
        *,
        reason: str | None = None,
        seen_version: int | None = None,
        **arguments: Any,
    ) -> None:
        """Everything ``run`` does but the signature, and nothing of it stays: what a form does before it asks for one.

        Raises Refusal as ``run`` would; a hard stop leaves its trace here too, because it happened.
        """
        self._refuse_second_act()
        self.refuse_while_away()
        refuse_no_record(command, on)
        try:
            self._run(command, on, reason, None, seen_version, arguments, rehearsed=True)
        except _Rehearsed:
            return
        except RecordedRefusal as stop:
            self._record_refused(stop, command, on, reason)
            raise

    def _record_refused(
        self, stop: RecordedRefusal, command: Command, on: str | None, reason: str | None
    ) -> None:
        intent = _intent(
            self.store, self.site, f"{command.name}.refused", self._actor(), self.workstation, reason, on
        )
        with self.store.work(intent) as work:
            stop.trace(work)

    def count_failure(self, what: str, typed_name: str = "") -> None:
        """A wrong password or passphrase at this bench, against its person and the name typed. Raises Refusal R25 where it does not count."""
        self.sitting.broken()
        typed = typed_name or self.person.user_name
        try:
            for name in {self.person.user_name, typed}:
                _record_failure(self.store, self.site, self.workstation, name, what, typed)
        except Refusal:
            self.sitting.lock()  # it does not count: nothing more before a log-in, which asks whether it does
            raise

    def refuse_locked_out(self) -> None:
        """Raises Refusal R25 when the account was locked since the log-in, R20 when it was closed."""
        with self.store.reading() as session:
            present(session, self.site.code, self.person.user_name)

    @property
    def signs_by_password(self) -> bool:
        """Whether the next signing asks the password alone: the site allows it and both were given in this session."""
        allowed = self.site.signing_policy is SigningPolicy.PASSWORD_WITHIN_SESSION
        return allowed and self.visit is None and self.sitting.signed and not self.sitting.away

    def refuse_while_away(self) -> None:
        """Raises Refusal R27 until the password is given again; ``run`` asks before every command."""
        if not self.sitting.away:
            self.sitting.touched()
            return
        by_whom = (
            Phrase("the bench of {name} is locked", name=self.person.full_name)
            if self.sitting.locked
            else Phrase(
                "the bench of {name} is locked: nobody has used it for a while", name=self.person.full_name
            )
        )
        self.sitting.lock()
        raise refuse(
            "R27",
            by_whom,
            expected=Phrase("the password of {name} again", name=self.person.user_name),
            resolve_by=Phrase("{name}", name=self.person.full_name),
            field="lock",
        )

    def going_on(self) -> "Bench":
        """The same bench for what its person began here and nobody stops by leaving: a print job, a backup, the day's seal.

        Whoever takes it asks ``refuse_while_away`` first, unless a command of this bench has just run.
        """
        return replace(self, sitting=Sitting(limit=inf))

    @property
    def oversees(self) -> bool:
        """Whether other people's accounts are this person's affair: administrators' and QA's."""
        return bool(self.person.roles & OVERSEERS)

    def with_statement_accepted(self) -> "Bench":
        """The same bench, whose person has accepted the statement since the log-in."""
        return replace(self, person=replace(self.person, must_accept=False))

    def lock(self) -> None:
        """Leave it: nothing is done here before ``unlock``. What is typed on a screen is the screen's to keep."""
        self.sitting.lock()

    def unlock(self, password: str) -> "Bench":
        """The same person is back. Raises Refusal as ``log_in`` does; the failure counts like any other."""
        own = Credentials(self.person.user_name, password)
        fresh = log_in(self.store, own, self.workstation, entry="person.unlock_bench")
        self.sitting.opened()
        self.given.chosen_at, self.given.given_at = fresh.given.chosen_at, fresh.given.given_at
        # Whoever is in the middle of a form still sees it. A password that grew too old meanwhile only gets itself changed.
        person = replace(fresh.person, must_change_password=self.person.must_change_password)
        return replace(
            fresh,
            person=person,
            logged_in_at=self.logged_in_at,
            given=self.given,
            sitting=self.sitting,
            sealing=self.sealing,
        )

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
        *,
        rehearsed: bool = False,
    ) -> Receipt:
        refuse_empty_reason(command, reason)
        intent = _intent(self.store, self.site, command.name, SYSTEM, self.workstation, reason, on)
        with self.store.work(intent) as work:
            user, site = present(work.session, self.site.code, self.person.user_name)
            self._refuse_an_old_password(user, site, command)
            role = acting_role(work.session, user, site, command, work.intent.at)
            # The entry names the role the person acts in, known only once the grants are read in this transaction.
            work.intent = work.capture.intent = _as_person(intent, user, role)
            target = work.find(command.on, on) if command.on is not None and on is not None else None
            act = Act(work, user, work.intent.at, target, self.sealing)
            if target is not None:
                if command.terms:
                    role = acting_role(work.session, user, site, command, work.intent.at, target)
                    work.intent = work.capture.intent = _as_person(intent, user, role)
                refuse_stale(target, seen_version)
                refuse_blocked(command, act.case)
            if command.signs is not None:
                _refuse_who_may_not_sign(work.session, user)
                if not rehearsed:
                    self._check_signature(user, settings_of(site), sign_with, command)
            done: Done = command.run(act, **({"on": target} if target is not None else {}), **arguments)
            refuse_untrained_then(work.session, user, site, role, done.record)
            if rehearsed:
                raise _Rehearsed
            settle(command, act, role, done)
        assert work.appended is not None
        self.given.chosen_at = user.password_changed_at  # where this very act changed it, its owner was here
        return Receipt(
            command.name,
            done.record.code if isinstance(done.record, Coded) else "",
            done.says,
            work.appended.sequence,
            work.appended.hash,
            tuple(row.code for row in (done.record, *done.others) if isinstance(row, Coded)),
        )

    def _refuse_an_old_password(self, user: User, site: Site, command: Command) -> None:
        try:
            refuse_another_password(user, self.given)
        except Refusal:
            self.sitting.lock()
            raise
        refuse_before_a_new_password(user, site, command, self.given)
        second_factor.refuse_without(user, settings_of(site), command.permission)

    def _check_signature(
        self, user: User, settings: SiteSettings, given: Credentials | None, command: Command
    ) -> None:
        signed_before = self.sitting.signed and self.visit is None
        check_credentials(
            user, both_components(user, given, settings.signing_policy, signed_before), command.name
        )

    def blockers(self, command: Command, on: str) -> list[Blocker]:
        """Every reason this command may not run now on this record: what the greyed-out button answers to "why?"."""
        assert command.on is not None
        with self.store.reading() as session:
            target = find(session, self.site.code, command.on, on)
            case = Case(session, target, self.store.clock.now(), self.person.key)
            return self._not_admitted(session, command, target) + blocked(command, case)

    def _not_admitted(self, session: Session, command: Command, target: Record) -> list[Blocker]:
        try:
            user, site = present(session, self.site.code, self.person.user_name)
            refuse_another_password(user, self.given)
            refuse_before_a_new_password(user, site, command, self.given)
            second_factor.refuse_without(user, settings_of(site), command.permission)
            acting_role(session, user, site, command, self.store.clock.now(), target)
        except Refusal as no:
            return list(no.blockers)
        return may_not_sign(session, user) if command.signs is not None else []

    def may(self, permission: Permission) -> bool:
        """Whether one of this person's roles allows it."""
        return permission in FOR_ONESELF or any(permission in ROLES[role] for role in self.person.roles)

    def beside(self, second: Credentials) -> "Bench":
        """The same workstation with a second person at it for one act, without logging the first out."""
        self.refuse_while_away()
        self.sitting.broken()
        bench = log_in(self.store, second, self.workstation, entry="person.sign_beside")
        return replace(bench, visit=Visit(), sealing=self.sealing)


def log_in(store: Store, given: Credentials, workstation: str, *, entry: str = LOG_IN) -> Bench:
    """A bench for this person. Raises Refusal R20 for a wrong name, password or code, R25 when the account is locked.

    The code of a second factor is asked for where a session begins: not to unlock one, nor beside somebody else's for one act.
    """
    with store.reading() as session:
        site = _card(session, store)
        user = account_called(session, site.code, given.user_name)
        if user is None:
            cost = settings_of(session.exec(select(Site).where(Site.code == site.code)).one()).argon2
            hash_for_nobody(
                cost, given.password
            )  # or the time of the answer would tell which names there are
        fits = user is not None and matches(user.password_hash, given.password) and user.active
        is_locked = user is not None and user.locked
        asks_code = user is not None and entry == LOG_IN and second_factor.asked_of(user)
        if user is not None and fits and not is_locked and asks_code and not given.code:
            raise second_factor.code_is_missing(user)
        wrong_code = user is not None and fits and asks_code and not second_factor.fits(user, given.code)
    if is_locked or not fits or wrong_code:
        _record_failure(store, site, workstation, given.user_name, "log_in", given.user_name)
    if is_locked:
        raise locked(given.user_name)
    if not fits:
        raise wrong_log_in(name_as_typed(given.user_name))
    assert user is not None
    if wrong_code:
        raise second_factor.wrong_code(user)
    intent = _intent(store, site, entry, SYSTEM, workstation, None, None)
    refuse_where_nothing_counts(store, intent, user.user_name, "log_in")
    with store.work(intent) as work:
        there, row = present(work.session, site.code, user.user_name)
        settings = settings_of(row)
        roles = roles_that_count(work.session, there, row, intent.at)
        work.intent = work.capture.intent = _as_person(intent, there, min(roles, default=None))
        if asks_code:
            second_factor.take(there, given.code)
        if there.failed_attempts:
            there.failed_attempts = 0
        if there.password_hash == user.password_hash and costs_otherwise(user.password_hash, settings.argon2):
            there.password_hash = hasher(settings.argon2).hash(given.password)
        person = _person(work.session, there, roles, settings, intent.at)
    given_password = GivenPassword(user.password_changed_at, intent.at)
    sitting = Sitting(settings.idle_lock_minutes * 60)
    return Bench(store, site, person, workstation, intent.at, given_password, sitting=sitting)


def _person(session: Session, user: User, roles: list[Role], settings: SiteSettings, at: datetime) -> Person:
    held = {grant.role for grant in grants_of(session, user)}  # also those whose training is still to come
    return Person(
        user.key,
        user.user_name,
        user.full_name,
        frozenset(roles),
        user.must_change_password or too_old(user, settings, at),
        bool(held & SIGNERS) and not_accepted(session, user) is not None,
    )


def site_card(store: Store) -> SiteCard:
    """The site's name, time zone and kind. Raises Unable when the database does not hold it."""
    with store.reading() as session:
        return _card(session, store)


# --- the steps of running a command


class _Rehearsed(Exception):
    """All of it went well; raised so that none of it stays."""


def _refuse_who_may_not_sign(session: Session, user: User) -> None:
    if waiting := may_not_sign(session, user):
        why = "; ".join(f"{no.rule}: {no.what.english}" for no in waiting)
        raise RecordedRefusal(*waiting, trace=lambda work: work.note("signing_refused", why))


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
    policy = settings_of(site).signing_policy
    return SiteCard(site.code, site.name, site.time_zone, site.training, policy)


# --- what goes wrong with people


def _record_failure(
    store: Store, site: SiteCard, workstation: str, whose: str, what: str, typed_name: str
) -> None:
    """Count a failure against an account and record it with the name as typed (R25)."""
    intent = _intent(store, site, "person.failed_attempt", SYSTEM, workstation, None, None)
    record_failure(store, intent, whose, what, typed_name)
