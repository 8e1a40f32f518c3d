"""What became of each label, printers and line clearances. Never edited once released."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


_NEW_IN_LABEL: dict[str, str | None] = {
    "printer": "printer",
    "ended_by": "person",
    "ended_at": None,
    "end_reason": None,
    "witnessed_by": "person",
    "witnessed_at": None,
}


def upgrade() -> None:
    op.create_table(
        "printer",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("dots_per_inch", sa.Text().with_variant(sa.Numeric(), "postgresql"), nullable=False),
        sa.Column("media", sa.Text(), nullable=False),
        sa.Column("queue", sa.Text(), nullable=True),
        sa.Column(
            "registered_at", sa.Text().with_variant(sa.TIMESTAMP(timezone=True), "postgresql"), nullable=False
        ),
        sa.Column(
            "retired_at", sa.Text().with_variant(sa.TIMESTAMP(timezone=True), "postgresql"), nullable=True
        ),
        sa.ForeignKeyConstraint(["site"], ["site.code"], name=op.f("fk_printer_site")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_printer")),
        sa.UniqueConstraint("site", "code", name=op.f("uq_printer_site_code")),
    )
    with op.batch_alter_table("printer", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_printer_code"), ["code"], unique=False)
        batch_op.create_index(batch_op.f("ix_printer_site"), ["site"], unique=False)

    op.create_table(
        "line_clearance",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.Column("printer", sa.Text(), nullable=False),
        sa.Column("batch", sa.Text(), nullable=False),
        sa.Column("cleared_by", sa.Text(), nullable=False),
        sa.Column(
            "cleared_at", sa.Text().with_variant(sa.TIMESTAMP(timezone=True), "postgresql"), nullable=False
        ),
        sa.Column("statement", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["batch"], ["batch.key"], name=op.f("fk_line_clearance_batch")),
        sa.ForeignKeyConstraint(["cleared_by"], ["person.key"], name=op.f("fk_line_clearance_cleared_by")),
        sa.ForeignKeyConstraint(["printer"], ["printer.key"], name=op.f("fk_line_clearance_printer")),
        sa.ForeignKeyConstraint(["site"], ["site.code"], name=op.f("fk_line_clearance_site")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_line_clearance")),
    )
    with op.batch_alter_table("line_clearance", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_line_clearance_batch"), ["batch"], unique=False)
        batch_op.create_index(batch_op.f("ix_line_clearance_cleared_by"), ["cleared_by"], unique=False)
        batch_op.create_index(batch_op.f("ix_line_clearance_printer"), ["printer"], unique=False)
        batch_op.create_index(batch_op.f("ix_line_clearance_site"), ["site"], unique=False)

    moment = sa.Text().with_variant(sa.TIMESTAMP(timezone=True), "postgresql")
    for name, refers_to in _NEW_IN_LABEL.items():
        _add(name, refers_to, moment if name.endswith("_at") else sa.Text())
    for name in ("ended_by", "printer", "witnessed_by"):
        op.create_index(f"ix_label_{name}", "label", [name], unique=False)


def _add(name: str, refers_to: str | None, type_: sa.types.TypeEngine[str]) -> None:
    # alembic would build the SQLite table anew to add a foreign key, and lose its CHECK constraints on the way.
    if refers_to is not None and op.get_bind().dialect.name == "sqlite":
        op.execute(
            f"ALTER TABLE label ADD COLUMN {name} TEXT CONSTRAINT fk_label_{name} REFERENCES {refers_to} (key)"
        )
        return
    op.add_column("label", sa.Column(name, type_, nullable=True))
    if refers_to is not None:
        op.create_foreign_key(f"fk_label_{name}", "label", refers_to, [name], ["key"])
