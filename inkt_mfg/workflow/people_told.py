"""An account and a failed attempt in words, for the command line and the people's screen: one way to tell them."""

from collections.abc import Iterator
from datetime import datetime, tzinfo

from inkt_mfg.language import Phrase
from inkt_mfg.moments import show_moment
from inkt_mfg.refusal import visible
from inkt_mfg.views.comings import FailedAttempt
from inkt_mfg.views.people import GrantLine, RegisteredPerson
from inkt_mfg.workflow.permissions import ROLE_NAMES
from inkt_mfg.workflow.training import last_day


def when(at: datetime | None, local: tzinfo) -> str:
    """A time with its offset, or that it never was."""
    return str(Phrase("never")) if at is None else show_moment(at, local)


def roles_of(person: RegisteredPerson) -> str:
    """The roles that are not revoked."""
    return ", ".join(str(ROLE_NAMES[r]) for r in person.roles) or str(Phrase("no role"))


def marks_of(person: RegisteredPerson) -> list[str]:
    """What stands out: closed, locked, still with a first password, or with one nobody confirmed."""
    said = (
        (not person.active, Phrase("CLOSED")),
        (person.locked, Phrase("LOCKED")),
        (person.must_change_password, Phrase("first password")),
        (bool(person.unconfirmed), Phrase("password not confirmed")),
    )
    return [str(mark) for holds, mark in said if holds]


def last_log_in(person: RegisteredPerson, local: tzinfo) -> str:
    """When the person was last here."""
    return when(person.last_log_in.at if person.last_log_in else None, local)


def account(person: RegisteredPerson, local: tzinfo) -> Iterator[str]:
    """Everything on record about one account, line by line; what somebody typed begins no line of its own."""
    return map(visible, _account(person, local))


def _account(person: RegisteredPerson, local: tzinfo) -> Iterator[str]:
    yield str(
        Phrase("added {when} by {who}; identity: {identity}", when=when(person.added_at, local),
               who=person.added_by, identity=person.identity_checked)
    )  # fmt: skip
    yield str(Phrase("password changed {when}", when=when(person.password_changed_at, local)))
    yield str(
        Phrase("accountability statement: version {version} accepted", version=person.accepted)
        if person.accepted
        else Phrase("accountability statement: not accepted")
    )
    yield str(Phrase("Roles"))
    yield from (f"  {line}" for g in person.grants for line in _grant(g, local))
    if person.trainings:
        yield str(Phrase("Trainings"))
        yield from (
            f"  {t.completed_on} – {t.expires_on}  {t.topic}  ({t.trained_by}; {t.recorded_by})"
            for t in person.trainings
        )
    yield str(Phrase("Account"))
    yield from (
        f"  {when(e.at, local)}  {e.what}  {e.by}" + (f": {e.because}" if e.because else "")
        for e in person.events
    )


def _grant(grant: GrantLine, local: tzinfo) -> Iterator[str]:
    said = Phrase("{role}: granted {when} by {who}", role=ROLE_NAMES[grant.role],
                  when=when(grant.granted_at, local), who=grant.granted_by)  # fmt: skip
    yield f"{said}" + (f": {grant.because}" if grant.because else "")
    if grant.trained_until is not None:
        yield str(Phrase("    trained until {day}", day=last_day(grant.trained_until, local)))
    if grant.revoked_at is not None:
        ended = Phrase(
            "    revoked {when} by {who}", when=when(grant.revoked_at, local), who=grant.revoked_by
        )
        yield f"{ended}" + (f": {grant.revoked_because}" if grant.revoked_because else "")


def failure(one: FailedAttempt, local: tzinfo) -> str:
    """When, the name as typed, what was tried, where."""
    return f"{when(one.at, local)}  {one.typed_name or '–':<16} {one.attempt:<28} {one.workstation}"
