"""``inkt backup seal`` and ``create --sealed-by``: a key holder's signature over the manifest; a manifest it does not fit is refused."""

import json
import shutil
import sqlite3
import subprocess
from pathlib import Path

import pytest
from shell import PASSWORD, entries_of

from inkt_mfg.ledger.minisign import SecretKey
from inkt_mfg.store.bundle import open_backup
from inkt_mfg.store.bundle_seal import Sealed, keys_within, seal_of, write_seal

PASSPHRASE = "seven sealed envelopes"
pytestmark = pytest.mark.requirement("R60", "R04")


@pytest.fixture
def keyed(at):
    """The site with a seal key, whose holder is a QA officer; an administrator makes its backups."""
    at.environment.setenv("INKT_SEAL_PASSPHRASE", PASSPHRASE)
    assert at("ledger", "key", "make", "--as", "zhao.qa").code == 0
    return at


def made(shell, *more: object) -> dict:
    ended = shell.json("backup", "create", "--as", "zhang.admin", *more)
    assert ended.code == 0, ended.err
    return ended.document


def sealed(shell) -> Path:
    """A backup whose manifest its key holder sealed the morning after."""
    folder = made(shell)["backup"]
    ended = shell.json("backup", "seal", folder, "--as", "zhao.qa")
    assert ended.code == 0, ended.err
    return Path(folder)


def rewritten(backup: Path) -> None:
    """What a forger does who knows the manifest: a file is changed, and the manifest fits it again."""
    file = backup / "site" / "site.toml"
    file.write_text(file.read_text() + "# more\n")
    said = open_backup(backup)
    from inkt_mfg.store.bundle import listed

    manifest = json.loads((backup / "manifest.json").read_text())
    manifest["files"] = [{"path": f.path, "bytes": f.size, "sha256": f.sha256} for f in listed(backup)]
    (backup / "manifest.json").write_text(json.dumps(manifest))
    assert open_backup(backup).sha256 != said.sha256


def test_a_sealed_manifest_is_accepted_by_the_minisign_program_itself(keyed, site):
    backup = sealed(keyed)
    command = ["minisign", "-V", "-p", str(site / "seal.pub"), "-m", str(backup / "manifest.json")]
    ended = subprocess.run(command, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
    manifest = json.loads((backup / "manifest.json").read_text())
    said = f"Trusted comment: inkt backup site YA01 {manifest['made_at']} entries {manifest['sequence']} head {manifest['head']}"
    assert said in ended.stdout
    content = (backup / "manifest.json").read_bytes()
    (backup / "manifest.json").write_bytes(content.replace(b'"findings":0', b'"findings":1'))
    assert subprocess.run(command, capture_output=True).returncode != 0


def test_who_seals_and_what_for_stands_in_the_ledger(keyed, site):
    backup = sealed(keyed)
    with sqlite3.connect(site / "site.db") as database:
        ((body,),) = database.execute(
            "SELECT body FROM ledger_entry ORDER BY sequence DESC LIMIT 1"
        ).fetchall()
    database.close()
    entry = json.loads(body)
    assert (entry["command"], entry["actor"]["user_name"]) == ("ledger.seal", "zhao.qa")
    (seal,) = [c["new"] for c in entry["changes"] if c["table"] == "seal"]
    assert (seal["occasion"], seal["size"]) == ("backup", entry["sequence"] - 1)
    assert open_backup(backup).manifest.sequence < seal["size"], "the backup's own entry is covered"
    assert entries_of(keyed) == entry["sequence"]


def test_an_administrator_makes_it_and_a_key_holder_seals_it_in_one_go(keyed, site):
    keyed.environment.setenv("INKT_SEALER_PASSWORD", PASSWORD)
    document = made(keyed, "--sealed-by", "zhao.qa")
    key = keyed.json("ledger", "seals").document["seals"][0]["key"]
    assert (document["seal"], document["seal_key"]) == ("yes", key)
    drilled = keyed.json("backup", "drill").document
    assert (drilled["ok"], drilled["seal"], drilled["seal_key"]) == (True, "yes", key)
    assert f"The backup: sealed by key {key}" in keyed("backup", "drill").out
    (listed,) = keyed("backup", "list").out.splitlines()
    assert listed.endswith(f"sealed by key {key}")


@pytest.mark.parametrize(
    ("name", "passphrase", "rule"),
    [("li.tech", PASSPHRASE, "R24"), ("zhao.qa", "another one of mine", "R04")],
)
def test_who_may_not_seal_hears_it_before_anything_is_copied(keyed, site, name, passphrase, rule):
    keyed.environment.setenv("INKT_SEALER_PASSWORD", PASSWORD)
    keyed.environment.setenv("INKT_SEAL_PASSPHRASE", passphrase)
    ended = keyed.json("backup", "create", "--as", "zhang.admin", "--sealed-by", name)
    assert ended.refused["rule"] == rule
    assert not (site / "backups").exists()


def test_nobody_seals_and_work_goes_on(at, site, tmp_path):
    document = made(at)
    assert (document["seal"], document["seal_key"]) == ("no", None)
    assert not list(Path(document["backup"]).glob("*.minisig"))
    assert "unsealed" in at("backup", "list").out
    assert "The backup: unsealed" in at("backup", "drill").out
    ended = at("backup", "restore", document["backup"], "--to", tmp_path / "new")
    assert (ended.code, "The backup: unsealed" in ended.out) == (0, True)
    assert at("backup", "create", "--unattended", "--sealed-by", "zhao.qa").code == 2


def test_a_manifest_rewritten_with_its_files_is_named_and_not_put_back(keyed, site, tmp_path):
    backup = sealed(keyed)
    rewritten(backup)
    assert keyed.json("backup", "list").document["backups"][0]["seal"] == "broken"
    assert "THE SEAL DOES NOT FIT" in keyed("backup", "list").out
    drilled = keyed.json("backup", "drill")
    assert (drilled.code, drilled.document["files_as_listed"], drilled.document["seal"]) == (
        4,
        True,
        "broken",
    )
    for to in (site, tmp_path / "new"):
        refused = keyed.json(
            "backup", "restore", backup, "--to", to, "--reason", "r", "--as", "chen.qa"
        ).refused
        assert (refused["rule"], refused["typed"]) == ("R60", str(backup))
        assert "seal" in refused["expected"]
    assert not (tmp_path / "new").exists()
    unknown = keyed.json("backup", "seal", backup, "--as", "zhao.qa").refused
    assert "the ledger names" in unknown["expected"], "nor is it sealed anew"


def test_what_its_seal_does_not_fit_supersedes_nothing_and_is_not_called_good(keyed, site):
    first = made(keyed)["backup"]
    second = sealed(keyed)
    rewritten(second)
    newest, older = made(keyed, "--keep", "2"), keyed("backup", "list").out.splitlines()
    assert (newest["deleted"], newest["ruined"]) == ([], [second.name])
    assert Path(first).exists()
    assert (
        ["NOT GOOD" in line for line in older]
        == ["THE SEAL" in line for line in older]
        == [False, True, False]
    )


def test_only_what_was_proven_is_sealed(keyed, site):
    backup = Path(made(keyed)["backup"])
    (backup / "site" / "site.toml").write_text("another")
    assert keyed.json("backup", "seal", "--as", "zhao.qa").refused["rule"] == "R60"
    assert keyed.json("backup", "seal", "--as", "zhang.admin").refused["rule"] == "R24"
    assert not (backup / "manifest.json.minisig").exists()
    shutil.rmtree(backup)
    assert (
        keyed.json("backup", "seal", "--as", "zhao.qa").refused["expected"]
        == "a backup made by `inkt backup create`"
    )


def test_a_sealed_backup_is_restored_and_says_by_which_key_also_under_another_name(keyed, site, tmp_path):
    backup = sealed(keyed).rename(tmp_path / "from-the-other-building")
    ended = keyed.json("backup", "restore", backup, "--to", tmp_path / "new")
    assert (ended.code, ended.document["seal"]) == (0, "yes"), ended.err


def test_a_seal_stays_good_when_the_key_is_replaced(keyed, site):
    backup = sealed(keyed)
    before = open_backup(backup)
    assert keyed("ledger", "key", "rotate", "--reason", "yearly", "--as", "zhao.qa").code == 0
    assert keyed.json("backup", "list").document["backups"][0]["seal"] == "yes"
    assert keyed.json("backup", "drill").document["ok"] is True
    (old,) = keys_within(before)
    assert old.file != (site / "seal.pub").read_text(), "the backup holds the key it was sealed with"


def test_a_key_nobody_here_knows_checks_nothing_and_says_so(keyed, site):
    backup = open_backup(sealed(keyed))
    stranger = SecretKey.make()
    write_seal(backup, stranger)
    again = open_backup(backup.folder)
    assert seal_of(again, keys_within(again)).sealed is Sealed.NOT_CHECKED
    assert f"sealed by key {stranger.public.name}, which is not known here" in keyed("backup", "list").out
    (backup.folder / "manifest.json.minisig").write_text("no signature at all\n")
    assert keyed.json("backup", "list").document["backups"][0]["seal"] == "broken"


def test_the_seals_are_listed_also_when_the_database_opens_no_more(keyed, site):
    sealed(keyed)
    (site / "site.db").write_bytes(b"nothing of a database" * 400)
    ended = keyed.json("backup", "list")
    assert (ended.code, ended.document["backups"][0]["seal"]) == (0, "yes"), ended.err
