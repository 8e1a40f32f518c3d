"""Freezing labels: each gets a serial of its own, its content from the record, and the approved template it is drawn by.

Called by the preparing and reprinting commands only. It refuses a profile the protocol does not have, a template nobody
approved, and a second label that says the same of the same thing: that is a reprint (R52, R53).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count

from sqlmodel import col, select

from inkt_mfg.language import Phrase
from inkt_mfg.records.base import Record, in_order_made
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
    said_before, frozen = _said_before(act, home, kind), []
    for number, (of_this, serial) in enumerate(zip(facts, _serials(act), strict=False), start=1):
        content = content_of(
            kind,
            of_this,
            profile=profile,
            languages=languages,
            serial=serial,
            training=act.case.site.training,
            copy=number,
            copies=len(facts),
            template=template.name,
            template_version=template.version,
            isbt=isbt_of(settings, of_this) if with_isbt and isinstance(of_this, InfusionFacts) else "",
        )
        _refuse_the_same_again(content, said_before)
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


def _said_before(act: Act, home: Home, kind: str) -> dict[LabelContent, str]:
    """What labels of this kind on this very thing say, whichever copy → the newest serial that says it."""
    question = select(Label).where(
        Label.site == act.work.site,
        Label.kind == kind,
        Label.collection == home.collection,
        Label.batch == home.batch,
        Label.container == home.container,
    )
    earlier = act.work.rows(question.order_by(col(Label.prepared_at), *in_order_made(Label)))
    return {_face(LabelContent.from_json(label.content)): label.code for label in earlier}


def _face(content: LabelContent) -> LabelContent:
    """The content without what is of the single piece of label."""
    return replace(content, serial="", payload="", reprint=0, isbt="")


def _refuse_the_same_again(content: LabelContent, said_before: Mapping[LabelContent, str]) -> None:
    """Another piece of a label that is on record is a reprint."""
    earlier = said_before.get(_face(content))
    if earlier is not None:
        raise refuse(
            "R52",
            Phrase("label {code} says the same: this would be a reprint", code=earlier),
            expected=Phrase(
                "that label reprinted, with a reason: `inkt act label.reprint {code}`", code=earlier
            ),
            resolve_by=who_may(_reprinting(content.kind)),
            field="label",
            typed=earlier,
        )


def _serials(act: Act) -> Iterator[str]:
    """Consecutive serials, each the next free one: the site's lock is held, so nobody takes one between."""
    prefix, _, number = act.work.next_code(Label, "L").rpartition("-")
    for following in count(int(number)):
        yield f"{prefix}-{following:0{len(number)}d}"


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
