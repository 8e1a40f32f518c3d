"""``inkt upgrade`` as whoever runs the machine meets it, and two programs of different versions on one database."""

import sqlite3
from contextlib import closing

import pytest
from older_site import ENTRIES, SITE, make_older_site
from shell import entries_of

from inkt_mfg.store.folder import new_place
from inkt_mfg.store.schema import newest_revision

pytestmark = pytest.mark.requirement("R60")


@pytest.fixture
def older(shell, tmp_path):
    """The shell of a machine that has just got the new program; the site is still of the old one."""
    folder = tmp_path / "ward"
    make_older_site(new_place(folder, SITE).address)
    shell.environment.setenv("INKT_SITE", str(folder))
    return shell


def test_the_new_program_does_not_touch_an_older_database(older):
    ended = older.json("batch", "list")
    assert ended.code == 5
    assert "inkt upgrade" in ended.document["unable"]["remedy"]


def test_an_upgrade_says_what_was_done_and_where_the_copy_lies(older, tmp_path):
    ended = older("upgrade", "--to", tmp_path / "copies")
    assert ended.code == 0, ended.err
    assert f"Schema 0001 is now {newest_revision()}; the ledger was verified." in ended.out
    assert str(tmp_path / "copies" / SITE) in ended.out
    assert entries_of(older) == ENTRIES + 1
    assert "already: nothing to do" in older("upgrade").out


def test_the_copy_of_an_older_site_is_restored_as_one_of_this_program(older, tmp_path):
    copy = older.json("upgrade").document["backup"]
    ended = older.json("backup", "restore", copy, "--to", tmp_path / "again")
    assert ended.code == 0, ended.err
    older.environment.setenv("INKT_SITE", str(tmp_path / "again"))
    assert entries_of(older) == ENTRIES + 1, "all of the older site, and the restore"
    assert "already: nothing to do" in older("upgrade").out


def test_a_ledger_that_does_not_verify_ends_with_4(older, tmp_path):
    with closing(sqlite3.connect(tmp_path / "ward" / "site.db")) as outside:
        outside.execute("DELETE FROM material_lot")
        outside.commit()
    ended = older.json("upgrade")
    assert (ended.code, ended.document["upgraded"]) == (4, False)
    assert ended.document["backup"].endswith(".not-good")
    assert older("batch", "list").code == 5, "it is still the older site"


def test_what_the_copy_of_an_unprotected_site_is_worth_is_said(at, site):
    with closing(sqlite3.connect(site / "site.db")) as outside:
        outside.execute("DROP TRIGGER ledger_entry_refuses_update")
    ended = at("upgrade")
    assert ended.code == 0, ended.err
    assert "Protection put back: ledger_entry_refuses_update" in ended.out
    assert "it is no good backup" in ended.out
    assert "put its site.db in the place of the site's by hand" in ended.out
    with closing(sqlite3.connect(site / "site.db")) as outside:
        outside.execute("DROP TRIGGER ledger_entry_refuses_update")
        outside.execute("UPDATE person SET full_name = 'Somebody Else' WHERE user_name = 'li.tech'")
        outside.commit()
    ended = at.json("upgrade")
    assert (ended.code, ended.document["backup_good"], ended.document["findings"]) == (4, False, 1)
    assert at("board", "--as", "li.tech").code == 0, "the protections are back all the same"


def test_an_older_program_touches_nothing_a_newer_one_made(at, site):
    with closing(sqlite3.connect(site / "site.db")) as newer:
        newer.execute("UPDATE alembic_version SET version_num = '9000'")
        newer.commit()
    before = (site / "site.db").read_bytes()
    for arguments in (("batch", "list"), ("upgrade",), ("ledger", "verify"), ("board", "--as", "li.tech")):
        ended = at.json(*arguments)
        assert (ended.code, list(ended.document)) == (5, ["unable"]), arguments
        assert "schema 9000" in ended.document["unable"]["what"]
        assert "newer program" in ended.document["unable"]["remedy"]
    assert (site / "site.db").read_bytes() == before


def test_two_programs_of_one_schema_and_different_versions_share_one_chain(at, site):
    """The entry names the program that wrote it; the chain does not mind."""
    with at.environment.context() as older:
        older.setattr("inkt_mfg.ledger.append.__version__", "0.0.9")
        assert at("board", "--as", "li.tech").code == 0
    assert at("board", "--as", "li.tech").code == 0
    with closing(sqlite3.connect(site / "site.db")) as database:
        newest = database.execute("SELECT body FROM ledger_entry ORDER BY sequence DESC LIMIT 2").fetchall()
    assert ['"software":"0.0.9"' in body for (body,) in newest] == [False, True]
    assert entries_of(at)
