"""A small laboratory for the tests of the lower floors: one site, one person, and the rows a batch needs."""

from datetime import UTC, date, datetime
from decimal import Decimal

from inkt_mfg.ledger.intent import Actor, Intent
from inkt_mfg.records.batch import Batch
from inkt_mfg.records.collection import Collection
from inkt_mfg.records.count import CellCount
from inkt_mfg.records.people import User
from inkt_mfg.records.site import ProtocolVersion, Site
from inkt_mfg.records.step import MaterialLot, Step
from inkt_mfg.records.subject import Subject
from inkt_mfg.records.words import CountMethod, Sex
from inkt_mfg.store.unit_of_work import Store, Work

SITE = "YAH"
STEP = "5" * 32  # the harvest of the one batch here
NOW = datetime(2026, 11, 2, 8, 30, tzinfo=UTC)
LI = Actor(key="a" * 32, user_name="li.wei", full_name="Li Wei", role="technician")


def intent(command: str = "record_count", *, reason: str | None = None, at: datetime = NOW) -> Intent:
    return Intent(SITE, command, LI, "BENCH-1", at, reason=reason, about={"batch": "B-00001"})


def site_row() -> Site:
    return Site(
        site=SITE,
        code=SITE,
        name="YouAn",
        address="Beijing",
        time_zone="Asia/Shanghai",
        training=True,
        settings="{}",
    )


def person(key: str = LI.key, name: str = LI.user_name) -> User:
    return User(
        key=key,
        site=SITE,
        user_name=name,
        full_name="Li Wei",
        password_hash="argon2",
        identity_checked="passport",
    )


def make_site(store: Store) -> None:
    """The site and its first person, in one command each."""
    with store.work(intent("create_site")) as work:
        work.add(site_row())
    with store.work(intent("add_user")) as work:
        work.add(person())


def lot(code: str = "L-17", **more: object) -> MaterialLot:
    return MaterialLot(site=SITE, code=code, material="IL-2", expires_on=date(2027, 1, 1), **more)


def make_batch(store: Store) -> Batch:
    """A subject, a collection and a batch, in one command."""
    with store.work(intent("plan_batch")) as work:
        batch = _batch(work)
        work.add(
            Step(
                key=STEP,
                site=SITE,
                code="T-00001",
                batch=batch.key,
                plan_code="harvest",
                performed_at=NOW,
                performed_by=LI.key,
                recorded_at=NOW,
            )
        )
        return batch


def _batch(work: Work) -> Batch:
    protocol = work.add(
        ProtocolVersion(site=SITE, code="p@1", protocol_id="p", version="1", sha256="0" * 64, text="[trial]")
    )
    subject = work.add(
        Subject(
            site=SITE,
            code="S-001",
            protocol=protocol.key,
            patient_name="王小明",
            patient_id="P-1",
            birth_date=date(1960, 2, 29),
            sex=Sex.MALE,
            arm="inkt",
            consent_signed_on=date(2026, 10, 1),
            chain_of_identity="COI-1",
            enrolled_at=NOW,
        )
    )
    collection = work.add(
        Collection(site=SITE, code="C-00001", subject=subject.key, donation_id="D-1", anticoagulant="ACD-A")
    )
    return work.add(
        Batch(
            site=SITE,
            code="B-00001",
            subject=subject.key,
            collection=collection.key,
            protocol=protocol.key,
            product="iNKT",
            infusion_number=1,
            planned_at=NOW,
        )
    )


def cell_count(batch: Batch, number: int = 1, viability: str = "92.50") -> CellCount:
    return CellCount(
        site=SITE,
        code=f"N-{number:05d}",
        batch=batch.key,
        point="harvest",
        step=STEP,
        performed_at=NOW,
        performed_by=LI.key,
        recorded_at=NOW,
        method=CountMethod.INSTRUMENT,
        volume=Decimal(100),
        volume_typed="100 mL",
        total_concentration=Decimal("1.9E+6"),
        viability=Decimal(viability),
        viable_cell_density=Decimal(1757500),
        total_viable_cells=Decimal(175750000),
    )
