"""Commands about label templates: QA approves one version with a signature over its text and its specimen, or retires it.

The text and the specimen's hash come in from whoever drew the specimen, a floor above; what is printed later must be drawn
by exactly this text. Nothing is prepared on a template that is not approved (R53).
"""

import hashlib
import tomllib
from collections.abc import Mapping
from typing import Any

from sqlmodel import col, select

from inkt_mfg.language import Phrase
from inkt_mfg.records.label import LabelTemplate
from inkt_mfg.records.words import Meaning
from inkt_mfg.refusal import Blocker, Refusal, refuse
from inkt_mfg.views.case import Case
from inkt_mfg.views.label_kinds import KINDS
from inkt_mfg.workflow.command import Act, Done, command
from inkt_mfg.workflow.permissions import Permission, who_may
from inkt_mfg.workflow.typed import said

_RULE = "label.template"
_SHA256 = 64


@command(
    "template.approve",
    Phrase("approve a label template"),
    permission=Permission.APPROVE_TEMPLATE,
    signs=Meaning.APPROVAL,
)
def approve_template(act: Act, *, text: str, sha256: str, specimen_sha256: str) -> Done:
    """One version, by its exact text; ``sha256`` is of the text and ``specimen_sha256`` of the PDF that was looked at."""
    if hashlib.sha256(text.encode()).hexdigest() != sha256:
        raise _wrong(
            Phrase("the text is not the one with this SHA-256"), Phrase("the SHA-256 of the text"), sha256
        )
    if len(specimen_sha256) != _SHA256:
        expected = Phrase("the SHA-256 of the specimen's PDF")
        raise _wrong(Phrase("no specimen was looked at"), expected, specimen_sha256)
    name, version = _named(text)
    code = f"{name}@{version}"
    _refuse_approved_before(act, code)
    template = act.work.add(
        LabelTemplate(
            site=act.work.site,
            code=code,
            name=name,
            version=version,
            sha256=sha256,
            text=text,
            specimen_sha256=specimen_sha256,
            approved_by=act.actor.key,
            approved_at=act.now,
        )
    )
    return Done(template, Phrase("label template {code} is approved", code=code))


def _named(text: str) -> tuple[str, str]:
    """Name and version as the text itself says them."""
    raw = _read(text)
    name, version, kinds = raw.get("name"), raw.get("version"), raw.get("kinds")
    if not isinstance(name, str) or not isinstance(version, str) or not kinds or set(kinds) - set(KINDS):
        what = Phrase("the text does not say its name, its version and the kinds of label it is for")
        raise _wrong(what, Phrase("a label template: name, version, kinds"), str(name))
    return said(name, "name"), said(version, "version")


def _read(text: str) -> Mapping[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        what = Phrase("the text cannot be read: {error}", error=str(error))
        raise _wrong(what, Phrase("a label template in TOML"), "") from error


def _refuse_approved_before(act: Act, code: str) -> None:
    """A version's text never changes, and one that was retired does not come back under its number."""
    question = select(LabelTemplate).where(LabelTemplate.site == act.work.site, LabelTemplate.code == code)
    known = act.work.session.exec(question).first()
    if known is not None:
        what = (
            Phrase("template {code} was approved and is retired", code=code)
            if known.retired_at
            else Phrase("template {code} is approved already", code=code)
        )
        raise _wrong(what, Phrase("a new version number for a changed text"), code)


def template_is_in_use(case: Case) -> Blocker | None:
    """What is retired is retired once."""
    assert isinstance(case.target, LabelTemplate)
    if case.target.retired_at is None:
        return None
    return Blocker(
        _RULE,
        Phrase("template {code} is retired", code=case.target.code),
        Phrase("an approved template"),
        who_may(Permission.APPROVE_TEMPLATE),
        "template",
        case.target.code,
    )


@command(
    "template.retire",
    Phrase("retire a label template"),
    permission=Permission.APPROVE_TEMPLATE,
    on=LabelTemplate,
    guards=[template_is_in_use],
    signs=Meaning.REJECTION,
    asks_reason=True,
)
def retire_template(act: Act, *, on: LabelTemplate) -> Done:
    """No label is prepared on it any more; those it was used for stay as they are."""
    on.retired_by, on.retired_at = act.actor.key, act.now
    on.retire_reason = said(act.work.intent.reason, "reason", lines=True)
    return Done(on, Phrase("label template {code} is retired: {why}", code=on.code, why=on.retire_reason))


def approved_template(act: Act, kind: str, named: str) -> LabelTemplate:
    """The template of this name in its newest approved version, or in the one named. Raises Refusal ``label.template``."""
    name, _, version = named.partition("@")
    question = select(LabelTemplate).where(
        LabelTemplate.site == act.work.site,
        LabelTemplate.name == name,
        col(LabelTemplate.retired_at).is_(None),
    )
    if version:
        question = question.where(LabelTemplate.version == version)
    newest = act.work.session.exec(question.order_by(col(LabelTemplate.approved_at).desc()).limit(1)).first()
    if newest is None:
        what = Phrase("label template {name} is not approved at this site", name=named)
        raise _wrong(what, _approving(name), named)
    if kind not in _read(newest.text)["kinds"]:
        what = Phrase(
            "template {code} is not for this kind of label: {kind}", code=newest.code, kind=KINDS[kind].title
        )
        raise _wrong(
            what, Phrase("a template for it, such as {name}", name=KINDS[kind].template), newest.code
        )
    return newest


def refuse_retired(act: Act, template: LabelTemplate) -> None:
    """A label is not reprinted by a template QA has taken out of use. Raises Refusal ``label.template``."""
    blocker = template_is_in_use(act.case_of(template))
    if blocker is not None:
        raise Refusal(blocker)


def _approving(name: str) -> Phrase:
    return Phrase("it approved: `inkt label template approve {name}`", name=name)


def _wrong(what: Phrase, expected: Phrase, typed: str) -> Refusal:
    return refuse(
        _RULE,
        what,
        expected=expected,
        resolve_by=who_may(Permission.APPROVE_TEMPLATE),
        field="template",
        typed=typed,
    )
