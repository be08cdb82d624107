"""Know a facility by its registration, its licence and its conditions."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

# Neither ICU nor trigrams are there on every server, so the alphabet is spelled out: a letter with
# a breve, a circumflex or a horn comes after the same without (in the alphabet, ă before â), and
# tones decide only between words that are otherwise alike.
_VIETNAMESE_KEY = r"""
    CREATE FUNCTION vietnamese_key(given text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
        SELECT translate(letters, tones, '') || E'\x01' || translate(letters, tones, ranked)
        FROM (
            SELECT
                translate(
                    replace(
                        lower(replace(normalize(given, NFD), U&'\0110', U&'\0111') COLLATE "C"),
                        U&'\0111', 'd{'
                    ),
                    U&'\0306\0302\031B', '{|}'
                ) AS letters,
                U&'\0300\0309\0303\0301\0323' AS tones,
                U&'\0300\0301\0302\0303\0304' AS ranked
        ) spelled
    $$
"""
# The words of a name and a code, without marks, to be found by their beginnings.
_SEARCH_WORDS = r"""
    CREATE FUNCTION search_words(name text, code text) RETURNS tsvector
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
        SELECT array_to_tsvector(string_to_array(btrim(regexp_replace(
            lower(translate(
                regexp_replace(normalize(name || ' ' || code, NFD), '[\u0300-\u036f]', '', 'g'),
                U&'\0110\0111', 'dd'
            ) COLLATE "C"),
            '[^a-z0-9]+', ' ', 'g'
        )), ' '))
    $$
"""
# Behind every path of ours stands one line that none can walk around.
_PRIVATE = "('bathroom', 'toilet', 'changing', 'medical', 'counselling', 'dormitory')"
_REFUSE_DEVICE = f"""
    CREATE FUNCTION refuse_camera_in_private_zone() RETURNS trigger
    LANGUAGE plpgsql AS $$
    BEGIN
        IF EXISTS (SELECT FROM zone z WHERE z.id = NEW.zone_id AND z.kind IN {_PRIVATE}) THEN
            RAISE EXCEPTION 'a private zone may hold no camera' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END $$
"""
_REFUSE_ZONE = """
    CREATE FUNCTION refuse_private_zone_with_camera() RETURNS trigger
    LANGUAGE plpgsql AS $$
    BEGIN
        IF EXISTS (
            SELECT FROM device d
            WHERE d.zone_id = NEW.id AND d.kind = 'camera' AND d.retired_at IS NULL
        ) THEN
            RAISE EXCEPTION 'a camera watches this zone' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END $$
"""


def upgrade() -> None:
    op.execute(_VIETNAMESE_KEY)
    op.execute(_SEARCH_WORDS)
    _widen_facility()
    _create_tables()
    _guard_privacy()
    writable = "facility_fact, condition_check, document"
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON {writable} TO giamsat_api")
    op.execute("GRANT SELECT, INSERT ON condition_result TO giamsat_api")
    op.execute("GRANT SELECT, INSERT, DELETE ON facility_standing TO giamsat_api")


def _widen_facility() -> None:
    op.add_column(
        "facility",
        sa.Column(
            "type", sa.Text(), server_default="other", nullable=False, comment="a FacilityType"
        ),
    )
    op.add_column(
        "facility",
        sa.Column("cares_for_children", sa.Boolean(), server_default="true", nullable=False),
    )
    op.add_column(
        "facility",
        sa.Column(
            "capacity",
            sa.Integer(),
            nullable=True,
            comment="residents it may house; absent: not known",
        ),
    )
    op.add_column(
        "facility",
        sa.Column(
            "address", sa.Text(), server_default="", nullable=False, comment="house and street"
        ),
    )
    op.add_column(
        "facility", sa.Column("latitude", sa.Float(), nullable=True, comment="degrees, WGS 84")
    )
    op.add_column("facility", sa.Column("longitude", sa.Float(), nullable=True))
    op.add_column(
        "facility",
        sa.Column(
            "sort_key",
            sa.Text(collation="C"),
            sa.Computed("vietnamese_key(name)", persisted=True),
            nullable=True,
        ),
    )
    op.add_column(
        "facility",
        sa.Column(
            "search",
            postgresql.TSVECTOR(),
            sa.Computed("search_words(name, code)", persisted=True),
            nullable=True,
        ),
    )
    op.create_index(
        "ix_facility_search",
        "facility",
        ["search"],
        unique=False,
        postgresql_using="gin",
        # Facilities change seldom: better a slower change than a search through what is pending.
        postgresql_with={"fastupdate": "off"},
    )
    op.create_index("ix_facility_sort_key", "facility", ["sort_key", "code"], unique=False)
    op.create_check_constraint(op.f("ck_facility_capacity"), "facility", "capacity >= 0")
    op.create_check_constraint(
        op.f("ck_facility_position"),
        "facility",
        "latitude BETWEEN -90 AND 90 AND longitude BETWEEN -180 AND 180 "
        "AND (latitude IS NULL) = (longitude IS NULL)",
    )


def _create_tables() -> None:
    op.create_table(
        "facility_fact",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("facility_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "kind", sa.Text(), nullable=False, comment="shared.domain.facility_status.FactKind"
        ),
        sa.Column(
            "effective_on", sa.Date(), nullable=False, comment="the first day on which it holds"
        ),
        sa.Column("number", sa.Text(), server_default="", nullable=False, comment="of the paper"),
        sa.Column(
            "decided_on",
            sa.Date(),
            nullable=True,
            comment="the day on the paper, where that is another",
        ),
        sa.Column(
            "applied_on",
            sa.Date(),
            nullable=True,
            comment="when the request was complete; the time limit runs then",
        ),
        sa.Column("authority_id", sa.BigInteger(), nullable=True),
        sa.Column("legal_basis", sa.Text(), server_default="", nullable=False),
        sa.Column(
            "scope", sa.Text(), server_default="", nullable=False, comment="what a licence allows"
        ),
        sa.Column(
            "valid_to",
            sa.Date(),
            nullable=True,
            comment="of a licence: the first day on which it is no more",
        ),
        sa.Column(
            "due_on",
            sa.Date(),
            nullable=True,
            comment="of a remedy, or of a plan to move the children",
        ),
        sa.Column(
            "children_to_move",
            sa.Integer(),
            nullable=True,
            comment="head count only; no child is named here",
        ),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.BigInteger(), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_by", sa.BigInteger(), nullable=True),
        sa.Column("withdrawn_because", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint("children_to_move >= 0", name=op.f("ck_facility_fact_children_to_move")),
        sa.CheckConstraint("valid_to > effective_on", name=op.f("ck_facility_fact_valid_to")),
        sa.ForeignKeyConstraint(
            ["authority_id"], ["authority.id"], name=op.f("fk_facility_fact_authority_id_authority")
        ),
        sa.ForeignKeyConstraint(
            ["facility_id"], ["facility.id"], name=op.f("fk_facility_fact_facility_id_facility")
        ),
        sa.ForeignKeyConstraint(
            ["recorded_by"],
            ["user_account.id"],
            name=op.f("fk_facility_fact_recorded_by_user_account"),
        ),
        sa.ForeignKeyConstraint(
            ["withdrawn_by"],
            ["user_account.id"],
            name=op.f("fk_facility_fact_withdrawn_by_user_account"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_facility_fact")),
    )
    op.create_index(
        "ix_facility_fact_facility_id",
        "facility_fact",
        ["facility_id", "effective_on"],
        unique=False,
    )
    op.create_table(
        "facility_standing",
        sa.Column("facility_id", sa.BigInteger(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column(
            "to_on", sa.Date(), nullable=True, comment="the first day on which it stands otherwise"
        ),
        sa.Column(
            "status", sa.Text(), nullable=False, comment="shared.domain.facility_status.Status"
        ),
        sa.Column(
            "licence",
            sa.Text(),
            nullable=False,
            comment="shared.domain.facility_status.LicenceState",
        ),
        sa.Column(
            "licence_to", sa.Date(), nullable=True, comment="the first day without the licence"
        ),
        sa.ForeignKeyConstraint(
            ["facility_id"], ["facility.id"], name=op.f("fk_facility_standing_facility_id_facility")
        ),
        sa.PrimaryKeyConstraint("facility_id", "from_on", name=op.f("pk_facility_standing")),
    )
    op.create_index(
        "ix_facility_standing_licence_to", "facility_standing", ["licence_to"], unique=False
    )
    op.create_index("ix_facility_standing_status", "facility_standing", ["status"], unique=False)
    op.create_table(
        "condition_check",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("facility_id", sa.BigInteger(), nullable=False),
        sa.Column("checked_on", sa.Date(), nullable=False),
        sa.Column("authority_id", sa.BigInteger(), nullable=True, comment="who checked"),
        sa.Column("number", sa.Text(), server_default="", nullable=False, comment="of the minutes"),
        sa.Column("legal_basis", sa.Text(), server_default="", nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.BigInteger(), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_by", sa.BigInteger(), nullable=True),
        sa.Column("withdrawn_because", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["authority_id"],
            ["authority.id"],
            name=op.f("fk_condition_check_authority_id_authority"),
        ),
        sa.ForeignKeyConstraint(
            ["facility_id"], ["facility.id"], name=op.f("fk_condition_check_facility_id_facility")
        ),
        sa.ForeignKeyConstraint(
            ["recorded_by"],
            ["user_account.id"],
            name=op.f("fk_condition_check_recorded_by_user_account"),
        ),
        sa.ForeignKeyConstraint(
            ["withdrawn_by"],
            ["user_account.id"],
            name=op.f("fk_condition_check_withdrawn_by_user_account"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_condition_check")),
    )
    op.create_index(
        "ix_condition_check_facility_id",
        "condition_check",
        ["facility_id", "checked_on"],
        unique=False,
    )
    op.create_table(
        "condition_result",
        sa.Column("check_id", sa.BigInteger(), nullable=False),
        sa.Column("condition", sa.Text(), nullable=False, comment="conditions.OperatingCondition"),
        sa.Column("finding", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint(
            "finding IN ('met', 'not_met', 'not_applicable')",
            name=op.f("ck_condition_result_finding"),
        ),
        sa.ForeignKeyConstraint(
            ["check_id"],
            ["condition_check.id"],
            name=op.f("fk_condition_result_check_id_condition_check"),
        ),
        sa.PrimaryKeyConstraint("check_id", "condition", name=op.f("pk_condition_result")),
    )
    op.create_table(
        "document",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("facility_id", sa.BigInteger(), nullable=False),
        sa.Column("fact_id", sa.BigInteger(), nullable=True, comment="whose paper it is"),
        sa.Column("check_id", sa.BigInteger(), nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False, comment="as its first bytes say"),
        sa.Column("size", sa.Integer(), nullable=False, comment="bytes"),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True, comment="absent once removed"),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("uploaded_by", sa.BigInteger(), nullable=True),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("removed_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "(content IS NULL) = (removed_at IS NOT NULL)", name=op.f("ck_document_content")
        ),
        sa.ForeignKeyConstraint(
            ["check_id"], ["condition_check.id"], name=op.f("fk_document_check_id_condition_check")
        ),
        sa.ForeignKeyConstraint(
            ["facility_id"], ["facility.id"], name=op.f("fk_document_facility_id_facility")
        ),
        sa.ForeignKeyConstraint(
            ["fact_id"], ["facility_fact.id"], name=op.f("fk_document_fact_id_facility_fact")
        ),
        sa.ForeignKeyConstraint(
            ["removed_by"], ["user_account.id"], name=op.f("fk_document_removed_by_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["uploaded_by"], ["user_account.id"], name=op.f("fk_document_uploaded_by_user_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_document")),
    )
    op.create_index(
        "uq_document_content",
        "document",
        ["facility_id", "sha256"],
        unique=True,
        postgresql_where="removed_at IS NULL",
    )


def _guard_privacy() -> None:
    op.execute(_REFUSE_DEVICE)
    op.execute(_REFUSE_ZONE)
    op.execute(
        "CREATE TRIGGER refuse_camera BEFORE INSERT OR UPDATE OF zone_id, kind, retired_at "
        "ON device FOR EACH ROW WHEN (NEW.kind = 'camera' AND NEW.retired_at IS NULL) "
        "EXECUTE FUNCTION refuse_camera_in_private_zone()"
    )
    op.execute(
        "CREATE TRIGGER refuse_privacy BEFORE UPDATE OF kind ON zone FOR EACH ROW "
        f"WHEN (NEW.kind IN {_PRIVATE}) EXECUTE FUNCTION refuse_private_zone_with_camera()"
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER refuse_privacy ON zone")
    op.execute("DROP TRIGGER refuse_camera ON device")
    op.execute("DROP FUNCTION refuse_private_zone_with_camera()")
    op.execute("DROP FUNCTION refuse_camera_in_private_zone()")
    for table in (
        "document", "condition_result", "condition_check", "facility_standing", "facility_fact",
    ):  # fmt: skip
        op.drop_table(table)
    for column in (
        "search", "sort_key", "longitude", "latitude", "address", "capacity",
        "cares_for_children", "type",
    ):  # fmt: skip
        op.drop_column("facility", column)
    op.execute("DROP FUNCTION search_words(text, text)")
    op.execute("DROP FUNCTION vietnamese_key(text)")
