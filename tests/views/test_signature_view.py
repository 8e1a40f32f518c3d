"""What a signature covers: everything entered, nothing that only says where a record stands."""

import json

import pytest
from one_batch import BATCH

from inkt_mfg.records.batch import Batch
from inkt_mfg.records.count import CellCount
from inkt_mfg.records.every import TABLES
from inkt_mfg.records.subject import Subject
from inkt_mfg.views.signatures import content_sha256, covered_fields, manifest_of


@pytest.mark.requirement("R23")
@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.__name__)
def test_every_field_is_covered_but_version_and_life(table):
    covered = set(covered_fields(table))
    everything = {column.key for column in table.__table__.columns}
    assert everything - covered == table.lifecycle | {"row_version"}


def test_what_identifies_a_patient_is_covered_and_what_happens_to_them_is_not():
    covered = covered_fields(Subject)
    assert {"patient_name", "patient_id", "birth_date", "arm", "chain_of_identity"} <= set(covered)
    assert "dose_blocked" not in covered


@pytest.mark.requirement("R23")
def test_the_order_of_the_rows_changes_nothing_and_a_row_comes_once(standing):
    with standing("reviewed").case(Batch, BATCH) as case:
        rows = case.covered_by_release()
        manifest = manifest_of(rows)
        assert manifest == manifest_of([*reversed(rows), rows[0]])
        digest = content_sha256(case.session, manifest)
        assert digest == content_sha256(case.session, json.loads(json.dumps(manifest)))
    assert all(part["keys"] == sorted(set(part["keys"])) for part in manifest.values())


@pytest.mark.requirement("R23")
def test_a_row_that_is_gone_gives_another_hash(standing):
    with standing("reviewed").case(Batch, BATCH) as case:
        manifest = manifest_of([case.counts[0]])
        there = content_sha256(case.session, manifest)
        manifest["cell_count"]["keys"] = ["0" * 32]
        assert content_sha256(case.session, manifest) != there
        assert case.counts[0].__tablename__ == CellCount.__tablename__
