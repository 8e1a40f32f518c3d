"""verify_ledger.py as an outsider has it: one file, no package of ours, an old Python; and its Ed25519 by RFC 8032's vectors."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from inkt_mfg.ledger import verify_ledger
from inkt_mfg.ledger.minisign import SecretKey
from inkt_mfg.ledger.seal_statement import SealStatement, Sheet
from inkt_mfg.ledger.verify_ledger import Wrong

FILE = Path(verify_ledger.__file__)
pytestmark = pytest.mark.requirement("R04")

# RFC 8032, section 7.1: secret key, public key, message, signature.
RFC_8032 = {
    "TEST 1": (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    "TEST 2": (
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    "TEST 3": (
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
    "TEST SHA(abc)": (
        "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
        "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
        "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
        "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704",
    ),
}


@pytest.mark.parametrize("name", RFC_8032)
def test_the_vectors_of_rfc_8032(name) -> None:
    secret, public, message, signature = map(bytes.fromhex, RFC_8032[name])
    assert verify_ledger.signed(public, message, signature)
    assert Ed25519PrivateKey.from_private_bytes(secret).sign(message) == signature
    assert not verify_ledger.signed(public, message + b"\0", signature)
    for at in (0, 31, 32, 62):
        changed = bytearray(signature)
        changed[at] ^= 1
        assert not verify_ledger.signed(public, message, bytes(changed))


def test_a_signature_has_one_spelling() -> None:
    """S + L is the same number to a careless verifier (RFC 8032, 8.4); S must be below L."""
    _, public, message, signature = map(bytes.fromhex, RFC_8032["TEST 3"])
    s = int.from_bytes(signature[32:], "little") + verify_ledger.L
    assert not verify_ledger.signed(public, message, signature[:32] + s.to_bytes(32, "little"))


def test_a_key_of_small_order_signs_nothing() -> None:
    """With such a key one signature fits many messages."""
    identity = (1).to_bytes(32, "little")
    assert not verify_ledger.signed(identity, b"anything", identity + bytes(32))
    order_eight = bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05")
    assert verify_ledger.same(
        verify_ledger.times(8, verify_ledger.point_of(order_eight)), verify_ledger.IDENTITY
    )
    assert not verify_ledger.signed(order_eight, b"anything", identity + bytes(32))


def test_what_is_no_point_no_key_and_no_signature_is_refused() -> None:
    _, public, message, signature = map(bytes.fromhex, RFC_8032["TEST 2"])
    assert not verify_ledger.signed(public[:-1], message, signature)
    assert not verify_ledger.signed(public, message, signature[:-1])
    assert not verify_ledger.signed(b"\xff" * 32, message, signature)  # y is not below the prime
    with pytest.raises(Wrong, match="not a point"):
        verify_ledger.point_of((2).to_bytes(32, "little"))  # y = 2 has no x
    with pytest.raises(Wrong, match="not a point"):
        verify_ledger.point_of((1 | 1 << 255).to_bytes(32, "little"))  # x = 0 with a sign


@settings(max_examples=15)
@given(st.binary(min_size=32, max_size=32), st.binary(max_size=2000), st.integers(0, 511))
def test_it_agrees_with_the_library_that_signs(seed, message, flipped) -> None:
    key = Ed25519PrivateKey.from_private_bytes(seed)
    signature = bytearray(key.sign(message))
    public = key.public_key().public_bytes_raw()
    assert verify_ledger.signed(public, message, bytes(signature))
    signature[flipped // 8] ^= 1 << flipped % 8
    assert not verify_ledger.signed(public, message, bytes(signature))


# --- minisign and seals, read by the other program


@pytest.fixture(scope="module")
def key() -> SecretKey:
    return SecretKey.make()


def sheet_by(key: SecretKey) -> Sheet:
    said = SealStatement(
        "YAH", 7, "ab" * 32, "cd" * 32, "2026-11-02T08:30:00.000000Z", key.public.name, "day_end"
    )
    return Sheet(said, key.sign(said.text.encode(), trusted=said.trusted_comment, untrusted="u"))


def test_it_reads_a_key_a_signature_and_a_seal_as_we_write_them(key) -> None:
    sheet = sheet_by(key)
    theirs = verify_ledger.key_of(key.public.file)
    assert (theirs.name, theirs.public, theirs.line) == (key.public.name, key.public.key, key.public.text)
    seal = verify_ledger.seal_of("paper", sheet.text.replace("\n", "  \r\n"))
    assert (seal.size, seal.text) == (7, sheet.statement.text)
    assert (
        verify_ledger.check_signature(theirs, seal.text.encode(), seal.signature)
        == sheet.statement.trusted_comment
    )


@pytest.mark.parametrize("line", [1, 2, 3])
def test_a_signature_with_any_of_its_three_signed_lines_changed_is_refused(key, line) -> None:
    lines = sheet_by(key).signature.file.splitlines(keepends=True)
    at = len("trusted comment: ") if line == 2 else 20
    lines[line] = lines[line][:at] + ("A" if lines[line][at] != "A" else "B") + lines[line][at + 1 :]
    with pytest.raises(Wrong):
        verify_ledger.check_signature(
            verify_ledger.key_of(key.public.text), sheet_by(key).statement.text.encode(), "".join(lines)
        )


@pytest.mark.parametrize("text", ["", "inkt ledger seal 1\n", "a\nb\n", "untrusted comment: x\n"])
def test_what_is_no_seal_no_key_and_no_signature_is_said_to_be_none(key, text) -> None:
    with pytest.raises(Wrong):
        verify_ledger.seal_of("it", text)
    with pytest.raises(Wrong):
        verify_ledger.key_of(text)
    with pytest.raises(Wrong):
        verify_ledger.check_signature(verify_ledger.key_of(key.public.text), b"", text)


@pytest.mark.parametrize(
    "raw",
    [b"", b"[]", b'{"a": 1}', b'{"b":1,"a":2}', b'{"a":1,"a":2}', b'{"a":1.5}', b'{"a":NaN}', b'{"a":1e3}', b'{"a":"\\u4e2d"}',
     b'{"a":"\\ud800"}', b'{"a":1}\n', b"\xff", b"[" * 5000],
)  # fmt: skip
def test_json_in_any_spelling_but_the_one_is_refused(raw) -> None:
    with pytest.raises(Wrong):
        verify_ledger.plain(raw, "it")


# --- one file, no package, an old Python


def test_it_imports_nothing_but_the_standard_library() -> None:
    tree = ast.parse(FILE.read_text(encoding="utf-8"))
    imported = {n.module for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
    imported |= {a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names}
    assert imported <= sys.stdlib_module_names
    assert not {"socket", "urllib", "http", "subprocess", "ctypes"} & imported


def test_python_3_8_can_read_it() -> None:
    """The grammar of 3.8, and none of the names that came later."""
    text = FILE.read_text(encoding="utf-8")
    ast.parse(text, feature_version=(3, 8))
    assert "__future__" not in {n.module for n in ast.walk(ast.parse(text)) if isinstance(n, ast.ImportFrom)}
    evaluated = [
        a.annotation
        for a in ast.walk(ast.parse(text))
        if isinstance(a, ast.arg | ast.AnnAssign) and a.annotation
    ]
    evaluated += [
        f.returns for f in ast.walk(ast.parse(text)) if isinstance(f, ast.FunctionDef) and f.returns
    ]
    said = [ast.unparse(one) for one in evaluated]
    assert not [one for one in said if re.search(r"\b(list|dict|tuple|set|type)\[| \| ", one)]
    later = r"\.(removeprefix|removesuffix|bit_count|is_relative_to|with_stem)\(|strict=|functools\.cache|file_digest|\bmatch "
    assert not re.findall(later, text)


def test_it_runs_isolated_without_site_packages_and_explains_itself(tmp_path) -> None:
    copy = tmp_path / "verify_ledger.py"
    copy.write_bytes(FILE.read_bytes())
    answer = subprocess.run(
        [sys.executable, "-I", "-S", str(copy), "--help"],
        cwd=tmp_path,
        env={},
        capture_output=True,
        text=True,
    )
    assert answer.returncode == 0
    assert "--public-key" in answer.stdout
    wrong = subprocess.run(
        [sys.executable, "-I", "-S", str(copy), "--seal", str(copy)],
        cwd=tmp_path,
        env={},
        capture_output=True,
        text=True,
    )
    assert wrong.returncode == 2
    assert "verify_ledger.py is not a seal" in wrong.stderr
