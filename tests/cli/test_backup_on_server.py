"""A site on PostgreSQL from ``inkt init`` to a restored one: made with two roles, backed up, drilled, put into another database."""

import shutil
from pathlib import Path

import psycopg
import pytest
from sqlalchemy.engine import make_url


@pytest.mark.requirement("R03")
def test_a_new_site_works_as_the_application_role_and_says_its_password_once(ward, tmp_path):
    _shell, document = ward
    roles = document["database_roles"]
    assert set(roles["passwords"]) == {roles["owner"], roles["application"]}
    text = (tmp_path / "ward" / "site.toml").read_text()
    assert f"//{roles['application']}@" in text
    assert not any(password in text for password in roles["passwords"].values())


@pytest.mark.slow
@pytest.mark.requirement("R60")
def test_a_backup_needs_an_address_that_may_make_a_scratch_database(ward, postgresql_address, tmp_path):
    shell, _document = ward
    ended = shell.json("backup", "create", "--as", "zhang.admin")
    assert ended.code == 5
    assert "INKT_SCRATCH_URL" in ended.document["unable"]["remedy"]
    assert list((tmp_path / "ward" / "backups").iterdir()) == []
    shell.environment.setenv("INKT_SCRATCH_URL", _as_owner(postgresql_address))
    ended = shell.json("backup", "create", "--as", "zhang.admin")
    assert (ended.code, ended.document["good"]) == (0, True), ended.err
    assert (Path(ended.document["backup"]) / "site.dump").is_file()
    drilled = shell.json("backup", "drill")
    assert (drilled.code, drilled.document["ok"]) == (0, True)


def _as_owner(address: str) -> str:
    url = make_url(address)
    return url.set(username=f"{url.database}_owner").render_as_string(hide_password=False)


@pytest.mark.slow
@pytest.mark.requirement("R60")
def test_a_dump_is_restored_into_an_empty_database_and_work_goes_on(
    ward, postgresql_address, empty_database, tmp_path
):
    shell, _document = ward
    shell.environment.setenv("INKT_SCRATCH_URL", _as_owner(postgresql_address))
    made = shell.json("backup", "create", "--as", "zhang.admin").document
    wanted = ("backup", "restore", made["backup"], "--to", tmp_path / "new")
    assert shell.json(*wanted).refused["field"] == "database_url"
    assert shell.json(*wanted, "--database-url", postgresql_address).refused["rule"] == "R60", "it is full"
    assert not (tmp_path / "new").exists()
    ended = shell.json(*wanted, "--database-url", empty_database)
    assert ended.code == 0, ended.err
    assert ended.document["database_roles"]["application"].startswith("empty_")
    shell.environment.setenv("INKT_SITE", str(tmp_path / "new"))
    checked = shell.json("ledger", "verify")
    assert (checked.code, checked.document["entries"]) == (0, made["sequence"] + 1)
    board = shell("board", "--as", "zhang.admin")
    assert (board.code, board.err) == (0, "")


@pytest.mark.slow
@pytest.mark.requirement("R60")
def test_a_newer_ledger_on_a_server_is_left_and_only_pointed_away_from_by_a_signed_reason(
    ward, postgresql_address, empty_database, tmp_path
):
    shell, _document = ward
    person = ("user", "add", "chen.qa", "--full-name", "Chen Jie", "--role", "qa_officer", "--identity-checked", "b",
              "--as", "zhang.admin")  # fmt: skip
    first = shell.json(*person).document["first_password"]
    shell.environment.setenv("INKT_SCRATCH_URL", _as_owner(postgresql_address))
    shell.environment.setenv("INKT_PASSWORD", first)
    assert shell("act", "person.change_password", "--as", "chen.qa").code == 0
    shell.environment.setenv("INKT_PASSWORD", "a long evening")
    assert shell("act", "person.accept_statement", "version=1", "--as", "chen.qa").code == 0
    made = shell.json("backup", "create", "--as", "zhang.admin").document
    wanted = (
        "backup",
        "restore",
        made["backup"],
        "--to",
        tmp_path / "ward",
        "--database-url",
        empty_database,
    )
    assert shell.json(*wanted).refused["field"] == "reason"
    ended = shell.json(*wanted, "--reason", "the server was moved", "--as", "chen.qa")
    assert ended.code == 0, ended.err
    assert "entries" in ended.document["lost"]
    kept = Path(ended.document["kept_aside"]) / "site.toml"
    assert "empty_" not in kept.read_text()
    assert "empty_" in (tmp_path / "ward" / "site.toml").read_text()
    assert shell.json("ledger", "verify").document["entries"] == made["sequence"] + 1
    with psycopg.connect(postgresql_address) as old:
        assert old.execute("SELECT max(sequence) FROM ledger_entry").fetchone() > (made["sequence"],)


@pytest.mark.slow
@pytest.mark.usefixtures("scratch_databases")
@pytest.mark.requirement("R60")
def test_a_scratch_database_of_a_killed_backup_is_taken_away_by_the_next_one(
    ward, postgresql_address, postgresql_server
):
    """Whoever makes one keeps a session of its name; the server ends that with the program."""
    shell, _document = ward
    owner = _as_owner(postgresql_address)
    shell.environment.setenv("INKT_SCRATCH_URL", owner)
    dead, kept = "inkt_scratch_1000_ab12", "inkt_scratch_1001_ab12"
    with psycopg.connect(postgresql_server("postgres"), autocommit=True) as admin:
        for name in (dead, kept):
            admin.execute(f'CREATE DATABASE {name} OWNER "{make_url(owner).username}"')
        with psycopg.connect(owner, application_name=kept):
            assert shell("backup", "create", "--as", "zhang.admin").code == 0
        left = admin.execute("SELECT datname FROM pg_database WHERE datname LIKE 'inkt_scratch_%'").fetchall()
        admin.execute(f"DROP DATABASE {kept}")
    assert left == [(kept,)], "one of a backup under way stays"


def test_a_missing_pg_dump_is_said(ward, tmp_path):
    shell, _document = ward
    (tmp_path / "bin").mkdir()
    shell.environment.setenv("PATH", str(tmp_path / "bin"))
    ended = shell.json("backup", "create", "--as", "zhang.admin")
    assert ended.code == 5
    assert ended.document["unable"]["what"].startswith("pg_dump is not on")
    assert "postgresql-client" in ended.document["unable"]["remedy"]
    assert shutil.which("pg_dump") is None


@pytest.mark.requirement("R03")
def test_who_connects_with_too_much_power_is_told(ward, postgresql_address):
    shell, _document = ward
    assert shell("batch", "list").err == ""
    assert "what nobody may" in shell("batch", "list", "--database-url", postgresql_address).err
