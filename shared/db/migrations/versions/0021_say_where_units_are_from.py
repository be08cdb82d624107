"""Say where what is known of units is from, and where facilities of split units go."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

SOURCED = ("admin_unit", "admin_unit_succession", "authority", "competence")


def upgrade() -> None:
    for table in SOURCED:
        op.add_column(
            table,
            sa.Column(
                "source",
                sa.Text(),
                server_default="",
                nullable=False,
                comment="where it was read, or that it is from memory",
            ),
        )
    op.add_column(
        "admin_unit",
        sa.Column("official_code", sa.Text(), nullable=True, comment="absent: unknown"),
    )
    op.create_unique_constraint(
        op.f("uq_admin_unit_succession_from_id"),
        "admin_unit_succession",
        ["from_id", "to_id", "effective_on"],
        postgresql_nulls_not_distinct=True,
    )
    op.create_unique_constraint(
        op.f("uq_competence_authority_id"),
        "competence",
        ["authority_id", "subject_matter", "valid_from"],
    )
    op.create_table(
        "facility_assignment",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("facility_id", sa.BigInteger(), nullable=False),
        sa.Column("to_unit_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "effective_on", sa.Date(), nullable=False, comment="the day on which its unit was split"
        ),
        sa.Column("legal_basis", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False, comment="user:7, or system for an import"),
        sa.Column("assigned_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["facility_id"],
            ["facility.id"],
            name=op.f("fk_facility_assignment_facility_id_facility"),
        ),
        sa.ForeignKeyConstraint(
            ["to_unit_id"],
            ["admin_unit.id"],
            name=op.f("fk_facility_assignment_to_unit_id_admin_unit"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_facility_assignment")),
        sa.UniqueConstraint(
            "facility_id", "effective_on", name=op.f("uq_facility_assignment_facility_id")
        ),
    )
    op.alter_column(
        "notification",
        "incident_id",
        existing_type=sa.BigInteger(),
        nullable=True,
        comment="absent: of no facility",
    )
    op.execute("GRANT SELECT, INSERT, UPDATE ON facility_assignment TO giamsat_api")


def downgrade() -> None:
    op.execute(
        "DELETE FROM delivery_attempt WHERE notification_id IN "
        "(SELECT id FROM notification WHERE incident_id IS NULL)"
    )
    op.execute("DELETE FROM notification WHERE incident_id IS NULL")
    op.alter_column("notification", "incident_id", existing_type=sa.BigInteger(), nullable=False)
    op.drop_table("facility_assignment")
    op.drop_constraint(op.f("uq_competence_authority_id"), "competence")
    op.drop_constraint(op.f("uq_admin_unit_succession_from_id"), "admin_unit_succession")
    op.drop_column("admin_unit", "official_code")
    for table in SOURCED:
        op.drop_column(table, "source")
