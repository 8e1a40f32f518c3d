"""While a key holder has the key unlocked every release is sealed; while nobody has, work goes on."""

import os
import resource
import sqlite3
import time
from contextlib import closing

import pytest
from one_batch import ADMIN, BATCH, CHEN, CODE, LI, ZHAO, let_go

from inkt_mfg.demo.people import PASSWORD
from inkt_mfg.ledger.minisign import SecretKey
from inkt_mfg.records.words import SealOccasion
from inkt_mfg.refusal import Refusal, Unable
from inkt_mfg.store import seal_key
from inkt_mfg.store.verification import verify
from inkt_mfg.views.people import failed_attempts
from inkt_mfg.views.seals import seal_standing, shown_seals
from inkt_mfg.workflow import people, release, sealing
from inkt_mfg.workflow.admission import FAILURES_BEFORE_LOCK
from inkt_mfg.workflow.bench import log_in
from inkt_mfg.workflow.day_board import day_board
from inkt_mfg.workflow.signing import Credentials

PASSPHRASE = "seven sealed envelopes"
pytestmark = pytest.mark.requirement("R04")


@pytest.fixture
def site(at, tmp_path):
    """The site with its batch reviewed, and a folder for the key."""
    site = at("reviewed")
    site.store.folder = tmp_path
    return site


def occasions(site) -> list[str]:
    return [seal.statement.occasion for seal in shown_seals(site.store)]


def refused(act) -> Refusal:
    with pytest.raises(Refusal) as no:
        act()
    return no.value


def test_a_release_is_followed_by_a_seal_that_covers_it(site):
    bench = site.bench(ZHAO)
    sealing.adopt(bench, PASSPHRASE)
    before = verify(site.store).entries
    site.run(ZHAO, release.release, BATCH)
    (seal,) = shown_seals(site.store)
    assert (seal.statement.occasion, seal.statement.size) == ("release", before + 1)
    assert verify(site.store).ok


@pytest.mark.requirement("R25")
def test_wrong_passphrases_count_as_wrong_passwords_do_and_the_fifth_locks(site):
    sealing.adopt(site.bench(ZHAO), PASSPHRASE)
    bench = log_in(site.store, Credentials(ZHAO, PASSWORD), "bench-2")
    for _ in range(FAILURES_BEFORE_LOCK):
        assert refused(lambda: sealing.unlock(bench, "another passphrase")).first.field == "passphrase"
    told = [(f.typed_name, f.attempt) for f in failed_attempts(site.store)]
    assert told == [(ZHAO, "unlock seal key")] * FAILURES_BEFORE_LOCK
    assert refused(lambda: sealing.unlock(bench, PASSPHRASE)).rule == "R25", "the right one opens nothing now"
    assert refused(lambda: log_in(site.store, Credentials(ZHAO, PASSWORD), "bench-2")).rule == "R25"


def test_an_empty_passphrase_tries_nothing(site):
    sealing.adopt(site.bench(ZHAO), PASSPHRASE)
    assert refused(lambda: sealing.unlock(site.bench(ZHAO), "")).first.field == "passphrase"
    assert failed_attempts(site.store) == ()


def test_nobody_has_unlocked_and_work_goes_on(site):
    let_go(site)
    assert occasions(site) == []
    with site.store.reading() as session:
        assert seal_standing(session, CODE).sealed_at is None


def test_the_seal_is_in_the_name_of_whoever_unlocked_also_when_another_signs_beside(site):
    """The key holder sits at the terminal; the releaser comes for one act."""
    holder = site.bench(CHEN)
    sealing.adopt(holder, PASSPHRASE)
    second = holder.beside(Credentials(ZHAO, PASSWORD))
    second.run(release.release, BATCH, sign_with=Credentials(ZHAO, PASSWORD))
    assert occasions(site) == ["release"]
    with site.store.reading() as session:
        rows = session.connection().exec_driver_sql(
            "SELECT actor FROM ledger_entry WHERE command = 'ledger.seal'"
        )
        assert [actor for (actor,) in rows] == [CHEN]


def test_a_key_forgotten_seals_nothing_more(site):
    bench = site.bench(ZHAO)
    sealing.adopt(bench, PASSPHRASE)
    sealing.seal(bench)
    bench.sealing.close()
    assert sealing.end_of_day(bench) is None
    assert refused(lambda: sealing.seal(bench)).first.what.english == "the seal key is locked"
    site.run(ZHAO, release.release, BATCH)
    assert occasions(site) == ["on_demand"]
    sealing.unlock(bench, PASSPHRASE)
    assert sealing.end_of_day(bench) is not None
    assert occasions(site) == ["day_end", "on_demand"]


def test_a_seal_that_cannot_be_made_does_not_undo_the_release_and_the_board_says_so(site):
    bench = site.bench(ZHAO)
    sealing.adopt(bench, PASSPHRASE)
    site.run(ADMIN, people.revoke_role, user_name=ZHAO, role="qa_officer", reason="left the house")
    bench.sealing.follow(SealOccasion.RELEASE)
    assert occasions(site) == []
    assert bench.sealing.trouble is not None
    assert "could not be sealed" in bench.sealing.trouble.english
    told = [n.text.english for n in day_board(bench).notices if n.rule == "R04"]
    assert told == [bench.sealing.trouble.english]


def test_the_day_ends_at_midnight_also_when_the_terminal_is_locked(site):
    bench = site.bench(ZHAO)
    sealing.adopt(bench, PASSPHRASE)
    bench.lock()
    assert refused(lambda: bench.run(sealing.SEAL, occasion=SealOccasion.ON_DEMAND)).rule == "R27"
    assert sealing.end_of_day(bench) is not None
    assert occasions(site) == ["day_end"]


@pytest.mark.requirement("R24")
@pytest.mark.parametrize("who", [LI, ADMIN])
def test_only_who_may_unlocks_rotates_or_makes_the_key(site, who):
    assert refused(lambda: sealing.adopt(site.bench(who), PASSPHRASE)).rule == "R24"
    assert not (site.store.folder / "seal.key").exists(), "nothing is left of a key nobody may make"
    sealing.adopt(site.bench(ZHAO), PASSPHRASE)
    assert refused(lambda: sealing.unlock(site.bench(who), PASSPHRASE)).rule == "R24"


def test_a_key_the_ledger_does_not_name_as_the_present_one_seals_nothing(site):
    bench = site.bench(ZHAO)
    sealing.adopt(bench, PASSPHRASE)
    bench.sealing.key = SecretKey.make()
    assert "and the ledger's present key is" in refused(lambda: sealing.seal(bench)).first.what.english
    (site.store.folder / "seal.key").unlink()
    seal_key.write_key(site.store.folder, SecretKey.make(), PASSPHRASE, training=True)
    assert (
        "is not the present seal key" in refused(lambda: sealing.unlock(bench, PASSPHRASE)).first.what.english
    )


def test_a_rotation_that_is_refused_leaves_the_old_key_in_its_place(site):
    bench = site.bench(ZHAO)
    sealing.adopt(bench, PASSPHRASE)
    assert refused(lambda: sealing.rotate(bench, PASSPHRASE, reason=" ")).rule == "R02"
    assert sorted(p.name for p in site.store.folder.iterdir() if p.name.startswith("seal")) == [
        "seal.key",
        "seal.pub",
    ]
    sealing.unlock(bench, PASSPHRASE)
    sealing.seal(bench)
    assert verify(site.store).ok


def key_files(site) -> list[str]:
    return sorted(p.name for p in site.store.folder.iterdir() if p.name.startswith("seal"))


def test_a_key_that_could_not_be_recorded_is_no_hindrance_to_the_next(site):
    """The disk of the database is full as the first key is made: a trigger says what SQLite would."""
    bench = site.bench(ZHAO)
    with closing(sqlite3.connect(site.store.place)) as outside:
        outside.execute(
            "CREATE TRIGGER full BEFORE INSERT ON seal_key BEGIN SELECT RAISE(ABORT, 'disk is full'); END"
        )
        with pytest.raises(Unable, match="Nothing was recorded"):
            sealing.adopt(bench, PASSPHRASE)
        assert "seal.key" not in key_files(site), "it has its name only once the ledger knows it"
        outside.execute("DROP TRIGGER full")
    sealing.adopt(bench, "another seven sealed envelopes")
    bench.sealing.close()
    sealing.unlock(bench, "another seven sealed envelopes")
    sealing.seal(bench)
    assert verify(site.store).ok


def test_a_key_file_the_ledger_never_heard_of_is_replaced_by_the_first_key(site):
    """As a program before this one left it, or a restored ledger that is older than its key."""
    seal_key.write_key(site.store.folder, SecretKey.make(), "nobody knows this one", training=True)
    bench = site.bench(ZHAO)
    sealing.adopt(bench, PASSPHRASE)
    assert key_files(site) == ["seal.key", "seal.pub"]
    sealing.unlock(bench, PASSPHRASE)
    sealing.seal(bench)


def test_a_first_key_whose_recording_was_answered_too_late_is_taken_up(site):
    """It is in the ledger, and the program that made it ended before the file got its name."""
    bench = site.bench(ZHAO)
    sealing.adopt(bench, PASSPHRASE)
    folder = site.store.folder
    (folder / seal_key.KEY_FILE).rename(folder / f"{seal_key.NEXT_FILE}.0123")
    (folder / seal_key.PUBLIC_FILE).unlink()
    assert refused(lambda: sealing.adopt(bench, PASSPHRASE)).first.what.english == "this site has a seal key"
    sealing.unlock(bench, PASSPHRASE)
    assert key_files(site) == ["seal.key", "seal.pub"]


def test_two_who_make_the_first_key_at_once_leave_the_one_the_ledger_names(site):
    quick, late = site.bench(ZHAO), site.bench(CHEN)
    folder = site.store.folder
    beside = seal_key.write_next(folder, SecretKey.make(), PASSPHRASE, training=True)
    sealing.adopt(quick, PASSPHRASE)
    assert beside.exists(), "another program's own, which is at work"
    assert refused(lambda: late.run(sealing.ADOPT, first=SecretKey.make().public)).rule == "R04"
    sealing.unlock(quick, PASSPHRASE)
    sealing.seal(quick)
    day_before = time.time() - 25 * 3600
    os.utime(beside, (day_before, day_before))
    sealing.rotate(quick, PASSPHRASE, reason="yearly")
    assert key_files(site) == ["seal.key", "seal.pub"], "what nobody came back for in a day goes"


def test_a_key_the_disk_did_not_take_leaves_no_file(tmp_path):
    without = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, without[1]))
    try:
        with pytest.raises(Unable, match=r"seal\.key cannot be read or written"):
            seal_key.write_key(tmp_path, SecretKey.make(), PASSPHRASE, training=True)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, without)
    assert list(tmp_path.iterdir()) == []
    assert seal_key.write_key(tmp_path, SecretKey.make(), PASSPHRASE, training=True).exists()


def test_what_a_rotation_cut_off_left_behind_is_no_hindrance(site):
    """A file of a key the ledger never heard of: the machine stopped before its entry was written."""
    bench = site.bench(ZHAO)
    sealing.adopt(bench, PASSPHRASE)
    seal_key.write_key(
        site.store.folder, SecretKey.make(), PASSPHRASE, training=True, name=seal_key.NEXT_FILE
    )
    sealing.unlock(bench, PASSPHRASE)
    sealing.rotate(bench, PASSPHRASE, reason="yearly")
    sealing.seal(bench)
    assert verify(site.store).ok


def test_a_key_that_took_over_meanwhile_is_not_thrown_away(site):
    """Another program rotated and died before it renamed the file; this one still holds the old key."""
    late, quick = site.bench(ZHAO), site.bench(CHEN)
    sealing.adopt(late, PASSPHRASE)
    sealing.unlock(quick, PASSPHRASE)
    sealing.rotate(quick, PASSPHRASE, reason="yearly")
    folder = site.store.folder
    (folder / seal_key.KEY_FILE).rename(folder / seal_key.NEXT_FILE)
    assert (
        "and the ledger's present key is"
        in refused(lambda: sealing.rotate(late, PASSPHRASE, reason="yearly")).first.what.english
    )
    sealing.unlock(late, PASSPHRASE)
    sealing.seal(late)
    assert verify(site.store).ok


def test_without_a_folder_there_is_no_key(site):
    site.store.folder = None
    assert (
        "only the database's address was given"
        in refused(lambda: sealing.adopt(site.bench(ZHAO), PASSPHRASE)).first.what.english
    )
    assert (
        refused(lambda: sealing.unlock(site.bench(ZHAO), PASSPHRASE)).first.what.english
        == "this site has no seal key yet"
    )
