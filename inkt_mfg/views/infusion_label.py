"""The facts of a final container's labels: in quarantine with its judged dose, released, and on the carton it travels in.

``workflow`` freezes what they return. They compute nothing a record does not hold, except the share of a measured part;
text of a released container comes from the released record alone (R55).
"""

import json
from datetime import date
from decimal import Decimal
from typing import Any

from inkt_mfg.records.dose import Container, Disposition, DoseAssessment
from inkt_mfg.records.people import User
from inkt_mfg.records.words import DispositionKind, DoseVerdict
from inkt_mfg.units import working
from inkt_mfg.views.case import Case
from inkt_mfg.views.label_facts import CartonFacts, DoseFacts, InfusionFacts, PendingResult, ReleaseStatus
from inkt_mfg.views.label_parts import (
    collected,
    here,
    infections,
    kept_as_product,
    made_of,
    percentages,
    whose,
)

_STATUS: dict[DispositionKind, ReleaseStatus] = {
    DispositionKind.CONDITIONAL: "conditional",
    DispositionKind.FINAL: "released",
    DispositionKind.EXCEPTIONAL: "exceptional",
}
# Of the decision, not of the product: a release upheld has another certificate, and the label keeps the first.
OF_THE_DECISION = frozenset(
    {"certificate", "released_by", "released_at", "release_status", "pending", "exceptional_statement"}
)


def quarantine_facts(case: Case) -> DoseFacts:
    """Of a filled container whose dose was judged and that nobody has released."""
    return DoseFacts(**with_dose(case), shipped_abroad=False)


def infusion_facts(case: Case, *, shipped_abroad: bool = False) -> InfusionFacts:
    """Of a released container. The guards of the preparing commands have made sure it is released."""
    return InfusionFacts(**released(case), shipped_abroad=shipped_abroad)


def carton_facts(
    case: Case, *, consignee: str, consignee_address: str, shipped_abroad: bool = False
) -> CartonFacts:
    """Of the carton a released container travels in with its papers."""
    return CartonFacts(
        **released(case),
        shipped_abroad=shipped_abroad,
        consignee=consignee,
        consignee_address=consignee_address,
    )


def released(case: Case) -> dict[str, Any]:
    """Everything a released container's label takes from the record."""
    return {**with_dose(case), **_of_the_trial(case), **_of_the_release(case)}


def with_dose(case: Case) -> dict[str, Any]:
    """Everything a filled container's label takes from the record before release."""
    assessment = case.assessment
    assert assessment is not None, "guarded: the dose is assessed"
    return {
        **whose(case),
        **collected(case),
        **made_of(case),
        **infections(case.collection),
        **kept_as_product(case),
        **percentages(case.last_count(case.formulation_step)),
        **_in_the_bag(case.container, assessment),
        **_dose(case, assessment),
    }


def _in_the_bag(container: Container, assessment: DoseAssessment) -> dict[str, Any]:
    assert container.withdrawn is not None, "guarded: assessed, so sampled"
    deliverable = container.volume - container.withdrawn
    with working():
        cells = assessment.viable_cells * (deliverable / assessment.volume)
    return {"volume_ml": deliverable, "container_viable_cells": cells}


def _dose(case: Case, assessment: DoseAssessment) -> dict[str, Any]:
    """What is to be given, on both bases, with the window and the verdict."""
    inkt, viable = _to_give(assessment)
    return {
        "give_ml": assessment.volume_to_give if assessment.verdict is DoseVerdict.ABOVE else None,
        "dose_basis": case.protocol.dose_basis,
        "dose_viable_inkt": inkt,
        "dose_total_viable": viable,
        "dose_viable_inkt_per_unit": _per_unit(case, assessment, "viable_inkt"),
        "dose_total_viable_per_unit": _per_unit(case, assessment, "total_viable"),
        "dose_unit": "m^2" if assessment.dose_unit == "cell/m^2" else "kg",
        "dose_low": assessment.low,
        "dose_high": assessment.high,
        "verdict": assessment.verdict_to_give.value,
    }


def _to_give(assessment: DoseAssessment) -> tuple[Decimal, Decimal]:
    """INKT and viable cells in what is given: everything, or the measured part's share of both."""
    with working():
        share = assessment.volume_to_give / assessment.volume
        return assessment.inkt_cells * share, assessment.viable_cells * share


def _per_unit(case: Case, assessment: DoseAssessment, basis: str) -> Decimal:
    whole = assessment.dose if basis == case.protocol.dose_basis else assessment.other_dose
    with working():
        return whole * assessment.volume_to_give / assessment.volume


def _of_the_trial(case: Case) -> dict[str, Any]:
    trial, product = case.protocol.trial, case.protocol.product
    return {
        "trial": trial.registry_number.value,
        "sponsor": trial.sponsor.value,
        "investigator": trial.investigator.value,
        "contact": trial.contact.value,
        "route": product.route.value,
        "directions": product.directions.value,
    }


def _of_the_release(case: Case) -> dict[str, Any]:
    decision = case.dispositions[-1]
    releaser = case.session.get(User, decision.decided_by)
    assert releaser is not None
    exceptional = decision.kind is DispositionKind.EXCEPTIONAL
    return {
        "release_status": _STATUS[decision.kind],
        "pending": _pending(case, decision),
        "exceptional_statement": decision.statement or "" if exceptional else "",
        "certificate": decision.code,
        "released_by": releaser.full_name,
        "released_at": here(decision.decided_at, case),
    }


def _pending(case: Case, decision: Disposition) -> tuple[PendingResult, ...]:
    still = json.loads(decision.pending)
    return tuple(
        PendingResult(case.protocol.test(test).title, date.fromisoformat(due))
        for test, due in sorted(still.items())
    )
