"""The database's own errors as one clear sentence each, with what helps."""

import sqlite3

import pytest
from sqlalchemy.exc import IntegrityError, OperationalError

from inkt_mfg.refusal import Unable
from inkt_mfg.store.unable import saying_what_the_machine_cannot


def raised(text: str) -> None:
    with saying_what_the_machine_cannot("/srv/lab/site.db"):
        raise OperationalError("INSERT", None, sqlite3.OperationalError(text))


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("database or disk is full", "The disk that holds /srv/lab/site.db is full. Nothing was recorded."),
        ("attempt to write a readonly database", "/srv/lab/site.db is read-only. Nothing was recorded."),
        ("database is locked", "/srv/lab/site.db is held by another program. Nothing was recorded."),
        ("disk I/O error", "disk I/O error. Nothing was recorded."),
        ("database disk image is malformed", "/srv/lab/site.db is damaged. Nothing was recorded."),
        ("cannot execute INSERT in a read-only transaction", "Use the primary server."),
        ("canceling statement due to lock timeout", "is held by another program."),
        ("FATAL: terminating connection due to administrator command", "ended the connection."),
        ('could not extend file "base/1": No space left on device', "is full."),
        ("permission denied for table batch", "Ask whoever runs the database"),
        ("connection failed: fe_sendauth: no password supplied", "Put it into ~/.pgpass"),
        ('FATAL: password authentication failed for user "ward_app"', "does not accept this password"),
        ("something nobody foresaw\nwith a second line", "cannot be used: something nobody foresaw. Nothing"),
    ],
)
def test_an_error_of_the_machine_is_one_sentence_and_a_remedy(theirs, ours) -> None:
    with pytest.raises(Unable) as said:
        raised(theirs)
    assert ours in str(said.value)
    assert "\n" not in str(said.value)


def test_a_broken_constraint_is_our_own_bug_and_stays_one() -> None:
    with pytest.raises(IntegrityError), saying_what_the_machine_cannot("x"):
        raise IntegrityError("INSERT", None, sqlite3.IntegrityError("UNIQUE constraint failed"))
