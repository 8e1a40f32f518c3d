"""``inkt backup``: a backup proves itself, is listed, rehearsed, put back; a newer ledger is only replaced with a signed reason."""

import json
import os
import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pypdfium2
import pytest
from shell import CLOCK, PASSWORD, entries_of, set_clock

from inkt_mfg.refusal import Refusal
from inkt_mfg.store.backup import prune
from inkt_mfg.store.bundle import Backup, Manifest, backups_in, is_as_listed, listed, open_backup
from inkt_mfg.store.restoring import _put_files, _put_site_file, staged
from inkt_mfg.store.schema import newest_revision

pytestmark = pytest.mark.requirement("R60")


def make(at, *more) -> Path:
    ended = at.json("backup", "create", "--as", "zhang.admin", *more)
    assert ended.code == 0, ended.err
    return Path(ended.document["backup"])


def written_backup(to: Path, number: int) -> Backup:
    """A backup as it lies on a disk, up to so many entries, with files no database program ever saw."""
    folder = to / f"YA01-2026031{number}T000000Z"
    (folder / "site").mkdir(parents=True)
    (folder / "site.db").write_bytes(bytes([number]) * 64)
    (folder / "site" / "site.toml").write_text("site")
    made_at = datetime(2026, 3, 10 + number, tzinfo=UTC)
    manifest = Manifest(
        "YA01",
        True,
        made_at,
        "0002",
        "1",
        "sqlite",
        {"YA01": (number, "0" * 64)},
        listed(folder),
        number,
        0,
        "0002",
    )
    (folder / "manifest.json").write_text(manifest.text())
    return open_backup(folder)


def body_of(site: Path, sequence: int) -> dict:
    with sqlite3.connect(site / "site.db") as database:
        (body,) = database.execute("SELECT body FROM ledger_entry WHERE sequence = ?", (sequence,)).fetchone()
    database.close()
    return json.loads(body)


def _printed(file: Path) -> str:
    with closing(pypdfium2.PdfDocument(file.read_bytes())) as document:
        return " ".join(page.get_textpage().get_text_bounded() for page in document)


# --- create


def test_a_backup_is_restored_and_verified_before_it_is_called_good(at, site):
    before = entries_of(at)
    ended = at("backup", "create", "--as", "zhang.admin")
    assert ended.code == 0, ended.err
    assert (
        f"is good: restored, and all {before + 1} entries verified there." in ended.out
    )  # the log-in is one
    (made,) = (site / "backups").iterdir()
    manifest = json.loads((made / "manifest.json").read_text())
    assert manifest["verification"] == {
        "ok": True,
        "entries": before + 1,
        "findings": 0,
        "schema": newest_revision(),
    }
    assert manifest["sequence"] == before + 1
    assert manifest["made_at"].endswith("+08:00")
    assert {f["path"] for f in manifest["files"]} >= {"site.db", "site/site.toml"}


def test_a_backup_is_an_act_of_a_person_in_the_ledger(at, site):
    made = at.json("backup", "create", "--as", "zhang.admin").document
    entry = body_of(site, made["recorded"])
    assert (entry["command"], entry["actor"]["user_name"]) == ("site.backup", "zhang.admin")
    assert entry["notes"]["manifest_sha256"] == made["manifest_sha256"]
    assert entry["notes"]["head"] == made["head"]
    assert entries_of(at) == made["recorded"]


@pytest.mark.requirement("R24")
def test_only_an_administrator_makes_one(at, site):
    assert at.json("backup", "create", "--as", "li.tech").refused["rule"] == "R24"
    assert not (site / "backups").exists()


def test_a_timer_makes_one_without_anybody_logged_in_and_the_entry_says_so(at, site):
    at.environment.delenv("INKT_PASSWORD")
    made = at.json("backup", "create", "--unattended").document
    entry = body_of(site, made["recorded"])
    assert entry["actor"]["full_name"] == "inkt_mfg, unattended"
    assert entry["about"]["operating_system_user"]


def test_a_ledger_that_does_not_verify_gives_no_backup_that_is_called_good(at, site):
    with sqlite3.connect(site / "site.db") as outside:
        outside.execute("UPDATE step SET recorded_at = '2020-01-01T00:00:00.000000Z'")
    outside.close()
    ended = at.json("backup", "create", "--as", "zhang.admin")
    assert ended.code == 4
    assert ended.document["good"] is False
    assert ended.document["backup"].endswith(".not-good")
    assert body_of(site, ended.document["recorded"])["command"] == "site.backup_failed"
    assert at.json("backup", "drill").refused["rule"] == "R60", "none is offered"
    assert at.json("backup", "restore", ended.document["backup"], "--to", site.parent / "new").refused


def test_the_secret_key_stays_out_unless_it_is_asked_for(at, site):
    (site / "seal.key").write_text("secret")
    (site / "seal.pub").write_text("public")
    plain, whole = make(at), make(at, "--with-secret-key")
    assert {p.name for p in (plain / "site").iterdir()} >= {"site.toml", "seal.pub"}
    assert not (plain / "site" / "seal.key").exists()
    assert (whole / "site" / "seal.key").stat().st_mode & 0o777 == 0o600


def test_the_newest_seal_lies_in_the_backup_for_whoever_checks_it_elsewhere(at):
    at.environment.setenv("INKT_SEAL_PASSPHRASE", "seven long grey winter evenings")
    for sealing in (("ledger", "key", "make"), ("ledger", "seal"), ("ledger", "seal", "--out", "last.txt")):
        ended = at(*sealing, "--as", "chen.qa")
        assert ended.code == 0, ended.err
    made = make(at)
    for name in ("txt", "txt.minisig"):
        assert (made / f"seal.{name}").read_text() == Path(f"last.{name}").read_text()
    assert (made / "site" / "seal.pub").is_file()
    assert at.json("backup", "drill").document["ok"] is True


def test_backups_kept_anywhere_in_the_sites_folder_are_in_no_backup(at, site):
    """Not those that are finished, nor what a killed one left, nor one whose manifest is ruined; what lies beside them is."""
    kept = site / "documents" / "nightly"
    first = make(at, "--to", kept)
    (kept / "YA01-20260101T000000Z.making").mkdir()
    (kept / "YA01-20260101T000000Z.making" / "site.db").write_bytes(b"half")
    (kept / "read-me.txt").write_text("made by the timer")
    (site / "documents" / "manifest.json").write_text("{}")
    (first / "manifest.json").write_text("ruined")
    files = {f.path for f in open_backup(make(at, "--to", kept)).manifest.files}
    assert {name for name in files if name.startswith("site/documents")} == {
        "site/documents/manifest.json",
        "site/documents/nightly/read-me.txt",
    }


def test_keep_deletes_only_what_newer_good_ones_supersede(at, site):
    first, second = make(at), make(at)
    odd = second.with_name("not-ours")
    shutil.copytree(second, odd)
    (odd / "manifest.json").write_text(
        (odd / "manifest.json").read_text().replace('"site":"YA01"', '"site":"YA09"')
    )
    ended = at.json("backup", "create", "--keep", 2, "--as", "zhang.admin")
    assert ended.document["deleted"] == [first.name]
    assert {p.name for p in (site / "backups").iterdir()} == {
        second.name, "not-ours", Path(ended.document["backup"]).name,
    }  # fmt: skip


@pytest.mark.parametrize(
    "ruin",
    [
        lambda manifest: (manifest.unlink(), manifest.mkdir()),  # cannot be read, whoever asks
        lambda manifest: manifest.write_text(manifest.read_text().replace("+00:00", "")),
        lambda manifest: manifest.write_text(manifest.read_text().replace('"site":"YA01"', '"site":"ELSE"')),
    ],
    ids=["unreadable", "no time zone", "a site it does not hold"],
)
def test_a_manifest_that_cannot_be_read_ends_no_list(tmp_path, ruin):
    whole, ruined = written_backup(tmp_path, 1), written_backup(tmp_path, 2)
    ruin(ruined.folder / "manifest.json")
    assert [b.name for b in backups_in(tmp_path)] == [whole.name]
    assert prune(tmp_path, "YA01", 1).gone == []


def test_a_ruined_backup_supersedes_nothing(tmp_path):
    """Two newer backups whose files were overwritten hold nothing: the older whole one stays, and so do they."""
    to = tmp_path / "backups"
    whole = written_backup(to, 1)
    ruined = [written_backup(to, n) for n in (2, 3)]
    for backup in ruined:
        (backup.folder / "site.db").write_bytes(os.urandom(64))
    pruned = prune(to, "YA01", 2)
    assert (pruned.gone, [b.name for b in pruned.ruined]) == ([], [b.name for b in reversed(ruined)])
    assert len(backups_in(to)) == 3
    newest = [written_backup(to, n) for n in (4, 5)]
    assert [b.name for b in prune(to, "YA01", 2).gone] == [whole.name], "two whole ones are newer now"
    assert {b.name for b in backups_in(to)} == {b.name for b in (*ruined, *newest)}


@pytest.mark.parametrize("ruin", ["grown", "gone", "beside"])
def test_a_backup_that_could_not_be_restored_supersedes_nothing(tmp_path, ruin):
    to = tmp_path / "backups"
    written_backup(to, 1)
    newer = written_backup(to, 2).folder
    if ruin == "gone":
        (newer / "site.db").unlink()
    else:
        (newer / ("site.db" if ruin == "grown" else "planted")).write_bytes(b"x" * 65)
    assert [b.folder for b in prune(to, "YA01", 1).ruined] == [newer]
    assert len(backups_in(to)) == 2


def test_what_is_ruined_is_said(at):
    make(at)
    second = make(at)
    (second / "site.db").write_bytes(b"noise")
    ended = at.json("backup", "create", "--keep", 1, "--as", "zhang.admin")
    assert ended.document["ruined"] == [second.name]
    assert second.name not in ended.document["deleted"]


@pytest.mark.parametrize("planted", ["site/seal.pub", "site/sub/x.txt", "notes.txt", "site/labels"])
def test_a_file_the_manifest_does_not_list_is_not_restored(tmp_path, planted):
    made = written_backup(tmp_path / "backups", 1)
    target = made.folder / planted
    target.parent.mkdir(parents=True, exist_ok=True)
    if planted == "site/labels":
        target.symlink_to(tmp_path)  # a link is no file either, wherever it leads
    else:
        target.write_text("whoever put me here")
    with pytest.raises(Refusal) as caught, staged(made, tmp_path / "new", None, lambda *_: None):
        pass
    assert caught.value.rule == "R60"
    assert planted in caught.value.first.what.english
    assert not (tmp_path / "new").exists()
    assert not is_as_listed(made)


def test_only_listed_files_are_put_beside_the_database(tmp_path):
    """Should one appear after the look at all of them, it stays where it is."""
    made = written_backup(tmp_path / "backups", 1)
    (made.folder / "site" / "late.txt").write_text("just arrived")
    (tmp_path / "new").mkdir()
    _put_files(made, tmp_path / "new")
    _put_site_file(made, tmp_path / "new")
    assert {p.name for p in (tmp_path / "new").iterdir()} == {"site.toml"}


def test_a_planted_file_stops_the_restore_of_a_real_backup(at, tmp_path):
    made = make(at)
    (made / "site" / "sub").mkdir()
    (made / "site" / "sub" / "x.txt").write_text("x")
    ended = at.json("backup", "restore", made, "--to", tmp_path / "again")
    assert ended.code == 3
    assert "site/sub/x.txt" in str(ended.document["refused"])
    assert not (tmp_path / "again").exists()


def _told_otherwise(folder: Path, **other: object) -> None:
    manifest = folder / "manifest.json"
    said = json.loads(manifest.read_text())
    manifest.write_text(json.dumps(said | other))


def test_what_a_manifest_says_is_compared_with_what_is_restored(at, site, tmp_path):
    """Rewritten consistently, and by somebody who knows nothing of the program: neither is restored, nor passes a drill."""
    made = make(at)
    whole = (made / "manifest.json").read_text()
    said = json.loads(whole)
    n, head = said["sequence"], said["head"]
    for lie in (
        {"head": "0" * 64, "ledgers": {"YA01": {"sequence": n, "head": "0" * 64}}},
        {"sequence": n - 1, "ledgers": {"YA01": {"sequence": n - 1, "head": head}}},
        {"schema": "0001"},
        {"site": "EVIL", "ledgers": {"EVIL": said["ledgers"]["YA01"]}},
    ):
        _told_otherwise(made, **lie)
        assert at.json("backup", "restore", made, "--to", tmp_path / "again").refused["rule"] == "R60", lie
        drilled = at.json("backup", "drill", made)
        assert (drilled.code, drilled.document["restored_as_listed"]) == (4, False), lie
        (made / "manifest.json").write_text(whole)
    assert not (tmp_path / "again").exists()
    for lie in (
        {"sequence": "x"},
        {"sequence": n - 1},
        {"head": "0" * 64},
        {"site": "EVIL"},
        {"database": "oracle"},
        {"training": "no"},
        {"made_at": "junk"},
        {"format": 2},
        {"ledgers": 5},
        {"verification": said["verification"] | {"entries": "x"}},
        {"files": [*said["files"], {"path": 5, "bytes": 1, "sha256": ""}]},
    ):
        _told_otherwise(made, **lie)
        with pytest.raises(Refusal, match="not the file that was proven"):
            open_backup(made)
        (made / "manifest.json").write_text(whole)
    (made / "manifest.json").write_text("[" * 100_000)
    for command in (("restore", made, "--to", tmp_path / "again"), ("drill", made)):
        assert at.json("backup", *command).refused["rule"] == "R60"


def test_what_holds_hashes_and_secrets_is_its_owners_to_read_alone(at, site, tmp_path):
    def modes(*files: Path) -> set[str]:
        return {f"{file.stat().st_mode & 0o777:o}" for file in files}

    made = make(at)
    assert modes(made) == {"700"}
    assert modes(made / "site.db", made / "manifest.json") == {"600"}
    assert at("backup", "restore", made, "--to", tmp_path / "again").code == 0
    assert modes(tmp_path / "again" / "site.db") == {"600"}
    (tmp_path / "again" / "site.db").chmod(0o664)
    signed = ("--reason", "why", "--as", "chen.qa")
    assert at("backup", "restore", made, "--to", tmp_path / "again", *signed).code == 0
    assert modes(tmp_path / "again" / "site.db") == {"660"}, "a group that could use it still can"


def test_what_a_killed_backup_left_is_no_backup(at, site):
    left = site / "backups" / "YA01-20260101T000000Z.making"
    left.mkdir(parents=True)
    assert at.json("backup", "list").document == {"backups": []}
    make(at)
    assert len(at.json("backup", "list").document["backups"]) == 1


def test_backups_are_listed_newest_first(at):
    names = [make(at).name, make(at).name]
    assert [Path(b["backup"]).name for b in at.json("backup", "list").document["backups"]] == names[::-1]
    assert names[1] in at("backup", "list").out


def test_the_day_board_says_when_the_last_good_one_was_made(at):
    assert at.json("board", "--as", "li.tech").document["backup"] is None
    made = make(at)
    board = at.json("board", "--as", "li.tech").document
    assert board["backup"].startswith("Last good backup: 2026-11-19 08:20 UTC+08:00")
    assert board["backup"].endswith(made.name)
    assert "R60" not in {n["rule"] for n in board["notices"]}
    assert made.name in at("board", "--as", "li.tech").out


def test_a_backup_that_is_overdue_is_a_notice(at, site):
    make(at)
    set_clock(site, CLOCK + timedelta(hours=27))
    notices = at.json("board", "--as", "li.tech").document["notices"]
    assert [n["text"] for n in notices if n["rule"] == "R60"] == [
        "the last good backup is from 2026-11-19 08:20 UTC+08:00"
    ]


# --- drill


def test_a_drill_restores_verifies_and_compares_with_the_live_ledger(at, tmp_path):
    make(at)
    before = entries_of(at)
    ended = at.json("backup", "drill", "--out", tmp_path / "evidence.pdf")
    assert ended.code == 0, ended.err
    assert ended.document["ok"] is True
    assert ended.document["entries_since"] == 1  # the entry that says the backup was made
    page = _printed(tmp_path / "evidence.pdf")
    for said in (
        "Restore drill",
        "TRAINING",
        ended.document["backup"]["head"],
        ended.document["live"]["head"],
    ):
        assert said in page
    assert entries_of(at) == before, "a drill records nothing"


def test_a_drill_with_a_changed_file_fails(at, tmp_path):
    made = make(at)
    with sqlite3.connect(made / "site.db") as outside:
        outside.execute("UPDATE step SET recorded_at = '2020-01-01T00:00:00.000000Z'")
    outside.close()
    ended = at.json("backup", "drill")
    assert (ended.code, ended.document["ok"]) == (4, False)
    assert ended.document["files_as_listed"] is False
    assert ended.document["findings"] > 0
    assert at.json("backup", "restore", made, "--to", tmp_path / "new").refused["rule"] == "R60"
    assert not (tmp_path / "new").exists()


def test_a_drill_shows_a_ledger_that_is_no_continuation(at, site):
    make(at)
    with sqlite3.connect(site / "site.db") as outside:
        for name in ("ledger_entry_refuses_delete", "ledger_touch_refuses_delete"):
            outside.execute(f"DROP TRIGGER {name}")
        outside.execute(
            "DELETE FROM ledger_touch WHERE sequence >= (SELECT max(sequence) - 1 FROM ledger_entry)"
        )
        outside.execute(
            "DELETE FROM ledger_entry WHERE sequence >= (SELECT max(sequence) - 1 FROM ledger_entry)"
        )
    outside.close()
    ended = at.json("backup", "drill")
    assert (ended.code, ended.document["live_continues_backup"]) == (4, False)


# --- restore


def test_a_backup_is_restored_into_a_new_folder_and_its_first_entry_says_so(at, site, tmp_path):
    made = make(at)
    ended = at.json("backup", "restore", made, "--to", tmp_path / "new")
    assert ended.code == 0, ended.err
    at.environment.setenv("INKT_SITE", str(tmp_path / "new"))
    assert entries_of(at) == ended.document["up_to"] + 1
    entry = body_of(tmp_path / "new", ended.document["recorded"])
    assert (entry["command"], entry["notes"]["backup"]) == ("ledger.restored", made.name)
    assert (tmp_path / "new" / "site.toml").read_text() == (site / "site.toml").read_text()
    assert at("act", "batch.release", "B-00001", "--as", "zhao.qa").code == 0, "work goes on there"


def test_a_newer_ledger_is_not_replaced_without_a_reason_and_a_signature(at, site):
    made, before = make(at), entries_of(at)
    for more in ((), ("--reason", "why"), ("--as", "chen.qa"), ("--reason", "\u200b", "--as", "chen.qa")):
        assert at.json("backup", "restore", made, "--to", site, *more).refused["rule"] == "R60"
    assert entries_of(at) == before
    assert not list(site.glob("replaced-*"))
    assert not (site / ".restoring").exists()


@pytest.mark.requirement("R24")
@pytest.mark.parametrize(
    ("who", "password", "rule"), [("zhang.admin", PASSWORD, "R24"), ("chen.qa", "wrong", "R20")]
)
def test_nor_by_somebody_who_may_not(at, site, who, password, rule):
    made, before = make(at), entries_of(at)
    at.environment.setenv("INKT_PASSWORD", password)
    refused = at.json("backup", "restore", made, "--to", site, "--reason", "why", "--as", who).refused
    assert refused["rule"] == rule
    assert entries_of(at) == before + 1, "the attempt stands in the present ledger"


def test_a_signed_reason_replaces_it_and_says_what_was_lost(at, site):
    made = make(at)
    assert at("act", "batch.release", "B-00001", "--as", "zhao.qa").code == 0
    newest = entries_of(at)
    head = at("ledger", "verify").out.split("Head of the chain: ")[1].split()[0]
    ended = at.json("backup", "restore", made, "--to", site, "--reason", "disk swapped", "--as", "chen.qa")
    assert ended.code == 0, ended.err
    up_to = ended.document["up_to"]
    assert entries_of(at) == up_to + 1
    entry = body_of(site, up_to + 1)
    assert (entry["command"], entry["reason"]) == ("ledger.replaced", "disk swapped")
    assert entry["actor"]["user_name"] == "chen.qa"
    assert (
        entry["notes"]["lost"] == f"entries {up_to + 1} to {newest + 1} of the present ledger"
    )  # his log-in, too
    assert entry["notes"]["lost_head"] != head
    assert [c["table"] for c in entry["changes"]].count("signature") == 1
    aside = Path(ended.document["kept_aside"])
    assert json.dumps(body_of(aside, newest + 1)), "what was overwritten is kept"
    assert at("act", "batch.release", "B-00001", "--as", "zhao.qa").code == 0, "and work goes on from there"


def test_an_older_copy_of_the_same_ledger_is_brought_forward_without_a_signature(at, site):
    shutil.copy(site / "site.db", site / "older.db")
    made = make(at)
    for name in ("site.db-wal", "site.db-shm"):
        (site / name).unlink(missing_ok=True)
    (site / "older.db").replace(site / "site.db")
    ended = at.json("backup", "restore", made, "--to", site)
    assert (ended.code, ended.document["lost"]) == (0, None)
    assert entries_of(at) == ended.document["recorded"]


@pytest.mark.slow
def test_a_database_somebody_has_open_is_not_replaced(at, site):
    made = make(at)
    with sqlite3.connect(site / "site.db") as bench:
        bench.execute("SELECT 1 FROM site").fetchone()
        ended = at.json("backup", "restore", made, "--to", site, "--reason", "why", "--as", "chen.qa")
    bench.close()
    assert ended.code == 5
    assert "open in another program" in ended.err
    assert entries_of(at)


def test_a_folder_of_another_site_is_refused(at, shell, site, tmp_path):
    made = make(at)
    other = ("--code", "YA09", "--name", "n", "--address", "a", "--time-zone", "UTC", "--training",
             "--administrator", "a.b=A B", "--site", tmp_path / "other")  # fmt: skip
    assert shell("init", *other).code == 0
    refused = at.json("backup", "restore", made, "--to", tmp_path / "other").refused
    assert (refused["rule"], refused["field"]) == ("R60", "to")


@pytest.mark.parametrize("where", ["nowhere", "."])
def test_what_is_no_backup_is_refused(at, tmp_path, where):
    assert (
        at.json("backup", "restore", tmp_path / where, "--to", tmp_path / "n").refused["rule"]
        == "backup.unknown"
    )
