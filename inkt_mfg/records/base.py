"""The strict base of every table: what a column may hold, checked the moment it is assigned.

Every table in ``inkt_mfg.records`` derives from ``Record``; the ledger reads its change set and the store writes it.
It refuses a wrong type, a text too long, a naive time, an unknown choice and a binary float, at the assignment itself,
because SQLModel does not validate tables and a value refused later would still be written by the next commit.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from functools import cache, partial
from typing import Annotated, Any, ClassVar
from uuid import uuid4

import sqlalchemy as sa
from pydantic import AwareDatetime, ConfigDict, TypeAdapter, ValidationError
from sqlalchemy import event
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import InstrumentedAttribute, declared_attr
from sqlalchemy.orm.attributes import set_committed_value
from sqlmodel import Field, SQLModel, col

from inkt_mfg.language import Phrase
from inkt_mfg.records.field_words import FIELDS
from inkt_mfg.records.spelling import decimal_text, moment_text
from inkt_mfg.refusal import Refusal, control_in, refuse
from inkt_mfg.units import Kind, Measured, canonical, of

KEY_LENGTH = 32
CODE_LENGTH = 40

# A migration can only change or drop what has a name, and both databases must call it the same.
SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(column_0_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}


def new_key() -> str:
    """A key made here, not by the database, so that the ledger knows it before the row is written."""
    return uuid4().hex


class ExactDecimal(sa.types.TypeDecorator[Decimal]):
    """A decimal that comes back as it went in: TEXT on SQLite (whose numbers are floats), NUMERIC on PostgreSQL."""

    impl = sa.Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> sa.types.TypeEngine[Any]:
        return dialect.type_descriptor(sa.Numeric() if dialect.name == "postgresql" else sa.Text())

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        text = decimal_text(value)
        return Decimal(text) if dialect.name == "postgresql" else text

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:  # noqa: ARG002
        return None if value is None else Decimal(str(value))


class Moment(sa.types.TypeDecorator[datetime]):
    """An instant: sortable UTC text on SQLite, TIMESTAMPTZ on PostgreSQL; always aware in Python."""

    impl = sa.Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> sa.types.TypeEngine[Any]:
        timestamp = sa.TIMESTAMP(timezone=True)
        return dialect.type_descriptor(timestamp if dialect.name == "postgresql" else sa.Text())

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        if value is None or dialect.name == "postgresql":
            return value
        return moment_text(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if isinstance(value, str):
            return datetime.fromisoformat(value)
        return value.astimezone(UTC) if isinstance(value, datetime) else None


def words(
    longest: int,
    *,
    critical: bool = False,
    secret: bool = False,
    index: bool = False,
    shortest: int = 1,
    **more: Any,
) -> Any:
    """A text column of limited length; ``critical`` as ARCHITECTURE.md defines it, ``secret``: the ledger writes its digest."""
    return Field(
        min_length=shortest,
        max_length=longest,
        sa_type=sa.Text,
        index=index,
        sa_column_kwargs={"info": {"critical": critical, "secret": secret}},
        **more,
    )


def choice(of_type: type[StrEnum], *, critical: bool = False, index: bool = False, **more: Any) -> Any:
    """A column that holds one of a closed list, stored by value and held by a CHECK constraint."""
    # No name of its own: the naming convention then names the CHECK after table and column, where the enum's name
    # would come twice in a table that has two columns of one enum.
    stored = sa.Enum(
        of_type,
        values_callable=lambda members: [m.value for m in members],
        native_enum=False,
        create_constraint=True,
        length=40,
        name=None,
    )
    return Field(sa_type=stored, index=index, sa_column_kwargs={"info": {"critical": critical}}, **more)


def moment(*, critical: bool = False, **more: Any) -> Any:
    """An aware instant."""
    return Field(sa_type=Moment, sa_column_kwargs={"info": {"critical": critical}}, **more)


def number(unit: str = "", *, critical: bool = False, **more: Any) -> Any:
    """An exact decimal with no typed text beside it, computed here in ``unit``; without one it is dimensionless."""
    return Field(
        sa_type=ExactDecimal, sa_column_kwargs={"info": {"critical": critical, "unit": unit}}, **more
    )


def quantity(kind: Kind, *, critical: bool = False, **more: Any) -> Any:
    """The canonical number of a quantity (in ``kind.canonical``); its text as typed goes in ``<name>_typed`` (R07)."""
    return Field(
        sa_type=ExactDecimal, sa_column_kwargs={"info": {"critical": critical, "kind": kind}}, **more
    )


def as_typed(**more: Any) -> Any:
    """The text of a quantity exactly as a person or an instrument gave it."""
    return Field(max_length=80, sa_type=sa.Text, **more)


def refers_to(target: str, *, index: bool = True, **more: Any) -> Any:
    """The key of a row in another table."""
    return Field(
        foreign_key=f"{target}.key",
        index=index,
        min_length=KEY_LENGTH,
        max_length=KEY_LENGTH,
        sa_type=sa.Text,
        **more,
    )


class Record(SQLModel):
    """What every table has: a key of its own, the site it belongs to, and a version that a stale form is told by."""

    model_config = ConfigDict(arbitrary_types_allowed=True)  # type: ignore[assignment]
    # Columns that say where a record stands, not what was entered: a signature does not cover them.
    lifecycle: ClassVar[frozenset[str]] = frozenset()
    # Columns that say who made the entry: none of these people reads it a second time (R24). Whoever verified, decided or
    # ended it, and whom it is about, did not make it.
    maker_columns: ClassVar[tuple[str, ...]] = ()

    key: str = Field(default_factory=new_key, primary_key=True, max_length=KEY_LENGTH, sa_type=sa.Text)
    site: str = Field(max_length=12, sa_type=sa.Text, index=True, foreign_key="site.code")
    row_version: int = Field(default=1, sa_type=sa.Integer)

    def __init__(self, **values: Any) -> None:
        """Every column checked once. Raises Refusal ``record.field``, and TypeError for a name no column has.

        SQLModel's own would set each value twice, with history, and drop a name it does not know without a word.
        """
        of_table = type(self)
        if unknown := values.keys() - of_table.model_fields.keys():
            raise TypeError(f"{of_table.__name__} has no column {', '.join(sorted(unknown))}")
        for name, default in _defaults(of_table).items():
            if name not in values:
                values[name] = default()
        for name, value in values.items():
            set_committed_value(self, name, _checked(of_table, name, value))

    @declared_attr.directive
    def __mapper_args__(cls) -> dict[str, Any]:  # noqa: N805 — SQLAlchemy's own names
        # The ledger raises the version itself, before it reads the change set: only so is the new version in the entry.
        return {"version_id_col": cls.__table__.c.row_version, "version_id_generator": False}  # type: ignore[attr-defined]


class Coded(Record):
    """A record people name aloud: a short code, unique within the site."""

    code: str = words(CODE_LENGTH, index=True)


def in_order_made(table: type[Coded]) -> tuple[Any, ...]:
    """What to order by, the oldest first: of two short codes the longer one is the later (D-99999, then D-100000)."""
    return sa.func.length(col(table.code)), col(table.code)


def place_in_order(record: Coded) -> tuple[int, str]:
    """As ``in_order_made``, for records that are read already."""
    return len(record.code), record.code


def makers(record: Record) -> frozenset[str]:
    """The keys of the people who made this entry, as its own columns say."""
    found = {getattr(record, name) for name in record.maker_columns}
    return frozenset(key for key in found if key is not None)


def spoken(table: type[Record]) -> Phrase:
    """What people call a record of this table: ``CellCount`` is a cell count."""
    return Phrase(str(table.__tablename__).replace("_", " "))


def spoken_field(name: str) -> Phrase:
    """What people call a column: ``donation_id`` is the donation id."""
    own = name.removesuffix("_typed")
    return FIELDS.get(own) or Phrase("{field}", field=own.replace("_", " "))


def unit_of_column(owner: type[Record], name: str) -> str:
    """The unit a number stands in, as we spell it; empty for text, for what has none, and where another column says it."""
    told = owner.__table__.c[name].info  # type: ignore[attr-defined]
    return told["kind"].canonical if "kind" in told else str(told.get("unit", ""))


@cache
def _defaults(of_table: type[Record]) -> dict[str, Callable[[], Any]]:
    """What fills the columns an author leaves out."""
    return {
        name: partial(field.get_default, call_default_factory=True)
        for name, field in of_table.model_fields.items()
        if not field.is_required()
    }


@cache
def _check_for(owner: type[Record], name: str) -> Callable[[Any], Any]:
    field = owner.model_fields[name]
    # FieldInfo.annotation has lost its Annotated parts; the metadata holds them.
    checked: Any = _aware(field.annotation)
    adapter: TypeAdapter[Any] = TypeAdapter(
        Annotated[checked, *field.metadata] if field.metadata else checked,
        config=ConfigDict(strict=True, arbitrary_types_allowed=True),
    )
    return adapter.validator.validate_python


def _aware(annotation: Any) -> Any:
    if annotation is datetime:
        return AwareDatetime
    if annotation == datetime | None:
        return AwareDatetime | None
    return annotation


@event.listens_for(Record, "attribute_instrument", propagate=True)
def _check_every_assignment(_owner: type[Record], name: str, attribute: InstrumentedAttribute[Any]) -> None:
    if not hasattr(attribute.property, "columns"):
        return

    # active_history: without it an expired attribute is overwritten with its old value unknown, and the ledger needs it.
    @event.listens_for(
        attribute, "set", raw=True, retval=True, include_key=True, active_history=True, propagate=True
    )
    def check(state: Any, value: Any, _old: Any, _initiator: Any, **_key: Any) -> Any:
        return _checked(state.class_, name, value)


def _checked(owner: type[Record], name: str, value: Any) -> Any:
    try:
        checked = _check_for(owner, name)(value)
    except ValidationError as wrong:
        first = wrong.errors()[0]
        if first["type"] == "string_too_long":
            raise _too_long(name, str(value), first["ctx"]["max_length"]) from wrong
        raise _cannot_hold(owner, name, value, first["msg"]) from wrong
    # NUL: PostgreSQL has no such character, SQLite cuts text there. ESC and its like: terminals and printers obey them.
    if isinstance(checked, str) and (odd := control_in(checked, lines=True)):
        raise _cannot_hold(owner, name, value, f"text without the control character {odd}")
    return checked


def _too_long(name: str, value: str, limit: int) -> Refusal:
    return refuse(
        "record.field",
        Phrase("{field} is too long", field=spoken_field(name)),
        expected=Phrase("at most {n} characters", n=limit),
        field=name,
        typed=value,
    )


def _cannot_hold(owner: type[Record], name: str, value: object, expected: str) -> Refusal:
    return refuse(
        "record.field",
        Phrase("{table}.{field} cannot hold this value", table=owner.__name__, field=name),
        expected=Phrase("{problem}", problem=expected),
        field=name,
        typed=str(value),
    )


def kind_of_column(owner: type[Record], name: str) -> Kind:
    """What a quantity column measures. Raises KeyError for a column that is none."""
    kind = owner.__table__.c[name].info["kind"]  # type: ignore[attr-defined]
    assert isinstance(kind, Kind)
    return kind


def entries(owner: type[Record], **measured: Measured | None) -> dict[str, Any]:
    """The two columns of each quantity, canonical number and text as typed, ready for the record's constructor."""
    columns: dict[str, Any] = {}
    for name, value in measured.items():
        columns[name] = None if value is None else canonical(value, kind_of_column(owner, name))
        columns[f"{name}_typed"] = None if value is None else (value.typed or f"{value.value} {value.unit}")
    return columns


def measured(record: Record, name: str) -> Measured | None:
    """A quantity column as a quantity in its canonical unit; None stays None."""
    value = getattr(record, name)
    return None if value is None else of(value, kind_of_column(type(record), name).canonical)


def secret_fields(owner: type[Record]) -> frozenset[str]:
    """The fields of a table whose text leaves the house with no ledger entry: what somebody could log in with."""
    return frozenset(c.name for c in owner.__table__.c if c.info.get("secret"))  # type: ignore[attr-defined]


def critical_fields(owner: type[Record]) -> frozenset[str]:
    """The fields of a table a change of which a second person must approve."""
    return frozenset(c.name for c in owner.__table__.c if c.info.get("critical"))  # type: ignore[attr-defined]
