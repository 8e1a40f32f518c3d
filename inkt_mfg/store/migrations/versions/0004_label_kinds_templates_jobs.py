"""Labels of every kind, their templates, printing jobs; screening of a collection by itself; second factors. Never edited once released."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from alembic import op

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_MOMENT = sa.Text().with_variant(sa.TIMESTAMP(timezone=True), "postgresql")
_NUMBER = sa.Text().with_variant(sa.Numeric(), "postgresql")
_REPRINT_REASONS = ("damaged", "misprinted", "illegible", "lost", "record_changed", "other")
_LABEL_STATES = (
    "prepared",
    "proofed",
    "printed",
    "applied",
    "spoiled",
    "destroyed",
    "specimen",
    "returned",
)
_REFERS_TO = {
    "site": "site.code",
    "collection": "collection.key",
    "batch": "batch.key",
    "container": "container.key",
    "template": "label_template.key",
    "reprint_of": "label.key",
    "prepared_by": "person.key",
    "printed_by": "person.key",
    "printer": "printer.key",
    "ended_by": "person.key",
    "witnessed_by": "person.key",
}
_NEWLY_INDEXED = ("collection", "reprint_of", "template")
_INDEXED = (
    "batch",
    "code",
    "container",
    "ended_by",
    "prepared_by",
    "printed_by",
    "printer",
    "site",
    "witnessed_by",
)


def upgrade() -> None:
    op.create_table(
        "label_template",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("specimen_sha256", sa.Text(), nullable=False),
        sa.Column("approved_by", sa.Text(), nullable=False),
        sa.Column(
            "approved_at", sa.Text().with_variant(sa.TIMESTAMP(timezone=True), "postgresql"), nullable=False
        ),
        sa.Column("retired_by", sa.Text(), nullable=True),
        sa.Column(
            "retired_at", sa.Text().with_variant(sa.TIMESTAMP(timezone=True), "postgresql"), nullable=True
        ),
        sa.Column("retire_reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["approved_by"], ["person.key"], name=op.f("fk_label_template_approved_by")),
        sa.ForeignKeyConstraint(["retired_by"], ["person.key"], name=op.f("fk_label_template_retired_by")),
        sa.ForeignKeyConstraint(["site"], ["site.code"], name=op.f("fk_label_template_site")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_label_template")),
        sa.UniqueConstraint("site", "code", name=op.f("uq_label_template_site_code")),
    )
    with op.batch_alter_table("label_template", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_label_template_approved_by"), ["approved_by"], unique=False)
        batch_op.create_index(batch_op.f("ix_label_template_code"), ["code"], unique=False)
        batch_op.create_index(batch_op.f("ix_label_template_retired_by"), ["retired_by"], unique=False)
        batch_op.create_index(batch_op.f("ix_label_template_site"), ["site"], unique=False)

    if op.get_bind().dialect.name == "sqlite":
        _label_anew()
        _clearance_anew()
    else:
        _label_altered()
        _clearance_altered()

    op.create_table(
        "print_job",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("printer", sa.Text(), nullable=True),
        sa.Column(
            "transport",
            sa.Enum("file", "cups", "tcp", name=None, native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column(
            "language",
            sa.Enum("pdf", "zpl", "png", name=None, native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("destination", sa.Text(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "running", "done", "stopped", name=None, native_enum=False, create_constraint=True, length=40
            ),
            nullable=False,
        ),
        sa.Column("started_by", sa.Text(), nullable=False),
        sa.Column(
            "started_at", sa.Text().with_variant(sa.TIMESTAMP(timezone=True), "postgresql"), nullable=False
        ),
        sa.Column(
            "ended_at", sa.Text().with_variant(sa.TIMESTAMP(timezone=True), "postgresql"), nullable=True
        ),
        sa.Column("ended_why", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["printer"], ["printer.key"], name=op.f("fk_print_job_printer")),
        sa.ForeignKeyConstraint(["site"], ["site.code"], name=op.f("fk_print_job_site")),
        sa.ForeignKeyConstraint(["started_by"], ["person.key"], name=op.f("fk_print_job_started_by")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_print_job")),
        sa.UniqueConstraint("site", "code", name=op.f("uq_print_job_site_code")),
    )
    with op.batch_alter_table("print_job", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_print_job_code"), ["code"], unique=False)
        batch_op.create_index(batch_op.f("ix_print_job_printer"), ["printer"], unique=False)
        batch_op.create_index(batch_op.f("ix_print_job_site"), ["site"], unique=False)
        batch_op.create_index(batch_op.f("ix_print_job_started_by"), ["started_by"], unique=False)

    op.create_table(
        "print_job_label",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.Column("job", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "waiting",
                "sent",
                "unknown",
                "not_sent",
                name=None,
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "sent_at", sa.Text().with_variant(sa.TIMESTAMP(timezone=True), "postgresql"), nullable=True
        ),
        sa.Column("sent_sha256", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["job"], ["print_job.key"], name=op.f("fk_print_job_label_job")),
        sa.ForeignKeyConstraint(["label"], ["label.key"], name=op.f("fk_print_job_label_label")),
        sa.ForeignKeyConstraint(["site"], ["site.code"], name=op.f("fk_print_job_label_site")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_print_job_label")),
        sa.UniqueConstraint("job", "ordinal", name=op.f("uq_print_job_label_job_ordinal")),
    )
    with op.batch_alter_table("print_job_label", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_print_job_label_job"), ["job"], unique=False)
        batch_op.create_index(batch_op.f("ix_print_job_label_label"), ["label"], unique=False)
        batch_op.create_index(batch_op.f("ix_print_job_label_site"), ["site"], unique=False)

    _add_columns(
        "person",
        {"second_factor": sa.Text(), "second_factor_since": _MOMENT, "second_factor_used": sa.BigInteger()},
    )
    _add_columns("collection", {"screening_complete": sa.Boolean(), "risk_factor": sa.Boolean()})
    _add_columns(
        "printer",
        {
            "transport": _choice("file", "cups", "tcp"),
            "language": _choice("pdf", "zpl", "png"),
            "offset_across": _NUMBER,
            "offset_down": _NUMBER,
        },
    )


def _choice(*values: str) -> sa.Enum:
    return sa.Enum(*values, name=None, native_enum=False, create_constraint=True, length=40)


def _add_columns(table: str, columns: dict[str, sa.types.TypeEngine[Any]]) -> None:
    on_sqlite = op.get_bind().dialect.name == "sqlite"
    for name, type_ in columns.items():
        if on_sqlite and isinstance(type_, sa.Enum):
            # alembic would build the SQLite table anew to add a CHECK, and lose its others on the way.
            values = ", ".join(f"'{value}'" for value in type_.enums)
            op.execute(
                f"ALTER TABLE {table} ADD COLUMN {name} VARCHAR({type_.length}) "
                f"CONSTRAINT ck_{table}_{name} CHECK ({name} IN ({values}))"
            )
        else:
            op.add_column(table, sa.Column(name, type_, nullable=True))


def _clearance_altered() -> None:
    op.alter_column("line_clearance", "batch", existing_type=sa.Text(), nullable=True)
    op.add_column("line_clearance", sa.Column("collection", sa.Text(), nullable=True))
    op.create_foreign_key(
        "fk_line_clearance_collection", "line_clearance", "collection", ["collection"], ["key"]
    )
    op.create_index("ix_line_clearance_collection", "line_clearance", ["collection"], unique=False)


def _clearance_anew() -> None:
    """As ``_label_anew``."""
    refers_to = ("batch", "cleared_by", "collection", "printer", "site")
    targets = {"cleared_by": "person.key", "site": "site.code"}
    with _anew("line_clearance", ("batch", "cleared_by", "printer", "site"), refers_to):
        op.create_table(
            "line_clearance",
            sa.Column("key", sa.Text(), nullable=False),
            sa.Column("site", sa.Text(), nullable=False),
            sa.Column("row_version", sa.Integer(), nullable=False),
            sa.Column("printer", sa.Text(), nullable=False),
            sa.Column("batch", sa.Text(), nullable=True),
            sa.Column("collection", sa.Text(), nullable=True),
            sa.Column("cleared_by", sa.Text(), nullable=False),
            sa.Column("cleared_at", _MOMENT, nullable=False),
            sa.Column("statement", sa.Text(), nullable=False),
            *(
                sa.ForeignKeyConstraint(
                    [name], [targets.get(name, f"{name}.key")], name=op.f(f"fk_line_clearance_{name}")
                )
                for name in refers_to
            ),
            sa.PrimaryKeyConstraint("key", name=op.f("pk_line_clearance")),
        )


@contextmanager
def _anew(table: str, indexed: Sequence[str], index: Sequence[str]) -> Iterator[None]:
    """SQLite cannot make a column optional: the table is written anew, with every name it had (sqlite.org/lang_altertable.html)."""
    before = [row[1] for row in op.get_bind().exec_driver_sql(f"PRAGMA table_info({table})")]
    op.rename_table(table, f"{table}_before")
    for name in indexed:
        op.drop_index(f"ix_{table}_{name}", f"{table}_before")
    yield
    columns = ", ".join(before)
    op.execute(f"INSERT INTO {table} ({columns}) SELECT {columns} FROM {table}_before")  # noqa: S608 — our own names
    op.drop_table(f"{table}_before")
    for name in index:
        op.create_index(f"ix_{table}_{name}", table, [name], unique=False)


def _label_altered() -> None:
    for name in ("batch", "container"):
        op.alter_column("label", name, existing_type=sa.Text(), nullable=True)
    _add_columns(
        "label",
        {
            "collection": sa.Text(),
            "template": sa.Text(),
            "reprint_of": sa.Text(),
            "reprint_code": _choice(*_REPRINT_REASONS),
        },
    )
    for name, target in (
        ("collection", "collection"),
        ("template", "label_template"),
        ("reprint_of", "label"),
    ):
        op.create_foreign_key(f"fk_label_{name}", "label", target, [name], ["key"])
    for name in _NEWLY_INDEXED:
        op.create_index(f"ix_label_{name}", "label", [name], unique=False)


def _label_anew() -> None:
    with _anew("label", _INDEXED, (*_INDEXED, *_NEWLY_INDEXED)):
        op.create_table(
            "label",
            sa.Column("key", sa.Text(), nullable=False),
            sa.Column("site", sa.Text(), nullable=False),
            sa.Column("row_version", sa.Integer(), nullable=False),
            sa.Column("code", sa.Text(), nullable=False),
            sa.Column("collection", sa.Text(), nullable=True),
            sa.Column("batch", sa.Text(), nullable=True),
            sa.Column("container", sa.Text(), nullable=True),
            sa.Column("kind", sa.Text(), nullable=False),
            sa.Column("template", sa.Text(), nullable=True),
            sa.Column("copy_number", sa.Integer(), nullable=False),
            sa.Column("reprint_number", sa.Integer(), nullable=False),
            sa.Column("reprint_of", sa.Text(), nullable=True),
            sa.Column("reprint_code", _choice(*_REPRINT_REASONS), nullable=True),
            sa.Column("reprint_reason", sa.Text(), nullable=True),
            sa.Column("state", _choice(*_LABEL_STATES), nullable=False),
            sa.Column("content", sa.Text(), nullable=False),
            sa.Column("content_sha256", sa.Text(), nullable=False),
            sa.Column("pdf_sha256", sa.Text(), nullable=True),
            sa.Column("proof", sa.Text(), nullable=True),
            sa.Column("prepared_by", sa.Text(), nullable=False),
            sa.Column("prepared_at", _MOMENT, nullable=False),
            sa.Column("printed_by", sa.Text(), nullable=True),
            sa.Column("printed_at", _MOMENT, nullable=True),
            sa.Column("printer", sa.Text(), nullable=True),
            sa.Column("ended_by", sa.Text(), nullable=True),
            sa.Column("ended_at", _MOMENT, nullable=True),
            sa.Column("end_reason", sa.Text(), nullable=True),
            sa.Column("witnessed_by", sa.Text(), nullable=True),
            sa.Column("witnessed_at", _MOMENT, nullable=True),
            *(
                sa.ForeignKeyConstraint([name], [target], name=op.f(f"fk_label_{name}"))
                for name, target in _REFERS_TO.items()
            ),
            sa.PrimaryKeyConstraint("key", name=op.f("pk_label")),
            sa.UniqueConstraint("site", "code", name=op.f("uq_label_site_code")),
        )
