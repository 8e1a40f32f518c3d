"""What one printed label says, frozen: plain values only, with a canonical JSON text and its SHA-256.

The view that reads the released record fills in ``InfusionFacts`` and calls ``infusion_content``; ``labels`` draws and
proofs it; the workflow stores its JSON. It knows no database and no words of any profile. An absent fact is ``""`` or
``None``: whether it may be absent is the element table's question (rule R50). Numbers are Decimal, times carry an offset.
"""

import dataclasses
import hashlib
import json
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Literal, Self

from inkt_mfg.codes.label_code import CodeKind, CollectionCode, LabelCode
from inkt_mfg.language import Phrase
from inkt_mfg.refusal import refuse

SCHEMA = 1
Basis = Literal["viable_inkt", "total_viable"]
Verdict = Literal["below", "within", "above"]
ReleaseStatus = Literal["released", "conditional", "exceptional"]


@dataclass(frozen=True, slots=True)
class Wording:
    """One text in several languages, as sorted (language code, text) pairs. Make it with ``wording(en=…, zh=…)``."""

    by_language: tuple[tuple[str, str], ...]

    def get(self, language: str) -> str:
        """The text in this language, empty when there is none."""
        return dict(self.by_language).get(language, "")


def wording(**by_language: str) -> Wording:
    """``wording(en="Intravenous infusion", zh="静脉输注")``: what is said differently in each language."""
    return Wording(tuple(sorted(by_language.items())))


Worded = str | Wording  # a plain str is printed as it is in every language (names, codes, addresses)


@dataclass(frozen=True, slots=True)
class PendingResult:
    """A test whose result is not there at a conditional release, and the day it is due."""

    test: Worded
    due: date


@dataclass(frozen=True, slots=True, kw_only=True)
class InfusionFacts:
    """Everything an infusion label may need, as plain values of the released record.

    The four ``dose_…`` numbers describe what is *to be given*: the whole container, or, when ``give_ml`` is not None,
    only that measured part of it. All numbers are unrounded.
    """

    # who
    patient_name: str
    patient_id: str
    subject_number: str
    date_of_birth: date | None
    # what
    product_name: Worded
    product_code: str
    batch: str
    container: int
    containers: int
    chain_of_identity: str
    collection_code: str
    site_code: str
    # the trial
    trial: str
    sponsor: Worded
    investigator: Worded
    contact: Worded
    # where from
    collection_facility: Worded
    collected_at: datetime | None
    processing_facility: Worded
    processing_address: Worded
    # how much
    volume_ml: Decimal | None
    give_ml: Decimal | None
    container_viable_cells: Decimal | None
    viability_percent: Decimal | None
    inkt_percent: Decimal | None
    dose_basis: Basis
    dose_viable_inkt: Decimal | None
    dose_total_viable: Decimal | None
    dose_viable_inkt_per_unit: Decimal | None
    dose_total_viable_per_unit: Decimal | None
    dose_unit: Literal["m^2", "kg"]
    dose_low: Decimal | None
    dose_high: Decimal | None
    verdict: Verdict
    # with what, until when, how
    anticoagulant: Worded
    additives: Worded
    antibiotics: Worded
    storage_low_c: Decimal | None
    storage_high_c: Decimal | None
    expires_at: datetime | None
    shipped_abroad: bool
    route: Worded
    directions: Worded
    # release
    release_status: ReleaseStatus
    pending: tuple[PendingResult, ...]
    exceptional_statement: Worded
    certificate: str
    released_by: str
    released_at: datetime | None
    # infectious disease
    screening_complete: bool
    testing_complete: bool
    risk_factor: bool
    reactive: tuple[Worded, ...]
    # where the numbers of the protocol come from
    illustrative: bool

    def __post_init__(self) -> None:
        _refuse_unprintable_values(self)
        if self.dose_basis not in typing.get_args(Basis) or self.verdict not in typing.get_args(Verdict):
            raise _bad(
                "dose_basis", f"{self.dose_basis}, {self.verdict}", Phrase("a known basis and verdict")
            )
        if self.release_status not in typing.get_args(ReleaseStatus):
            raise refuse(
                "R55",
                Phrase(
                    "an infusion label was asked for while the release status is {status!r}",
                    status=self.release_status,
                ),
                expected=Phrase("released, conditional or exceptional"),
                resolve_by=Phrase("a QA officer, by releasing the batch"),
                field="release_status",
                typed=str(self.release_status),
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelContent:
    """One physical label, frozen. ``payload`` is the Data Matrix's text, ``linear`` the Code 128's."""

    kind: Literal["infusion"]
    stage: Literal["R"]
    profile: str
    languages: tuple[str, ...]
    template: str
    template_version: str
    training: bool
    serial: str
    copy: int
    copies: int
    reprint: int
    payload: str
    linear: str
    facts: InfusionFacts

    def to_json(self) -> str:
        """The canonical text: sorted keys, no spaces, decimals as typed. Two equal contents give the same bytes."""
        body = {"schema": SCHEMA, **_plain(self)}
        return json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """The content ``to_json`` wrote; a missing, unknown or wrongly typed key is refused (``label.content``)."""
        body = json.loads(text)
        if not isinstance(body, dict) or body.pop("schema", None) != SCHEMA:
            raise _bad("schema", text[:40], Phrase("a label content of schema {schema}", schema=SCHEMA))
        return typing.cast("Self", _typed(cls, body, "content"))

    @property
    def sha256(self) -> str:
        """SHA-256 of the canonical text, in hexadecimal."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()


def infusion_content(
    facts: InfusionFacts,
    *,
    profile: str,
    languages: tuple[str, ...],
    serial: str,
    training: bool,
    copy: int = 1,
    copies: int = 1,
    reprint: int = 0,
    template: str = "infusion-100x100",
    template_version: str = "1",
) -> LabelContent:
    """The frozen content of one infusion label. ``reprint`` is 0 for the first print, n for the n-th reprint.

    Refuses a copy number outside its count, a negative reprint, no language, and codes that a symbol cannot carry.
    """
    if not 1 <= copy <= copies:
        raise _bad("copy", f"{copy} of {copies}", Phrase("copy n of N with 1 ≤ n ≤ N"))
    if reprint < 0 or not languages:
        raise _bad(
            "reprint", f"{reprint}, {languages}", Phrase("a reprint number from 0 and at least one language")
        )
    code = LabelCode(
        kind=CodeKind.INFUSION,
        training=training,
        site=facts.site_code,
        chain_of_identity=facts.chain_of_identity,
        batch=facts.batch,
        container=facts.container,
        containers=facts.containers,
        serial=serial,
    )
    return LabelContent(
        kind="infusion",
        stage="R",
        profile=profile,
        languages=tuple(languages),
        template=template,
        template_version=template_version,
        training=training,
        serial=serial,
        copy=copy,
        copies=copies,
        reprint=reprint,
        payload=str(code),
        linear=str(CollectionCode(facts.collection_code, training)),
        facts=facts,
    )


def _bad(field: str, typed: str, expected: Phrase) -> Exception:
    return refuse(
        "label.content",
        Phrase("the content of a label cannot hold this {field}", field=field),
        expected=expected,
        resolve_by=Phrase("whoever maintains the program: the record gave a value of another type"),
        field=field,
        typed=typed,
    )


def _refuse_unprintable_values(facts: InfusionFacts) -> None:
    for field in dataclasses.fields(facts):
        value = getattr(facts, field.name)
        if isinstance(value, float) or (isinstance(value, Decimal) and not value.is_finite()):
            raise _bad(field.name, str(value), Phrase("a finite Decimal"))
        if isinstance(value, str) and any(character < " " for character in value):
            raise _bad(field.name, value, Phrase("one line of text without control characters"))
        if isinstance(value, datetime) and value.utcoffset() is None:
            raise _bad(field.name, str(value), Phrase("a time with its UTC offset"))


def _plain(value: object) -> typing.Any:
    """The value as JSON types: wordings as objects, decimals and times as text."""
    if isinstance(value, Wording):
        return dict(value.by_language)
    if dataclasses.is_dataclass(value):
        return {f.name: _plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, date):  # a datetime is one too
        return value.isoformat()
    return value


def _typed(kind: typing.Any, value: typing.Any, where: str) -> typing.Any:
    """The value read back as ``kind``, or a refusal that names the key."""
    try:
        return _read_as(kind, value, where)
    except (ValueError, TypeError, ArithmeticError) as error:
        raise _bad(
            where, str(value)[:60], Phrase("what this program wrote ({error})", error=str(error))
        ) from error


def _read_as(kind: typing.Any, value: typing.Any, where: str) -> typing.Any:
    origin = typing.get_origin(kind)
    if origin is Literal:
        return _one_of(typing.get_args(kind), value)
    if origin is tuple:
        return tuple(_typed(typing.get_args(kind)[0], item, where) for item in value)
    if origin in (types.UnionType, typing.Union):
        return _read_union(typing.get_args(kind), value, where)
    return _read_plain(kind, value, where)


def _read_plain(kind: typing.Any, value: typing.Any, where: str) -> typing.Any:
    if kind is Wording:
        return wording(**value)
    if dataclasses.is_dataclass(kind):
        return _read_dataclass(typing.cast("type", kind), value, where)
    if kind in (date, datetime):
        return kind.fromisoformat(value)
    if kind is not Decimal and type(value) is not kind:
        raise TypeError(f"{where} is {type(value).__name__}, not {kind.__name__}")
    return kind(value)


def _one_of(allowed: tuple[object, ...], value: object) -> object:
    if value not in allowed:
        raise ValueError(f"{value!r} is not one of {allowed}")
    return value


def _read_union(kinds: tuple[typing.Any, ...], value: typing.Any, where: str) -> typing.Any:
    if value is None and type(None) in kinds:
        return None
    if Wording in kinds:
        return _typed(Wording if isinstance(value, Mapping) else str, value, where)
    return _typed(next(k for k in kinds if k is not type(None)), value, where)


def _read_dataclass(kind: type, value: Mapping[str, typing.Any], where: str) -> object:
    hints = typing.get_type_hints(kind)
    if set(value) != set(hints):
        odd = ", ".join(sorted(set(value) ^ set(hints)))
        raise ValueError(f"missing or unknown keys in {where}: {odd}")
    return kind(**{name: _typed(hint, value[name], name) for name, hint in hints.items()})
