"""A signature is bound to what it was given for: copied, moved or edited it is found and named; corrected later it is not."""

import hashlib
import json
from datetime import timedelta

import pytest
from scene import LI, NOW, SITE, cell_count, intent, make_batch, make_site
from test_verify import _postgresql_attack, _sqlite_attack

from inkt_mfg.ledger.canonical import canonical_text
from inkt_mfg.ledger.chain import end_of_chain
from inkt_mfg.ledger.findings import FindingKind
from inkt_mfg.records.count import CellCount
from inkt_mfg.records.signature import Signature
from inkt_mfg.records.words import Meaning, Role
from inkt_mfg.store.verification import verify
from inkt_mfg.views.signatures import content_sha256, manifest_of, stands

pytestmark = pytest.mark.requirement("R05", "R23")
SIGNATURE = "d" * 32
INSERT = "INSERT INTO signature (key, signed_key, {columns}) SELECT ?, ?, {columns} FROM signature"


@pytest.fixture
def signed(store):
    """A site with a batch, three counts, and a signature over the first two."""
    make_site(store)
    batch = make_batch(store)
    for number in (1, 2, 3):
        with store.work(intent(at=NOW + timedelta(minutes=number))) as work:
            work.add(cell_count(batch, number, viability=f"9{number}.50"))
    sign(store, SIGNATURE, "N-00001", "N-00002")
    return store


def sign(store, key: str, *codes: str) -> None:
    """As ``workflow.signing`` writes it: the rows named, as this transaction leaves them."""
    with store.work(intent("count.verify")) as work:
        rows = [work.find(CellCount, code) for code in codes]
        rows[0].verified_by = LI.key  # the command changes a row it signs for
        work.session.flush()
        manifest = manifest_of(rows)
        sequence = end_of_chain(work.session.connection(), SITE).sequence
        work.add(
            Signature(
                key=key, site=SITE, signer=LI.key, user_name=LI.user_name, full_name=LI.full_name, role=Role.TECHNICIAN,
                meaning=Meaning.VERIFICATION, signed_at=NOW, utc_offset="+08:00", signed_table="cell_count",
                signed_key=rows[0].key, manifest=canonical_text(manifest),
                content_sha256=content_sha256(work.session, manifest), ledger_sequence=sequence + 1, command="count.verify",
            )
        )  # fmt: skip


@pytest.fixture
def outside(signed):
    url = signed.engine.url
    if url.get_backend_name() == "sqlite":
        return _sqlite_attack(url.database)
    return _postgresql_attack(url.set(drivername="postgresql").render_as_string(hide_password=False))


def key_of(store, code: str) -> str:
    with store.engine.connect() as connection:
        return str(
            connection.exec_driver_sql(f"SELECT key FROM cell_count WHERE code = '{code}'").scalar_one()
        )


def found(store) -> set[tuple[str, str, str | None]]:
    return {(f.kind.value, f.key, f.field) for f in verify(store).findings}


@pytest.mark.parametrize(
    "address", ["sqlite"], indirect=True
)  # PostgreSQL keeps text alone, and its keys unique
def test_a_signature_over_what_is_no_text_any_more_is_named(signed, outside):
    """A byte of the entry that wrote the signed row; and a key that stands twice, where somebody made the table anew."""
    flipped = "CAST(replace(CAST(body AS TEXT), '\"91.5\"', '\"9' || CAST(x'FF' AS TEXT) || '\"') AS TEXT)"
    outside(
        (f"UPDATE ledger_entry SET body = {flipped} WHERE sequence = 4", ()),
        ("CREATE TABLE again AS SELECT * FROM signature UNION ALL SELECT * FROM signature", ()),
        ("DROP TABLE signature", ()),
        ("ALTER TABLE again RENAME TO signature", ()),
    )
    assert found(signed) >= {
        ("chain.body", "4", "body"),
        ("signature.content", SIGNATURE, "content_sha256"),
        ("row.unknown", SIGNATURE, None),
    }


def test_a_signature_as_it_was_given_is_ok(signed):
    assert verify(signed).ok


def test_a_later_correction_of_what_was_signed_is_no_fault_of_the_ledger(signed):
    """It leaves the record unsigned, which its page says; the signature itself was given for what it says."""
    with signed.work(intent("count.correct", reason="misread")) as work:
        work.find(CellCount, "N-00002").volume_typed = "101 mL"
    with signed.reading() as session:
        assert not stands(session, session.get(Signature, SIGNATURE))
    assert verify(signed).ok
    sign(signed, "e" * 32, "N-00002")
    assert verify(signed).ok, "each of two signatures on one row stands for the row as of its own entry"


def test_a_signature_copied_to_another_record_is_unknown_and_does_not_cover_it(signed, outside):
    columns = [c for c in Signature.model_fields if c not in {"key", "signed_key"}]
    outside(
        (
            INSERT.format(columns=", ".join(columns)),
            ("f" * 32, key_of(signed, "N-00003")),
        )
    )
    assert found(signed) == {
        ("row.unknown", "f" * 32, None),
        ("signature.content", "f" * 32, "signed_key"),
    }


def test_a_signature_moved_to_another_record_is_named(signed, outside):
    third = key_of(signed, "N-00003")
    outside(("UPDATE signature SET signed_key = ?", (third,)))
    finding = next(f for f in verify(signed).findings if f.kind is FindingKind.SIGNATURE)
    assert (finding.table, finding.key, finding.field) == ("signature", SIGNATURE, "signed_key")
    assert finding.found == f"cell_count {third}"
    assert ("row.changed", SIGNATURE, "signed_key") in found(signed)


def test_an_edited_digest_is_named_with_the_one_expected(signed, outside):
    with signed.reading() as session:
        given = session.get(Signature, SIGNATURE).content_sha256
    outside(("UPDATE signature SET content_sha256 = ?", ("0" * 64,)))
    finding = next(f for f in verify(signed).findings if f.kind is FindingKind.SIGNATURE)
    assert (finding.field, finding.expected, finding.found) == ("content_sha256", given, "0" * 64)


def test_a_manifest_that_leaves_a_field_out_does_not_fit_its_digest(signed, outside):
    with signed.reading() as session:
        manifest = json.loads(session.get(Signature, SIGNATURE).manifest)
    manifest["cell_count"]["fields"].remove("volume")
    outside(("UPDATE signature SET manifest = ?", (canonical_text(manifest),)))
    assert found(signed) == {
        ("row.changed", SIGNATURE, "manifest"),
        ("signature.content", SIGNATURE, "content_sha256"),
    }


@pytest.mark.parametrize("manifest", ["gone", "[]", '{"cell_count":{"keys":[1]}}'])
def test_a_manifest_that_is_none_is_named_and_does_not_stop_the_rest(signed, outside, manifest):
    outside(
        ("UPDATE signature SET manifest = ?", (manifest,)),
        ("DELETE FROM cell_count WHERE code = 'N-00003'", ()),
    )
    assert {
        ("signature.content", SIGNATURE, "manifest"),
        ("row.missing", key_of_third(signed), None),
    } <= found(signed)


def key_of_third(store) -> str:
    with store.engine.connect() as connection:
        body = connection.exec_driver_sql("SELECT body FROM ledger_entry WHERE sequence = 6").scalar_one()
    return json.loads(body)["changes"][0]["key"]


def test_a_signature_dated_to_another_entry_is_named(signed, outside):
    outside(("UPDATE signature SET ledger_sequence = 6", ()))
    assert ("signature.content", SIGNATURE, "ledger_sequence") in found(signed)


def test_a_chain_written_anew_around_a_moved_signature_still_does_not_fit_what_was_signed(signed, outside):
    """Whoever rewrites every entry must also know what the digest was made of: here it was another record."""
    third, previous, statements = key_of(signed, "N-00003"), "0" * 64, []
    with signed.engine.connect() as connection:
        bodies = connection.exec_driver_sql("SELECT body FROM ledger_entry ORDER BY sequence").scalars().all()
        kept = connection.exec_driver_sql("SELECT manifest FROM signature").scalar_one()
    moved = canonical_text({"cell_count": {**json.loads(kept)["cell_count"], "keys": [third]}})
    for sequence, told in enumerate(bodies, start=1):
        body = json.loads(told)
        for change in body["changes"]:
            if change["table"] == "signature":
                change["new"] |= {"signed_key": third, "manifest": moved}
        body["previous"] = previous
        text = canonical_text(body)
        previous = hashlib.sha256(text.encode()).hexdigest()
        statements.append(
            ("UPDATE ledger_entry SET body = ?, hash = ? WHERE sequence = ?", (text, previous, sequence))
        )
    outside(*statements, ("UPDATE signature SET signed_key = ?, manifest = ?", (third, moved)))
    assert found(signed) == {("signature.content", SIGNATURE, "content_sha256")}
