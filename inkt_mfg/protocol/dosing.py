"""The tables of a protocol file that decide a dose: the window, the body, counting, endotoxin.

Read by ``workflow`` through the properties of ``Protocol``, which hand them to ``science`` in its own types. They
hold what the file says; an empty range is refused by ``rules``.
"""

from inkt_mfg.protocol.values import (
    Basis,
    BodyMassIndex,
    BodySurface,
    BodyWeight,
    Cited,
    DoseLimit,
    Duration,
    EndotoxinRate,
    GrowthRate,
    Height,
    Per,
    Percent,
    Range,
    Sentence,
    Sourced,
    Table,
    Volume,
    WholeNumber,
    YesNo,
)


class Dose(Table):
    """The dose window, closed at both ends, and what it is measured by. One formula per version, never a choice."""

    low: Sourced[DoseLimit]
    high: Sourced[DoseLimit]
    per: Sourced[Per]
    basis: Sourced[Basis]
    bsa_formula: Sourced[Sentence]
    syringe_step: Sourced[Volume]


class Body(Cited):
    """Plausibility of a body: hard limits refuse, between soft and hard a second person and a reason are asked for."""

    height_hard: Range[Height]
    height_soft: Range[Height]
    weight_hard: Range[BodyWeight]
    weight_soft: Range[BodyWeight]
    bmi_hard: Range[BodyMassIndex]
    bmi_soft: Range[BodyMassIndex]
    bsa_hard: Range[BodySurface]
    bsa_soft: Range[BodySurface]
    weight_age_limit: Duration
    blind_second_reading: YesNo


class Counting(Cited):
    """When replicate counts agree well enough; otherwise a recount is asked for and both stay on record."""

    minimum_replicates: WholeNumber
    maximum_cv: Percent


class Forecast(Cited):
    """What the projection to harvest reckons with: the CV of one count, and the SD of µ between batches."""

    count_noise: Percent
    rate_spread: GrowthRate


class Endotoxin(Cited):
    """The pieces of the limit K/M; which K is in force, per body weight or per area, is QA's choice."""

    in_force: Per
    k_body_weight: EndotoxinRate
    k_area: EndotoxinRate
    reference_weight: BodyWeight
    reference_area: BodySurface
    infusion_time: Duration
