"""Label templates: QA approves a version with a signature over its text and its specimen; nothing is prepared without (R53)."""

import hashlib
import json

import pytest
from label_kinds_prepared import WAYS
from one_batch import CHEN, COLLECTION, LI, LIU, Site, proof_of
from sqlalchemy.exc import DBAPIError
from sqlmodel import select

from inkt_mfg.records.label import Label, LabelTemplate
from inkt_mfg.records.signature import Signature
from inkt_mfg.records.words import Meaning
from inkt_mfg.views.label_templates import template_list
from inkt_mfg.views.labels import label_content
from inkt_mfg.workflow import label_reprinting, label_templates, labelling
from inkt_mfg.workflow.catalogue import JOBS

assert JOBS
TUBE = WAYS["collection_tube"]
SPECIMEN = "5" * 64
TEXT = 'name = "{name}"\nversion = "{version}"\nkinds = ["collection_tube"]\n'


def approve(site: Site, text: str, who: str = CHEN, **other: str):
    typed = {"text": text, "sha256": hashlib.sha256(text.encode()).hexdigest(), "specimen_sha256": SPECIMEN}
    return site.run(who, label_templates.approve_template, **(typed | other))


def text(name: str = "tube-51x25", version: str = "2") -> str:
    return TEXT.format(name=name, version=version)


@pytest.mark.requirement("R53")
def test_nothing_is_prepared_on_a_template_nobody_approved_and_the_refusal_says_how(at):
    site = at("announced")
    refusal = site.refused(LI, TUBE.command, COLLECTION, **TUBE.typed, template="tube-70x30")
    assert (refusal.rule, refusal.first.field) == ("label.template", "template")
    assert refusal.first.expected.english == "it approved: `inkt label template approve tube-70x30`"
    assert refusal.first.resolve_by.english == "a QA officer"
    site.run(CHEN, label_templates.retire_template, "tube-51x25@1", reason="too small to read")
    assert site.refused(LI, TUBE.command, COLLECTION, **TUBE.typed).rule == "label.template"


@pytest.mark.requirement("R53", "R22", "R23")
def test_an_approval_is_a_qa_officers_signature_over_text_and_specimen(at):
    site = at("announced")
    code = approve(site, text()).code
    row = site.row(LabelTemplate, code)
    assert (row.name, row.version, row.specimen_sha256) == ("tube-51x25", "2", SPECIMEN)
    with site.store.reading() as session:
        (signed,) = session.exec(select(Signature).where(Signature.signed_key == row.key)).all()
    assert (signed.meaning, signed.user_name) == (Meaning.APPROVAL, CHEN)
    assert {"text", "sha256", "specimen_sha256"} <= set(
        json.loads(signed.manifest)["label_template"]["fields"]
    )
    refusal = site.refused(LI, label_templates.approve_template, text="", sha256="", specimen_sha256="")
    assert refusal.rule == "R24"


WRONG = [
    ({"sha256": "0" * 64}, "not the one with this SHA-256"),
    ({"specimen_sha256": ""}, "no specimen"),
    ({"text": "name = ["}, "cannot be read"),
    ({"text": 'name = "t"\nversion = "1"\nkinds = ["bottle"]\n'}, "does not say"),
    ({"text": text("tube-51x25", "1")}, "approved already"),
]


@pytest.mark.requirement("R53")
@pytest.mark.parametrize(("wrong", "says"), WRONG)
def test_what_is_not_a_new_version_of_a_template_is_not_approved(standing, wrong, says):
    given = text() if "text" not in wrong else wrong["text"]
    typed = {"text": given, "sha256": hashlib.sha256(given.encode()).hexdigest(), "specimen_sha256": SPECIMEN}
    refusal = standing("announced").refused(CHEN, label_templates.approve_template, **(typed | wrong))
    assert refusal.rule == "label.template"
    assert says in refusal.first.what.english


@pytest.mark.requirement("R53")
def test_the_newest_approved_version_is_used_or_the_one_that_is_named(at):
    site = at("announced")
    approve(site, text())
    code = TUBE.prepare(site).code
    assert label_content(site.store, code).template_version == "2"
    named = TUBE.prepare(site, template="tube-51x25@1").code
    assert label_content(site.store, named).template_version == "1"
    approve(site, text("bottle-70x30", "1").replace("collection_tube", "carton"))
    refusal = site.refused(LI, TUBE.command, COLLECTION, **TUBE.typed, template="bottle-70x30")
    assert "is not for this kind" in refusal.first.what.english


@pytest.mark.requirement("R53", "R51")
def test_a_label_drawn_by_another_text_than_the_approved_one_is_not_registered(at):
    site = at("announced")
    code = TUBE.prepare(site).code
    typed = proof_of(site, code)
    for drawn_by in ("0" * 64, None):
        proof = typed["proof"] | {"template_sha256": drawn_by}
        refusal = site.refused(LI, labelling.register_label, code, **typed | {"proof": proof})
        assert (refusal.rule, refusal.first.field) == ("label.template", "template")
    site.run(LI, labelling.register_label, code, **typed)


@pytest.mark.requirement("R53")
def test_a_retired_template_prints_nothing_again_and_what_bears_it_stays(at):
    site = at("labelled")
    site.run(CHEN, label_templates.retire_template, "infusion-100x100@1", reason="another layout")
    assert (
        site.refused(LIU, label_reprinting.reprint_label, "L-00001", why="lost", reason="lost").rule
        == "label.template"
    )
    assert site.row(Label, "L-00001").template == site.row(LabelTemplate, "infusion-100x100@1").key
    (line,) = [t for t in template_list(site.store) if t.code == "infusion-100x100@1"]
    assert (line.approved_by, line.retired) == ("Chen Yu", "another layout")
    again = site.refused(CHEN, label_templates.approve_template, **as_it_was(site))
    assert "was approved and is retired" in again.first.what.english


def as_it_was(site: Site) -> dict[str, str]:
    row = site.row(LabelTemplate, "infusion-100x100@1")
    return {"text": row.text, "sha256": row.sha256, "specimen_sha256": row.specimen_sha256}


@pytest.mark.requirement("R03", "R53")
def test_an_approved_text_is_frozen_in_the_database_itself(reviewed):
    for attack in (
        "UPDATE label_template SET text = 'x'",
        "UPDATE label_template SET specimen_sha256 = 'x', retire_reason = 'x'",
        "DELETE FROM label_template",
    ):
        with pytest.raises(DBAPIError, match="label_template is append-only"):
            reviewed.behind(attack)
