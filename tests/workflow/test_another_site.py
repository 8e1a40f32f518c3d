"""Rows of a made-up site, put beside the real ones: verification names each of them, and nobody's question is answered by one."""

import sqlite3
from contextlib import closing
from datetime import UTC, date, datetime

import pytest
from one_batch import ADMIN, CODE, LI, PASSWORD, SUN, Site
from slipped_in import slip_in
from sqlmodel import select

from inkt_mfg.ledger.entry import LedgerEntry, LedgerTouch
from inkt_mfg.records.people import RoleGrant, Statement, StatementAcceptance, Training
from inkt_mfg.records.words import Role
from inkt_mfg.refusal import Refusal
from inkt_mfg.store.copying import SQLITE_FILE
from inkt_mfg.store.scratch_site import prove
from inkt_mfg.store.verification import verify
from inkt_mfg.views.statements import newest_statement
from inkt_mfg.workflow import lots, people
from inkt_mfg.workflow.bench import log_in
from inkt_mfg.workflow.signing import Credentials
from inkt_mfg.workflow.statement import has_accepted
from inkt_mfg.workflow.training import was_trained

pytestmark = pytest.mark.requirement("R05", "R24", "R28")
EVIL = "EVIL"
NOW = datetime(2026, 3, 1, tzinfo=UTC)


def forge(site: Site, person: str) -> str:
    """A ledger of a site that is none, and what makes a technician a trained QA officer there; gives the statement's key."""
    with site.store.reading() as session:
        statement = newest_statement(session, CODE)
    assert statement is not None
    slip_in(site.store, LedgerEntry, {"site": CODE, "sequence": 1}, site=EVIL)
    slip_in(site.store, LedgerTouch, {"site": CODE, "sequence": 1}, site=EVIL)
    slip_in(site.store, RoleGrant, {"person": person}, key="e" * 32, site=EVIL, role=Role.QA_OFFICER)
    slip_in(
        site.store, Training, key="f" * 32, site=EVIL, row_version=1, person=person, role=Role.QA_OFFICER, topic="t",
        trained_by="x", completed_on=date(2026, 1, 1), expires_on=date(2027, 1, 1), recorded_by=person, recorded_at=NOW,
    )  # fmt: skip
    slip_in(site.store, Statement, key="b" * 32, site=EVIL, version=7)
    slip_in(site.store, StatementAcceptance, key="c" * 32, site=EVIL, person=person, statement="b" * 32)
    return statement.key


def test_a_row_of_another_site_is_found_and_never_obeyed(reviewed) -> None:
    person = reviewed.bench(LI).person.key
    forge(reviewed, person)
    bench = log_in(reviewed.store, Credentials(LI, PASSWORD), "bench-2")
    assert bench.person.roles == {Role.TECHNICIAN}
    bench.run(lots.register_lot, material="medium", lot_number="LQ", expires_on="2026-12-31")
    with pytest.raises(Refusal) as caught:
        bench.run(lots.release_lot, "LQ", sign_with=Credentials(LI, PASSWORD))
    assert caught.value.rule == "R24"
    with reviewed.store.reading() as session:
        assert not was_trained(session, CODE, person, [Role.QA_OFFICER], date(2026, 3, 1))
        newest = newest_statement(session, CODE)
        assert newest is not None
        assert newest.version == 1
    found = [(f.kind.value, f.table, f.key, f.field, f.found) for f in verify(reviewed.store).findings]
    assert found[:2] == [
        ("row.unknown", "ledger_entry", "1", "site", EVIL),
        ("row.unknown", "ledger_touch", found[1][2], "site", EVIL),
    ]
    keys = {"role_grant": "e", "statement": "b", "statement_acceptance": "c", "training": "f"}
    assert found[2:] == [("row.unknown", name, of * 32, "site", EVIL) for name, of in keys.items()]


def test_an_acceptance_recorded_at_another_site_is_none(at) -> None:
    site = at("founded")
    sun = site.bench(SUN).person.key
    with site.store.reading() as session:
        statement = newest_statement(session, CODE)
        assert has_accepted(session, sun, statement)
    statement = Statement(**statement.model_dump() | {"site": EVIL})
    with site.store.reading() as session:
        assert not has_accepted(session, sun, statement)


def test_a_backup_with_rows_of_another_site_is_not_good(at, tmp_path) -> None:
    site = at("founded")
    forge(site, site.bench(LI).person.key)
    copy = tmp_path / SQLITE_FILE
    with closing(sqlite3.connect(site.store.engine.url.database)) as shell:
        shell.execute("VACUUM INTO ?", (str(copy),))
    proven = prove(copy, tmp_path, None, lambda _what, _done, _of: None)
    assert proven.findings == 6


def test_another_sites_administrator_and_training_count_for_nothing_here(at) -> None:
    site = at("founded")
    person = site.bench(LI).person.key
    forge(site, person)
    slip_in(site.store, RoleGrant, {"key": "e" * 32}, key="a" * 32, role=Role.ADMINISTRATOR)
    no = site.refused(ADMIN, people.revoke_role, user_name=ADMIN, role="administrator", reason="leaves")
    assert no.rule == "R24"
    site.run(ADMIN, people.grant_role, user_name=LI, role="qa_officer", reason="helps out")
    with site.store.reading() as session:
        grant = session.exec(select(RoleGrant).where(RoleGrant.site == CODE, RoleGrant.role == Role.QA_OFFICER,
                                                     RoleGrant.person == person)).one()  # fmt: skip
    assert grant.trained_until is None
