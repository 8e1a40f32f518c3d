"""The accountability statement in force at a site, for whoever shows it and whoever asks whether it was accepted.

Version 1 is made with the site. A site made before there was one has none, and nobody signs there until QA publishes it.
"""

from sqlmodel import Session, col, select

from inkt_mfg.language import Phrase
from inkt_mfg.records.people import Statement
from inkt_mfg.refusal import Blocker

NONE_PUBLISHED = Blocker(
    "R28",
    Phrase("no accountability statement has been published at this site"),
    Phrase("one that every signer has accepted"),
    Phrase("a QA officer, by site.publish_statement"),
    field="statement",
)


def newest_statement(session: Session, site: str) -> Statement | None:
    """The version in force; None at a site made before there was one."""
    question = (
        select(Statement).where(Statement.site == site).order_by(col(Statement.version).desc()).limit(1)
    )
    return session.exec(question).first()
