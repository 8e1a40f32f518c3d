"""``inkt ledger seal``, ``seals``, ``key``, ``export`` and ``verify --seal``: from a key's making to an inspector's check."""

import json
import shutil
import sqlite3
import stat
import subprocess
import sys
import zipfile
from pathlib import Path

import pypdfium2
import pytest
import zxingcpp
from shell import entries_of

from inkt_mfg.ledger.seal_statement import Sheet

PASSPHRASE = "seven sealed envelopes"
pytestmark = pytest.mark.requirement("R04", "R09")


@pytest.fixture
def sealed(at, site, tmp_path):
    """A training site whose QA officer made the seal key."""
    at.environment.setenv("INKT_USER", "zhao.qa")
    at.environment.setenv("INKT_SEAL_PASSPHRASE", PASSPHRASE)
    made = at.json("ledger", "key", "make")
    assert made.code == 0, made.err
    return at


def seal(shell, *more: object) -> dict:
    ended = shell.json("ledger", "seal", *more)
    assert ended.code == 0, ended.err
    return ended.document


class TestTheKey:
    def test_init_makes_it_for_its_owner_alone(self, shell, tmp_path):
        (tmp_path / "passphrase").write_text(PASSPHRASE + "\n")
        made = shell.json(
            "init", "--code", "YA02", "--name", "n", "--address", "a", "--time-zone", "UTC", "--training",
            "--administrator", "zhang.admin=Zhang Min", "--site", tmp_path / "new",
            "--seal-passphrase-file", tmp_path / "passphrase",
        )  # fmt: skip
        assert made.code == 0, made.err
        assert "seal_passphrase" not in made.document, "it was given, so it is not printed"
        key, public = (tmp_path / "new" / name for name in ("seal.key", "seal.pub"))
        assert stat.S_IMODE(key.stat().st_mode) == 0o600
        assert made.document["seal_key"] in public.read_text()
        database = (tmp_path / "new" / "site.db").read_bytes()
        assert key.read_text().splitlines()[1].encode() not in database
        assert PASSPHRASE.encode() not in database + key.read_bytes()

    def test_a_training_site_prints_a_passphrase_that_opens_it(self, shell, tmp_path):
        made = shell.json(
            "init", "--code", "YA02", "--name", "n", "--address", "a", "--time-zone", "UTC", "--training",
            "--administrator", "zhang.admin=Zhang Min", "--site", tmp_path / "new",
        )  # fmt: skip
        from inkt_mfg.ledger.minisign import SecretKey

        key = SecretKey.unlock((tmp_path / "new" / "seal.key").read_text(), made.document["seal_passphrase"])
        assert key.public.text == made.document["seal_key"]

    def test_a_clinical_site_without_anybody_to_ask_is_refused_before_anything_is_made(self, shell, tmp_path):
        two = ("--administrator", "zhang.admin=Zhang Min", "--administrator", "gao.admin=Gao Jie")
        ended = shell.json(
            "init", "--code", "YA02", "--name", "n", "--address", "a", "--time-zone", "UTC", *two,
            "--site", tmp_path / "new",
        )  # fmt: skip
        assert ended.refused["rule"] == "R04"
        assert not (tmp_path / "new").exists()

    @pytest.mark.parametrize("short", ["", "elevenchars"])
    def test_a_short_passphrase_is_refused_and_leaves_no_key(self, at, site, tmp_path, short):
        (tmp_path / "passphrase").write_text(short)
        ended = at.json(
            "ledger", "key", "make", "--seal-passphrase-file", tmp_path / "passphrase", "--as", "zhao.qa"
        )
        assert ended.refused["field"] == "passphrase"
        assert not (site / "seal.key").exists()

    def test_there_is_one_first_key(self, sealed):
        assert sealed.json("ledger", "key", "make").refused["what"] == "this site has a seal key"

    def test_a_key_others_may_read_is_refused(self, sealed, site):
        (site / "seal.key").chmod(0o644)
        refused = sealed.json("ledger", "seal").refused
        assert (refused["rule"], refused["typed"]) == ("R04", "-rw-r--r--")
        assert "chmod 600" in refused["expected"]

    def test_a_wrong_passphrase_is_refused_and_nothing_is_sealed(self, sealed):
        sealed.environment.setenv("INKT_SEAL_PASSPHRASE", "another passphrase")
        assert "the passphrase is wrong" in sealed.json("ledger", "seal").refused["what"]
        assert sealed.json("ledger", "seals").document == {"seals": []}
        (tried,) = sealed.json("user", "failures").document["failures"]
        assert (tried["typed_name"], tried["attempt"]) == ("zhao.qa", "unlock seal key")

    def test_only_who_may_seals(self, sealed):
        for person in ("li.tech", "zhang.admin", "sun.md"):
            assert sealed.json("ledger", "seal", "--as", person).refused["rule"] == "R24"

    def test_a_new_key_takes_over_and_every_seal_stays_valid(self, sealed, site, tmp_path):
        old_public = (site / "seal.pub").read_text()
        seal(sealed)
        (tmp_path / "new").write_text("a second sealed envelope\n")
        rotated = sealed.json(
            "ledger",
            "key",
            "rotate",
            "--reason",
            "the key holder left",
            "--new-passphrase-file",
            tmp_path / "new",
        )
        assert rotated.code == 0, rotated.err
        assert rotated.document["public_key"] in (site / "seal.pub").read_text()
        assert sealed.json("ledger", "seal").refused["field"] == "passphrase"
        sealed.environment.setenv("INKT_SEAL_PASSPHRASE", "a second sealed envelope")
        seal(sealed)
        listed = sealed.json("ledger", "seals").document["seals"]
        assert [s["occasion"] for s in listed] == ["on_demand", "key_change", "on_demand"]
        (tmp_path / "old.pub").write_text(old_public)
        for public in (tmp_path / "old.pub", site / "seal.pub"):
            assert sealed("ledger", "verify", "--public-key", public).code == 0

    @pytest.mark.slow
    def test_a_rotation_cut_off_before_the_file_was_renamed_is_taken_up(self, sealed, site, tmp_path):
        """The ledger knows the new key, the folder still has the old one under its name."""
        old = (site / "seal.key").read_bytes()
        (tmp_path / "new").write_text(PASSPHRASE + "\n")
        assert (
            sealed("ledger", "key", "rotate", "--reason", "r", "--new-passphrase-file", tmp_path / "new").code
            == 0
        )
        (site / "seal.key").rename(site / "seal.key.next")
        (site / "seal.key").write_bytes(old)
        (site / "seal.key").chmod(0o600)
        seal(sealed)
        assert not (site / "seal.key.next").exists()


class TestASeal:
    def test_it_covers_every_entry_before_it_and_verify_counts_it(self, sealed):
        before = entries_of(sealed)
        made = seal(sealed, "--day-end")
        assert (made["size"], made["occasion"]) == (
            before + 1,
            "day_end",
        )  # the log-in of who seals is one of them
        checked = sealed.json("ledger", "verify").document
        assert (checked["ok"], checked["seals"], checked["sealed"]) == (True, 1, before + 1)

    def test_debians_minisign_accepts_it(self, sealed, site, tmp_path):
        program = shutil.which("minisign")
        assert program, "the program minisign is missing: install the Debian package, `apt install minisign`"
        made = seal(sealed, "--out", tmp_path / "today.seal")
        told = subprocess.run(
            [program, "-V", "-p", site / "seal.pub", "-m", tmp_path / "today.seal"],
            capture_output=True,
            text=True,
        )
        assert told.returncode == 0, told.stderr
        assert f"inkt seal of site YA01, {made['size']} entries" in told.stdout

    def test_its_page_says_it_in_print_and_in_a_code_that_reads_back(self, sealed, tmp_path):
        made = seal(sealed, "--print", tmp_path / "seal.pdf")
        document = pypdfium2.PdfDocument(tmp_path / "seal.pdf")
        assert len(document) == 1
        text = document[0].get_textpage().get_text_bounded()
        (code,) = zxingcpp.read_barcodes(document[0].render(scale=2, grayscale=True).to_pil())
        document.close()
        for shown in (made["head"], made["merkle_root"], made["sealed_at"], made["key"], "TRAINING"):
            assert shown in text
        assert Sheet.read(code.bytes.decode()).text == made["statement"] + made["signature"]
        (tmp_path / "scanned.txt").write_bytes(code.bytes)
        assert sealed("ledger", "verify", "--seal", tmp_path / "scanned.txt").code == 0

    @pytest.mark.slow
    def test_an_old_one_is_listed_and_copied_without_anybody_logging_in(self, sealed, tmp_path):
        made = seal(sealed)
        before = entries_of(sealed)
        copied = sealed.json(
            "ledger", "seals", "SEAL-00001", "--out", tmp_path / "again", "--print", tmp_path / "p.pdf"
        )
        assert copied.document["seals"] == [made]
        assert (tmp_path / "again").read_text() == made["statement"]
        assert (tmp_path / "p.pdf").read_bytes().startswith(b"%PDF")
        assert entries_of(sealed) == before
        assert sealed.json("ledger", "seals", "SEAL-00009").refused["rule"] == "record.unknown"
        assert sealed("ledger", "seals", "--out", tmp_path / "x").code == 2

    def test_nobody_seals_a_ledger_that_does_not_hold(self, sealed, site):
        with sqlite3.connect(site / "site.db") as connection:
            for (name,) in connection.execute(
                "SELECT name FROM sqlite_master WHERE type = 'trigger'"
            ).fetchall():
                kept = connection.execute("SELECT sql FROM sqlite_master WHERE name = ?", (name,)).fetchone()[
                    0
                ]
                if name == "ledger_entry_refuses_update":
                    connection.execute(f"DROP TRIGGER {name}")
                    connection.execute("UPDATE ledger_entry SET body = body || ' ' WHERE sequence = 5")
                    connection.execute(kept)
        refused = sealed.json("ledger", "seal").refused
        assert refused["what"] == "entry 5 of the ledger does not hold, and nobody signs that"
        assert "inkt ledger verify" in refused["expected"]


class TestVerifyAgainstASealFromElsewhere:
    def test_it_holds_and_says_how_far_it_reaches(self, sealed, tmp_path):
        made = seal(sealed, "--out", tmp_path / "kept.seal")
        told = sealed("ledger", "verify", "--seal", tmp_path / "kept.seal")
        assert told.code == 0
        assert f"kept.seal: the first {made['size']} entries are still exactly those sealed" in told.out
        assert f"Not shown by this: anything about the 1 entries after entry {made['size']}" in told.out

    def test_typed_from_paper_without_the_signature_it_is_worth_its_drawer(self, sealed, tmp_path):
        made = seal(sealed)
        (tmp_path / "typed.txt").write_text(
            "\n".join(f"  {line}  " for line in made["statement"].splitlines())
        )
        told = sealed("ledger", "verify", "--seal", tmp_path / "typed.txt")
        assert told.code == 0
        assert "typed.txt has no signature" in told.out

    @pytest.mark.slow
    def test_an_old_copy_of_the_site_is_found_out(self, sealed, site, tmp_path):
        sealed("ledger", "verify")
        shutil.copy(site / "site.db", tmp_path / "old.db")
        for name in ("site.db-wal", "site.db-shm"):
            if (site / name).exists():
                shutil.copy(site / name, tmp_path / name.replace("site", "old"))
        seal(sealed, "--out", tmp_path / "kept.seal")
        for name in ("site.db", "site.db-wal", "site.db-shm"):
            (site / name).unlink(missing_ok=True)
            old = tmp_path / name.replace("site", "old")
            if old.exists():
                shutil.copy(old, site / name)
        assert sealed("ledger", "verify").code == 0
        ended = sealed.json("ledger", "verify", "--seal", tmp_path / "kept.seal")
        assert ended.code == 4
        (finding,) = ended.document["findings"]
        assert (finding["kind"], finding["key"], finding["field"]) == ("seal.chain", "kept.seal", "size")

    @pytest.mark.slow
    def test_what_is_no_seal_and_no_key_is_refused(self, sealed, site, tmp_path):
        (tmp_path / "letter").write_text("Dear inspector,\n")
        assert "larger" in sealed.json("ledger", "verify", "--seal", "/dev/zero").refused["what"]
        assert (
            "is not a seal" in sealed.json("ledger", "verify", "--seal", tmp_path / "letter").refused["what"]
        )
        assert (
            "is not a public key"
            in sealed.json("ledger", "verify", "--public-key", tmp_path / "letter").refused["what"]
        )
        assert sealed.json("ledger", "verify", "--seal", tmp_path / "nowhere").refused["rule"] == "R04"
        assert sealed("ledger", "verify", "--public-key", site / "seal.pub").code == 4, (
            "nothing is sealed by it"
        )


class TestTheBoard:
    def test_it_says_since_when_nothing_is_sealed_and_then_the_last_seal(self, sealed):
        assert "Ledger: never sealed, unsealed since" in sealed("board").out
        made = seal(sealed)
        told = sealed.json("board").document["seal"]
        head = made["head"]
        assert told["fingerprint"] == f"{head[:4]}-{head[4:8]}-{head[8:12]}"
        assert told["entries_since"] == 1  # the log-in that asked


class TestAnExport:
    def test_whole_batch_subject_and_day_all_check_out(self, sealed, tmp_path):
        seal(sealed)
        for number, chosen in enumerate(
            ((), ("--batch", "B-00001"), ("--subject", "YA-001"), ("--since", "2026-11-18"))
        ):
            ended = sealed.json("ledger", "export", *chosen, "--out", tmp_path / f"{number}.zip")
            assert ended.code == 0, ended.err
            assert 0 < ended.document["sealed"] <= ended.document["entries"]
            checked = verified(tmp_path / f"{number}.zip", tmp_path / str(number))
            assert checked["ok"], checked["wrong"]
            assert checked["entries"] == ended.document["entries"]
        assert entries_of(sealed) > 0

    def test_a_batchs_export_names_no_other_patient(self, sealed, tmp_path):
        seal(sealed)
        assert sealed("ledger", "export", "--batch", "B-00001", "--out", tmp_path / "b.zip").code == 0
        with zipfile.ZipFile(tmp_path / "b.zip") as archive:
            text = archive.read("entries.jsonl").decode()
        with sqlite3.connect(tmp_path / "site" / "site.db") as connection:
            names = dict(connection.execute("SELECT code, patient_name FROM subject").fetchall())
        assert names["YA-002"] not in text
        assert '"B-00001"' in text

    def test_it_is_on_record_who_exported_what(self, sealed, tmp_path):
        ended = sealed.json("ledger", "export", "--batch", "B-00001", "--out", tmp_path / "b.zip")
        with sqlite3.connect(tmp_path / "site" / "site.db") as connection:
            question = "SELECT body FROM ledger_entry WHERE sequence = ?"
            (body,) = connection.execute(question, (ended.document["recorded"],)).fetchone()
        said = json.loads(body)
        assert (said["command"], said["actor"]["user_name"]) == ("ledger.export", "zhao.qa")
        assert said["notes"] == {
            "what": "batch B-00001",
            "entries": str(ended.document["entries"]),
            "file": "b.zip",
        }

    def test_sealed_first_all_but_its_own_entries_are_covered(self, sealed, tmp_path):
        ended = sealed.json("ledger", "export", "--seal", "--out", tmp_path / "all.zip")
        assert (
            ended.document["entries"] - ended.document["sealed"] == 2
        )  # the seal's own entry, and the export's
        assert stat.S_IMODE((tmp_path / "all.zip").stat().st_mode) == 0o600

    @pytest.mark.slow
    def test_what_cannot_be_exported_is_refused_and_leaves_no_file(self, sealed, tmp_path):
        out = ("--out", tmp_path / "x.zip")
        assert sealed.json("ledger", "export", "--batch", "B-1", *out).refused["rule"] == "record.unknown"
        both = ("--batch", "B-00001", "--subject", "YA-001")
        assert sealed.json("ledger", "export", *both, *out).refused["rule"] == "R09"
        assert sealed.json("ledger", "export", "--since", "yesterday", *out).refused["rule"] == "time.date"
        assert sealed.json("ledger", "export", "--since", "0001-01-01", *out).refused["rule"] == "time.year"
        assert sealed.json("ledger", "export", *out, "--as", "li.tech").refused["rule"] == "R24"
        assert sealed("ledger", "export", "--out", tmp_path / "no" / "x.zip").code == 5
        assert not (tmp_path / "x.zip").exists()


def verified(archive: Path, folder: Path) -> dict:
    """What the export's own verifier says of it."""
    with zipfile.ZipFile(archive) as opened:
        opened.extractall(folder)
    command = [sys.executable, "-I", "-S", str(folder / "verify_ledger.py"), "--json"]
    told = subprocess.run(command, cwd=folder, env={}, capture_output=True, text=True)
    return json.loads(told.stdout)
