"""Let agencies read what they were granted, and number changes so that they can follow them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

#: The number of a transaction never comes back, and every transaction below the oldest one still
#: open has ended: whoever reads up to there has missed nothing.
_NUMBER = """
CREATE FUNCTION number_feed_change() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    NEW.changed_in := pg_current_xact_id()::text::bigint;
    RETURN NEW;
END $$
"""
_FOLLOW = """
CREATE FUNCTION follow_facility() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    number bigint := pg_current_xact_id()::text::bigint;
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.admin_unit_id = OLD.admin_unit_id THEN
        INSERT INTO facility_change (facility_id, changed_in, moved_in)
        VALUES (NEW.id, number, 0)
        ON CONFLICT (facility_id) DO UPDATE SET changed_in = number;
        RETURN NULL;
    END IF;
    IF TG_OP = 'UPDATE' THEN
        INSERT INTO facility_departure (facility_id, facility_code, from_unit_id, left_in)
        VALUES (NEW.id, NEW.code, OLD.admin_unit_id, number);
    END IF;
    INSERT INTO facility_change (facility_id, changed_in, moved_in)
    VALUES (NEW.id, number, number)
    ON CONFLICT (facility_id) DO UPDATE SET changed_in = number, moved_in = number;
    RETURN NULL;
END $$
"""


def upgrade() -> None:
    op.create_table(
        "spent_proof",
        sa.Column(
            "digest", sa.LargeBinary(), nullable=False, comment="SHA-256 of its kind, owner and jti"
        ),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_spent_proof")),
    )
    op.create_index("ix_spent_proof_expires_at", "spent_proof", ["expires_at"], unique=False)
    op.create_table(
        "agency_client",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("code", sa.Text(), nullable=False, comment="the client_id of OAuth 2"),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("authority_id", sa.BigInteger(), nullable=False),
        sa.Column("contact_office", sa.Text(), nullable=False, comment="an office, never a person"),
        sa.Column(
            "jwks_uri", sa.Text(), nullable=True, comment="absent: its keys are registered by hand"
        ),
        sa.Column("jwks_fetched_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("requires_dpop", sa.Boolean(), nullable=False),
        sa.Column(
            "daily_records", sa.Integer(), nullable=False, comment="how many it may read in a day"
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("daily_records > 0", name=op.f("ck_agency_client_daily_records")),
        sa.CheckConstraint(
            "num_nulls(revoked_at, revoked_by) IN (0, 2)", name=op.f("ck_agency_client_revoked")
        ),
        sa.ForeignKeyConstraint(
            ["authority_id"], ["authority.id"], name=op.f("fk_agency_client_authority_id_authority")
        ),
        sa.ForeignKeyConstraint(
            ["created_by"],
            ["user_account.id"],
            name=op.f("fk_agency_client_created_by_user_account"),
        ),
        sa.ForeignKeyConstraint(
            ["revoked_by"],
            ["user_account.id"],
            name=op.f("fk_agency_client_revoked_by_user_account"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agency_client")),
        sa.UniqueConstraint("code", name=op.f("uq_agency_client_code")),
    )
    op.create_table(
        "facility_change",
        sa.Column("facility_id", sa.BigInteger(), nullable=False),
        sa.Column("changed_in", sa.BigInteger(), nullable=False),
        sa.Column("moved_in", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["facility_id"], ["facility.id"], name=op.f("fk_facility_change_facility_id_facility")
        ),
        sa.PrimaryKeyConstraint("facility_id", name=op.f("pk_facility_change")),
    )
    op.create_table(
        "facility_departure",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("facility_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "facility_code",
            sa.Text(),
            nullable=False,
            comment="for those who may see the facility no more",
        ),
        sa.Column("from_unit_id", sa.BigInteger(), nullable=False),
        sa.Column("left_in", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["facility_id"],
            ["facility.id"],
            name=op.f("fk_facility_departure_facility_id_facility"),
        ),
        sa.ForeignKeyConstraint(
            ["from_unit_id"],
            ["admin_unit.id"],
            name=op.f("fk_facility_departure_from_unit_id_admin_unit"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_facility_departure")),
    )
    op.create_index(
        "ix_facility_departure_left_in", "facility_departure", ["left_in"], unique=False
    )
    op.create_table(
        "agency_key",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("client_id", sa.BigInteger(), nullable=False),
        sa.Column("kid", sa.Text(), nullable=False),
        sa.Column("thumbprint", sa.Text(), nullable=False, comment="RFC 7638"),
        sa.Column(
            "jwk",
            postgresql.JSONB(),
            nullable=False,
            comment="the public members only",
        ),
        sa.Column("is_fetched", sa.Boolean(), nullable=False, comment="from jwks_uri, not by hand"),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=False),
        sa.Column("not_after", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("not_after > not_before", name=op.f("ck_agency_key_not_after")),
        sa.ForeignKeyConstraint(
            ["client_id"], ["agency_client.id"], name=op.f("fk_agency_key_client_id_agency_client")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agency_key")),
        sa.UniqueConstraint("client_id", "thumbprint", name=op.f("uq_agency_key_client_id")),
    )
    op.create_index(
        "uq_agency_key_kid",
        "agency_key",
        ["client_id", "kid"],
        unique=True,
        postgresql_where="revoked_at IS NULL",
    )
    op.create_table(
        "agency_usage",
        sa.Column("client_id", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False, comment="in Viet Nam"),
        sa.Column("records", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["client_id"],
            ["agency_client.id"],
            name=op.f("fk_agency_usage_client_id_agency_client"),
        ),
        sa.PrimaryKeyConstraint("client_id", "day", name=op.f("pk_agency_usage")),
    )
    op.create_table(
        "sharing_grant",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("client_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "dataset",
            sa.Text(),
            nullable=False,
            comment="a code of shared.domain.disclosure.Dataset",
        ),
        sa.Column("admin_unit_id", sa.BigInteger(), nullable=True, comment="and all below it"),
        sa.Column("facility_id", sa.BigInteger(), nullable=True, comment="neither: the country"),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("legal_basis", sa.Text(), nullable=False),
        sa.Column(
            "level", sa.Text(), nullable=False, comment="a code of shared.domain.disclosure.Level"
        ),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_to", sa.DateTime(timezone=True), nullable=False),
        sa.Column("proposed_by", sa.BigInteger(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.BigInteger(), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("refused_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "revoked_by", sa.Text(), nullable=True, comment="user:7 of ours, client:3 of theirs"
        ),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "reason",
            sa.Text(),
            server_default="",
            nullable=False,
            comment="of refusal or revocation",
        ),
        sa.CheckConstraint(
            "dataset IN ('facilities', 'coverage', 'gaps', 'incidents')",
            name=op.f("ck_sharing_grant_dataset"),
        ),
        sa.CheckConstraint(
            "level IN ('aggregate', 'pseudonymous', 'named')", name=op.f("ck_sharing_grant_level")
        ),
        sa.CheckConstraint("decided_by <> proposed_by", name=op.f("ck_sharing_grant_decided_by")),
        sa.CheckConstraint(
            "num_nonnulls(admin_unit_id, facility_id) <= 1", name=op.f("ck_sharing_grant_area")
        ),
        sa.CheckConstraint(
            "num_nonnulls(approved_at, refused_at) = num_nonnulls(decided_by)",
            name=op.f("ck_sharing_grant_decided"),
        ),
        sa.CheckConstraint(
            "num_nulls(revoked_by, revoked_at) IN (0, 2)", name=op.f("ck_sharing_grant_revoked")
        ),
        sa.CheckConstraint("valid_to > valid_from", name=op.f("ck_sharing_grant_valid_to")),
        sa.ForeignKeyConstraint(
            ["admin_unit_id"],
            ["admin_unit.id"],
            name=op.f("fk_sharing_grant_admin_unit_id_admin_unit"),
        ),
        sa.ForeignKeyConstraint(
            ["client_id"],
            ["agency_client.id"],
            name=op.f("fk_sharing_grant_client_id_agency_client"),
        ),
        sa.ForeignKeyConstraint(
            ["decided_by"],
            ["user_account.id"],
            name=op.f("fk_sharing_grant_decided_by_user_account"),
        ),
        sa.ForeignKeyConstraint(
            ["facility_id"], ["facility.id"], name=op.f("fk_sharing_grant_facility_id_facility")
        ),
        sa.ForeignKeyConstraint(
            ["proposed_by"],
            ["user_account.id"],
            name=op.f("fk_sharing_grant_proposed_by_user_account"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sharing_grant")),
    )
    op.create_index(
        "ix_sharing_grant_client_id", "sharing_grant", ["client_id", "dataset"], unique=False
    )
    op.create_index(
        "ix_sharing_grant_proposed_at", "sharing_grant", ["proposed_at", "id"], unique=False
    )
    op.create_table(
        "agency_token",
        sa.Column(
            "token_hash", sa.LargeBinary(), nullable=False, comment="SHA-256 of 256 random bits"
        ),
        sa.Column("client_id", sa.BigInteger(), nullable=False),
        sa.Column("key_id", sa.BigInteger(), nullable=False),
        sa.Column("scopes", postgresql.ARRAY(sa.Text()), nullable=False, comment="dataset:…"),
        sa.Column(
            "bound_to",
            sa.Text(),
            nullable=True,
            comment="thumbprint of the key that must prove each request",
        ),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["client_id"],
            ["agency_client.id"],
            name=op.f("fk_agency_token_client_id_agency_client"),
        ),
        sa.ForeignKeyConstraint(
            ["key_id"], ["agency_key.id"], name=op.f("fk_agency_token_key_id_agency_key")
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_agency_token")),
    )
    op.create_index("ix_agency_token_expires_at", "agency_token", ["expires_at"], unique=False)
    op.add_column(
        "gap",
        sa.Column(
            "changed_in",
            sa.BigInteger(),
            server_default="0",
            nullable=False,
            comment="transaction that wrote it last, by a trigger; for feeds",
        ),
    )
    op.create_index("ix_gap_changed_in", "gap", ["changed_in"], unique=False)
    op.add_column(
        "incident",
        sa.Column(
            "changed_in",
            sa.BigInteger(),
            server_default="0",
            nullable=False,
            comment="transaction that wrote it last, by a trigger; for feeds",
        ),
    )
    op.create_index("ix_incident_changed_in", "incident", ["changed_in"], unique=False)
    op.execute(_NUMBER)
    op.execute(_FOLLOW)
    for table in ("gap", "incident"):
        op.execute(
            f"CREATE TRIGGER number_feed_change BEFORE INSERT OR UPDATE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION number_feed_change()"
        )
    op.execute(
        "CREATE TRIGGER follow_facility AFTER INSERT OR UPDATE ON facility "
        "FOR EACH ROW EXECUTE FUNCTION follow_facility()"
    )
    op.execute(
        "INSERT INTO facility_change (facility_id, changed_in, moved_in) "
        "SELECT id, 0, 0 FROM facility"
    )
    kept = "agency_client, agency_key, agency_token, agency_usage, sharing_grant, facility_change"
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON {kept} TO giamsat_api")
    op.execute("GRANT DELETE ON agency_token TO giamsat_api")
    op.execute("GRANT SELECT, INSERT, DELETE ON spent_proof TO giamsat_api")
    op.execute("GRANT SELECT, INSERT ON facility_departure TO giamsat_api")


def downgrade() -> None:
    op.execute("DROP TRIGGER follow_facility ON facility")
    for table in ("gap", "incident"):
        op.execute(f"DROP TRIGGER number_feed_change ON {table}")
    op.execute("DROP FUNCTION follow_facility")
    op.execute("DROP FUNCTION number_feed_change")
    op.drop_index("ix_incident_changed_in", table_name="incident")
    op.drop_column("incident", "changed_in")
    op.drop_index("ix_gap_changed_in", table_name="gap")
    op.drop_column("gap", "changed_in")
    op.drop_index("ix_agency_token_expires_at", table_name="agency_token")
    op.drop_table("agency_token")
    op.drop_index("ix_sharing_grant_proposed_at", table_name="sharing_grant")
    op.drop_index("ix_sharing_grant_client_id", table_name="sharing_grant")
    op.drop_table("sharing_grant")
    op.drop_table("agency_usage")
    op.drop_index(
        "uq_agency_key_kid", table_name="agency_key", postgresql_where="revoked_at IS NULL"
    )
    op.drop_table("agency_key")
    op.drop_index("ix_facility_departure_left_in", table_name="facility_departure")
    op.drop_table("facility_departure")
    op.drop_table("facility_change")
    op.drop_table("agency_client")
    op.drop_index("ix_spent_proof_expires_at", table_name="spent_proof")
    op.drop_table("spent_proof")
