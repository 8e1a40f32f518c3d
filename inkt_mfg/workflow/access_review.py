"""The periodic review of who may do what: the whole register, the settings, the failures, and what stands out (R24, R28).

It judges nothing away: each thing a reviewer looks for is one small function that names the account and what is odd.
It reads only, and nothing in it is about a patient.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from sqlmodel import select

from inkt_mfg.language import Phrase
from inkt_mfg.ledger.intent import SYSTEM
from inkt_mfg.moments import show_moment, zone
from inkt_mfg.records.site import Site
from inkt_mfg.records.site_settings import SiteSettings, settings_of
from inkt_mfg.records.words import Role
from inkt_mfg.store.unit_of_work import Store
from inkt_mfg.views.comings import FailedAttempt, LogIn, failures, log_ins
from inkt_mfg.views.people import GrantLine, RegisteredPerson, people_register
from inkt_mfg.views.site_card import SettingLine, setting_lines
from inkt_mfg.views.statements import newest_statement
from inkt_mfg.workflow.permissions import ROLE_NAMES, SIGNERS
from inkt_mfg.workflow.site import administrators_needed
from inkt_mfg.workflow.training import WARN_WITHIN, last_day

LOOKED_BACK = timedelta(days=90)
_BETWEEN_PLACES = timedelta(minutes=5)  # nobody walks from bench to bench, washes and gowns in less
_MANY_FAILURES = 3
_MOST_FAILURES = 1000


@dataclass(frozen=True, slots=True)
class Oddity:
    """One thing a reviewer should look at. ``user_name`` is empty for what concerns the whole site."""

    user_name: str
    what: Phrase


@dataclass(frozen=True, slots=True)
class AccessReview:
    """Everything on the report, as it was at ``at``; failures and places of log-in since ``since``."""

    site: str
    site_name: str
    time_zone: str
    training: bool
    at: datetime
    since: datetime
    statement: int | None
    settings: tuple[SettingLine, ...]
    people: tuple[RegisteredPerson, ...]
    failures: tuple[FailedAttempt, ...]
    oddities: tuple[Oddity, ...]


@dataclass(frozen=True, slots=True)
class _Seen:
    """What the checks look at."""

    at: datetime
    site: Site
    settings: SiteSettings
    statement: int | None
    people: tuple[RegisteredPerson, ...]
    log_ins: tuple[LogIn, ...]
    failures: tuple[FailedAttempt, ...]

    def day(self, at: datetime) -> str:
        return show_moment(at, zone(self.site.time_zone))[:10]


def access_review(store: Store) -> AccessReview:
    """The site's people and settings as they stand, and what stands out."""
    at = store.clock.now()
    since = at - LOOKED_BACK
    people = people_register(store)
    with store.reading() as session:
        site = session.exec(select(Site).where(Site.code == store.site)).one()
        newest = newest_statement(session, store.site)
        failed = tuple(failures(session, store.site, since=since, most=_MOST_FAILURES))
        came = tuple(log_ins(session, store.site, since=since))
    version = newest.version if newest is not None else None
    seen = _Seen(at, site, settings_of(site), version, people, came, failed)
    odd = [Oddity(p.user_name, what) for p in people for check in OF_A_PERSON for what in check(p, seen)]
    odd += [Oddity(user, what) for check in OF_THE_SITE for user, what in check(seen)]
    return AccessReview(
        site.code,
        site.name,
        site.time_zone,
        site.training,
        at,
        since,
        version,
        setting_lines(store),
        people,
        failed,
        tuple(odd),
    )


# --- what a reviewer looks for in one account


def no_recent_log_in(person: RegisteredPerson, seen: _Seen) -> Iterator[Phrase]:
    """An open account nobody uses is one too many."""
    if not person.active:
        return
    days = LOOKED_BACK.days
    if person.last_log_in is None:
        yield Phrase("has never logged in; added on {day}", day=seen.day(person.added_at))
    elif seen.at - person.last_log_in.at > LOOKED_BACK:
        yield Phrase(
            "has not logged in for {n} days; last on {day}", n=days, day=seen.day(person.last_log_in.at)
        )


def locked_or_guessed(person: RegisteredPerson, seen: _Seen) -> Iterator[Phrase]:
    """Locked accounts, and names somebody keeps trying."""
    if person.locked:
        yield Phrase("is locked after {n} failures", n=person.failed_attempts)
    tried = sum(f.typed_name == person.user_name for f in seen.failures)
    if tried >= _MANY_FAILURES:
        yield Phrase("failed attempts under this name in {days} days: {n}", n=tried, days=LOOKED_BACK.days)


def roles_that_do_not_go_together(person: RegisteredPerson, _seen: _Seen) -> Iterator[Phrase]:
    """The program keeps performer and releaser apart on each batch; a person who holds both roles is still looked at."""
    if {Role.TECHNICIAN, Role.QA_OFFICER} <= set(person.roles):
        yield Phrase("makes batches and decides on them: technician and QA officer")


def roles_without_use(person: RegisteredPerson, _seen: _Seen) -> Iterator[Phrase]:
    """A closed account opens again with the roles it still holds."""
    if person.active and not person.roles:
        yield Phrase("holds no role and the account is open")
    if not person.active and person.roles:
        names = ", ".join(ROLE_NAMES[r].english for r in person.roles)
        yield Phrase("is closed and would come back as {roles}", roles=names)


def training_amiss(person: RegisteredPerson, seen: _Seen) -> Iterator[Phrase]:
    """Roles without training, or with training that ends soon, where the site requires it."""
    if not (seen.settings.training_required and person.active):
        return
    for grant in person.grants:
        if grant.revoked_at is None and grant.role is not Role.ADMINISTRATOR:
            yield from _training_of(grant, seen)


def _training_of(grant: GrantLine, seen: _Seen) -> Iterator[Phrase]:
    role = ROLE_NAMES[grant.role]
    if grant.trained_until is None:
        yield Phrase("no training as {role} on record", role=role)
        return
    day = last_day(grant.trained_until, zone(seen.site.time_zone))
    if grant.trained_until <= seen.at:
        yield Phrase("training as {role} ended on {day}", role=role, day=day)
    elif grant.trained_until - seen.at <= WARN_WITHIN:
        yield Phrase("training as {role} ends on {day}", role=role, day=day)


def password_amiss(person: RegisteredPerson, seen: _Seen) -> Iterator[Phrase]:
    """A first password somebody else knows, or one the site would not let get so old."""
    if not person.active:
        return
    if person.must_change_password:
        yield Phrase("has not changed the first password")
    if person.unconfirmed:
        yield Phrase("password given by {by}; nobody else has confirmed who uses it", by=person.unconfirmed)
    days = seen.settings.password_ageing_days
    changed = person.password_changed_at
    if days is not None and (changed is None or seen.at - changed > timedelta(days=days)):
        yield Phrase("password older than {n} days", n=days)


def statement_not_accepted(person: RegisteredPerson, seen: _Seen) -> Iterator[Phrase]:
    """Whoever signs has accepted the version in force."""
    signs = SIGNERS & set(person.roles)
    if person.active and signs and seen.statement is not None and person.accepted != seen.statement:
        yield Phrase("has not accepted version {n} of the accountability statement", n=seen.statement)


def granted_without_a_reason(person: RegisteredPerson, _seen: _Seen) -> Iterator[Phrase]:
    """Roles whose grant says nothing of why; those made with the site need none."""
    for grant in person.grants:
        if grant.revoked_at is None and not grant.because and grant.granted_by != SYSTEM.user_name:
            yield Phrase("no reason on record for {role}", role=ROLE_NAMES[grant.role])


OF_A_PERSON: tuple[Callable[[RegisteredPerson, _Seen], Iterator[Phrase]], ...] = (
    no_recent_log_in,
    locked_or_guessed,
    roles_that_do_not_go_together,
    roles_without_use,
    training_amiss,
    password_amiss,
    statement_not_accepted,
    granted_without_a_reason,
)


# --- and in the site


def one_name_twice(seen: _Seen) -> Iterator[tuple[str, Phrase]]:
    """One person with two open accounts."""
    of_name: defaultdict[str, list[str]] = defaultdict(list)
    for person in seen.people:
        if person.active:
            of_name["".join(person.full_name.lower().split())].append(person.user_name)
    for names in of_name.values():
        if len(names) > 1:
            yield names[0], Phrase("the same full name as {others}", others=", ".join(names[1:]))


def two_places_at_once(seen: _Seen) -> Iterator[tuple[str, Phrase]]:
    """Log-ins at two workstations within minutes: an account that more than one person may share."""
    of_person: defaultdict[str, list[LogIn]] = defaultdict(list)
    for came in reversed(seen.log_ins):
        of_person[came.user_name].append(came)
    for user_name, times in of_person.items():
        jumps = [
            (a, b) for a, b in pairwise(times)
            if a.workstation != b.workstation and b.at - a.at < _BETWEEN_PLACES
        ]  # fmt: skip
        if jumps:
            first, then = jumps[0]
            yield user_name, Phrase("logged in at {a} and at {b} within {n} minutes, {times} times; first on {day}",
                                    a=first.workstation, b=then.workstation, n=_BETWEEN_PLACES.seconds // 60,
                                    times=len(jumps), day=seen.day(first.at))  # fmt: skip


def names_nobody_has(seen: _Seen) -> Iterator[tuple[str, Phrase]]:
    """Attempts under names that are no accounts: slips of the finger, or somebody looking for a way in."""
    known = {p.user_name for p in seen.people}
    strange = [f.typed_name for f in seen.failures if f.typed_name not in known]
    if strange:
        names = ", ".join(sorted(set(strange))[:8])
        yield "", Phrase("failed attempts under names nobody has: {n} ({names})", n=len(strange), names=names)


def too_few_administrators(seen: _Seen) -> Iterator[tuple[str, Phrase]]:
    """A lock may take one away without asking."""
    needed = administrators_needed(training=seen.site.training)
    able = [p for p in seen.people if p.active and not p.locked and Role.ADMINISTRATOR in p.roles]
    if len(able) < needed:
        yield "", Phrase("{n} administrators can log in; the site needs {needed}", n=len(able), needed=needed)


OF_THE_SITE: tuple[Callable[[_Seen], Iterator[tuple[str, Phrase]]], ...] = (
    one_name_twice,
    two_places_at_once,
    names_nobody_has,
    too_few_administrators,
)
