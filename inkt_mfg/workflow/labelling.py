"""Commands about labels: preparing (content and serial frozen), registering proofed bytes, printing, applying, spoiling.

The order is one floor at a time: prepare here, draw and proof in ``labels``, register here (refused without a passing
proof of exactly those bytes, by SHA-256), print, confirm here. Text comes from the released record alone (R55).
"""

import json
from collections.abc import Mapping
from typing import Any

from inkt_mfg.language import Phrase
from inkt_mfg.records.dose import Container
from inkt_mfg.records.label import Label
from inkt_mfg.records.words import ContainerState, LabelState
from inkt_mfg.refusal import Blocker, refuse
from inkt_mfg.views.case import Case
from inkt_mfg.views.infusion_label import infusion_label
from inkt_mfg.views.label_content import LabelContent
from inkt_mfg.workflow import guards
from inkt_mfg.workflow.command import Act, Done, command
from inkt_mfg.workflow.identity import refuse_other_code
from inkt_mfg.workflow.permissions import Permission, who_may
from inkt_mfg.workflow.printing import printer_for
from inkt_mfg.workflow.states import state_name

KIND = "infusion"
_ON_THE_BAG = frozenset({LabelState.PREPARED, LabelState.PROOFED, LabelState.PRINTED, LabelState.APPLIED})


def bag_is_still_here(case: Case) -> Blocker | None:
    """A bag that was destroyed or has left gets no label any more."""
    if case.container.state in {ContainerState.FILLED, ContainerState.LABELLED}:
        return None
    return Blocker(
        "R52",
        Phrase(
            "container {code} is {state}", code=case.container.code, state=state_name(case.container.state)
        ),
        Phrase("a bag that is still to be given"),
        who_may(Permission.REPRINT),
        "container",
        case.container.code,
    )


# A label prepared in time is still not printed or applied once its batch is no longer what it says.
STILL_RELEASED = (
    bag_is_still_here,
    guards.disposition_releases,
    guards.release_signature_stands,
    guards.no_correction_is_pending,
    guards.no_hold,
    guards.not_expired,
)


def earlier_copy_is_accounted_for(case: Case) -> Blocker | None:
    """One infusion label per bag: another is printed only when the one before is spoiled or destroyed (R52)."""
    standing = [label for label in _of_container(case) if label.state in _ON_THE_BAG]
    if not standing:
        return None
    return Blocker(
        "R52",
        Phrase(
            "label {code} of this container is {state}",
            code=standing[-1].code,
            state=Phrase(standing[-1].state.value),
        ),
        Phrase("the earlier copy spoiled or destroyed, with a reason"),
        who_may(Permission.REPRINT),
        "label",
        standing[-1].code,
    )


def _of_container(case: Case) -> list[Label]:
    return [label for label in case.labels if label.container == case.container.key]


def applied_label(case: Case) -> LabelContent:
    """The content of the label on the bag. Guarded by ``container_is_labelled``."""
    on_it = [label for label in _of_container(case) if label.state is LabelState.APPLIED]
    if not on_it:
        blocker = guards.container_is_labelled(case)
        assert blocker is not None
        raise refuse(blocker.rule, blocker.what, expected=blocker.expected, resolve_by=blocker.resolve_by)
    return LabelContent.from_json(on_it[-1].content)


@command(
    "label.prepare",
    Phrase("prepare an infusion label"),
    permission=Permission.LABEL,
    on=Container,
    moves=((ContainerState.FILLED, ContainerState.LABELLED), None),
    guards=[
        guards.arm_is_dosed,
        guards.disposition_releases,
        guards.release_signature_stands,
        guards.no_hold,
        guards.next_dose_is_not_blocked,
        guards.infusion_is_not_given_yet,
        guards.no_result_fails,
        guards.no_open_critical_deviation,
        guards.lots_are_still_good,
        guards.no_correction_is_pending,
        guards.not_expired,
        earlier_copy_is_accounted_for,
    ],
)
def prepare_label(act: Act, *, on: Container, profile: str | None = None) -> Done:
    """The content is frozen here with a serial of its own; a copy after the first is a reprint and asks why."""
    earlier = _of_container(act.case)
    if earlier and not act.work.intent.reason:
        raise refuse(
            "R52",
            Phrase("{n} labels were prepared for {code} before", n=len(earlier), code=on.code),
            expected=Phrase("a reason for the reprint"),
            resolve_by=who_may(Permission.REPRINT),
            field="reason",
        )
    serial = act.work.next_code(Label, "L")
    content = infusion_label(act.case, serial=serial, profile=_profile(act, profile), reprint=len(earlier))
    label = act.work.add(
        Label(
            site=act.work.site,
            code=serial,
            batch=act.case.batch.key,
            container=on.key,
            kind=KIND,
            copy_number=content.copy,
            reprint_number=content.reprint,
            reprint_reason=act.work.intent.reason if earlier else None,
            content=content.to_json(),
            content_sha256=content.sha256,
            prepared_by=act.actor.key,
            prepared_at=act.now,
        )
    )
    return Done(label, Phrase("label {serial} prepared for {code}", serial=serial, code=on.code))


def _profile(act: Act, asked: str | None) -> str:
    profiles = act.protocol.labels.profiles.value
    if asked is not None and asked not in profiles:
        raise refuse(
            "R53",
            Phrase("profile {profile} is not in this protocol", profile=asked),
            expected=Phrase("{profiles}", profiles=", ".join(profiles)),
            resolve_by=who_may(Permission.APPROVE_PROTOCOL),
            field="profile",
            typed=asked,
        )
    return asked or profiles[0]


@command(
    "label.register",
    Phrase("register a proofed label"),
    permission=Permission.LABEL,
    on=Label,
    moves=(LabelState.PREPARED, LabelState.PROOFED),
    guards=STILL_RELEASED,
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
    on.pdf_sha256 = pdf_sha256
    on.proof = json.dumps(proof, ensure_ascii=False, sort_keys=True)
    assert act.target is on
    return Done(on, Phrase("label {code} is proofed", code=on.code))


@command(
    "label.confirm",
    Phrase("confirm that the label was printed"),
    permission=Permission.LABEL,
    on=Label,
    moves=(LabelState.PROOFED, LabelState.PRINTED),
    guards=STILL_RELEASED,
)
def confirm_printed(act: Act, *, on: Label, printer: str | None = None) -> Done:
    """The label came out of the printer; ``printer`` is named where the site has registered one."""
    came_from = printer_for(act, on, printer)
    on.printer = came_from.key if came_from else None
    on.printed_by, on.printed_at = act.actor.key, act.now
    return Done(on, Phrase("label {code} is printed", code=on.code))


@command(
    "label.apply",
    Phrase("apply the label to its container"),
    permission=Permission.LABEL,
    on=Label,
    moves=(LabelState.PRINTED, LabelState.APPLIED),
    guards=[*STILL_RELEASED, guards.next_dose_is_not_blocked],
    also=[(ContainerState.FILLED, ContainerState.LABELLED)],
)
def apply_label(act: Act, *, on: Label, scanned_label: str, scanned_identity: str) -> Done:
    """Label and patient code scanned at the bag: any mismatch is a hard stop (R41)."""
    case = act.case
    refuse_other_code(
        act, "scanned_label", LabelContent.from_json(on.content).payload, scanned_label, case.batch
    )
    refuse_other_code(act, "scanned_identity", case.subject.chain_of_identity, scanned_identity, case.batch)
    if case.container.state is ContainerState.FILLED:
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
