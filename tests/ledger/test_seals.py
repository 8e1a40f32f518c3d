"""Seals: what they say, what they are made from, and what verification finds when one does not fit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scene import SITE, intent, make_site
from sealed import Laboratory, key_row

from inkt_mfg.ledger.findings import FindingKind
from inkt_mfg.ledger.minisign import PublicKey, SecretKey, Signature
from inkt_mfg.ledger.seal_statement import NotASeal, SealStatement, Sheet, short
from inkt_mfg.ledger.sealing import BrokenChain, standing
from inkt_mfg.ledger.seals import Outside
from inkt_mfg.records.words import SealOccasion
from inkt_mfg.store.verification import verify
from inkt_mfg.views.seals import seal_standing

pytestmark = pytest.mark.requirement("R04")
KEY = SecretKey.make()
SAID = SealStatement(
    "YAH", 12, "ab" * 32, "cd" * 32, "2026-11-02T08:30:00.000000Z", KEY.public.name, "release"
)


@pytest.fixture
def laboratory(sqlite_store) -> Laboratory:
    return begun(sqlite_store)


@pytest.fixture
def on_both(store) -> Laboratory:
    """The same, on SQLite and on PostgreSQL."""
    return begun(store)


def begun(store) -> Laboratory:
    laboratory = Laboratory.open(store)
    for _ in range(3):
        laboratory.count()
    return laboratory


def found(laboratory, **more) -> set[tuple[str, str, str | None]]:
    return {(f.kind.value, f.key, f.field) for f in verify(laboratory.store, **more).findings}


class TestTheStatement:
    def test_it_is_these_lines_and_no_others(self) -> None:
        assert SAID.text == (
            "inkt ledger seal 1\nsite: YAH\nsize: 12\n"
            f"head: {'ab' * 32}\nmerkle-root: {'cd' * 32}\n"
            f"sealed-at: 2026-11-02T08:30:00.000000Z\nkey: {KEY.public.name}\noccasion: release\n"
        )

    def test_it_reads_back_also_when_typed_with_blanks_and_empty_lines(self) -> None:
        assert SealStatement.read(SAID.text) == SAID
        assert SealStatement.read(SAID.text.replace("\n", "  \r\n\r\n").replace(": ", ":   ")) == SAID

    def test_a_whole_sheet_reads_back_from_one_text(self) -> None:
        sheet = Sheet(SAID, KEY.sign(SAID.text.encode(), trusted=SAID.trusted_comment, untrusted="u"))
        assert Sheet.read(sheet.text) == sheet
        assert Sheet.read(f"\n{sheet.text}\n\n".replace("\n", "\r\n")) == sheet
        assert Sheet.read(SAID.text) == Sheet(SAID, None)

    @pytest.mark.parametrize(
        ("old", "new"),
        [
            ("inkt ledger seal 1", "inkt ledger seal 2"),
            ("size: 12", "size: 012"),
            ("size: 12", "size: 0"),
            ("size: 12", "size: 12000000000000000"),
            ("size: 12\n", ""),
            ("size: 12\n", "size: 12\nsize: 12\n"),
            ("ab" * 32, "AB" * 32),
            ("ab" * 32, "ab" * 31),
            ("occasion: release", "occasion: whim"),
            ("occasion: release\n", ""),
            ("occasion: release\n", "occasion: release\nand: more\n"),
            ("000000Z", "000000+00:00"),
        ],
    )
    def test_anything_else_is_not_a_seal(self, old, new) -> None:
        assert old in SAID.text
        with pytest.raises(NotASeal):
            SealStatement.read(SAID.text.replace(old, new))

    @given(st.text(max_size=200))
    def test_a_text_is_a_seal_or_is_refused(self, text) -> None:
        with pytest.raises(NotASeal):
            Sheet.read(text)

    def test_a_head_is_compared_by_its_first_twelve_digits(self) -> None:
        assert short("1df38ca63eadd4f0" + "0" * 48) == SAID.fingerprint.replace("abab", "{}").format(
            "1df3", "8ca6", "3ead"
        )


class TestHowFarItReaches:
    def test_a_seal_covers_every_entry_before_its_own(self, on_both) -> None:
        sheet = on_both.seal()
        checked = verify(on_both.store)
        assert checked.ok
        assert (checked.seals, checked.sealed, checked.entries) == (1, 7, 8)
        assert sheet.statement.size == 7

    def test_the_next_seal_hashes_only_what_came_since(self, on_both) -> None:
        on_both.seal()
        for _ in range(5):
            on_both.count()
        with on_both.store.work(intent("look")) as work:
            assert on_both.standing(work).hashed == 6  # the first seal's own entry, and five counts
            alone = standing(work.session.connection(), SITE, SecretKey.make().public)
            assert alone.hashed == alone.size == 13
            assert alone.frontier.root == on_both.standing(work).frontier.root
        on_both.seal()
        assert verify(on_both.store).ok

    def test_what_was_worked_out_before_the_lock_is_gone_on_from(self, laboratory) -> None:
        with laboratory.store.reading() as session:
            reached = standing(session.connection(), SITE, laboratory.key.public)
        laboratory.count()
        with laboratory.store.work(intent("look")) as work:
            now = standing(work.session.connection(), SITE, laboratory.key.public, reached)
            afresh = laboratory.standing(work)
        assert (reached.hashed, now.hashed) == (7, 1)
        assert (now.size, now.head, now.frontier.root) == (afresh.size, afresh.head, afresh.frontier.root)
        assert reached.frontier.size == 7, "it is not changed by going on from it"

    def test_nobody_goes_on_from_what_the_chain_no_longer_holds(self, laboratory, unprotected) -> None:
        with laboratory.store.reading() as session:
            reached = standing(session.connection(), SITE, laboratory.key.public)
        unprotected(laboratory.store, "UPDATE ledger_entry SET hash = '00' WHERE sequence = 7")
        with laboratory.store.reading() as session, pytest.raises(BrokenChain):
            standing(session.connection(), SITE, laboratory.key.public, reached)

    def test_another_keys_seal_is_no_ground_to_build_on(self, laboratory) -> None:
        laboratory.seal()
        laboratory.seal(SealOccasion.KEY_CHANGE, SecretKey.make())
        with laboratory.store.work(intent("look")) as work:
            assert laboratory.standing(work).hashed == 9

    def test_peaks_that_do_not_fold_to_the_signed_root_are_not_believed(self, laboratory) -> None:
        laboratory.seal()
        forged = laboratory.seal(merkle_root="0" * 64)  # signed, but not the root of its own peaks
        with laboratory.store.work(intent("look")) as work:
            assert laboratory.standing(work).hashed == 9
        assert found(laboratory) == {("seal.chain", "SEAL-00002", "merkle_root")}
        assert forged.statement.merkle_root == "0" * 64

    @pytest.mark.parametrize(
        ("statement", "sequence"),
        [
            ("UPDATE ledger_entry SET body = body || ' ' WHERE sequence = 9", 9),
            ("DELETE FROM ledger_entry WHERE sequence = 9", 9),
            ("UPDATE ledger_entry SET hash = '00' WHERE sequence = 7", 7),
        ],
    )
    def test_nobody_goes_on_from_a_chain_that_does_not_hold(
        self, laboratory, unprotected, statement, sequence
    ) -> None:
        laboratory.seal()
        laboratory.count()
        laboratory.count()
        unprotected(laboratory.store, statement)
        with laboratory.store.reading() as session, pytest.raises(BrokenChain) as broken:
            standing(session.connection(), SITE, laboratory.key.public)
        assert broken.value.sequence == sequence


@pytest.fixture
def unprotected():
    """A statement from outside, the triggers that would refuse it gone for as long as it lasts."""

    def run(store, statement: str, *values: object) -> None:
        with store.engine.begin() as connection:
            if connection.dialect.name == "sqlite":
                kept = connection.exec_driver_sql(
                    "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
                ).all()
                for name, _sql in kept:
                    connection.exec_driver_sql(f"DROP TRIGGER {name}")
                connection.exec_driver_sql(statement, values)
                for _name, sql in kept:
                    connection.exec_driver_sql(sql)
                return
            tables = ("ledger_entry", "ledger_touch", "seal", "seal_key")
            for table in tables:
                connection.exec_driver_sql(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            connection.exec_driver_sql(statement.replace("?", "%s"), values)
            for table in tables:
                for name in ("change", "truncate"):
                    connection.exec_driver_sql(
                        f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_refuses_{name}"
                    )

    return run


class TestWhatVerificationFinds:
    @pytest.mark.parametrize(
        ("forged", "field"),
        [({"head": "0" * 64}, "head"), ({"merkle_root": "0" * 64}, "merkle_root"), ({"size": 99}, "size")],
    )
    def test_a_seal_of_another_chain_than_this(self, laboratory, forged, field) -> None:
        laboratory.seal(**forged)
        assert found(laboratory) == {("seal.chain", "SEAL-00001", field)}

    @pytest.mark.parametrize("column", ["head", "merkle_root", "occasion", "size", "sealed_at"])
    def test_a_row_that_says_something_else_than_its_statement(self, laboratory, unprotected, column) -> None:
        laboratory.seal()
        other = {"occasion": "release", "size": 3, "sealed_at": "2020-01-01T00:00:00.000000Z"}.get(
            column, "0" * 64
        )
        unprotected(laboratory.store, f"UPDATE seal SET {column} = ?", other)
        kinds = found(laboratory)
        assert ("seal.statement", "SEAL-00001", column) in kinds
        assert {k for k, _, _ in kinds} == {"seal.statement", "row.changed"}

    def test_a_statement_changed_from_outside(self, laboratory, unprotected) -> None:
        sheet = laboratory.seal()
        unprotected(
            laboratory.store,
            "UPDATE seal SET statement = ?",
            sheet.statement.text.replace("on_demand", "release"),
        )
        assert ("seal.signature", "SEAL-00001", "signature") in found(laboratory)

    def test_a_statement_in_another_spelling(self, laboratory, unprotected) -> None:
        sheet = laboratory.seal()
        unprotected(laboratory.store, "UPDATE seal SET statement = ?", sheet.statement.text + "\n")
        assert ("seal.statement", "SEAL-00001", "statement") in found(laboratory)

    def test_what_is_no_seal_and_no_signature(self, laboratory, unprotected) -> None:
        laboratory.seal()
        laboratory.seal()
        unprotected(laboratory.store, "UPDATE seal SET statement = ? WHERE code = 'SEAL-00001'", "gone")
        unprotected(laboratory.store, "UPDATE seal SET signature = ? WHERE code = 'SEAL-00002'", "gone")
        assert {
            ("seal.statement", "SEAL-00001", "statement"),
            ("seal.statement", "SEAL-00002", "statement"),
        } <= found(laboratory)

    @pytest.mark.parametrize("column", ["statement", "signature", "size", "head", "sealed_at", "code"])
    def test_bytes_where_a_text_belongs(self, laboratory, unprotected, column) -> None:
        """SQLite keeps what it is given, whatever the column says; it is named, and stops nothing."""
        laboratory.seal()
        laboratory.seal()
        unprotected(laboratory.store, f"UPDATE seal SET {column} = ? WHERE code = 'SEAL-00001'", b"\xff\x00")
        assert "row.changed" in {kind for kind, _, _ in found(laboratory)}

    def test_a_signature_by_somebody_else(self, laboratory, unprotected) -> None:
        sheet = laboratory.seal()
        stranger = SecretKey.make()
        forged = stranger.sign(
            sheet.statement.text.encode(), trusted=sheet.statement.trusted_comment, untrusted="u"
        )
        as_if = Signature(
            laboratory.key.public.key_id, forged.over_message, forged.trusted, forged.over_comment, "u"
        )
        unprotected(laboratory.store, "UPDATE seal SET signature = ?", as_if.file)
        assert ("seal.signature", "SEAL-00001", "signature") in found(laboratory)

    def test_a_trusted_comment_that_says_something_else(self, laboratory, unprotected) -> None:
        sheet = laboratory.seal()
        other = laboratory.key.sign(sheet.statement.text.encode(), trusted="all is well", untrusted="u")
        unprotected(laboratory.store, "UPDATE seal SET signature = ?", other.file)
        assert ("seal.signature", "SEAL-00001", "trusted_comment") in found(laboratory)

    def test_a_deleted_seal_is_missed_by_replay(self, laboratory, unprotected) -> None:
        laboratory.seal()
        unprotected(laboratory.store, "DELETE FROM seal")
        assert {kind for kind, _, _ in found(laboratory)} == {"row.missing"}


class TestTheKeys:
    def test_a_new_key_takes_over_and_old_seals_stay_valid(self, on_both) -> None:
        on_both.seal()
        on_both.seal(SealOccasion.KEY_CHANGE, SecretKey.make())
        on_both.count()
        on_both.seal()
        checked = verify(on_both.store)
        assert checked.ok
        assert (checked.seals, checked.sealed) == (3, 10)

    def test_a_key_nobody_named_is_found(self, laboratory) -> None:
        laboratory.seal()
        stranger = SecretKey.make()
        with laboratory.store.work(intent("ledger.rotate_key")) as work:
            row = work.add(key_row(stranger.public, laboratory.key_row)).key
        assert found(laboratory) == {("seal.key", stranger.public.name, "succeeds")}
        laboratory.key, laboratory.key_row = stranger, row
        laboratory.seal()
        assert ("seal.key", "SEAL-00002", "key") in found(laboratory)

    def test_a_key_that_was_replaced_seals_nothing_more(self, laboratory) -> None:
        old, old_row = laboratory.key, laboratory.key_row
        laboratory.seal(SealOccasion.KEY_CHANGE, SecretKey.make())
        laboratory.key, laboratory.key_row = old, old_row
        laboratory.seal()
        assert found(laboratory) == {("seal.key", "SEAL-00002", "key")}

    def test_two_first_keys_are_found(self, laboratory) -> None:
        laboratory.seal()
        with laboratory.store.work(intent("ledger.adopt_key")) as work:
            work.add(key_row(SecretKey.make().public))
        kinds = {(kind, field) for kind, _, field in found(laboratory)}
        assert ("seal.key", "succeeds") in kinds
        assert {kind for kind, _ in kinds} == {"seal.key"}

    def test_a_key_row_put_under_another_key_is_found(self, laboratory, unprotected) -> None:
        laboratory.seal()
        own = laboratory.key.public
        other = PublicKey(own.key_id, SecretKey.make().public.key)
        unprotected(laboratory.store, "UPDATE seal_key SET public_key = ?", other.text)
        kinds = {kind for kind, _, _ in found(laboratory)}
        assert kinds == {"seal.signature", "row.changed"}
        unprotected(laboratory.store, "UPDATE seal_key SET public_key = ?", "not a key")
        assert {"seal.key", "row.changed"} == {kind for kind, _, _ in found(laboratory)}

    def test_a_public_key_kept_outside_is_what_the_seals_are_checked_with(self, laboratory) -> None:
        first = laboratory.key.public
        laboratory.seal(SealOccasion.KEY_CHANGE, SecretKey.make())
        laboratory.seal()
        assert verify(laboratory.store, trusted=first).sealed == 8  # it vouches for its successor
        assert verify(laboratory.store, trusted=laboratory.key.public).sealed == 8
        stranger = SecretKey.make().public
        assert found(laboratory, trusted=stranger) == {("seal.key", stranger.name, "seals")}

    def test_a_public_key_proves_nothing_where_nothing_is_sealed(self, laboratory) -> None:
        assert found(laboratory, trusted=laboratory.key.public) == {
            ("seal.key", laboratory.key.public.name, "seals")
        }


class TestASealFromOutside:
    def test_it_holds_while_the_ledger_only_grows(self, on_both) -> None:
        kept = on_both.seal()
        on_both.count()
        assert verify(on_both.store, outside=[Outside("paper", kept)]).ok
        assert verify(on_both.store, outside=[Outside("paper", Sheet(kept.statement, None))]).ok

    def test_one_of_another_site_or_a_longer_ledger_does_not(self, laboratory) -> None:
        assert found(laboratory, outside=[Outside("paper", Sheet(SAID, None))]) == {
            ("seal.chain", "paper", "size")
        }
        elsewhere = SealStatement(**{f: getattr(SAID, f) for f in SAID.__slots__} | {"site": "ELSE"})
        assert found(laboratory, outside=[Outside("paper", Sheet(elsewhere, None))]) == {
            ("seal.chain", "paper", "site")
        }

    def test_its_signature_is_checked_when_it_has_one(self, laboratory) -> None:
        kept = laboratory.seal()
        signature = SecretKey.make().sign(kept.statement.text.encode(), trusted="x", untrusted="u")
        assert found(laboratory, outside=[Outside("paper", Sheet(kept.statement, signature))]) == {
            ("seal.signature", "paper", "signature")
        }

    def test_one_by_a_key_nobody_here_knows_is_named(self, laboratory) -> None:
        said = laboratory.seal().statement
        stranger = SecretKey.make()
        theirs = SealStatement(
            **{f: getattr(said, f) for f in said.__slots__} | {"key": stranger.public.name}
        )
        sheet = Sheet(
            theirs, stranger.sign(theirs.text.encode(), trusted=theirs.trusted_comment, untrusted="u")
        )
        assert found(laboratory, outside=[Outside("paper", sheet)]) == {("seal.key", "paper", "key")}


def test_a_site_never_sealed_says_since_when(store) -> None:
    make_site(store)
    with store.reading() as session:
        standing_now = seal_standing(session, SITE)
    assert standing_now.line.english == "Ledger: never sealed, unsealed since 2026-11-02 16:30 UTC+08:00"
    assert (standing_now.size, standing_now.entries_since) == (0, 2)


def test_a_sealed_site_says_how_far_and_what_came_after(on_both) -> None:
    head = short(on_both.seal().statement.head)
    with on_both.store.reading() as session:
        assert (
            seal_standing(session, SITE).line.english
            == f"Ledger: sealed, seal {head} of 2026-11-02 16:30 UTC+08:00"
        )
    on_both.count()
    with on_both.store.reading() as session:
        after = seal_standing(session, SITE)
    assert after.line.english == (
        f"Ledger: seal {head} of 2026-11-02 16:30 UTC+08:00, unsealed since 11-02 16:34 (1 entries)"
    )


def test_every_finding_about_a_seal_is_made_somewhere_here() -> None:
    assert {k.value for k in FindingKind if k.name.startswith("SEAL")} == {
        "seal.chain",
        "seal.signature",
        "seal.statement",
        "seal.key",
    }
