"""The tables of a protocol file about the trial and its subjects: arms, consent, eligibility, calendar.

Read by enrolment, by the calendar and by labels. They hold what the file says and compute nothing.
"""

from enum import StrEnum
from typing import Literal

from inkt_mfg.protocol.values import (
    Cited,
    Code,
    CriterionText,
    DailyActivity,
    KindName,
    Sentence,
    Sourced,
    Table,
    WholeNumber,
    YesNo,
)


class Trial(Table):
    """What the trial is called and who answers for it, as it stands on labels and reports."""

    registry_number: Sourced[Sentence]
    phase: Sourced[Sentence]
    design: Sourced[Sentence]
    sponsor: Sourced[Sentence]
    participating_sites: Sourced[tuple[Sentence, ...]]
    planned_subjects: Sourced[WholeNumber]
    investigator: Sourced[Sentence]
    contact: Sourced[Sentence]
    processing_facility: Sourced[Sentence]


class Arm(Cited):
    """One arm of the trial. Only a subject of a dosed arm may be given a dose."""

    code: Code
    title: Sentence
    dosed: YesNo
    planned_subjects: WholeNumber


class Consent(Cited):
    """Whether a signed consent is needed before anything else, and its sentence."""

    required: YesNo
    statement: Sentence


class EligibilityCriterion(Cited):
    """One inclusion criterion: a yes/no statement, or a limit a laboratory result is judged by.

    With ``relative_to`` the result is divided by the laboratory's own upper limit of normal before it is judged.
    With ``computed_from`` nobody types the answer: an age follows from the birth date and the day of consent.
    ``denominator`` says per volume of what, where the source leaves it open.
    """

    code: Code
    sentence: Sentence
    kind: KindName
    criterion: CriterionText | None = None
    relative_to: Literal["upper_limit_of_normal"] | None = None
    computed_from: Literal["birth_date"] | None = None
    denominator: Sourced[Sentence] | None = None


class Exclusion(Cited):
    """One reason that keeps a subject out of the trial when it holds."""

    code: Code
    sentence: Sentence


class Schedule(Table):
    """The days of the trial, day 0 being the first TAE/TACE."""

    tae_days: Sourced[tuple[WholeNumber, ...]]
    infusion_days: Sourced[tuple[WholeNumber, ...]]
    infusion_days_early: Sourced[WholeNumber]
    infusion_days_late: Sourced[WholeNumber]
    culture_days: Sourced[WholeNumber]
    sterility_read_days: Sourced[WholeNumber]


class CourseReading(StrEnum):
    """How "for 5-14 days after infusion" is read."""

    COURSE_OF = "course_of"  # a course lasting that many days
    DAYS_TO = "days_to"  # from that day to that day after the infusion


class Il2(Table):
    """The interleukin-2 course after each infusion."""

    rate: Sourced[DailyActivity]
    reading: Sourced[CourseReading]
    days_low: Sourced[WholeNumber]
    days_high: Sourced[WholeNumber]
    planned_days: Sourced[WholeNumber]
    first_day_after_infusion: Sourced[WholeNumber]
