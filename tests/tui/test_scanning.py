"""What scanners send is read as the code it is; what is no code of ours, or of another kind, is refused."""

import pytest

from inkt_mfg.refusal import Refusal
from tui.scanning import GROUP, RECORD, ScanKind, read_scan

LABEL = "IKT1.I.YA01.YA01-YA-005-L.B-00004.1-1.L-00001.A"


@pytest.mark.parametrize(
    "sent", [LABEL, f"]d1{LABEL}", f"]d2{GROUP}{LABEL}", f"{LABEL}{RECORD}", f" {LABEL}{GROUP} "]
)
def test_prefixes_and_endings_are_taken_off(sent):
    assert read_scan(sent, ScanKind.LABEL, "scanned_label") == LABEL


def test_a_code_128_of_the_patient_is_read():
    assert read_scan("]C0YA01-YA-005-L", ScanKind.IDENTITY, "scanned_identity") == "YA01-YA-005-L"


@pytest.mark.parametrize(
    ("sent", "kind", "rule"),
    [
        ("]E04006381333931", ScanKind.LOT, "scan.symbology"),
        (LABEL, ScanKind.IDENTITY, "scan.kind"),
        (LABEL, ScanKind.PATIENT, "scan.kind"),
        ("ICT1.YA261105005.2", ScanKind.LABEL, "label.code"),
        ("YA01-YA-005-L", ScanKind.LABEL, "label.code"),
        (LABEL.replace("L-00001", "L-00002"), ScanKind.LABEL, "label.code"),
    ],
)
def test_another_kind_of_code_is_refused_with_what_was_wanted(sent, kind, rule):
    with pytest.raises(Refusal) as refused:
        read_scan(sent, kind, "field")
    assert refused.value.rule == rule
    assert refused.value.first.field == "field"
