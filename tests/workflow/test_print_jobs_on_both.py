"""The record of a print job on SQLite and on PostgreSQL: started, sent, stopped, resumed, confirmed."""

import pytest
from one_batch import BAG, LABEL, LIU, let_go, proof_of

from inkt_mfg.records.label import Label
from inkt_mfg.records.words import LabelState
from inkt_mfg.views.jobs import job_card, jobs, labels_to_print
from inkt_mfg.workflow import jobs as commands
from inkt_mfg.workflow import labelling, printers

JOB, PRINTER = "J-00001", "ZEBRA-1"
TYPED = {"dots_per_inch": "203.2", "media": "100x100", "transport": "tcp", "address": "192.0.2.20:9100"}


@pytest.mark.slow
@pytest.mark.requirement("R52")
def test_a_job_is_known_label_by_label_on_both_databases(reviewed):
    site = reviewed
    let_go(site)
    site.run(LIU, labelling.prepare_label, BAG)
    site.run(LIU, labelling.register_label, LABEL, **proof_of(site, LABEL))
    site.run(LIU, printers.register_printer, name=PRINTER, **TYPED)
    assert labels_to_print(site.store, "B-00001") == (LABEL,)
    site.run(LIU, commands.start_job, labels=LABEL, printer=PRINTER)
    site.run(LIU, commands.stop_job, JOB, reason="switched off", under_way="not_sent")
    site.run(LIU, commands.resume_job, JOB)
    site.run(LIU, commands.record_sent, JOB, label=LABEL, sha256="0" * 64)
    card = job_card(site.store, JOB)
    assert (card.state, card.to_confirm, jobs(site.store, open_only=True)) == ("done", (LABEL,), ())
    again = site.refused(LIU, commands.start_job, labels=LABEL, printer=PRINTER)
    assert again.rule == "R52"
    site.run(LIU, labelling.confirm_printed, LABEL)
    assert site.row(Label, LABEL).state is LabelState.PRINTED
    assert site.ledger_is_whole()
