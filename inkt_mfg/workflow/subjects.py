"""Commands about the patient: enrolment with eligibility, treatment dates, body measurements, orders.

A criterion without an answer is never met; strict limits fail at the limit; a control arm is never ordered a dose; a
height and weight count once two people have read them and agree.
"""

from collections.abc import Mapping
from datetime import date, timedelta

from sqlmodel import select

from inkt_mfg.codes.label_code import check_character
from inkt_mfg.language import Phrase
from inkt_mfg.moments import read_date
from inkt_mfg.protocol import Protocol
from inkt_mfg.protocol.trial import EligibilityCriterion, Exclusion
from inkt_mfg.records.base import entries, measured
from inkt_mfg.records.site import ProtocolVersion
from inkt_mfg.records.subject import NOT_SHOWN, BodyMeasurement, DoseOrder, EligibilityAnswer, Subject
from inkt_mfg.records.words import Meaning, ReadingState, Sex
from inkt_mfg.refusal import Blocker, Refusal, refuse, speaks
from inkt_mfg.science.acceptance import Acceptance, Result, judge
from inkt_mfg.science.body import check_body
from inkt_mfg.units import Kind, compare, exact, read, show
from inkt_mfg.views.case import parsed_protocol
from inkt_mfg.workflow import guards
from inkt_mfg.workflow.command import Act, Done, command
from inkt_mfg.workflow.permissions import Permission, who_may
from inkt_mfg.workflow.typed import infusion_of_course, one_of, past_date, said, yes_or_no
from inkt_mfg.workflow.verifying import only_itself

UPPER_LIMIT_MARK = ";"  # "98 µmol/L; 104 µmol/L": the result, then the laboratory's own upper limit of normal


@command("subject.enrol", Phrase("enrol a subject"), permission=Permission.ENROL)
def enrol_subject(
    act: Act,
    *,
    protocol: str,
    subject_number: str,
    patient_name: str,
    patient_id: str,
    birth_date: str,
    sex: str,
    arm: str,
    consent_signed_on: str,
    answers: Mapping[str, str],
) -> Done:
    """A subject who meets every criterion. Raises Refusal with one blocker per criterion not met."""
    version = act.work.find(ProtocolVersion, protocol)
    rules = parsed_protocol(version.sha256, version.text, version.code)
    _refuse_unapproved(version)
    rules.arm(arm)
    born = past_date(act, birth_date, "birth_date")
    consented = past_date(act, consent_signed_on, "consent_signed_on")
    judged = judge_eligibility(rules, {**answers, **_computed(rules, born, consented)})
    number = _new_number(act, subject_number)
    refuse_same_patient(act, said(patient_id, "patient_id"))
    subject = act.work.add(
        Subject(
            site=act.work.site,
            code=number,
            protocol=version.key,
            patient_name=said(patient_name, "patient_name"),
            patient_id=said(patient_id, "patient_id"),
            birth_date=born,
            sex=one_of(Sex, sex, "sex"),
            arm=arm,
            consent_signed_on=consented,
            chain_of_identity=chain_of_identity(act.work.site, number),
            enrolled_at=act.now,
        )
    )
    _keep_answers(act, subject, judged)
    says = Phrase(
        "subject {code} enrolled in arm {arm}; chain of identity {coi}",
        code=number,
        arm=arm,
        coi=subject.chain_of_identity,
    )
    return Done(subject, says)


def _new_number(act: Act, typed: str) -> str:
    number = said(typed, "subject_number").upper()
    same = select(Subject).where(Subject.site == act.work.site, Subject.code == number)
    if act.work.session.exec(same).first() is not None:
        raise refuse(
            "subject.number",
            Phrase("subject {number} is enrolled already", number=number),
            expected=Phrase("a subject number not used before"),
            field="subject_number",
            typed=typed,
        )
    return number


def _keep_answers(act: Act, subject: Subject, judged: Mapping[str, tuple[str, str, str]]) -> None:
    for code, (required, answer, verdict) in judged.items():
        act.work.add(
            EligibilityAnswer(
                site=act.work.site,
                subject=subject.key,
                criterion=code,
                required=required,
                answer=answer,
                verdict=verdict,
            )
        )


def refuse_same_patient(act: Act, patient_id: str) -> None:
    """One patient is one subject: never in both arms, never twice."""
    same = act.work.session.exec(
        select(Subject).where(Subject.site == act.work.site, Subject.patient_id == patient_id)
    ).first()
    if same is not None:
        raise refuse(
            "subject.patient",
            Phrase("patient {patient} is subject {number} already", patient=patient_id, number=same.code),
            expected=Phrase("a patient not enrolled yet"),
            field="patient_id",
            typed=patient_id,
        )


def chain_of_identity(site: str, subject_number: str) -> str:
    """The code that follows every bag of this patient: site, subject, check character (ISO 7064 MOD 37-2)."""
    body = f"{site}-{subject_number}"
    return f"{body}-{check_character(body)}"


def _refuse_unapproved(version: ProtocolVersion) -> None:
    if not version.approved:
        raise refuse(
            "R31",
            Phrase("protocol {code} is not approved", code=version.code),
            expected=Phrase("two approval signatures by two people"),
            resolve_by=who_may(Permission.APPROVE_PROTOCOL),
            field="protocol",
            typed=version.code,
        )


def _computed(rules: Protocol, born: date, consented: date) -> dict[str, str]:
    """The answers nobody types: whole years from birth to the day of consent."""
    before_birthday = (consented.month, consented.day) < (born.month, born.day)
    age = consented.year - born.year - before_birthday
    return {c.code: str(age) for c in rules.eligibility if c.computed_from == "birth_date"}


def unmet_by_the_record(protocol: Protocol, born: date, consented: date) -> list[str]:
    """The criteria that follow from the record alone, such as the age, and are not met by it."""
    computed = _computed(protocol, born, consented)
    wanted = [c for c in protocol.eligibility if c.code in computed]
    return [c.code for c in wanted if _unmet(c, computed[c.code]) is not None]


def judge_eligibility(protocol: Protocol, answers: Mapping[str, str]) -> dict[str, tuple[str, str, str]]:
    """Criterion → (required, answer, verdict). Raises Refusal with every criterion that is not met."""
    judged: dict[str, tuple[str, str, str]] = {}
    unmet: list[Blocker] = []
    for wanted in _asked_of(protocol):
        answer = answers.get(wanted.code, "")
        blocker = _against(wanted, answer)
        unmet += [blocker] if blocker else []
        judged[wanted.code] = (_required(wanted), answer, _shown(wanted))
    if unmet:
        raise Refusal(*unmet)
    return judged


def asked_at_enrolment(protocol: Protocol) -> dict[str, str]:
    """Criterion → its sentence, of those somebody answers; what is worked out from the birth date is not asked."""
    computed = {c.code for c in protocol.eligibility if c.computed_from is not None}
    return {c.code: c.sentence for c in _asked_of(protocol) if c.code not in computed}


def _asked_of(protocol: Protocol) -> tuple[EligibilityCriterion | Exclusion, ...]:
    return (*protocol.eligibility, *protocol.exclusions)


def answered_again(protocol: Protocol, code: str, answer: str) -> str:
    """The verdict on a corrected answer, which may show that the patient is not eligible. Refuses what says neither."""
    wanted = next(c for c in _asked_of(protocol) if c.code == code)
    blocker = _against(wanted, answer)
    if blocker is None:
        return _shown(wanted)
    if isinstance(wanted, EligibilityCriterion) and wanted.criterion is not None:
        judged = judge(wanted.criterion, Result.read(_against_upper_limit(wanted, answer)))
        if judged.verdict is not Acceptance.FAIL:
            raise Refusal(blocker)
    elif not answer.strip():
        raise Refusal(blocker)
    return NOT_SHOWN


def _required(wanted: EligibilityCriterion | Exclusion) -> str:
    if isinstance(wanted, Exclusion):
        return "no"
    return wanted.criterion.text if wanted.criterion else "yes"


def _shown(wanted: EligibilityCriterion | Exclusion) -> str:
    return "absent" if isinstance(wanted, Exclusion) else "met"


def _against(wanted: EligibilityCriterion | Exclusion, answer: str) -> Blocker | None:
    """What an answer has against the patient; a missing one, too."""
    if isinstance(wanted, EligibilityCriterion):
        return _unmet(wanted, answer)
    if answer.strip() and not yes_or_no(answer, wanted.code):
        return None
    return _not_eligible(wanted.code, wanted.sentence, Phrase("no"), answer)


def _not_eligible(code: str, sentence: str, expected: Phrase, answer: str) -> Blocker:
    what = Phrase("eligibility is not shown: {sentence}", sentence=sentence)
    return Blocker("subject.eligibility", what, expected, who_may(Permission.ENROL), code, answer)


def _unmet(wanted: EligibilityCriterion, answer: str) -> Blocker | None:
    if not answer.strip():
        return _not_eligible(wanted.code, wanted.sentence, Phrase("an answer"), answer)
    if wanted.criterion is None:
        met = yes_or_no(answer, wanted.code)
        return None if met else _not_eligible(wanted.code, wanted.sentence, Phrase("yes"), answer)
    judged = judge(wanted.criterion, Result.read(_against_upper_limit(wanted, answer)))
    if judged.verdict is Acceptance.PASS:
        return None
    return _not_eligible(wanted.code, wanted.sentence, judged.why, answer)


def _against_upper_limit(wanted: EligibilityCriterion, answer: str) -> str:
    """A result relative to the laboratory's upper limit becomes their ratio; any other stays as it is."""
    if wanted.relative_to is None:
        return answer
    value, mark, limit = answer.partition(UPPER_LIMIT_MARK)
    if not mark:
        raise refuse(
            "subject.upper_limit",
            Phrase("the laboratory's upper limit of normal is missing"),
            expected=Phrase("the result, a semicolon and the upper limit, such as 98 µmol/L; 104 µmol/L"),
            field=wanted.code,
            typed=answer,
        )
    kind = wanted.kind
    assert isinstance(kind, Kind), "only a measured value has an upper limit of normal"
    result = read(value.strip(), kind, field=wanted.code)
    upper = read(limit.strip(), kind, field=wanted.code)
    if not upper.value:
        raise refuse(
            "subject.upper_limit",
            Phrase("an upper limit of normal is not zero"),
            expected=Phrase("the laboratory's own upper limit"),
            field=wanted.code,
            typed=answer,
        )
    ratio = exact(result) / exact(upper)
    # The fraction is compared, not printed: enough digits that no strict limit can be crossed by rounding.
    return f"{ratio.numerator * 10**20 // ratio.denominator}e-20"


@command(
    "subject.record_first_tae",
    Phrase("record the first TAE/TACE"),
    permission=Permission.ENROL,
    on=Subject,
)
def record_first_tae(act: Act, *, on: Subject, day: str) -> Done:
    """Day 0 of the subject's calendar, once; another day is a correction, for every infusion follows from it."""
    if on.first_tae_on is not None:
        raise refuse(
            "R02",
            Phrase("day 0 of {code} is {day} already", code=on.code, day=on.first_tae_on),
            expected=Phrase("a correction of it, approved by a second person"),
            field="day",
            typed=day,
        )
    assert act.target is on
    on.first_tae_on = read_date(day, field="day")
    return Done(on, Phrase("day 0 of {code} is {day}", code=on.code, day=on.first_tae_on))


@command("body.measure", Phrase("measure height and weight"), permission=Permission.MEASURE_BODY, on=Subject)
def measure_body(
    act: Act, *, on: Subject, height: str, weight: str, measured_on: str, concern: str | None = None
) -> Done:
    """The first reading. Beyond a hard limit it is refused; between soft and hard it asks why."""
    tall, heavy = (
        read(height, Kind.HEIGHT, field="height"),
        read(weight, Kind.BODY_WEIGHT, field="weight"),
    )
    checked = check_body(tall, heavy, act.protocol.bsa_formula, act.protocol.body_limits)
    if checked.concerns and not speaks(concern):
        raise Refusal(*checked.concerns)
    measurement = act.work.add(
        BodyMeasurement(
            site=act.work.site,
            code=act.work.next_code(BodyMeasurement, "M"),
            subject=on.key,
            measured_on=past_date(act, measured_on, "measured_on"),
            **entries(BodyMeasurement, height=tall, weight=heavy),
            bmi=checked.bmi.value,
            bsa=checked.bsa.value,
            bsa_formula=act.protocol.bsa_formula,
            concern=concern,
            entered_by=act.actor.key,
            recorded_at=act.now,
        )
    )
    # The figures are not repeated: whoever reads the scale again may be standing beside this screen.
    says = Phrase("{code} recorded; a second person reads the source again, blind", code=measurement.code)
    return Done(measurement, says)


@command(
    "body.read_again",
    Phrase("read height and weight a second time"),
    permission=Permission.MEASURE_BODY,
    on=BodyMeasurement,
    moves=(ReadingState.AWAITING_SECOND, None),
    signs=Meaning.VERIFICATION,
    covers=only_itself,
)
def read_body_again(act: Act, *, on: BodyMeasurement, height: str, weight: str) -> Done:
    """The blind second reading by another person. Equal after conversion: confirmed; otherwise both stay, unused."""
    if on.entered_by == act.actor.key:
        raise refuse(
            "R24",
            Phrase("{name} made the first reading", name=act.actor.full_name),
            expected=Phrase("a second person"),
            resolve_by=who_may(Permission.MEASURE_BODY),
            field="signature",
        )
    tall, heavy = (
        read(height, Kind.HEIGHT, field="height"),
        read(weight, Kind.BODY_WEIGHT, field="weight"),
    )
    first_height, first_weight = measured(on, "height"), measured(on, "weight")
    assert first_height is not None
    assert first_weight is not None
    agree = compare(tall, first_height) == 0 and compare(heavy, first_weight) == 0
    on.second_height_typed, on.second_weight_typed = height, weight
    on.second_by = act.actor.key
    on.state = ReadingState.CONFIRMED if agree else ReadingState.DIFFERS
    if agree:
        says = Phrase(
            "{code} confirmed: {height}, {weight}", code=on.code, height=show(tall), weight=show(heavy)
        )
    else:
        says = Phrase(
            "{code} DIFFERS: first {first_height}, {first_weight}, second {height}, {weight}; "
            "neither is used, measure again",
            code=on.code,
            first_height=on.height_typed,
            first_weight=on.weight_typed,
            height=height,
            weight=weight,
        )
    return Done(on, says)


@command(
    "dose.order",
    Phrase("order an infusion"),
    permission=Permission.ORDER_DOSE,
    on=Subject,
    guards=[guards.arm_is_dosed, guards.next_dose_is_not_blocked],
    signs=Meaning.RESPONSIBILITY,
)
def order_dose(act: Act, *, on: Subject, infusion_number: str | int, planned_on: str) -> Done:
    """One infusion of the protocol's course, on a day its window allows."""
    number = infusion_of_course(act.protocol, infusion_number)
    day = read_date(planned_on, field="planned_on")
    refuse_outside_window(act.protocol, on, number, day)
    existing = act.work.session.exec(
        select(DoseOrder).where(DoseOrder.subject == on.key, DoseOrder.infusion_number == number)
    ).first()
    if existing is not None:
        raise refuse(
            "order.exists",
            Phrase("infusion {n} of {code} is ordered already", n=number, code=on.code),
            expected=Phrase("an infusion not ordered yet"),
            field="infusion_number",
            typed=str(infusion_number),
        )
    order = act.work.add(
        DoseOrder(
            site=act.work.site,
            code=act.work.next_code(DoseOrder, "O"),
            subject=on.key,
            infusion_number=number,
            planned_on=day,
            ordered_by=act.actor.key,
            ordered_at=act.now,
        )
    )
    return Done(order, Phrase("infusion {n} of {code} ordered for {day}", n=number, code=on.code, day=day))


def window_of(protocol: Protocol, first_tae: date, number: int) -> tuple[date, date]:
    """The first and the last day an infusion of this number may be given."""
    schedule = protocol.schedule
    planned = first_tae + timedelta(days=schedule.infusion_days.value[number - 1])
    first = planned - timedelta(days=schedule.infusion_days_early.value)
    return first, planned + timedelta(days=schedule.infusion_days_late.value)


def refuse_outside_window(protocol: Protocol, subject: Subject, number: int, day: date) -> None:
    """The day of an infusion against the subject's calendar. Raises Refusal ``order.calendar`` or ``order.window``."""
    schedule = protocol.schedule
    if subject.first_tae_on is None:
        raise refuse(
            "order.calendar",
            Phrase("the first TAE/TACE of {code} is not recorded", code=subject.code),
            expected=Phrase("day 0 of the calendar"),
            resolve_by=who_may(Permission.ENROL),
            field="planned_on",
            typed=day.isoformat(),
        )
    planned = subject.first_tae_on + timedelta(days=schedule.infusion_days.value[number - 1])
    first, last = window_of(protocol, subject.first_tae_on, number)
    if not first <= day <= last:
        raise refuse(
            "order.window",
            Phrase("infusion {n} is due on {planned}", n=number, planned=planned),
            expected=Phrase("a day from {first} to {last}", first=first, last=last),
            field="planned_on",
            typed=day.isoformat(),
        )
