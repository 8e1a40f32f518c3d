"""Exporting the ledger: who took what out of the house is on record before the file is written (R09, R63).

Outside the catalogue, like every command that only makes sense together with a file. It refuses a batch or subject
nobody knows, and two selections at once.
"""

from dataclasses import dataclass
from datetime import datetime, time
from pathlib import Path

from sqlmodel import Session, col, func, select

from inkt_mfg.language import Phrase
from inkt_mfg.ledger.chain import end_of_chain
from inkt_mfg.ledger.entry import LedgerEntry, LedgerTouch
from inkt_mfg.ledger.export import Exported, Selection
from inkt_mfg.moments import read_date, zone
from inkt_mfg.records.batch import Batch
from inkt_mfg.records.site import Site
from inkt_mfg.records.spelling import moment_text
from inkt_mfg.records.subject import Subject
from inkt_mfg.refusal import refuse
from inkt_mfg.store import export_files
from inkt_mfg.store.unit_of_work import find
from inkt_mfg.views.beneath import keys_beneath
from inkt_mfg.workflow.bench import Bench, Receipt
from inkt_mfg.workflow.command import Act, Command, Done
from inkt_mfg.workflow.permissions import Permission

_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for: one batch, one subject, everything since a day, or (nothing said) the whole ledger."""

    batch: str | None = None
    subject: str | None = None
    since: str | None = None

    @property
    def said(self) -> dict[str, str]:
        """What was said, by name."""
        named = {"batch": self.batch, "subject": self.subject, "since": self.since}
        return {name: value for name, value in named.items() if value is not None}


def _export(act: Act, *, wanted: Wanted, entries: int, file: str) -> Done:
    """The entry that says who exported what."""
    what = ", ".join(f"{name} {value}" for name, value in wanted.said.items()) or "the whole ledger"
    for name, text in (("what", what), ("entries", str(entries)), ("file", file)):
        act.work.note(name, text)
    site = act.work.session.exec(select(Site).where(Site.code == act.work.site)).one()
    return Done(site, Phrase("the export of {what} is on record", what=what))


EXPORT = Command(
    "ledger.export", Phrase("export the ledger"), Permission.EXPORT_LEDGER, _export, None, None, None, (), None, None,
    asks_reason=False,
)  # fmt: skip
COMMANDS = (EXPORT,)


def export(
    bench: Bench, out: Path, wanted: Wanted, tell: export_files.Progress | None = None
) -> tuple[Receipt, Exported]:
    """Put the export on record, then write it. Raises Refusal, or Unable when the file cannot be written."""
    with bench.store.reading() as session:
        chosen = _sequences(session, bench, wanted)
        count = (
            end_of_chain(session.connection(), bench.site.code).sequence if chosen is None else len(chosen)
        )
    receipt = bench.run(EXPORT, wanted=wanted, entries=count, file=out.name)
    about = {
        "at": moment_text(bench.store.clock.now()),
        "by": bench.person.user_name,
        "full_name": bench.person.full_name,
        "entry": str(receipt.sequence),
    }
    selection = Selection(wanted.said, chosen)
    return receipt, export_files.export(bench.store, out, selection, about, tell or (lambda _w, _d, _o: None))


def _sequences(session: Session, bench: Bench, wanted: Wanted) -> frozenset[int] | None:
    """The entries asked for; None: all of them."""
    if len(wanted.said) > 1:
        raise refuse(
            "R09",
            Phrase("two selections are asked for at once: {said}", said=", ".join(wanted.said)),
            expected=Phrase(
                "one batch, one subject, everything since a day, or nothing said for the whole ledger"
            ),
            field="selection",
        )
    site = bench.site.code
    if wanted.batch is not None:
        return _touching(session, site, keys_beneath(session, find(session, site, Batch, wanted.batch)))
    if wanted.subject is not None:
        return _touching(session, site, keys_beneath(session, find(session, site, Subject, wanted.subject)))
    if wanted.since is not None:
        return _since(session, bench, wanted.since)
    return None


def _touching(session: Session, site: str, keys: list[str]) -> frozenset[int]:
    found: set[int] = set()
    for at in range(0, len(keys), _AT_ONCE):
        part = keys[at : at + _AT_ONCE]
        question = select(LedgerTouch.sequence).where(
            LedgerTouch.site == site, col(LedgerTouch.row_key).in_(part)
        )
        found.update(session.exec(question).all())
    return frozenset(found)


def _since(session: Session, bench: Bench, typed: str) -> frozenset[int]:
    """From the first entry of that day on: without a gap, whatever a clock did meanwhile."""
    day = read_date(typed, field="since")
    midnight = datetime.combine(day, time(), zone(bench.site.time_zone))
    first = session.exec(
        select(func.min(LedgerEntry.sequence)).where(
            LedgerEntry.site == bench.site.code, LedgerEntry.recorded_at >= moment_text(midnight)
        )
    ).one()
    end = end_of_chain(session.connection(), bench.site.code).sequence
    return frozenset(range(first, end + 1)) if first is not None else frozenset()
