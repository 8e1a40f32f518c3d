"""What people call the columns whose names they would not understand; every other column is called by its own name.

Refusals and the audit trail ask ``records.base.spoken_field``. The words are those the batch record prints.
"""

from inkt_mfg.language import Phrase

FIELDS: dict[str, Phrase] = {
    "basis": Phrase("cells counted for the dose"),
    "bmi": Phrase("body mass index"),
    "bsa": Phrase("body surface"),
    "bsa_formula": Phrase("formula of the body surface"),
    "content_sha256": Phrase("SHA-256 of what is covered"),
    "donation_id": Phrase("donation identifier"),
    "gate_path": Phrase("gate path"),
    "high": Phrase("highest dose allowed"),
    "inkt_cells": Phrase("iNKT cells"),
    "inkt_of_live": Phrase("iNKT of live cells"),
    "low": Phrase("lowest dose allowed"),
    "manifest": Phrase("covers"),
    "ordinal": Phrase("number in the row"),
    "other_dose": Phrase("dose by the other count"),
    "pdf_sha256": Phrase("SHA-256 of the PDF"),
    "plan_code": Phrase("step of the plan"),
    "point": Phrase("counted at"),
    "recount_asked": Phrase("recount asked for"),
    "replicate_cv": Phrase("CV of the replicates"),
    "total_concentration": Phrase("concentration, mean"),
}
