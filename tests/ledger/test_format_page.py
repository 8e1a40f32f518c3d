"""docs/ledger-format.md is true: its worked example is what the code writes, and a verifier made from the page agrees."""

import hashlib
import json
import re
from datetime import datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from scene import intent, lot, make_batch, make_site
from sqlmodel import SQLModel

from inkt_mfg.ledger import verify_ledger
from inkt_mfg.ledger.append import entry_body
from inkt_mfg.ledger.canonical import GENESIS, canonical_text
from inkt_mfg.ledger.capture import Capture
from inkt_mfg.ledger.findings import FindingKind
from inkt_mfg.ledger.intent import Actor, Intent
from inkt_mfg.ledger.minisign import PublicKey, Signature
from inkt_mfg.ledger.seal_statement import SealStatement
from inkt_mfg.records.base import secret_fields
from inkt_mfg.records.every import TABLES
from inkt_mfg.records.words import SealOccasion

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "ledger-format.md").read_text(encoding="utf-8")


def example() -> tuple[str, str]:
    text, digest = re.search(r"```json\n(.+)\n```.+?```\n([0-9a-f]{64})\n```", PAGE, re.DOTALL).groups()
    return text, digest


def test_the_pages_example_is_what_the_code_writes() -> None:
    text, digest = example()
    said = json.loads(text)
    actor = Actor(**said["actor"])
    at = datetime.fromisoformat("2026-11-02T16:30:00+08:00")
    given = Intent(
        said["site"], said["command"], actor, said["workstation"], at, said["reason"], said["about"]
    )
    ours = entry_body(Capture(given, said["changes"]), 1, GENESIS)
    ours["software"] = said["software"]
    assert canonical_text(ours) == text
    assert hashlib.sha256(text.encode()).hexdigest() == digest


def test_every_member_and_every_finding_is_on_the_page() -> None:
    for member in json.loads(example()[0]):
        assert f"`{member}`" in PAGE
    for kind in FindingKind:
        assert f"**{kind.value}**" in PAGE


def test_the_page_names_every_secret_column_and_every_table_that_does_not_count() -> None:
    secret = {f"{t.__tablename__}.{name}" for t in TABLES for name in secret_fields(t)}
    said = PAGE[PAGE.index("columns are secret") : PAGE.index("an entry (and so an")]
    assert set(re.findall(r"`(\w+\.\w+)`", said)) == secret
    others = set(SQLModel.metadata.tables) - {t.__tablename__ for t in TABLES}
    assert others == {"ledger_entry", "ledger_touch"}
    for name in (*others, "alembic_version"):
        assert f"`{name}`" in PAGE


def test_yes_or_no_is_what_sqlite_declares_boolean(sqlite_store) -> None:
    with sqlite_store.engine.connect() as connection:
        for table in TABLES:
            plain = sa.inspect(table).local_table
            yes_no = {c.name for c in plain.columns if isinstance(c.type, sa.Boolean)}
            told = connection.exec_driver_sql(f"PRAGMA table_info({plain.name})")
            assert {name for _n, name, kind, *_rest in told if kind == "BOOLEAN"} == yes_no


@pytest.mark.requirement("R04")
def test_a_verifier_written_from_the_page_accepts_a_real_chain(store) -> None:
    make_site(store)
    make_batch(store)
    with store.work(intent(reason='said "so"\n\t\\ ≥ 中 \x7f')) as work:
        work.add(lot())
    with store.reading() as session:
        rows = session.connection().exec_driver_sql(
            "SELECT sequence, body, hash FROM ledger_entry WHERE site = 'YAH' ORDER BY sequence"
        )
        head, count = "0" * 64, 0
        for sequence, body, digest in rows:
            said = json.loads(body)
            spelled = json.dumps(
                said, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
            )
            assert spelled == body
            assert hashlib.sha256(body.encode("utf-8")).hexdigest() == digest
            assert (said["sequence"], said["previous"]) == (sequence, head)
            head, count = digest, count + 1
    assert count == 4


@pytest.mark.requirement("R04")
def test_the_pages_seal_is_a_seal_over_the_pages_entry() -> None:
    """Read by the program and by the one-file verifier, which share no line of code."""
    text, digest = example()
    statement = re.search(r"```\n(inkt ledger seal 1\n.+?)```", PAGE, re.DOTALL).group(1)
    signature = re.search(r"```\n(untrusted comment: .+?)```", PAGE, re.DOTALL).group(1)
    key = re.search(r"```\n([A-Za-z0-9+/]{56})\n```", PAGE).group(1)
    said = SealStatement.read(statement)
    assert said.text == statement
    assert (said.size, said.head) == (1, digest)
    assert said.merkle_root == hashlib.sha256(b"\0" + text.encode()).hexdigest()
    PublicKey.read(key).refuse_forged(statement.encode(), Signature.read(signature))
    theirs = verify_ledger.key_of(key)
    assert verify_ledger.check_signature(theirs, statement.encode(), signature) == said.trusted_comment
    assert theirs.name == said.key


def test_the_page_names_every_file_of_an_export_and_every_occasion() -> None:
    for name in (
        "manifest.json",
        "entries.jsonl",
        "proofs.jsonl",
        "consistency.jsonl",
        "SHA256SUMS",
        "verify_ledger.py",
    ):
        assert f"`{name}`" in PAGE
    for occasion in SealOccasion:
        assert f"`{occasion.value}`" in PAGE
