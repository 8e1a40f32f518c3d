"""Printing a label again: from its frozen snapshot, under a serial of its own, with REPRINT n on its face (R52).

The earlier copy is accounted for before, or ends in the same act. Refused when the record no longer says what the
snapshot says: then a label is prepared anew.
"""

from sqlmodel import select

from inkt_mfg.language import Phrase
from inkt_mfg.records.label import Label, LabelTemplate
from inkt_mfg.records.words import RELEASING, LabelState, ReprintReason
from inkt_mfg.refusal import Blocker
from inkt_mfg.views.case import Case
from inkt_mfg.views.isbt_label import reprinted
from inkt_mfg.views.label_content import LabelContent, content_of
from inkt_mfg.views.label_kinds import KINDS
from inkt_mfg.views.label_truth import otherwise
from inkt_mfg.workflow.accounting import end
from inkt_mfg.workflow.command import Act, Done, command
from inkt_mfg.workflow.guards.labels import STANDING
from inkt_mfg.workflow.label_freezing import Again, Home, keep
from inkt_mfg.workflow.label_templates import refuse_retired
from inkt_mfg.workflow.label_terms import reprinting
from inkt_mfg.workflow.permissions import Permission, who_may
from inkt_mfg.workflow.typed import one_of, said

REASONS = tuple(ReprintReason)  # the list a form offers


def _label(case: Case) -> Label:
    assert isinstance(case.target, Label)
    return case.target


def copy_is_the_newest(case: Case) -> Blocker | None:
    """A label is reprinted once; what is wrong with the reprint is mended by reprinting that."""
    label = _label(case)
    question = select(Label).where(Label.site == label.site, Label.reprint_of == label.key)
    later = case.session.exec(question).first()
    if later is None:
        return None
    return Blocker(
        "R52",
        Phrase("label {code} was reprinted as {later}", code=label.code, later=later.code),
        Phrase("the newest copy, {later}", later=later.code),
        who_may(Permission.REPRINT_MAKING),
        "label",
        later.code,
    )


def destruction_is_witnessed(case: Case) -> Blocker | None:
    """A copy whose destruction nobody has witnessed is not accounted for."""
    label = _label(case)
    if label.state is not LabelState.DESTROYED or label.witnessed_by is not None:
        return None
    return Blocker(
        "R52",
        Phrase("the destruction of label {code} is not witnessed", code=label.code),
        Phrase("the signature of a second person, who saw it"),
        who_may(Permission.WITNESS),
        "label",
        label.code,
    )


def record_says_what_the_label_says(case: Case) -> Blocker | None:
    """A snapshot the record has moved away from is not printed again (R55)."""
    label = _label(case)
    if KINDS[label.kind].stage == "R" and (case.assessment is None or case.disposition not in RELEASING):
        return None  # disposition_releases says so
    if label.kind == "quarantine" and case.assessment is None:
        return None
    changed = otherwise(case, label)
    if not changed:
        return None
    return Blocker(
        "R55",
        Phrase(
            "the record says otherwise than label {code}: {field}", code=label.code, field=", ".join(changed)
        ),
        Phrase("a label prepared anew from the record as it is"),
        who_may(Permission.LABEL if KINDS[label.kind].stage == "R" else Permission.LABEL_MAKING),
        "label",
        label.code,
    )


@command(
    "label.reprint",
    Phrase("reprint a label"),
    permission=Permission.REPRINT_MAKING,
    on=Label,
    guards=[copy_is_the_newest, destruction_is_witnessed, record_says_what_the_label_says],
    asks_reason=True,
    also=[(state, LabelState.SPOILED) for state in LabelState if state in STANDING],
    terms=reprinting(),
)
def reprint_label(act: Act, *, on: Label, why: str) -> Done:
    """A copy from the frozen snapshot. ``why`` is one of the list, the reason says it in the person's own words."""
    reason = said(act.work.intent.reason, "reason", lines=True)
    again = Again(on, one_of(ReprintReason, why, "why"), reason)
    template = act.work.session.get(LabelTemplate, on.template) if on.template else None
    if template is not None:
        refuse_retired(act, template)
    if on.state in STANDING:
        on.state = LabelState.SPOILED
        end(act, on, reason)
    home = Home(on.collection, on.batch, on.container)
    copy = keep(act, home, _copy(act, LabelContent.from_json(on.content)), template, again)
    says = Phrase(
        "label {serial} prepared: REPRINT {n} of {earlier}",
        serial=copy.code,
        n=copy.reprint_number,
        earlier=on.code,
    )
    return Done(copy, says)


def _copy(act: Act, snapshot: LabelContent) -> LabelContent:
    """The same facts under a new serial."""
    return content_of(
        snapshot.kind,
        snapshot.facts,
        profile=snapshot.profile,
        languages=snapshot.languages,
        serial=act.work.next_code(Label, "L"),
        training=snapshot.training,
        copy=snapshot.copy,
        copies=snapshot.copies,
        template=snapshot.template,
        template_version=snapshot.template_version,
        reprint=snapshot.reprint + 1,
        isbt=reprinted(snapshot.isbt),
    )
