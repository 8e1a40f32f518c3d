"""The audit trail as people read it: who, what, when, why, old and new; per record, person, day, command, by a text."""

import json
from datetime import timedelta

import pytest
from one_batch import BATCH, LI, SUBJECT, SUN, WANG, ZHAO

from inkt_mfg.ledger import seeking
from inkt_mfg.refusal import Refusal
from inkt_mfg.views.ledger_pages import Asked, every_page, ledger_page
from inkt_mfg.workflow import subjects
from inkt_mfg.workflow.titles import commands_called, title_of

pytestmark = pytest.mark.requirement("R01")


def entries(site, **asked):
    return [e for page in every_page(site.store, Asked(**asked)) for e in page.entries]


def changes(entry, table: str):
    return [change for change in entry.changes if change.table == table]


def test_an_entry_says_who_what_when_where_why_and_with_which_program(standing):
    entry = entries(standing("released"), command="batch.release")[0]
    assert (entry.full_name, entry.user_name, entry.role) == ("Zhao Lin", ZHAO, "qa_officer")
    assert entry.on == BATCH
    assert entry.at.utcoffset() == timedelta(hours=8)
    assert entry.workstation
    assert entry.software
    assert len(entry.hash) == 64


def test_rows_and_people_are_called_by_name_and_never_by_key(standing):
    site = standing("released")
    with site.store.reading() as session:
        bodies = session.connection().exec_driver_sql("SELECT body FROM ledger_entry").scalars().all()
    keys = {change["key"] for body in bodies for change in json.loads(body)["changes"]}
    told = {text for entry in entries(site) for text in entry.texts()}
    assert not [text for text in told for key in keys if key in text]
    assert "Li Na (li.tech)" in told
    assert f"batch {BATCH}" in told
    assert any(text.startswith("step ST-00001: ") for text in told)
    assert any(text.startswith("release by Zhao Lin (zhao.qa) on batch") for text in told)


@pytest.mark.requirement("R07")
def test_a_quantity_is_told_as_it_was_typed_before_the_number_it_became(standing):
    (count, *_others) = (
        c for e in entries(standing("released"), command="count.record") for c in changes(e, "cell_count")
    )
    told = {field.field: field.new for field in count.fields}
    assert told["volume"].split(" (")[0].endswith("mL")
    assert "volume_typed" not in told
    assert told["method"]


def test_a_computed_number_is_told_with_its_unit_under_a_name_people_know(standing):
    site = standing("released")

    def told(command: str, table: str) -> dict[str, str]:
        newest = [c for e in entries(site, command=command) for c in changes(e, table)][-1]
        return {field.label: field.new for field in newest.fields}

    count = told("count.record", "cell_count")
    assert count["concentration, mean"].endswith(" cells/mL")
    assert count["iNKT of live cells"].endswith(" %")
    assert count["recount asked for"] == "no"
    dose = told("dose.assess", "dose_assessment")
    assert dose["body surface"].endswith(" m^2")
    assert dose["dose to give"].endswith(" cells/m^2")
    assert dose["highest dose allowed"] == "1000000000 cells/m^2"


@pytest.mark.requirement("R08")
def test_a_change_has_old_and_new_side_by_side(standing):
    entry = entries(standing("released"), command="batch.release")[0]
    (batch,) = changes(entry, "batch")
    assert [(f.field, f.old, f.new) for f in batch.fields] == [("state", "in_review", "released")]


def test_a_batch_brings_everything_beneath_it_and_nothing_of_others(standing):
    site = standing("released")
    found = entries(site, record=BATCH)
    tables = {change.table for entry in found for change in entry.changes}
    assert {"batch", "step", "step_reading", "step_material", "cell_count", "count_replicate", "sample", "test_result",
            "container", "dose_assessment", "disposition", "signature"} <= tables  # fmt: skip
    assert "person.add" not in {entry.command for entry in found}
    assert len(found) < len(entries(site))


def test_a_subject_brings_its_bodies_orders_collections_and_batches(standing):
    site = standing("released")
    found = {entry.sequence for entry in entries(site, record=SUBJECT)}
    assert {entry.sequence for entry in entries(site, record=BATCH)} <= found
    commands = {entry.command for entry in entries(site, record=SUBJECT)}
    assert {"subject.enrol", "body.measure", "dose.order", "collection.receive"} <= commands


def test_a_person_is_what_they_did_and_what_was_done_to_the_account(standing):
    site = standing("released")
    found = entries(site, person=WANG)
    assert {entry.user_name for entry in found} > {WANG}
    assert {"person.add", "person.log_in"} <= {entry.command for entry in found}
    on_batch = entries(site, person=WANG, record=BATCH)
    assert on_batch
    assert {entry.user_name for entry in on_batch} == {WANG}


def test_a_day_is_the_sites_own_from_midnight_to_midnight(standing):
    site = standing("released")
    everything = entries(site)
    days = sorted({entry.at.date() for entry in everything})
    assert len(days) > 3
    found = [entries(site, day=day.isoformat()) for day in days]
    assert [e.sequence for one_day in found for e in one_day] == [e.sequence for e in everything]
    assert all(entry.at.date() == day for day, one_day in zip(days, found, strict=True) for entry in one_day)
    since = entries(site, since=days[-1].isoformat())
    assert [e.sequence for e in since] == [e.sequence for e in found[-1]]
    assert entries(site, day=(days[0] - timedelta(days=1)).isoformat()) == []


def test_a_text_is_found_in_names_reasons_values_and_titles_whatever_its_case(standing):
    site = standing("released")
    assert entries(site, text="ZHAO LIN")
    title = title_of("batch.release")
    found = entries(site, text=title.upper(), commands=commands_called(title))
    assert [entry.command for entry in found] == ["batch.release"]
    assert entries(site, text="100%_\\") == [], "signs that mean something to a database mean themselves here"


def test_a_text_is_found_across_windows_and_a_bounded_search_says_how_far_it_got(standing, monkeypatch):
    site = standing("released")
    whole = entries(site, text="li.tech")
    monkeypatch.setattr(seeking, "WINDOW", 7)
    assert entries(site, text="li.tech") == whole
    newest_first = ledger_page(site.store, Asked(text="li.tech"), most=10_000).entries
    assert list(reversed(newest_first)) == whole
    page = ledger_page(site.store, Asked(text="nowhere to be found"), seconds=0)
    assert page.entries == ()
    assert page.more is not None
    assert page.more > 1
    seen = []
    while page.more is not None:
        page = ledger_page(site.store, Asked(text="nowhere to be found"), before=page.more, seconds=0)
        seen.append(page.more)
    assert seen[:-1] == sorted(seen[:-1], reverse=True)


@pytest.mark.parametrize("asked", [{}, {"record": BATCH}, {"person": LI}, {"text": "mL"}])
def test_pages_follow_each_other_without_a_gap_or_a_repetition(standing, asked):
    site = standing("released")
    wanted = [entry.sequence for entry in entries(site, **asked)]
    found, before = [], None
    while True:
        page = ledger_page(site.store, Asked(**asked), before=before, most=7)
        found += [entry.sequence for entry in page.entries]
        if page.more is None:
            break
        before = page.more
    assert found == sorted(wanted, reverse=True)


def test_a_page_is_asked_for_by_number_and_never_by_offset(standing):
    site, said = standing("released"), []
    from sqlalchemy import event

    event.listen(
        site.store.engine, "before_cursor_execute", lambda _c, _u, statement, *_more: said.append(statement)
    )
    ledger_page(site.store, Asked(record=BATCH), before=60, most=5)
    ledger_page(site.store, Asked(text="Li"), before=60, most=5)
    assert said
    assert not [
        statement for statement in said if "OFFSET" in statement.upper().replace("LIMIT ? OFFSET ?", "")
    ]


@pytest.mark.requirement("R33")
def test_a_blind_readings_figures_are_withheld_until_it_was_read_twice(at):
    site = at("released")
    figures = {"height": "168 cm", "weight": "61.7 kg"}
    code = site.run(SUN, subjects.measure_body, SUBJECT, **figures, measured_on=site.today()).code
    measured = entries(site, record=code)[-1]
    told = {f.field: f.new for c in changes(measured, "body_measurement") for f in c.fields}
    assert told["weight"] == told["height"] == told["bsa"] == "(shown after the second reading)"
    assert entries(site, text="61.7") == [], "nor are they found by whoever guesses them"
    site.run(LI, subjects.read_body_again, code, **figures)
    told = {
        f.field: f.new for c in changes(entries(site, record=code)[0], "body_measurement") for f in c.fields
    }
    assert told["weight"].startswith("61.7 kg")
    assert entries(site, text="61.7 kg")


@pytest.mark.requirement("R63")
def test_whoever_has_not_logged_in_is_told_no_patients_name(standing):
    site = standing("released")
    named = next(iter(entries(site, command="subject.enrol")))
    hidden = next(iter(entries(site, command="subject.enrol", identified=False)))
    name = next(f.new for c in changes(named, "subject") for f in c.fields if f.field == "patient_name")
    assert name in set(named.texts())
    assert name not in "\n".join(hidden.texts())
    assert "(shown after a log-in)" in set(hidden.texts())
    assert entries(site, text=name, identified=False) == []


@pytest.mark.requirement("R26")
def test_a_secret_is_never_shown_only_that_it_changed(standing):
    changed = entries(standing("released"), command="person.change_password")
    told = {f.field: (f.old, f.new) for e in changed for c in changes(e, "person") for f in c.fields}
    assert told["password_hash"] == ("(never shown)", "(never shown)")


def test_a_record_a_person_or_a_day_nobody_knows_is_refused(standing):
    site = standing("released")
    for asked, field in (
        ({"record": "B-99999"}, "record"),
        ({"person": "no.one"}, "person"),
        ({"day": "19.11."}, "day"),
        ({"day": "9999-12-31"}, "day"),
        ({"since": "0001-01-01"}, "since"),
    ):
        with pytest.raises(Refusal) as refused:
            ledger_page(site.store, Asked(**asked))
        assert refused.value.first.field == field


def test_a_command_has_a_title_also_where_no_form_declares_it():
    assert title_of("person.log_in") == "Log in"
    assert title_of("batch.release.refused") == f"{title_of('batch.release')}: refused"
    assert title_of("something.else") == "something.else"
    assert commands_called("") == ()
