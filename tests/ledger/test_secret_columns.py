"""A password's hash is in its table and nowhere else: entries, findings and exports carry a digest of it."""

import hashlib
import json

import pytest
from scene import LI, NOW, SITE, intent, make_site, person

from inkt_mfg.ledger.findings import FindingKind
from inkt_mfg.records.base import secret_fields
from inkt_mfg.records.every import TABLES
from inkt_mfg.records.people import FormerPassword, User
from inkt_mfg.store.verification import verify

FIRST, SECOND = "$argon2id$v=19$m=8,t=1,p=1$c2FsdA$Zmlyc3Q", "$argon2id$v=19$m=8,t=1,p=1$c2FsdA$c2Vjb25k"
pytestmark = pytest.mark.requirement("R01", "R26")


def digest(text: str) -> str:
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


@pytest.fixture
def changed(store):
    """A person whose password was changed, the old hash kept beside."""
    make_site(store)
    with store.work(intent("person.add")) as work:
        work.add(person("b" * 32, "qian.yi")).password_hash = FIRST
    with store.work(intent("person.change_password")) as work:
        user = work.session.get(User, "b" * 32)
        work.add(FormerPassword(site=SITE, person=user.key, password_hash=user.password_hash, retired_at=NOW))
        user.password_hash = SECOND
    return store


def bodies(store) -> list[str]:
    with store.reading() as session:
        rows = session.connection().exec_driver_sql("SELECT body FROM ledger_entry ORDER BY sequence")
        return [body for (body,) in rows]


def test_what_somebody_could_log_in_with_is_secret_and_nothing_else() -> None:
    assert {t.__tablename__: secret_fields(t) for t in TABLES if secret_fields(t)} == {
        "person": {"password_hash", "second_factor"},
        "former_password": {"password_hash"},
    }
    named = {(t, n) for t in TABLES for n in t.model_fields if "password" in n and "hash" in n}
    assert named == {(User, "password_hash"), (FormerPassword, "password_hash")}


def test_no_entry_holds_a_password_hash(changed) -> None:
    text = "\n".join(bodies(changed))
    assert "argon2id" not in text
    assert digest(FIRST) in text
    assert digest(SECOND) in text


def test_a_change_of_password_is_written_old_and_new_as_digests(changed) -> None:
    changes = json.loads(bodies(changed)[-1])["changes"]
    (former,) = (c["new"] for c in changes if c["table"] == "former_password")
    assert former["password_hash"] == digest(FIRST)
    (update,) = (c for c in changes if c["act"] == "update")
    assert (update["old"]["password_hash"], update["new"]["password_hash"]) == (digest(FIRST), digest(SECOND))


def test_replay_compares_the_digest_of_what_is_in_the_table(changed) -> None:
    assert verify(changed).ok


@pytest.mark.requirement("R05")
def test_a_hash_put_in_from_outside_is_found_and_the_finding_does_not_tell_it(changed) -> None:
    with changed.engine.begin() as connection:
        connection.exec_driver_sql(f"UPDATE person SET password_hash = '{FIRST}' WHERE key = '{'b' * 32}'")
    (finding,) = verify(changed).findings
    assert (finding.kind, finding.table, finding.field) == (FindingKind.CHANGED, "person", "password_hash")
    assert (finding.expected, finding.found) == (digest(SECOND), digest(FIRST))


def test_a_persons_other_columns_are_written_as_they_are(changed) -> None:
    added = json.loads(bodies(changed)[1])["changes"][0]["new"]
    assert (added["user_name"], added["full_name"]) == (LI.user_name, LI.full_name)
