"""ChemoMetec NucleoCounter NC-200: the CSV of NucleoView, one sample a file, ``key;value;`` on each line.

Unreliable values are marked in words behind the number or instead of it ("3.58E3 (Out of optimal range)"); they are
doubts. The zone offset is printed as a bare number and kept as that.
"""

from inkt_mfg.instruments.export import Export
from inkt_mfg.instruments.printed import Printed
from inkt_mfg.instruments.reading import CellReading
from inkt_mfg.language import Phrase

NAME = "ChemoMetec NucleoCounter NC-200 (NucleoView)"
_TOTAL, _LIVE, _VIABILITY = "Total (cells/ml)", "Live (cells/ml)", "Viability (%)"
_READ = {
    _TOTAL,
    _LIVE,
    _VIABILITY,
    "Image",
    "Date time",
    "Time zone offset",
    "Instrument s/n",
    "Multiplication factor",
}


def recognises(export: Export) -> bool:
    """Lines for total and viability in NucleoView's words."""
    keys = {line.partition(";")[0] for line in export.lines if ";" in line}
    return {_TOTAL, _VIABILITY} <= keys


def read(export: Export) -> tuple[CellReading, ...]:
    """The one count of the file."""
    found = _pairs(export)
    printed = Printed("file")
    total = printed.value(_TOTAL, found.get(_TOTAL), "cell/mL")
    viable = printed.value(_LIVE, found.get(_LIVE), "cell/mL")
    viability = printed.value(_VIABILITY, found.get(_VIABILITY), "%")
    printed.must_agree(total, viable, viability)
    if not found.get("Image"):
        printed.doubt("instrument.missing", "Image", Phrase("no sample is named"), None)
    return (
        CellReading(
            instrument=NAME,
            serial=found.get("Instrument s/n") or None,
            sample_id=found.get("Image") or None,
            taken_at=found.get("Date time") or None,
            zone=found.get("Time zone offset") or None,
            total_concentration=total,
            viable_concentration=viable,
            viability=viability,
            dilution=found.get("Multiplication factor") or None,
            file_name=export.name,
            file_sha256=export.sha256,
            place=printed.place,
            doubts=tuple(printed.doubts),
            remarks=_remarks(found),
            unread=tuple(key for key in found if key not in _READ),
        ),
    )


def _pairs(export: Export) -> dict[str, str]:
    """Keys and values; a key printed twice with different values is refused."""
    pairs: dict[str, str] = {}
    for line in export.lines:
        key, semicolon, rest = line.partition(";")
        key, value = key.strip(), rest.partition(";")[0].strip()
        if not semicolon or not key:
            continue
        if key in _READ and pairs.get(key, value) != value:
            what = Phrase("{key} is printed twice with different values", key=key)
            raise export.refusal("instrument.table", what, Phrase("one sample in a file"))
        pairs[key] = value
    return pairs


def _remarks(found: dict[str, str]) -> tuple[Phrase, ...]:
    if not found.get("Date time"):
        return (Phrase("the file does not say when the count was taken"),)
    if not found.get("Time zone offset"):
        return (Phrase("the time is printed without a zone"),)
    return ()
