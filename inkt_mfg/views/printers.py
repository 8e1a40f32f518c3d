"""The printers a site has registered, by name. The label screen offers them; it changes nothing."""

from sqlmodel import col, select

from inkt_mfg.records.printing import Printer
from inkt_mfg.store.unit_of_work import Store


def printers(store: Store) -> tuple[str, ...]:
    """Names of the printers in use, in their order."""
    with store.reading() as session:
        question = select(Printer.code).where(Printer.site == store.site, col(Printer.retired_at).is_(None))
        return tuple(session.exec(question.order_by(Printer.code)).all())
