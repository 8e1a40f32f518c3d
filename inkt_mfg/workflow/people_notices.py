"""What the day board says about people: one's own training and statement; for administrators and QA also everybody's
training that ends soon, and the failed attempts since they were last here.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from inkt_mfg.language import Phrase
from inkt_mfg.moments import zone
from inkt_mfg.records.people import RoleGrant, User
from inkt_mfg.records.site import Site
from inkt_mfg.records.site_settings import settings_of
from inkt_mfg.views.comings import failures, log_ins
from inkt_mfg.workflow.bench import Bench
from inkt_mfg.workflow.confirmed import not_confirmed
from inkt_mfg.workflow.permissions import OVERSEERS, ROLE_NAMES
from inkt_mfg.workflow.statement import not_accepted
from inkt_mfg.workflow.training import WARN_WITHIN, counts, grants_of, last_day, untrained

_NAMES_SHOWN = 3
_NO_NAME = Phrase("no name typed")
_MOST = 100
_LOOKED_BACK = timedelta(days=30)

Said = tuple[str, Phrase]  # the rule, and what is to be known


def people_notices(bench: Bench, session: Session, now: datetime) -> Iterator[Said]:
    """Rule and sentence of each notice, one's own first."""
    user = session.exec(select(User).where(User.key == bench.person.key)).one()
    site = session.exec(select(Site).where(Site.code == bench.site.code)).one()
    held = [g.role for g in grants_of(session, user)]
    if bench.person.must_accept and (waiting := not_accepted(session, user)) is not None:
        yield waiting.rule, Phrase("{what}: you cannot sign yet", what=waiting.what)
    if (unsure := not_confirmed(session, user)) is not None:
        yield (
            unsure.rule,
            Phrase(
                "{what}: you cannot sign yet; can be resolved by {who}",
                what=unsure.what,
                who=unsure.resolve_by,
            ),
        )
    if OVERSEERS & set(held):
        yield from _unconfirmed(session, user)
    if settings_of(site).training_required:
        yield from (said for g in grants_of(session, user) if (said := _training(user, g, site, now)))
        if OVERSEERS & set(held):
            yield from _everybodys_training(session, user, site, now)
    if OVERSEERS & set(held):
        yield from _failed(session, bench)


def _unconfirmed(session: Session, but: User) -> Iterator[Said]:
    """Who waits for a second look: QA gives it, and an administrator knows that it is due."""
    others = session.exec(
        select(User).where(User.site == but.site, User.key != but.key, col(User.active).is_(True))
    ).all()
    for user in others:
        if (unsure := not_confirmed(session, user)) is not None:
            yield (
                unsure.rule,
                Phrase("{what}; can be resolved by {who}", what=unsure.what, who=unsure.resolve_by),
            )


def _training(user: User, grant: RoleGrant, site: Site, now: datetime) -> Said | None:
    local = zone(site.time_zone)
    if not counts(grant, now, required=True):
        return "R28", Phrase(
            "{what}: nothing can be recorded in this role before an administrator records one",
            what=untrained(user, grant, local).what,
        )
    if grant.trained_until is not None and grant.trained_until - now <= WARN_WITHIN:
        return "R28", Phrase("the training of {name} as {role} ends on {day}", name=user.full_name,
                             role=ROLE_NAMES[grant.role], day=last_day(grant.trained_until, local))  # fmt: skip
    return None


def _everybodys_training(session: Session, but: User, site: Site, now: datetime) -> Iterator[Said]:
    question = (
        select(User, RoleGrant)
        .join(RoleGrant, col(RoleGrant.person) == col(User.key))
        .where(User.site == site.code, col(User.active).is_(True), col(RoleGrant.revoked_at).is_(None))
        .where(User.key != but.key)
        .order_by(col(User.user_name), col(RoleGrant.role))
    )
    for user, grant in session.exec(question).all():
        said = _training(user, grant, site, now)
        if said is not None:
            yield said


def _failed(session: Session, bench: Bench) -> Iterator[Said]:
    longest = bench.logged_in_at - _LOOKED_BACK
    last = next(
        log_ins(
            session,
            bench.site.code,
            since=longest,
            before=bench.logged_in_at,
            who=bench.person.user_name,
            most=1,
        ),
        None,
    )
    found = list(failures(session, bench.site.code, since=last.at if last else longest, most=_MOST))
    if found:
        names = list(dict.fromkeys(f.typed_name for f in found))
        shown = ", ".join(name or str(_NO_NAME) for name in names[:_NAMES_SHOWN]) + (
            " …" if len(names) > _NAMES_SHOWN else ""
        )
        many = f"{_MOST}+" if len(found) == _MOST else len(found)
        yield (
            "R25",
            Phrase(
                "failed attempts since you last logged in: {n} (names typed: {names})", n=many, names=shown
            ),
        )
