"""``inkt label parse`` and ``inkt isbt``: codes checked as text, anywhere, with the place and the reason of what is wrong."""

import subprocess
import sys
from pathlib import Path

import pytest

BOX = "(01)09501101530003(17)271231(10)AB-123"


@pytest.mark.requirement("R50")
@pytest.mark.parametrize(
    ("number", "check"),
    [("G123417654321", "A"), ("A999921123456", "3"), ("A999818123456", "N"), ("G123417654321A", "A")],
)
def test_the_check_character_of_a_donation_number(shell, number, check):
    ended = shell("isbt", "check-character", number)
    assert (ended.code, ended.out) == (0, f"{check}\n")
    assert shell.json("isbt", "check-character", number).document == {
        "din": number[:13],
        "check_character": check,
    }


@pytest.mark.parametrize(
    ("number", "rule", "says"),
    [
        ("G123417654321B", "isbt.check", "character 14, the check character, is 'B'"),
        ("O123417654321", "isbt.character", "character 1 (facility) is 'O'"),
        ("G12341765432", "isbt.length", "12 characters"),
    ],
)
def test_a_number_that_is_none_is_refused(shell, number, rule, says):
    refusal = shell.json("isbt", "check-character", number).refused
    assert (refusal["rule"], refusal["typed"]) == (rule, number)
    assert says in refusal["what"]


def test_a_structure_is_taken_apart(shell):
    document = shell.json("isbt", "parse", "=A99972112345600").document
    assert document["structure"] == "001"
    assert document["fields"]["din"] == "A999721123456"
    assert document["fields"]["test_facility"] is True
    assert shell.json("isbt", "parse", "]C0&>0183652359").document == {
        "structure": "005",
        "fields": {"expires_at": "2018-12-31T23:59"},
    }


def test_a_compound_has_parts(shell):
    document = shell.json("isbt", "parse", "=+03000=G12341765432100=<D1234X00&*0170901215").document
    assert document.keys() == {"structure", "parts"}
    assert document["structure"] == "023"
    assert [part["structure"] for part in document["parts"]] == ["001", "003", "007"]
    assert document["parts"][2]["fields"] == {"collected_at": "2017-03-31T12:15"}


def test_people_read_the_fields_line_by_line(shell):
    ended = shell("isbt", "parse", "=<D1234X00")
    assert ended.code == 0
    assert "003  product_code: D1234\n" in ended.out
    assert shell("label", "parse", BOX).out.splitlines() == [
        "gs1", "gtin: 09501101530003", "lot: AB-123", "expires_on: 2027-12-31",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("=O12341765432100", "isbt.character"),
        ("&>0233662359", "isbt.day"),
        ("&>0183652400", "isbt.time"),
        ("=+02000=G12341765432100", "isbt.count"),
        ("=%5100", "isbt.structure"),
        ("=G12341765432100B", "isbt.check"),
        ("IKT1.I.YA01.YA01-YA-005-L.B-00004.1-1.L-00001.A", "isbt.structure"),
        ("", "scan.empty"),
    ],
)
def test_what_is_none_of_the_five_is_refused(shell, text, rule):
    assert shell.json("isbt", "parse", text).refused["rule"] == rule


# --- label parse


@pytest.mark.requirement("R41")
def test_a_label_of_ours_gives_its_kind_and_fields(shell):
    document = shell.json("label", "parse", "]d1IKT1.I.YA01.YA01-YA-005-L.B-00004.1-1.L-00001.A\x04").document
    assert document["kind"] == "label"
    assert document["fields"]["chain_of_identity"] == "YA01-YA-005-L"
    assert document["fields"]["training"] is True


@pytest.mark.requirement("R41")
def test_one_wrong_character_of_a_label_is_refused(shell):
    refusal = shell.json("label", "parse", "IKT1.I.YA01.YA01-YA-006-L.B-00004.1-1.L-00001.A").refused
    assert refusal["rule"] == "label.code"
    assert "a character was misread or mistyped" in refusal["expected"]
    refusal = shell.json("label", "parse", "IC1.C_26.3").refused
    assert "character 6 is '_'" in refusal["what"]


def test_a_reagents_box_gives_lot_and_expiry(shell):
    assert shell.json("label", "parse", "]d20109501101530003\x1d17270200\x1d10AB").document == {
        "kind": "gs1",
        "fields": {"gtin": "09501101530003", "lot": "AB", "expires_on": "2027-02-28"},
    }


@pytest.mark.parametrize(
    ("text", "rule", "says"),
    [
        ("0109501101530004", "gs1.check", "character 16, the check digit, is 4"),
        ("]C111261231", "gs1.identifier", "(11) PROD DATE"),
        ("(17)261331", "gs1.date", "261331"),
        ("=O12341765432100", "isbt.character", "character 2 (facility) is 'O'"),
        ("hello", "code.unknown", "begins with 'hell'"),
    ],
)
def test_a_refusal_names_the_character_and_why(shell, text, rule, says):
    refusal = shell.json("label", "parse", text).refused
    assert (refusal["rule"], refusal["typed"]) == (rule, text.removeprefix("]C1")), (
        "as its places are counted"
    )
    assert says in refusal["what"]
    assert refusal["expected"]


def test_reading_a_code_loads_nothing_heavy():
    program = (
        "import sys\nfrom inkt_mfg.cli.main import run\n"
        "try: run(['isbt', 'parse', '=G12341765432100'])\n"
        "finally: print(*sorted(m for m in sys.modules if '.' not in m), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        text=True,
        capture_output=True,
        check=True,
        cwd=Path(__file__).resolve().parents[2],
    )
    heavy = {"sqlmodel", "sqlalchemy", "rich", "textual", "pandas", "reportlab", "pint", "zxingcpp"}
    assert heavy.isdisjoint(done.stderr.split())
