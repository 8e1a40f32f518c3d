"""The decoder and encoder verification uses read and spell an entry exactly as the ledger's own canonical form does."""

import json
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkt_mfg.ledger.canonical import canonical_text
from inkt_mfg.ledger.chain_check import ChainCheck, encode, read_whole

pytestmark = pytest.mark.requirement("R04")
TEXT = st.text(st.characters(codec="utf-8"))
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXT,
    lambda below: st.lists(below, max_size=4) | st.dictionaries(TEXT, below, max_size=5),
    max_leaves=25,
)
ROW = st.dictionaries(TEXT, st.none() | st.booleans() | st.integers() | TEXT, max_size=6)


@given(PLAIN)
def test_what_is_hashed_again_is_spelled_byte_for_byte_as_it_was(value):
    assert encode(value) == canonical_text(value).encode()


def test_every_character_there_is_has_one_spelling():
    everything = [chr(code) for code in range(0x110000) if not 0xD800 <= code < 0xE000]
    assert encode("".join(everything)) == canonical_text("".join(everything)).encode()
    assert (
        encode(dict.fromkeys(everything[:3000])) == canonical_text(dict.fromkeys(everything[:3000])).encode()
    )


@given(ROW, TEXT, TEXT)
def test_the_quick_reader_and_pythons_own_read_the_same_changes(row, table, key):
    body = {
        "site": "S", "sequence": 1, "at": "a", "actor": {"user_name": "u"}, "command": "c", "previous": "0" * 64,
        "changes": [{"act": "update", "table": table, "key": key, "old": row, "new": {**row, "more": 1}}],
    }  # fmt: skip
    text = canonical_text(body).encode()
    (quick,) = read_whole(text).changes
    # A member our entries never have makes the quick reader give up only where its kind is wrong: sequence as text.
    odd = canonical_text({**body, "sequence": "1"}).encode()
    found = []
    (slow,) = ChainCheck("S", found.append).take((1, "a", "u", "c", "", odd, True), whole=True)
    assert [(c.act, c.table, c.key, bytes(c.old), bytes(c.new)) for c in (quick, slow)] == [
        ("update", table, key, canonical_text(row).encode(), canonical_text({**row, "more": 1}).encode())
    ] * 2
    assert {f.field for f in found} == {"hash", "sequence"}


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{", b'{"changes":[1]}', b'{"changes":{}}', b"\xff\xfe", b"{} {}", b"null"]
)
def test_a_body_that_is_no_entry_is_named_and_changes_nothing(body):
    found = []
    assert ChainCheck("S", found.append).take((1, "a", "u", "c", "", body, True), whole=True) == []
    assert "chain.body" in {f.kind.value for f in found}


def test_a_member_said_twice_counts_as_python_counts_it():
    twice = b'{"site":"X","site":"S","sequence":1,"at":"a","actor":{"user_name":"u"},"command":"c","previous":"","changes":[]}'
    assert read_whole(twice).site == json.loads(twice)["site"] == "S"


def test_a_process_of_verification_loads_no_database_layer():
    told = subprocess.run(
        [sys.executable, "-c", "import sys, inkt_mfg.ledger.slices; print(sorted(sys.modules))"],
        capture_output=True, text=True, check=True, timeout=60,
    ).stdout  # fmt: skip
    assert not [name for name in ("sqlalchemy", "sqlmodel", "pydantic", "psycopg") if f"'{name}'" in told]
