"""A correction of a reading, as the ledger sees one: an entry with the old value, the new one and the reason."""

from decimal import Decimal

from sqlmodel import select

from inkt_mfg.ledger.intent import Actor, Intent
from inkt_mfg.records.batch import Batch
from inkt_mfg.records.step import Step, StepReading


def change_formulated_volume(copied, new: str, reason: str) -> None:
    """As a command of correction would: one entry, with its reason."""
    person = copied.staff["li.tech"].person
    actor = Actor("f" * 32, person.user_name, person.full_name, "technician")
    intent = Intent(
        copied.store.site, "reading.correct", actor, "bench-1", copied.clock.now(), reason, {"on": "x"}
    )
    with copied.store.work(intent) as work:
        reading = work.session.exec(
            select(StepReading)
            .join(Step)
            .join(Batch)
            .where(Batch.code == copied["infused"], StepReading.name == "formulated_volume")
        ).one()
        reading.value, reading.value_typed = Decimal(new.split(maxsplit=1)[0]), new
