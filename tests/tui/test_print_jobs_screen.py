"""A printing that breaks in the middle: what is known of each label, and what to do with it, at the screen of jobs."""

import sys
from pathlib import Path

import pytest
from who_is_there import BATCH

from inkt_mfg.demo.people import PASSWORD
from inkt_mfg.views.jobs import JobLabel, jobs
from inkt_mfg.views.label_rows import labels_of_batch, printings_of
from inkt_mfg.workflow import container_labels, printers
from inkt_mfg.workflow.bench import log_in
from inkt_mfg.workflow.signing import Credentials
from tui.screens.jobs import what_now

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "printing"))
from zebra import Zebra

RELEASED = BATCH["YA-004"]


@pytest.mark.parametrize(
    ("state", "label_state", "says"),
    [
        ("sent", "proofed", "c when it came out whole, x when it did not"),
        ("unknown", "proofed", "may have come out or not"),
        ("not_sent", "proofed", "It never left"),
        ("waiting", "proofed", "s stops the job"),
        ("unknown", "printed", "Nothing: it is seen to"),
        ("sent", "spoiled", "Nothing: it is seen to"),
    ],
)
def test_every_label_of_a_job_says_what_to_do_with_it(state, label_state, says):
    assert says in str(what_now(JobLabel("L-00001", 1, state, label_state, None)))


@pytest.mark.slow
@pytest.mark.requirement("R52")
async def test_a_printer_that_breaks_in_the_middle_is_told_label_by_label_and_the_rest_is_resumed(keys, site):
    pharmacist = log_in(site.store, Credentials("liu.pharm", PASSWORD), "bench-1")
    with Zebra(breaks_after=500, breaks_at=1) as zebra:
        pharmacist.run(
            printers.register_printer,
            name="ZEBRA-1",
            dots_per_inch="203.2",
            media="100x100",
            transport="tcp",
            address=zebra.address,
        )
        pharmacist.run(container_labels.prepare_partial_label, f"{RELEASED}-1")
        async with keys("liu.pharm", size=(120, 40)) as person:
            await person.shows("for you")
            await person.press("b")
            await person.screen("BatchScreen")
            await person.press("l")
            await person.screen("LabelsScreen")
            await person.shows("partial label")
            await person.press("i")
            await person.screen("LabelScreen")
            await person.shows("ZEBRA-1", "✓ The proof passes", "Print 2 labels")
            await person.press("ctrl+s")
            await person.shows("broke", "It stopped. j shows what is known of each label.")
            await person.press("j")
            await person.screen("JobsScreen")
            await person.shows("STOPPED", "? UNKNOWN: look at the printer", "✗ not sent", "Why it stopped")
            await person.press("enter")
            await person.shows("It may have come out or not.")
            await person.press("x")
            await person.screen("ActScreen")
            await person.field("reason", "half of it is blank")
            await person.press("ctrl+s")
            await person.screen("JobsScreen")
            await person.shows("spoiled")
            await person.press("r")
            await person.shows("✓ sent")
            await person.press("down")
            await person.shows("c when it came out whole")
            await person.press("c")
            await person.screen("ActScreen")
            await person.press("ctrl+s")
            await person.screen("JobsScreen")
            await person.shows("printed")
            await person.press("escape", "escape")
            await person.screen("LabelScreen")
    states = [r.state for r in labels_of_batch(site.store, RELEASED).rows]
    assert states == ["spoiled", "printed"]
    assert [job.state for job in jobs(site.store)] == ["done"]
    assert printings_of(site.store, ("L-99999",)) == ({}, ())
