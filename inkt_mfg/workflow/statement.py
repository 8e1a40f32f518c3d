"""The accountability statement: what giving a signature here means for who gives it (21 CFR 11.10(j), 11.100(c)).

Version 1 is made with the site. ``people`` and ``site`` write the rows; ``bench`` asks here before anything is signed.
"""

from sqlmodel import Session, select

from inkt_mfg.language import Phrase
from inkt_mfg.records.people import Statement, StatementAcceptance, User
from inkt_mfg.refusal import Blocker
from inkt_mfg.views.statements import NONE_PUBLISHED, newest_statement

FIRST_TEXT = """\
What my signature here means

1. My electronic signature in this system is the legally binding equivalent of my handwritten signature.
2. I answer for every act done under my user name. What I record is what I did or saw, when I did or saw it.
3. My password is mine alone. I tell it to nobody, write it nowhere, and never let anybody act under my name; \
I never act under another's.
4. I log out or lock the screen when I leave it.
5. I know that the audit trail keeps every act with my name, the time and the reason, and that nobody can erase it.
6. If I suspect that somebody knows my password, or that a record is false, I tell an administrator and QA at once.

我在此签名的含义

1．我在本系统中的电子签名与我的手写签名具有同等法律效力。
2．凡以我的用户名进行的操作，均由我负责。我所记录的是我亲自所做或所见，并在当时记录。
3．我的密码只属于我本人。我不告诉任何人，不写在任何地方，绝不让他人以我的名义操作，也绝不以他人的名义操作。
4．我离开时退出登录或锁定屏幕。
5．我知道审计追踪会保存每项操作及我的姓名、时间和原因，任何人都无法抹去。
6．如怀疑有人知道我的密码，或某项记录不真实，我立即告知管理员和质量保证（QA）人员。
"""


def has_accepted(session: Session, person: str, statement: Statement) -> bool:
    """Whether the person with this key accepted this very version."""
    question = select(StatementAcceptance.key).where(
        StatementAcceptance.site == statement.site,
        StatementAcceptance.person == person,
        StatementAcceptance.statement == statement.key,
    )
    return session.exec(question).first() is not None


def not_accepted(session: Session, user: User) -> Blocker | None:
    """Why this person may sign nothing yet (R28); None when the newest version is accepted."""
    newest = newest_statement(session, user.site)
    if newest is None:
        return NONE_PUBLISHED
    if has_accepted(session, user.key, newest):
        return None
    return Blocker(
        "R28",
        Phrase("{name} has not accepted version {version} of the accountability statement",
               name=user.full_name, version=newest.version),
        Phrase("the statement read and accepted before anything is signed"),
        Phrase("{name}, by “accept the accountability statement” (person.accept_statement)", name=user.full_name),
        field="statement",
    )  # fmt: skip
