"""Corrections, seals and their keys, training, former passwords and accountability statements. Never edited once released."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "seal_key",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("public_key", sa.Text(), nullable=False),
        sa.Column(
            "made_at", sa.Text().with_variant(sa.TIMESTAMP(timezone=True), "postgresql"), nullable=False
        ),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("succeeds", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["site"], ["site.code"], name=op.f("fk_seal_key_site")),
        sa.ForeignKeyConstraint(["succeeds"], ["seal_key.key"], name=op.f("fk_seal_key_succeeds")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_seal_key")),
        sa.UniqueConstraint("site", "key_id", name=op.f("uq_seal_key_site_key_id")),
    )
    with op.batch_alter_table("seal_key", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_seal_key_site"), ["site"], unique=False)
        batch_op.create_index(batch_op.f("ix_seal_key_succeeds"), ["succeeds"], unique=False)

    op.create_table(
        "statement",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("published_by", sa.Text(), nullable=False),
        sa.Column(
            "published_at", sa.Text().with_variant(sa.TIMESTAMP(timezone=True), "postgresql"), nullable=False
        ),
        sa.ForeignKeyConstraint(["site"], ["site.code"], name=op.f("fk_statement_site")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_statement")),
        sa.UniqueConstraint("site", "version", name=op.f("uq_statement_site_version")),
    )
    with op.batch_alter_table("statement", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_statement_site"), ["site"], unique=False)

    op.create_table(
        "correction",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("row_table", sa.Text(), nullable=False),
        sa.Column("row_key", sa.Text(), nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("old_typed", sa.Text(), nullable=True),
        sa.Column("new_typed", sa.Text(), nullable=False),
        sa.Column("critical", sa.Boolean(), nullable=False),
        sa.Column(
            "reason_code",
            sa.Enum(
                "transcription",
                "wrong_unit",
                "wrong_record",
                "instrument",
                "calculation",
                "new_evidence",
                "other",
                name=None,
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column(
            "asked_at", sa.Text().with_variant(sa.TIMESTAMP(timezone=True), "postgresql"), nullable=False
        ),
        sa.Column(
            "state",
            sa.Enum(
                "pending",
                "applied",
                "refused",
                "withdrawn",
                name=None,
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column(
            "decided_at", sa.Text().with_variant(sa.TIMESTAMP(timezone=True), "postgresql"), nullable=True
        ),
        sa.ForeignKeyConstraint(["asked_by"], ["person.key"], name=op.f("fk_correction_asked_by")),
        sa.ForeignKeyConstraint(["decided_by"], ["person.key"], name=op.f("fk_correction_decided_by")),
        sa.ForeignKeyConstraint(["site"], ["site.code"], name=op.f("fk_correction_site")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_correction")),
        sa.UniqueConstraint("site", "code", name=op.f("uq_correction_site_code")),
    )
    with op.batch_alter_table("correction", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_correction_asked_by"), ["asked_by"], unique=False)
        batch_op.create_index(batch_op.f("ix_correction_code"), ["code"], unique=False)
        batch_op.create_index(batch_op.f("ix_correction_decided_by"), ["decided_by"], unique=False)
        batch_op.create_index(batch_op.f("ix_correction_row_key"), ["row_key"], unique=False)
        batch_op.create_index(batch_op.f("ix_correction_site"), ["site"], unique=False)
        batch_op.create_index(batch_op.f("ix_correction_state"), ["state"], unique=False)

    op.create_table(
        "former_password",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column(
            "retired_at", sa.Text().with_variant(sa.TIMESTAMP(timezone=True), "postgresql"), nullable=False
        ),
        sa.ForeignKeyConstraint(["person"], ["person.key"], name=op.f("fk_former_password_person")),
        sa.ForeignKeyConstraint(["site"], ["site.code"], name=op.f("fk_former_password_site")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_former_password")),
    )
    with op.batch_alter_table("former_password", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_former_password_person"), ["person"], unique=False)
        batch_op.create_index(batch_op.f("ix_former_password_site"), ["site"], unique=False)

    op.create_table(
        "seal",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("seal_key", sa.Text(), nullable=False),
        sa.Column(
            "occasion",
            sa.Enum(
                "on_demand",
                "day_end",
                "release",
                "key_change",
                "backup",
                name=None,
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("head", sa.Text(), nullable=False),
        sa.Column("merkle_root", sa.Text(), nullable=False),
        sa.Column(
            "sealed_at", sa.Text().with_variant(sa.TIMESTAMP(timezone=True), "postgresql"), nullable=False
        ),
        sa.Column("statement", sa.Text(), nullable=False),
        sa.Column("signature", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["seal_key"], ["seal_key.key"], name=op.f("fk_seal_seal_key")),
        sa.ForeignKeyConstraint(["site"], ["site.code"], name=op.f("fk_seal_site")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_seal")),
        sa.UniqueConstraint("site", "code", name=op.f("uq_seal_site_code")),
    )
    with op.batch_alter_table("seal", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_seal_code"), ["code"], unique=False)
        batch_op.create_index(batch_op.f("ix_seal_seal_key"), ["seal_key"], unique=False)
        batch_op.create_index(batch_op.f("ix_seal_site"), ["site"], unique=False)

    op.create_table(
        "statement_acceptance",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("statement", sa.Text(), nullable=False),
        sa.Column(
            "accepted_at", sa.Text().with_variant(sa.TIMESTAMP(timezone=True), "postgresql"), nullable=False
        ),
        sa.ForeignKeyConstraint(["person"], ["person.key"], name=op.f("fk_statement_acceptance_person")),
        sa.ForeignKeyConstraint(["site"], ["site.code"], name=op.f("fk_statement_acceptance_site")),
        sa.ForeignKeyConstraint(
            ["statement"], ["statement.key"], name=op.f("fk_statement_acceptance_statement")
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_statement_acceptance")),
        sa.UniqueConstraint("person", "statement", name=op.f("uq_statement_acceptance_person_statement")),
    )
    with op.batch_alter_table("statement_acceptance", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_statement_acceptance_person"), ["person"], unique=False)
        batch_op.create_index(batch_op.f("ix_statement_acceptance_site"), ["site"], unique=False)
        batch_op.create_index(batch_op.f("ix_statement_acceptance_statement"), ["statement"], unique=False)

    op.create_table(
        "training",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "technician",
                "qa_officer",
                "pharmacist",
                "physician",
                "administrator",
                name=None,
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("trained_by", sa.Text(), nullable=False),
        sa.Column("completed_on", sa.Date(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column(
            "recorded_at", sa.Text().with_variant(sa.TIMESTAMP(timezone=True), "postgresql"), nullable=False
        ),
        sa.ForeignKeyConstraint(["person"], ["person.key"], name=op.f("fk_training_person")),
        sa.ForeignKeyConstraint(["recorded_by"], ["person.key"], name=op.f("fk_training_recorded_by")),
        sa.ForeignKeyConstraint(["site"], ["site.code"], name=op.f("fk_training_site")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_training")),
    )
    with op.batch_alter_table("training", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_training_person"), ["person"], unique=False)
        batch_op.create_index(batch_op.f("ix_training_recorded_by"), ["recorded_by"], unique=False)
        batch_op.create_index(batch_op.f("ix_training_site"), ["site"], unique=False)

    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column(
                "password_changed_at",
                sa.Text().with_variant(sa.TIMESTAMP(timezone=True), "postgresql"),
                nullable=True,
            )
        )
