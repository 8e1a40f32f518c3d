"""Training as a gate: which roles a person may act in at an instant, and why not in the others (R28).

Administrators are not gated: they touch no GMP content, and somebody must be able to record the first training.
``bench`` asks here at every command with the act's own time; ``people`` writes the rows.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from sqlmodel import Session, col, select

from inkt_mfg.language import Phrase
from inkt_mfg.records.people import RoleGrant, Training, User
from inkt_mfg.records.words import Role
from inkt_mfg.refusal import Blocker
from inkt_mfg.workflow.permissions import ROLE_NAMES, Permission, who_may

WARN_WITHIN = timedelta(days=30)


def grants_of(session: Session, user: User) -> Sequence[RoleGrant]:
    """The roles granted and not revoked, the first granted first."""
    standing = select(RoleGrant).where(
        RoleGrant.site == user.site, RoleGrant.person == user.key, col(RoleGrant.revoked_at).is_(None)
    )
    return session.exec(standing.order_by(col(RoleGrant.granted_at), col(RoleGrant.key))).all()


def counts(grant: RoleGrant, at: datetime, *, required: bool) -> bool:
    """Whether a role may be acted in at this instant, as far as training goes."""
    if not required or grant.role is Role.ADMINISTRATOR:
        return True
    return grant.trained_until is not None and at < grant.trained_until


def end_of(day: date, local: tzinfo) -> datetime:
    """The instant a day is over at the site: training counts to the end of its last day."""
    return datetime.combine(day + timedelta(days=1), time(), local).astimezone(UTC)


def last_day(ended: datetime, local: tzinfo) -> date:
    """The last day on which training that ended at this instant counted."""
    return (ended - timedelta(seconds=1)).astimezone(local).date()


def untrained(user: User, grant: RoleGrant, local: tzinfo) -> Blocker:
    """Why a role permits nothing."""
    role = ROLE_NAMES[grant.role]
    ended = grant.trained_until
    what = (
        Phrase("no training of {name} as {role} is on record", name=user.full_name, role=role)
        if ended is None
        else Phrase("the training of {name} as {role} counted until {day}", name=user.full_name, role=role,
                    day=last_day(ended, local))
    )  # fmt: skip
    return Blocker(
        "R28",
        what,
        Phrase("unexpired training for the role"),
        Phrase("{who}, who records the training (person.record_training)", who=who_may(Permission.MANAGE_PEOPLE)),
        field="training",
        typed=grant.role.value,
    )  # fmt: skip


def was_trained(session: Session, site: str, person: str, roles: Sequence[Role], day: date) -> bool:
    """Whether some training of this person for one of these roles, on record at this site, counted on that day."""
    question = select(Training.key).where(
        Training.site == site,
        Training.person == person,
        col(Training.role).in_(roles),
        col(Training.completed_on) <= day,
        col(Training.expires_on) >= day,
    )
    return session.exec(question.limit(1)).first() is not None
