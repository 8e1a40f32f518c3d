"""Frozen label values to JSON types and back, strictly: decimals and times as text, no key missing, none unknown.

Called by ``label_content`` only. What is not exactly what this program wrote is refused with its key (``label.content``).
"""

import dataclasses
import types
import typing
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from inkt_mfg.language import Phrase
from inkt_mfg.views.label_facts import Wording, bad_content, wording


def plain(value: object) -> typing.Any:
    """The value as JSON types: wordings as objects, decimals and times as text."""
    if isinstance(value, Wording):
        return dict(value.by_language)
    if dataclasses.is_dataclass(value):
        return {f.name: plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, tuple):
        return [plain(item) for item in value]
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, date):  # a datetime is one too
        return value.isoformat()
    return value


def typed(kind: typing.Any, value: typing.Any, where: str) -> typing.Any:
    """The value read back as ``kind``, or a refusal that names the key."""
    try:
        return _read_as(kind, value, where)
    except (ValueError, TypeError, ArithmeticError) as error:
        expected = Phrase("what this program wrote ({error})", error=str(error))
        raise bad_content(where, str(value)[:60], expected) from error


def _read_as(kind: typing.Any, value: typing.Any, where: str) -> typing.Any:
    origin = typing.get_origin(kind)
    if origin is Literal:
        return _one_of(typing.get_args(kind), value)
    if origin is tuple:
        return tuple(typed(typing.get_args(kind)[0], item, where) for item in value)
    if origin in (types.UnionType, typing.Union):
        return _read_union(typing.get_args(kind), value, where)
    return _read_plain(kind, value, where)


def _read_plain(kind: typing.Any, value: typing.Any, where: str) -> typing.Any:
    if kind is Wording:
        return wording(**value)
    if dataclasses.is_dataclass(kind):
        return read_dataclass(typing.cast("type", kind), value, where)
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
        return typed(Wording if isinstance(value, Mapping) else str, value, where)
    return typed(next(k for k in kinds if k is not type(None)), value, where)


def read_dataclass(kind: type, value: Mapping[str, typing.Any], where: str, **narrower: type) -> typing.Any:
    """An instance from its keys; ``narrower`` names fields whose class is known better than the declaration says."""
    hints = {**typing.get_type_hints(kind), **narrower}
    if set(value) != set(hints):
        odd = ", ".join(sorted(set(value) ^ set(hints)))
        raise ValueError(f"missing or unknown keys in {where}: {odd}")
    return kind(**{name: typed(hint, value[name], name) for name, hint in hints.items()})
