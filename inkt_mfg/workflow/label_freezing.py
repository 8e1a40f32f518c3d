"""Freezing labels: each gets a serial of its own, its content from the record, and the approved template it is drawn by.

Called by the preparing and reprinting commands only. It refuses a profile the protocol does not have, a template nobody
approved, and a second label that says the same of the same thing: that is a reprint (R52, R53).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlmodel import col, select

from inkt_mfg.language import Phrase
from inkt_mfg.records.base import Record
from inkt_mfg.records.label import Label, LabelTemplate
from inkt_mfg.records.site_settings import settings_of
from inkt_mfg.records.words import ReprintReason
from inkt_mfg.refusal import refuse
from inkt_mfg.views.isbt_label import isbt_is_on, isbt_of
from inkt_mfg.views.label_content import LabelContent, content_of
from inkt_mfg.views.label_facts import CollectionFacts, InfusionFacts
from inkt_mfg.views.label_kinds import KINDS
from inkt_mfg.views.label_parts import languages_of
from inkt_mfg.workflow.command import Act, Done
from inkt_mfg.workflow.label_templates import approved_template
from inkt_mfg.workflow.permissions import Permission, who_may


@dataclass(frozen=True, slots=True)
class Home:
    """What a label hangs on: a collection, a batch, or a container with its batch. Keys."""

    collection: str | None = None
    batch: str | None = None
    container: str | None = None


@dataclass(frozen=True, slots=True)
class AsPrinted:
    """What may be chosen for a print: profile and template, each the usual one when it is not said."""

    profile: str | None = None
    template: str | None = None


@dataclass(frozen=True, slots=True)
class Again:
    """Why a label is printed again, and of which it is a copy."""

    of: Label
    code: ReprintReason
    reason: str


def freeze(
    act: Act, home: Home, kind: str, facts: Sequence[CollectionFacts], chosen: AsPrinted
) -> list[Label]:
    """One label for each of these facts, copy n of N, with consecutive serials."""
    languages = languages_of(act.case)
    settings = settings_of(act.case.site)
    with_isbt = isbt_is_on(settings) and bool(KINDS[kind].template_with_isbt)
    template = approved_template(
        act, kind, chosen.template or KINDS[kind].template_in(languages, isbt=with_isbt)
    )
    profile = _profile(act, chosen.profile)
    frozen = []
    for number, of_this in enumerate(facts, start=1):
        content = content_of(
            kind,
            of_this,
            profile=profile,
            languages=languages,
            serial=act.work.next_code(Label, "L"),
            training=act.case.site.training,
            copy=number,
            copies=len(facts),
            template=template.name,
            template_version=template.version,
            isbt=isbt_of(settings, of_this) if with_isbt and isinstance(of_this, InfusionFacts) else "",
        )
        _refuse_the_same_again(act, home, content)
        frozen.append(keep(act, home, content, template))
    return frozen


def keep(
    act: Act, home: Home, content: LabelContent, template: LabelTemplate | None, again: Again | None = None
) -> Label:
    """The row of a frozen content."""
    return act.work.add(
        Label(
            site=act.work.site,
            code=content.serial,
            collection=home.collection,
            batch=home.batch,
            container=home.container,
            kind=content.kind,
            template=template.key if template else None,
            copy_number=content.copy,
            reprint_number=content.reprint,
            reprint_of=again.of.key if again else None,
            reprint_code=again.code if again else None,
            reprint_reason=again.reason if again else None,
            content=content.to_json(),
            content_sha256=content.sha256,
            prepared_by=act.actor.key,
            prepared_at=act.now,
        )
    )


def prepared(labels: Sequence[Label], of: str) -> Done:
    """What the preparing commands say: the serials, of what, and what comes next."""
    first, *others = labels
    serials = first.code if not others else f"{first.code} … {labels[-1].code}"
    says = Phrase("label {serial} prepared for {code}", serial=serials, code=of)
    if others:
        says = Phrase("{n} labels {serials} prepared for {code}", n=len(labels), serials=serials, code=of)
    made: tuple[Record, ...] = tuple(others)
    return Done(first, says, made)


def _refuse_the_same_again(act: Act, home: Home, content: LabelContent) -> None:
    """The newest label of this kind on this very thing says the same: another piece of it is a reprint."""
    question = select(Label).where(
        Label.site == act.work.site,
        Label.kind == content.kind,
        Label.collection == home.collection,
        Label.batch == home.batch,
        Label.container == home.container,
        Label.copy_number == content.copy,
    )
    earlier = act.work.session.exec(
        question.order_by(col(Label.prepared_at).desc(), col(Label.code).desc()).limit(1)
    ).first()
    if earlier is None:
        return
    said = LabelContent.from_json(earlier.content)
    if replace(content, serial=said.serial, payload=said.payload, reprint=said.reprint) == said:
        raise refuse(
            "R52",
            Phrase("label {code} says the same: this would be a reprint", code=earlier.code),
            expected=Phrase(
                "that label reprinted, with a reason: `inkt act label.reprint {code}`", code=earlier.code
            ),
            resolve_by=who_may(_reprinting(content.kind)),
            field="label",
            typed=earlier.code,
        )


def _reprinting(kind: str) -> Permission:
    return Permission.REPRINT if KINDS[kind].stage == "R" else Permission.REPRINT_MAKING


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
