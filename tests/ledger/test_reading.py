"""What stands between a record and its release: whether its rows are what their ledger entries left."""

import json

import pytest
from scene import SITE, intent, lot, make_batch, make_site
from sqlmodel import select

from inkt_mfg.ledger.canonical import canonical_text, entry_hash
from inkt_mfg.ledger.reading import first_that_does_not_hold
from inkt_mfg.records.base import Record
from inkt_mfg.records.step import MaterialLot, Step
from inkt_mfg.records.words import LotState
from inkt_mfg.store.engine import for_writing
from inkt_mfg.store.unit_of_work import Store
from inkt_mfg.store.verification import verify

pytestmark = pytest.mark.requirement("R05", "R39")


def wrong_in(store: Store, rows: list[Record]) -> str | None:
    with store.reading() as session:
        return first_that_does_not_hold(session, SITE, rows)


def without_field(store: Store, table: str, name: str) -> None:
    """The last entry as a program wrote it that had no such column yet."""
    with for_writing(store.engine).begin() as connection:
        sql = connection.exec_driver_sql
        server = connection.dialect.name == "postgresql"
        if server:
            sql("ALTER TABLE ledger_entry DISABLE TRIGGER ALL")
        else:
            sql("DROP TRIGGER ledger_entry_refuses_update")
        last, text = sql("SELECT sequence, body FROM ledger_entry ORDER BY sequence DESC LIMIT 1").one()
        body = json.loads(text)
        (change,) = (c for c in body["changes"] if c["table"] == table)
        del change["new"][name]
        told = canonical_text(body)
        asked = "UPDATE ledger_entry SET body = ?, hash = ? WHERE sequence = ?"
        sql(asked.replace("?", "%s") if server else asked, (told, entry_hash(told), last))


@pytest.fixture
def step(store) -> Step:
    make_site(store)
    make_batch(store)
    with store.reading() as session:
        return session.exec(select(Step)).one()


def test_a_row_written_before_a_column_was_added_holds_while_the_column_is_empty(store, step):
    assert step.remark is None
    without_field(store, "step", "remark")
    assert not [f for f in verify(store).findings if f.table == "step"]
    assert wrong_in(store, [step]) is None


def test_a_value_no_entry_wrote_does_not_hold(store, step):
    without_field(store, "step", "plan_code")
    assert wrong_in(store, [step]) == "step T-00001"


def test_a_row_no_entry_knows_does_not_hold(store, step):
    assert wrong_in(store, [step]) is None
    assert wrong_in(store, [step, lot("L-18")]) == "material_lot L-18"


def test_many_rows_changed_together_and_one_of_them_again_hold(store):
    """An entry that touches rows of several questions is applied once, in its place in the chain."""
    make_site(store)
    with store.work(intent("lot.register")) as work:
        first = work.add(lot())
    with store.work(intent("lot.release")) as work:
        work.find(MaterialLot, first.code).state = LotState.RELEASED
        others = [work.add(lot(f"L-{1000 + n}")) for n in range(510)]
    with store.work(intent("lot.hold")) as work:
        first = work.find(MaterialLot, first.code)
        first.state = LotState.QUARANTINE
    assert wrong_in(store, [first, *others]) is None
