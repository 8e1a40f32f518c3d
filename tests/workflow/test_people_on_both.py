"""The whole of people's affairs on SQLite and on PostgreSQL: one site from its making to the access review."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from inkt_mfg.demo.people import ADMINISTRATOR, PASSWORD, hire
from inkt_mfg.refusal import Refusal
from inkt_mfg.store.clock import SimulatedClock
from inkt_mfg.store.verification import verify
from inkt_mfg.views.people import failed_attempts, people_register, statement_in_force
from inkt_mfg.workflow import people
from inkt_mfg.workflow import site as site_commands
from inkt_mfg.workflow.access_review import access_review
from inkt_mfg.workflow.admission import FAILURES_BEFORE_LOCK
from inkt_mfg.workflow.bench import log_in
from inkt_mfg.workflow.day_board import day_board
from inkt_mfg.workflow.signing import Credentials
from inkt_mfg.workflow.site import NewSite, create_site

FOREVER = {"completed_on": "2026-01-02", "expires_on": "2026-03-20", "topic": "SOP-12", "trained_by": "赵琳"}


@pytest.mark.requirement("R10", "R20", "R25", "R26", "R28")
def test_a_site_from_its_making_to_the_access_review(store):
    store.clock = SimulatedClock(datetime(2026, 3, 1, 1, tzinfo=UTC))
    create_site(
        store, NewSite(store.site, "诱安", "1 Road", "Asia/Shanghai", True), [ADMINISTRATOR], "office"
    )
    staff = hire(store)
    office, li = staff[ADMINISTRATOR.user_name], staff["li.tech"]
    office.run(site_commands.set_setting, setting="training_required", value="yes", reason="go live")
    office.run(people.record_training, user_name="li.tech", role="technician", **FOREVER)
    li.run(people.change_password, old_password=PASSWORD, new_password="七棵梨树在正午飞过河岸")
    for _ in range(FAILURES_BEFORE_LOCK):
        with pytest.raises(Refusal):
            log_in(store, Credentials("wang.tech", "not-my-password"), "bench-2")
    office.run(people.deactivate, user_name="sun.md", reason="left")
    register = {p.user_name: p for p in people_register(store)}
    assert register["li.tech"].trainings[0].trained_by == "赵琳"
    assert register["li.tech"].grants[0].trained_until == datetime(2026, 3, 20, 16, tzinfo=UTC)
    assert register["wang.tech"].locked
    assert [e.what.english for e in register["sun.md"].events] == ["added", "closed"]
    assert register["li.tech"].last_log_in is not None
    assert len(failed_attempts(store)) == FAILURES_BEFORE_LOCK
    assert statement_in_force(store).version == 1
    told = {o.what.english for o in access_review(store).oddities}
    assert {"is locked after 5 failures", "training as technician ends on 2026-03-20"} <= told
    store.clock.move_to(store.clock.at + timedelta(minutes=1))
    chen = log_in(store, Credentials("chen.qa", PASSWORD), "bench-1")
    assert "failed attempts since you last logged in: 5 (names typed: wang.tech)" in {
        n.text.english for n in day_board(chen).notices
    }
    assert not verify(store).findings
    for table in ("former_password", "training", "statement", "statement_acceptance"):
        with pytest.raises(sa.exc.DBAPIError, match="append-only"), store.engine.begin() as connection:
            connection.exec_driver_sql(f"DELETE FROM {table}")
