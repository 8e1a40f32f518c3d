"""``inkt protocol``: text for people, one JSON document for programs, and exit code 3 for a file with a fault."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from inkt_mfg.cli.answers import Asked
from inkt_mfg.cli.protocol import app
from inkt_mfg.protocol import Protocol
from inkt_mfg.refusal import Refusal

SECOND = Path(__file__).with_name("demo_weight_based.toml")


def _inkt_protocol(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments, obj=Asked())


def _json(*arguments: str) -> dict:
    result = _inkt_protocol(*arguments, "--json")
    return json.loads(result.stdout)


@pytest.fixture
def spoiled(tmp_path: Path, trial: Protocol) -> Path:
    """A protocol file with two faults: cells/mL for cells/m², and an expiry without a unit."""
    path = tmp_path / "spoiled.toml"
    text = trial.text.replace('low = { value = "5e8 cells/m^2"', 'low = { value = "5e8 cells/mL"')
    path.write_text(text.replace('within = "8 h"', 'within = "8"'), encoding="utf-8")
    return path


def test_list_names_each_protocol_with_its_version_and_hash(trial: Protocol):
    assert f"nct04011033  {trial.version}" in _inkt_protocol("list").stdout
    (listed,) = _json("list")["protocols"]
    assert (listed["id"], listed["content_sha256"]) == ("nct04011033", trial.content_sha256)
    assert listed["illustrative"] is True


def test_show_says_what_decides_and_what_is_not_published(trial: Protocol):
    text = _inkt_protocol("show", "nct04011033").stdout
    assert "Dose: 5×10^8 cells/m^2 to 1×10^9 cells/m^2, both ends inside; basis viable_inkt" in text
    assert "dose.bsa_formula: mosteller (illustrative)" in text
    assert text.rstrip().endswith("NOT FOR CLINICAL USE")


def test_show_as_json_is_the_whole_protocol(trial: Protocol):
    shown = _json("show", "nct04011033")
    assert shown["protocol"]["dose"]["high"]["value"] == {"value": "1E+9", "unit": "cell/m^2"}
    assert len(shown["site_values"]) == len(trial.site_values())


def test_show_refuses_a_protocol_there_is_not():
    refused = _inkt_protocol("show", "nct1").exception
    assert isinstance(refused, Refusal)
    assert refused.rule == "protocol.unknown"


def test_check_accepts_another_protocol():
    result = _inkt_protocol("check", str(SECOND))
    assert (result.exit_code, result.stdout.split("\n")[0]) == (
        0,
        "demo_weight_based.toml is a protocol: demo_weight_based 2026-11",
    )
    assert "NOT FOR CLINICAL USE" not in result.stdout
    assert _json("check", str(SECOND))["ok"] is True


def test_check_reports_every_fault_with_its_line_and_exit_code_3(spoiled: Path):
    result = _inkt_protocol("check", str(spoiled))
    assert result.exit_code == 3
    assert result.stdout == ""
    assert result.stderr.count("spoiled.toml, line ") == 2
    assert "dose.low.value" in result.stderr


def test_check_as_json_has_the_first_fault_as_any_refusal_and_all_of_them(spoiled: Path):
    answer = _json("check", str(spoiled))
    assert answer["refused"]["rule"] == "protocol.unit"
    assert answer["refused"]["typed"] == "5e8 cells/mL"
    assert [fault["key"] for fault in answer["faults"]] == ["dose.low.value", "expiry.within"]
    assert all(int(fault["line"]) > 1 for fault in answer["faults"])


def test_check_of_a_file_that_is_not_there_is_refused_like_any_other():
    answer = _json("check", "nowhere.toml")
    assert answer["refused"]["rule"] == "protocol.file"


@pytest.mark.parametrize("verb", ["list", "show", "check"])
def test_every_verb_has_help(verb: str):
    result = _inkt_protocol(verb, "--help")
    assert result.exit_code == 0
    assert "Usage" in result.stdout
