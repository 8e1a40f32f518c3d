"""A text of unknown kind is read as the code it is, whatever the scanner put around it; what is none is refused."""

from datetime import date

import pytest

from inkt_mfg.codes.reading import as_json, read_text
from inkt_mfg.codes.sent import Sent, unwrap
from inkt_mfg.refusal import Refusal

TODAY = date(2026, 11, 19)
OURS = "IKT1.I.YA01.YA01-YA-005-L.B-00004.1-1.L-00001.A"


def parsed(text: str) -> dict[str, object]:
    return as_json(read_text(text, TODAY))


@pytest.mark.parametrize("around", ["{}", "]d1{}", " {}\r\n", "{}\x1e\x04", "]d2\x1d{}\x1d"])
def test_a_label_of_ours_is_read_whatever_the_scanner_puts_around_it(around):
    assert parsed(around.format(OURS)) == {
        "kind": "label",
        "fields": {
            "stands_on": "infusion",
            "training": True,
            "site": "YA01",
            "chain_of_identity": "YA01-YA-005-L",
            "batch": "B-00004",
            "container": 1,
            "containers": 1,
            "serial": "L-00001",
        },
    }


def test_a_collection_isbt_and_gs1_are_told_apart_by_how_they_begin():
    assert parsed("]C0IC1.C-26-0031.3") == {
        "kind": "collection",
        "fields": {"collection": "C-26-0031", "training": False, "check_character": "3"},
    }
    isbt = parsed("]C0=G12341765432100")
    assert (isbt["kind"], isbt["structure"]) == ("isbt128", "001")
    assert parsed("]C110AB") == {"kind": "gs1", "fields": {"lot": "AB"}}
    assert parsed("1727123110AB") == {"kind": "gs1", "fields": {"lot": "AB", "expires_on": "2027-12-31"}}


def test_a_compound_has_its_parts_and_all_their_fields_together():
    compound = parsed("=+02000=A99972112345600&>0183652359")
    assert [part["structure"] for part in compound["parts"]] == ["001", "005"]
    assert compound["fields"]["din"] == "A999721123456"
    assert compound["fields"]["expires_at"] == "2018-12-31T23:59"


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("", "scan.empty"),
        ("]d2\x1d", "scan.empty"),
        ("]E04006381333931", "scan.symbology"),
        ("hello", "code.unknown"),
        ("IK2.I.YA01", "code.unknown"),
        (OURS.replace("L-00001", "L-00002"), "label.code"),
        ("=O12341765432100", "isbt.character"),
        ("0109501101530004", "gs1.check"),
        ("]d2hello", "gs1.identifier"),
    ],
)
def test_what_is_no_code_read_here_is_refused(text, rule):
    with pytest.raises(Refusal) as no:
        read_text(text, TODAY)
    assert no.value.rule == rule


def test_an_aim_prefix_is_taken_off_and_remembered():
    assert unwrap("]d2\x1d10AB\x1d21C\x1d\r\n") == Sent("10AB\x1d21C", "d2")
    assert unwrap("]d210AB").says_gs1
    assert not unwrap("]d110AB").says_gs1
