"""The trial so far as tables: exact where a verdict hangs on it, floating point only where it says so."""

import json
from decimal import Decimal
from io import StringIO

import pandas as pd
import pytest
from sqlalchemy import event

from inkt_mfg.reports.trial import as_csv, as_json, batch_table, infused_summary, trial_tables
from inkt_mfg.store.unit_of_work import Store
from inkt_mfg.views.batch_page import batch_page
from inkt_mfg.views.trial import trial_so_far


@pytest.fixture(scope="module")
def trial(finished):
    return trial_so_far(finished.store)


def test_there_is_one_row_per_batch_and_it_agrees_with_the_batchs_own_page(finished, trial):
    assert [row.batch for row in trial.batches] == sorted(finished.batches.values())
    for row in trial.batches:
        page = batch_page(finished.store, row.batch)
        assert (row.subject, row.state, row.disposition) == (page.subject, page.state, page.disposition)
        grown = page.growth.so_far
        assert grown is not None
        assert (row.fold, row.population_doublings) == (grown.fold, grown.population_doublings)
        if page.dose is None:
            assert row.dose_to_give is row.verdict is row.dose_cells is None
        else:
            assert row.dose_viable_inkt == page.dose.dose.value
            assert row.dose_total_viable == page.dose.other_dose.value
            assert (row.verdict, row.verdict_to_give) == (page.dose.verdict, page.dose.verdict_to_give)
            assert row.dose_cells == page.dose.inkt_cells.value


def test_the_days_of_culture_run_from_seeding_to_harvest(trial):
    days = {row.batch: row.culture_days for row in trial.batches}
    assert days["B-00001"] == Decimal("13.875")  # 2026-03-25 09:00 to 2026-04-08 06:00
    assert round(days["B-00005"] * 24) == 241  # stopped: to its last count, on day 10 at 10:00


def test_a_conditional_batch_is_pending_until_its_last_result_is_due(finished, trial):
    rows = {row.batch: row for row in trial.batches}
    assert rows[finished["infused"]].pending_until is None
    assert rows[finished["exceptional"]].pending_until is not None


def test_doses_given_are_counted_against_those_planned(trial):
    (subject,) = trial.subjects
    assert (subject.given, subject.planned) == (3, 6)


def test_exact_columns_hold_decimals_not_floats(trial):
    table = batch_table(trial)
    for column in ("dose_to_give", "dose_viable_inkt", "fold", "volume_to_give", "product_viability"):
        assert table[column].dtype == object
        assert {type(v) for v in table[column] if v is not None} == {Decimal}


def test_no_digit_is_lost_on_the_way_to_csv(trial):
    read = pd.read_csv(StringIO(as_csv(trial)), dtype=str, keep_default_na=False, na_filter=False)
    for row, line in zip(trial.batches, read.to_dict("records"), strict=True):
        assert line["batch"] == row.batch
        for name in ("dose_to_give", "dose_total_viable", "fold"):
            value = getattr(row, name)
            assert (Decimal(line[name]) if line[name] else None) == value
    assert len([row for row in trial.batches if row.dose_to_give is not None]) > 2


def test_the_summaries_count_every_batch(trial):
    tables = trial_tables(trial)
    assert tables.by_state.sum() == tables.by_disposition.sum() == len(trial.batches)
    assert tables.verdicts.loc["above", "whole product"] == 1
    assert tables.verdicts.loc["above", "to give"] == 0
    assert tables.verdicts["to give"].sum() == 4


def test_the_summary_of_infused_doses_is_over_infused_batches_only(trial):
    summary = infused_summary(trial)
    assert set(summary["n"]) == {3}
    given = [float(row.dose_to_give) for row in trial.batches if row.infused]
    assert summary.loc["dose_to_give", "median"] == sorted(given)[1]
    assert summary.loc["dose_to_give", "unit"] == "cell/m^2"


def test_the_json_document_is_json_and_says_where_it_is_floating_point(trial):
    document = json.loads(json.dumps(as_json(trial), allow_nan=False))
    assert document["training"] is document["illustrative"] is True
    assert document["infused"]["floating_point"] is True
    first = document["batches"][0]
    assert Decimal(first["dose_to_give"]) == trial.batches[0].dose_to_give
    assert document["by_state"]["closed"] == 2


def test_an_empty_site_has_empty_tables(copied_empty):
    document = as_json(trial_so_far(copied_empty))
    assert document["batches"] == document["subjects"] == []
    json.dumps(document, allow_nan=False)


def test_each_table_is_read_once_however_many_batches_there_are(finished):
    """No question per batch: five batches and a hundred and eighty cost the same number of statements."""
    asked: list[str] = []
    with_count = Store.open(f"sqlite:///{finished.database}", finished.store.site)

    @event.listens_for(with_count.engine, "before_cursor_execute")
    def note(_connection, _cursor, statement, *_rest):
        asked.append(statement)

    trial_so_far(with_count)
    with_count.close()
    tables = [s.split("FROM ")[1].split()[0] for s in asked if s.startswith("SELECT")]
    assert len(tables) == len(set(tables))
    assert len(tables) < 15
