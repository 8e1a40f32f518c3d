"""A label of every kind with the values of nobody: for the approval of a template, the contact sheet, and the tests.

Anyone may ask. Its serial is ``SPECIMEN``, printed as a banner and coded in its symbol, so that no scan of it is ever
taken for a label that was issued.
"""

from dataclasses import fields
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

from inkt_mfg.codes.isbt128 import Compound, Donation, Expiry, Product
from inkt_mfg.views.label_content import SPECIMEN, LabelContent, content_of
from inkt_mfg.views.label_facts import CollectionFacts, PendingResult, wording
from inkt_mfg.views.label_kinds import KINDS

_BEIJING = timezone(timedelta(hours=8))
_EXPIRES = datetime(2026, 12, 1, 9, 30, tzinfo=_BEIJING)
_VALUES: dict[str, Any] = {
    "patient_name": "王小明",
    "patient_id": "YA20260417",
    "subject_number": "S-031",
    "date_of_birth": date(1968, 3, 9),
    "product_name": wording(en="Autologous iNKT cells", zh="自体 iNKT 细胞"),
    "product_code": "INKT-01",
    "batch": "B-26-0031-1",
    "container": 1,
    "containers": 2,
    "chain_of_identity": "COI-7K3Q9M",
    "collection_code": "C-26-0031",
    "site_code": "YOUAN",
    "trial": "NCT00000000",
    "sponsor": wording(en="Beijing YouAn Hospital", zh="首都医科大学附属北京佑安医院"),
    "investigator": wording(en="Dr Li Hua", zh="李华 医师"),
    "contact": "+86 10 0000 0000",
    "collection_facility": wording(en="Apheresis unit, YouAn", zh="佑安医院采集室"),
    "collected_at": datetime(2026, 11, 17, 8, 10, tzinfo=_BEIJING),
    "processing_facility": wording(en="Cell Processing Centre", zh="细胞制备中心"),
    "processing_address": "北京市丰台区西头条8号 100069",
    "volume_ml": Decimal("100.0"),
    "give_ml": None,
    "container_viable_cells": Decimal("1.742e9"),
    "viability_percent": Decimal("94.3"),
    "inkt_percent": Decimal("85.2"),
    "dose_basis": "viable_inkt",
    "dose_viable_inkt": Decimal("1.484184e9"),
    "dose_total_viable": Decimal("1.742e9"),
    "dose_viable_inkt_per_unit": Decimal("852172043.7"),
    "dose_total_viable_per_unit": Decimal("1000201000.3"),
    "dose_unit": "m^2",
    "dose_low": Decimal("5e8"),
    "dose_high": Decimal("1e9"),
    "verdict": "within",
    "anticoagulant": wording(en="none", zh="无"),
    "additives": wording(en="0.9 % NaCl, 2 % human albumin", zh="0.9 % 氯化钠，2 % 人血白蛋白"),
    "antibiotics": wording(en="none", zh="无"),
    "storage_low_c": Decimal(15),
    "storage_high_c": Decimal(25),
    "expires_at": _EXPIRES,
    "shipped_abroad": False,
    "route": wording(en="Intravenous infusion", zh="静脉输注"),
    "directions": wording(en="Mix gently. Infuse over 60 min.", zh="轻轻混匀，60 分钟内输完。"),
    "release_status": "released",
    "pending": (),
    "exceptional_statement": "",
    "certificate": "COA-26-0031-1",
    "released_by": "Zhao Min",
    "released_at": datetime(2026, 12, 1, 5, 2, tzinfo=_BEIJING),
    "screening_complete": True,
    "testing_complete": True,
    "risk_factor": False,
    "reactive": (wording(en="hepatitis B", zh="乙型肝炎"),),
    "illustrative": True,
    "purpose": wording(en="Expansion, day 7", zh="扩增，第 7 天"),
    "filled_at": datetime(2026, 11, 24, 10, 5, tzinfo=_BEIJING),
    "destroyed_why": wording(en="Sterility failed", zh="无菌检查不合格"),
    "destroyed_at": datetime(2026, 12, 2, 11, 40, tzinfo=_BEIJING),
    "destroyed_by": "Chen Jie",
    "witnessed_by": "Zhao Min",
    "consignee": wording(en="Ward 5, Dr Li Hua", zh="五病区，李华 医师"),
    "consignee_address": "北京市丰台区西头条8号 100069",
}
_OF_KIND: dict[str, dict[str, Any]] = {
    "collection_bag": {
        "anticoagulant": wording(en="ACD-A 12 mL", zh="ACD-A 12 mL"),
        "additives": wording(en="none", zh="无"),
        "expires_at": datetime(2026, 11, 18, 8, 10, tzinfo=_BEIJING),
    },
    "collection_tube": {
        "volume_ml": Decimal("9.0"),
        "expires_at": datetime(2026, 11, 18, 8, 10, tzinfo=_BEIJING),
    },
    "cryovial": {
        "purpose": wording(en="Retain", zh="留样"),
        "volume_ml": Decimal("1.0"),
        "storage_low_c": None,
        "storage_high_c": Decimal(-150),
        "expires_at": datetime(2031, 12, 1, 0, 0, tzinfo=_BEIJING),
    },
    "sample": {"purpose": wording(en="Sterility", zh="无菌"), "volume_ml": Decimal("5.0")},
    "sub_batch": {"purpose": wording(en="Part 1, to bag 1", zh="第 1 份，装袋 1")},
    "partial": {"volume_ml": Decimal("20.0")},
    "tag": {"volume_ml": Decimal("20.0")},
}
CONDITIONAL: dict[str, Any] = {
    "release_status": "conditional",
    "pending": (PendingResult(wording(en="Sterility (14 days)", zh="无菌（14 天）"), date(2026, 12, 15)),),
}
EXCEPTIONAL: dict[str, Any] = {
    "release_status": "exceptional",
    "verdict": "below",
    "dose_viable_inkt": Decimal("8.2e8"),
    "dose_viable_inkt_per_unit": Decimal("470827000.2"),
    "exceptional_statement": wording(
        en="Below the dose window. Supplied at the physician's request.",
        zh="低于剂量范围，应医师要求提供。",
    ),
}
# What a site registered for ISBT 128 prints besides, under a test facility's number.
ISBT: dict[str, Any] = {
    "collection_code": "A999926000031",
    "isbt": str(
        Compound(
            (
                Donation("A9999", "26", "000031"),
                Product("D0001", "X", "A0"),
                Expiry(_EXPIRES.replace(tzinfo=None)),
            )
        )
    ),
}


def specimen_facts(kind: str, **changed: Any) -> CollectionFacts:
    """The facts of nobody for this kind of label, some of them changed."""
    of = KINDS[kind].facts
    values = {**_VALUES, **_OF_KIND.get(kind, {}), **changed}
    return of(**{field.name: values[field.name] for field in fields(of)})


def specimen_content(
    kind: str, profile: str, languages: tuple[str, ...], *, template: str = "", **changed: Any
) -> LabelContent:
    """A specimen label's content, ready to be produced; keywords change facts or, by their names, the label."""
    label: dict[str, Any] = {"serial": SPECIMEN, "training": False}
    for key in ("serial", "training", "copy", "copies", "reprint", "template_version", "isbt"):
        if key in changed:
            label[key] = changed.pop(key)
    facts = specimen_facts(kind, **changed)
    return content_of(kind, facts, profile=profile, languages=languages, template=template, **label)
