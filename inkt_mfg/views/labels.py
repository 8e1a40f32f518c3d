"""A frozen label as it was prepared, for whoever draws or prints it. Nothing is drawn from live records again."""

from inkt_mfg.records.label import Label
from inkt_mfg.store.unit_of_work import Store, find
from inkt_mfg.views.label_content import LabelContent


def label_content(store: Store, serial: str) -> LabelContent:
    """The content frozen under this serial. Raises Refusal ``record.unknown``."""
    with store.reading() as session:
        return LabelContent.from_json(find(session, store.site, Label, serial).content)
