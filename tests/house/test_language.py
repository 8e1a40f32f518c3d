"""What people read: every sentence has its Chinese, with the same blanks; records and JSON stay English."""

import gettext
import json
import re
import sqlite3
import string
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from inkt_mfg.cli.main import run
from inkt_mfg.demo.lab import Lab
from inkt_mfg.demo.site import demo_lab
from inkt_mfg.demo.trial import Patient, Trial, enrol
from inkt_mfg.language import LANGUAGES, Phrase, choose_language, current_language
from inkt_mfg.records.base import spoken
from inkt_mfg.records.count import CellCount
from inkt_mfg.records.words import DoseVerdict, Role, TestVerdict
from inkt_mfg.refusal import Refusal, refuse
from inkt_mfg.units import Kind
from inkt_mfg.workflow import collections
from inkt_mfg.workflow.subjects import chain_of_identity
from tools.words import catalogue_path, read, sentences

DAY = date(2026, 11, 19)
CHINESE = re.compile(r"[\u3400-\u9fff]")
WEIGHT_WITHOUT_UNIT = ("bsa", "--height", "168 cm", "--weight", "65")

translated_languages = pytest.mark.parametrize("language", [code for code in LANGUAGES if code != "en"])


@pytest.fixture(autouse=True)
def no_language_chosen(monkeypatch) -> Iterator[None]:
    """Each test begins in English, whatever the machine speaks, and leaves nothing chosen."""
    for variable in ("INKT_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(variable, raising=False)
    choose_language(None)
    yield
    choose_language(None)


@pytest.fixture
def in_chinese(no_language_chosen) -> None:
    choose_language("zh_CN")


def blanks(template: str) -> list[tuple[str, str | None, str | None]]:
    """Name, format and conversion of each blank, in one order whatever the language's order is."""
    return sorted(
        (name, form, turned)
        for _text, name, form, turned in string.Formatter().parse(template)
        if name is not None
    )


# --- the catalogues


@translated_languages
def test_every_sentence_of_the_source_is_translated(language):
    translated = {str(m.id) for m in read(language) if m.id and m.string and not m.fuzzy}
    missing = [sentence for sentence in sentences() if sentence not in translated]
    assert not missing, "`make words`, then translate:\n" + "\n".join(missing)


@translated_languages
def test_a_catalogue_holds_no_sentence_that_left_the_source(language):
    assert {str(m.id) for m in read(language) if m.id} <= set(sentences())


@translated_languages
def test_a_translation_has_the_blanks_of_its_sentence(language):
    wrong = [(m.id, m.string) for m in read(language) if m.id and blanks(str(m.id)) != blanks(str(m.string))]
    assert not wrong


@translated_languages
def test_lines_and_indents_are_kept(language):
    """A list that is indented in one language is indented in the other."""

    def shape(text: str) -> tuple[int, int]:
        return text.count("\n"), 0 if text.startswith(" (") else len(text) - len(text.lstrip(" "))

    wrong = [(m.id, m.string) for m in read(language) if m.id and shape(str(m.id)) != shape(str(m.string))]
    assert not wrong


@translated_languages
def test_the_compiled_catalogue_is_what_the_text_says(language):
    with catalogue_path(language).with_suffix(".mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    said = {str(m.id): str(m.string) for m in read(language) if m.id}
    assert {sentence: compiled.gettext(sentence) for sentence in said} == said
    assert compiled._catalog.keys() - {""} == said.keys()


def test_chinese_sentences_take_chinese_punctuation():
    """A comma, semicolon or bracket right beside a Chinese character is a full-width one; 时:分 is how to type a time."""
    half = re.compile(r"[\u3400-\u9fff] ?(?:[,;?!]|:(?!分))|[,;?!()][\u3400-\u9fff]|[\u3400-\u9fff]\(")
    wrong = [m.string for m in read("zh_CN") if m.id and half.search(str(m.string))]
    assert not wrong


def test_extraction_finds_a_sentence_inside_a_formatted_string():
    """``f"{Phrase('taken')}"`` is one: a reader of tokens would not see it."""
    assert "inkt_mfg/reports/record_product.py" in sentences()["taken"]


# --- a phrase


def test_a_phrase_is_shown_in_the_readers_language_and_kept_in_english(in_chinese):
    phrase = Phrase("lot {code} expired on {day}", code="AG-0087", day=DAY)
    assert str(phrase) == "物料批 AG-0087 已于 2026-11-19 过期"
    assert phrase.english == "lot AG-0087 expired on 2026-11-19"


def test_a_phrase_in_the_blank_of_another_is_translated_too(in_chinese):
    phrase = Phrase("{kind}, such as {example}", kind=Phrase(Kind.BODY_WEIGHT.value), example="65 kg")
    assert str(phrase) == "体重，例如 65 kg"
    assert phrase.english == "body weight, such as 65 kg"


def test_a_sentence_no_catalogue_knows_is_shown_in_english(in_chinese):
    assert (
        str(Phrase("a sentence nobody has written yet: {n}", n=1)) == "a sentence nobody has written yet: 1"
    )


def test_an_empty_phrase_is_empty(in_chinese):
    """Not the catalogue's own header, which gettext keeps under the empty sentence."""
    assert str(Phrase("")) == ""


@pytest.mark.parametrize("words", [DoseVerdict, TestVerdict, Role, Kind])
def test_the_words_of_a_closed_list_are_translated_where_they_are_shown(in_chinese, words):
    shown = [str(Phrase(str(word.value).replace("_", " "))) for word in words]
    assert all(CHINESE.search(word) for word in shown), shown


def test_within_and_its_shouted_form_say_the_same(in_chinese):
    assert str(Phrase(DoseVerdict.WITHIN.value)) == str(Phrase("WITHIN")) == "范围内"


def test_a_record_is_named_as_people_name_it(in_chinese):
    assert str(spoken(CellCount)) == "细胞计数"
    assert spoken(CellCount).english == "cell count"


# --- which language


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({}, "en"),
        ({"LANG": "zh_CN.UTF-8"}, "zh_CN"),
        ({"LANG": "zh_TW.UTF-8"}, "zh_CN"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "C.UTF-8"}, "en"),
        ({"LANG": "zh_CN.UTF-8", "INKT_LANG": "en"}, "en"),
        ({"LC_ALL": "en_GB.UTF-8", "INKT_LANG": "zh_CN"}, "zh_CN"),
    ],
)
def test_the_environment_says_which_language(monkeypatch, environment, language):
    for variable, value in environment.items():
        monkeypatch.setenv(variable, value)
    assert current_language() == language


def test_a_language_chosen_goes_before_the_environment(monkeypatch):
    monkeypatch.setenv("INKT_LANG", "zh_CN")
    choose_language("en")
    assert current_language() == "en"
    choose_language(None)
    assert current_language() == "zh_CN"


def test_a_language_that_is_not_there_is_not_chosen():
    with pytest.raises(ValueError, match="tlh"):
        choose_language("tlh")
    assert current_language() == "en"


# --- refusals, the command line, the ledger


def test_a_refusal_speaks_the_readers_language_and_its_json_english(in_chinese):
    no = refuse("R99", Phrase("there is no count"), expected=Phrase("at least one count"), typed="0")
    assert str(no) == "被规则 R99 拒绝：没有计数（输入：0）。应为：至少一个计数。解决办法：录入者，重新录入。"
    assert not CHINESE.search(json.dumps(no.first.as_json(), ensure_ascii=False))


def test_the_command_line_refuses_in_chinese(monkeypatch, capsys):
    monkeypatch.setenv("INKT_LANG", "zh_CN")
    with pytest.raises(SystemExit) as ended:
        run(WEIGHT_WITHOUT_UNIT)
    printed = capsys.readouterr()
    assert ended.value.code == 3
    assert "没有单位，单位从不猜测" in printed.err
    assert "Refused" not in printed.err


def test_json_is_english_in_every_language(monkeypatch, capsys):
    answers = []
    for language in LANGUAGES:
        monkeypatch.setenv("INKT_LANG", language)
        with pytest.raises(SystemExit) as ended:
            run([*WEIGHT_WITHOUT_UNIT, "--json"])
        answers.append((ended.value.code, capsys.readouterr().out))
    assert json.loads(answers[0][1])["refused"]["what"] == "there is no unit, and none is guessed"
    assert len(set(answers)) == 1


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    with demo_lab(tmp_path / "site", DAY) as lab:
        yield lab


@pytest.fixture
def enrolled(lab: Lab) -> Patient:
    trial = Trial(lab, DAY, subjects=2)
    patient = replace(trial.patients[0], name="Wu Fang")
    enrol(lab, patient, trial.prepare())
    return patient


def test_the_ledger_is_english_whatever_language_the_bench_reads(lab, enrolled, in_chinese, tmp_path):
    """A departure is written into a deviation out of phrases; a record is one and the same for everybody."""
    announced = lab.do(
        "li.tech", collections.announce, enrolled.number, donation_id="YA261119001", anticoagulant="ACD-A"
    )
    arrival = {
        "scanned_identity": chain_of_identity("YA01", enrolled.number),
        "scanned_patient_id": enrolled.patient_id,
        "collected_at": lab.now(),
        "received_at": lab.now(),
        "volume": "100 mL",
        "temperature": "30.5 °C",
        "container_intact": "yes",
    }
    with pytest.raises(Refusal) as asked:
        lab.do("li.tech", collections.receive, announced.code, **arrival)
    received = lab.do(
        "li.tech", collections.receive, announced.code, **arrival, deviation_reason="hot courier"
    )
    assert "温度为 30.5 °C" in str(asked.value)
    assert "已接收" in str(received.says)
    with closing(sqlite3.connect(tmp_path / "site" / "site.db")) as database:
        # But for the accountability statement, which is one text in both languages, made with the site.
        question = "SELECT body FROM ledger_entry WHERE command <> 'site.create'"
        written = [body for (body,) in database.execute(question)]
        (deviation,) = database.execute("SELECT description FROM deviation").fetchone()
    assert deviation.startswith("temperature is 30.5 °C. Planned: ")
    assert any("hot courier" in body for body in written)
    assert not [body for body in written if CHINESE.search(body)]
