"""What becomes of a printed label: destroyed before a witness, kept as specimen, or given back; each counted (R52).

Printed = applied + spoiled + destroyed + specimen + returned, limit 0 (21 CFR 211.125). A destruction has two signatures
by two people and is not accounted for before the second.
"""

from inkt_mfg.language import Phrase
from inkt_mfg.records.label import Label
from inkt_mfg.records.words import LabelState, Meaning
from inkt_mfg.refusal import Blocker
from inkt_mfg.views.case import Case
from inkt_mfg.workflow import guards
from inkt_mfg.workflow.command import Act, Done, command
from inkt_mfg.workflow.label_terms import ending, keeping
from inkt_mfg.workflow.permissions import Permission, who_may
from inkt_mfg.workflow.typed import said


def end(act: Act, label: Label, why: str | None = None) -> str:
    """Who ended it, when and why, on the label itself; returns why, the act's own reason when none is given."""
    label.ended_by, label.ended_at = act.actor.key, act.now
    label.end_reason = why or said(act.work.intent.reason, "reason", lines=True)
    return label.end_reason


@command(
    "label.spoil",
    Phrase("account for a spoiled label"),
    permission=Permission.REPRINT_MAKING,
    on=Label,
    moves=(
        (LabelState.PREPARED, LabelState.PROOFED, LabelState.PRINTED, LabelState.APPLIED),
        LabelState.SPOILED,
    ),
    asks_reason=True,
    terms=ending(guards.container_has_not_left),
)
def spoil_label(act: Act, *, on: Label) -> Done:
    """It is not used; the reason says what happened to it."""
    return Done(on, Phrase("label {code} is spoiled: {why}", code=on.code, why=end(act, on)))


@command(
    "label.destroy",
    Phrase("destroy a label before a witness"),
    permission=Permission.REPRINT_MAKING,
    on=Label,
    moves=(LabelState.PRINTED, LabelState.DESTROYED),
    signs=Meaning.RESPONSIBILITY,
    asks_reason=True,
    terms=ending(),
)
def destroy_label(act: Act, *, on: Label) -> Done:
    """The first of two signatures; who saw it gives the second."""
    why = end(act, on)
    return Done(
        on, Phrase("label {code} is destroyed: {why}; a witness signs as well", code=on.code, why=why)
    )


def witness_did_not_destroy(case: Case) -> Blocker | None:
    """Two signatures are two people."""
    label = case.target
    assert isinstance(label, Label)
    if label.ended_by != case.actor:
        return None
    return Blocker(
        "R24",
        Phrase("{name} destroyed this label", name=case.person(case.actor)),
        Phrase("a second person, who saw it"),
        who_may(Permission.WITNESS),
        "signature",
    )


def not_witnessed_yet(case: Case) -> Blocker | None:
    """The first witness's name stays."""
    label = case.target
    assert isinstance(label, Label)
    if label.witnessed_by is None:
        return None
    return Blocker(
        "R52",
        Phrase("{name} has witnessed it", name=case.person(label.witnessed_by)),
        Phrase("a destruction nobody has witnessed yet"),
        Phrase("nobody: it is witnessed"),
        "signature",
    )


@command(
    "label.witness",
    Phrase("witness the destruction of a label"),
    permission=Permission.WITNESS,
    on=Label,
    moves=(LabelState.DESTROYED, None),
    guards=[witness_did_not_destroy, not_witnessed_yet],
    signs=Meaning.VERIFICATION,
)
def witness_destruction(act: Act, *, on: Label) -> Done:
    """The second signature."""
    on.witnessed_by, on.witnessed_at = act.actor.key, act.now
    return Done(
        on, Phrase("destruction of label {code} witnessed by {name}", code=on.code, name=act.actor.full_name)
    )


@command(
    "label.keep_specimen",
    Phrase("keep a label as specimen"),
    permission=Permission.LABEL_MAKING,
    on=Label,
    moves=(LabelState.PRINTED, LabelState.SPECIMEN),
    asks_reason=True,
    terms=keeping(),
)
def keep_specimen(act: Act, *, on: Label) -> Done:
    """It is filed with the batch record and never goes on a bag."""
    return Done(on, Phrase("label {code} is kept as specimen: {why}", code=on.code, why=end(act, on)))


@command(
    "label.return",
    Phrase("account for a label given back"),
    permission=Permission.LABEL_MAKING,
    on=Label,
    moves=(LabelState.PRINTED, LabelState.RETURNED),
    asks_reason=True,
    terms=keeping(),
)
def return_label(act: Act, *, on: Label) -> Done:
    """It was not needed and is back under lock; it is not given out again."""
    return Done(on, Phrase("label {code} is returned: {why}", code=on.code, why=end(act, on)))
