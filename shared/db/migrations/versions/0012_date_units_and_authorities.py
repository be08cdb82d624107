"""Date units, authorities and where facilities lie, and say what follows what."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "admin_unit_succession",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("from_id", sa.BigInteger(), nullable=False),
        sa.Column("to_id", sa.BigInteger(), nullable=True, comment="absent: abolished"),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column(
            "effective_on", sa.Date(), nullable=False, comment="the first day of the new order"
        ),
        sa.Column("legal_basis", sa.Text(), nullable=False),
        sa.Column(
            "share",
            sa.Numeric(precision=5, scale=4),
            nullable=True,
            comment="of the old unit, where it was split and it is known",
        ),
        sa.CheckConstraint(
            "(to_id IS NULL) = (kind = 'abolish')", name=op.f("ck_admin_unit_succession_to_id")
        ),
        sa.CheckConstraint(
            "kind IN ('merge', 'split', 'rename', 'abolish')",
            name=op.f("ck_admin_unit_succession_kind"),
        ),
        sa.ForeignKeyConstraint(
            ["from_id"], ["admin_unit.id"], name=op.f("fk_admin_unit_succession_from_id_admin_unit")
        ),
        sa.ForeignKeyConstraint(
            ["to_id"], ["admin_unit.id"], name=op.f("fk_admin_unit_succession_to_id_admin_unit")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_admin_unit_succession")),
    )
    op.create_index(
        "ix_admin_unit_succession_from_id", "admin_unit_succession", ["from_id"], unique=False
    )
    op.create_index(
        "ix_admin_unit_succession_to_id", "admin_unit_succession", ["to_id"], unique=False
    )
    op.create_table(
        "authority",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column(
            "kind", sa.Text(), nullable=False, comment="a code of shared.domain.jurisdiction"
        ),
        sa.Column("admin_unit_id", sa.BigInteger(), nullable=True, comment="absent: the state's"),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column(
            "valid_to", sa.Date(), nullable=True, comment="the first day on which it is no more"
        ),
        sa.Column("successor_id", sa.BigInteger(), nullable=True),
        sa.Column("legal_basis", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["admin_unit_id"], ["admin_unit.id"], name=op.f("fk_authority_admin_unit_id_admin_unit")
        ),
        sa.ForeignKeyConstraint(
            ["successor_id"], ["authority.id"], name=op.f("fk_authority_successor_id_authority")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_authority")),
        sa.UniqueConstraint("code", name=op.f("uq_authority_code")),
    )
    op.create_index("ix_authority_admin_unit_id", "authority", ["admin_unit_id"], unique=False)
    op.create_table(
        "competence",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("authority_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "subject_matter", sa.Text(), nullable=False, comment="a code, such as license_facility"
        ),
        sa.Column(
            "scope", sa.Text(), server_default="", nullable=False, comment="what of it, in words"
        ),
        sa.Column("legal_basis", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column(
            "valid_to", sa.Date(), nullable=True, comment="the first day on which it is no more"
        ),
        sa.Column(
            "review_on",
            sa.Date(),
            nullable=True,
            comment="when to ask whether this is still the law",
        ),
        sa.ForeignKeyConstraint(
            ["authority_id"], ["authority.id"], name=op.f("fk_competence_authority_id_authority")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_competence")),
    )
    op.create_index("ix_competence_authority_id", "competence", ["authority_id"], unique=False)
    op.create_table(
        "facility_location",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("facility_id", sa.BigInteger(), nullable=False),
        sa.Column("admin_unit_id", sa.BigInteger(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column(
            "valid_to", sa.Date(), nullable=True, comment="the first day on which it lay elsewhere"
        ),
        sa.Column("legal_basis", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint("valid_to > valid_from", name=op.f("ck_facility_location_valid_to")),
        sa.ForeignKeyConstraint(
            ["admin_unit_id"],
            ["admin_unit.id"],
            name=op.f("fk_facility_location_admin_unit_id_admin_unit"),
        ),
        sa.ForeignKeyConstraint(
            ["facility_id"], ["facility.id"], name=op.f("fk_facility_location_facility_id_facility")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_facility_location")),
    )
    op.create_index(
        "ix_facility_location_facility_id",
        "facility_location",
        ["facility_id", "valid_from"],
        unique=False,
    )
    op.create_table(
        "jurisdiction_reassigned",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("facility_id", sa.BigInteger(), nullable=False),
        sa.Column("from_unit_id", sa.BigInteger(), nullable=False),
        sa.Column("to_unit_id", sa.BigInteger(), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("legal_basis", sa.Text(), server_default="", nullable=False),
        sa.Column("by", sa.Text(), nullable=False, comment="user:7, or system at a cut-over"),
        sa.Column("happened_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["facility_id"],
            ["facility.id"],
            name=op.f("fk_jurisdiction_reassigned_facility_id_facility"),
        ),
        sa.ForeignKeyConstraint(
            ["from_unit_id"],
            ["admin_unit.id"],
            name=op.f("fk_jurisdiction_reassigned_from_unit_id_admin_unit"),
        ),
        sa.ForeignKeyConstraint(
            ["to_unit_id"],
            ["admin_unit.id"],
            name=op.f("fk_jurisdiction_reassigned_to_unit_id_admin_unit"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_jurisdiction_reassigned")),
    )
    op.create_index(
        "ix_jurisdiction_reassigned_facility_id",
        "jurisdiction_reassigned",
        ["facility_id", "id"],
        unique=False,
    )
    op.add_column(
        "admin_unit",
        sa.Column(
            "legal_basis", sa.Text(), server_default="", nullable=False, comment="what made it"
        ),
    )
    op.add_column(
        "role_assignment",
        sa.Column(
            "authority_id",
            sa.BigInteger(),
            nullable=True,
            comment="in whose name; the role ends with it",
        ),
    )
    op.add_column(
        "role_assignment",
        sa.Column(
            "legal_basis",
            sa.Text(),
            server_default="",
            nullable=False,
            comment="of the appointment",
        ),
    )
    op.add_column(
        "role_assignment",
        sa.Column("is_deputy", sa.Boolean(), server_default="false", nullable=False),
    )
    op.add_column(
        "role_assignment",
        sa.Column(
            "time_share_percent",
            sa.Integer(),
            nullable=True,
            comment="of a commune officer's working time",
        ),
    )
    op.add_column("role_assignment", sa.Column("given_by", sa.BigInteger(), nullable=True))
    op.add_column("role_assignment", sa.Column("ended_by", sa.BigInteger(), nullable=True))
    op.add_column(
        "role_assignment", sa.Column("ends_because", sa.Text(), server_default="", nullable=False)
    )
    op.create_foreign_key(
        op.f("fk_role_assignment_authority_id_authority"),
        "role_assignment",
        "authority",
        ["authority_id"],
        ["id"],
    )
    op.create_foreign_key(
        op.f("fk_role_assignment_ended_by_user_account"),
        "role_assignment",
        "user_account",
        ["ended_by"],
        ["id"],
    )
    op.create_foreign_key(
        op.f("fk_role_assignment_given_by_user_account"),
        "role_assignment",
        "user_account",
        ["given_by"],
        ["id"],
    )
    for name in ("level", "kind"):
        op.drop_constraint(op.f(f"ck_admin_unit_{name}"), "admin_unit")
    op.create_check_constraint(
        op.f("ck_admin_unit_level"), "admin_unit", "level IN ('province', 'district', 'commune')"
    )
    op.create_check_constraint(
        op.f("ck_admin_unit_kind"),
        "admin_unit",
        "kind IN ('province', 'municipality', 'city', 'district', 'town', 'ward', 'commune', "
        "'township', 'special_zone')",
    )
    op.create_check_constraint(
        op.f("ck_role_assignment_time_share_percent"),
        "role_assignment",
        "time_share_percent BETWEEN 1 AND 100",
    )
    tables = "admin_unit_succession, authority, competence, facility_location"
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON {tables} TO giamsat_api")
    op.execute("GRANT SELECT, INSERT ON jurisdiction_reassigned TO giamsat_api")
    op.execute(f"GRANT SELECT ON {tables}, jurisdiction_reassigned TO giamsat_alerts")
    # Those on record lie where they lie since they were registered.
    op.execute(
        "INSERT INTO facility_location (facility_id, admin_unit_id, valid_from) "
        "SELECT f.id, f.admin_unit_id, (f.registered_at AT TIME ZONE f.time_zone)::date "
        "FROM facility f"
    )


def downgrade() -> None:
    op.drop_column("role_assignment", "ends_because")
    op.drop_column("role_assignment", "ended_by")
    op.drop_column("role_assignment", "given_by")
    op.drop_column("role_assignment", "time_share_percent")
    op.drop_column("role_assignment", "is_deputy")
    op.drop_column("role_assignment", "legal_basis")
    op.drop_column("role_assignment", "authority_id")
    op.drop_column("admin_unit", "legal_basis")
    for name in ("jurisdiction_reassigned", "facility_location", "competence", "authority"):
        op.drop_table(name)
    op.drop_table("admin_unit_succession")
