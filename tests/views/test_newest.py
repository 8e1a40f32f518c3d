"""The newest of several is the last one made, also when its number has one digit more."""

import pytest
from scene import LI, NOW, SITE, intent, make_batch, make_site

from inkt_mfg.records.dose import Disposition
from inkt_mfg.records.site import ProtocolVersion
from inkt_mfg.records.words import DispositionKind
from inkt_mfg.store.unit_of_work import Store
from inkt_mfg.views.case import Case
from inkt_mfg.views.protocols import approved_versions


@pytest.fixture
def batch(store):
    make_site(store)
    return make_batch(store)


def decide(store: Store, batch, code: str, kind: DispositionKind) -> None:
    with store.work(intent("batch.decide")) as work:
        work.add(
            Disposition(
                site=SITE,
                code=code,
                batch=batch.key,
                kind=kind,
                decided_at=NOW,
                decided_by=LI.key,
                pending="{}",
            )
        )


def test_a_batch_that_failed_late_does_not_read_as_released_once_codes_have_six_digits(store, batch):
    decide(store, batch, "D-99999", DispositionKind.FINAL)
    decide(store, batch, "D-100000", DispositionKind.FAILED_LATE)
    with store.reading() as session:
        case = Case(session, batch, NOW)
        assert [d.code for d in case.dispositions] == ["D-99999", "D-100000"]
        assert case.disposition is DispositionKind.FAILED_LATE
    with store.work(intent("batch.decide")) as work:
        assert work.next_code(Disposition, "D") == "D-100001"


def test_version_1_10_of_a_protocol_is_newer_than_1_9(store, batch):
    with store.work(intent("protocol.register")) as work:
        for version in ("1.9", "1.10", "1.2"):
            work.add(
                ProtocolVersion(
                    site=SITE,
                    code=f"inkt@{version}",
                    protocol_id="inkt",
                    version=version,
                    sha256="0" * 64,
                    text="[trial]",
                    approved=version != "1.2",
                )
            )
    with store.reading() as session:
        assert [p.version for p in approved_versions(session, SITE)] == ["1.10", "1.9"]
