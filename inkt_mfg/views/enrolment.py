"""What has to be answered to enrol a subject under each approved protocol, for the enrolment form.

It only reads the protocol; whether an answer meets its criterion is judged by the command.
"""

from dataclasses import dataclass

from inkt_mfg.records.site import ProtocolVersion
from inkt_mfg.store.unit_of_work import Store
from inkt_mfg.views.case import parsed_protocol
from inkt_mfg.views.protocols import approved_versions


@dataclass(frozen=True, slots=True)
class Question:
    """One criterion: its code, the sentence, what is required, and whether it is answered by yes or no."""

    code: str
    sentence: str
    required: str
    yes_or_no: bool
    against_upper_limit: bool


@dataclass(frozen=True, slots=True)
class EnrolmentQuestions:
    """Everything one approved protocol version asks."""

    protocol: str
    title: str
    arms: tuple[tuple[str, str], ...]
    inclusion: tuple[Question, ...]
    exclusion: tuple[Question, ...]


def enrolment_questions(store: Store) -> tuple[EnrolmentQuestions, ...]:
    """Of the approved protocol versions of the site, the newest version of each first."""
    with store.reading() as session:
        return tuple(_of(version) for version in approved_versions(session, store.site))


def _of(version: ProtocolVersion) -> EnrolmentQuestions:
    protocol = parsed_protocol(version.sha256, version.text, version.code)
    return EnrolmentQuestions(
        version.code,
        protocol.title,
        tuple((arm.code, arm.title) for arm in protocol.arms),
        tuple(
            Question(
                c.code,
                c.sentence,
                c.criterion.text if c.criterion else "yes",
                c.criterion is None,
                c.relative_to is not None,
            )
            for c in protocol.eligibility
            if c.computed_from is None
        ),
        tuple(
            Question(x.code, x.sentence, "no", yes_or_no=True, against_upper_limit=False)
            for x in protocol.exclusions
        ),
    )
