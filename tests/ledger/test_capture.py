"""The audit trail cannot be forgotten: what a command changes is in its one entry, and nothing gets past it."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from scene import LI, NOW, SITE, cell_count, intent, lot, make_batch, make_site, person, site_row
from sqlmodel import Session, select

from inkt_mfg.ledger.canonical import canonical_text, cell, entry_hash
from inkt_mfg.ledger.capture import UnattributedChange, begin_capture
from inkt_mfg.ledger.chain import end_of_chain
from inkt_mfg.ledger.intent import Actor, Intent
from inkt_mfg.records.batch import Batch
from inkt_mfg.records.count import CellCount
from inkt_mfg.records.dose import Disposition
from inkt_mfg.records.step import MaterialLot
from inkt_mfg.records.words import BatchState, DispositionKind, LotState
from inkt_mfg.refusal import Refusal
from inkt_mfg.store.clock import SimulatedClock
from inkt_mfg.store.triggers import PROTECTED
from inkt_mfg.store.unit_of_work import Store
from inkt_mfg.store.verification import verify


@pytest.fixture
def laboratory(store):
    make_site(store)
    return store


def entries(store: Store) -> list[dict]:
    with store.reading() as session:
        bodies = session.connection().exec_driver_sql("SELECT body FROM ledger_entry ORDER BY sequence")
        return [json.loads(body) for (body,) in bodies]


@pytest.mark.requirement("R01")
def test_an_entry_says_who_what_when_where_and_why(laboratory) -> None:
    with laboratory.work(intent("receive_lot", reason="delivery 12")) as work:
        key = work.add(lot()).key
    last = entries(laboratory)[-1]
    assert last["actor"] == {
        "key": LI.key,
        "user_name": "li.wei",
        "full_name": "Li Wei",
        "role": "technician",
    }
    assert (last["command"], last["reason"], last["workstation"]) == ("receive_lot", "delivery 12", "BENCH-1")
    assert (last["at"], last["offset"]) == ("2026-11-02T08:30:00.000000Z", "+00:00")
    assert last["about"] == {"batch": "B-00001"}
    assert last["changes"] == [
        {
            "act": "insert",
            "table": "material_lot",
            "key": key,
            "new": {
                "key": key,
                "site": SITE,
                "row_version": 1,
                "code": "L-17",
                "material": "IL-2",
                "expires_on": "2027-01-01",
                "state": "quarantine",
            },
        }
    ]


def test_the_local_offset_is_kept_beside_the_time_in_utc(laboratory) -> None:
    beijing = datetime.fromisoformat("2026-11-02T16:30:00+08:00")
    with laboratory.work(intent(at=beijing)) as work:
        work.add(lot())
    last = entries(laboratory)[-1]
    assert (last["at"], last["offset"]) == ("2026-11-02T08:30:00.000000Z", "+08:00")


@pytest.mark.requirement("R01")
def test_a_change_is_remembered_old_and_new_and_only_what_changed(laboratory) -> None:
    with laboratory.work(intent()) as work:
        work.add(lot())
    with laboratory.work(intent("release_lot")) as work:
        work.find(MaterialLot, "L-17").state = LotState.RELEASED
    (change,) = entries(laboratory)[-1]["changes"]
    assert change["old"] == {"state": "quarantine", "row_version": 1}
    assert change["new"] == {"state": "released", "row_version": 2}


def test_a_value_set_to_nothing_and_back_is_remembered(laboratory) -> None:
    batch = make_batch(laboratory)
    for started in (NOW, None):
        with laboratory.work(intent()) as work:
            work.find(Batch, batch.code).started_at = started
    first, second = (e["changes"][0] for e in entries(laboratory)[-2:])
    assert (first["old"]["started_at"], first["new"]["started_at"]) == (None, "2026-11-02T08:30:00.000000Z")
    assert (second["old"]["started_at"], second["new"]["started_at"]) == ("2026-11-02T08:30:00.000000Z", None)
    assert verify(laboratory).ok


def test_a_deleted_row_is_remembered_whole(laboratory) -> None:
    with laboratory.work(intent()) as work:
        work.add(lot())
    with laboratory.work(intent("strike_lot")) as work:
        work.session.delete(work.find(MaterialLot, "L-17"))
    (change,) = entries(laboratory)[-1]["changes"]
    assert change["act"] == "delete"
    assert change["old"]["material"] == "IL-2"
    assert "new" not in change


def test_one_command_is_one_entry_however_many_rows_it_writes(laboratory) -> None:
    batch = make_batch(laboratory)
    with laboratory.work(intent()) as work:
        work.add(cell_count(batch, 1))
        work.add(cell_count(batch, 2))
        work.find(Batch, batch.code).state = BatchState.IN_CULTURE
    bodies = entries(laboratory)
    assert [b["sequence"] for b in bodies] == [1, 2, 3, 4]
    assert [(c["act"], c["table"]) for c in bodies[-1]["changes"]] == [
        ("insert", "cell_count"),
        ("insert", "cell_count"),
        ("update", "batch"),
    ]
    assert work.appended is not None
    assert work.appended.sequence == 4


def test_a_row_changed_twice_in_one_command_is_remembered_twice(laboratory) -> None:
    with laboratory.work(intent()) as work:
        received = work.add(lot())
        received.material = "IL-15"
        work.session.flush()
        received.material = "IL-7"
    assert [c["new"].get("material") for c in entries(laboratory)[-1]["changes"]] == ["IL-2", "IL-15", "IL-7"]
    assert verify(laboratory).ok


def test_a_command_without_changes_leaves_an_entry_too(laboratory) -> None:
    """A failed login changes nothing and is remembered all the same."""
    with laboratory.work(intent("login_failed")) as work:
        work.note("typed", "li.wie")
    assert entries(laboratory)[-1]["notes"] == {"typed": "li.wie"}
    assert entries(laboratory)[-1]["changes"] == []


def test_a_command_that_fails_leaves_nothing(laboratory) -> None:
    before = entries(laboratory)

    def failing() -> None:
        with laboratory.work(intent()) as work:
            work.add(lot())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        failing()
    assert entries(laboratory) == before
    with laboratory.reading() as session:
        assert session.exec(select(MaterialLot)).all() == []


def test_a_form_filled_in_on_an_older_version_is_refused(laboratory) -> None:
    make_batch(laboratory)
    with laboratory.reading() as session:
        seen = session.exec(select(Batch)).one()
    with laboratory.work(intent()) as work:
        work.find(Batch, "B-00001").infusion_number = 2

    def late() -> None:
        with laboratory.work(intent()) as work:
            work.session.add(seen)
            seen.infusion_number = 3

    with pytest.raises(Refusal) as refused:
        late()
    assert refused.value.rule == "record.version"
    assert verify(laboratory).ok


class TestNothingGetsPast:
    """Our own bugs, caught: a command's author cannot write around the ledger (R03)."""

    def test_a_session_without_an_actor_cannot_write(self, laboratory) -> None:
        with Session(laboratory.engine) as session:
            session.add(lot())
            with pytest.raises(UnattributedChange, match="without an actor"):
                session.commit()

    def test_a_reading_session_cannot_write(self, laboratory) -> None:
        with laboratory.reading() as session:
            session.add(lot())
            with pytest.raises(UnattributedChange, match="without an actor"):
                session.flush()

    @pytest.mark.parametrize(
        "wrong",
        [
            Intent(SITE, "x", LI, "B", datetime(2026, 1, 1)),  # no offset
            Intent(SITE, "x", Actor("", "", "", ""), "B", NOW),
        ],
    )
    def test_an_intent_without_actor_or_offset_is_refused(self, laboratory, wrong) -> None:
        with Session(laboratory.engine) as session, pytest.raises(UnattributedChange):
            begin_capture(session, wrong)

    @pytest.mark.parametrize(
        "statement",
        [
            sa.update(MaterialLot).values(material="x"),
            sa.delete(MaterialLot),
            sa.text("UPDATE material_lot SET material = 'x'"),
        ],
    )
    def test_bulk_and_textual_statements_are_refused(self, laboratory, statement) -> None:
        with (
            pytest.raises(UnattributedChange, match="bypass"),
            laboratory.work(intent()) as work,
        ):
            work.session.execute(statement)

    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE material_lot SET material = 'x'",
            "DELETE FROM material_lot",
            "insert into material_lot (key) values ('x')",
            "  DROP TABLE material_lot",
            "/* harmless */ DELETE FROM material_lot",
            "WITH gone AS (SELECT 1) DELETE FROM material_lot",
            "SELECT 1; UPDATE material_lot SET material = 'x'",
            "BEGIN; UPDATE material_lot SET material = 'x'",
        ],
    )
    def test_statements_on_the_bare_connection_are_refused(self, laboratory, statement) -> None:
        def past() -> None:
            with laboratory.work(intent()) as work:
                work.add(lot())  # a flush just before does not open the door for what comes after
                work.session.connection().exec_driver_sql(statement)

        with pytest.raises(UnattributedChange, match="bypass"):
            past()
        assert verify(laboratory).ok

    def test_a_savepoint_is_refused(self, laboratory) -> None:
        with pytest.raises(UnattributedChange, match="savepoints"), laboratory.work(intent()) as work:
            work.session.begin_nested()

    def test_a_commit_in_the_middle_of_a_command_is_refused(self, laboratory) -> None:
        before = entries(laboratory)

        def early() -> None:
            with laboratory.work(intent()) as work:
                work.add(lot())
                work.session.commit()

        with pytest.raises(UnattributedChange, match="commits once"):
            early()
        assert entries(laboratory) == before

    def test_a_row_of_another_site_is_refused(self, laboratory) -> None:
        with pytest.raises(UnattributedChange, match="site ELSE"), laboratory.work(intent()) as work:
            work.add(MaterialLot(site="ELSE", code="L-1", material="x", expires_on=NOW.date()))

    def test_a_command_of_another_site_is_refused(self, laboratory) -> None:
        """The store holds its own site's lock and no other."""
        before = entries(laboratory)
        elsewhere = Intent("ELSE", "lot.register", LI, "B", NOW)
        with pytest.raises(UnattributedChange, match="site ELSE"), laboratory.work(elsewhere):
            pass
        assert entries(laboratory) == before


class TestClock:
    """A clock that ran backwards is detected and recorded (R06)."""

    @pytest.mark.requirement("R06")
    def test_a_clock_set_back_is_noted_in_the_entry(self, address) -> None:
        clock = SimulatedClock(NOW)
        store = Store.open(address, SITE, clock)
        make_site(store)
        with store.work(intent(at=NOW - timedelta(hours=1))) as work:
            work.add(lot())
        note = entries(store)[-1]["notes"]["clock_stepped_back"]
        assert note == "clock says 2026-11-02T07:30:00.000000Z, last entry 2026-11-02T08:30:00.000000Z"
        store.close()

    def test_the_machines_clock_is_read_under_the_lock_not_when_the_form_was_opened(self, laboratory) -> None:
        """An act waiting for its turn is older than the entry before it, and no clock stepped back."""
        now = datetime.now(UTC)
        with laboratory.work(intent(at=now)) as work:
            work.add(lot())
        with laboratory.work(intent(at=now - timedelta(seconds=20))) as work:
            work.add(lot("L-18"))
        assert "notes" not in entries(laboratory)[-1]

    def test_the_machines_clock_behind_the_last_entry_is_noted(self, laboratory) -> None:
        with laboratory.work(intent(at=datetime.now(UTC) + timedelta(days=366))) as work:
            work.add(lot())
        with laboratory.work(intent(at=datetime.now(UTC))) as work:
            work.add(lot("L-18"))
        assert "clock_stepped_back" in entries(laboratory)[-1]["notes"]

    def test_a_clinical_site_refuses_a_simulated_clock(self, address) -> None:
        store = Store.open(address, SITE)
        clinical = site_row()
        clinical.training = False
        with store.work(intent("create_site")) as work:
            work.add(clinical)
        store.close()
        with pytest.raises(Refusal, match="clinical site"):
            Store.open(address, SITE, SimulatedClock(NOW))


class TestTriggers:
    """The database itself refuses, whoever asks (R03)."""

    @pytest.mark.requirement("R03")
    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE ledger_entry SET actor = 'x'",
            "DELETE FROM ledger_entry",
            "UPDATE ledger_touch SET row_table = 'x'",
            "DELETE FROM ledger_touch",
        ],
    )
    def test_a_ledger_row_is_neither_changed_nor_deleted(self, laboratory, statement) -> None:
        with (
            pytest.raises(sa.exc.IntegrityError, match="append-only"),
            laboratory.engine.connect() as connection,
        ):
            connection.exec_driver_sql(statement)

    @pytest.mark.requirement("R34")
    def test_a_disposition_is_never_edited_not_even_by_a_command(self, laboratory) -> None:
        batch = make_batch(laboratory)
        with laboratory.work(intent("release")) as work:
            work.add(disposition(batch))
        before = entries(laboratory)

        def edited() -> None:
            with laboratory.work(intent("edit")) as work:
                work.find(Disposition, "D-00001").kind = DispositionKind.FINAL

        with pytest.raises(sa.exc.IntegrityError, match="append-only"):
            edited()
        assert entries(laboratory) == before
        with (
            pytest.raises(sa.exc.IntegrityError, match="append-only"),
            laboratory.engine.connect() as connection,
        ):
            connection.exec_driver_sql("DELETE FROM disposition")

    def test_what_is_only_ever_added_to_is_protected_as_the_ledger_is(self) -> None:
        assert {
            "ledger_entry",
            "ledger_touch",
            "signature",
            "disposition",
            "seal",
            "seal_key",
            "training",
        } <= set(PROTECTED)

    def test_replace_does_not_slip_past_on_sqlite(self, sqlite_store) -> None:
        make_site(sqlite_store)
        with (
            pytest.raises(sa.exc.IntegrityError, match="append-only"),
            sqlite_store.engine.connect() as connection,
        ):
            connection.exec_driver_sql(
                "REPLACE INTO ledger_entry SELECT site, sequence, recorded_at, 'x', command, body, hash FROM ledger_entry"
            )

    def test_truncate_does_not_slip_past_on_postgresql(self, postgresql_address) -> None:
        store = Store.open(postgresql_address, SITE)
        with (
            pytest.raises(sa.exc.IntegrityError, match="append-only"),
            store.engine.connect() as connection,
        ):
            connection.exec_driver_sql("TRUNCATE ledger_entry")
        store.close()


def disposition(batch: Batch) -> Disposition:
    return Disposition(
        site=SITE,
        code="D-00001",
        batch=batch.key,
        kind=DispositionKind.CONDITIONAL,
        decided_at=NOW,
        decided_by=LI.key,
        pending="{}",
    )


class TestChain:
    def test_each_entry_names_the_hash_of_the_one_before_it(self, laboratory) -> None:
        with laboratory.reading() as session:
            rows = (
                session.connection()
                .exec_driver_sql("SELECT body, hash FROM ledger_entry ORDER BY sequence")
                .all()
            )
            last = end_of_chain(session.connection(), SITE)
            assert (last.sequence, last.hash) == (2, rows[-1][1])
            none = end_of_chain(session.connection(), "NONE")
            assert (none.sequence, none.hash) == (0, "0" * 64)
        assert [json.loads(body)["previous"] for body, _hash in rows] == ["0" * 64, rows[0][1]]
        assert [entry_hash(body) for body, _hash in rows] == [digest for _body, digest in rows]

    def test_two_sites_in_one_database_have_a_chain_each(self, laboratory) -> None:
        other = Store(laboratory.engine, "ELSE")
        with other.work(Intent("ELSE", "create_site", LI, "B", NOW)) as work:
            site = site_row()
            site.site = site.code = "ELSE"
            work.add(site)
            elsewhere = person("b" * 32, "wang.fang")
            elsewhere.site = "ELSE"
            work.add(elsewhere)
        assert verify(other).entries == 1
        assert verify(other).ok
        assert verify(laboratory).entries == 2
        assert verify(laboratory).ok


class TestCanonical:
    @given(
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=["Cs"])),
            lambda inner: (
                st.lists(inner) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner)
            ),
        )
    )
    def test_canonical_text_reads_back_and_writes_the_same_again(self, body) -> None:
        text = canonical_text(body)
        assert json.loads(text) == body
        assert canonical_text(json.loads(text)) == text

    @given(st.decimals(allow_nan=False, allow_infinity=False), st.integers(0, 5))
    def test_one_number_has_one_spelling(self, number, zeros) -> None:
        if abs(number.adjusted()) > 60 or len(number.as_tuple().digits) > 60:
            number = Decimal(number.adjusted())
        padded = number + Decimal(0).scaleb(-zeros) if len(number.as_tuple().digits) < 20 else number
        assert Decimal(str(cell(number))) == number
        assert (cell(padded) == cell(number)) == (padded == number)

    def test_a_float_has_no_canonical_form(self) -> None:
        with pytest.raises(TypeError, match="float"):
            cell(0.1)

    def test_text_stays_as_it_is_and_keys_are_sorted(self) -> None:
        assert (
            canonical_text({"b": "王小明 ≥ ⁸", "a": [None, True, 1]})
            == '{"a":[null,true,1],"b":"王小明 ≥ ⁸"}'
        )


def test_a_count_comes_back_as_it_went_in(laboratory) -> None:
    """Decimals exactly, times aware, on both databases."""
    batch = make_batch(laboratory)
    exact = Decimal("12345678901234567890.123456789")
    with laboratory.work(intent()) as work:
        count = cell_count(batch)
        count.total_concentration = exact
        work.add(count)
    with laboratory.reading() as session:
        found = session.exec(select(CellCount)).one()
    assert found.total_concentration == exact
    assert found.performed_at == NOW
    assert found.performed_at.utcoffset() == timedelta(0)
