"""Walks over a protocol's tables: as plain JSON, as the list of site values, as the set of all keys.

Only ``model`` calls it. It knows how a protocol is built, not what it says, and refuses nothing.
"""

from collections.abc import Iterator
from enum import Enum
from functools import cache
from typing import Any, get_args

from pydantic import BaseModel

from inkt_mfg.protocol.values import Cited, Source, Sourced
from inkt_mfg.science.acceptance import Criterion
from inkt_mfg.units import Kind, Measured


def tables(value: Any) -> Any:
    """A table and all in it as JSON: quantities as value and unit, criteria as their text, kinds by name."""
    if isinstance(value, BaseModel):
        return {name: tables(getattr(value, name)) for name in type(value).model_fields}
    if isinstance(value, tuple):
        return [tables(item) for item in value]
    if isinstance(value, Measured):
        return value.as_json()
    if isinstance(value, Criterion):
        return value.text
    if isinstance(value, Kind):
        return value.name.lower()
    return value.value if isinstance(value, Enum) else value


def site_values(value: Any, key: str = "") -> Iterator[tuple[str, str, Cited]]:
    """Every value or table whose source is the site: its dotted key, what it says, and itself."""
    if isinstance(value, Cited) and value.source is Source.SITE:
        yield key, in_words(value), value
        return
    if isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from site_values(getattr(value, name), f"{key}.{name}".lstrip("."))
    elif isinstance(value, tuple):
        for number, item in enumerate(value, start=1):
            named = getattr(item, "code", None) or getattr(item, "act", None) or f"#{number}"
            yield from site_values(item, f"{key}.{named}")


def in_words(value: Any) -> str:
    """A value on one line, as a QA officer reads it in a list."""
    match value:
        case Sourced():
            return in_words(value.value)
        case BaseModel():
            return "; ".join(f"{name} {in_words(item)}" for name, item in _said(value))
        case tuple():
            return ", ".join(in_words(item) for item in value) or "–"
        case dict():
            return ", ".join(f"{word} = {number}" for word, number in value.items())
        case bool():
            return "yes" if value else "no"
        case _:
            return value.typed if isinstance(value, Measured) else str(tables(value))


def _said(table: BaseModel) -> Iterator[tuple[str, Any]]:
    """What a table says, without its code and where it comes from."""
    for name in type(table).model_fields:
        if name not in {*Cited.model_fields, "code", "act"} and getattr(table, name) is not None:
            yield name, getattr(table, name)


@cache
def all_keys(model: type[BaseModel]) -> frozenset[str]:
    """Every key a file may have anywhere, to suggest the one that was meant."""
    keys = set(model.model_fields)
    for field in model.model_fields.values():
        for inner in _models_in(field.annotation):
            keys |= all_keys(inner)
    return frozenset(keys)


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models_in(argument)
