"""What a label's serial stands for is frozen in the database itself, on SQLite and PostgreSQL; only its life goes on."""

import pytest
import sqlalchemy as sa
from one_batch import LABEL, label, let_go

from inkt_mfg.records.label import Label
from inkt_mfg.records.words import LabelState
from inkt_mfg.workflow.catalogue import JOBS

assert JOBS
ATTACKS = [
    "UPDATE label SET code = 'L-99999'",
    "UPDATE label SET content = '{}'",
    "UPDATE label SET content_sha256 = 'x', state = 'spoiled'",
    "UPDATE label SET batch = batch",
    "UPDATE label SET reprint_number = 0",
    "DELETE FROM label",
]


@pytest.mark.requirement("R03", "R52")
def test_a_serial_and_what_it_says_can_be_neither_changed_nor_deleted(reviewed):
    let_go(reviewed)
    code = label(reviewed)
    for attack in ATTACKS:
        with pytest.raises((sa.exc.IntegrityError, sa.exc.DatabaseError), match="label is append-only"):
            reviewed.behind(attack)
    assert reviewed.row(Label, code).code == LABEL
    assert reviewed.row(Label, code).state is LabelState.APPLIED  # its life went on


@pytest.mark.requirement("R52")
def test_on_sqlite_a_serial_is_not_replaced_either(at):
    site = at("labelled")
    columns = "key, site, row_version, code"
    with pytest.raises(sa.exc.IntegrityError, match="append-only"):
        site.behind(f"INSERT OR REPLACE INTO label ({columns}) SELECT {columns} FROM label")
