"""A corrected reading as two people make it: asked for at the bench, approved by QA from the source."""

from sqlmodel import select

from inkt_mfg.demo.people import PASSWORD
from inkt_mfg.records.batch import Batch
from inkt_mfg.records.step import Step
from inkt_mfg.workflow import corrections
from inkt_mfg.workflow.signing import Credentials


def ask_for_formulated_volume(copied, new: str, reason: str) -> str:
    """The volume of the formulated product of the batch that was infused; the correction's code."""
    with copied.store.reading() as session:
        question = (
            select(Step).join(Batch).where(Batch.code == copied["infused"], Step.plan_code == "formulate")
        )
        step = session.exec(question).one().code
    return (
        copied.staff["li.tech"]
        .run(
            corrections.correct_step,
            step,
            value="formulated_volume",
            new=new,
            why="transcription",
            reason=reason,
        )
        .code
    )


def change_formulated_volume(copied, new: str, reason: str) -> None:
    """Asked for and approved."""
    code = ask_for_formulated_volume(copied, new, reason)
    signature = Credentials("chen.qa", PASSWORD)
    copied.staff["chen.qa"].run(corrections.approve, code, source_says=new, sign_with=signature)


def change_day_0(copied, day: str, reason: str) -> None:
    """The first TAE of the subject, asked for by the physician and approved by QA."""
    typed = {"value": "first_tae_on", "new": day, "why": "transcription", "reason": reason}
    code = copied.staff["sun.md"].run(corrections.correct_subject, "YA-001", **typed).code
    signature = Credentials("chen.qa", PASSWORD)
    copied.staff["chen.qa"].run(corrections.approve, code, source_says=day, sign_with=signature)
