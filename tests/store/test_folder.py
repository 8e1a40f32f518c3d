"""A site's folder says which site it is and where its database lies."""

from pathlib import Path

import pytest
from scene import SITE

from inkt_mfg.refusal import Refusal, Unable
from inkt_mfg.store.engine import database_url, file_system_of, place_of
from inkt_mfg.store.folder import SITE_FILE, find_place, new_place


def test_a_new_folder_holds_its_own_database(tmp_path) -> None:
    made = new_place(tmp_path / "site", SITE)
    assert find_place(tmp_path / "site", None) == made
    assert made.address.endswith("/site/site.db")


def test_a_second_site_in_one_folder_is_refused(tmp_path) -> None:
    new_place(tmp_path, SITE)
    with pytest.raises(Refusal) as refused:
        new_place(tmp_path, "ELSE")
    assert refused.value.rule == "site.exists"
    assert find_place(tmp_path, None).code == SITE


def test_a_password_is_not_written_to_the_folder(tmp_path) -> None:
    new_place(tmp_path, SITE, "postgresql://inkt:secret@server/lab")
    assert "secret" not in (tmp_path / SITE_FILE).read_text(encoding="utf-8")
    assert find_place(tmp_path, None).address == "postgresql+psycopg://inkt@server/lab"


def test_an_address_given_wins_over_the_folders_own(tmp_path) -> None:
    new_place(tmp_path, SITE)
    given = find_place(tmp_path, "postgresql://inkt:secret@server/lab")
    assert (given.code, given.address) == (SITE, "postgresql://inkt:secret@server/lab")


@pytest.mark.parametrize("folder", ["nowhere", "."])
def test_a_folder_without_a_site_is_refused(tmp_path, folder) -> None:
    with pytest.raises(Refusal, match="there is no site here"):
        find_place(tmp_path / folder, None)


def test_neither_folder_nor_address_is_refused() -> None:
    with pytest.raises(Refusal, match="INKT_SITE"):
        find_place(None, None)


@pytest.mark.parametrize(
    ("text", "said"),
    [("code = ", "is damaged"), ("name = 'x'", "which site"), ("code = 3", "which site"),
     ("code = 'x'\ndatabase = 5", "cannot be"), ("code = 'x'\nclock_offset_seconds = 99999999999999", "cannot be"),
     ("code = " + "[" * 10_000, "is damaged")],
)  # fmt: skip
def test_a_damaged_site_file_is_said(tmp_path, text, said) -> None:
    (tmp_path / SITE_FILE).write_text(text, encoding="utf-8")
    with pytest.raises(Unable, match=said):
        find_place(tmp_path, None)


def test_a_database_without_rows_has_no_only_site(address) -> None:
    with pytest.raises(Refusal, match="holds 0 sites"):
        find_place(None, address)


# --- nothing that is shown holds a password


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("postgresql://inkt:HUNTER2@server/lab", "postgresql+psycopg://inkt:***@server/lab"),
        ("postgresql://inkt@server/lab?password=HUNTER2", "postgresql+psycopg://inkt:***@server/lab"),
        ("postgresql://server/lab?user=inkt&password=no&password=HUNTER2", "postgresql+psycopg://server/lab?user=inkt"),
        ("postgresql://inkt@server/lab?sslpassword=HUNTER2&sslmode=require",
         "postgresql+psycopg://inkt@server/lab?sslmode=require"),
    ],
)  # fmt: skip
def test_a_password_is_shown_nowhere_and_kept_in_no_folder(tmp_path, typed, shown) -> None:
    url = database_url(typed)
    assert place_of(url) == shown
    assert "sslpassword" in url.query or url.password == "HUNTER2", "it is still what the server is told"
    new_place(tmp_path, SITE, typed)
    assert "HUNTER2" not in (tmp_path / SITE_FILE).read_text(encoding="utf-8")


def test_an_address_that_does_not_say_which_site_is_refused_without_its_password(postgresql_address) -> None:
    mark = "&" if "?" in postgresql_address else "?"
    with pytest.raises(Refusal, match="holds 0 sites") as refused:
        find_place(None, f"{postgresql_address}{mark}password=HUNTER2")
    assert refused.value.first.typed.startswith("postgresql+psycopg://")
    assert "HUNTER2" not in repr(refused.value.blockers)


@pytest.mark.parametrize(
    "typed", ["HUNTER2", "postgresql://u@h:HUNTER2/lab", "postgresql://u:a@HUNTER2@h/lab"]
)
def test_what_is_no_address_is_refused_and_not_repeated(typed) -> None:
    """A password with a raw @ in it would be read as a part of the server's name, and shown as one."""
    with pytest.raises(Refusal, match="no address of a database") as refused:
        find_place(None, typed)
    assert "HUNTER2" not in repr(refused.value.blockers)


# --- which file system a folder lies on

MOUNTS = r"""/dev/sda1 / ext4 rw,relatime 0 0
systemd-1 /lab autofs rw,fd=42 0 0
server:/lab /lab nfs4 rw,vers=4.2 0 0
//server/cell /media/cell\040therapy cifs rw 0 0
//server/cell /media/cell cifs rw 0 0
/dev/sdb1 /media/cell/local\134disk xfs rw 0 0
"""


@pytest.mark.parametrize(
    ("folder", "kind"),
    [
        ("/home/site", "ext4"),
        ("/lab/site", "nfs4"),
        ("/lab", "nfs4"),
        ("/laboratory", "ext4"),
        ("/media/cell therapy/site", "cifs"),
        (r"/media/cell/local\disk/site", "xfs"),
    ],
)
def test_the_mount_a_folder_lies_on_is_the_last_of_the_deepest(folder, kind) -> None:
    """As autofs mounts over itself, and as the kernel spells a blank."""
    assert file_system_of(Path(folder), MOUNTS) == kind
