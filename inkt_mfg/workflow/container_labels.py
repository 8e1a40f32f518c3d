"""Commands that prepare the other labels of a final container: in quarantine, small with its tag, its carton, destroyed.

The infusion bag's own is in ``labelling``, with what comes after preparing. Content comes from the record; typed is to whom
a carton goes, and why and before whom a container was destroyed.
"""

from sqlmodel import select

from inkt_mfg.language import Phrase
from inkt_mfg.records.dose import Container
from inkt_mfg.records.people import User
from inkt_mfg.records.signature import Signature
from inkt_mfg.records.words import ContainerState
from inkt_mfg.refusal import refuse
from inkt_mfg.views.destroyed_label import Destruction, destroyed_facts
from inkt_mfg.views.infusion_label import carton_facts, infusion_facts, quarantine_facts
from inkt_mfg.workflow import guards
from inkt_mfg.workflow.command import Act, Done, command
from inkt_mfg.workflow.label_freezing import AsPrinted, freeze, prepared
from inkt_mfg.workflow.label_terms import STILL_IN_QUARANTINE
from inkt_mfg.workflow.labelling import OF_A_RELEASED_DOSE, home_of
from inkt_mfg.workflow.permissions import Permission, who_may
from inkt_mfg.workflow.typed import said, yes_or_no

HERE = (ContainerState.FILLED, ContainerState.LABELLED)


@command(
    "label.prepare_quarantine",
    Phrase("prepare a quarantine label"),
    permission=Permission.LABEL_MAKING,
    on=Container,
    moves=(ContainerState.FILLED, None),
    guards=[
        *STILL_IN_QUARANTINE,
        guards.dose_is_assessed,
        guards.earlier_quarantine_label_is_accounted_for,
    ],
)
def prepare_quarantine_label(
    act: Act, *, on: Container, profile: str | None = None, template: str | None = None
) -> Done:
    """For a filled container whose dose is assessed and that nobody has released."""
    labels = freeze(
        act, home_of(on), "quarantine", [quarantine_facts(act.case)], AsPrinted(profile, template)
    )
    return prepared(labels, on.code)


@command(
    "label.prepare_partial",
    Phrase("prepare a small container's label and its tag"),
    permission=Permission.LABEL,
    on=Container,
    moves=(HERE, None),
    guards=[*OF_A_RELEASED_DOSE, guards.earlier_copy_is_accounted_for],
)
def prepare_partial_label(
    act: Act, *, on: Container, shipped_abroad: str = "no", profile: str | None = None
) -> Done:
    """Two labels together: the small one on the container, and the tag that bears what it has no room for."""
    facts = infusion_facts(act.case, shipped_abroad=yes_or_no(shipped_abroad, "shipped_abroad"))
    chosen = AsPrinted(profile)
    labels = [*freeze(act, home_of(on), "partial", [facts], chosen)]
    labels += freeze(act, home_of(on), "tag", [facts], chosen)
    return prepared(labels, on.code)


@command(
    "label.prepare_carton",
    Phrase("prepare a carton label"),
    permission=Permission.LABEL,
    on=Container,
    moves=(HERE, None),
    guards=[*OF_A_RELEASED_DOSE, guards.earlier_carton_label_is_accounted_for],
)
def prepare_carton_label(
    act: Act,
    *,
    on: Container,
    consignee: str,
    consignee_address: str,
    shipped_abroad: str = "no",
    profile: str | None = None,
    template: str | None = None,
) -> Done:
    """For the carton the bag and its papers travel in. Abroad, the expiry stands in UTC as well."""
    facts = carton_facts(
        act.case,
        consignee=said(consignee, "consignee"),
        consignee_address=said(consignee_address, "consignee_address", lines=True),
        shipped_abroad=yes_or_no(shipped_abroad, "shipped_abroad"),
    )
    labels = freeze(act, home_of(on), "carton", [facts], AsPrinted(profile, template))
    return prepared(labels, on.code)


@command(
    "label.prepare_destroyed",
    Phrase("prepare a label DESTROYED – DO NOT USE"),
    permission=Permission.LABEL_MAKING,
    on=Container,
    moves=((*HERE, ContainerState.RETURNED, ContainerState.DESTROYED), None),
    guards=[guards.container_is_never_used, guards.earlier_destroyed_label_is_accounted_for],
)
def prepare_destroyed_label(
    act: Act,
    *,
    on: Container,
    why: str,
    witness: str,
    profile: str | None = None,
    template: str | None = None,
) -> Done:
    """For what was destroyed, or belongs to a rejected or terminated batch. ``witness`` is a colleague's user name."""
    facts = destroyed_facts(act.case, _destruction(act, on, said(why, "why", lines=True), witness))
    labels = freeze(act, home_of(on), "destroyed", [facts], AsPrinted(profile, template))
    return prepared(labels, on.code)


def _destruction(act: Act, container: Container, why: str, witness: str) -> Destruction:
    """Who signed for the destruction, or who marks it now; and another, who saw it."""
    signed = act.work.session.exec(
        select(Signature).where(
            Signature.site == act.work.site,
            Signature.signed_key == container.key,
            Signature.command == "dose.destroy",
        )
    ).first()
    by, name = (signed.signer, signed.full_name) if signed else (act.actor.key, act.actor.full_name)
    at = signed.signed_at if signed else act.now
    return Destruction(why, at, name, _witness(act, witness, by))


def _witness(act: Act, typed: str, other_than: str) -> str:
    question = select(User).where(User.site == act.work.site, User.user_name == said(typed, "witness"))
    person = act.work.session.exec(question).first()
    if person is None or not person.active:
        raise refuse(
            "label.witness",
            Phrase("nobody at this site has the user name {name}", name=typed),
            expected=Phrase("the user name of whoever saw it"),
            field="witness",
            typed=typed,
        )
    if person.key == other_than:
        raise refuse(
            "R24",
            Phrase("{name} destroyed it", name=person.full_name),
            expected=Phrase("a second person, who saw it"),
            resolve_by=who_may(Permission.LABEL_MAKING),
            field="witness",
            typed=typed,
        )
    return person.full_name
