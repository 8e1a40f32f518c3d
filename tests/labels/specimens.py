"""The illustrative patient, batch and label every label test starts from."""

import dataclasses
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

from inkt_mfg.views.label_content import LabelContent, infusion_content
from inkt_mfg.views.label_facts import InfusionFacts, PendingResult, wording

BEIJING = timezone(timedelta(hours=8))

FACTS = InfusionFacts(
    patient_name="王小明",
    patient_id="YA20260417",
    subject_number="S-031",
    date_of_birth=date(1968, 3, 9),
    product_name=wording(en="Autologous iNKT cells", zh="自体 iNKT 细胞"),
    product_code="INKT-01",
    batch="B-26-0031-1",
    container=1,
    containers=1,
    chain_of_identity="COI-7K3Q9M",
    collection_code="C-26-0031",
    site_code="YOUAN",
    trial="NCT04011033",
    sponsor=wording(en="Beijing YouAn Hospital", zh="首都医科大学附属北京佑安医院"),
    investigator=wording(en="Dr Li Hua", zh="李华 医师"),
    contact="+86 10 0000 0000",
    collection_facility=wording(en="Apheresis unit, YouAn", zh="佑安医院采集室"),
    collected_at=datetime(2026, 11, 17, 8, 10, tzinfo=BEIJING),
    processing_facility=wording(en="Cell Processing Centre", zh="细胞制备中心"),
    processing_address="北京市丰台区西头条8号 100069",
    volume_ml=Decimal("100.0"),
    give_ml=None,
    container_viable_cells=Decimal("1.742e9"),
    viability_percent=Decimal("94.3"),
    inkt_percent=Decimal("85.2"),
    dose_basis="viable_inkt",
    dose_viable_inkt=Decimal("1.484184e9"),
    dose_total_viable=Decimal("1.742e9"),
    dose_viable_inkt_per_unit=Decimal("852172043.7"),
    dose_total_viable_per_unit=Decimal("1000201000.3"),
    dose_unit="m^2",
    dose_low=Decimal("5e8"),
    dose_high=Decimal("1e9"),
    verdict="within",
    anticoagulant=wording(en="none", zh="无"),
    additives=wording(en="0.9 % NaCl, 2 % human albumin", zh="0.9 % 氯化钠，2 % 人血白蛋白"),
    antibiotics=wording(en="none", zh="无"),
    storage_low_c=Decimal(15),
    storage_high_c=Decimal(25),
    expires_at=datetime(2026, 12, 1, 9, 30, tzinfo=BEIJING),
    shipped_abroad=False,
    route=wording(en="Intravenous infusion", zh="静脉输注"),
    directions=wording(en="Mix gently. Infuse over 60 min.", zh="轻轻混匀，60 分钟内输完。"),
    release_status="conditional",
    pending=(PendingResult(wording(en="Sterility (14 days)", zh="无菌（14 天）"), date(2026, 12, 15)),),
    exceptional_statement="",
    certificate="COA-26-0031-1",
    released_by="Zhao Min",
    released_at=datetime(2026, 12, 1, 5, 2, tzinfo=BEIJING),
    screening_complete=True,
    testing_complete=True,
    risk_factor=False,
    reactive=(wording(en="hepatitis B", zh="乙型肝炎"),),
    illustrative=True,
)


def facts(**changed: Any) -> InfusionFacts:
    """The specimen's facts with some of them changed."""
    return dataclasses.replace(FACTS, **changed)


def content(**changed: Any) -> LabelContent:
    """The specimen's label; keywords of ``infusion_content`` set the label, all others change a fact."""
    label: dict[str, Any] = {
        "profile": "CN",
        "languages": ("en", "zh"),
        "serial": "L-000123",
        "training": False,
    }
    for key in ("profile", "languages", "serial", "training", "copy", "copies", "reprint"):
        if key in changed:
            label[key] = changed.pop(key)
    return infusion_content(facts(**changed), **label)


UTC_EXPIRY = datetime(2026, 12, 1, 1, 30, tzinfo=UTC)
