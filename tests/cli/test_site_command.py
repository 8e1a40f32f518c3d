"""``inkt init`` and ``inkt user``: making a site, letting people in; nothing is left behind by what fails."""

import sqlite3
import stat
from pathlib import Path

import pytest
from shell import entries_of

SITE = ("--code", "ya02", "--name", "YouAn", "--address", "1 Example Road", "--time-zone", "Asia/Shanghai")
ONE = ("--administrator", "zhang.admin=Zhang Min")
TWO = (*ONE, "--administrator", "gao.admin=Gao Jie")


@pytest.fixture
def made(shell, tmp_path):
    """A new training site, its shell, and the administrator's first password."""
    ended = shell.json("init", *SITE, *ONE, "--training", "--site", tmp_path / "new")
    shell.environment.setenv("INKT_SITE", str(tmp_path / "new"))
    shell.environment.setenv("INKT_USER", "zhang.admin")
    shell.environment.setenv("INKT_PASSWORD", ended.document["first_passwords"]["zhang.admin"])
    return shell


def own_password(shell, password: str = "a long evening") -> None:
    shell.environment.setenv("INKT_NEW_PASSWORD", password)
    assert shell("act", "person.change_password").code == 0
    shell.environment.setenv("INKT_PASSWORD", password)


def passphrase_file(folder) -> Path:
    """What a clinical site's seal key is locked with, where nobody sits at a terminal."""
    file = folder / "passphrase"
    file.write_text("seven sealed envelopes\n")
    return file


# --- init


def test_a_training_site_needs_one_administrator(shell, tmp_path):
    ended = shell.json("init", *SITE, *ONE, "--training", "--site", tmp_path / "new")
    assert ended.code == 0, ended.err
    assert ended.document["site"] == "YA02"
    assert ended.document["training"] is True
    assert list(ended.document["first_passwords"]) == ["zhang.admin"]
    files = {p.name for p in (tmp_path / "new").iterdir()}
    assert files == {"site.toml", "site.db", "seal.key", "seal.pub"}
    assert (tmp_path / "new" / "site.db").stat().st_mode & 0o777 == 0o600, "hashes and secrets are in it"


def test_a_person_reads_the_first_password_once(shell, tmp_path):
    ended = shell("init", *SITE, *ONE, "--training", "--site", tmp_path / "new")
    assert "Site YA02 is made." in ended.out
    password = ended.out.split("First password of zhang.admin: ")[1].splitlines()[0]
    assert len(password) >= 10
    assert password.encode() not in (tmp_path / "new" / "site.db").read_bytes()


@pytest.mark.requirement("R24")
def test_a_clinical_site_needs_two_administrators(shell, tmp_path):
    ended = shell.json("init", *SITE, *ONE, "--site", tmp_path / "new")
    assert ended.refused["rule"] == "R24"
    assert not (tmp_path / "new").exists(), "nothing is left behind"
    sealed = ("--seal-passphrase-file", passphrase_file(tmp_path))
    ended = shell.json("init", *SITE, *TWO, *sealed, "--site", tmp_path / "new")
    assert ended.code == 0, ended.err
    assert len(ended.document["first_passwords"]) == 2


@pytest.mark.parametrize(
    ("replaced", "rule"),
    [(("--time-zone", "Beijing"), "time.zone"), (("--time-zone", "Asia/Shanghai"), None)],
)
def test_a_zone_nobody_knows_leaves_nothing_behind(shell, tmp_path, replaced, rule):
    ended = shell.json("init", *SITE[:-2], *replaced, *ONE, "--training", "--site", tmp_path / "new")
    assert (ended.code == 0) == (rule is None)
    if rule:
        assert ended.refused["rule"] == rule
    assert (tmp_path / "new").exists() == (rule is None)


def test_a_folder_that_was_there_stays_with_what_was_in_it(shell, tmp_path):
    (tmp_path / "note.txt").write_text("kept")
    assert shell("init", *SITE, *ONE, "--site", tmp_path).code == 3
    assert [p.name for p in tmp_path.iterdir()] == ["note.txt"]


def test_a_site_is_never_made_over_another(site, shell):
    before = (site / "site.db").read_bytes()
    ended = shell.json("init", *SITE, *ONE, "--training", "--site", site)
    assert ended.refused["rule"] == "site.exists"
    assert (site / "site.db").read_bytes() == before


def test_a_database_that_lost_its_site_file_is_not_taken_away(site, shell):
    """A failing init tidies up after itself: never what was there before it."""
    (site / "site.toml").unlink()
    before = (site / "site.db").read_bytes()
    ended = shell.json("init", *SITE, *ONE, "--training", "--site", site)
    assert ended.refused["rule"] == "site.exists"
    assert (site / "site.db").read_bytes() == before


def test_no_folder_is_no_site(shell):
    assert shell.json("init", *SITE, *ONE, "--training").refused["rule"] == "site.folder"


def test_an_administrator_without_a_full_name_is_a_wrong_argument(shell, tmp_path):
    ended = shell("init", *SITE, "--administrator", "zhang.admin", "--training", "--site", tmp_path / "new")
    assert ended.code == 2
    assert "user.name=Full Name" in ended.err
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("left_out", ["--code", "--name", "--address", "--time-zone"])
def test_what_labels_print_must_be_said(shell, tmp_path, left_out):
    at = SITE.index(left_out)
    ended = shell("init", *SITE[:at], *SITE[at + 2 :], *ONE, "--site", tmp_path / "new")
    assert (ended.code, ended.out) == (2, "")
    assert left_out in ended.err


@pytest.mark.slow
def test_a_clinical_site_pays_the_full_price_of_a_password(shell, tmp_path):
    sealed = ("--seal-passphrase-file", passphrase_file(tmp_path))
    for kind, folder in ((("--training",), "training"), (sealed, "clinical")):
        shell("init", *SITE, *TWO, *kind, "--site", tmp_path / folder)
    hashes = {}
    for folder in ("training", "clinical"):
        with sqlite3.connect(tmp_path / folder / "site.db") as connection:
            (hashes[folder],) = connection.execute("SELECT password_hash FROM person LIMIT 1").fetchone()
    assert "m=65536,t=3,p=4" in hashes["clinical"]
    assert "m=65536" not in hashes["training"]


# --- the first log-in


@pytest.mark.requirement("R26")
def test_the_first_password_must_be_changed_before_anything_else(made):
    wanted = (
        "user",
        "add",
        "li.tech",
        "--full-name",
        "Li Na",
        "--role",
        "technician",
        "--identity-checked",
        "badge",
    )
    assert made.json(*wanted).refused["rule"] == "R26"
    own_password(made)
    assert made(*wanted).code == 0


@pytest.mark.requirement("R26")
def test_a_password_too_short_is_refused_and_the_first_one_still_fits(made):
    made.environment.setenv("INKT_NEW_PASSWORD", "short")
    refusal = made.json("act", "person.change_password").refused
    assert (refusal["rule"], refusal["field"]) == ("R26", "password")
    assert refusal["typed"] is None, "a password is never shown"
    own_password(made)


def test_a_password_may_be_typed_as_a_field_too(made):
    import os

    old = os.environ["INKT_PASSWORD"]
    ended = made("act", "person.change_password", f"old_password={old}", "new_password=a long evening")
    assert (ended.code, ended.out) == (0, "the password is changed\n")


def test_a_new_password_nobody_can_be_asked_for_is_a_missing_argument(made):
    ended = made("act", "person.change_password")
    assert ended.code == 2
    assert "new_password" in ended.err


# --- people


@pytest.fixture
def office(made):
    own_password(made)
    return made


def test_a_person_is_added_with_a_first_password_that_must_be_changed(office):
    ended = office.json(
        "user",
        "add",
        "li.tech",
        "--full-name",
        "Li Na",
        "--role",
        "technician",
        "--identity-checked",
        "badge",
    )
    assert ended.code == 0, ended.err
    assert ended.document.keys() == {"user_name", "first_password", "sequence"}
    office.environment.setenv("INKT_PASSWORD", ended.document["first_password"])
    board = office.json("board", "--as", "li.tech")
    assert board.code == 0, board.err
    refused = office.json(
        "act", "lot.register", "material=medium", "lot_number=M-1", "expires_on=2030-01-01", "--as", "li.tech"
    )
    assert refused.refused["rule"] == "R26"


@pytest.mark.requirement("R20")
def test_a_user_name_is_never_given_twice(office):
    person = ("--full-name", "Li Na", "--role", "technician", "--identity-checked", "badge")
    assert office("user", "add", "li.tech", *person).code == 0
    refusal = office.json("user", "add", "LI.tech", *person).refused
    assert (refusal["rule"], refusal["field"], refusal["typed"]) == ("R20", "user_name", "LI.tech")


def test_a_role_nobody_has_is_refused_with_the_list(office):
    refusal = office.json(
        "user", "add", "li.tech", "--full-name", "Li", "--role", "boss", "--identity-checked", "badge"
    ).refused
    assert (refusal["field"], refusal["typed"]) == ("role", "boss")
    assert "pharmacist" in refusal["expected"]


@pytest.mark.requirement("R24")
def test_only_an_administrator_adds_people(at):
    refusal = at.json(
        "user",
        "add",
        "x.y",
        "--full-name",
        "X",
        "--role",
        "technician",
        "--identity-checked",
        "b",
        "--as",
        "zhao.qa",
    ).refused
    assert refusal["rule"] == "R24"
    assert "administrator" in refusal["resolve_by"]


@pytest.mark.requirement("R25")
def test_five_wrong_passwords_lock_the_account_until_an_administrator_opens_it(at):
    at.environment.setenv("INKT_PASSWORD", "not the password")
    assert [at.json("board", "--as", "li.tech").refused["rule"] for _ in range(5)] == ["R20"] * 5
    assert at.json("board", "--as", "li.tech").refused["rule"] == "R25"
    at.environment.setenv("INKT_PASSWORD", "demo-password")
    assert at.json("board", "--as", "li.tech").refused["rule"] == "R25", "the right one does not help now"
    unlock = ("user", "unlock", "li.tech", "--as", "zhang.admin")
    assert at(*unlock).code == 2, "why is a required option"
    assert at.json(*unlock, "--reason", "came to the office with a badge").document["user_name"] == "li.tech"
    assert at("board", "--as", "li.tech").code == 0
    assert entries_of(at)


def test_who_acts_must_be_said(at):
    ended = at("board")
    assert ended.code == 2
    assert "INKT_USER" in ended.err
    at.environment.setenv("INKT_USER", "li.tech")
    assert at("board").code == 0


def test_without_a_password_and_without_a_terminal_nobody_is_asked(at):
    at.environment.delenv("INKT_PASSWORD")
    assert at.json("board", "--as", "li.tech").refused["rule"] == "R21"


def test_the_files_of_a_site_are_not_made_for_everybody_to_write(shell, tmp_path):
    shell("init", *SITE, *ONE, "--training", "--site", tmp_path / "new")
    for file in (tmp_path / "new").iterdir():
        assert not stat.S_IMODE(file.stat().st_mode) & stat.S_IWOTH


# --- a site on a PostgreSQL server


@pytest.mark.slow
def test_a_site_may_keep_its_records_on_a_server(shell, tmp_path, postgresql_address):
    """The folder says which site it is and where the records lie; the password of the server is not written there."""
    folder = tmp_path / "new"
    ended = shell.json(
        "init", *SITE, *ONE, "--training", "--site", folder, "--database-url", postgresql_address
    )
    assert ended.code == 0, ended.err
    assert {p.name for p in folder.iterdir()} == {"site.toml", "seal.key", "seal.pub"}
    shell.environment.setenv("INKT_SITE", str(folder))
    shell.environment.setenv("INKT_USER", "zhang.admin")
    shell.environment.setenv("INKT_PASSWORD", ended.document["first_passwords"]["zhang.admin"])
    own_password(shell)
    person = (
        "user",
        "add",
        "li.tech",
        "--full-name",
        "Li Na",
        "--role",
        "technician",
        "--identity-checked",
        "b",
    )
    assert shell(*person).code == 0
    assert entries_of(shell) >= 4
    assert shell.json("batch", "list", "--database-url", postgresql_address).document == {"batches": []}


def test_a_failing_init_leaves_another_site_of_the_server_alone(shell, tmp_path, postgresql_address):
    on_it = ("--database-url", postgresql_address)
    assert shell("init", *SITE, *ONE, "--training", "--site", tmp_path / "one", *on_it).code == 0
    again = shell.json("init", *SITE, *ONE, "--training", "--site", tmp_path / "two", *on_it)
    assert again.refused["rule"] == "site.exists"
    assert not (tmp_path / "two").exists()
    assert shell.json("ledger", "verify", "--site", tmp_path / "one").document["ok"] is True
