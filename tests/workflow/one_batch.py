"""One patient's batch from vein to vein, each stage one function that runs the real commands, and the site it happens at.

``conftest`` builds the stages once and copies the file; tests go on from the stage they are about. Codes are the same
in every copy, so tests name them: ``BATCH``, ``BAG``, ``COLLECTION``, ``SUBJECT``, ``LABEL``.
"""

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from inkt_mfg import protocol
from inkt_mfg.demo.lab import LOTS
from inkt_mfg.demo.people import ADMINISTRATOR, PASSWORD, hire
from inkt_mfg.demo.templates import approve_templates
from inkt_mfg.demo.trial import eligible_answers
from inkt_mfg.ledger.entry import LedgerEntry
from inkt_mfg.records.words import Role
from inkt_mfg.refusal import Blocker, Refusal
from inkt_mfg.store.clock import SimulatedClock
from inkt_mfg.store.unit_of_work import Store, find
from inkt_mfg.store.verification import verify
from inkt_mfg.views.case import Case
from inkt_mfg.views.labels import label_content
from inkt_mfg.workflow import (
    collections,
    counting,
    culture,
    custody,
    formulation,
    label_reprinting,
    labelling,
    lots,
    protocols,
    release,
    subjects,
    testing,
)
from inkt_mfg.workflow.bench import Bench, Receipt, log_in
from inkt_mfg.workflow.command import Command, Guard
from inkt_mfg.workflow.counting import TypedGate, TypedReplicate
from inkt_mfg.workflow.signing import Credentials
from inkt_mfg.workflow.site import NewSite, create_site
from inkt_mfg.workflow.subjects import chain_of_identity

CODE = "YA01"
LOCAL = ZoneInfo("Asia/Shanghai")
FIRST_TAE = date(2026, 4, 1)
SEED_DAY, INFUSION_DAY = date(2026, 3, 25), date(2026, 4, 8)
PROTOCOL = "nct04011033@1.0-demo"
SUBJECT, CONTROL, COLLECTION, BATCH, BAG = "YA-001", "YA-060", "C-00001", "B-00001", "B-00001-1"
LABEL, BODY, ORDER = "L-00001", "M-00001", "O-00001"
PATIENT_ID = "H1000123"
IDENTITY = chain_of_identity(CODE, SUBJECT)
HEIGHT, WEIGHT = "168 cm", "65 kg"

LI, WANG, CHEN, ZHAO = "li.tech", "wang.tech", "chen.qa", "zhao.qa"
LIU, SUN, ADMIN = "liu.pharm", "sun.md", ADMINISTRATOR.user_name
WHO = {
    Role.TECHNICIAN: LI,
    Role.QA_OFFICER: ZHAO,
    Role.PHARMACIST: LIU,
    Role.PHYSICIAN: SUN,
    Role.ADMINISTRATOR: ADMIN,
}
# What the laboratory reports on the day of harvest, all of it passing.
RESULTS = {
    "sterility_in_process": "negative to date (day 3)",
    "viability": "91.2 %",
    "inkt_purity": "70.1 %",
    "gram_stain": "negative",
    "endotoxin": "<0.05 EU/mL",
    "mycoplasma": "negative",
    "cd3_positive": "84.0 %",
}


@dataclass
class Site:
    """The site as its people meet it: who runs what, what is refused, and what the ledger holds afterwards."""

    store: Store
    clock: SimulatedClock
    benches: dict[str, Bench] = field(default_factory=dict)

    # --- people at benches

    def bench(self, who: str) -> Bench:
        if who not in self.benches:
            self.benches[who] = log_in(self.store, Credentials(who, PASSWORD), "bench-1")
        return self.benches[who]

    def run(self, who: str, command: Command, on: str | None = None, **typed: object) -> Receipt:
        """The command by this person, signed with their own password where it is signed."""
        if command.signs is not None:
            typed.setdefault("sign_with", Credentials(who, PASSWORD))
        return self.bench(who).run(command, on, **typed)

    def refused(self, who: str, command: Command, on: str | None = None, **typed: object) -> Refusal:
        """As ``run``, but it is refused and nothing at all is recorded."""
        self.bench(who)
        before = self.entries()
        with pytest.raises(Refusal) as caught:
            self.run(who, command, on, **typed)
        assert self.entries() == before
        return caught.value

    def refused_and_recorded(
        self, who: str, command: Command, on: str | None = None, **typed: object
    ) -> Refusal:
        """As ``refused``, but that it was tried is one entry in the ledger."""
        self.bench(who)
        before = self.entries()
        with pytest.raises(Refusal) as caught:
            self.run(who, command, on, **typed)
        assert self.entries() == before + 1
        return caught.value

    def blocker(self, who: str, command: Command, on: str, rule: str) -> Blocker | None:
        """Why the button is grey: the blocker of this rule, if it is one of the reasons."""
        found = [b for b in self.bench(who).blockers(command, on) if b.rule == rule]
        return found[0] if found else None

    def stopped_by(self, guard: Guard, who: str, command: Command, on: str) -> Blocker:
        """The guard's own reason, which is one of those the person is shown."""
        assert guard in command.guards
        with self.case(command.on, on, who) as case:
            blocker = guard(case)
        assert blocker is not None
        assert blocker.resolve_by.english
        assert blocker in self.bench(who).blockers(command, on)
        return blocker

    def not_stopped_by(self, guard: Guard, who: str, command: Command, on: str) -> bool:
        with self.case(command.on, on, who) as case:
            return guard(case) is None

    # --- the clock

    def now(self) -> str:
        return self.clock.at.astimezone(LOCAL).strftime("%Y-%m-%d %H:%M")

    def today(self) -> str:
        return self.clock.at.astimezone(LOCAL).date().isoformat()

    def move_to(self, day: date, hour: int, minute: int = 0) -> None:
        at = datetime(day.year, day.month, day.day, hour, minute, tzinfo=LOCAL).astimezone(UTC)
        self.clock.move_to(max(at, self.clock.at))

    def later(self, **step: float) -> None:
        self.clock.move_to(self.clock.at + timedelta(**step))

    # --- what is on record

    def entries(self) -> int:
        with self.store.reading() as session:
            return session.scalar(sa.select(sa.func.count()).select_from(LedgerEntry))

    @contextmanager
    def case(self, table: type, code: str, who: str = ZHAO) -> Iterator[Case]:
        actor = self.bench(who).person.key
        with self.store.reading() as session:
            yield Case(session, find(session, CODE, table, code), self.clock.at, actor)

    def row(self, table: type, code: str):
        with self.store.reading() as session:
            return find(session, CODE, table, code)

    def behind(self, statement: str) -> None:
        """Somebody edits the database with its own shell."""
        engine = sa.create_engine(self.store.engine.url)
        if engine.dialect.name == "postgresql":
            statement = statement.replace("%", "%%")  # the driver reads a lone one as a blank to fill
        with engine.begin() as connection:
            assert connection.exec_driver_sql(statement).rowcount > 0
        engine.dispose()

    def ledger_is_whole(self) -> bool:
        return not verify(self.store).findings


# --- the stages


def found(site: Site) -> None:
    """People hired, the protocol approved by two, the lots released."""
    create_site(
        site.store,
        NewSite(CODE, "YouAn Cell Works", "1 Example Road", "Asia/Shanghai", True),
        [ADMINISTRATOR],
        "office",
    )
    site.benches.update(hire(site.store).benches)
    approve_templates(partial(site.run, CHEN))
    text = protocol.load("nct04011033").text
    site.run(CHEN, protocols.register_protocol, text=text, file_name="nct04011033.toml")
    site.run(CHEN, protocols.approve_protocol, PROTOCOL)
    site.run(SUN, protocols.approve_protocol, PROTOCOL)
    for material, lot in LOTS.items():
        site.run(LI, lots.register_lot, material=material, lot_number=lot, expires_on="2026-12-31")
        site.run(CHEN, lots.release_lot, lot)


def enrolment(
    number: str = SUBJECT, arm: str = "inkt", patient_id: str = PATIENT_ID, **other: object
) -> dict:
    """Everything the enrolment form holds for an eligible patient."""
    return {
        "protocol": PROTOCOL,
        "subject_number": number,
        "patient_name": "王小明",
        "patient_id": patient_id,
        "birth_date": "1969-05-04",
        "sex": "male",
        "arm": arm,
        "consent_signed_on": "2026-03-18",
        "answers": eligible_answers(),
    } | other


def enrol(site: Site) -> None:
    """One subject of the iNKT arm and one control."""
    site.move_to(date(2026, 3, 20), 9)
    site.run(SUN, subjects.enrol_subject, **enrolment())
    site.run(SUN, subjects.enrol_subject, **enrolment(CONTROL, "control", "H2000456"))
    for subject in (SUBJECT, CONTROL):
        site.run(SUN, subjects.record_first_tae, subject, day=FIRST_TAE.isoformat())


def order(site: Site, infusion: int = 1) -> Receipt:
    days = (7, 21, 35, 49, 63, 77)
    day = FIRST_TAE + timedelta(days=days[infusion - 1])
    return site.run(SUN, subjects.order_dose, SUBJECT, infusion_number=infusion, planned_on=day.isoformat())


def announce(site: Site, donation: str = "YA260325001") -> str:
    return site.run(LI, collections.announce, SUBJECT, donation_id=donation, anticoagulant="ACD-A").code


def arrival(site: Site, **other: object) -> dict:
    """What is typed when the blood arrives."""
    return {
        "scanned_identity": IDENTITY,
        "scanned_patient_id": PATIENT_ID,
        "collected_at": site.now(),
        "received_at": site.now(),
        "volume": "100 mL",
        "temperature": "20.5 °C",
        "container_intact": "yes",
    } | other


def announced(site: Site) -> None:
    site.move_to(SEED_DAY, 7, 30)
    order(site)
    announce(site)


def received_collection(site: Site) -> None:
    site.run(LI, collections.receive, COLLECTION, **arrival(site))


HEALTHY = {"screening_complete": "yes", "testing_complete": "yes", "risk_factor": "no"}


def accept(site: Site) -> None:
    site.run(CHEN, collections.accept, COLLECTION, **HEALTHY)


def plan(site: Site) -> None:
    site.run(LI, culture.plan_batch, COLLECTION, infusion_number=1)


def lots_of(*materials: str) -> dict[str, str]:
    return {m: LOTS[m] for m in materials}


def typed_count(
    site: Site,
    point: str,
    total: str,
    volume: str,
    inkt: str | None = None,
    viability: str = "90 %",
    **other: object,
) -> dict:
    """A count as it is typed: two equal replicates, so that tests can reckon in their heads."""
    return {
        "point": point,
        "method": "instrument",
        "volume": volume,
        "replicates": [TypedReplicate(total, viability)] * 2,
        "gates": [TypedGate("iNKT", "live", inkt)] if inkt else [],
        "performed_at": site.now(),
    } | other


def count(site: Site, *typed: str, batch: str = BATCH, verified: bool = True, **other: object) -> str:
    code = site.run(LI, counting.record_count, batch, **typed_count(site, *typed, **other)).code
    if verified:
        site.run(WANG, counting.verify_count, code)
    return code


def step(site: Site, command: Command, batch: str = BATCH, *, verified: bool = True, **typed: object) -> str:
    """A step by Li, verified by Wang where it holds anything to verify."""
    typed.setdefault("performed_at", site.now())
    code = site.run(LI, command, batch, **typed).code
    if verified:
        site.run(WANG, culture.verify_step, code)
    return code


SEEDING = {
    "readings": {
        "vessels": "4 × T175",
        "inoculum": "1.6e8 cells",
        "seeding_density": "1.0e6 cells/mL",
        "culture_volume": "160 mL",
    },
    "lots": lots_of("medium", "alpha_galcer", "il2"),
}
FEEDING = {
    "readings": {"volume_added": "80 mL", "culture_volume": "240 mL"},
    "lots": lots_of("medium", "il2"),
}
RESTIMULATION = {
    "readings": {"dendritic_cell_batch": "B-00001-DC", "dendritic_cell_ratio": "0.2"},
    "lots": lots_of("medium", "il2"),
}
GRADIENT = {"lots": lots_of("density_gradient", "wash_solution")}


def separate(site: Site, batch: str = BATCH) -> None:
    step(site, culture.separate, batch, verified=False, **GRADIENT)
    count(site, "gradient", "4e6 cells/mL", "50 mL", "0.25 %", batch=batch)


def seed(site: Site, batch: str = BATCH) -> None:
    step(site, culture.start_culture, batch, **SEEDING)


def start(site: Site) -> None:
    site.move_to(SEED_DAY, 9)
    separate(site)
    seed(site)


def sampling(site: Site, at_step: str, volume: str) -> dict:
    return {"step": at_step, "readings": {"sampled_at": site.now(), "sample_volume": volume}}


def expand(site: Site, batch: str = BATCH, seeded: date = SEED_DAY) -> None:
    """Fed on day 3, restimulated on day 7, counted on day 10, sampled on day 11."""
    site.move_to(seeded + timedelta(days=3), 10)
    step(site, culture.feed, batch, **FEEDING)
    count(site, "feed", "1e6 cells/mL", "240 mL", batch=batch)
    site.move_to(seeded + timedelta(days=7), 10)
    step(site, culture.restimulate, batch, **RESTIMULATION)
    count(site, "restimulate", "1.5e6 cells/mL", "400 mL", "18 %", batch=batch)
    site.move_to(seeded + timedelta(days=10), 10)
    count(site, "count", "2e6 cells/mL", "600 mL", "40 %", batch=batch)
    site.move_to(seeded + timedelta(days=11), 10)
    step(site, culture.sample, batch, **sampling(site, "sample_in_process", "10 mL"))


def measure(site: Site, height: str = HEIGHT, weight: str = WEIGHT, **other: object) -> str:
    """Read by the physician, then blindly by the pharmacist, who agrees."""
    code = site.run(
        SUN, subjects.measure_body, SUBJECT, height=height, weight=weight, measured_on=site.today(), **other
    ).code
    site.run(LIU, subjects.read_body_again, code, height=height, weight=weight)
    return code


def harvest(site: Site, batch: str = BATCH, day: date = INFUSION_DAY) -> None:
    site.move_to(day, 6)
    measure(site)
    step(site, culture.harvest, batch, readings={"harvest_volume": "800 mL"})
    count(site, "harvest", "3.2e6 cells/mL", "800 mL", "70 %", batch=batch)


def wash(site: Site, batch: str = BATCH) -> None:
    site.later(minutes=30)
    step(site, culture.wash, batch, readings={"washed_volume": "60 mL"}, lots=lots_of("wash_solution"))
    count(site, "wash", "4e7 cells/mL", "60 mL", batch=batch)


def formulation_entries(site: Site, volume: str = "107 mL") -> dict:
    return {
        "readings": {"formulated_at": site.now(), "formulated_volume": volume},
        "lots": lots_of("saline", "human_albumin"),
    }


# 2e7/mL × 90 % × 70 % × (107 − 5 − 2) mL = 1.26e9 iNKT; / 1.7416 m² = 7.23e8/m²: within.
PRODUCT = "2e7 cells/mL"


def formulate(site: Site, product: str = PRODUCT, batch: str = BATCH) -> None:
    wash(site, batch)
    step(site, formulation.formulate, batch, **formulation_entries(site))
    count(site, "formulate", product, "107 mL", "70 %", batch=batch)
    step(site, culture.sample, batch, **sampling(site, "sample_product", "5 mL"))


def report(site: Site, batch: str = BATCH, **other: str) -> None:
    """Every result of the day, recorded by Li and verified by Wang."""
    for test, result in (RESULTS | other).items():
        record_result(site, test, result, batch)


def record_result(site: Site, test: str, result: str, batch: str = BATCH, **other: object) -> str:
    code = site.run(
        LI, testing.record_result, batch, test=test, result=result, resulted_on=site.today(), **other
    ).code
    site.run(WANG, testing.verify_result, code)
    return code


def assess(site: Site, batch: str = BATCH) -> None:
    site.run(LI, formulation.assess_dose, batch)
    report(site, batch)


def submit(site: Site, batch: str = BATCH) -> None:
    site.run(LI, release.submit, batch)


def review(site: Site, batch: str = BATCH) -> None:
    site.run(CHEN, release.review, batch, audit_trail_reviewed="read, no open questions")


def let_go(site: Site, batch: str = BATCH) -> None:
    site.run(ZHAO, release.release, batch)


def proof_of(site: Site, label: str) -> dict:
    """The label drawn and proofed, as ``label.register`` wants it."""
    from labels.produce import produce

    sheet = produce(label_content(site.store, label))
    return {"pdf_sha256": sheet.pdf_sha256, "proof": sheet.proof.as_json()}


def scan_of(site: Site, label: str = LABEL) -> str:
    return label_content(site.store, label).payload


def label(site: Site, bag: str = BAG) -> str:
    code = site.run(LIU, labelling.prepare_label, bag).code
    print_label(site, code, bag)
    return code


def reprint(site: Site, code: str, why: str = "damaged", reason: str = "creased") -> str:
    """A copy of this label, under its own serial."""
    return site.run(LIU, label_reprinting.reprint_label, code, why=why, reason=reason).code


def print_label(site: Site, code: str, bag: str = BAG) -> None:
    site.run(LIU, labelling.register_label, code, **proof_of(site, code))
    site.run(LIU, labelling.confirm_printed, code)
    scans = {"scanned_label": scan_of(site, code), "scanned_identity": IDENTITY, "scanned_container": bag}
    site.run(LIU, labelling.apply_label, code, **scans)


def issue(site: Site, bag: str = BAG, code: str = LABEL) -> None:
    site.run(
        LIU,
        custody.issue_dose,
        bag,
        to_whom="ward 3",
        scanned_label=scan_of(site, code),
        temperature="5.1 °C",
    )


def arrive(site: Site, bag: str = BAG, code: str = LABEL) -> None:
    site.run(
        SUN, custody.receive_dose, bag, ward="ward 3", scanned_label=scan_of(site, code), temperature="5.6 °C"
    )


def bedside(site: Site, code: str = LABEL, **other: object) -> dict:
    """What is typed and scanned when the bag has run in."""
    return {
        "scanned_label": scan_of(site, code),
        "scanned_identity": IDENTITY,
        "scanned_patient_id": PATIENT_ID,
        "started_at": site.now(),
        "finished_at": site.now(),
        "volume_given": "100 mL",
        "reaction": "none",
    } | other


def infuse(site: Site, bag: str = BAG, code: str = LABEL) -> None:
    site.later(minutes=5)
    site.run(SUN, custody.record_infusion, bag, **bedside(site, code))


def late_sterility(site: Site, result: str = "no growth", batch: str = BATCH) -> str:
    """The 14-day reading, on the day of the next infusion."""
    site.move_to(INFUSION_DAY + timedelta(days=14), 8)
    return record_result(site, "sterility_final", result, batch)


STAGES: dict[str, Callable[[Site], object]] = {
    "founded": found,
    "enrolled": enrol,
    "announced": announced,
    "received": received_collection,
    "accepted": accept,
    "planned": plan,
    "in culture": start,
    "expanded": expand,
    "harvested": harvest,
    "formulated": formulate,
    "assessed": assess,
    "in review": submit,
    "reviewed": review,
    "released": let_go,
    "labelled": label,
    "issued": issue,
    "at the ward": arrive,
    "infused": infuse,
}
BEGIN = datetime(2026, 3, 1, 1, tzinfo=UTC)


def open_copy(stages: Path, stage: str, to: Path) -> Site:
    """The site at this stage, in a file of its own, its clock where the stage left it."""
    shutil.copy(stages / f"{stage}.db", to)
    stands_at = json.loads((stages / "times.json").read_text(encoding="utf-8"))[stage]
    clock = SimulatedClock(datetime.fromisoformat(stands_at))
    return Site(Store.open(f"sqlite:///{to}", CODE, clock), clock)
