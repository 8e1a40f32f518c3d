"""Commands that change an entered value: asked for with a reason, and for a critical one approved by a second person.

A value that is not critical is changed at once. A critical one waits (R02): until somebody else has read the source again
and typed what it says, neither the old value nor the new one computes. What was signed over the old value is unsigned then;
``workflow.unsigning`` says what follows.
"""

from collections.abc import Iterable
from dataclasses import replace

from sqlmodel import select

from inkt_mfg.language import Phrase
from inkt_mfg.records.base import Coded, Record
from inkt_mfg.records.collection import Collection
from inkt_mfg.records.correction import Correction
from inkt_mfg.records.count import CellCount
from inkt_mfg.records.custody import Infusion
from inkt_mfg.records.every import TABLES
from inkt_mfg.records.step import MaterialLot, Step
from inkt_mfg.records.subject import BodyMeasurement, DoseOrder, Subject
from inkt_mfg.records.testing import TestResult
from inkt_mfg.records.words import BatchState, ContainerState, CorrectionReason, CorrectionState, Meaning
from inkt_mfg.refusal import Blocker, Refusal, refuse
from inkt_mfg.views.case import Case
from inkt_mfg.workflow import guards
from inkt_mfg.workflow.command import Act, Command, Done, command
from inkt_mfg.workflow.correctable import Columns, Correctable, called, correctable_value, entry_of
from inkt_mfg.workflow.counting import count_and_replicates
from inkt_mfg.workflow.culture import step_and_entries
from inkt_mfg.workflow.permissions import Permission, who_may
from inkt_mfg.workflow.recomputing import departures_of, open_new_departures, recompute
from inkt_mfg.workflow.typed import one_of, said
from inkt_mfg.workflow.unsigning import unsign_what_no_longer_stands

REASONS = tuple(CorrectionReason)  # the list a person chooses from, beside a sentence of their own
_BY_NAME = {str(t.__tablename__): t for t in TABLES}
VERIFIED = Step | CellCount | TestResult  # what a second person of the bench verifies
# Applying a correction may take a release back, and with it the labels from the bags.
_TAKEN_BACK = [(BatchState.RELEASED, BatchState.IN_REVIEW), (ContainerState.LABELLED, ContainerState.FILLED)]


def correcting(name: str, title: Phrase, on: type[Coded], *, some_at_once: bool = False) -> Command:
    """The command that asks for a correction of one kind of record.

    ``some_at_once``: a release can be signed over a value of it that is not critical, and is taken back by this command.
    """

    def run(act: Act, *, on: Coded, value: str, new: str, why: str) -> Done:
        """``value`` names what is corrected, ``new`` is what it should say, ``why`` one of the reasons on the list."""
        found = correctable_value(act.case, value)
        code = one_of(CorrectionReason, why, "why")
        _refuse_second(act, found)
        columns = _read(act, found, new, "new")
        _refuse_no_change(found, columns, new)
        correction = act.work.add(
            Correction(
                site=act.work.site,
                code=act.work.next_code(Correction, "CR"),
                row_table=str(found.row.__tablename__),
                row_key=found.row.key,
                record=called(act.case, found),
                field=found.name,
                old_typed=found.stands,
                new_typed=new,
                critical=found.critical,
                reason_code=code,
                reason=said(act.work.intent.reason, "reason", lines=True),
                asked_by=act.actor.key,
                asked_at=act.now,
            )
        )
        if found.critical:
            return Done(correction, _waits(correction, found))
        correction.state = CorrectionState.APPLIED
        consequences = _apply(act, correction, on, found, columns)
        return Done(correction, _applied(correction, consequences))

    declare = command(
        name,
        title,
        permission=Permission.CORRECT,
        on=on,
        asks_reason=True,
        also=_TAKEN_BACK if some_at_once else (),
    )
    return declare(run)


def _read(act: Act, value: Correctable, typed: str, field: str) -> Columns:
    """As the first entry was read; a refusal names the box the text was typed into."""
    try:
        return value.read(act, typed)
    except Refusal as no:
        raise Refusal(*(replace(blocker, field=field) for blocker in no.blockers)) from no


def _waits(correction: Correction, value: Correctable) -> Phrase:
    return Phrase(
        "{code}: {record}: {old} → {new} waits for a second person; until then neither value computes",
        code=correction.code,
        record=correction.record,
        old=value.stands or "—",
        new=correction.new_typed,
    )


def _applied(correction: Correction, consequences: list[Phrase]) -> Phrase:
    says = Phrase(
        "{code}: {record}: {old} → {new}",
        code=correction.code,
        record=correction.record,
        old=correction.old_typed or "—",
        new=correction.new_typed,
    )
    for consequence in consequences:
        says = Phrase("{says}. {consequence}", says=says, consequence=consequence)
    return says


def _refuse_second(act: Act, value: Correctable) -> None:
    waiting = act.work.session.exec(
        select(Correction).where(
            Correction.row_key == value.row.key,
            Correction.field == value.name,
            Correction.state == CorrectionState.PENDING,
        )
    ).first()
    if waiting is not None:
        raise refuse(
            "R02",
            Phrase("correction {code} of this value waits already", code=waiting.code),
            expected=Phrase("that one approved, refused or withdrawn first"),
            resolve_by=who_may(Permission.APPROVE_CORRECTION),
            field="value",
            typed=value.name,
        )


def _refuse_no_change(value: Correctable, columns: Columns, typed: str) -> None:
    stands = {name: getattr(value.row, name) for name in columns}
    if value.same(stands, columns):
        raise refuse(
            "correction.same",
            Phrase("{title} is {stands} already", title=value.title, stands=value.stands),
            expected=Phrase("another value"),
            field="new",
            typed=typed,
        )


def _apply(
    act: Act, correction: Correction, entry: Coded, value: Correctable, columns: Columns
) -> list[Phrase]:
    """Put the value where it belongs and everything after it; what the change led to, as sentences."""
    stood = isinstance(entry, VERIFIED) and guards.verification_stands(act.case_of(entry), entry)
    before = departures_of(act, entry)
    for name, new in columns.items():
        setattr(value.row, name, new)
    act.work.session.flush()
    recompute(act, entry, correction.reason)
    open_new_departures(act, entry, before, f"{correction.code}: {correction.reason}")
    if isinstance(entry, VERIFIED) and not (correction.critical and stood):
        # Nobody but the person asking has seen it as it is now: it is verified anew.
        entry.verified_by = entry.verified_at = None
    act.work.session.flush()
    return unsign_what_no_longer_stands(act, entry, correction)


# --- the second person


def approver_did_not_ask(case: Case) -> Blocker | None:
    """A second person, never the one who asks (R02, R24)."""
    correction = case.target
    assert isinstance(correction, Correction)
    if correction.asked_by != case.actor:
        return None
    return Blocker(
        "R24",
        Phrase("{name} asked for this correction", name=case.person(case.actor)),
        Phrase("a second person"),
        who_may(Permission.APPROVE_CORRECTION),
        "signature",
    )


def approver_did_not_perform(case: Case) -> Blocker | None:
    """Who made the entry does not read it a second time (R24, R33)."""
    correction = case.target
    assert isinstance(correction, Correction)
    if case.actor not in case.makers_of(_entry(case, correction)):
        return None
    return Blocker(
        "R24",
        Phrase("{name} made this entry", name=case.person(case.actor)),
        Phrase("a second person"),
        who_may(Permission.APPROVE_CORRECTION),
        "signature",
    )


def only_who_asked(case: Case) -> Blocker | None:
    """What one person asked for, another refuses; only the person takes it back."""
    correction = case.target
    assert isinstance(correction, Correction)
    if correction.asked_by == case.actor:
        return None
    name = case.person(correction.asked_by)
    return Blocker(
        "correction.asked", Phrase("{name} asked for it", name=name), Phrase("the same person"), Phrase("{name}", name=name),
    )  # fmt: skip


def corrected_entry(case: Case, _record: Record) -> Iterable[Record]:
    """What an approval is signed over: the correction, and the whole entry as it is now."""
    correction = case.target
    assert isinstance(correction, Correction)
    entry = _entry(case, correction)
    about = Case(case.session, entry, case.now, case.actor)
    parts = {Step: step_and_entries, CellCount: count_and_replicates}.get(type(entry))
    return [correction, *(parts(about, entry) if parts else [entry])]


def _entry(case: Case, correction: Correction) -> Coded:
    row = case.session.get(_BY_NAME[correction.row_table], correction.row_key)
    assert row is not None, "no record is ever deleted"
    return entry_of(case, row)


@command(
    "correction.approve",
    Phrase("approve a correction"),
    permission=Permission.APPROVE_CORRECTION,
    on=Correction,
    moves=(CorrectionState.PENDING, CorrectionState.APPLIED),
    guards=[approver_did_not_ask, approver_did_not_perform],
    signs=Meaning.APPROVAL,
    covers=corrected_entry,
    also=_TAKEN_BACK,
)
def approve(act: Act, *, on: Correction, source_says: str) -> Done:
    """The second person reads the source and types what it says; it must be the value asked for."""
    entry = _entry(act.case, on)
    about = act.about(entry)
    value = correctable_value(about.case, on.field)
    columns = value.read(about, on.new_typed)
    read_again = _read(about, value, source_says, "source_says")
    if not value.same(columns, read_again):
        raise refuse(
            "R33",
            Phrase("the source as read again says otherwise than the correction"),
            expected=Phrase("what was asked for, or the correction refused"),
            resolve_by=who_may(Permission.APPROVE_CORRECTION),
            field="source_says",
            typed=source_says,
        )
    on.decided_by, on.decided_at = act.actor.key, act.now
    consequences = _apply(about, on, entry, value, columns)
    if isinstance(entry, BodyMeasurement):
        _keep_second_reading(entry, value.name, source_says, act.actor.key)
    return Done(on, _applied(on, consequences))


def _keep_second_reading(body: BodyMeasurement, name: str, typed: str, by: str) -> None:
    """Height and weight are confirmed by two readings; the approver's is the second of the corrected one."""
    if name in {"height", "weight"}:
        setattr(body, f"second_{name}_typed", typed)
        body.second_by = by


@command(
    "correction.refuse",
    Phrase("refuse a correction"),
    permission=Permission.APPROVE_CORRECTION,
    on=Correction,
    moves=(CorrectionState.PENDING, CorrectionState.REFUSED),
    guards=[approver_did_not_ask],
    asks_reason=True,
)
def refuse_correction(act: Act, *, on: Correction) -> Done:
    """The value stays as it was first entered."""
    return _ended(act, on, Phrase("{code} refused: {why}", code=on.code, why=act.work.intent.reason))


@command(
    "correction.withdraw",
    Phrase("withdraw a correction"),
    permission=Permission.CORRECT,
    on=Correction,
    moves=(CorrectionState.PENDING, CorrectionState.WITHDRAWN),
    guards=[only_who_asked],
    asks_reason=True,
)
def withdraw(act: Act, *, on: Correction) -> Done:
    """The person who asked has looked again."""
    return _ended(act, on, Phrase("{code} withdrawn: {why}", code=on.code, why=act.work.intent.reason))


def _ended(act: Act, correction: Correction, says: Phrase) -> Done:
    correction.decided_by, correction.decided_at = act.actor.key, act.now
    return Done(correction, says)


correct_step = correcting("step.correct", Phrase("correct a step's entry"), Step, some_at_once=True)
correct_count = correcting("count.correct", Phrase("correct a cell count"), CellCount)
correct_result = correcting("result.correct", Phrase("correct a test result"), TestResult)
correct_body = correcting("body.correct", Phrase("correct a body measurement"), BodyMeasurement)
correct_subject = correcting("subject.correct", Phrase("correct a subject's data"), Subject)
correct_collection = correcting(
    "collection.correct", Phrase("correct a collection"), Collection, some_at_once=True
)
correct_order = correcting("dose.correct_order", Phrase("correct an order"), DoseOrder)
correct_lot = correcting("lot.correct", Phrase("correct a material lot"), MaterialLot)
correct_infusion = correcting("dose.correct_infusion", Phrase("correct an infusion's record"), Infusion)
CORRECTING: dict[type[Coded], Command] = {
    command.on: command
    for command in (
        correct_step,
        correct_count,
        correct_result,
        correct_body,
        correct_subject,
        correct_collection,
        correct_order,
        correct_lot,
        correct_infusion,
    )
    if command.on is not None
}
