"""``inkt label template``, ``draw``, ``reprint`` and ``reconciliation``: QA approves, technicians draw, everything is counted."""

import pytest

TUBE = ("act", "label.prepare_collection", "C-00001", "kind=collection_tube", "--as", "li.tech")


@pytest.mark.requirement("R53")
def test_a_template_is_looked_at_before_it_is_approved_and_retired_with_a_reason(at, tmp_path):
    assert (
        at("label", "template", "retire", "tube-51x25@1", "--reason", "too small", "--as", "chen.qa").code
        == 0
    )
    listed = at.json("label", "template", "list").document
    approved = {t["name"]: t["approved"] for t in listed["templates"]}
    assert (approved["tube-51x25"], approved["infusion-100x100"]) == (False, True)
    assert {a["retired"] for a in listed["approvals"]} == {None, "too small"}
    refusal = at.json(*TUBE).refused
    assert refusal["rule"] == "label.template"
    assert "inkt label template approve tube-51x25" in refusal["expected"]
    shown = at.json("label", "template", "show", "tube-51x25", "--out", "tube.pdf").document
    assert (tmp_path / "tube.pdf").read_bytes().startswith(b"%PDF")
    assert shown["proof"]["template_sha256"] == shown["sha256"]
    (tmp_path / "other.pdf").write_bytes(b"another page")
    approve = ("label", "template", "approve", "tube-51x25", "--as", "chen.qa", "--specimen")
    assert at.json(*approve, "other.pdf").refused["field"] == "specimen"
    assert at.json(*approve, "tube.pdf").refused["rule"] == "label.template", (
        "a retired version does not come back"
    )


@pytest.mark.slow
@pytest.mark.requirement("R53")
def test_a_misspelt_template_is_for_whoever_typed_it(shell):
    refusal = shell.json("label", "template", "show", "tube-50x25", "--out", "x.pdf").refused
    assert (refusal["rule"], refusal["typed"]) == ("label.template", "tube-50x25")
    assert refusal["resolve_by"] == "whoever typed it, by typing it again"


def test_a_file_that_is_no_pdf_is_refused_in_our_own_words(shell, tmp_path):
    (tmp_path / "no.pdf").write_bytes(b"\x89no page at all")
    said = shell("label", "proof", "no.pdf").err
    assert "the file cannot be read as a PDF. Expected: a label's PDF" in said


def test_a_qa_officer_approves_a_sites_own_template(at, tmp_path):
    from labels.approval import on_file

    own = tmp_path / "own" / "templates"
    own.mkdir(parents=True)
    text = on_file("tube-51x25")[1].replace('name = "tube-51x25"', 'name = "tube-ours"')
    (own / "tube-ours.toml").write_text(text, encoding="utf-8")
    at.environment.setenv("INKT_LABELS", str(tmp_path / "own"))
    assert at.json(*TUBE, "template=tube-ours").refused["rule"] == "label.template"
    assert at.json("label", "template", "approve", "tube-ours", "--as", "li.tech").refused["rule"] == "R24"
    assert at.json("label", "template", "approve", "tube-ours", "--as", "chen.qa").document == {
        "approved": ["tube-ours@1"]
    }
    assert at.json(*TUBE, "template=tube-ours").document["code"] == "L-00001"


@pytest.mark.requirement("R52")
def test_a_technician_draws_reprints_and_accounts_for_a_collections_labels(at, tmp_path):
    three = at.json(*TUBE[:4], "count=3", *TUBE[4:]).document
    assert three["codes"] == ["L-00001", "L-00002", "L-00003"]
    for code in three["codes"][1:]:
        assert at("act", "label.spoil", code, "--reason", "one tube is enough", "--as", "li.tech").code == 0
    drawn = at.json("label", "draw", "L-00001", "--out", "out", "--as", "li.tech").document["labels"]
    assert [(x["label"], x["kind"]) for x in drawn] == [("L-00001", "collection_tube")]
    bytes_before = (tmp_path / "out" / "L-00001.pdf").read_bytes()
    assert at("label", "draw", "L-00001", "--out", "out", "--as", "li.tech").code == 0
    assert (tmp_path / "out" / "L-00001.pdf").read_bytes() == bytes_before
    again = ("label", "reprint", "L-00001", "--why", "damaged", "--reason", "torn", "--out", "again.pdf")
    copy = at.json(*again, "--as", "li.tech").document
    assert (copy["label"], copy["reprint_of"], copy["reprint"]) == ("L-00004", "L-00001", 1)
    for code in ("C-00001", "B-00001"):
        account = at.json("label", "reconciliation", code).document
        assert account["reconciled"] is False
        assert [(k["kind"], k["open"]) for k in account["kinds"]] == [("collection_tube", ["L-00004"])]
    assert "OPEN" in at("label", "reconciliation", "C-00001").out
