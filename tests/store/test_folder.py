"""A site's folder says which site it is and where its database lies."""

import pytest
from scene import SITE

from inkt_mfg.refusal import Refusal, Unable
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
    ("text", "said"), [("code = ", "is damaged"), ("name = 'x'", "which site"), ("code = 3", "which site")]
)
def test_a_damaged_site_file_is_said(tmp_path, text, said) -> None:
    (tmp_path / SITE_FILE).write_text(text, encoding="utf-8")
    with pytest.raises(Unable, match=said):
        find_place(tmp_path, None)


def test_a_database_without_rows_has_no_only_site(address) -> None:
    with pytest.raises(Refusal, match="holds 0 sites"):
        find_place(None, address)
