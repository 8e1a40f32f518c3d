"""How the people of the tests' site prepare, print and apply each kind of label: what is typed beside the record."""

from dataclasses import dataclass

from one_batch import BAG, BATCH, COLLECTION, IDENTITY, LI, LIU, Site, proof_of, scan_of

from inkt_mfg.workflow import bench_labels, container_labels, labelling
from inkt_mfg.workflow.command import Command

KEPT = {"storage_low": "2 °C", "storage_high": "8 °C", "keep_until": "2026-05-08 12:00"}
CONSIGNEE = {"consignee": "Ward 3, Dr Sun", "consignee_address": "1 Example Road, Beijing"}


@dataclass(frozen=True)
class Way:
    """Who prepares this kind, at which stage of the batch, by which command, on what, and what they type."""

    kind: str
    stage: str
    who: str
    command: Command
    on: str
    typed: dict

    def prepare(self, site: Site, **other: object):
        return site.run(self.who, self.command, self.on, **(self.typed | other))


def _bench(kind: str, stage: str, **typed: str) -> Way:
    return Way(
        kind, stage, LI, bench_labels.prepare_in_process_labels, BATCH, {"kind": kind, **KEPT, **typed}
    )


def _bag(kind: str, stage: str, command: Command, who: str = LIU, **typed: str) -> Way:
    return Way(kind, stage, who, command, BAG, typed)


WAYS = {
    way.kind: way
    for way in (
        Way(
            "collection_bag",
            "received",
            LI,
            bench_labels.prepare_collection_labels,
            COLLECTION,
            {"kind": "collection_bag"},
        ),
        Way(
            "collection_tube",
            "announced",
            LI,
            bench_labels.prepare_collection_labels,
            COLLECTION,
            {"kind": "collection_tube"},
        ),
        _bench("vessel", "planned", step="seed", volume="40 mL"),
        _bench("cryovial", "formulated", step="sample_product", storage_low="", storage_high="-150 °C"),
        _bench("sample", "formulated", sample="S-00001"),
        _bag("quarantine", "assessed", container_labels.prepare_quarantine_label, LI),
        _bag("infusion", "released", labelling.prepare_label),
        _bag("partial", "released", container_labels.prepare_partial_label),
        _bag("carton", "released", container_labels.prepare_carton_label, **CONSIGNEE),
    )
}


def draw_and_print(site: Site, who: str, code: str) -> None:
    """To the moment it lies in the hand."""
    site.run(who, labelling.register_label, code, **proof_of(site, code))
    site.run(who, labelling.confirm_printed, code)


def apply(site: Site, who: str, code: str, **other: object) -> None:
    """Scanned at the thing itself; a label of a container with the container's code."""
    scans = {"scanned_label": scan_of(site, code), "scanned_identity": IDENTITY} | other
    site.run(who, labelling.apply_label, code, **scans)
