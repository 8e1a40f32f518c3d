"""A whole small trial through the real commands on a server, as the application role: what it is granted suffices."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from inkt_mfg.demo.lab import Lab
from inkt_mfg.demo.people import ADMINISTRATOR, hire
from inkt_mfg.demo.site import SITE, LabelFiles
from inkt_mfg.demo.trial import Trial
from inkt_mfg.moments import zone
from inkt_mfg.store.clock import SimulatedClock
from inkt_mfg.store.making import make_site_database
from inkt_mfg.store.verification import verify
from inkt_mfg.workflow.site import create_site

DAY = date(2026, 11, 19)


@pytest.mark.slow
@pytest.mark.requirement("R03")
def test_every_command_of_a_trial_runs_as_the_application_role(postgresql_address, tmp_path):
    local = zone(SITE.time_zone)
    clock = SimulatedClock(datetime.combine(DAY - timedelta(days=160), time(6), local).astimezone(UTC))
    with make_site_database(tmp_path / "ward", SITE.code, postgresql_address, clock) as store:
        with store.reading() as session:
            role = session.connection().exec_driver_sql("SELECT current_user").scalar_one()
        assert role.endswith("_app")
        create_site(store, SITE, [ADMINISTRATOR], "test")
        lab = Lab(store, hire(store), clock, local, LabelFiles(tmp_path / "labels").print_label)
        trial = Trial(lab, DAY, 2011, 8)
        trial.protocol_code = trial.prepare()
        trial.enrol_all(trial.protocol_code)
        trial.run_until(lab.at(DAY, 10))
        checked = verify(store)
        assert checked.ok, checked.findings[:5]
        with store.reading() as session:
            for table in ("label", "infusion", "handover", "disposition"):
                assert (
                    session.connection().exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one() > 0
                ), table
