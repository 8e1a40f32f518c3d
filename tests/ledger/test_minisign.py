"""Keys and signatures in minisign's form: Debian's own program reads ours, and we read its.

The program itself must be here: `apt install minisign` (``.ci/run`` does it). Without it these tests fail.
"""

import shutil
import subprocess
from base64 import b64decode, b64encode
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inkt_mfg.ledger.minisign import CLINICAL, TRAINING, Cost, NotMinisign, PublicKey, SecretKey, Signature

PASSPHRASE = "seven sealed envelopes"
TEXT = b"inkt ledger seal 1\nsite: YAH\n"
pytestmark = pytest.mark.requirement("R04")


@pytest.fixture(scope="session")
def program() -> str:
    """The real minisign."""
    found = shutil.which("minisign")
    assert found, "the program minisign is missing: install the Debian package, `apt install minisign`"
    return found


@pytest.fixture(scope="module")
def key() -> SecretKey:
    return SecretKey.make()


def run(program: str, folder: Path, *arguments: str, typed: str = "") -> subprocess.CompletedProcess:
    return subprocess.run([program, *arguments], cwd=folder, input=typed, capture_output=True, text=True)


@pytest.fixture
def signed(tmp_path, key) -> Path:
    """A text, its signature and the public key, as files."""
    signature = key.sign(TEXT, trusted="inkt seal of site YAH, 3 entries", untrusted="SEAL-00001")
    (tmp_path / "text").write_bytes(TEXT)
    (tmp_path / "text.minisig").write_text(signature.file)
    (tmp_path / "seal.pub").write_text(key.public.file)
    (tmp_path / "seal.key").write_text(key.locked(PASSPHRASE, TRAINING))
    return tmp_path


class TestTheRealProgram:
    def test_it_accepts_what_we_sign_and_prints_the_trusted_comment(self, program, signed) -> None:
        answer = run(program, signed, "-V", "-p", "seal.pub", "-m", "text")
        assert answer.returncode == 0, answer.stderr
        assert "Signature and comment signature verified" in answer.stdout
        assert "Trusted comment: inkt seal of site YAH, 3 entries" in answer.stdout

    def test_it_refuses_another_text_and_another_comment(self, program, signed) -> None:
        sealed = (signed / "text.minisig").read_text()
        (signed / "text").write_bytes(TEXT + b" ")
        assert run(program, signed, "-V", "-p", "seal.pub", "-m", "text").returncode == 1
        (signed / "text").write_bytes(TEXT)
        (signed / "text.minisig").write_text(sealed.replace("3 entries", "4 entries"))
        answer = run(program, signed, "-V", "-p", "seal.pub", "-m", "text")
        assert answer.returncode == 1
        assert "Comment signature verification failed" in answer.stderr

    def test_it_opens_our_secret_key_and_we_accept_what_it_signs(self, program, signed, key) -> None:
        arguments = ("-S", "-s", "seal.key", "-m", "text", "-x", "theirs", "-t", "by the program")
        answer = run(program, signed, *arguments, typed=f"{PASSPHRASE}\n")
        assert answer.returncode == 0, answer.stderr
        theirs = Signature.read((signed / "theirs").read_text())
        key.public.refuse_forged(TEXT, theirs)
        assert theirs.trusted == "by the program"

    def test_the_key_id_is_the_one_it_names(self, program, signed) -> None:
        other = SecretKey.make().public
        (signed / "other.pub").write_text(other.file)
        answer = run(program, signed, "-V", "-p", "other.pub", "-m", "text")
        assert answer.returncode == 1
        assert other.name.lstrip("0") in answer.stderr  # it writes a number, we write all of it

    @pytest.mark.slow
    def test_we_open_a_secret_key_it_made_with_its_own_cost_of_a_gigabyte(self, program, tmp_path) -> None:
        made = run(program, tmp_path, "-G", "-p", "g.pub", "-s", "g.key", typed="open sesame\nopen sesame\n")
        assert made.returncode == 0, made.stderr
        key = SecretKey.unlock((tmp_path / "g.key").read_text(), "open sesame")
        assert key.public == PublicKey.read((tmp_path / "g.pub").read_text())


@pytest.mark.parametrize("cost", [TRAINING, CLINICAL])
def test_a_locked_key_opens_with_its_passphrase_alone(key, cost) -> None:
    file = key.locked(PASSPHRASE, cost)
    assert SecretKey.unlock(file, PASSPHRASE) == key
    with pytest.raises(NotMinisign, match="the passphrase is wrong"):
        SecretKey.unlock(file, "seven sealed envelope")


def test_the_cost_is_counted_as_libsodium_counts_it() -> None:
    assert TRAINING.scrypt_numbers() == (2**10, 1)
    assert CLINICAL.scrypt_numbers() == (2**17, 1)  # OWASP: N = 2^17, r = 8, p = 1
    assert Cost(2**25, 2**30).scrypt_numbers() == (2**20, 1)  # libsodium's SENSITIVE, minisign's default
    assert Cost(524288, 16777216).scrypt_numbers() == (2**14, 1)  # INTERACTIVE
    assert Cost(2**24, 2**30).scrypt_numbers() == (2**19, 1)  # fewer operations than the memory would allow


def test_neither_the_secret_nor_the_passphrase_is_in_the_file_or_in_a_traceback(key) -> None:
    file = key.locked(PASSPHRASE, TRAINING)
    raw = b64decode(file.splitlines()[1])
    assert key.seed not in raw
    assert PASSPHRASE.encode() not in raw
    assert repr(key) == f"SecretKey({key.public.name}, …)"
    assert file != key.locked(PASSPHRASE, TRAINING), "each has a salt of its own"


def test_a_public_key_is_read_from_its_file_and_from_its_line(key) -> None:
    assert PublicKey.read(key.public.file) == PublicKey.read(key.public.text) == key.public
    assert key.public.name == f"{int.from_bytes(key.public.key_id, 'little'):016X}"
    for wrong in (
        "",
        "two\nlines",
        key.public.text[:-4],
        "RW" + "!" * 54,
        b64encode(b"ED" + bytes(40)).decode(),
    ):
        with pytest.raises(NotMinisign):
            PublicKey.read(wrong)


def test_a_signature_by_another_key_or_over_another_text_is_refused(key) -> None:
    signature = key.sign(TEXT, trusted="t", untrusted="u")
    key.public.refuse_forged(TEXT, signature)
    with pytest.raises(NotMinisign, match="the signature does not fit the text"):
        key.public.refuse_forged(TEXT + b"\n", signature)
    other = SecretKey.make()
    with pytest.raises(NotMinisign, match=f"signed by key {key.public.name}, not by {other.public.name}"):
        other.public.refuse_forged(TEXT, signature)
    changed = Signature.read(signature.file.replace("\ntrusted comment: t", "\ntrusted comment: T"))
    with pytest.raises(NotMinisign, match="trusted comment"):
        key.public.refuse_forged(TEXT, changed)
    # The untrusted comment is just that: nobody signed it.
    key.public.refuse_forged(
        TEXT, Signature.read(signature.file.replace("untrusted comment: u", "untrusted comment: U"))
    )


def test_a_signature_over_the_text_itself_instead_of_its_hash_is_not_taken(key) -> None:
    lines = key.sign(TEXT, trusted="t", untrusted="u").file.splitlines()
    lines[1] = b64encode(b"Ed" + b64decode(lines[1])[2:]).decode()
    with pytest.raises(NotMinisign, match="not over the hash"):
        Signature.read("\n".join(lines) + "\n")


def test_a_comment_is_one_line(key) -> None:
    with pytest.raises(NotMinisign, match="one line"):
        key.sign(TEXT, trusted="a\nb", untrusted="u")


@pytest.mark.parametrize("passphrase", ["", "x" * 1024])
def test_a_passphrase_minisign_could_not_type_is_refused(key, passphrase) -> None:
    with pytest.raises(NotMinisign, match="1 to 1023 bytes"):
        key.locked(passphrase, TRAINING)


def test_a_file_that_asks_for_absurd_work_is_not_tried(key) -> None:
    lines = key.locked(PASSPHRASE, TRAINING).splitlines()
    raw = bytearray(b64decode(lines[1]))
    raw[46:54] = (2**40).to_bytes(8, "little")
    with pytest.raises(NotMinisign, match="more work"):
        SecretKey.unlock(f"{lines[0]}\n{b64encode(raw).decode()}\n", PASSPHRASE)


@settings(max_examples=10)  # each costs a scrypt
@given(st.integers(0, 157), st.integers(1, 255))
def test_a_secret_key_file_with_any_byte_changed_does_not_open(position, flip) -> None:
    key = SecretKey(PublicKey(b"12345678", b""), bytes(32))
    key = SecretKey._of(b"12345678", key.seed)
    lines = key.locked(PASSPHRASE, TRAINING).splitlines()
    raw = bytearray(b64decode(lines[1]))
    if 38 <= position < 54:  # what it costs: another cost is another key, but may take an hour to find out
        position = 54
    raw[position] ^= flip
    with pytest.raises(NotMinisign):
        SecretKey.unlock(f"{lines[0]}\n{b64encode(raw).decode()}\n", PASSPHRASE)
