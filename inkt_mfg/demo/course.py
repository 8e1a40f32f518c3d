"""What happens to one batch and one patient of the demo, told as people at benches running commands, day by day.

Each story is a generator that yields the next moment it waits for; ``trial`` lets all stories run on one clock. Numbers
are drawn from the story's own seeded source, so the same seed gives the same trial.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from inkt_mfg.demo.lab import LOTS, Fate, Lab, Waits, scientific
from inkt_mfg.views.batch_page import BatchPage, batch_page, dose_card
from inkt_mfg.views.batches import batch_list
from inkt_mfg.views.labels import label_content
from inkt_mfg.workflow import (
    collections,
    counting,
    culture,
    custody,
    deviations,
    formulation,
    labelling,
    release,
    subjects,
    testing,
)
from inkt_mfg.workflow.bench import Receipt
from inkt_mfg.workflow.counting import TypedGate, TypedReplicate


@dataclass
class BatchStory:
    """One batch from vein to vein."""

    lab: Lab
    random: Random
    subject: str
    identity: str
    patient_id: str
    infusion: int
    infusion_day: date
    fate: Fate
    weight: float
    height: int
    code: str = ""
    ended: bool = False

    @property
    def seed_day(self) -> date:
        return self.infusion_day - timedelta(days=14)

    def tell(self) -> Waits:
        """Everything that happens to it, in order; it ends early where its fate says so."""
        for part in (
            self._collect,
            self._seed,
            self._expand,
            self._harvest,
            self._decide,
            self._give,
            self._late_result,
        ):
            yield from part()
            if self.ended:
                return

    def _ends_after(self, moment: str) -> bool:
        self.ended = self.ended or self.fate.stop_after == moment
        return self.ended

    # --- the acts

    def _do(
        self, who: str, command: object, on: str | None = None, *, sign: bool = False, **typed: object
    ) -> Receipt:
        return self.lab.do(who, command, on or self.code, sign=sign, **typed)

    def _page(self) -> BatchPage:
        return batch_page(self.lab.store, self.code)

    def _verify_steps(self, *codes: str) -> None:
        for code in codes:
            self._do("wang.tech", culture.verify_step, code, sign=True)

    def _collect(self) -> Waits:
        lab = self.lab
        yield lab.at(self.seed_day, 7, 30)
        self._do(
            "sun.md",
            subjects.order_dose,
            self.subject,
            sign=True,
            infusion_number=self.infusion,
            planned_on=self.infusion_day.isoformat(),
        )
        donation = f"YA{self.seed_day:%y%m%d}{self.subject[-3:]}"
        collection = self._do(
            "li.tech", collections.announce, self.subject, donation_id=donation, anticoagulant="ACD-A"
        ).code
        taken = lab.now()
        yield lab.at(self.seed_day, 8, 15)
        self._do(
            "li.tech",
            collections.receive,
            collection,
            scanned_identity=self.identity,
            scanned_patient_id=self.patient_id,
            collected_at=taken,
            received_at=lab.now(),
            volume=f"{self.random.randint(95, 110)} mL",
            temperature=f"{self.random.uniform(17, 23):.1f} °C",
            container_intact="yes",
        )
        hepatitis = "hepatitis B" if int(self.subject[-3:]) % 3 == 0 else None
        self._do(
            "chen.qa",
            collections.accept,
            collection,
            sign=True,
            screening_complete="yes",
            testing_complete="yes",
            risk_factor="no",
            reactive_agents=hepatitis,
        )
        self.code = self._do("li.tech", culture.plan_batch, collection, infusion_number=self.infusion).code
        self._ends_after("plan")

    def _seed(self) -> Waits:
        yield self.lab.at(self.seed_day, 9, 0)
        when = self.lab.now()
        separated = self._do(
            "li.tech", culture.separate, performed_at=when, lots=_lots("density_gradient", "wash_solution")
        )
        self._count("gradient", 1.9e8, "50 mL", self.random.uniform(93, 98), 0.25)
        seeded = self._do(
            "li.tech",
            culture.start_culture,
            performed_at=self.lab.now(),
            readings={
                "vessels": "4 × T175",
                "inoculum": "1.6e8 cells",
                "seeding_density": "1.0e6 cells/mL",
                "culture_volume": "160 mL",
            },
            lots=_lots("medium", "alpha_galcer", "il2"),
        )
        self._verify_steps(separated.code, seeded.code)

    def _expand(self) -> Waits:
        """Feeds, counts and restimulation; a culture that stops growing is terminated."""
        start = 1.6e8
        end = start * self.fate.fold
        stops = self.fate.ending == "stops_growing"
        for day in (3, 5):
            yield self.lab.at(self.seed_day + timedelta(days=day), 10)
            cells = start * (end / start) ** (day / 14) if not stops else start * (0.9 if day == 3 else 0.7)
            fed = self._do(
                "li.tech",
                culture.feed,
                performed_at=self.lab.now(),
                readings={"volume_added": "80 mL", "culture_volume": f"{160 + 80 * (day // 2)} mL"},
                lots=_lots("medium", "il2"),
            )
            self._count("feed", cells, f"{160 + 80 * (day // 2)} mL", self.random.uniform(82, 92), None)
            self._verify_steps(fed.code)
        yield self.lab.at(self.seed_day + timedelta(days=7), 10)
        cells = start * (end / start) ** 0.5 if not stops else start * 0.5
        restimulated = self._do(
            "li.tech",
            culture.restimulate,
            performed_at=self.lab.now(),
            readings={"dendritic_cell_batch": f"{self.code}-DC", "dendritic_cell_ratio": "0.2"},
            lots=_lots("medium", "il2"),
        )
        self._count("restimulate", cells, "400 mL", 55 if stops else self.random.uniform(84, 92), 18)
        self._verify_steps(restimulated.code)
        if stops:
            yield self.lab.at(self.seed_day + timedelta(days=10), 10)
            self._count("count", start * 0.35, "400 mL", 41, 15)
            self._do("zhao.qa", culture.terminate, sign=True, reason="the culture stopped growing")
            self.ended = True
            return
        yield self.lab.at(self.seed_day + timedelta(days=10), 10)
        self._count("count", start * (end / start) ** (10 / 14), "600 mL", self.random.uniform(84, 92), 40)
        yield self.lab.at(self.seed_day + timedelta(days=11), 10)
        sampled = self._do(
            "li.tech",
            culture.sample,
            step="sample_in_process",
            performed_at=self.lab.now(),
            readings={"sampled_at": self.lab.now(), "sample_volume": "10 mL"},
        )
        self._verify_steps(sampled.code)

    def _harvest(self) -> Waits:
        end = 1.6e8 * self.fate.fold
        share = self.random.uniform(58, 78)
        yield self.lab.at(self.infusion_day, 6, 0)
        self._measure_body()
        harvested = self._do(
            "li.tech",
            culture.harvest,
            performed_at=self.lab.now(),
            readings={"harvest_volume": "800 mL"},
        )
        self._count("harvest", end, "800 mL", self.random.uniform(85, 94), share)
        self._verify_steps(harvested.code)
        if self._ends_after("harvest"):
            return
        yield self.lab.at(self.infusion_day, 6, 40)
        washed = self._do(
            "li.tech",
            culture.wash,
            performed_at=self.lab.now(),
            readings={"washed_volume": "60 mL"},
            lots=_lots("wash_solution"),
        )
        self._count("wash", end * 0.9, "60 mL", self.random.uniform(86, 95), None)
        yield self.lab.at(self.infusion_day, 7, 0)
        formulated = self._do(
            "li.tech",
            formulation.formulate,
            performed_at=self.lab.now(),
            readings={"formulated_at": self.lab.now(), "formulated_volume": "107 mL"},
            lots=_lots("saline", "human_albumin"),
        )
        self._count("formulate", end * 0.86, "107 mL", self.random.uniform(88, 96), share)
        sampled = self._do(
            "li.tech",
            culture.sample,
            step="sample_product",
            performed_at=self.lab.now(),
            readings={"sampled_at": self.lab.now(), "sample_volume": "5 mL"},
        )
        self._verify_steps(washed.code, formulated.code, sampled.code)
        self._do("li.tech", formulation.assess_dose)
        self._report(self.fate.ending)
        self._ends_after("formulate")

    def _measure_body(self) -> None:
        height, weight = f"{self.height} cm", f"{self.weight:.1f} kg"
        first = self._do(
            "sun.md",
            subjects.measure_body,
            self.subject,
            measured_on=self.lab.today(),
            height=height,
            weight=weight,
        ).code
        self._do("liu.pharm", subjects.read_body_again, first, sign=True, height=height, weight=weight)

    def _report(self, ending: str) -> None:
        viability = 64.0 if ending == "rejected" else self.random.uniform(84, 96)
        results = {
            "sterility_in_process": "negative to date (day 3)",
            "viability": f"{viability:.1f} %",
            "inkt_purity": f"{self.random.uniform(58, 80):.1f} %",
            "gram_stain": "negative",
            "endotoxin": "<0.05 EU/mL",
            "mycoplasma": "negative",
            "cd3_positive": f"{self.random.uniform(70, 95):.1f} %",
        }
        for test, result in results.items():
            code = self._do(
                "li.tech", testing.record_result, test=test, result=result, resulted_on=self.lab.today()
            ).code
            self._do("wang.tech", testing.verify_result, code, sign=True)

    def _decide(self) -> Waits:
        """Submit, review, then release, reject or release exceptionally, as the record deserves."""
        self._do("li.tech", release.submit, sign=True)
        if self._ends_after("submit"):
            return
        yield self.lab.at(self.infusion_day, 8, 0)
        if self.fate.ending == "exceptional":
            self._request_exceptional()
        self._do("chen.qa", release.review, sign=True, audit_trail_reviewed="read, no open questions")
        if self._ends_after("review"):
            return
        dose = dose_card(self.lab.store, self.code)
        assert dose is not None
        if self.fate.ending == "rejected":
            self._reject("viability below the criterion")
        elif dose.verdict_to_give != "below":
            self._do("zhao.qa", release.release, sign=True)
        elif self.fate.ending == "exceptional":
            self._release_exceptionally()
        else:
            self._reject("under-dose: below the protocol's window")
        self._ends_after("release")

    def _reject(self, why: str) -> None:
        self._do("zhao.qa", release.reject, sign=True, reason=why)
        self._do("liu.pharm", custody.destroy_container, f"{self.code}-1", sign=True, reason="batch rejected")
        self.ended = True

    def _request_exceptional(self) -> None:
        """Before the review, which then covers the request too."""
        self._do(
            "sun.md",
            release.request_exceptional,
            sign=True,
            justification="progressive disease, no other option before the next TACE",
            risk="lower expected effect; no added safety risk",
        )

    def _release_exceptionally(self) -> None:
        self._do(
            "zhao.qa",
            release.release_exceptionally,
            sign=True,
            reason="physician's request",
            risk_statement="Dose below the protocol's window, at the physician's request",
        )

    def _give(self) -> Waits:
        bag = f"{self.code}-1"
        yield self.lab.at(self.infusion_day, 8, 30)
        label = self._do("liu.pharm", labelling.prepare_label, bag).code
        content = label_content(self.lab.store, label)
        digest, proof = self.lab.print_label(content)
        self._do("liu.pharm", labelling.register_label, label, pdf_sha256=digest, proof=proof)
        self._do("liu.pharm", labelling.confirm_printed, label)
        scan = content.payload
        self._do(
            "liu.pharm",
            labelling.apply_label,
            label,
            scanned_label=scan,
            scanned_identity=self.identity,
            scanned_container=bag,
        )
        if self._ends_after("label"):
            return
        yield self.lab.at(self.infusion_day, 9, 0)
        self._do(
            "liu.pharm",
            custody.issue_dose,
            bag,
            sign=True,
            to_whom="ward 3",
            scanned_label=scan,
            temperature="5.1 °C",
        )
        if self._ends_after("issue"):
            return
        self._do("sun.md", custody.receive_dose, bag, ward="ward 3", scanned_label=scan, temperature="5.6 °C")
        if self._ends_after("infuse"):
            return
        begun = self.lab.now()
        yield self.lab.at(self.infusion_day, 10, 5)
        dose = dose_card(self.lab.store, self.code)
        assert dose is not None
        self._do(
            "sun.md",
            custody.record_infusion,
            bag,
            sign=True,
            scanned_label=scan,
            scanned_identity=self.identity,
            scanned_patient_id=self.patient_id,
            started_at=begun,
            finished_at=self.lab.now(),
            volume_given=f"{dose.volume_to_give.value} mL",
            reaction="none",
        )

    def _late_result(self) -> Waits:
        # A positive bottle is called in the afternoon: by then the morning's next order is written.
        hour = 7 if self.fate.late_result == "no growth" else 15
        yield self.lab.at(self.infusion_day + timedelta(days=14), hour)
        code = self._do(
            "li.tech",
            testing.record_result,
            test="sterility_final",
            result=self.fate.late_result,
            resulted_on=self.lab.today(),
        ).code
        self._do("wang.tech", testing.verify_result, code, sign=True)
        if self.fate.late_result != "no growth":
            self._do("zhao.qa", release.fail_late, sign=True, reason="14-day sterility positive")
            yield self.lab.at(self.infusion_day + timedelta(days=15), 9, 0)
            for deviation in self._page().open_deviations:
                self._do(
                    "chen.qa",
                    deviations.assess_deviation,
                    deviation.code,
                    assessment="contaminant of the sampling, sister batches negative",
                )
                self._do("chen.qa", deviations.close_deviation, deviation.code, sign=True)
            self._do(
                "zhao.qa",
                release.lift_dose_block,
                self.subject,
                sign=True,
                reason="assessed: sampling contaminant, patient well",
            )
            return
        if batch_list(self.lab.store, text=self.code)[0].disposition == "conditional":
            self._do("zhao.qa", release.finalise, sign=True)
        if self.infusion % 2:
            self._do("zhao.qa", release.close, sign=True)

    # --- counting

    def _count(self, point: str, viable: float, volume: str, viability: float, inkt: float | None) -> None:
        """Two replicates around the truth; typed as an instrument prints them."""
        amount = float(volume.split(maxsplit=1)[0])
        total = viable / amount / (viability / 100)
        replicates = [
            TypedReplicate(
                f"{scientific(total * self.random.uniform(0.97, 1.03))} cells/mL",
                f"{viability + self.random.uniform(-0.4, 0.4):.1f} %",
            )
            for _ in range(2)
        ]
        gates = () if inkt is None else (TypedGate("iNKT", "live", f"{inkt:.2f} %"),)
        code = self._do(
            "li.tech",
            counting.record_count,
            point=point,
            method="instrument",
            volume=volume,
            replicates=replicates,
            gates=gates,
            performed_at=self.lab.now(),
        ).code
        self._do("wang.tech", counting.verify_count, code, sign=True)


def _lots(*materials: str) -> dict[str, str]:
    return {m: LOTS[m] for m in materials}
