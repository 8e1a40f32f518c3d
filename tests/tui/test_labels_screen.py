"""Every label of a batch on one page: prepared, printed, applied, accounted for, with the sums by kind beneath."""

import re
from pathlib import Path

import pytest
from test_palette_and_people import find
from who_is_there import BATCH

from inkt_mfg.demo.people import PASSWORD
from inkt_mfg.views.batch_page import batch_page
from inkt_mfg.views.label_reconciliation import Reconciliation
from inkt_mfg.views.label_rows import labels_of_batch, labels_of_collection
from inkt_mfg.views.label_templates import template_list
from inkt_mfg.views.labels import label_content
from inkt_mfg.workflow.bench import log_in
from inkt_mfg.workflow.bench_labels import prepare_collection_labels
from inkt_mfg.workflow.deviations import assess_deviation, close_deviation
from inkt_mfg.workflow.label_acts import preparing
from inkt_mfg.workflow.label_templates import approve_template
from inkt_mfg.workflow.signing import Credentials
from labels.approval import for_approval
from tui.widgets.label.sums import in_words

RELEASED, CULTURED = BATCH["YA-004"], BATCH["YA-001"]


def bench(site, user_name):
    return log_in(site.store, Credentials(user_name, PASSWORD), "bench-1")


async def to_labels(person, downs: int) -> None:
    await person.shows("for you")
    await person.press(*["down"] * downs, "b")
    await person.screen("BatchScreen")
    await person.press("l")
    await person.screen("LabelsScreen")


def sums(**counts) -> Reconciliation:
    ends = {e: counts.pop(e, 0) for e in ("applied", "spoiled", "destroyed", "specimen", "returned")}
    given = {"prepared": 0, "never_printed": 0, "printed": 0, "unwitnessed": 0, "open": (), **counts}
    return Reconciliation("cryovial", ended=ends, **given)


@pytest.mark.requirement("R52")
def test_a_difference_is_said_in_words_with_the_serials_it_is_about():
    whole = sums(prepared=3, printed=3, applied=2, spoiled=1)
    assert list(in_words((whole,))) == ["✓ Every label is accounted for."]
    open_ones = tuple(f"L-{n:05d}" for n in range(1, 9))
    missing = sums(prepared=10, printed=10, applied=1, destroyed=2, unwitnessed=1, open=open_ones)
    said = list(in_words((whole, missing)))
    assert said == [
        "✗ cryovial: 8 not accounted for: L-00001, L-00002, L-00003, L-00004, L-00005, L-00006 …",
        "  destroyed without a witness: 1",
    ]
    assert list(in_words(())) == []


def test_the_kinds_that_fit_come_with_why_not_for_the_others(site):
    acts = {a.command.name: a for a in preparing(bench(site, "liu.pharm"), RELEASED)}
    ready = {name for name, act in acts.items() if not act.blockers}
    assert {
        "label.prepare",
        "label.prepare_partial",
        "label.prepare_carton",
        "label.prepare_collection",
    } == ready
    assert acts["label.prepare_quarantine"].blockers[0].rule
    assert acts["label.prepare_in_process"].blockers
    assert {a.command.name for a in preparing(bench(site, "li.tech"), CULTURED)} == {
        "label.prepare_in_process",
        "label.prepare_collection",
    }
    assert preparing(bench(site, "chen.qa"), RELEASED) == ()


@pytest.mark.slow
@pytest.mark.requirement("R52")
async def test_two_labels_are_prepared_printed_by_hand_and_one_accounted_for_as_spoiled(keys, site):
    async with keys("liu.pharm", size=(120, 36)) as person:
        await to_labels(person, 0)
        await person.press("n")
        await person.shows("● Prepare a small container's label and its tag", "✗ Prepare a quarantine label")
        await person.choose("label.prepare_partial")
        await person.screen("PrepareScreen")
        await person.shows("Two labels: the small one, and the tag")
        await person.press("ctrl+s")
        await person.screen("LabelScreen")
        await person.shows("(2)", "✓ The proof passes", "Print 2 labels")
        await person.press("ctrl+s")
        await person.shows("All 2 came out whole")
        await person.press("enter")
        await person.screen("ActScreen")
        await person.press("escape")
        await person.screen("LabelsScreen")
        await person.shows("partial label of a small container: 1 not accounted for", "printed")
        rows = labels_of_batch(site.store, RELEASED).rows
        assert [r.state for r in rows] == ["printed", "printed"]

        await person.press("escape")
        await person.press("down")
        await person.shows("● Keep a label as specimen", "Reprint a label")
        await person.press("enter")
        await person.choose("label.spoil")
        await person.screen("ActScreen")
        await person.field("reason", "torn at the corner")
        await person.press("ctrl+s")
        await person.screen("LabelsScreen")
        await person.shows("spoiled")
    assert labels_of_batch(site.store, RELEASED).rows[0].state == "spoiled"


@pytest.mark.slow
@pytest.mark.requirement("R41")
async def test_a_label_is_applied_by_scanning_it_with_no_record_chosen_first(keys, site):
    store = site.store
    async with keys("liu.pharm", size=(120, 36)) as person:
        await to_labels(person, 0)
        await person.press("n")
        await person.choose("label.prepare")
        await person.screen("PrepareScreen")
        await person.shows("Shipped abroad")
        await person.press("ctrl+s")
        await person.screen("LabelScreen")
        await person.shows("Look at the label and its proof")
        await person.press("ctrl+s")
        await person.shows("It came out of the printer")
        await person.press("enter")
        await person.screen("ActScreen")
        await person.press("escape")
        await person.screen("LabelsScreen")
        label = labels_of_batch(store, RELEASED).rows[-1].code
        content = label_content(store, label)
        await person.press("s")
        await person.screen("ActScreen")
        await person.until(lambda: person.app.focused.name == "scanned_label")
        await person.type("IC1.NOT-OURS.X")
        await person.press("enter")
        await person.shows("label.code")
        await person.press("home", "ctrl+k")
        await person.type(f"]d1{content.payload}")
        await person.press("enter")
        await person.type("YA01-YA-001-P")  # another patient's
        await person.press("enter")
        await person.type(f"{RELEASED}-1")
        await person.press("ctrl+s")
        await person.shows("HARD STOP")
        assert labels_of_batch(store, RELEASED).rows[-1].state == "printed"
        # Right this time, and still not before QA has looked at what happened (R37).
        await person.field("scanned_identity", content.facts.chain_of_identity)
        await person.press("ctrl+s")
        await person.shows("critical deviations are open")
        (opened,) = (d.code for d in batch_page(store, RELEASED).open_deviations)
        quality = bench(site, "chen.qa")
        quality.run(assess_deviation, opened, assessment="seen before it was stuck on")
        quality.run(close_deviation, opened, sign_with=Credentials("chen.qa", PASSWORD))
        await person.press("ctrl+s")
        await person.screen("LabelsScreen")
        await person.shows("applied", "✓ Every label is accounted for.")
    assert batch_page(store, RELEASED).containers[0].state == "labelled"


@pytest.mark.slow
@pytest.mark.requirement("R52")
async def test_a_technician_labels_vials_and_nonsense_is_refused_beside_its_field(keys, site):
    async with keys("li.tech", size=(100, 36)) as person:
        await person.press("f3")
        await person.screen("BatchesScreen")
        await person.shows(CULTURED)
        await person.press("slash")
        await person.type(CULTURED)
        await person.until(lambda: person.app.screen.query_one("#batches").row_count == 1)
        await person.press("enter")
        await person.screen("BatchScreen")
        await person.press("l")
        await person.screen("LabelsScreen")
        await person.shows("● Prepare labels of vessels, vials or samples")
        await person.choose("label.prepare_in_process")
        await person.screen("PrepareScreen")
        await person.field("kind", "cryovial")
        await person.field("step", " ")
        nonsense = {"count": "٣e8", "storage_high": "cold 😀", "keep_until": "tomorrow"}
        right = {"storage_high": "-150 °C", "keep_until": "2027-12-01 09:30", "count": "3"}
        for name, text in nonsense.items():
            await person.field(name, text)
        for name, text in right.items():
            await person.press("ctrl+s")
            await person.until(lambda name=name: person.app.focused.name == name)
            assert person.value(name) == nonsense[name]
            await person.field(name, text)
        await person.press("ctrl+s")
        await person.screen("LabelScreen")
        await person.shows("(3)", "✓ The proof passes", "cryovial")
        await person.press("p")
        await person.screen("PreviewScreen")
        await person.shows("(1/3)")
        await person.press("full_stop")
        await person.shows("(2/3)")
        await person.press("escape")
        await person.screen("LabelScreen")
    rows = labels_of_batch(site.store, CULTURED).rows
    assert [(r.kind, r.state) for r in rows] == [("cryovial", "prepared")] * 3


@pytest.mark.slow
@pytest.mark.requirement("R52")
async def test_labels_of_a_collection_are_prepared_from_the_list_of_collections(keys, site):
    async with keys("li.tech", size=(80, 24)) as person:
        await person.press("f6")
        await person.screen("CollectionsScreen")
        await person.until(lambda: person.app.screen.held is not None)
        collection = person.app.screen.held.code
        await person.press("l")
        await person.screen("LabelsScreen")
        await person.shows("● Prepare labels of a collection")
        await person.choose("label.prepare_collection")
        await person.screen("PrepareScreen")
        await person.shows("Kind of label", "YA-0")
        await person.field("kind", "collection tube")
        await person.field("count", "2")
        await person.press("ctrl+s")
        await person.screen("LabelScreen")
        await person.shows("(2)", "✓ The proof passes")
        await person.press("escape")
        await person.screen("LabelsScreen")
        await person.shows("collection tube: 2 not accounted for")
    assert len(labels_of_collection(site.store, collection).rows) == 2


@pytest.fixture
def own_template(tmp_path, monkeypatch) -> None:
    """A template the site has laid beside ours, which nobody has approved yet."""
    ours = Path(__file__).resolve().parents[2] / "labels" / "templates" / "tube-51x25.toml"
    folder = tmp_path / "own" / "templates"
    folder.mkdir(parents=True)
    text = re.sub(r'(?m)^name = ".*"', 'name = "own-tube"', ours.read_text("utf-8"))
    (folder / "own-tube.toml").write_text(text, "utf-8")
    monkeypatch.setenv("INKT_LABELS", str(tmp_path / "own"))


@pytest.mark.slow
@pytest.mark.requirement("R53")
async def test_qa_approves_a_template_with_its_specimen_before_its_eyes(keys, site, own_template):
    async with keys("chen.qa", size=(120, 36)) as person:
        await find(person, "Approve a label template")
        await person.screen("TemplatesScreen")
        await person.shows("own-tube@1", "✗ NOT approved", "✓ approved")
        await to_row(person, "#templates", "own-tube")
        await person.shows("51 × 25 mm · own-tube")
        await person.press("a")
        await person.sign("chen.qa", "wrong-password-here")
        await person.until(lambda: person.at("SignScreen"))
        await person.sign("chen.qa")
        await person.screen("TemplatesScreen")
        await person.until(lambda: "NOT approved" not in person.says)
        await person.press("x")
        await person.screen("ActScreen")
        await person.field("reason", "nobody can read it in the freezer room")
        await person.press("ctrl+s")
        await person.sign("chen.qa")
        await person.screen("TemplatesScreen")
        await person.shows("✗ retired")
    lines = {line.name: line for line in template_list(site.store)}
    assert lines["own-tube"].retired == "nobody can read it in the freezer room"
    assert re.fullmatch(r"[0-9a-f]{64}", lines["own-tube"].specimen_sha256)


async def to_row(person, table: str, key: str) -> None:
    lines = person.app.screen.query_one(table)
    await person.until(lambda: lines.row_count > 0)
    for _ in range(lines.row_count):
        if lines.held == key:
            return
        await person.press("down")
    assert lines.held == key


@pytest.mark.slow
@pytest.mark.requirement("R51", "R53")
async def test_a_label_that_cannot_be_drawn_says_why_and_is_not_offered_for_printing(
    keys, site, own_template, monkeypatch
):
    approval = for_approval("own-tube")
    bench(site, "chen.qa").run(
        approve_template,
        sign_with=Credentials("chen.qa", PASSWORD),
        text=approval.text,
        sha256=approval.sha256,
        specimen_sha256=approval.sheet.pdf_sha256,
    )
    serial = (
        bench(site, "liu.pharm")
        .run(
            prepare_collection_labels,
            batch_page(site.store, RELEASED).collection,
            kind="collection_tube",
            template="own-tube",
        )
        .code
    )
    monkeypatch.delenv("INKT_LABELS")  # the site's own files are gone
    async with keys("liu.pharm", size=(100, 30)) as person:
        await to_labels(person, 0)
        await person.shows(serial)
        await person.press("down", "i")
        await person.screen("LabelScreen")
        await person.shows(
            "cannot be drawn", "there is no label template own-tube", "1 of 1 cannot be printed."
        )
        assert person.app.screen.query_one("#do").disabled
        await person.press("ctrl+s")
        await person.press("escape")
        await person.screen("LabelsScreen")
        await person.press("p")
        await person.screen("PreviewScreen")
        await person.shows("cannot be drawn", "label.template")
    assert [r.state for r in labels_of_batch(site.store, RELEASED).rows] == ["prepared"]
