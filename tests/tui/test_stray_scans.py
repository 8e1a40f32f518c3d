"""A scan that comes while no field waits for it goes to what it names, or is refused: it never opens anything else."""

import pytest
from test_palette_and_people import find
from test_technician import open_batch
from who_is_there import BATCH

from inkt_mfg.refusal import Refusal
from inkt_mfg.views.batch_page import batch_page
from inkt_mfg.views.called import Called, called
from inkt_mfg.views.labels import label_content
from inkt_mfg.views.subjects import collection_list, subject_page
from tui.bursts import HELD

CULTURE, FORMULATED, RELEASED, ISSUED = (BATCH[s] for s in ("YA-001", "YA-002", "YA-004", "YA-005"))


def label_on(site, batch: str) -> str:
    """What a scanner reads from the newest label of the batch."""
    return label_content(site.store, batch_page(site.store, batch).labels[-1].code).payload


# --- what a text names


def test_a_text_names_the_record_whose_code_or_label_it_is(site):
    label = batch_page(site.store, ISSUED).labels[-1]
    content = label_content(site.store, label.code)
    subject = subject_page(site.store, "YA-005")
    collection = collection_list(site.store)[0]
    assert called(site.store, content.payload) == Called(label.code, batch=ISSUED)
    assert called(site.store, label.code) == Called(label.code, batch=ISSUED)
    assert called(site.store, ISSUED) == Called(ISSUED, batch=ISSUED)
    for text in ("YA-005", subject.chain_of_identity, subject.patient_id):
        assert called(site.store, text) == Called("YA-005", subject="YA-005")
    of_blood = Called(collection.code, collection=collection.code, subject=collection.subject)
    for text in (
        collection.code,
        collection.donation_id,
        content.linear if collection.subject == "YA-005" else collection.code,
    ):
        assert called(site.store, text) == of_blood


def test_a_label_of_another_site_with_a_serial_of_ours_names_nothing(site):
    code = label_content(site.store, batch_page(site.store, ISSUED).labels[-1].code).code
    other = type(code)(code.kind, code.training, "YA02", *(getattr(code, f) for f in ("chain_of_identity", "batch", "container", "containers", "serial")))  # fmt: skip
    with pytest.raises(Refusal, match="no label of this site says this code"):
        called(site.store, str(other))


@pytest.mark.parametrize(
    ("text", "rule"),
    [("B-99999", "record.unknown"), ("li.tech", "record.page"), ("IKT1.I.nonsense", "label.code")],
)
def test_what_names_nothing_a_page_shows_is_refused(site, text, rule):
    with pytest.raises(Refusal) as no:
        called(site.store, text)
    assert no.value.rule == rule


# --- at the terminal


async def test_a_label_scanned_on_the_day_board_opens_its_own_batch(keys, site):
    async with keys("li.tech") as person:
        await person.shows("Submit the batch for review", FORMULATED)
        await person.scan(label_on(site, ISSUED))
        await person.screen("BatchScreen")
        await person.shows(f"{ISSUED} ·")
        await person.scan(f"]d1{RELEASED}")  # on the page of another batch, with its AIM prefix
        await person.shows(f"{RELEASED} ·")
        await person.press("escape", "escape")
        await person.screen("DayBoardScreen")
        await person.scan("B-99999")
        await person.shows("there is no record B-99999 at this site")
        assert person.at("DayBoardScreen")
        assert person.app.focused.id == "tasks"


@pytest.mark.slow
async def test_a_code_typed_on_the_batch_list_goes_to_its_filter_and_opens_that_batch(keys):
    async with keys("li.tech") as person:
        await person.press("f3")
        await person.screen("BatchesScreen")
        await person.shows(CULTURE, FORMULATED)
        await person.scan(FORMULATED)
        await person.screen("BatchScreen")
        await person.shows(f"{FORMULATED} ·")
        await person.press("escape")
        await person.screen("BatchesScreen")
        await person.scan("B-99999")
        await person.shows("there is no record B-99999 at this site")
        assert person.at("BatchesScreen")


@pytest.mark.slow
async def test_figures_and_letters_of_a_scan_are_no_keys_of_the_batch_page(keys):
    async with keys("li.tech") as person:
        await open_batch(person, CULTURE)
        await person.scan("9wl1")
        await person.shows("there is no record 9wl1 at this site")
        assert person.at("BatchScreen")
        assert person.app.screen.query_one("#tabs").active == "tab-overview"
        await person.press("9")  # alone it is one, after a moment
        await person.until(lambda: person.app.screen.query_one("#tabs").active == "tab-history")


async def test_a_hand_may_type_a_code_slowly_and_leave_it_again(keys):
    async with keys("li.tech") as person:
        await person.shows("Submit the batch for review")
        await person.press(*FORMULATED)
        bar = person.app.screen.query_one("#scan-bar")
        assert bar.display
        assert bar.line.value == FORMULATED
        await person.press("escape")
        assert person.app.focused.id == "tasks"
        assert not bar.display
        assert person.at("DayBoardScreen")


@pytest.mark.slow
async def test_on_the_labels_of_a_batch_a_scanned_label_comes_under_the_cursor(keys, site):
    async with keys("li.tech") as person:
        await open_batch(person, ISSUED)
        await person.press("l")
        await person.screen("LabelsScreen")
        label = batch_page(site.store, ISSUED).labels[-1].code
        await person.shows(label)
        await person.scan(label_on(site, ISSUED))
        await person.until(lambda: person.app.screen.query_one("#label-rows").held == label)
        await person.scan(RELEASED)
        await person.screen("BatchScreen")
        await person.shows(f"{RELEASED} ·")


@pytest.mark.slow
async def test_on_the_jobs_and_the_subjects_a_scan_opens_what_it_names(keys, site):
    async with keys("li.tech") as person:
        await person.press("f4")
        await person.screen("SubjectsScreen")
        await person.shows("YA-001", "YA-004")
        await person.scan("YA-004")
        await person.screen("SubjectScreen")
        await person.shows("YA-004 ·")
        await person.press("escape")
        await person.screen("SubjectsScreen")
        await person.scan(label_on(site, ISSUED))
        await person.screen("BatchScreen")
        await person.shows(f"{ISSUED} ·")
        await person.press("l", "j")
        await person.screen("JobsScreen")
        await person.scan(subject_page(site.store, "YA-003").chain_of_identity)
        await person.screen("SubjectScreen")
        await person.shows("YA-003 ·")


@pytest.mark.slow
async def test_a_scan_presses_no_button_of_a_form_and_answers_no_question(keys, site):
    rung = []
    async with keys("li.tech") as person:
        await person.shows("Submit the batch for review")
        await person.press("enter")
        await person.screen("ActScreen")
        await person.shows("Sign…")
        person.app.bell = lambda: rung.append(True)
        await person.scan(label_on(site, ISSUED))
        await person.shows("Nothing here is scanned", "Choose a field first")
        assert person.at("ActScreen")
        assert rung == [True]
        await person.press("enter")
        await person.screen("SignScreen")
    assert batch_page(site.store, FORMULATED).state == "formulated"


@pytest.mark.slow
async def test_a_scan_in_the_palette_or_a_field_stays_there(keys):
    async with keys("li.tech") as person:
        await person.shows("for you")
        await find(person, "Apply the label")
        await person.screen("ActScreen")
        await person.scan("B-99999")
        await person.shows("label.code")
        assert person.at("ActScreen")


def test_a_key_is_held_no_longer_than_a_hand_notices():
    assert HELD <= 0.1
