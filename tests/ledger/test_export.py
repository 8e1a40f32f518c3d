"""An export in an outsider's hands: the zip unpacked, checked by its own verifier with nothing of ours, then tampered with."""

import hashlib
import io
import json
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from contextlib import redirect_stdout
from pathlib import Path
from types import SimpleNamespace

import pytest
from scene import SITE
from sealed import Laboratory

from inkt_mfg.ledger import verify_ledger
from inkt_mfg.ledger.canonical import canonical_text
from inkt_mfg.ledger.export import Selection, write_export
from inkt_mfg.ledger.merkle import Frontier, leaf_hash
from inkt_mfg.ledger.minisign import SecretKey, Signature
from inkt_mfg.ledger.seal_statement import SealStatement
from inkt_mfg.records.words import SealOccasion
from inkt_mfg.store.unit_of_work import Store

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "ledger-format.md").read_bytes()
PART = (4, 5, 7, 9, 12)
pytestmark = pytest.mark.requirement("R04", "R09")


def exported(store, folder: Path, sequences=None) -> Path:
    """The zip, unpacked as an outsider would."""
    buffer = io.BytesIO()
    selection = Selection({} if sequences is None else {"batch": "B-00001"}, sequences)
    with store.engine.connect() as connection:
        write_export(buffer, connection, SITE, selection, {"by": "zhao.qa"}, PAGE, lambda *_: None)
    folder.mkdir()
    with zipfile.ZipFile(buffer) as archive:
        archive.extractall(folder)
    return folder


def check(folder: Path, *more: str) -> SimpleNamespace:
    """Run the export's own verifier, isolated: no package of ours, no site-packages, no environment."""
    command = [sys.executable, "-I", "-S", str(folder / "verify_ledger.py"), *more]
    told = subprocess.run(command, cwd=folder, env={}, capture_output=True, text=True)
    assert told.returncode in (0, 4), told.stderr
    assert not told.stderr
    return SimpleNamespace(code=told.returncode, text=told.stdout)


def check_here(folder: Path, *more: str) -> SimpleNamespace:
    """The same program, in this process: for the many cases that need no new one each."""
    with redirect_stdout(io.StringIO()) as told:
        code = verify_ledger.main([str(folder), *more])
    return SimpleNamespace(code=code, text=told.getvalue())


def sums_again(folder: Path) -> None:
    """What a forger does too: write SHA256SUMS anew."""
    files = sorted(f for f in folder.rglob("*") if f.is_file() and f.name != "SHA256SUMS")
    lines = [
        f"{hashlib.sha256(f.read_bytes()).hexdigest()}  {f.relative_to(folder).as_posix()}\n" for f in files
    ]
    (folder / "SHA256SUMS").write_text("".join(lines))


@pytest.fixture(scope="module")
def sealed(sqlite_template, tmp_path_factory) -> Laboratory:
    """Thirteen entries: three seals, a key that took over, and one count newer than every seal."""
    file = tmp_path_factory.mktemp("sealed") / "site.db"
    shutil.copy(sqlite_template, file)
    laboratory = Laboratory.open(Store.open(f"sqlite:///{file}", SITE))
    laboratory.first_key = laboratory.key
    laboratory.count("93.50")
    laboratory.seal()
    laboratory.count()
    laboratory.seal(SealOccasion.KEY_CHANGE, SecretKey.make())
    laboratory.count()
    laboratory.count()
    laboratory.seal(SealOccasion.RELEASE)
    laboratory.count()
    laboratory.lots("L-1")
    return laboratory


@pytest.fixture(scope="module")
def originals(sealed, tmp_path_factory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("exports")
    return {
        "whole": exported(sealed.store, folder / "whole"),
        "part": exported(sealed.store, folder / "part", PART),
    }


@pytest.fixture
def unpacked(originals, tmp_path) -> Callable[[str], Path]:
    """A fresh copy of one of the exports, to be tampered with."""

    def copy(which: str) -> Path:
        return Path(shutil.copytree(originals[which], tmp_path / which))

    return copy


class TestWhatIsInIt:
    def test_the_entries_are_the_canonical_bytes_line_by_line(self, sealed, originals) -> None:
        lines = (originals["whole"] / "entries.jsonl").read_bytes().split(b"\n")
        assert lines.pop() == b""
        with sealed.store.reading() as session:
            rows = (
                session.connection()
                .exec_driver_sql("SELECT body, hash FROM ledger_entry ORDER BY sequence")
                .all()
            )
        assert lines == [body.encode() for body, _ in rows]
        assert [hashlib.sha256(line).hexdigest() for line in lines] == [digest for _, digest in rows]

    def test_a_part_holds_the_chosen_entries_and_of_the_others_only_hashes(self, originals) -> None:
        folder = originals["part"]
        entries = [json.loads(line) for line in (folder / "entries.jsonl").read_text().splitlines()]
        assert [e["sequence"] for e in entries] == list(PART)
        text = b"".join(f.read_bytes() for f in folder.rglob("*") if f.is_file() and f.parent.name != "seals")
        whole = (originals["whole"] / "entries.jsonl").read_bytes().splitlines()
        hidden = [line for line in whole if json.loads(line)["sequence"] not in PART]
        assert hidden
        keys = {
            json.loads(line)["changes"][0]["key"].encode() for line in hidden if json.loads(line)["changes"]
        }
        assert not [
            key for key in keys if key in text.replace(b"".join(whole), b"") and not _named(key, entries)
        ]

    def test_everything_is_listed_and_nothing_else_is_there(self, originals) -> None:
        for which, proofs in (("whole", set()), ("part", {"proofs.jsonl", "consistency.jsonl"})):
            folder = originals[which]
            files = {f.relative_to(folder).as_posix() for f in folder.rglob("*") if f.is_file()}
            listed = {line.split("  ")[1] for line in (folder / "SHA256SUMS").read_text().splitlines()}
            assert files == listed | {"SHA256SUMS"}
            assert {
                "README.txt",
                "verify_ledger.py",
                "ledger-format.md",
                "manifest.json",
                "entries.jsonl",
            } | proofs <= files
            assert len([f for f in files if f.startswith("seals/")]) == 6
            assert len([f for f in files if f.startswith("keys/")]) == 2
        assert (originals["whole"] / "ledger-format.md").read_bytes() == PAGE
        assert (originals["part"] / "verify_ledger.py").read_bytes() == Path(
            verify_ledger.__file__
        ).read_bytes()

    def test_the_same_ledger_gives_the_same_bytes(self, sealed, tmp_path, originals) -> None:
        again = exported(sealed.store, tmp_path / "again", PART)
        assert (again / "SHA256SUMS").read_bytes() == (originals["part"] / "SHA256SUMS").read_bytes()


def _named(key: bytes, entries: list[dict]) -> bool:
    """Whether a disclosed entry itself names this row, such as the batch its count belongs to."""
    return key.decode() in json.dumps(entries)


class TestWhatItProves:
    def test_a_whole_ledger(self, originals) -> None:
        told = check(originals["whole"])
        assert told.code == 0
        assert told.text == (
            "Proved: The 13 entries are one unbroken chain from the first.\n"
            "Proved: Entries 1 to 10 are exactly those that were sealed (3 seals).\n"
            "Not proved: anything about entries 11 to 13, which no such seal covers.\n"
            "Not proved: that nothing was recorded after entry 13.\n"
            "Not proved: who made this export, when, with which program and what was asked for: nobody signed manifest.json.\n"
            f"Not proved: that key {_first_key(originals['whole'])} is the site's first: compare it with the site's, "
            "or give --public-key.\n"
            "Nothing was found wrong.\n"
        )

    def test_a_part_of_it(self, originals) -> None:
        told = check(originals["part"], "--json")
        assert told.code == 0
        answer = json.loads(told.text)
        assert answer["ok"] is True
        assert answer["proved"][0].startswith(
            "4 of 5 entries belong, byte for byte and each in its place, to the 10 entries"
        )
        assert answer["not_proved"][0] == "anything about entries 12, which no seal covers"
        assert "what is left out cannot be seen" in answer["not_proved"][1]

    def test_a_key_and_a_seal_kept_elsewhere(self, sealed, originals, tmp_path) -> None:
        (tmp_path / "kept.pub").write_text(sealed.first_key.public.file)
        (tmp_path / "kept.seal").write_text(sealed.sheets[0].text)
        more = ("--public-key", str(tmp_path / "kept.pub"), "--seal", str(tmp_path / "kept.seal"))
        for which in ("whole", "part"):
            told = check(originals[which], *more)
            assert told.code == 0, told.text
            assert f"by your key {sealed.first_key.public.name} or a key it named" in told.text

    def test_a_ledger_without_any_seal_is_only_consistent_with_itself(self, sqlite_store, tmp_path) -> None:
        laboratory = Laboratory.open(sqlite_store)
        laboratory.count()
        told = check(exported(sqlite_store, tmp_path / "unsealed"))
        assert told.code == 0
        assert "Not proved: that this ledger is the one that was: it has no seal." in told.text
        part = check(exported(sqlite_store, tmp_path / "part", (2, 3)))
        assert part.code == 0
        assert "Not proved: anything about entries 2, 3, which no seal covers." in part.text

    def test_the_same_on_postgresql(self, postgresql_address, tmp_path) -> None:
        store = Store.open(postgresql_address, SITE)
        laboratory = Laboratory.open(store)
        laboratory.count()
        laboratory.seal()
        laboratory.count()
        assert check(exported(store, tmp_path / "whole")).code == 0
        assert check(exported(store, tmp_path / "part", (3, 5))).code == 0
        store.close()


def _first_key(folder: Path) -> str:
    text = (folder / "seals" / "SEAL-00001.seal").read_text()
    return SealStatement.read(text).key


# --- one byte changed, in each kind of file, with and without SHA256SUMS written anew

FILES = {
    "whole": [
        "README.txt",
        "ledger-format.md",
        "manifest.json",
        "entries.jsonl",
        "SHA256SUMS",
        "keys",
        "seals",
        "minisig",
    ],
    "part": [
        "manifest.json",
        "entries.jsonl",
        "proofs.jsonl",
        "consistency.jsonl",
        "keys",
        "seals",
        "minisig",
        "SHA256SUMS",
    ],
}
CASES = [(which, name) for which, names in FILES.items() for name in names]
UNSIGNED = {"README.txt", "ledger-format.md", "SHA256SUMS"}  # a forger may say there what he likes


def file_of(folder: Path, kind: str) -> Path:
    if kind == "keys":
        return min((folder / "keys").iterdir())
    if kind in ("seals", "minisig"):
        return folder / "seals" / ("SEAL-00002.seal" + (".minisig" if kind == "minisig" else ""))
    return folder / kind


@pytest.mark.parametrize(("which", "kind"), CASES)
def test_one_byte_changed_in_any_file_is_caught(unpacked, which, kind) -> None:
    folder = unpacked(which)
    file = file_of(folder, kind)
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    told = check_here(folder)
    assert told.code == 4, told.text
    assert "This export does not hold." in told.text


@pytest.mark.parametrize(("which", "kind"), [c for c in CASES if c[1] not in UNSIGNED])
def test_and_so_it_is_when_the_forger_writes_the_sums_anew(unpacked, which, kind) -> None:
    folder = unpacked(which)
    file = file_of(folder, kind)
    if kind == "manifest.json":
        changed = file.read_bytes().replace(b'"size":13', b'"size":12')
    elif kind == "entries.jsonl":
        changed = file.read_bytes().replace(b'"viability":"93.5"', b'"viability":"97.5"')
    else:
        lines = file.read_bytes().splitlines(keepends=True)
        # A signed line, not the untrusted comment; of a proof, a digit of its last hash.
        signed = bytearray(lines[1] if kind in ("keys", "minisig") else lines[-1])
        at = len(signed) // 2
        signed[at] = ord("a") if signed[at] != ord("a") else ord("b")
        lines[1 if kind in ("keys", "minisig") else -1] = bytes(signed)
        changed = b"".join(lines)
    assert changed != file.read_bytes()
    file.write_bytes(changed)
    sums_again(folder)
    assert check_here(folder).code == 4


def test_the_verifier_itself_changed_no_longer_fits_the_sums(unpacked) -> None:
    """It is no proof: whoever trusts nobody takes the verifier from elsewhere. It tells damage."""
    folder = unpacked("whole")
    file = folder / "verify_ledger.py"
    file.write_text(file.read_text().replace("This export does not hold.", "This export does not hole."))
    assert check(folder).code == 4


SHADOWED = (
    "__future__",
    "argparse",
    "gettext",
    "hashlib",
    "json",
    "locale",
    "pathlib",
    "re",
    "shutil",
    "typing",
)


@pytest.mark.parametrize("options", [[], ["-S"], ["-I"]])
def test_a_file_beside_the_verifier_is_not_run(unpacked, options) -> None:
    folder = unpacked("whole")
    for name in SHADOWED:
        (folder / f"{name}.py").write_text(
            "import sys; sys.stdout.write('Nothing was found wrong.\\n'); sys.exit(0)\n"
        )
    command = [sys.executable, *options, "verify_ledger.py"]
    told = subprocess.run(command, cwd=folder, env={"PYTHONPATH": "."} if not options else {}, capture_output=True, text=True)  # fmt: skip
    assert told.returncode == 4
    assert "Nothing was found wrong" not in told.stdout
    for name in SHADOWED:
        assert f"WRONG: {name}.py is none of this export's files" in told.stdout


def test_a_file_nobody_listed_is_named_and_what_the_reader_brought_is_not(unpacked, sealed) -> None:
    folder = unpacked("whole")
    (folder / "seal.pub").write_text(sealed.first_key.public.file)
    assert check_here(folder, "--public-key", str(folder / "seal.pub")).code == 0
    (folder / "keys" / "more").mkdir()
    (folder / "keys" / "more" / ".hidden").write_text("x")
    told = check_here(folder)
    assert told.code == 4
    assert "WRONG: keys/more/.hidden is none of this export's files" in told.text
    assert "WRONG: seal.pub is none of this export's files" in told.text


# --- forgeries of more than a byte


def test_an_entry_left_out_or_put_in_or_out_of_order_is_caught(unpacked) -> None:
    for number, change in enumerate(
        (lambda e: e[:4] + e[5:], lambda e: [*e, e[3]], lambda e: [e[1], e[0], *e[2:]], lambda e: e[:-1])
    ):
        folder = unpacked("whole")
        file = folder / "entries.jsonl"
        lines = file.read_bytes().splitlines(keepends=True)
        file.write_bytes(b"".join(change(lines)))
        sums_again(folder)
        assert check_here(folder).code == 4, number
        shutil.rmtree(folder)


def test_an_entry_of_a_part_with_another_ones_proof_is_caught(unpacked) -> None:
    folder = unpacked("part")
    file = folder / "proofs.jsonl"
    proofs = [json.loads(line) for line in file.read_text().splitlines()]
    proofs[0]["path"], proofs[1]["path"] = proofs[1]["path"], proofs[0]["path"]
    file.write_text("".join(json.dumps(p, sort_keys=True, separators=(",", ":")) + "\n" for p in proofs))
    sums_again(folder)
    told = check_here(folder)
    assert told.code == 4
    assert "entry 4 does not belong to the sealed ledger" in told.text


@pytest.mark.parametrize(
    "missing",
    ["proofs.jsonl", "consistency.jsonl", "entries.jsonl", "manifest.json", "keys/*", "seals/*.minisig"],
)
def test_a_missing_file_is_caught(unpacked, missing) -> None:
    folder = unpacked("part")
    for file in folder.glob(missing):
        file.unlink()
    sums_again(folder)
    assert check_here(folder).code == 4


def without_seals(folder: Path) -> None:
    """Every seal taken out, and of a part what leads to them; then an entry changed and the sums written anew."""
    for file in (folder / "seals").iterdir():
        file.unlink()
    for name in ("proofs.jsonl", "consistency.jsonl"):
        if (folder / name).exists():
            (folder / name).write_bytes(b"")
    lines = (folder / "entries.jsonl").read_bytes().splitlines()
    lines[-1] = canonical_text({**json.loads(lines[-1]), "reason": "forged"}).encode()
    (folder / "entries.jsonl").write_bytes(b"".join(line + b"\n" for line in lines))
    sums_again(folder)


def test_a_seal_the_reader_brings_is_never_passed_over(sealed, unpacked, tmp_path) -> None:
    """A forger took every seal out of a part: nothing leads from a genuine sheet to the entries that are left."""
    part = unpacked("part")
    without_seals(part)
    told = check_here(part)
    assert told.code == 0
    assert "it has no seal" in told.text
    sheet = tmp_path / "kept.seal"
    sheet.write_text(sealed.sheets[-1].text)
    told = check_here(part, "--seal", str(sheet))
    assert told.code == 4
    assert "kept.seal: a seal you brought leads to nothing here" in told.text


def test_a_whole_export_without_seals_is_proved_by_one_that_was_kept(sealed, unpacked, tmp_path) -> None:
    whole = unpacked("whole")
    for file in (whole / "seals").iterdir():
        file.unlink()
    sums_again(whole)
    sheet = tmp_path / "kept.seal"
    sheet.write_text(sealed.sheets[-1].text)
    told = check_here(whole, "--seal", str(sheet))
    assert told.code == 0, told.text
    size = sealed.sheets[-1].statement.size
    assert f"Entries 1 to {size} are exactly those that were sealed (1 seals)." in told.text
    assert "it has no seal" not in told.text


@pytest.mark.parametrize("which", ["whole", "part"])
def test_what_the_manifest_says_of_its_making_is_said_to_be_anybodys_word(unpacked, which) -> None:
    folder = unpacked(which)
    manifest = json.loads((folder / "manifest.json").read_text())
    forged = manifest | {"made": {"by": "somebody.else"}, "asked": {"batch": "B-00099"}}
    (folder / "manifest.json").write_text(f"{canonical_text(forged)}\n")
    sums_again(folder)
    told = check_here(folder)
    assert told.code == 0
    assert "Not proved: who made this export, when, with which program and what was asked for" in told.text


def test_a_ledger_written_anew_and_sealed_by_a_stranger_passes_only_until_the_sites_key_is_asked_for(
    sealed, unpacked, tmp_path
) -> None:
    """The forger's own key, seals and sums: everything fits. Only what the reader has from elsewhere tells."""
    folder = unpacked("whole")
    forge_whole(folder)
    told = check_here(folder)
    assert told.code == 0
    assert "Not proved: that key" in told.text
    (tmp_path / "kept.pub").write_text(sealed.first_key.public.file)
    told = check_here(folder, "--public-key", str(tmp_path / "kept.pub"))
    assert told.code == 4
    assert f"no seal here is by your key {sealed.first_key.public.name}" in told.text
    (tmp_path / "kept.seal").write_text(
        sealed.sheets[0].statement.text
    )  # typed from paper, without signature
    told = check_here(folder, "--seal", str(tmp_path / "kept.seal"))
    assert told.code == 4
    assert "kept.seal was made over other entries than these" in told.text


def forge_whole(folder: Path) -> None:
    """Change a viability, chain everything anew, throw the seals away, seal with a key of one's own."""
    lines, head, frontier = [], "0" * 64, Frontier()
    for line in (folder / "entries.jsonl").read_text().replace("93.5", "97.5").splitlines():
        said = json.loads(line) | {"previous": head}
        text = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        head = hashlib.sha256(text.encode()).hexdigest()
        frontier.add(leaf_hash(text.encode()))
        lines.append(text)
    (folder / "entries.jsonl").write_text("".join(f"{line}\n" for line in lines))
    for file in (*folder.glob("seals/*"), *folder.glob("keys/*")):
        file.unlink()
    key = SecretKey.make()
    at = "2026-11-02T08:30:00.000000Z"
    said = SealStatement(SITE, len(lines), head, frontier.root.hex(), at, key.public.name, "on_demand")
    signature = key.sign(said.text.encode(), trusted=said.trusted_comment, untrusted="u")
    (folder / "keys" / f"{key.public.name}.pub").write_text(key.public.file)
    (folder / "seals" / "SEAL-00001.seal").write_text(said.text)
    (folder / "seals" / "SEAL-00001.seal.minisig").write_text(signature.file)
    manifest = json.loads((folder / "manifest.json").read_text()) | {"head": head}
    (folder / "manifest.json").write_text(json.dumps(manifest, sort_keys=True, separators=(",", ":")) + "\n")
    sums_again(folder)


def test_a_cut_ledger_is_caught_by_a_later_seal_kept_elsewhere(sealed, sqlite_template, tmp_path) -> None:
    """An older export, or a tail that was cut: the seal on paper covers more than there is."""
    file = tmp_path / "short.db"
    shutil.copy(sqlite_template, file)
    short = Laboratory.open(Store.open(f"sqlite:///{file}", SITE))
    folder = exported(short.store, tmp_path / "short")
    (tmp_path / "kept.seal").write_text(sealed.sheets[-1].statement.text)
    told = check_here(folder, "--seal", str(tmp_path / "kept.seal"))
    assert told.code == 4
    assert "covers 10 entries and here are 4: cut off, or an older copy" in told.text


def test_a_key_nobody_named_and_a_seal_by_a_key_out_of_force_are_caught(sealed, unpacked) -> None:
    folder = unpacked("whole")
    said = SealStatement.read((folder / "seals" / "SEAL-00003.seal").read_text())
    old = sealed.first_key
    values = {f: getattr(said, f) for f in said.__slots__} | {"key": old.public.name}
    again = SealStatement(**values)
    signature: Signature = old.sign(again.text.encode(), trusted=again.trusted_comment, untrusted="u")
    (folder / "seals" / "SEAL-00003.seal").write_text(again.text)
    (folder / "seals" / "SEAL-00003.seal.minisig").write_text(signature.file)
    sums_again(folder)
    told = check_here(folder)
    assert told.code == 4
    assert f"is by key {old.public.name}, when key" in told.text


@pytest.mark.requirement("R05")
def test_minisign_itself_accepts_the_seals_of_an_export(originals) -> None:
    program = shutil.which("minisign")
    assert program, "the program minisign is missing: install the Debian package, `apt install minisign`"
    folder = originals["whole"]
    seals = sorted(folder.glob("seals/*.seal"))
    assert len(seals) > 1
    for seal in seals:
        key = SealStatement.read(seal.read_text()).key
        command = [program, "-V", "-p", f"keys/{key}.pub", "-m", f"seals/{seal.name}"]
        assert subprocess.run(command, cwd=folder, capture_output=True).returncode == 0
