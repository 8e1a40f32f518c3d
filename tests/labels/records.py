"""Random but possible records: patients, codes, doses, times, offsets and languages, for labels of every kind."""

import string
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from random import Random
from typing import Any

from inkt_mfg.views.label_content import LabelContent
from inkt_mfg.views.label_facts import DoseFacts, wording
from inkt_mfg.views.label_kinds import KINDS
from labels.numbers import judge
from labels.specimen import CONDITIONAL, specimen_content

SURNAMES, GIVEN = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗", "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英"
RARE = "𬱖𠅤㛃䶮𬭎𠮷㵑𣗋𬘓"  # drawn by the second face
LATIN = ("Anna Li", "José Núñez", "O'Brien", "Françoise")
ACCENTED = (
    "Zoë Åström",
    "Łukasz Ż.",
)  # capitals with accents are higher than a full small label has room for
FULL = frozenset({"cryovial", "collection_bag", "destroyed"})
OFFSETS = (0, 60, 330, 480, 540, -300)
PROFILES = (
    ("CN", ("zh",)),
    ("CN", ("en", "zh")),
    ("EU-IMP", ("en",)),
    ("EU-IMP", ("en", "zh")),
    ("US-IND", ("en",)),
    ("US-IND", ("en", "zh")),
)
AGENTS = (wording(en="hepatitis B", zh="乙型肝炎"), wording(en="HIV-1", zh="HIV-1"))


def digits(random: Random, count: int) -> str:
    return "".join(random.choices(string.digits, k=count))


def record(random: Random, kind: str = "") -> LabelContent:
    """One label of a random record; the same ``random``, the same label."""
    kind = kind or random.choice(list(KINDS))
    profile, languages = random.choice(PROFILES)
    containers = random.randint(1, 9)
    changed: dict[str, Any] = {
        "patient_name": _name(random, kind),
        "patient_id": random.choice(("YA", "P", "MR")) + digits(random, random.randint(5, 8)),
        "subject_number": f"S-{digits(random, 3)}",
        "chain_of_identity": "COI-" + "".join(random.choices(string.ascii_uppercase + string.digits, k=6)),
        "collection_code": f"C-{digits(random, 2)}-{digits(random, 4)}",
        "product_code": f"INKT-{digits(random, 2)}",
        "containers": containers,
        "container": random.randint(1, containers),
        "volume_ml": Decimal(random.randint(10, 9999)) / 10,
        "expires_at": _moment(random),
        "reactive": tuple(random.sample(AGENTS, k=random.choice((0, 0, 1)))),
        "serial": f"L-{digits(random, 6)}",
        "training": random.random() < 0.2,
    }
    of = KINDS[kind]
    if kind not in {"collection_bag", "collection_tube"}:
        changed |= {
            "batch": f"B-{digits(random, 2)}-{digits(random, 4)}-{random.randint(1, 9)}",
            "container_viable_cells": Decimal(random.randint(10**6, 10**10)),
            "viability_percent": Decimal(random.randint(500, 1000)) / 10,
            "inkt_percent": Decimal(random.randint(1, 1000)) / 10,
        }
    if issubclass(of.facts, DoseFacts):
        changed |= _dose(random)
        if of.stage == "R" and random.random() < 0.3:
            changed |= CONDITIONAL
    return specimen_content(kind, profile, languages, **changed)


def _name(random: Random, kind: str) -> str:
    if random.random() < 0.15:
        return random.choice(LATIN if kind in FULL else LATIN + ACCENTED)
    given = GIVEN + RARE if random.random() < 0.2 else GIVEN
    return random.choice(SURNAMES) + "".join(random.choices(given, k=random.randint(1, 2)))


def _moment(random: Random) -> datetime:
    offset = timezone(timedelta(minutes=random.choice(OFFSETS)))
    return datetime(2026, 1, 1, tzinfo=offset) + timedelta(minutes=random.randint(0, 2_000_000))


def _dose(random: Random) -> dict[str, Any]:
    """A dose anywhere around its window, often within a hair of a limit."""
    low, high = Decimal("5e8"), Decimal("1e9")
    near = random.choice((low, high))
    dose = random.choice(
        (
            Decimal(random.randint(10**8, 2 * 10**9)),
            near + Decimal(random.randint(-(10**4), 10**4)),
            near,
            Decimal(random.randint(10**9, 10**10)) / 7,
        )
    )
    other = dose * Decimal(random.randint(101, 150)) / 100
    return {
        "dose_viable_inkt_per_unit": dose,
        "dose_total_viable_per_unit": other,
        "dose_viable_inkt": dose * Decimal("1.73"),
        "dose_total_viable": other * Decimal("1.73"),
        "verdict": judge(dose, low, high),
    }
