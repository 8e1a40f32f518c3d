"""Commands that prepare the bench's own labels: collection bags and tubes, culture vessels, cryovials, samples, sub-batches.

Content comes from the record; typed is only what no table holds: the volume of each, how a vessel is kept and until when.
``label_freezing`` gives the serials, ``labelling`` has what comes next.
"""

from datetime import datetime
from decimal import Decimal

from inkt_mfg.language import Phrase
from inkt_mfg.moments import read_moment, show_moment, zone
from inkt_mfg.records.batch import Batch
from inkt_mfg.records.collection import Collection
from inkt_mfg.records.step import Step
from inkt_mfg.records.testing import Sample
from inkt_mfg.records.words import BEFORE_RELEASE, CollectionState
from inkt_mfg.refusal import Refusal, refuse
from inkt_mfg.units import Kind, canonical, read
from inkt_mfg.views.collection_label import AtTheBedside, collection_facts
from inkt_mfg.views.in_process_label import Kept, WhatFor, in_process_facts
from inkt_mfg.workflow.command import Act, Done, command
from inkt_mfg.workflow.label_freezing import AsPrinted, Home, freeze, prepared
from inkt_mfg.workflow.label_terms import COLLECTION, IN_PROCESS
from inkt_mfg.workflow.permissions import Permission
from inkt_mfg.workflow.typed import moment_here, one_of, said, whole_number

_MOST = 999  # what the code on a label has room for: n of N


@command(
    "label.prepare_collection",
    Phrase("prepare labels of a collection"),
    permission=Permission.LABEL_MAKING,
    on=Collection,
    moves=((CollectionState.EXPECTED, CollectionState.RECEIVED, CollectionState.ACCEPTED), None),
)
def prepare_collection_labels(
    act: Act,
    *,
    on: Collection,
    kind: str,
    count: str | int = "1",
    volume: str | None = None,
    collected_at: str | None = None,
    additives: str | None = None,
    profile: str | None = None,
    template: str | None = None,
) -> Done:
    """For its bags or tubes, also before anything is drawn: then volume and time are typed at the bedside."""
    one_of(COLLECTION, kind, "kind")
    number = _how_many(count)
    typed = AtTheBedside(
        volume_ml=_volume_of_each(on, volume, number),
        collected_at=_when_drawn(act, on, collected_at),
        additives=(additives or "").strip() or None,
    )
    if kind == "collection_bag":
        _refuse_without("volume", typed.volume_ml, "100 mL")
        _refuse_without("collected_at", typed.collected_at or on.collected_at, "2026-12-01 07:30")
    facts = [collection_facts(act.case, typed, n, number) for n in range(1, number + 1)]
    labels = freeze(act, Home(collection=on.key), kind, facts, AsPrinted(profile, template))
    return prepared(labels, on.code)


def _volume_of_each(collection: Collection, typed: str | None, number: int) -> Decimal | None:
    """What was measured of the one bag there is; of several, or before it arrived, what is typed."""
    if collection.volume is not None and number == 1:
        if typed:
            raise _on_record("volume", typed, collection.volume_typed or "")
        return collection.volume
    return canonical(read(typed, Kind.VOLUME, field="volume"), Kind.VOLUME) if typed else None


def _when_drawn(act: Act, collection: Collection, typed: str | None) -> datetime | None:
    if not typed:
        return None
    if collection.collected_at is not None:
        local = zone(act.case.site.time_zone)
        raise _on_record("collected_at", typed, show_moment(collection.collected_at, local))
    return moment_here(act, act.case.site, typed, "collected_at")


def _on_record(field: str, typed: str, recorded: str) -> Refusal:
    return refuse(
        "label.recorded",
        Phrase("this is on record: {recorded}", recorded=recorded),
        expected=Phrase("nothing typed: the label says what the record says"),
        field=field,
        typed=typed,
    )


@command(
    "label.prepare_in_process",
    Phrase("prepare labels of vessels, vials or samples"),
    permission=Permission.LABEL_MAKING,
    on=Batch,
    moves=(BEFORE_RELEASE, None),
)
def prepare_in_process_labels(
    act: Act,
    *,
    on: Batch,
    kind: str,
    keep_until: str,
    storage_high: str,
    storage_low: str | None = None,
    step: str | None = None,
    sample: str | None = None,
    count: str | int = "1",
    volume: str | None = None,
    profile: str | None = None,
    template: str | None = None,
) -> Done:
    """For a step of the plan (its code, or a recorded step's) or a registered sample. Volume is of each."""
    one_of(IN_PROCESS, kind, "kind")
    if kind == "sub_batch":
        _refuse_no_parent(on)
    what = _of_sample(act, sample) if sample else _of_step(act, step)
    kept = _kept(act, kind, volume, storage_low, storage_high, keep_until)
    number = _how_many(count)
    facts = [in_process_facts(act.case, what, kept, n, number) for n in range(1, number + 1)]
    labels = freeze(act, Home(batch=on.key), kind, facts, AsPrinted(profile, template))
    return prepared(labels, on.code)


def _of_sample(act: Act, code: str) -> WhatFor:
    """A sample that was taken from this very batch. Raises Refusal R41."""
    taken = act.work.find(Sample, code)
    if taken.batch != act.case.batch.key:
        raise _of_another_batch("sample", code, act.case.batch.code)
    return WhatFor(f"{act.protocol.sample(taken.purpose).title}, {code}", taken.taken_at)


def _of_step(act: Act, code: str | None) -> WhatFor:
    """A step of the plan, still to be done or done; a recorded one brings its time and its count."""
    asked = said(code, "step")
    if asked in {s.code for s in act.protocol.steps}:
        return WhatFor(act.protocol.step(asked).title)
    done = act.work.find(Step, asked)
    if done.batch != act.case.batch.key:
        raise _of_another_batch("step", asked, act.case.batch.code)
    counts = [c for c in act.case.counts if c.step == done.key]
    title = act.protocol.step(done.plan_code).title
    return WhatFor(title, done.performed_at, counts[-1] if counts else None)


def _of_another_batch(field: str, code: str, batch: str) -> Refusal:
    return refuse(
        "R41",
        Phrase("{code} is of another batch", code=code),
        expected=Phrase("a {field} of batch {batch}", field=Phrase(field), batch=batch),
        field=field,
        typed=code,
    )


def _kept(act: Act, kind: str, volume: str | None, low: str | None, high: str, until: str) -> Kept:
    """How each is kept. A vessel says its volume; a tube has no room for it."""
    if kind in {"vessel", "sub_batch"}:
        _refuse_without("volume", volume, "40 mL")
    warmest = canonical(read(high, Kind.TEMPERATURE, field="storage_high"), Kind.TEMPERATURE)
    coldest = canonical(read(low, Kind.TEMPERATURE, field="storage_low"), Kind.TEMPERATURE) if low else None
    if coldest is not None and coldest > warmest:
        raise refuse(
            "label.storage",
            Phrase("{low} is warmer than {high}", low=low, high=high),
            expected=Phrase("the lower limit first"),
            field="storage_low",
            typed=low or "",
        )
    return Kept(
        volume_ml=canonical(read(volume, Kind.VOLUME, field="volume"), Kind.VOLUME) if volume else None,
        storage_low_c=coldest,
        storage_high_c=warmest,
        expires_at=_not_past(act, until),
    )


def _not_past(act: Act, typed: str) -> datetime:
    until = read_moment(typed, zone(act.case.site.time_zone), field="keep_until")
    if until <= act.now:
        raise refuse(
            "label.expired",
            Phrase("this time has passed"),
            expected=Phrase("until when it may be used"),
            field="keep_until",
            typed=typed,
        )
    return until


def _refuse_no_parent(batch: Batch) -> None:
    if batch.parent is None:
        raise refuse(
            "label.sub_batch",
            Phrase("batch {code} is part of no other batch", code=batch.code),
            expected=Phrase("a batch planned with its parent batch"),
            field="kind",
            typed="sub_batch",
        )


def _refuse_without(field: str, found: object, example: str) -> None:
    """What such a label must bear and neither the record nor anybody says."""
    if not found:
        raise refuse(
            "label.missing",
            Phrase("this label says the {field}, and it is neither on record nor typed", field=Phrase(field)),
            expected=Phrase("{field}, such as {example}", field=Phrase(field), example=example),
            field=field,
            typed="",
        )


def _how_many(typed: str | int) -> int:
    number = whole_number(typed, "count")
    if not 1 <= number <= _MOST:
        raise refuse(
            "label.count",
            Phrase("so many labels are not numbered: {typed}", typed=typed),
            expected=Phrase("1 to {most}", most=_MOST),
            field="count",
            typed=str(typed),
        )
    return number
