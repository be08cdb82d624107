"""Keep proofs, keys, clocks, conditions, rules for foreign messages, and what can be replayed."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "device_clock",
        sa.Column("device_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column(
            "state", sa.Text(), nullable=False, comment="a code of shared.domain.states.ClockState"
        ),
        sa.Column("offset_ms", sa.BigInteger(), nullable=False, comment="device clock minus ours"),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("measured_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("device_id", name=op.f("pk_device_clock")),
    )
    op.create_table(
        "device_condition",
        sa.Column("device_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("condition", sa.Text(), nullable=False, comment="a WatchState or a Hint"),
        sa.Column("holds", sa.Boolean(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("device_id", "condition", name=op.f("pk_device_condition")),
    )
    op.create_index(
        "ix_device_condition_changed_at", "device_condition", ["changed_at"], unique=False
    )
    op.create_table(
        "device_identity",
        sa.Column("device_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("boot", sa.Text(), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False, comment="the highest of this boot"),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "former",
            postgresql.JSONB(),
            nullable=False,
            comment="earlier boots, and when each was succeeded",
        ),
        sa.Column("doubted_until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("device_id", name=op.f("pk_device_identity")),
    )
    op.create_table(
        "security_event",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("device_id", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False, comment="the facility's local day"),
        sa.Column(
            "kind", sa.Text(), nullable=False, comment="one of shared.domain.states.SECURITY"
        ),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_security_event")),
        sa.UniqueConstraint("device_id", "day", "kind", name=op.f("uq_security_event_device_id")),
    )
    op.create_index("ix_security_event_last_at", "security_event", ["last_at", "id"], unique=False)
    op.create_table(
        "quarantine_message",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("quarantine_id", sa.BigInteger(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["quarantine_id"],
            ["quarantine.id"],
            name=op.f("fk_quarantine_message_quarantine_id_quarantine"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quarantine_message")),
    )
    op.create_index(
        "ix_quarantine_message_quarantine_id",
        "quarantine_message",
        ["quarantine_id", "id"],
        unique=False,
    )
    op.create_table(
        "replay_request",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("quarantine_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_replay_request_user_id_user_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_replay_request")),
    )
    op.create_table(
        "adapter_rule",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("publisher_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "dialect", sa.Text(), nullable=False, comment="a module of shared.contracts.adapters"
        ),
        sa.Column(
            "prefix",
            sa.Text(),
            nullable=False,
            comment="levels between the publisher's topic and it",
        ),
        sa.Column(
            "name",
            sa.Text(),
            nullable=False,
            comment="as the dialect calls it; * for whatever name",
        ),
        sa.Column("device_id", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.BigInteger(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(
            ["device_id"], ["device.id"], name=op.f("fk_adapter_rule_device_id_device")
        ),
        sa.ForeignKeyConstraint(
            ["publisher_id"], ["device.id"], name=op.f("fk_adapter_rule_publisher_id_device")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_adapter_rule")),
    )
    op.create_index("ix_adapter_rule_version", "adapter_rule", ["version"], unique=False)
    op.create_index(
        "uq_adapter_rule_in_force",
        "adapter_rule",
        ["publisher_id", "prefix", "name"],
        unique=True,
        postgresql_where="removed_at IS NULL",
    )
    op.create_table(
        "device_key",
        sa.Column("device_id", sa.BigInteger(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False, comment="Ed25519, 32 bytes"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.BigInteger(), server_default="0", nullable=False),
        sa.CheckConstraint("length(public_key) = 32", name=op.f("ck_device_key_public_key")),
        sa.ForeignKeyConstraint(
            ["device_id"], ["device.id"], name=op.f("fk_device_key_device_id_device")
        ),
        sa.PrimaryKeyConstraint("device_id", "public_key", name=op.f("pk_device_key")),
    )
    op.create_index("ix_device_key_version", "device_key", ["version"], unique=False)
    op.drop_constraint(op.f("fk_blind_span_slot_ingest_worker"), "blind_span", type_="foreignkey")
    op.add_column(
        "device_day",
        sa.Column(
            "proven",
            postgresql.TSTZMULTIRANGE(),
            server_default="{}",
            nullable=False,
            comment="attested by the device's own signature with a fresh nonce; part of watched",
        ),
    )
    op.add_column(
        "facility",
        sa.Column(
            "requires_signature",
            sa.Boolean(),
            server_default="false",
            nullable=False,
            comment="heartbeats without a valid signature are not credited",
        ),
    )
    op.add_column(
        "quarantine",
        sa.Column(
            "replayed", sa.BigInteger(), server_default="0", nullable=False, comment="messages"
        ),
    )
    op.add_column("quarantine", sa.Column("replayed_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "quarantine",
        sa.Column(
            "served_request_id",
            sa.BigInteger(),
            server_default="0",
            nullable=False,
            comment="the last replay_request that was carried out",
        ),
    )
    for table in ("device_key", "adapter_rule"):
        op.execute(
            f"CREATE TRIGGER number_change BEFORE INSERT OR UPDATE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION number_registry_change()"
        )


def downgrade() -> None:
    op.drop_column("quarantine", "served_request_id")
    op.drop_column("quarantine", "replayed_at")
    op.drop_column("quarantine", "replayed")
    op.drop_column("facility", "requires_signature")
    op.drop_column("device_day", "proven")
    op.create_foreign_key(
        op.f("fk_blind_span_slot_ingest_worker"), "blind_span", "ingest_worker", ["slot"], ["slot"]
    )
    op.drop_index("ix_device_key_version", table_name="device_key")
    op.drop_table("device_key")
    op.drop_index(
        "uq_adapter_rule_in_force", table_name="adapter_rule", postgresql_where="removed_at IS NULL"
    )
    op.drop_index("ix_adapter_rule_version", table_name="adapter_rule")
    op.drop_table("adapter_rule")
    op.drop_table("replay_request")
    op.drop_index("ix_quarantine_message_quarantine_id", table_name="quarantine_message")
    op.drop_table("quarantine_message")
    op.drop_index("ix_security_event_last_at", table_name="security_event")
    op.drop_table("security_event")
    op.drop_table("device_identity")
    op.drop_index("ix_device_condition_changed_at", table_name="device_condition")
    op.drop_table("device_condition")
    op.drop_table("device_clock")
