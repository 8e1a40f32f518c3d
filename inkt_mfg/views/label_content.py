"""What one printed label says, frozen: plain values only, with a canonical JSON text and its SHA-256.

The view that reads the record fills in the facts of the label's kind and calls ``content_of``; ``labels`` draws and
proofs it; the workflow stores its JSON. It knows no database and no words of any profile.
"""

import hashlib
import json
import typing
from dataclasses import dataclass
from typing import Self

from inkt_mfg.codes.label_code import CollectionCode, LabelCode
from inkt_mfg.language import Phrase
from inkt_mfg.refusal import refuse
from inkt_mfg.views.label_facts import BatchFacts, CollectionFacts, InfusionFacts, bad_content
from inkt_mfg.views.label_json import plain, read_dataclass
from inkt_mfg.views.label_kinds import KINDS, Stage

SCHEMA = 1
SPECIMEN = "SPECIMEN"  # the serial of a label that shows a template and can never be scanned as one of ours


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelContent:
    """One physical label, frozen. ``payload`` is the Data Matrix's text, ``linear`` the Code 128's."""

    kind: str
    stage: Stage
    profile: str
    languages: tuple[str, ...]
    template: str
    template_version: str
    training: bool
    serial: str
    copy: int
    copies: int
    reprint: int
    payload: str
    linear: str
    facts: CollectionFacts
    isbt: str = ""  # the text of an ISBT 128 symbol, where the site is registered

    def to_json(self) -> str:
        """The canonical text: sorted keys, no spaces, decimals as typed. Two equal contents give the same bytes."""
        body = {"schema": SCHEMA, **plain(self)}
        if not self.isbt:
            del body["isbt"]  # as every label says that was frozen before there was one
        return json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """The content ``to_json`` wrote; a missing, unknown or wrongly typed key is refused (``label.content``)."""
        try:
            body = json.loads(text)
        except ValueError as error:
            raise bad_content("json", text[:40], Phrase("JSON ({error})", error=str(error))) from error
        if not isinstance(body, dict) or body.pop("schema", None) != SCHEMA:
            raise bad_content(
                "schema", text[:40], Phrase("a label content of schema {schema}", schema=SCHEMA)
            )
        body.setdefault("isbt", "")
        kind = str(body.get("kind"))
        if kind not in KINDS or body.get("stage") != KINDS[kind].stage:
            raise _unknown_kind(f"{kind}, {body.get('stage')}")
        facts = KINDS[kind].facts
        try:
            return typing.cast("Self", read_dataclass(cls, body, "content", facts=facts))
        except ValueError as error:
            raise bad_content(
                "content",
                str(sorted(body))[:60],
                Phrase("what this program wrote ({error})", error=str(error)),
            ) from error

    @property
    def sha256(self) -> str:
        """SHA-256 of the canonical text, in hexadecimal."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()

    @property
    def code(self) -> LabelCode:
        """What the Data Matrix must say, made from the facts anew."""
        return _code(self.kind, self.facts, training=self.training, serial=self.serial)


def content_of(
    kind: str,
    facts: CollectionFacts,
    *,
    profile: str,
    languages: tuple[str, ...],
    serial: str,
    training: bool,
    copy: int = 1,
    copies: int = 1,
    reprint: int = 0,
    template: str = "",
    template_version: str = "1",
    isbt: str = "",
) -> LabelContent:
    """The frozen content of one label. ``reprint`` is 0 for the first print, n for the n-th reprint.

    Refuses a kind nobody knows or with another kind's facts, a copy number outside its count, a negative reprint, no
    language, and codes that a symbol cannot carry.
    """
    if kind not in KINDS:
        raise _unknown_kind(kind)
    of = KINDS[kind]
    if type(facts) is not of.facts:
        expected = Phrase("{facts} for this kind of label", facts=of.facts.__name__)
        raise bad_content("facts", type(facts).__name__, expected)
    if not 1 <= copy <= copies:
        raise bad_content("copy", f"{copy} of {copies}", Phrase("copy n of N with 1 ≤ n ≤ N"))
    if reprint < 0 or not languages:
        expected = Phrase("a reprint number from 0 and at least one language")
        raise bad_content("reprint", f"{reprint}, {languages}", expected)
    return LabelContent(
        kind=kind,
        stage=of.stage,
        profile=profile,
        languages=tuple(languages),
        template=template or of.template_in(tuple(languages)),
        template_version=template_version,
        training=training,
        serial=serial,
        copy=copy,
        copies=copies,
        reprint=reprint,
        payload=str(_code(kind, facts, training=training, serial=serial)),
        linear=str(CollectionCode(facts.collection_code, training)),
        facts=facts,
        isbt=isbt,
    )


def infusion_content(
    facts: InfusionFacts,
    *,
    profile: str,
    languages: tuple[str, ...],
    serial: str,
    training: bool,
    copy: int = 1,
    copies: int = 1,
    reprint: int = 0,
) -> LabelContent:
    """The frozen content of an infusion label: ``content_of`` its kind."""
    return content_of(
        "infusion",
        facts,
        profile=profile,
        languages=languages,
        serial=serial,
        training=training,
        copy=copy,
        copies=copies,
        reprint=reprint,
    )


def _code(kind: str, facts: CollectionFacts, *, training: bool, serial: str) -> LabelCode:
    return LabelCode(
        kind=KINDS[kind].code,
        training=training,
        site=facts.site_code,
        chain_of_identity=facts.chain_of_identity,
        batch=facts.batch if isinstance(facts, BatchFacts) else facts.collection_code,
        container=facts.container,
        containers=facts.containers,
        serial=serial,
    )


def _unknown_kind(asked: str) -> Exception:
    return refuse(
        "label.content",
        Phrase("there is no kind of label {kind!r}", kind=asked),
        expected=Phrase("one of {kinds}", kinds=", ".join(KINDS)),
        resolve_by=Phrase("whoever asked for it"),
        field="kind",
        typed=asked,
    )
