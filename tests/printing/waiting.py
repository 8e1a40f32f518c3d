"""Labels that are proofed and wait to be printed, and printers to print them on."""

import dataclasses

from one_batch import BAG, BATCH, LIU, Site
from sqlmodel import select

from inkt_mfg.ledger.intent import Actor, Intent
from inkt_mfg.records.batch import Batch
from inkt_mfg.records.label import Label
from inkt_mfg.records.words import LabelState
from inkt_mfg.store.unit_of_work import Work
from inkt_mfg.views.label_content import LabelContent
from inkt_mfg.views.labels import label_content
from inkt_mfg.workflow import labelling, printers
from labels.printers.archive import folder_of, keep
from labels.produce import produce

FIRST, SECOND, THIRD = "L-00001", "L-00002", "L-00003"
PRINTER = "ZEBRA-1"


def proofed(site: Site, count: int = 1) -> list[str]:
    """So many labels of the released batch, each drawn, proofed and registered. The first by its command alone."""
    serials = [site.run(LIU, labelling.prepare_label, BAG).code]
    if count > 1:
        actor = Actor("0" * 32, "wang.tech", "Wang Jun", "technician")
        with site.store.work(Intent("YA01", "label.prepare", actor, "bench-2", site.clock.now())) as work:
            serials += [_another(work, n).code for n in range(2, count + 1)]
    for serial in serials:
        register(site, serial)
    return serials


def _another(work: Work, number: int) -> Label:
    """A label beside the first one, as another container of the batch would have it."""
    first = work.session.exec(select(Label).order_by(Label.code)).first()
    row = first.model_dump(exclude={"key", "code", "row_version", "content", "content_sha256", "state"})
    serial = f"L-{number:05d}"
    content = dataclasses.replace(LabelContent.from_json(first.content), serial=serial)
    content = dataclasses.replace(content, payload=str(content.code))
    frozen = {"content": content.to_json(), "content_sha256": content.sha256, "state": LabelState.PREPARED}
    return work.add(Label(**row, **frozen, code=serial))


def register(site: Site, serial: str) -> None:
    """Drawn, proofed, kept in the archive beside the database, and registered."""
    sheet = produce(label_content(site.store, serial))
    keep(folder_of(site.store) / f"{serial}.pdf", sheet.pdf)
    passed = {"pdf_sha256": sheet.pdf_sha256, "proof": sheet.proof.as_json()}
    site.run(LIU, labelling.register_label, serial, **passed)


def zebra_at(site: Site, address: str, name: str = PRINTER, **other: str) -> str:
    """A label printer on the network, registered by whoever prints."""
    typed = {"dots_per_inch": "203.2", "media": "100x100", "transport": "tcp", "address": address} | other
    return site.run(LIU, printers.register_printer, name=name, **typed).code


def other_batch(site: Site) -> str:
    """Another batch of the same patient, as its own commands would leave it."""
    with site.store.reading() as session:
        row = session.exec(select(Batch)).first().model_dump(exclude={"key", "code", "row_version"})
    actor = Actor("0" * 32, "wang.tech", "Wang Jun", "technician")
    with site.store.work(Intent("YA01", "batch.plan", actor, "bench-2", site.clock.now())) as work:
        return work.add(Batch(**row, code="B-00002")).code


__all__ = ["BATCH", "FIRST", "PRINTER", "SECOND", "THIRD", "other_batch", "proofed", "register", "zebra_at"]
