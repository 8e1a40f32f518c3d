"""``inkt report``: files written whole, one JSON document, and refusals with their exit codes."""

import json

import pytest

from inkt_mfg.cli.main import run
from inkt_mfg.reports.batch_record import batch_record_pdf
from inkt_mfg.views.batch_record import batch_record


@pytest.fixture
def inkt(finished, capsys):
    def call(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            run(["--database-url", f"sqlite:///{finished.database}", "report", *arguments])
        said = capsys.readouterr()
        return ended.value.code, said.out, said.err

    return call


def test_the_trial_is_one_json_document(inkt):
    code, out, _err = inkt("trial", "--json")
    assert code == 0
    document = json.loads(out)
    assert len(document["batches"]) == 5
    assert document["subjects"] == [{"subject": "YA-001", "arm": "inkt", "given": 3, "planned": 6}]


def test_the_trial_for_people_says_that_it_is_training(inkt):
    code, out, _err = inkt("trial")
    assert code == 0
    assert out.startswith("TRAINING – NOT FOR CLINICAL USE")
    for told in ("B-00001", "Batches by state", "Verdicts on the dose", "floating point"):
        assert told in out


def test_the_batch_table_is_written_as_csv(inkt, tmp_path):
    file = tmp_path / "trial.csv"
    code, out, _err = inkt("trial", "--csv", str(file))
    assert code == 0
    assert f"Written: {file}" in out
    assert file.read_text().splitlines()[0].startswith("batch,subject,infusion,state")
    assert len(file.read_text().splitlines()) == 6


def test_the_batch_record_is_written_and_hashed(inkt, finished, tmp_path):
    file = tmp_path / "record.pdf"
    code, out, _err = inkt("batch-record", "B-00001", "--out", str(file), "--json")
    assert code == 0
    assert json.loads(out)["file"] == str(file)
    assert file.read_bytes() == batch_record_pdf(batch_record(finished.store, "B-00001"))


def test_the_certificate_is_written(inkt, tmp_path):
    file = tmp_path / "certificate.pdf"
    assert inkt("certificate", "B-00002", "--out", str(file))[0] == 0
    assert file.read_bytes().startswith(b"%PDF")
    assert list(tmp_path.iterdir()) == [file]


def test_an_unknown_batch_is_refused_and_nothing_is_written(inkt, tmp_path):
    file = tmp_path / "record.pdf"
    code, _out, err = inkt("batch-record", "B-99999", "--out", str(file))
    assert code == 3
    assert "there is no batch B-99999" in err
    assert not file.exists()


def test_a_certificate_before_a_decision_is_refused(inkt, tmp_path):
    code, out, _err = inkt("certificate", "B-00005", "--out", str(tmp_path / "c.pdf"), "--json")
    assert code == 3
    assert json.loads(out)["refused"]["rule"] == "R39"


def test_a_folder_that_is_not_there_is_the_machines_fault(inkt, tmp_path):
    assert inkt("batch-record", "B-00001", "--out", str(tmp_path / "no" / "r.pdf"))[0] == 5
