"""The access review on paper: everybody is on it, what stands out comes first, and the same review gives the same bytes."""

from datetime import timedelta

import pytest
from paper_reader import pages, squeezed, text_of

from inkt_mfg.demo.people import STAFF, hire
from inkt_mfg.language import choose_language
from inkt_mfg.refusal import Refusal
from inkt_mfg.reports.access_review import access_review_pdf
from inkt_mfg.workflow import people
from inkt_mfg.workflow.access_review import AccessReview, access_review
from inkt_mfg.workflow.bench import log_in
from inkt_mfg.workflow.signing import Credentials


@pytest.fixture
def review(copied_empty) -> AccessReview:
    """Seven people; one trained, one closed, one whose name was tried."""
    staff = hire(copied_empty)
    office = staff["zhang.admin"]
    today = copied_empty.clock.now().date()
    office.run(
        people.record_training, user_name="li.tech", role="technician", topic="SOP-12 culture", trained_by="赵琳",
        completed_on=str(today - timedelta(days=30)), expires_on=str(today + timedelta(days=600)),
    )  # fmt: skip
    office.run(people.deactivate, user_name="sun.md", reason="left the hospital")
    for _ in range(3):
        with pytest.raises(Refusal):
            log_in(copied_empty, Credentials("wang.tech", "not-my-password"), "ward-3")
    return access_review(copied_empty)


@pytest.mark.requirement("R20", "R24", "R25", "R28")
def test_everybody_is_on_it_with_what_they_may_and_what_happened(review):
    text = squeezed(text_of(access_review_pdf(review)))
    for person in STAFF:
        assert squeezed(f"{person.full_name} ({person.user_name})") in text
    for said in ("TRAINING – NOT FOR CLINICAL USE", "SOP-12 culture", "赵琳", "left the hospital", "staff of the demo",
                 "demo: no identity check", "minutes until an idle bench locks", "ward-3", "Date and signature"):  # fmt: skip
        assert squeezed(said) in text, said


@pytest.mark.requirement("R24")
def test_what_stands_out_comes_first_with_room_for_a_decision(review):
    first = pages(access_review_pdf(review))[0]
    assert first.index("What stands out") < first.index("is closed and would come back as physician")
    assert first.index("failed attempts under this name in 90 days: 3") < first.index("Password of")
    assert "Reviewer's decision" in first


def test_the_same_review_gives_the_same_bytes(review):
    assert access_review_pdf(review) == access_review_pdf(review)


def test_it_is_printed_in_chinese_too(review):
    choose_language("zh_CN")
    try:
        text = squeezed(text_of(access_review_pdf(review)))
    finally:
        choose_language(None)
    assert "值得注意之处" in text
    assert "已关闭，重新启用后将恢复为physician" in text
