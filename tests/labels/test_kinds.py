"""Every kind of label: what must stand on it, what its tag or papers carry, and what a site may add by files."""

import dataclasses
import json
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

import pytest

from inkt_mfg.codes.label_code import LabelCode, read_code
from inkt_mfg.refusal import Refusal
from inkt_mfg.views.label_content import SPECIMEN, LabelContent, content_of
from inkt_mfg.views.label_facts import wording
from inkt_mfg.views.label_kinds import KINDS
from labels import template
from labels.elements import elements
from labels.layout import lay_out
from labels.produce import produce, specimen
from labels.proof import proof_of_file
from labels.specimen import specimen_content, specimen_facts

IDENTITY = {
    "patient_name",
    "patient_id",
    "chain_of_identity",
    "collection_code",
    "collection_check",
    "container",
}


def printed(content: LabelContent) -> dict[str, str]:
    """Element → what stands on the page of it."""
    found: dict[str, str] = {}
    for run in lay_out(content).runs:
        found[run.element] = found.get(run.element, "") + run.text
    return found


@pytest.mark.requirement("R50")
@pytest.mark.parametrize("kind", KINDS)
def test_every_label_however_small_says_whose_it_is_and_that_it_is_autologous(kind: str) -> None:
    on_it = printed(specimen_content(kind, "CN", ("zh",)))
    assert IDENTITY | {"autologous", "serial"} <= set(on_it)
    assert {"batch"} <= set(on_it) or KINDS[kind].stage == "C"
    assert "expiry" in on_it or kind == "destroyed"


@pytest.mark.requirement("R50")
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("fact", ["patient_name", "patient_id", "expires_at", "product_code"])
def test_on_every_kind_a_missing_fact_refuses_the_print_and_names_it(kind: str, fact: str) -> None:
    nothing = None if fact == "expires_at" else ""
    content = specimen_content(kind, "EU-IMP", ("en",), **{fact: nothing})
    element = "expiry" if fact == "expires_at" else fact
    if (kind == "destroyed" and element == "expiry") or (KINDS[kind].stage == "C" and element == "expiry"):
        assert element not in elements(content)
        return
    with pytest.raises(Refusal) as refused:
        elements(content)
    assert (refused.value.rule, refused.value.first.field) == ("R50", element)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_survives_its_json_and_reads_back_from_its_own_code(kind: str) -> None:
    content = specimen_content(kind, "CN", ("zh",), serial="L-000123")
    assert LabelContent.from_json(content.to_json()) == content
    code = read_code(content.payload)
    assert isinstance(code, LabelCode)
    assert (code.kind, code.serial) == (KINDS[kind].code, "L-000123")
    assert len(content.payload) <= 60, "short enough for a cryovial"


def test_a_label_of_one_kind_cannot_be_read_as_another() -> None:
    body = json.loads(specimen_content("sample", "CN", ("zh",)).to_json())
    for changed in ({"kind": "infusion"}, {"kind": "bucket"}, {"stage": "R"}):
        with pytest.raises(Refusal) as refused:
            LabelContent.from_json(json.dumps(body | changed))
        assert refused.value.rule == "label.content"


@pytest.mark.requirement("R55")
def test_a_kind_is_given_only_its_own_facts() -> None:
    with pytest.raises(Refusal) as refused:
        content_of(
            "infusion",
            specimen_facts("quarantine"),
            profile="CN",
            languages=("zh",),
            serial="L-000001",
            training=False,
        )
    assert refused.value.rule == "label.content"


@pytest.mark.requirement("R55")
def test_nothing_before_release_says_released_or_how_to_infuse() -> None:
    for kind, row in KINDS.items():
        found = elements(specimen_content(kind, "EU-IMP", ("en",)))
        says = " ".join(text for element in found.values() for text in element.text)
        assert ("RELEASED" in says) == (row.stage == "R"), kind
        if row.stage != "R":
            assert {"route", "directions", "certificate", "released_by"}.isdisjoint(found)


def test_a_final_container_before_release_says_quarantine_in_white_on_black() -> None:
    runs = lay_out(specimen_content("quarantine", "CN", ("en", "zh"))).runs
    assert "".join(r.text for r in runs if r.element == "status" and r.white).split() == [
        "QUARANTINE",
        "待检",
    ]


def test_a_destroyed_container_says_so_first_with_two_names() -> None:
    content = specimen_content("destroyed", "EU-IMP", ("en",))
    says = printed(content)
    assert says["destroyed"] == "DESTROYED – DO NOT USE"
    assert "Chen Jie" in says["destroyed_by"]
    assert "Zhao Min" in says["witnessed_by"]
    assert max(lay_out(content).runs, key=lambda r: r.size).element == "destroyed"


@pytest.mark.requirement("R50")
def test_what_a_partial_label_has_no_room_for_its_tag_bears() -> None:
    changed = {"serial": "L-000123", "reactive": (wording(en="hepatitis B", zh="乙型肝炎"),)}
    partial = produce(specimen_content("partial", "EU-IMP", ("en",), **changed))
    assert KINDS["partial"].attached == "tag"
    tag = specimen_content("tag", "EU-IMP", ("en",), **changed)
    borne = set(printed(tag)) | {s.element for s in lay_out(tag).symbols}
    assert {"code_128", "reactive", "sponsor", "trial_use"} <= set(partial.attached)
    assert set(partial.attached) <= borne


@pytest.mark.parametrize("kind", [k for k in KINDS if k != "destroyed"])
def test_a_reactive_donor_has_the_biohazard_sign_drawn_with_its_meaning_in_words(kind: str) -> None:
    page = lay_out(specimen_content(kind, "EU-IMP", ("en",)))
    assert [d.name for d in page.drawings] == ["biohazard"]
    assert "BIOHAZARD" in "".join(r.text for r in page.runs if r.element == "biohazard")
    clean = lay_out(specimen_content(kind, "EU-IMP", ("en",), reactive=()))
    assert clean.drawings == ()


def test_each_reactive_agent_has_a_line_of_its_own_on_the_bag() -> None:
    agents = (wording(en="hepatitis B", zh="乙型肝炎"), wording(en="syphilis", zh="梅毒"))
    runs = lay_out(specimen_content("infusion", "EU-IMP", ("en",), reactive=agents)).runs
    assert len({run.y for run in runs if run.element == "reactive"}) == 2


def test_shipped_abroad_any_label_gives_its_expiry_in_utc_too() -> None:
    for kind in ("collection_bag", "infusion", "carton"):
        abroad = printed(specimen_content(kind, "EU-IMP", ("en",), shipped_abroad=True))
        assert abroad["expiry_utc"].endswith("UTC")


def test_offsets_of_half_hours_and_west_of_greenwich_are_written_out() -> None:
    for minutes, said in ((330, "UTC+05:30"), (-300, "UTC-05:00")):
        at = datetime(2026, 12, 1, 9, 30, tzinfo=timezone(timedelta(minutes=minutes)))
        assert said in printed(specimen_content("sample", "EU-IMP", ("en",), expires_at=at))["expiry"]


@pytest.mark.requirement("R53")
@pytest.mark.parametrize(
    "name", sorted(p.stem for p in (Path(template.__file__).parent / "templates").glob("*.toml"))
)
def test_every_template_has_a_specimen_that_says_so_and_a_hash_for_its_approval(name: str) -> None:
    shown = specimen(name)
    assert shown.content.serial == SPECIMEN
    assert "样张" in "".join(run.text for run in shown.page.runs if run.element == "specimen")
    assert f".{SPECIMEN}." in shown.content.payload
    assert len(template.template_sha256(name, "1")) == 64


@pytest.mark.requirement("R53")
def test_a_template_is_not_used_for_another_kind() -> None:
    with pytest.raises(Refusal) as refused:
        lay_out(specimen_content("cryovial", "CN", ("zh",), template="infusion-100x100"))
    assert (refused.value.rule, refused.value.first.typed) == ("label.template", "cryovial")


@pytest.fixture
def site_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder for the site's own label files."""
    for folder in ("profiles", "words", "templates"):
        (tmp_path / folder).mkdir()
    monkeypatch.setenv("INKT_LABELS", str(tmp_path))
    return tmp_path


OURS = Path(template.__file__).parent


@pytest.mark.requirement("R50")
def test_a_site_adds_a_profile_of_its_own_by_a_file(site_files: Path) -> None:
    (site_files / "profiles" / "SITE-A.toml").write_text(
        'name = "SITE-A"\nlanguages = []\n[text.en]\ntrial_use = "Investigational, hospital exemption"\n'
        '[stages]\nhuman_origin = { R = "A" }\n',
        "utf-8",
    )
    found = elements(specimen_content("infusion", "SITE-A", ("en",)))
    assert found["trial_use"].text == ("Investigational, hospital exemption",)
    with pytest.raises(Refusal) as refused:
        elements(specimen_content("infusion", "SITE-B", ("en",)))
    assert "SITE-A" in str(refused.value)


def test_a_language_is_added_by_a_file(site_files: Path) -> None:
    german = (
        (OURS / "words" / "en.toml")
        .read_text("utf-8")
        .replace("FOR AUTOLOGOUS USE ONLY", "NUR ZUR AUTOLOGEN ANWENDUNG")
    )
    (site_files / "words" / "de.toml").write_text(german, "utf-8")
    (site_files / "profiles" / "DE.toml").write_text(
        'name = "DE"\nlanguages = ["de"]\n[text.de]\ntrial_use = "Zur klinischen Prüfung bestimmt"\n', "utf-8"
    )
    content = specimen_content("infusion", "DE", ("de",))
    facts = {
        field.name: wording(de=value.get("en"), en=value.get("en"))
        for field in dataclasses.fields(content.facts)
        if hasattr(value := getattr(content.facts, field.name), "by_language")
    }
    sheet = produce(specimen_content("infusion", "DE", ("de",), reactive=(), **facts))
    said = {run.element: run.text for run in sheet.page.runs}
    assert said["autologous"] == "NUR ZUR AUTOLOGEN ANWENDUNG"
    assert "klinischen" in said["trial_use"]


def test_a_template_of_a_free_size_is_added_by_a_file(site_files: Path) -> None:
    own = (OURS / "templates" / "vessel-50x50.toml").read_text("utf-8")
    own = (
        own.replace('"vessel-50x50"', '"vessel-60x72"')
        .replace("width_mm = 50", "width_mm = 60")
        .replace("height_mm = 50", "height_mm = 72.5")
    )
    (site_files / "templates" / "vessel-60x72.toml").write_text(own, "utf-8")
    sheet = produce(specimen_content("vessel", "EU-IMP", ("en",), template="vessel-60x72"))
    assert sheet.proof.passed


def test_a_site_cannot_put_another_file_in_the_place_of_ours(site_files: Path) -> None:
    (site_files / "profiles" / "CN.toml").write_text('name = "CN"\nlanguages = []\n', "utf-8")
    with pytest.raises(Refusal) as refused:
        elements(specimen_content("infusion", "CN", ("zh",)))
    assert (refused.value.rule, refused.value.first.typed) == ("label.file", "CN")


def test_a_file_that_is_no_toml_is_refused_by_name(site_files: Path) -> None:
    (site_files / "profiles" / "BROKEN.toml").write_text("name =", "utf-8")
    with pytest.raises(Refusal, match=r"BROKEN\.toml"):
        elements(specimen_content("infusion", "BROKEN", ("en",)))


@pytest.mark.requirement("R51")
def test_a_file_without_its_content_and_a_file_that_is_no_pdf_are_refused() -> None:
    from labels.pdf import draw

    bare = draw(lay_out(specimen_content("sample", "CN", ("zh",))))
    for pdf in (bare, b"nothing"):
        with pytest.raises(Refusal) as refused:
            proof_of_file(pdf)
        assert refused.value.rule == "label.proof"


@pytest.mark.requirement("R51")
def test_a_page_with_another_patients_content_attached_does_not_pass() -> None:
    from labels.pdf import draw

    mine = specimen_content("sample", "CN", ("zh",))
    theirs = specimen_content("sample", "CN", ("zh",), patient_name="李建国", volume_ml=Decimal("4.0"))
    _, found = proof_of_file(draw(lay_out(mine), theirs.to_json()))
    assert not found.passed
    content, good = proof_of_file(draw(lay_out(mine), mine.to_json()))
    assert good.passed
    assert content == mine


def test_utc_itself_has_no_offset_behind_it() -> None:
    at = datetime(2026, 12, 1, 9, 30, tzinfo=UTC)
    assert printed(specimen_content("sample", "EU-IMP", ("en",), expires_at=at))["expiry"].endswith("UTC")
