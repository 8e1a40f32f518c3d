"""A job that fails halfway is known label by label, whatever fails: the line, the printer, the disk, the program."""

import sqlite3
from contextlib import closing

import pytest
from one_batch import ADMIN, LIU
from waiting import FIRST, PRINTER, SECOND, THIRD, zebra_at
from zebra import READY, Zebra, burned

from inkt_mfg.records.label import Label
from inkt_mfg.records.words import LabelState
from inkt_mfg.refusal import Refusal, Unable
from inkt_mfg.views.jobs import job_card, jobs, labels_to_print
from inkt_mfg.workflow import accounting, labelling, people
from inkt_mfg.workflow import jobs as job_commands
from labels.printers.run import print_labels, resume_job, try_printer

pytestmark = pytest.mark.requirement("R52")
JOB = "J-00001"


def stopped(site, *serials: str, **how: object) -> Unable:
    """The job that does not come to its end."""
    with pytest.raises(Unable) as caught:
        print_labels(site.bench(LIU), list(serials), printer=PRINTER, **how)
    return caught.value


def states(site) -> dict[str, str]:
    return {x.label: x.state for x in job_card(site.store, JOB).labels}


@pytest.mark.parametrize("after", [2000, pytest.param(1, marks=pytest.mark.slow)])
def test_a_line_that_breaks_leaves_one_label_unknown_and_the_rest_not_sent(waiting, after):
    site = waiting
    with Zebra(breaks_after=after, breaks_at=2) as zebra:
        zebra_at(site, zebra.address)
        no = stopped(site, FIRST, SECOND, THIRD)
    assert states(site) == {FIRST: "sent", SECOND: "unknown", THIRD: "not_sent"}
    assert SECOND in no.what.english
    assert "the printer hung up" in no.what.english
    assert f"inkt job resume {JOB}" in no.remedy.english
    card = job_card(site.store, JOB)
    assert (card.state, card.to_look_at) == ("stopped", (SECOND,))
    assert no.what.english.partition(": ")[2] in card.ended_why
    assert site.ledger_is_whole()


def test_what_was_not_sent_is_resumed_and_nothing_is_printed_twice(waiting):
    site = waiting
    with Zebra(breaks_after=500, breaks_at=2) as zebra:
        zebra_at(site, zebra.address)
        stopped(site, FIRST, SECOND, THIRD)
        resume_job(site.bench(LIU), JOB)
        assert len(zebra.labels) == 3
        assert len(burned(zebra.labels[2])) == 1
    card = job_card(site.store, JOB)
    assert (card.state, card.sent, card.unknown) == ("done", (FIRST, THIRD), (SECOND,))
    for gone in (FIRST, SECOND, THIRD):
        again = site.refused(LIU, job_commands.start_job, labels=gone, printer=PRINTER)
        assert again.rule == "R52"
    assert labels_to_print(site.store, "B-00001") == ()
    nothing = site.refused(LIU, job_commands.resume_job, JOB)
    assert nothing.rule == "R30", "it is done"


def test_an_unknown_label_is_looked_at_and_confirmed_or_spoiled(waiting):
    site = waiting
    with Zebra(breaks_after=500) as zebra:
        zebra_at(site, zebra.address)
        stopped(site, FIRST, SECOND)
    with Zebra(breaks_after=500) as zebra:
        zebra_at(site, zebra.address, "ZEBRA-2")
        with pytest.raises(Unable):
            print_labels(site.bench(LIU), [THIRD], printer="ZEBRA-2")
    site.run(LIU, labelling.confirm_printed, FIRST)
    site.run(LIU, accounting.spoil_label, THIRD, reason="cut in half")
    assert [c.code for c in jobs(site.store, open_only=True)] == [JOB], "of it L-00002 is still to be printed"
    assert job_card(site.store, JOB).to_look_at == ()
    assert site.row(Label, FIRST).state is LabelState.PRINTED


def test_a_printer_that_is_off_is_found_out_before_anything_is_recorded(waiting, zebra):
    site = waiting
    zebra_at(site, "127.0.0.1:9")
    before = site.entries()
    no = stopped(site, FIRST)
    assert "does not answer" in no.what.english
    assert no.remedy.english.startswith("Nothing was sent.")
    assert site.entries() == before
    assert labels_to_print(site.store, "B-00001") == (FIRST, SECOND, THIRD)


@pytest.mark.parametrize(
    ("string", "field", "says"),
    [
        (0, 1, "no labels left"),
        (1, 2, "its head is open"),
        pytest.param(0, 2, "paused", marks=pytest.mark.slow),
        pytest.param(1, 3, "no ribbon left", marks=pytest.mark.slow),
    ],
    ids=str,
)
def test_what_the_printer_itself_says_is_wrong_is_said_before_anything_is_sent(waiting, string, field, says):
    status = [text.split(",") for text in READY]
    status[string][field] = "1"
    with Zebra(status=tuple(",".join(fields) for fields in status)) as zebra:
        zebra_at(waiting, zebra.address)
        no = stopped(waiting, FIRST)
    assert f"says: {says}." in no.what.english
    assert (jobs(waiting.store), zebra.labels) == ((), [])


@pytest.mark.parametrize("status", [(), pytest.param(("nothing", "we know", "1"), marks=pytest.mark.slow)])
def test_a_printer_that_says_nothing_of_itself_is_printed_on(waiting, status):
    with Zebra(status=status) as zebra:
        zebra_at(waiting, zebra.address)
        assert print_labels(waiting.bench(LIU), [FIRST], printer=PRINTER, seconds=0.2).state == "done"


@pytest.mark.slow
def test_a_printer_that_takes_nothing_in_time_leaves_the_label_unknown(waiting):
    site = waiting
    with Zebra(reads=False) as zebra:
        zebra_at(site, zebra.address, dots_per_inch="304.8")
        no = stopped(site, FIRST, SECOND, seconds=0.3)
    assert "no answer in time" in no.what.english
    assert states(site) == {FIRST: "unknown", SECOND: "not_sent"}


def test_a_full_disk_leaves_no_half_file_and_the_label_not_sent(waiting, tmp_path):
    site = waiting
    zebra_at(site, str(tmp_path / "out"), transport="file")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / f".{SECOND}.pdf.part").symlink_to("/dev/full")
    no = stopped(site, FIRST, SECOND, THIRD)
    assert "No space left on device" in no.what.english
    assert states(site) == {FIRST: "sent", SECOND: "not_sent", THIRD: "not_sent"}
    assert [file.name for file in (tmp_path / "out").iterdir()] == [f"{FIRST}.pdf"]
    resume_job(site.bench(LIU), JOB)
    assert job_card(site.store, JOB).sent == (FIRST, SECOND, THIRD)
    assert {file.name for file in (tmp_path / "out").iterdir()} == {
        f"{s}.pdf" for s in (FIRST, SECOND, THIRD)
    }


@pytest.mark.requirement("R27")
def test_a_bench_locked_while_a_label_goes_out_prints_the_job_to_its_end_and_stays_locked(waiting, tmp_path):
    """Whoever began it was there, and what happened is recorded; nothing else is done before the password."""
    site = waiting
    bench = site.bench(LIU)
    job = print_labels(bench, [FIRST, SECOND, THIRD], folder=tmp_path, heard=lambda *_: bench.lock())
    assert (job.state, job.sent) == ("done", (FIRST, SECOND, THIRD))
    with pytest.raises(Refusal) as locked:
        bench.run(labelling.confirm_printed, FIRST)
    assert (locked.value.rule, locked.value.first.what.english) == (
        "R27",
        "the bench of Liu Fang is locked",
    )


@pytest.mark.requirement("R27")
def test_a_locked_bench_sends_no_test_page(waiting, tmp_path):
    site = waiting
    zebra_at(site, str(tmp_path / "out"), transport="file")
    bench = site.bench(LIU)
    bench.lock()
    with pytest.raises(Refusal, match="is locked"):
        try_printer(bench, PRINTER)
    assert not (tmp_path / "out").exists()


def test_a_label_that_was_sent_and_cannot_be_recorded_is_unknown_and_the_rest_not_sent(waiting, tmp_path):
    """The disk of the database is full at that moment: a trigger says what SQLite would."""
    site = waiting
    with closing(sqlite3.connect(site.store.place)) as outside:
        outside.execute(
            "CREATE TRIGGER full BEFORE UPDATE ON print_job_label"
            " WHEN NEW.state = 'sent' AND NEW.ordinal = 2 BEGIN SELECT RAISE(ABORT, 'disk is full'); END"
        )
    with pytest.raises(Unable) as caught:
        print_labels(site.bench(LIU), [FIRST, SECOND, THIRD], folder=tmp_path / "out")
    said = caught.value
    assert f"Label {SECOND}: it was sent, and that could not be recorded: The disk" in said.what.english
    assert f"inkt label confirm {SECOND}" in said.remedy.english
    assert (tmp_path / "out" / f"{SECOND}.pdf").exists()
    assert states(site) == {FIRST: "sent", SECOND: "unknown", THIRD: "not_sent"}
    assert job_card(site.store, JOB).state == "stopped"


def test_a_job_that_cannot_even_be_stopped_says_how_somebody_else_does_it(waiting, tmp_path):
    site = waiting
    bench = site.bench(LIU)

    def leaves(*_heard: object) -> None:
        site.run(ADMIN, people.revoke_role, user_name=LIU, role="pharmacist", reason="left the house")

    with pytest.raises(Unable) as caught:
        print_labels(bench, [FIRST, SECOND, THIRD], folder=tmp_path, heard=leaves)
    assert f"inkt job stop {JOB}" in caught.value.remedy.english
    card = job_card(site.store, JOB)
    assert (card.state, card.waiting) == ("running", (SECOND, THIRD)), "the first that waits was under way"


def test_an_interruption_between_two_labels_leaves_the_rest_not_sent(waiting, tmp_path):
    site = waiting

    def pressed(serial: str, *_: int) -> None:
        if serial == SECOND:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        print_labels(site.bench(LIU), [FIRST, SECOND, THIRD], folder=tmp_path, heard=pressed)
    assert states(site) == {FIRST: "sent", SECOND: "sent", THIRD: "not_sent"}
    card = job_card(site.store, JOB)
    assert (card.state, card.ended_why) == ("stopped", f"{SECOND}: interrupted")


def test_a_job_nobody_runs_any_more_is_stopped_by_a_person_with_what_they_saw(waiting):
    site = waiting
    zebra_at(site, "127.0.0.1:9")
    site.run(LIU, job_commands.start_job, labels=f"{FIRST}, {SECOND} {THIRD}", printer=PRINTER)
    site.run(LIU, job_commands.record_sent, JOB, label=FIRST, sha256="0" * 64)
    busy = site.refused(LIU, job_commands.start_job, labels=THIRD, printer=PRINTER)
    assert busy.rule in {"job.running", "R52"}
    waiting = site.refused(LIU, labelling.confirm_printed, SECOND)
    assert waiting.rule == "job.waiting"
    long = site.refused(LIU, job_commands.stop_job, JOB, reason="x" * 501)
    assert (long.rule, long.first.field) == ("record.field", "ended_why")
    site.run(LIU, job_commands.stop_job, JOB, reason="power cut")
    assert states(site) == {FIRST: "sent", SECOND: "unknown", THIRD: "not_sent"}
    late = site.refused(LIU, job_commands.record_sent, JOB, label=SECOND, sha256="0" * 64)
    assert late.rule == "R30"


def test_nothing_of_it_can_have_left_when_somebody_says_so(waiting):
    site = waiting
    zebra_at(site, "127.0.0.1:9")
    site.run(LIU, job_commands.start_job, labels=f"{FIRST} {SECOND}", printer=PRINTER)
    wrong = site.refused(LIU, job_commands.stop_job, JOB, reason="off", under_way="sent")
    assert wrong.rule == "entry.choice"
    site.run(LIU, job_commands.stop_job, JOB, reason="it was never switched on", under_way="not_sent")
    assert states(site) == {FIRST: "not_sent", SECOND: "not_sent"}
    assert labels_to_print(site.store, "B-00001") == (FIRST, SECOND, THIRD)


def test_the_labels_of_a_job_are_recorded_in_their_order(waiting):
    site = waiting
    zebra_at(site, "127.0.0.1:9")
    site.run(LIU, job_commands.start_job, labels=f"{FIRST} {SECOND}", printer=PRINTER)
    assert site.refused(LIU, job_commands.record_sent, JOB, label=SECOND, sha256="0" * 64).rule == "job.order"
