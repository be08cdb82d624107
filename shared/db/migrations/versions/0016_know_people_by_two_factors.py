"""Know people by two factors, and invite them."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

#: Proofs are the api's own; nobody else may so much as look.
PROOFS = (
    "passkey, totp_secret, recovery_code, known_device, passkey_challenge, identity_journey, "
    "external_identity, log_in_throttle"
)


def upgrade() -> None:
    op.create_table(
        "log_in_throttle",
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column(
            "attempts",
            sa.ARRAY(sa.DateTime(timezone=True)),
            nullable=False,
            comment="the recent ones",
        ),
        sa.Column("failures", sa.Integer(), nullable=False, comment="since the last success"),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_log_in_throttle")),
    )
    op.create_index("ix_log_in_throttle_last_at", "log_in_throttle", ["last_at"], unique=False)
    op.create_table(
        "external_identity",
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("linked_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_external_identity_user_id_user_account")
        ),
        sa.PrimaryKeyConstraint("issuer", "subject", name=op.f("pk_external_identity")),
        sa.UniqueConstraint("user_id", "issuer", name=op.f("uq_external_identity_user_id")),
    )
    op.create_table(
        "identity_journey",
        sa.Column("state_hash", sa.LargeBinary(), nullable=False),
        sa.Column(
            "browser_hash", sa.LargeBinary(), nullable=False, comment="of a cookie of that browser"
        ),
        sa.Column("nonce", sa.Text(), nullable=False),
        sa.Column("verifier", sa.Text(), nullable=False, comment="PKCE"),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=True, comment="absent: a log-in"),
        sa.Column("wanted", sa.Text(), nullable=False, comment="the page to go on to"),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_identity_journey_user_id_user_account")
        ),
        sa.PrimaryKeyConstraint("state_hash", name=op.f("pk_identity_journey")),
    )
    op.create_index(
        "ix_identity_journey_expires_at", "identity_journey", ["expires_at"], unique=False
    )
    op.create_table(
        "known_device",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False, comment="SHA-256 of its cookie"),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_known_device_user_id_user_account")
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_known_device")),
    )
    op.create_index("ix_known_device_user_id", "known_device", ["user_id"], unique=False)
    op.create_table(
        "passkey",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("credential_id", sa.LargeBinary(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False, comment="COSE"),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_passkey_user_id_user_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_passkey")),
        sa.UniqueConstraint("credential_id", name=op.f("uq_passkey_credential_id")),
    )
    op.create_index("ix_passkey_user_id", "passkey", ["user_id"], unique=False)
    op.create_table(
        "passkey_challenge",
        sa.Column("challenge_hash", sa.LargeBinary(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=True, comment="absent: a log-in"),
        sa.Column(
            "session_hash", sa.LargeBinary(), nullable=True, comment="of the session that asked"
        ),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_passkey_challenge_user_id_user_account")
        ),
        sa.PrimaryKeyConstraint("challenge_hash", name=op.f("pk_passkey_challenge")),
    )
    op.create_index(
        "ix_passkey_challenge_expires_at", "passkey_challenge", ["expires_at"], unique=False
    )
    op.create_table(
        "recovery_code",
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "code_hash", sa.LargeBinary(), nullable=False, comment="SHA-256 of 80 random bits"
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_recovery_code_user_id_user_account")
        ),
        sa.PrimaryKeyConstraint("user_id", "code_hash", name=op.f("pk_recovery_code")),
    )
    op.create_table(
        "totp_secret",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "sealed", sa.LargeBinary(), nullable=False, comment="AES-GCM; the key is no row of ours"
        ),
        sa.Column(
            "last_step",
            sa.BigInteger(),
            server_default="0",
            nullable=False,
            comment="no code twice",
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_totp_secret_user_id_user_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_totp_secret")),
    )
    op.create_index(
        "uq_totp_secret_confirmed",
        "totp_secret",
        ["user_id"],
        unique=True,
        postgresql_where="confirmed_at IS NOT NULL",
    )
    op.create_index(
        "uq_totp_secret_pending",
        "totp_secret",
        ["user_id"],
        unique=True,
        postgresql_where="confirmed_at IS NULL",
    )
    op.create_table(
        "invitation",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False, comment="of the link's 256 bit"),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=True, comment="whose proofs it resets"),
        sa.Column("role", sa.Text(), nullable=True, comment="a code of shared.domain.access.Role"),
        sa.Column("facility_id", sa.BigInteger(), nullable=True),
        sa.Column("admin_unit_id", sa.BigInteger(), nullable=True),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=True),
        sa.Column("valid_to", sa.DateTime(timezone=True), nullable=True),
        sa.Column("authority_id", sa.BigInteger(), nullable=True),
        sa.Column("legal_basis", sa.Text(), server_default="", nullable=False),
        sa.Column("is_deputy", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("time_share_percent", sa.Integer(), nullable=True),
        sa.Column("invited_by", sa.BigInteger(), nullable=True, comment="absent: an operator"),
        sa.Column("invited_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("accepted_by", sa.BigInteger(), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("language IN ('vi', 'en')", name=op.f("ck_invitation_language")),
        sa.CheckConstraint(
            "(role IS NULL) <> (user_id IS NULL)", name=op.f("ck_invitation_purpose")
        ),
        sa.CheckConstraint(
            "time_share_percent BETWEEN 1 AND 100", name=op.f("ck_invitation_time_share_percent")
        ),
        sa.ForeignKeyConstraint(
            ["accepted_by"],
            ["user_account.id"],
            name=op.f("fk_invitation_accepted_by_user_account"),
        ),
        sa.ForeignKeyConstraint(
            ["admin_unit_id"],
            ["admin_unit.id"],
            name=op.f("fk_invitation_admin_unit_id_admin_unit"),
        ),
        sa.ForeignKeyConstraint(
            ["authority_id"], ["authority.id"], name=op.f("fk_invitation_authority_id_authority")
        ),
        sa.ForeignKeyConstraint(
            ["facility_id"], ["facility.id"], name=op.f("fk_invitation_facility_id_facility")
        ),
        sa.ForeignKeyConstraint(
            ["invited_by"], ["user_account.id"], name=op.f("fk_invitation_invited_by_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_invitation_user_id_user_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitation")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_invitation_token_hash")),
    )
    op.create_index("ix_invitation_admin_unit_id", "invitation", ["admin_unit_id"], unique=False)
    op.create_index("ix_invitation_facility_id", "invitation", ["facility_id"], unique=False)
    op.create_index("ix_invitation_user_id", "invitation", ["user_id"], unique=False)
    op.create_table(
        "person_mail",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("invitation_id", sa.BigInteger(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False, comment="emptied with the body"),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column(
            "body",
            sa.Text(),
            nullable=False,
            comment="holds the link; emptied once it is sent or dead",
        ),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default="pending", nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('pending', 'sent', 'dead')", name=op.f("ck_person_mail_state")
        ),
        sa.ForeignKeyConstraint(
            ["invitation_id"],
            ["invitation.id"],
            name=op.f("fk_person_mail_invitation_id_invitation"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person_mail")),
        sa.UniqueConstraint("message_id", name=op.f("uq_person_mail_message_id")),
    )
    op.create_index(
        "ix_person_mail_due_at",
        "person_mail",
        ["due_at"],
        unique=False,
        postgresql_where="state = 'pending'",
    )
    op.create_index("ix_person_mail_invitation_id", "person_mail", ["invitation_id"], unique=False)
    op.add_column(
        "session", sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False)
    )
    op.add_column(
        "session",
        sa.Column(
            "assurance",
            sa.Text(),
            server_default="passphrase",
            nullable=False,
            comment="a code of shared.domain.assurance.Assurance",
        ),
    )
    op.add_column(
        "session",
        sa.Column(
            "proven_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="when they last proved who they are; absent: never",
        ),
    )
    op.add_column(
        "session",
        sa.Column(
            "address",
            sa.Text(),
            server_default="",
            nullable=False,
            comment="from where it was begun",
        ),
    )
    op.add_column(
        "session",
        sa.Column(
            "device", sa.Text(), server_default="", nullable=False, comment="what the browser says"
        ),
    )
    op.create_index("ix_session_user_id", "session", ["user_id"], unique=False)
    op.create_unique_constraint(op.f("uq_session_id"), "session", ["id"])
    op.add_column(
        "user_account",
        sa.Column(
            "passkey_handle",
            sa.LargeBinary(),
            nullable=True,
            comment="by which passkeys name their owner",
        ),
    )
    op.alter_column(
        "user_account",
        "password_hash",
        existing_type=sa.TEXT(),
        nullable=True,
        comment="argon2id; absent: no passphrase opens it",
        existing_comment="argon2id",
    )
    op.create_unique_constraint(
        op.f("uq_user_account_passkey_handle"), "user_account", ["passkey_handle"]
    )
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {PROOFS} TO giamsat_api")
    op.execute("GRANT SELECT, INSERT, UPDATE ON invitation TO giamsat_api")
    # Written by the api, sent by alerts, which then empties what holds the link.
    op.execute("GRANT SELECT, INSERT ON person_mail TO giamsat_api")
    op.execute("GRANT SELECT ON person_mail TO giamsat_alerts")
    op.execute(
        "GRANT UPDATE (address, body, state, attempts, due_at, sent_at) ON person_mail "
        "TO giamsat_alerts"
    )


def downgrade() -> None:
    op.drop_constraint(op.f("uq_user_account_passkey_handle"), "user_account", type_="unique")
    op.execute("UPDATE user_account SET password_hash = '' WHERE password_hash IS NULL")
    op.alter_column(
        "user_account",
        "password_hash",
        existing_type=sa.TEXT(),
        nullable=False,
        comment="argon2id",
        existing_comment="argon2id; absent: no passphrase opens it",
    )
    op.drop_column("user_account", "passkey_handle")
    op.drop_constraint(op.f("uq_session_id"), "session", type_="unique")
    op.drop_index("ix_session_user_id", table_name="session")
    op.drop_column("session", "device")
    op.drop_column("session", "address")
    op.drop_column("session", "proven_at")
    op.drop_column("session", "assurance")
    op.drop_column("session", "id")
    op.drop_index("ix_person_mail_invitation_id", table_name="person_mail")
    op.drop_index(
        "ix_person_mail_due_at", table_name="person_mail", postgresql_where="state = 'pending'"
    )
    op.drop_table("person_mail")
    op.drop_index("ix_invitation_user_id", table_name="invitation")
    op.drop_index("ix_invitation_facility_id", table_name="invitation")
    op.drop_index("ix_invitation_admin_unit_id", table_name="invitation")
    op.drop_table("invitation")
    op.drop_index(
        "uq_totp_secret_pending", table_name="totp_secret", postgresql_where="confirmed_at IS NULL"
    )
    op.drop_index(
        "uq_totp_secret_confirmed",
        table_name="totp_secret",
        postgresql_where="confirmed_at IS NOT NULL",
    )
    op.drop_table("totp_secret")
    op.drop_table("recovery_code")
    op.drop_index("ix_passkey_challenge_expires_at", table_name="passkey_challenge")
    op.drop_table("passkey_challenge")
    op.drop_index("ix_passkey_user_id", table_name="passkey")
    op.drop_table("passkey")
    op.drop_index("ix_known_device_user_id", table_name="known_device")
    op.drop_table("known_device")
    op.drop_index("ix_identity_journey_expires_at", table_name="identity_journey")
    op.drop_table("identity_journey")
    op.drop_table("external_identity")
    op.drop_index("ix_log_in_throttle_last_at", table_name="log_in_throttle")
    op.drop_table("log_in_throttle")
