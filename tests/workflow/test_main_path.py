"""The whole job on both databases, by the people whose job it is."""

from one_batch import BAG, BATCH, ZHAO, arrive, infuse, issue, label, late_sterility, let_go

from inkt_mfg.records.batch import Batch
from inkt_mfg.records.dose import Container
from inkt_mfg.records.words import BatchState, ContainerState, DispositionKind
from inkt_mfg.workflow import release


def test_a_batch_goes_from_blood_to_patient_to_closing(reviewed):
    let_go(reviewed)
    label(reviewed)
    issue(reviewed)
    arrive(reviewed)
    infuse(reviewed)
    late_sterility(reviewed)
    reviewed.run(ZHAO, release.finalise, BATCH)
    reviewed.run(ZHAO, release.close, BATCH)
    assert reviewed.row(Batch, BATCH).state is BatchState.CLOSED
    assert reviewed.row(Container, BAG).state is ContainerState.INFUSED
    with reviewed.case(Batch, BATCH) as case:
        assert [d.kind for d in case.dispositions] == [DispositionKind.CONDITIONAL, DispositionKind.FINAL]
    assert reviewed.ledger_is_whole()
