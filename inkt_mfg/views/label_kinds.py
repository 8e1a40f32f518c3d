"""The kinds of label: at which stage each stands, which facts it needs, the letter in its code, its usual template.

A new kind is a row here, marks in ``labels/elements.toml`` where it differs from its stage, and a template. Whoever
prepares, draws or accounts for labels may read the table; it refuses nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from inkt_mfg.codes.label_code import CodeKind
from inkt_mfg.language import Phrase
from inkt_mfg.views.label_facts import (
    CartonFacts,
    CollectionFacts,
    DestroyedFacts,
    DoseFacts,
    InfusionFacts,
    StepFacts,
)

Stage = Literal["C", "P", "R"]


@dataclass(frozen=True, slots=True)
class LabelKind:
    """One kind. ``template_for_two`` takes the place of ``template`` where two languages need more room."""

    title: Phrase
    stage: Stage
    facts: type[CollectionFacts]
    code: CodeKind
    template: str
    template_for_two: str = ""
    attached: str = ""  # the kind of label that hangs on it and bears what it has no room for
    template_with_isbt: str = (
        ""  # where the site is registered for ISBT 128; none: this kind bears no such symbol
    )

    def template_in(self, languages: tuple[str, ...], *, isbt: bool = False) -> str:
        """The usual template for so many languages, with or without a place for ISBT 128."""
        if isbt and self.template_with_isbt:
            return self.template_with_isbt
        return (self.template_for_two or self.template) if len(languages) > 1 else self.template


KINDS: Mapping[str, LabelKind] = {
    "collection_bag": LabelKind(
        Phrase("collection bag"), "C", CollectionFacts, CodeKind.COLLECTION, "collection-100x50"
    ),
    "collection_tube": LabelKind(
        Phrase("collection tube"), "C", CollectionFacts, CodeKind.TUBE, "tube-51x25"
    ),
    "vessel": LabelKind(
        Phrase("in-process vessel"), "P", StepFacts, CodeKind.VESSEL, "vessel-50x50", "vessel-100x50"
    ),
    "cryovial": LabelKind(
        Phrase("cryovial"), "P", StepFacts, CodeKind.CRYOVIAL, "vial-38x19", template_for_two="tube-51x25"
    ),
    "sample": LabelKind(Phrase("sample tube"), "P", StepFacts, CodeKind.SAMPLE, "tube-51x25"),
    "sub_batch": LabelKind(
        Phrase("sub-batch"), "P", StepFacts, CodeKind.SUB_BATCH, "vessel-50x50", "vessel-100x50"
    ),
    "quarantine": LabelKind(
        Phrase("final container in quarantine"), "P", DoseFacts, CodeKind.QUARANTINE, "quarantine-100x100"
    ),
    "infusion": LabelKind(
        Phrase("infusion bag"),
        "R",
        InfusionFacts,
        CodeKind.INFUSION,
        "infusion-100x100",
        template_with_isbt="infusion-isbt-100x100",
    ),
    "partial": LabelKind(
        Phrase("partial label of a small container"),
        "R",
        InfusionFacts,
        CodeKind.PARTIAL,
        "partial-51x25",
        "partial-50x50",
        attached="tag",
    ),
    "tag": LabelKind(
        Phrase("tag attached to a small container"),
        "R",
        InfusionFacts,
        CodeKind.TAG,
        "infusion-100x100",
        template_with_isbt="infusion-isbt-100x100",
    ),
    "carton": LabelKind(
        Phrase("outer carton with papers"), "R", CartonFacts, CodeKind.CARTON, "carton-100x100"
    ),
    "destroyed": LabelKind(
        Phrase("destroyed container"), "P", DestroyedFacts, CodeKind.DESTROYED, "destroyed-100x50"
    ),
}
