"""A program killed in the middle of a job: what the record says afterwards, and what a person does then."""

import os
import signal
from collections.abc import Callable

import pytest
from one_batch import CODE, LIU
from waiting import FIRST, PRINTER, SECOND, THIRD, zebra_at
from zebra import Zebra

from inkt_mfg.demo.people import PASSWORD
from inkt_mfg.store.clock import SimulatedClock
from inkt_mfg.store.unit_of_work import Store
from inkt_mfg.views.jobs import job_card, jobs
from inkt_mfg.workflow import jobs as job_commands
from inkt_mfg.workflow import labelling
from inkt_mfg.workflow.bench import log_in
from inkt_mfg.workflow.signing import Credentials
from labels.printers.run import print_labels, resume_job

pytestmark = pytest.mark.requirement("R52")
JOB = "J-00001"


def in_a_process_of_its_own(site, heard: Callable[..., object] | None = None) -> int:
    """Another program at the same site prints three labels; its process."""
    child = os.fork()
    if child == 0:
        try:
            store = Store.open(
                f"sqlite:///{site.store.folder / 'site.db'}", CODE, SimulatedClock(site.clock.at)
            )
            store.folder = site.store.folder
            bench = log_in(store, Credentials(LIU, PASSWORD), "bench-2")
            print_labels(bench, [FIRST, SECOND, THIRD], printer=PRINTER, heard=heard)
        finally:
            os._exit(7)  # it must never go on as the test
    return child


def ended_by(child: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def test_killed_while_the_second_label_is_sent(waiting):
    site = waiting
    children: list[int] = []
    with Zebra(breaks_after=300, breaks_at=2, instead=lambda: os.kill(children[0], signal.SIGKILL)) as zebra:
        zebra_at(site, zebra.address)
        children.append(in_a_process_of_its_own(site))
        assert ended_by(children[0]) == -signal.SIGKILL
    (card,) = jobs(site.store, open_only=True)
    assert (card.state, card.sent, card.waiting) == ("running", (FIRST,), (SECOND, THIRD))
    site.run(LIU, job_commands.stop_job, JOB, reason="the program was gone")
    card = job_card(site.store, JOB)
    assert (card.sent, card.unknown, card.not_sent) == ((FIRST,), (SECOND,), (THIRD,))
    assert site.ledger_is_whole()


@pytest.mark.slow
def test_killed_between_two_labels_the_next_is_looked_at_before_it_is_printed(waiting):
    """Nobody can tell from the record whether the next one had been begun, so a person looks."""
    site = waiting
    with Zebra() as zebra:
        zebra_at(site, zebra.address)
        child = in_a_process_of_its_own(site, lambda *_: os.kill(os.getpid(), signal.SIGKILL))
        assert ended_by(child) == -signal.SIGKILL
        assert len(zebra.labels) == 1
        busy = site.refused(LIU, job_commands.resume_job, JOB)
        assert busy.rule == "R30"
        site.run(LIU, job_commands.stop_job, JOB, reason="nothing in the tray", under_way="not_sent")
        resume_job(site.bench(LIU), JOB)
        assert len(zebra.labels) == 3
    assert job_card(site.store, JOB).sent == (FIRST, SECOND, THIRD)
    for serial in (FIRST, SECOND, THIRD):
        site.run(LIU, labelling.confirm_printed, serial)
