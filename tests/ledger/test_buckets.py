"""Changes sorted by row in memory or in a file, and the index of touches compared in the order of the entries."""

import sqlite3
from itertools import groupby

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkt_mfg.ledger import buckets, touches
from inkt_mfg.ledger.buckets import INSERT, KEY, NEW, OTHER, SEQUENCE, TABLE, UNNUMBERED, Buckets, kept_of
from inkt_mfg.ledger.chain_check import RowChange
from inkt_mfg.ledger.findings import Finding, FindingKind
from inkt_mfg.ledger.source import Source
from inkt_mfg.ledger.touches import TouchCheck

pytestmark = pytest.mark.requirement("R05")
KEYS = st.text("0a\u00e9\U0001f9ea", max_size=4)
CHANGES = st.lists(st.tuples(st.sampled_from(["batch", "cell_count"]), KEYS, st.integers(1, 9)), max_size=60)


def change(table: str, key: str, act: str = "update") -> RowChange:
    return RowChange(act, table, key)


def sorted_by_row(changes, in_memory: int) -> list:
    sorter = Buckets()
    sorter._left = in_memory
    spilled, buckets._IN_MEMORY = buckets._IN_MEMORY, in_memory
    try:
        for table, key, sequence in changes:
            sorter.put(kept_of(sequence, change(table, key)))
        return [(row, [one[SEQUENCE] for one in kept]) for row, kept in sorter.by_row()]
    finally:
        buckets._IN_MEMORY = spilled
        sorter.close()


@given(CHANGES, st.sampled_from([1, 3, 1000]))
def test_rows_come_by_table_and_key_with_their_changes_by_entry_in_memory_or_not(changes, in_memory):
    expected = groupby(sorted(changes), key=lambda one: one[:2])
    assert sorted_by_row(changes, in_memory) == [(row, [one[2] for one in of]) for row, of in expected]


def test_of_one_entry_the_changes_of_a_row_keep_their_order():
    sorter = Buckets()
    for number, act in ((2, "insert"), (2, "update"), (1, "delete")):
        sorter.put(
            kept_of(number, RowChange(act, "batch", "aa", buckets_raw(b"{}"), buckets_raw(act.encode())))
        )
    ((_row, kept),) = sorter.by_row()
    assert [one[NEW] for one in kept] == [b"delete", b"insert", b"update"]
    sorter.close()


def buckets_raw(text: bytes):
    import msgspec

    return msgspec.Raw(text)


def test_a_number_that_somebody_made_a_text_comes_last():
    assert sorted_by_row(
        [("batch", "aa", "b"), ("batch", "aa", 3), ("batch", "aa", "a"), ("batch", "aa", 10)], 2
    ) == [(("batch", "aa"), [3, 10, UNNUMBERED, UNNUMBERED])]


def test_a_plain_insert_is_kept_as_its_digest_and_any_other_change_whole():
    plain = kept_of(1, RowChange("insert", "batch", "aa", new=buckets_raw(b'{"a":1}')))
    other = kept_of(2, RowChange("update", "batch", "aa", buckets_raw(b'{"a":1}'), buckets_raw(b'{"a":2}')))
    assert (plain[TABLE], plain[KEY], plain[3], len(plain[NEW])) == ("batch", "aa", INSERT, 32)
    assert (other[3], other[NEW]) == (OTHER, b'{"a":2}')


# --- touches


def compared(stored, entries, after=None, until=None) -> list[tuple]:
    """What is found in an index of these rows (entry, key) beside entries that changed these keys."""
    database = sqlite3.connect(":memory:")
    database.execute("CREATE TABLE ledger_touch (site, sequence, row_key, row_table)")
    database.executemany("INSERT INTO ledger_touch VALUES ('S', ?, ?, 'batch')", stored)
    found: list[Finding] = []
    check = TouchCheck(Source(database, "sqlite"), "S", after, until, found.append)
    for sequence, keys in entries:
        check.take(sequence, [change("batch", key) for key in keys])
    check.finish()
    database.close()
    return [(f.kind, f.key, f.field) for f in found]


MISSING, UNKNOWN = FindingKind.TOUCH_MISSING, FindingKind.TOUCH_UNKNOWN


def test_an_index_that_says_what_the_entries_say_is_sound():
    assert compared([(1, "a"), (1, "b"), (3, "a")], [(1, "ba"), (2, ""), (3, "aa")]) == []


@pytest.mark.parametrize(
    ("stored", "entries", "expected"),
    [
        ([(1, "a")], [(1, "ab")], [(MISSING, "b", "entry 1")]),
        ([(1, "a"), (1, "b")], [(1, "a")], [(UNKNOWN, "b", "entry 1")]),
        ([(1, "a"), (2, "a"), (9, "a")], [(1, "a"), (3, "")], [(UNKNOWN, "a", "entry 2"), (UNKNOWN, "a", "entry 9")]),
        ([("x", "a"), (None, "a")], [(1, "")], [(UNKNOWN, "a", "entry x"), (UNKNOWN, "a", "entry None")]),
        ([("x", "a"), (1, "a"), (1.5, "a")], [(1, "a"), ("x", "a")], [(UNKNOWN, "a", "entry 1.5")]),
        ([(1, "a")], [(1, "a"), ("x", "a")], [(MISSING, "a", "entry x")]),
        ([(1, b"a")], [(1, "")], [(UNKNOWN, "b'a'", "entry 1")]),
    ],
)  # fmt: skip
def test_whatever_differs_is_named(stored, entries, expected):
    assert compared(stored, entries) == expected


def test_a_touch_that_stands_there_twice_is_one_too_many():
    assert compared([(1, "a"), (1, "a")], [(1, "a")]) == [(UNKNOWN, "a", "entry 1")]


@given(
    st.lists(st.tuples(st.integers(1, 9), st.sampled_from("abc")), unique=True), st.sampled_from([1, 2, 5])
)
def test_however_many_are_compared_at_once_the_same_is_found(stored, together):
    entries = [(n, "ab") for n in range(1, 8)]
    said = {(n, key) for n, keys in entries for key in keys}
    expected = {(MISSING, key, f"entry {n}") for n, key in said - set(stored)}
    expected |= {(UNKNOWN, key, f"entry {n}") for n, key in set(stored) - said}
    before, touches._TOGETHER = touches._TOGETHER, together
    try:
        assert sorted(compared(stored, entries)) == sorted(expected)
    finally:
        touches._TOGETHER = before


def test_a_range_looks_at_its_own_entries_and_the_first_also_at_what_has_no_number():
    stored = [(1, "a"), (2, "a"), (3, "a"), (None, "a")]
    assert compared(stored, [(1, "a"), (2, "a")], until=2) == [(UNKNOWN, "a", "entry None")]
    assert compared(stored, [(3, "a")], after=2) == []
    assert compared(stored, [], after=1, until=2) == [(UNKNOWN, "a", "entry 2")]


def test_another_table_in_the_index_is_named_with_both():
    database = sqlite3.connect(":memory:")
    database.execute("CREATE TABLE ledger_touch (site, sequence, row_key, row_table)")
    database.execute("INSERT INTO ledger_touch VALUES ('S', 1, 'a', 'step')")
    found: list[Finding] = []
    check = TouchCheck(Source(database, "sqlite"), "S", None, None, found.append)
    check.take(1, [change("batch", "a")])
    check.finish()
    database.close()
    assert [(f.kind, f.expected, f.found) for f in found] == [(MISSING, "batch", "step")]
