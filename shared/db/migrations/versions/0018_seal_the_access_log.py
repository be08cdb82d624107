"""Seal the access log, and have four eyes approve."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

# The same bytes as shared.domain.ledger.line_bytes. Whoever adds a line holds the tail until the
# commit, so what is visible has no holes. The owner's rights, for nobody else may touch the tail.
# Lines of the same statement are not in the tail yet; what somebody cut off is still in it.
LINK = r"""
CREATE FUNCTION access_log_link() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    tail access_log_tail%ROWTYPE;
    newest record;
    field text;
    said bytea;
BEGIN
    SELECT * INTO STRICT tail FROM access_log_tail FOR UPDATE;
    SELECT n, hash INTO newest FROM access_log ORDER BY n DESC LIMIT 1;
    IF newest.n > tail.n THEN
        tail.n := newest.n;
        tail.hash := newest.hash;
    END IF;
    NEW.n := tail.n + 1;
    said := '\x01'::bytea || int8send(NEW.n)
        || int8send((extract(epoch FROM NEW.at) * 1000000)::bigint);
    FOREACH field IN ARRAY ARRAY[
        NEW.actor, NEW.role, NEW.verb, NEW.subject, NEW.key, NEW.facility_id::text,
        NEW.admin_unit_id::text, NEW.purpose, NEW.address, NEW.trace_id, NEW.detail
    ] LOOP
        said := said || CASE WHEN field IS NULL THEN '\xffffffff'::bytea
            ELSE int4send(octet_length(convert_to(field, 'UTF8'))) || convert_to(field, 'UTF8')
            END;
    END LOOP;
    NEW.hash := sha256(tail.hash || said);
    RETURN NEW;
END $$
"""
# Once a statement: a row that is changed again and again within one transaction gets slow.
REMEMBER = """
CREATE FUNCTION access_log_remember() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    UPDATE access_log_tail AS tail SET n = newest.n, hash = newest.hash
    FROM (SELECT n, hash FROM access_log ORDER BY n DESC LIMIT 1) AS newest
    WHERE newest.n > tail.n;
    RETURN NULL;
END $$
"""
REFUSE = """
CREATE FUNCTION access_log_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% only grows', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$
"""
FINAL = """
CREATE FUNCTION approval_is_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (OLD.decision IS NOT NULL
            AND (OLD.decision, OLD.decided_by, OLD.decided_at)
                IS DISTINCT FROM (NEW.decision, NEW.decided_by, NEW.decided_at))
        OR (OLD.ended_at IS NOT NULL
            AND (OLD.ended_by, OLD.ended_at) IS DISTINCT FROM (NEW.ended_by, NEW.ended_at))
    THEN
        RAISE EXCEPTION 'what was decided stays' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$
"""
GROWING = ("access_log", "access_seal", "access_log_node")


def upgrade() -> None:
    op.create_table(
        "access_log_node",
        sa.Column(
            "level", sa.SmallInteger(), autoincrement=False, nullable=False, comment="2^level lines"
        ),
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("length(hash) = 32", name=op.f("ck_access_log_node_hash")),
        sa.PrimaryKeyConstraint("level", "position", name=op.f("pk_access_log_node")),
    )
    op.create_table(
        "access_log_tail",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_access_log_tail_id")),
        sa.CheckConstraint("length(hash) = 32", name=op.f("ck_access_log_tail_hash")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_log_tail")),
        postgresql_with={"fillfactor": "10"},
    )
    op.create_table(
        "access_seal",
        sa.Column(
            "number", sa.BigInteger(), autoincrement=False, nullable=False, comment="1, 2, 3 …"
        ),
        sa.Column(
            "size", sa.BigInteger(), nullable=False, comment="so many lines are sealed by it"
        ),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "root", sa.LargeBinary(), nullable=False, comment="of the Merkle tree over these lines"
        ),
        sa.Column(
            "previous", sa.LargeBinary(), nullable=False, comment="the hash of the head before"
        ),
        sa.Column("public_key", sa.LargeBinary(), nullable=False, comment="Ed25519, 32 bytes"),
        sa.Column("signature", sa.LargeBinary(), nullable=False, comment="of the head's bytes"),
        sa.CheckConstraint("length(previous) = 32", name=op.f("ck_access_seal_previous")),
        sa.CheckConstraint("length(public_key) = 32", name=op.f("ck_access_seal_public_key")),
        sa.CheckConstraint("length(root) = 32", name=op.f("ck_access_seal_root")),
        sa.CheckConstraint("length(signature) = 64", name=op.f("ck_access_seal_signature")),
        sa.CheckConstraint("size >= 0", name=op.f("ck_access_seal_size")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_access_seal")),
    )
    op.create_table(
        "approval",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column(
            "kind", sa.Text(), nullable=False, comment="a code of shared.domain.approvals.Kind"
        ),
        sa.Column(
            "subject",
            JSONB(),
            nullable=False,
            comment="mute, maintenance: zone and device by code, or all; export: dataset, from, to",
        ),
        sa.Column("facility_id", sa.BigInteger(), nullable=True),
        sa.Column("admin_unit_id", sa.BigInteger(), nullable=True, comment="and all below it"),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("requested_by", sa.BigInteger(), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decision", sa.Text(), nullable=True),
        sa.Column("decision_note", sa.Text(), server_default="", nullable=False),
        sa.Column("decided_by", sa.BigInteger(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.BigInteger(), nullable=True, comment="before its time"),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "copies", sa.Integer(), server_default="0", nullable=False, comment="handed out so far"
        ),
        sa.CheckConstraint(
            "decision IN ('approved', 'refused')", name=op.f("ck_approval_decision")
        ),
        sa.CheckConstraint(
            "kind <> 'mute' OR ends_at - starts_at <= interval '24 hours'",
            name=op.f("ck_approval_mute_is_short"),
        ),
        sa.CheckConstraint(
            "kind = 'named_export' OR num_nulls(starts_at, ends_at) = 0",
            name=op.f("ck_approval_has_window"),
        ),
        sa.CheckConstraint(
            "kind IN ('mute', 'maintenance', 'named_export')", name=op.f("ck_approval_kind")
        ),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_approval_reason")),
        sa.CheckConstraint("copies >= 0", name=op.f("ck_approval_copies")),
        sa.CheckConstraint("decided_by <> requested_by", name=op.f("ck_approval_four_eyes")),
        sa.CheckConstraint(
            "num_nonnulls(facility_id, admin_unit_id) = 1", name=op.f("ck_approval_place")
        ),
        sa.CheckConstraint(
            "num_nulls(decision, decided_by, decided_at) IN (0, 3)",
            name=op.f("ck_approval_decision_is_whole"),
        ),
        sa.CheckConstraint(
            "num_nulls(ended_by, ended_at) IN (0, 2)", name=op.f("ck_approval_end_is_whole")
        ),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("ck_approval_window")),
        sa.ForeignKeyConstraint(
            ["admin_unit_id"], ["admin_unit.id"], name=op.f("fk_approval_admin_unit_id_admin_unit")
        ),
        sa.ForeignKeyConstraint(
            ["decided_by"], ["user_account.id"], name=op.f("fk_approval_decided_by_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["ended_by"], ["user_account.id"], name=op.f("fk_approval_ended_by_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["facility_id"], ["facility.id"], name=op.f("fk_approval_facility_id_facility")
        ),
        sa.ForeignKeyConstraint(
            ["requested_by"],
            ["user_account.id"],
            name=op.f("fk_approval_requested_by_user_account"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approval")),
    )
    op.create_index("ix_approval_admin_unit_id", "approval", ["admin_unit_id", "id"], unique=False)
    op.create_index(
        "ix_approval_ends_at",
        "approval",
        ["ends_at"],
        unique=False,
        postgresql_where=sa.text(
            "decision = 'approved' AND ended_at IS NULL AND kind <> 'named_export'"
        ),
    )
    op.create_index("ix_approval_facility_id", "approval", ["facility_id", "id"], unique=False)
    op.create_index("ix_approval_requested_by", "approval", ["requested_by", "id"], unique=False)
    _link_access_log()
    for table in GROWING:
        _only_let_grow(table)
    op.execute(FINAL)
    op.execute(
        "CREATE TRIGGER approval_is_final BEFORE UPDATE ON approval "
        "FOR EACH ROW EXECUTE FUNCTION approval_is_final()"
    )
    op.execute("REVOKE ALL ON access_log_tail FROM PUBLIC")
    op.execute("GRANT SELECT, INSERT ON access_seal, access_log_node TO giamsat_api")
    op.execute("GRANT SELECT, INSERT ON approval TO giamsat_api")
    # The request itself never changes, only what becomes of it.
    op.execute(
        "GRANT UPDATE (decision, decision_note, decided_by, decided_at, ended_by, ended_at, copies)"
        " ON approval TO giamsat_api"
    )
    op.execute("GRANT SELECT ON approval TO giamsat_alerts")


def _link_access_log() -> None:
    """Lines on record so far are numbered and linked in their order, by the trigger itself."""
    log = "access_log"
    op.execute(f"INSERT INTO {log}_tail VALUES (1, 0, decode(repeat('00', 32), 'hex'))")
    op.add_column(
        log,
        sa.Column(
            "admin_unit_id",
            sa.BigInteger(),
            nullable=True,
            comment="whom it concerns where it is no facility",
        ),
    )
    op.add_column(
        log,
        sa.Column(
            "role",
            sa.Text(),
            server_default="",
            nullable=False,
            comment="codes of the roles held then",
        ),
    )
    op.add_column(
        log,
        sa.Column(
            "hash",
            sa.LargeBinary(),
            nullable=True,
            comment="SHA-256 of the hash before and the line",
        ),
    )
    op.execute(f"ALTER TABLE {log} ALTER COLUMN n DROP IDENTITY")
    op.execute(f"COMMENT ON COLUMN {log}.n IS '1, 2, 3, without gaps'")
    op.execute(LINK)
    op.execute(REMEMBER)
    op.execute(
        f"CREATE TRIGGER {log}_link BEFORE INSERT ON {log} "
        f"FOR EACH ROW EXECUTE FUNCTION {log}_link()"
    )
    op.execute(
        f"CREATE TRIGGER {log}_remember AFTER INSERT ON {log} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {log}_remember()"
    )
    # Also where a superuser has ordinary triggers sleep.
    for trigger in ("link", "remember"):
        op.execute(f"ALTER TABLE {log} ENABLE ALWAYS TRIGGER {log}_{trigger}")
    op.execute(f"CREATE TEMPORARY TABLE lines_so_far AS SELECT * FROM {log}")
    op.execute(f"DELETE FROM {log}")
    op.execute(f"INSERT INTO {log} SELECT * FROM lines_so_far ORDER BY n")
    op.execute("DROP TABLE lines_so_far")
    op.alter_column(log, "hash", nullable=False)
    op.create_check_constraint(op.f(f"ck_{log}_hash"), log, "length(hash) = 32")
    op.create_index(f"ix_{log}_at", log, ["at"], unique=False)
    op.execute(REFUSE)


def _only_let_grow(table: str) -> None:
    """Nobody changes or takes away, the owner neither, who would have to drop this first."""
    op.execute(
        f"CREATE TRIGGER {table}_only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION access_log_refuse()"
    )
    op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_only_grows")


def downgrade() -> None:
    """The lines stay, their hashes go."""
    log = "access_log"
    op.drop_table("approval")
    op.execute("DROP FUNCTION approval_is_final()")
    for table in ("access_seal", "access_log_node"):
        op.drop_table(table)
    for trigger in ("only_grows", "link", "remember"):
        op.execute(f"DROP TRIGGER {log}_{trigger} ON {log}")
    op.execute("DROP FUNCTION access_log_refuse(), access_log_link(), access_log_remember()")
    op.drop_table(f"{log}_tail")
    op.drop_index(f"ix_{log}_at", table_name=log)
    op.drop_column(log, "hash")
    op.drop_column(log, "role")
    op.drop_column(log, "admin_unit_id")
    op.execute(f"COMMENT ON COLUMN {log}.n IS NULL")
    op.execute(f"ALTER TABLE {log} ALTER COLUMN n ADD GENERATED ALWAYS AS IDENTITY")
    op.execute(
        f"SELECT setval(pg_get_serial_sequence('{log}', 'n'), coalesce(max(n), 0) + 1, false) "
        f"FROM {log}"
    )
