"""Import many rows at once, and keep how far that has come."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "import_job",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False, comment="a code of shared.domain.bulk.Kind"),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False, comment="of the file as it was sent"),
        sa.Column(
            "state", sa.Text(), nullable=False, comment="a code of shared.domain.bulk.JobState"
        ),
        sa.Column("total", sa.Integer(), nullable=False, comment="rows"),
        sa.Column("created_by", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("stopped_because", sa.Text(), server_default="", nullable=False),
        sa.Column("worker", sa.Text(), nullable=True, comment="which process works on it"),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["created_by"], ["user_account.id"], name=op.f("fk_import_job_created_by_user_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_job")),
    )
    op.create_index("ix_import_job_created_by", "import_job", ["created_by", "id"], unique=False)
    op.create_index(
        "ix_import_job_working",
        "import_job",
        ["id"],
        unique=False,
        postgresql_where="state IN ('checking', 'committing', 'undoing')",
    )
    op.create_table(
        "import_row",
        sa.Column("job_id", sa.BigInteger(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False, comment="its line in the file"),
        sa.Column(
            "key",
            sa.Text(),
            nullable=False,
            comment="which thing it speaks of, as its handler says",
        ),
        sa.Column(
            "given",
            postgresql.JSONB(),
            nullable=False,
            comment="by column, as it was sent",
        ),
        sa.Column(
            "state", sa.Text(), nullable=False, comment="a code of shared.domain.bulk.RowState"
        ),
        sa.Column(
            "verdict", sa.Text(), nullable=True, comment="a code of shared.domain.bulk.Verdict"
        ),
        sa.Column("faults", postgresql.JSONB(), server_default="[]", nullable=False),
        sa.Column(
            "before",
            postgresql.JSONB(),
            nullable=True,
            comment="what was there, of what it changed",
        ),
        sa.Column(
            "after",
            postgresql.JSONB(),
            nullable=True,
            comment="what it left there, to know it by",
        ),
        sa.Column(
            "sealed",
            sa.LargeBinary(),
            nullable=True,
            comment="shown once to whoever began it, sealed; then gone",
        ),
        sa.CheckConstraint("n >= 1", name=op.f("ck_import_row_n")),
        sa.ForeignKeyConstraint(
            ["job_id"], ["import_job.id"], name=op.f("fk_import_row_job_id_import_job")
        ),
        sa.PrimaryKeyConstraint("job_id", "n", name=op.f("pk_import_row")),
    )
    op.create_index("ix_import_row_key", "import_row", ["key"], unique=False)
    op.create_index("ix_import_row_state", "import_row", ["job_id", "state", "n"], unique=False)
    op.execute("GRANT SELECT, INSERT, UPDATE ON import_job, import_row TO giamsat_api")


def downgrade() -> None:
    op.drop_table("import_row")
    op.drop_table("import_job")
