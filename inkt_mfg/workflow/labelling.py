"""Commands about every label once it is prepared: registering its proofed bytes, its print confirmed, and applied by scans.

The order is one floor at a time: prepare (here for the infusion bag, ``bench_labels`` and ``container_labels`` for all
else), draw and proof in ``labels``, register here (refused without a passing proof of exactly those bytes, by SHA-256),
print, confirm here, apply.
Text of a released container comes from the released record alone (R55).
"""

import json
from collections.abc import Mapping
from typing import Any

from inkt_mfg.language import Phrase
from inkt_mfg.records.dose import Container
from inkt_mfg.records.label import Label, LabelTemplate
from inkt_mfg.records.words import ContainerState, LabelState
from inkt_mfg.refusal import refuse
from inkt_mfg.views.case import Case
from inkt_mfg.views.infusion_label import infusion_facts
from inkt_mfg.views.label_content import LabelContent
from inkt_mfg.workflow import guards
from inkt_mfg.workflow.command import Act, Done, command
from inkt_mfg.workflow.guards.labels import TO_INFUSE, label_to_infuse
from inkt_mfg.workflow.identity import refuse_other_code, refuse_other_container
from inkt_mfg.workflow.label_freezing import AsPrinted, Home, freeze, prepared
from inkt_mfg.workflow.label_terms import handling
from inkt_mfg.workflow.permissions import Permission, who_may
from inkt_mfg.workflow.printing import printer_for
from inkt_mfg.workflow.typed import yes_or_no

# What must be so before the label of a released dose is prepared: a bag, its small label and tag, or its carton.
OF_A_RELEASED_DOSE = (*guards.DOSE_MAY_GO_ON, guards.not_expired)


def applied_label(case: Case) -> LabelContent:
    """The content of the label on the bag. Guarded by ``container_is_labelled``."""
    on_it = label_to_infuse(case)
    if on_it is None:
        blocker = guards.container_is_labelled(case)
        assert blocker is not None
        raise refuse(blocker.rule, blocker.what, expected=blocker.expected, resolve_by=blocker.resolve_by)
    return LabelContent.from_json(on_it.content)


@command(
    "label.prepare",
    Phrase("prepare an infusion label"),
    permission=Permission.LABEL,
    on=Container,
    moves=((ContainerState.FILLED, ContainerState.LABELLED), None),
    guards=[*OF_A_RELEASED_DOSE, guards.earlier_copy_is_accounted_for],
)
def prepare_label(
    act: Act,
    *,
    on: Container,
    shipped_abroad: str = "no",
    profile: str | None = None,
    template: str | None = None,
) -> Done:
    """The content is frozen here with a serial of its own; a second that says the same is ``label.reprint``."""
    facts = infusion_facts(act.case, shipped_abroad=yes_or_no(shipped_abroad, "shipped_abroad"))
    labels = freeze(act, home_of(on), "infusion", [facts], AsPrinted(profile, template))
    return prepared(labels, on.code)


def home_of(container: Container) -> Home:
    """A container's label hangs on the container and on its batch."""
    return Home(batch=container.batch, container=container.key)


@command(
    "label.register",
    Phrase("register a proofed label"),
    permission=Permission.LABEL_MAKING,
    on=Label,
    moves=(LabelState.PREPARED, LabelState.PROOFED),
    terms=handling(),
)
def register_label(act: Act, *, on: Label, pdf_sha256: str, proof: Mapping[str, Any]) -> Done:
    """The bytes that will be printed, by their hash. Refused without a passing proof of exactly them (R51)."""
    passed = proof.get("passed") is True
    same_bytes = proof.get("pdf_sha256") == pdf_sha256
    same_content = proof.get("content_sha256") == on.content_sha256
    if not (passed and same_bytes and same_content):
        raise refuse(
            "R51",
            Phrase("the proof of label {code} does not pass for these bytes and this content", code=on.code),
            expected=Phrase("a passing proof of exactly these bytes"),
            resolve_by=Phrase("a QA officer, who looks at the proof's findings"),
            field="proof",
            typed=pdf_sha256,
        )
    _refuse_another_template(act, on, proof)
    on.pdf_sha256 = pdf_sha256
    on.proof = json.dumps(proof, ensure_ascii=False, sort_keys=True)
    assert act.target is on
    return Done(on, Phrase("label {code} is proofed", code=on.code))


def _refuse_another_template(act: Act, label: Label, proof: Mapping[str, Any]) -> None:
    """It was drawn by the very text QA approved. Labels from before templates were approved name none."""
    if label.template is None:
        return
    template = act.work.session.get(LabelTemplate, label.template)
    assert template is not None, "the database holds every row a label points to"
    drawn_by = str(proof.get("template_sha256"))
    if drawn_by != template.sha256:
        raise refuse(
            "label.template",
            Phrase(
                "label {code} was drawn by another text than the approved {template}",
                code=label.code,
                template=template.code,
            ),
            expected=Phrase("the template with SHA-256 {digest}", digest=template.sha256),
            resolve_by=who_may(Permission.APPROVE_TEMPLATE),
            field="template",
            typed=drawn_by,
        )


@command(
    "label.confirm",
    Phrase("confirm that the label was printed"),
    permission=Permission.LABEL_MAKING,
    on=Label,
    moves=(LabelState.PROOFED, LabelState.PRINTED),
    terms=handling(),
)
def confirm_printed(act: Act, *, on: Label, printer: str | None = None) -> Done:
    """The label came out of the printer; ``printer`` is named where the site has registered one."""
    came_from = printer_for(act, on, printer)
    on.printer = came_from.key if came_from else None
    on.printed_by, on.printed_at = act.actor.key, act.now
    return Done(on, Phrase("label {code} is printed", code=on.code))


@command(
    "label.apply",
    Phrase("apply the label to what it is for"),
    permission=Permission.LABEL_MAKING,
    on=Label,
    moves=(LabelState.PRINTED, LabelState.APPLIED),
    terms=handling(makes=((ContainerState.FILLED, ContainerState.LABELLED),)),
)
def apply_label(
    act: Act, *, on: Label, scanned_label: str, scanned_identity: str, scanned_container: str | None = None
) -> Done:
    """Label, patient code and, where there is one, container scanned at the thing itself: a mismatch is a hard stop (R41)."""
    case, content = act.case, LabelContent.from_json(on.content)
    about = case.collection if on.batch is None else case.batch
    refuse_other_code(act, "scanned_label", content.payload, scanned_label, about)
    refuse_other_code(act, "scanned_identity", case.subject.chain_of_identity, scanned_identity, about)
    if on.container is None:
        return Done(on, Phrase("label {code} is applied", code=on.code))
    refuse_other_container(act, content, scanned_container)
    on.state = LabelState.APPLIED
    if on.kind in TO_INFUSE and case.container.state is ContainerState.FILLED and label_to_infuse(case):
        case.container.state = ContainerState.LABELLED
    return Done(on, Phrase("label {code} is on {bag}", code=on.code, bag=case.container.code))


def refuse_other_bytes(serial: str, registered: str, drawn: str) -> None:
    """A label drawn again from its frozen content must be the bytes that were proofed. Raises Refusal R51."""
    if registered != drawn:
        raise refuse(
            "R51",
            Phrase("label {serial} drawn again gives other bytes", serial=serial),
            expected=Phrase("{digest}", digest=registered),
            resolve_by=Phrase("the program version that registered it, or spoiling it and preparing another"),
            field="pdf_sha256",
            typed=drawn,
        )
