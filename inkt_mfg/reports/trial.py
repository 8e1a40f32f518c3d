"""The trial so far as pandas tables: one row per batch, and summaries of them.

Exact columns hold Decimal objects and every verdict is the one on record, so no rounding can move one. Summary
statistics (median, minimum, maximum) are binary floating point, for orientation only, and their table says so.
pandas takes half a second to import: it is imported when the first table is made.
"""

import dataclasses
from typing import TYPE_CHECKING, Any

from inkt_mfg.views.trial import SubjectDoses, TrialRow, TrialSoFar

if TYPE_CHECKING:
    import pandas as pd

SUMMARISED = {
    "fold": "1",
    "population_doublings": "1",
    "product_viability": "%",
    "culture_days": "d",
    "dose_to_give": "",  # its unit is the protocol's own, and stands in the batch table
}


@dataclasses.dataclass(frozen=True)
class TrialTables:
    """The tables. ``batches`` and ``subjects`` are exact; ``infused`` is floating point."""

    batches: "pd.DataFrame"
    by_state: "pd.Series[int]"
    by_disposition: "pd.Series[int]"
    verdicts: "pd.DataFrame"
    infused: "pd.DataFrame"
    subjects: "pd.DataFrame"


def trial_tables(trial: TrialSoFar) -> TrialTables:
    """Every table of the report."""
    batches = batch_table(trial)
    return TrialTables(
        batches,
        batches["state"].value_counts(),
        batches["disposition"].value_counts(),
        _verdicts(batches),
        infused_summary(trial),
        _table(SubjectDoses, trial.subjects).set_index("subject"),
    )


def batch_table(trial: TrialSoFar) -> "pd.DataFrame":
    """One row per batch, indexed by its code; exact Decimals, and None where nothing is known."""
    return _table(TrialRow, trial.batches).set_index("batch")


def _table(row: Any, rows: Any) -> "pd.DataFrame":
    import pandas as pd

    names = [f.name for f in dataclasses.fields(row)]
    # dtype=object: pandas must not turn a Decimal, a missing whole number or a date into a float.
    return pd.DataFrame([dataclasses.astuple(r) for r in rows], columns=names, dtype=object)


def _verdicts(batches: "pd.DataFrame") -> "pd.DataFrame":
    """How many batches have each verdict: of the whole product, and of what is to be given."""
    import pandas as pd

    named = {"whole product": "verdict", "to give": "verdict_to_give"}
    counted = {name: batches[column].dropna().value_counts() for name, column in named.items()}
    return pd.DataFrame(counted, index=["below", "within", "above"]).fillna(0).astype(int)


def infused_summary(trial: TrialSoFar) -> "pd.DataFrame":
    """Number, median, minimum and maximum of the batches that were infused. Floating point: decide nothing by it."""
    import pandas as pd

    given = [row for row in trial.batches if row.infused]
    lines = {}
    for name, unit in SUMMARISED.items():
        known = pd.Series([float(v) for r in given if (v := getattr(r, name)) is not None], dtype=float)
        lines[name] = {
            "unit": unit or next((r.dose_unit for r in given if r.dose_unit), ""),
            "n": len(known),
            "median": known.median(),
            "min": known.min(),
            "max": known.max(),
        }
    return pd.DataFrame.from_dict(lines, orient="index")


def as_csv(trial: TrialSoFar) -> str:
    """The batch table as CSV: exact decimal texts, empty where nothing is known, one header line."""
    exact = batch_table(trial).map(_text)
    return exact.to_csv(lineterminator="\n")


def as_json(trial: TrialSoFar) -> dict[str, Any]:
    """The whole report as one document; exact numbers are decimal texts, missing ones null."""
    tables = trial_tables(trial)
    return {
        "as_of": trial.as_of.isoformat(),
        "training": trial.training,
        "illustrative": trial.illustrative,
        "batches": [
            {name: _plain(value) for name, value in dataclasses.asdict(row).items()} for row in trial.batches
        ],
        "by_state": {str(k): int(v) for k, v in tables.by_state.items()},
        "by_disposition": {str(k): int(v) for k, v in tables.by_disposition.items()},
        "verdicts": {str(k): v for k, v in tables.verdicts.to_dict().items()},
        "infused": {
            "floating_point": True,
            "of": {
                str(k): {n: _finite(v) for n, v in line.items()}
                for k, line in tables.infused.to_dict("index").items()
            },
        },
        "subjects": [dataclasses.asdict(s) for s in trial.subjects],
    }


def _finite(value: Any) -> Any:
    """A statistic of nothing is null, not NaN, which is no JSON."""
    return None if value != value else value  # noqa: PLR0124 — only NaN differs from itself


def _text(value: Any) -> str:
    plain = _plain(value)
    return "" if plain is None else str(plain)


def _plain(value: Any) -> Any:
    """Decimals as plain text that loses no digit, dates as ISO, everything else as it is."""
    from datetime import date
    from decimal import Decimal

    if isinstance(value, Decimal):
        return format(value, "f")
    return value.isoformat() if isinstance(value, date) else value
