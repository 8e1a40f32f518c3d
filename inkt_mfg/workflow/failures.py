"""Counting failed log-ins and signings, and never letting one pass uncounted: the fifth locks the account (R25).

Asked by ``workflow.bench``. A database that does not keep the count (somebody put a trigger, a rule or a constraint into it)
would give whoever guesses all the time there is: then nobody gets in under that name, and an entry of its own says so.
"""

from dataclasses import replace

from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm.exc import StaleDataError
from sqlmodel import Session, select

from inkt_mfg.language import Phrase
from inkt_mfg.ledger.intent import Intent
from inkt_mfg.records.people import User
from inkt_mfg.refusal import Refusal, refuse
from inkt_mfg.store.unit_of_work import Store, Work
from inkt_mfg.views.comings import UNCOUNTED, name_as_typed
from inkt_mfg.workflow.admission import FAILURES_BEFORE_LOCK


class NotKept(Exception):
    """The database did not keep what was written to an account."""


class _Kept(Exception):
    """It would have kept it; leaving a command's transaction by an error leaves nothing behind."""


def record_failure(store: Store, intent: Intent, whose: str, what: str, typed_name: str) -> None:
    """Count a failure and record it with the name as typed. Raises Refusal R25 when it cannot be counted."""
    try:
        with store.work(intent) as work:
            _count(work, whose, what, typed_name)
    except NotKept:
        raise _uncounted(store, intent, whose, what, typed_name) from None


def refuse_where_nothing_counts(store: Store, intent: Intent, whose: str, what: str) -> None:
    """Before somebody is let in: whether a failure of theirs would count now. Raises Refusal R25 when it would not."""
    try:
        with store.work(intent) as work:
            _count(work, whose, what, whose)
            raise _Kept  # noqa: TRY301 — nothing of it is to stay
    except _Kept:
        return
    except NotKept:
        raise _uncounted(store, intent, whose, what, whose) from None


def _count(work: Work, whose: str, what: str, typed_name: str) -> None:
    _say(work, what, typed_name)
    user = account_called(work.session, work.site, whose)
    if user is None:
        return
    user.failed_attempts += 1
    user.locked = user.locked or user.failed_attempts >= FAILURES_BEFORE_LOCK
    try:
        work.session.flush()
        written = _standing(user)
        work.session.refresh(user)
    except (StaleDataError, DBAPIError) as lost:
        raise NotKept from lost
    if _standing(user) != written:
        raise NotKept


def account_called(session: Session, site: str, typed: str) -> User | None:
    """The account of this name; none for what no name can be, and no database is asked for."""
    if name_as_typed(typed) != typed:
        return None
    return session.exec(select(User).where(User.site == site, User.user_name == typed)).first()


def _standing(user: User) -> tuple[int, bool, int]:
    return user.failed_attempts, user.locked, user.row_version


def _say(work: Work, what: str, typed_name: str) -> None:
    work.note("typed_name", name_as_typed(typed_name))
    work.note("attempt", what)


def _uncounted(store: Store, intent: Intent, whose: str, what: str, typed_name: str) -> Refusal:
    """The attempt on record by itself, without the row that does not keep it; in the same words for every password."""
    with store.work(replace(intent, command=UNCOUNTED)) as work:
        _say(work, what, typed_name)
    return refuse(
        "R25",
        Phrase(
            "failures of {name} cannot be counted: the database does not keep them", name=name_as_typed(whose)
        ),
        expected=Phrase("a database in which the fifth failure locks the account"),
        resolve_by=Phrase("whoever runs the database: `inkt ledger verify` names what was put into it"),
        field="user_name",
        typed=name_as_typed(typed_name),
    )
