"""The rows that make up one batch's record, looked up once: people, history, footnotes and signatures with them.

Only ``views.batch_record`` uses it, inside one session. It changes nothing.
"""

import json
from collections.abc import Sequence
from datetime import datetime
from functools import cached_property

from sqlmodel import col, select

from inkt_mfg.ledger.reading import Entry, history_of
from inkt_mfg.records.base import Record
from inkt_mfg.records.batch import Hold
from inkt_mfg.records.correction import Correction as CorrectionRow
from inkt_mfg.records.count import CountReplicate
from inkt_mfg.records.people import User
from inkt_mfg.records.signature import Signature
from inkt_mfg.records.step import StepReading
from inkt_mfg.records.subject import BodyMeasurement
from inkt_mfg.records.words import CorrectionState
from inkt_mfg.views.case import Case
from inkt_mfg.views.corrections import AskedFor, Correction, corrections
from inkt_mfg.views.record_parts import Done, Entered

_AT_ONCE = 500  # keys per question, below SQLite's limit on bound parameters


class RecordRows:
    """One batch's rows and what the ledger says of them."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.session = case.session
        people = self.session.exec(select(User).where(User.site == case.site.code)).all()
        self._people = {u.key: f"{u.full_name} ({u.user_name})" for u in people}

    # --- rows a case does not name

    @cached_property
    def holds(self) -> Sequence[Hold]:
        """Every hold ever placed on it, the oldest first."""
        question = select(Hold).where(Hold.batch == self.case.batch.key)
        return self.session.exec(question.order_by(col(Hold.placed_at))).all()

    @cached_property
    def body(self) -> BodyMeasurement | None:
        """The measurement the dose was worked out with, which need not be the subject's newest."""
        found = self.case.assessment
        return self.session.get(BodyMeasurement, found.body) if found else None

    @cached_property
    def replicates(self) -> dict[str, list[CountReplicate]]:
        """Count key → its replicates in order"""
        found: dict[str, list[CountReplicate]] = {c.key: [] for c in self.case.counts}
        question = select(CountReplicate).where(col(CountReplicate.count).in_(list(found)))
        for row in self.session.exec(question.order_by(col(CountReplicate.ordinal))).all():
            found[row.count].append(row)
        return found

    @cached_property
    def own(self) -> dict[str, Record]:
        """Key → row, for everything recorded about this batch and nothing else."""
        case = self.case
        rows: list[Record] = [case.batch, case.collection, *case.steps, *case.counts, *case.samples]
        rows += [r for named in case.readings.values() for r in named.values()]
        rows += [m for m, _lot in case.materials]
        rows += [r for of_count in self.replicates.values() for r in of_count]
        rows += [*case.all_results, *case.assessments, *self.holds, *case.exceptional_requests]
        rows += case.containers
        rows += [*case.labels_of_collection, *case.labels]
        rows += [*case.handovers, *case.infusions, *case.deviations, *case.dispositions]
        rows += [row for row in (self.body, case.order) if row is not None]
        return {row.key: row for row in rows}

    @cached_property
    def shared(self) -> dict[str, Record]:
        """Key → row, for what the batch shares with others: the subject, the protocol version, the material lots."""
        case = self.case
        rows: list[Record] = [case.subject, case.protocol_version, *(lot for _used, lot in case.materials)]
        return {row.key: row for row in rows}

    # --- what the ledger says of them

    @cached_property
    def history(self) -> list[Entry]:
        """Every entry about the batch's own rows, oldest first."""
        return history_of(self.session, self.case.site.code, sorted(self.own))

    @cached_property
    def corrections(self) -> tuple[Correction, ...]:
        """Values changed since first entry, of the batch's rows and of the rows it shares."""
        keys = sorted({**self.own, **self.shared})
        entries = history_of(self.session, self.case.site.code, keys)
        names = {key: self.called(row) for key, row in {**self.own, **self.shared}.items()}
        return corrections(entries, names, self._asked_for())

    def _asked_for(self) -> dict[str, AskedFor]:
        """Correction key → who asked for it, why, and who approved it."""
        applied = select(CorrectionRow).where(
            CorrectionRow.site == self.case.site.code, CorrectionRow.state == CorrectionState.APPLIED
        )
        return {row.key: self._told_of(row) for row in self.session.exec(applied).all()}

    def _told_of(self, row: CorrectionRow) -> AskedFor:
        by = self.session.get(User, row.asked_by)
        assert by is not None, "nobody is ever deleted"
        reason = f"{row.reason_code.value.replace('_', ' ')}: {row.reason}"
        return AskedFor(by.full_name, by.user_name, reason, self.name(row.decided_by))

    def called(self, row: Record) -> str:
        """``cell count N-00003``: what kind of record, and its code or that of the record it is part of."""
        kind = str(row.__tablename__).replace("_", " ")
        if isinstance(row, StepReading):
            return f"{self._code_of(row.step)}: {self.case.protocol.entry(row.name).title}"
        if isinstance(row, CountReplicate):
            return f"{self._code_of(row.count)}: replicate {row.ordinal}"
        return f"{kind} {getattr(row, 'code', '')}".rstrip()

    def _code_of(self, key: str) -> str:
        return str(getattr(self.own[key], "code", ""))

    @cached_property
    def _notes(self) -> dict[tuple[str, str], tuple[int, ...]]:
        notes: dict[tuple[str, str], tuple[int, ...]] = {}
        for c in self.corrections:
            notes[c.key, c.field] = (*notes.get((c.key, c.field), ()), c.number)
        return notes

    @cached_property
    def signatures(self) -> list[tuple[Record, Signature]]:
        """Each signature on a row of this record, oldest first, with that row.

        One on the subject belongs here when it covers this batch's order; others are about other batches.
        """
        known = {**self.own, **self.shared}
        keys = sorted(known)
        found: list[Signature] = []
        for start in range(0, len(keys), _AT_ONCE):
            part = col(Signature.signed_key).in_(keys[start : start + _AT_ONCE])
            found += self.session.exec(select(Signature).where(part)).all()
        mine = [(known[s.signed_key], s) for s in found if self._is_about_this_batch(s)]
        return sorted(mine, key=lambda pair: pair[1].ledger_sequence)

    def _is_about_this_batch(self, signature: Signature) -> bool:
        if signature.signed_key != self.case.subject.key:
            return True
        manifest = json.loads(signature.manifest)
        return any(key in self.own for part in manifest.values() for key in part["keys"])

    # --- in the form of the parts

    def entered(self, row: Record, field: str, shown: str | None = None) -> Entered:
        """A field as it was entered, with its footnotes; ``shown`` where the stored text is not what people read."""
        value = getattr(row, field)
        text = shown if shown is not None else "" if value is None else str(value)
        return Entered(text, self._notes.get((row.key, field), ()))

    def name(self, key: str | None) -> str:
        """A person's printed name with user name, or an empty text."""
        return "" if key is None else self._people[key]

    def done(self, by: str | None, at: datetime | None) -> Done | None:
        """Who and when, or None while it has not been done."""
        return None if by is None or at is None else Done(self._people[by], at)
