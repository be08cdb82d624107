"""With what people prove who they are, and who guesses. Writer: api; nobody else may read it."""

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Column,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
)

from shared.db.tables.base import INSTANT, instant, metadata

passkey = Table(
    "passkey",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("user_id", BigInteger, ForeignKey("user_account.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("credential_id", LargeBinary, nullable=False, unique=True),
    Column("public_key", LargeBinary, nullable=False, comment="COSE"),
    Column("sign_count", BigInteger, nullable=False),
    instant("created_at"),
    instant("last_used_at", nullable=True),
    Index("ix_passkey_user_id", "user_id"),
)

# One that counts, and beside it at most one that is being set up.
totp_secret = Table(
    "totp_secret",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("user_id", BigInteger, ForeignKey("user_account.id"), nullable=False),
    Column("sealed", LargeBinary, nullable=False, comment="AES-GCM; the key is no row of ours"),
    Column("last_step", BigInteger, nullable=False, server_default="0", comment="no code twice"),
    instant("created_at"),
    instant("confirmed_at", nullable=True),
    Index(
        "uq_totp_secret_confirmed", "user_id", unique=True,
        postgresql_where="confirmed_at IS NOT NULL",
    ),
    Index(
        "uq_totp_secret_pending", "user_id", unique=True, postgresql_where="confirmed_at IS NULL"
    ),
)  # fmt: skip

recovery_code = Table(
    "recovery_code",
    metadata,
    Column("user_id", BigInteger, ForeignKey("user_account.id"), primary_key=True),
    Column("code_hash", LargeBinary, primary_key=True, comment="SHA-256 of 80 random bits"),
    instant("created_at"),
    instant("used_at", nullable=True),
)

# A browser in which somebody has logged in before; others cannot lock it out.
known_device = Table(
    "known_device",
    metadata,
    Column("token_hash", LargeBinary, primary_key=True, comment="SHA-256 of its cookie"),
    Column("user_id", BigInteger, ForeignKey("user_account.id"), nullable=False),
    instant("created_at"),
    instant("expires_at"),
    Index("ix_known_device_user_id", "user_id"),
)

# What an authenticator is to sign: once, and soon.
passkey_challenge = Table(
    "passkey_challenge",
    metadata,
    Column("challenge_hash", LargeBinary, primary_key=True),
    Column("user_id", BigInteger, ForeignKey("user_account.id"), comment="absent: a log-in"),
    Column("session_hash", LargeBinary, comment="of the session that asked"),
    instant("expires_at"),
    Index("ix_passkey_challenge_expires_at", "expires_at"),
)

# Who is away at the identity provider, and what they must bring back.
identity_journey = Table(
    "identity_journey",
    metadata,
    Column("state_hash", LargeBinary, primary_key=True),
    Column("browser_hash", LargeBinary, nullable=False, comment="of a cookie of that browser"),
    Column("nonce", Text, nullable=False),
    Column("verifier", Text, nullable=False, comment="PKCE"),
    Column("issuer", Text, nullable=False),
    Column("user_id", BigInteger, ForeignKey("user_account.id"), comment="absent: a log-in"),
    Column("wanted", Text, nullable=False, comment="the page to go on to"),
    instant("expires_at"),
    Index("ix_identity_journey_expires_at", "expires_at"),
)

external_identity = Table(
    "external_identity",
    metadata,
    Column("issuer", Text, primary_key=True),
    Column("subject", Text, primary_key=True),
    Column("user_id", BigInteger, ForeignKey("user_account.id"), nullable=False),
    instant("linked_at"),
    UniqueConstraint("user_id", "issuer"),
)

# Failures by account, address and known device, under hashes: whoever reads them learns nobody.
log_in_throttle = Table(
    "log_in_throttle",
    metadata,
    Column("key", LargeBinary, primary_key=True),
    Column("attempts", ARRAY(INSTANT), nullable=False, comment="the recent ones"),
    Column("failures", Integer, nullable=False, comment="since the last success"),
    instant("last_at"),
    Index("ix_log_in_throttle_last_at", "last_at"),
)
