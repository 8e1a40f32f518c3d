"""The calculators' contract on the command line: the JSON document, the exit code, and the refusal as one paragraph."""

import json
import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest

from inkt_mfg.cli.main import NOUNS, run

BODY = ("--height", "168 cm", "--weight", "65 kg")
DOSE = ("dose", "check", "--cells", "1.7e9 cells", *BODY)


@pytest.fixture
def inkt(capsys, monkeypatch):
    """Run ``inkt`` in this process: exit code, stdout, stderr."""
    for variable in ("INKT_SITE", "INKT_DATABASE_URL", "INKT_LANG"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("LC_ALL", "C.UTF-8")

    def command(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            run(arguments)
        printed = capsys.readouterr()
        return ended.value.code, printed.out, printed.err

    return command


@pytest.fixture
def answer(inkt):
    """Run with ``--json``: exit code and the one document on stdout."""

    def command(*arguments: str) -> tuple[int, dict]:
        code, out, _ = inkt(*arguments, "--json")
        assert out.count("\n") == 1, "one document, one line"
        return code, json.loads(out)

    return command


def number(quantity: dict[str, str], unit: str) -> Decimal:
    assert quantity.keys() == {"value", "unit"}
    assert quantity["unit"] == unit
    assert isinstance(quantity["value"], str)
    return Decimal(quantity["value"])


# ---- bsa


def test_bsa_answers_formula_and_surface(answer):
    code, document = answer("bsa", *BODY)
    assert code == 0
    assert document.keys() == {"formula", "bsa"}
    assert document["formula"] == "mosteller"
    assert round(number(document["bsa"], "m^2"), 12) == Decimal("1.741646730348")


@pytest.mark.parametrize(
    ("formula", "printed"),
    [("dubois", "1.996"), ("haycock", "2.007"), ("gehan_george", "2.009"), ("boyd", "2.007")],
)
def test_bsa_by_other_formulas(answer, formula, printed):
    """Printed by InsightRX/clinPK's own tests for 180 cm, 80 kg."""
    code, document = answer("bsa", "--height", "1.80 m", "--weight", "80 kg", "--formula", formula)
    assert (code, document["formula"]) == (0, formula)
    assert round(number(document["bsa"], "m^2"), 3) == Decimal(printed)


def test_bsa_prints_its_derivation_and_source_for_people(inkt):
    code, out, err = inkt("bsa", *BODY)
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        "BSA (mosteller) = √(H × W / 3600) = √(168 cm × 65 kg / 3600) = 1.741646730 m^2",
        "Mosteller 1987 NEJM 317:1098",
    ]


def test_a_formula_of_doubtful_source_says_so(inkt):
    assert "general knowledge" in inkt("bsa", *BODY, "--formula", "hu_general")[1]


def test_json_may_be_asked_for_before_or_after_the_noun(inkt):
    assert inkt("--json", "bsa", *BODY) == inkt("bsa", *BODY, "--json")


@pytest.mark.parametrize(
    ("height", "weight", "formula", "rule"),
    [
        ("168", "65 kg", "mosteller", "units.missing"),
        ("168 kg", "65 kg", "mosteller", "units.unknown"),
        ("1,68 m", "65 kg", "mosteller", "units.number"),
        ("65 cm", "168 kg", "mosteller", "body.height"),
        ("1.68 cm", "65 kg", "mosteller", "body.height"),
        ("168 cm", "143 kg", "mosteller", "body.bmi"),
        ("168 cm", "65 kg", "mostelar", "body.formula"),
    ],
)
def test_a_wrong_body_is_refused_with_exit_3_and_one_document(inkt, height, weight, formula, rule):
    code, out, err = inkt("bsa", "--height", height, "--weight", weight, "--formula", formula, "--json")
    refused = json.loads(out)["refused"]
    assert code == 3
    assert refused["rule"] == rule
    assert {"rule", "field", "typed", "expected", "resolve_by"} <= refused.keys()
    assert refused["typed"]
    assert f"Refused by {rule}" in err


def test_without_json_a_refusal_leaves_stdout_empty(inkt):
    code, out, err = inkt("bsa", "--height", "168", "--weight", "65 kg")
    assert (code, out) == (3, "")
    assert err.startswith("Refused by units.missing: there is no unit, and none is guessed (typed: 168).")


def test_an_unusual_body_is_answered_with_the_question_on_stderr(inkt):
    code, out, err = inkt("bsa", "--height", "168 cm", "--weight", "110 kg", "--json")
    assert (code, json.loads(out).keys()) == (0, {"formula", "bsa"})
    assert "unusual" in err


# ---- dose check


def test_dose_check_answers_everything_a_reader_needs(answer):
    code, document = answer("dose", "check", "--cells", "1.75e9 cells", *BODY)
    assert code == 3
    assert list(document) == [
        "protocol", "basis", "formula", "cells", "bsa", "dose", "window", "verdict", "max_cells", "derivation", "record",
    ]  # fmt: skip
    assert (document["protocol"], document["formula"], document["verdict"]) == (
        "nct04011033",
        "mosteller",
        "above",
    )
    assert document["record"] is False
    assert number(document["cells"], "cell") == 1_750_000_000
    assert round(number(document["dose"], "cell/m^2"), 3) == Decimal("1004796190.586")
    assert number(document["window"]["low"], "cell/m^2") == 500_000_000
    assert number(document["window"]["high"], "cell/m^2") == 1_000_000_000
    assert round(number(document["max_cells"], "cell"), 3) == Decimal("1741646730.348")
    assert document["derivation"][1] == {
        "formula": "dose = cells / BSA",
        "values": "1.75×10^9 cells / 1.741646730 m^2",
        "result": "1.004796191×10^9 cells/m^2",
    }


@pytest.mark.parametrize(
    ("cells", "verdict", "code"),
    [
        ("1e9 cells", "within", 0),
        ("2×10^9 cells", "within", 0),
        ("2000000001 cells", "above", 3),
        ("999999999 cells", "below", 3),
    ],
)
def test_exit_0_is_within_and_the_limits_are_within(answer, cells, verdict, code):
    """180 cm and 80 kg are exactly 2 m² by Mosteller."""
    got, document = answer("dose", "check", "--cells", cells, "--height", "180 cm", "--weight", "80 kg")
    assert (document["verdict"], got) == (verdict, code)


@pytest.mark.parametrize(
    ("formula", "verdict"), [("stevenson", "above"), ("mosteller", "above"), ("hu_general", "within")]
)
def test_outside_a_site_another_formula_may_be_tried(answer, formula, verdict):
    _, document = answer("dose", "check", "--cells", "1.75e9 cells", *BODY, "--formula", formula)
    assert (document["formula"], document["verdict"]) == (formula, verdict)


@pytest.mark.parametrize("basis", ["viable_inkt", "total_viable"])
def test_outside_a_site_either_basis_may_be_tried(answer, basis):
    assert answer(*DOSE, "--basis", basis)[1]["basis"] == basis


@pytest.mark.parametrize("where", ["option", "environment"])
@pytest.mark.parametrize(("option", "value"), [("--formula", "hu_general"), ("--basis", "total_viable")])
def test_inside_a_site_only_the_protocol_chooses(inkt, tmp_path, monkeypatch, where, option, value):
    if where == "environment":
        monkeypatch.setenv("INKT_SITE", str(tmp_path))
    site = ("--site", str(tmp_path)) if where == "option" else ()
    code, out, _ = inkt(*site, *DOSE, option, value, "--json")
    refused = json.loads(out)["refused"]
    assert code == 3
    assert refused["rule"] == f"dose.{option.removeprefix('--')}"
    assert "QA officer" in refused["resolve_by"]


def test_inside_a_site_the_protocol_s_own_may_be_named(inkt, tmp_path):
    assert inkt("--site", str(tmp_path), *DOSE, "--formula", "mosteller", "--basis", "viable_inkt")[0] == 0


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (("--cells", "5e8"), "units.missing"),
        (("--cells", "5e8 cells/mL"), "units.unknown"),
        (("--cells", "1 000 cells"), "units.number"),
        (("--cells", "1e999999999 cells"), "units.number"),
        (("--cells", "-5 cells"), "units.number"),
        (("--weight", "143 kg"), "body.bmi"),
        (("--height", "1.68 cm"), "body.height"),
        (("--basis", "all"), "dose.basis"),
        (("--formula", "best"), "body.formula"),
        (("--protocol", "nct00000000"), "protocol.unknown"),
    ],
)
def test_wrong_values_are_refused_with_exit_3(answer, change, rule):
    code, document = answer(*DOSE, *change)
    assert (code, document["refused"]["rule"]) == (3, rule)


def test_for_people_the_dose_is_shown_with_the_digits_that_decide(inkt):
    code, out, _ = inkt(
        "dose", "check", "--cells", "2000000001 cells", "--height", "180 cm", "--weight", "80 kg"
    )
    assert code == 3
    assert out.startswith("above: 1.0000000005×10^9 cells/m^2 of viable iNKT cells")
    assert "not a record" in out


# ---- criterion check


@pytest.mark.parametrize(
    ("criterion", "result", "verdict", "code"),
    [
        (">=70 %", "79.2 %", "pass", 0),
        (">80%", "79.2%", "fail", 3),
        (">=70", "97.9", "pass", 0),
        (">=90%", "nd", "not_determined", 3),
        (">=90%", "", "not_determined", 3),
        ("<=0.3", "<0.5", "not_determined", 3),
        ("<=0.3", "<0.3", "pass", 0),
        ("report only", "3.4", "report_only", 0),
        ("2-8 °C", "-5 °C", "fail", 3),
        ("<100", "No beads", "not_determined", 3),
        ("no growth", "negative to date (day 7)", "not_determined", 3),
    ],
)
def test_criterion_check(answer, criterion, result, verdict, code):
    got, document = answer("criterion", "check", criterion, result)
    assert document.keys() == {"verdict", "why"}
    assert (document["verdict"], got) == (verdict, code)
    assert document["why"]


def test_the_protocol_s_term_map_explains_words(answer):
    assert (
        answer("criterion", "check", "<100", "No beads", "--protocol", "nct04011033")[1]["verdict"] == "pass"
    )


@pytest.mark.parametrize(
    ("criterion", "result", "rule"),
    [
        (">=70 %", "79.2", "acceptance.unit"),
        ("good", "5", "acceptance.criterion"),
        ("<5", "1,5", "units.number"),
    ],
)
def test_criteria_that_cannot_be_judged_are_refused(answer, criterion, result, rule):
    code, document = answer("criterion", "check", criterion, result)
    assert (code, document["refused"]["rule"]) == (3, rule)


# ---- growth


def grown(*points: str) -> list[str]:
    return [
        "growth",
        *(
            word
            for time, cells in zip(points[::2], points[1::2], strict=True)
            for word in ("--point", time, cells)
        ),
    ]


def test_growth_from_the_first_point_to_the_last(answer):
    code, document = answer(*grown("0 h", "1.9e6 cells", "12 h", "2.5e6 cells", "1 d", "3.8e6 cells"))
    assert code == 0
    assert document.keys() == {"fold", "population_doublings", "growth_rate", "doubling_time", "verdict"}
    assert number(document["fold"], "1") == 2
    assert number(document["population_doublings"], "1") == 1
    assert round(number(document["growth_rate"], "1/h"), 12) == Decimal("0.028881132523")
    assert number(document["doubling_time"], "h") == 24
    assert document["verdict"] == "growth"


@pytest.mark.parametrize("end", ["1.9e6 cells", "1e6 cells", "0 cells"])
def test_no_growth_has_no_doubling_time(answer, end):
    code, document = answer(*grown("0 h", "1.9e6 cells", "24 h", end))
    assert (code, document["verdict"], document["doubling_time"]) == (0, "no_growth", None)


def test_growth_says_what_is_missing_and_what_is_out_of_order(inkt):
    assert 'each --point takes a time and a number of cells, such as --point "0 h"' in inkt("growth")[2]
    backwards = ("--point", "24 h", "3e6 cells", "--point", "0 h", "1e6 cells")
    assert "not in the order of their times" in inkt("growth", *backwards)[2]


def test_growth_prints_its_derivation(inkt):
    assert "doubling time = ln(2) / µ" in inkt(*grown("0 h", "1.9e6 cells", "24 h", "3.8e6 cells"))[1]


@pytest.mark.parametrize(
    ("points", "rule"),
    [
        (("0 h", "1.9e6 cells"), "growth.points"),
        (("0 h", "1.9e6", "24 h", "3.8e6 cells"), "units.missing"),
        (("0 cells", "1.9e6 h", "24 h", "3.8e6 cells"), "units.unknown"),
        (("24 h", "1.9e6 cells", "0 h", "3.8e6 cells"), "growth.time"),
        (("0 h", "1e6 cells", "48 h", "2e6 cells", "24 h", "3e6 cells"), "growth.time"),
        (("0 h", "0 cells", "24 h", "3.8e6 cells"), "growth.start"),
    ],
)
def test_points_that_make_no_culture_are_refused(answer, points, rule):
    code, document = answer(*grown(*points))
    assert (code, document["refused"]["rule"]) == (3, rule)


# ---- schedule


def test_schedule_dates_every_event(answer):
    code, document = answer("schedule", "--first-tae", "2026-12-01")
    events = document["events"]
    assert (code, document.keys()) == (0, {"events"})
    assert {"date": "2026-12-08", "day": 7, "kind": "infusion", "infusion": 1} in events
    assert {"date": "2026-12-29", "day": 28, "kind": "tae", "infusion": None} in events
    assert [e["day"] for e in events if e["kind"] == "infusion"] == [7, 21, 35, 49, 63, 77]


def test_schedule_says_in_words_what_happens_when(inkt):
    said = inkt("schedule", "--first-tae", "2026-12-01")[1]
    assert "day  -7  culture starts  infusion 1" in said
    assert "_" not in said


def test_schedule_shows_people_what_overlaps(inkt):
    assert (
        "overlap from day 21 to 21: the IL-2 course after infusion 1 still runs on infusion 2"
        in inkt("schedule", "--first-tae", "2026-12-01")[1]
    )


@pytest.mark.parametrize(
    "typed",
    ["2026-02-30", "01/12/2026", "20261201", "2026-W49-2", "tomorrow", "", "２026-12-01"],
)
def test_what_is_no_date_is_refused(answer, typed):
    code, document = answer("schedule", "--first-tae", typed)
    assert (code, document["refused"]["rule"]) == (3, "time.date")


def test_a_day_at_the_end_of_the_calendar_has_no_schedule(answer):
    code, document = answer("schedule", "--first-tae", "9999-12-01")
    assert (code, document["refused"]["rule"]) == (3, "time.year")


# ---- the command itself


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("nosuch",),
        ("bsa",),
        ("bsa", "--height", "168 cm"),
        ("bsa", *BODY, "--colour", "red"),
        ("bsa", *BODY, "extra"),
        ("dose",),
        ("dose", "give"),
        ("criterion", "check", ">=70 %"),
        ("growth",),
        ("growth", "--point", "0 h"),
        ("growth", "--point", "0 h", "1e6 cells", "--point", "24 h"),
        ("schedule",),
    ],
)
def test_unknown_or_missing_arguments_end_with_2_and_print_nothing_on_stdout(inkt, arguments):
    code, out, err = inkt(*arguments)
    assert (code, out) == (2, "")
    assert "Usage: inkt" in err


@pytest.mark.parametrize("noun", ["bsa", "criterion", "dose", "growth", "schedule"])
def test_every_calculator_has_help_and_a_summary(inkt, noun):
    code, out, _ = inkt(noun, "--help")
    assert code == 0
    assert f"Usage: inkt {noun}" in out
    assert NOUNS[noun].summary.endswith(".")


def test_the_list_of_nouns_is_shown_without_loading_any(inkt):
    code, out, _ = inkt("--help")
    assert code == 0
    assert all(noun in out for noun in NOUNS)


def in_a_process(*arguments: str, **options) -> subprocess.CompletedProcess[str]:
    python = [sys.executable, "-c", "from inkt_mfg.cli.main import run; run()"]
    root = Path(__file__).resolve().parents[2]
    environment = {**os.environ, "PYTHONPATH": str(root)}
    return subprocess.run([*python, *arguments], env=environment, text=True, encoding="utf-8", **options)


def test_bsa_loads_nothing_it_does_not_need():
    """typer itself brings pydantic; everything else the house is built of stays out, pint included."""
    program = (
        "import sys\nfrom inkt_mfg.cli.main import run\n"
        "try: run(['bsa', '--height', '168 cm', '--weight', '65 kg'])\n"
        "finally: print(*sorted(m for m in sys.modules if '.' not in m), file=sys.stderr)"
    )
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": str(root)},
        text=True,
        capture_output=True,
        check=True,
    )
    heavy = {
        "sqlmodel",
        "sqlalchemy",
        "rich",
        "textual",
        "pandas",
        "reportlab",
        "alembic",
        "argon2",
        "psycopg",
        "pint",
    }
    assert heavy.isdisjoint(done.stderr.split())


def test_a_full_disk_behind_stdout_is_exit_5():
    with Path("/dev/full").open("w") as full:
        done = in_a_process("bsa", *BODY, stdout=full, stderr=subprocess.PIPE)
    assert done.returncode == 5
    assert "could not be written" in done.stderr


def test_a_reader_that_goes_away_is_no_error():
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = in_a_process("schedule", "--first-tae", "2026-12-01", stdout=writing, stderr=subprocess.PIPE)
    finally:
        os.close(writing)
    assert (done.returncode, done.stderr) == (0, "")


def test_symbols_survive_a_plain_c_locale():
    environment_free = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    done = subprocess.run(
        [sys.executable, "-c", "from inkt_mfg.cli.main import run; run()", "bsa", *BODY],
        env={"PYTHONPATH": str(Path(__file__).resolve().parents[2]), **environment_free},
        capture_output=True,
        check=True,
    )
    assert "√(H × W / 3600)" in done.stdout.decode("utf-8")
