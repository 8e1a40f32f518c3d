"""The day board: what is due, for whom, and what blocks it. The first thing a person sees after logging in.

Derived from the plan, the records and the commands' own guards; it decides nothing and changes nothing.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlmodel import Session, col, select

from inkt_mfg.language import Phrase
from inkt_mfg.moments import show_moment, zone
from inkt_mfg.protocol.making import Operation
from inkt_mfg.records.batch import Batch
from inkt_mfg.records.people import User
from inkt_mfg.records.subject import BodyMeasurement, Subject
from inkt_mfg.records.words import (
    BEFORE_RELEASE,
    BatchState,
    ContainerState,
    DispositionKind,
    LabelState,
    ReadingState,
)
from inkt_mfg.refusal import Blocker
from inkt_mfg.views.backups import last_good_backup
from inkt_mfg.views.case import Case
from inkt_mfg.views.corrections_waiting import waiting_at
from inkt_mfg.views.seals import SealStanding, seal_standing
from inkt_mfg.views.signatures import reassessment_is_due
from inkt_mfg.workflow import (
    corrections,
    culture,
    custody,
    formulation,
    labelling,
    reassessing,
    release,
    testing,
)
from inkt_mfg.workflow.bench import Bench
from inkt_mfg.workflow.catalogue import recording
from inkt_mfg.workflow.command import Command
from inkt_mfg.workflow.guards.labels import TO_INFUSE
from inkt_mfg.workflow.people_notices import people_notices
from inkt_mfg.workflow.permissions import Permission, who_may
from inkt_mfg.workflow.running import blocked

AHEAD = timedelta(days=7)
ACTIVE = BEFORE_RELEASE | {BatchState.RELEASED}
_BAG_COMMANDS: dict[ContainerState, Command] = {
    ContainerState.FILLED: labelling.prepare_label,
    ContainerState.LABELLED: custody.issue_dose,
    ContainerState.ISSUED: custody.receive_dose,
    ContainerState.RECEIVED: custody.record_infusion,
    ContainerState.RETURNED: custody.destroy_container,
}


_LABEL_COMMANDS: dict[LabelState, Command] = {
    LabelState.PREPARED: labelling.register_label,
    LabelState.PROOFED: labelling.confirm_printed,
    LabelState.PRINTED: labelling.apply_label,
}


@dataclass(frozen=True, slots=True)
class Task:
    """One thing to be done: by when, on what, by whom, and every reason it cannot be done now."""

    due: date
    command: str
    title: Phrase
    on: str
    batch: str
    subject: str
    who: Phrase
    mine: bool
    blockers: tuple[Blocker, ...]


@dataclass(frozen=True, slots=True)
class Notice:
    """Something to know rather than to do: a dose blocked, an account locked."""

    rule: str
    text: Phrase


@dataclass(frozen=True, slots=True)
class DayBoard:
    """Today's tasks by due date, the overdue first, and the notices."""

    at: datetime
    today: date
    tasks: tuple[Task, ...]
    notices: tuple[Notice, ...]
    seal: SealStanding
    backup: Phrase | None  # when the last good one was made; None: the ledger knows of none


def day_board(bench: Bench) -> DayBoard:
    """What is due within a week at this site, as this person sees it."""
    now = bench.store.clock.now()
    with bench.store.reading() as session:
        board = _Board(bench, session, now)
        return DayBoard(
            now,
            board.today,
            tuple(sorted(board.tasks(), key=lambda t: (t.due, t.batch))),
            board.notices(),
            seal_standing(session, bench.site.code),
            board.backup_line(),
        )


class _Board:
    """One reading of the board inside one session."""

    def __init__(self, bench: Bench, session: Session, now: datetime) -> None:
        self.bench, self.session, self.now = bench, session, now
        self.local = zone(bench.site.time_zone)
        self.today = now.astimezone(self.local).date()
        self.backup = last_good_backup(session, bench.site.code)

    def tasks(self) -> Iterator[Task]:
        question = select(Batch).where(Batch.site == self.bench.site.code, col(Batch.state).in_(ACTIVE))
        for batch in self.session.exec(question).all():
            case = Case(self.session, batch, self.now, self.bench.person.key)
            yield from (task for task in self._of_batch(case) if task.due <= self.today + AHEAD)
        yield from self._second_readings()
        yield from self._corrections()

    def notices(self) -> tuple[Notice, ...]:
        site = self.bench.site.code
        stopped = self.session.exec(
            select(Subject).where(Subject.site == site, col(Subject.dose_blocked).is_not(None))
        ).all()
        locked = self.session.exec(select(User).where(User.site == site, col(User.locked).is_(True))).all()
        return (
            *(
                Notice(
                    "R35",
                    Phrase(
                        "the next dose of {subject} is blocked: {why}", subject=s.code, why=s.dose_blocked
                    ),
                )
                for s in stopped
            ),
            *(Notice("R25", Phrase("the account {name} is locked", name=u.user_name)) for u in locked),
            *(Notice(rule, text) for rule, text in people_notices(self.bench, self.session, self.now)),
            *([Notice("R04", self.bench.sealing.trouble)] if self.bench.sealing.trouble else []),
            *self._backups(),
        )

    def _backups(self) -> Iterator[Notice]:
        """An overdue one; that there is none, where it would be missed."""
        if self.backup is not None and self.backup.overdue(self.now):
            yield Notice(
                "R60", Phrase("the last good backup is from {at}", at=show_moment(self.backup.at, self.local))
            )
        elif self.backup is None and not self.bench.site.training:
            yield Notice(
                "R60", Phrase("there is no good backup yet: an administrator runs `inkt backup create`")
            )

    def backup_line(self) -> Phrase | None:
        """When the last good one was made."""
        if self.backup is None:
            return None
        return Phrase(
            "Last good backup: {at}, {name}",
            at=show_moment(self.backup.at, self.local),
            name=self.backup.name,
        )

    # --- one batch

    def _of_batch(self, case: Case) -> Iterator[Task]:
        state = case.batch.state
        if state in {BatchState.PLANNED, BatchState.IN_CULTURE, BatchState.HARVESTED}:
            yield from self._next_step(case)
        elif state is BatchState.FORMULATED:
            yield from self._formulated(case)
        elif state is BatchState.IN_REVIEW:
            reviewed = any(s.meaning == "review" for s in case.signatures)
            yield self._task(case, release.release if reviewed else release.review, self.today)
        else:
            yield from self._released(case)
        if any(case.open_deviations):
            first = case.open_deviations[0]
            title = Phrase(
                "deviation {code} is {state}: {what}",
                code=first.code,
                state=first.state.value,
                what=first.description,
            )
            yield self._plain(
                case, "deviation.assess", title, Permission.CLOSE_DEVIATION, self.today, first.code
            )

    def _next_step(self, case: Case) -> Iterator[Task]:
        """The first required step of the plan that is not done, on its earliest day."""
        done = {s.plan_code for s in case.steps}
        for planned in case.protocol.steps:
            if planned.required and planned.operation in recording() and planned.code not in done:
                due = self._culture_start(case) + timedelta(days=max(planned.earliest_day, 0))
                command = recording()[planned.operation]
                yield self._task(case, command, due, title=Phrase("{step}", step=planned.title))
                return

    def _culture_start(self, case: Case) -> date:
        if case.batch.started_at is not None:
            return case.batch.started_at.astimezone(self.local).date()
        return case.batch.planned_at.astimezone(self.local).date()

    def _formulated(self, case: Case) -> Iterator[Task]:
        product_sample = case.protocol.steps_doing(Operation.SAMPLE)[-1]
        if not case.steps_of(product_sample.code):
            yield self._task(
                case, culture.sample, self.today, title=Phrase("{step}", step=product_sample.title)
            )
        elif case.assessment is None:
            yield self._task(case, formulation.assess_dose, self.today)
        else:
            yield self._task(case, release.submit, self.today)

    def _released(self, case: Case) -> Iterator[Task]:
        if reassessment_is_due(case):
            yield self._task(case, reassessing.reassess, self.today)
        for bag in case.containers:
            due = bag.expires_at.astimezone(self.local).date()
            waiting = [
                x
                for x in case.labels
                if x.container == bag.key and x.kind in TO_INFUSE and x.state in _LABEL_COMMANDS
            ]
            if bag.state is ContainerState.FILLED and waiting:
                about = Case(self.session, waiting[-1], self.now, self.bench.person.key)
                yield self._task(about, _LABEL_COMMANDS[waiting[-1].state], due, on=waiting[-1].code)
            elif (command := _BAG_COMMANDS.get(bag.state)) is not None:
                about = Case(self.session, bag, self.now, self.bench.person.key)
                yield self._task(about, command, due, on=bag.code)
        if case.disposition is DispositionKind.CONDITIONAL:
            pending = json.loads(case.dispositions[-1].pending)
            for test, due in pending.items():
                if test not in case.results:
                    title = Phrase("pending result: {test}", test=case.protocol.test(test).title)
                    yield self._task(case, testing.record_result, date.fromisoformat(due), title=title)
            if all(test in case.results for test in pending):
                yield self._task(case, release.finalise, self.today)

    def _second_readings(self) -> Iterator[Task]:
        waiting = self.session.exec(
            select(BodyMeasurement, Subject)
            .join(Subject, col(Subject.key) == col(BodyMeasurement.subject))
            .where(
                BodyMeasurement.site == self.bench.site.code,
                col(BodyMeasurement.state) == ReadingState.AWAITING_SECOND,
            )
        ).all()
        for measurement, subject in waiting:
            yield Task(
                self.today,
                "body.read_again",
                Phrase("second reading of height and weight"),
                measurement.code,
                "",
                subject.code,
                who_may(Permission.MEASURE_BODY),
                self.bench.may(Permission.MEASURE_BODY) and measurement.entered_by != self.bench.person.key,
                (),
            )

    def _corrections(self) -> Iterator[Task]:
        """Critical corrections that wait: for anybody who may approve but the one who asked."""
        for waiting in waiting_at(self.session, self.bench.site.code):
            title = Phrase(
                "correction {old} → {new}, {record}",
                record=waiting.record,
                old=waiting.old,
                new=waiting.new,
            )
            yield Task(
                self.today,
                corrections.approve.name,
                title,
                waiting.code,
                "",
                "",
                who_may(Permission.APPROVE_CORRECTION),
                self.bench.may(Permission.APPROVE_CORRECTION)
                and waiting.asked_by_key != self.bench.person.key,
                (),
            )

    # --- one task

    def _task(
        self, case: Case, command: Command, due: date, *, title: Phrase | None = None, on: str | None = None
    ) -> Task:
        return Task(
            due,
            command.name,
            title or command.title,
            on or case.batch.code,
            case.batch.code,
            case.subject.code,
            who_may(command.permission_on(case.target)),
            self.bench.may(command.permission_on(case.target)),
            tuple(blocked(command, case)),
        )

    def _plain(
        self, case: Case, command: str, title: Phrase, permission: Permission, due: date, on: str
    ) -> Task:
        return Task(
            due,
            command,
            title,
            on,
            case.batch.code,
            case.subject.code,
            who_may(permission),
            self.bench.may(permission),
            (),
        )
