"""Enrol devices by code, and let two credentials hold at once.

An api of the previous release reads on, but does not find the unique device of a credential any
more: until it is replaced, registering a device and renewing a password fail there as a whole.
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

CREDENTIAL = "device_credential"


def upgrade() -> None:
    _let_several_hold()
    _enrolment()
    _device_replacement()
    op.execute("GRANT SELECT, INSERT, UPDATE ON enrolment TO giamsat_api")
    op.execute("GRANT SELECT, INSERT ON device_replacement TO giamsat_api")


def _let_several_hold() -> None:
    op.drop_constraint("pk_device_credential", CREDENTIAL, type_="primary")
    op.add_column(
        CREDENTIAL, sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False)
    )
    op.create_primary_key("pk_device_credential", CREDENTIAL, ["id"])
    op.add_column(
        CREDENTIAL,
        sa.Column(
            "number", sa.Integer(), nullable=False, server_default="1", comment="among its device's"
        ),
    )
    now = sa.text("now()")
    instant = sa.DateTime(timezone=True)
    op.add_column(CREDENTIAL, sa.Column("not_before", instant, nullable=False, server_default=now))
    for name, comment in (
        ("not_after", "absent: until it is revoked"),
        ("begun_at", "when the broker was told to take it"),
    ):
        op.add_column(CREDENTIAL, sa.Column(name, instant, nullable=True, comment=comment))
    op.alter_column(CREDENTIAL, "revoked_at", comment="when the broker was told to end it")
    op.add_column(
        CREDENTIAL,
        sa.Column(
            "ended_because",
            sa.Text(),
            nullable=True,
            comment="a code of shared.domain.credentials.Ending",
        ),
    )
    op.execute(f"UPDATE {CREDENTIAL} SET not_before = created_at, begun_at = created_at")
    op.create_check_constraint("not_after", CREDENTIAL, "not_after > not_before")
    op.create_unique_constraint(
        "uq_device_credential_device_id", CREDENTIAL, ["device_id", "number"]
    )
    op.create_index(
        "ix_device_credential_not_after",
        CREDENTIAL,
        ["not_after"],
        postgresql_where=sa.text("revoked_at IS NULL AND not_after IS NOT NULL"),
    )
    op.create_index(
        "ix_device_credential_not_before",
        CREDENTIAL,
        ["not_before"],
        postgresql_where=sa.text("revoked_at IS NULL AND begun_at IS NULL"),
    )


def _enrolment() -> None:
    op.create_table(
        "enrolment",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("facility_id", sa.BigInteger(), nullable=False),
        sa.Column("zone_id", sa.BigInteger(), nullable=True, comment="absent for gateways"),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column(
            "device_code", sa.Text(), nullable=False, comment="under which it is to be registered"
        ),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("interval_s", sa.Float(), nullable=False),
        sa.Column(
            "replaces_id", sa.BigInteger(), nullable=True, comment="new hardware for this one"
        ),
        sa.Column("code_hash", sa.LargeBinary(), nullable=False, comment="SHA-256 of the code"),
        sa.Column("issued_by", sa.BigInteger(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("redeemed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("device_id", sa.BigInteger(), nullable=True, comment="what it became"),
        sa.CheckConstraint("expires_at > issued_at", name=op.f("ck_enrolment_expires_at")),
        sa.CheckConstraint(
            "(redeemed_at IS NULL) = (device_id IS NULL)", name=op.f("ck_enrolment_device_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enrolment")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_enrolment_code_hash")),
    )
    for column, target in (
        ("facility_id", "facility"),
        ("zone_id", "zone"),
        ("replaces_id", "device"),
        ("issued_by", "user_account"),
        ("device_id", "device"),
    ):
        op.create_foreign_key(
            f"fk_enrolment_{column}_{target}", "enrolment", target, [column], ["id"]
        )
    op.create_index("ix_enrolment_facility_id", "enrolment", ["facility_id", "id"])


def _device_replacement() -> None:
    op.create_table(
        "device_replacement",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("device_id", sa.BigInteger(), nullable=False),
        sa.Column("replaced_by", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False, server_default="", comment="names nobody"),
        sa.Column("replaced_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["device_id"], ["device.id"], name=op.f("fk_device_replacement_device_id_device")
        ),
        sa.ForeignKeyConstraint(
            ["replaced_by"],
            ["user_account.id"],
            name=op.f("fk_device_replacement_replaced_by_user_account"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_device_replacement")),
    )
    op.create_index("ix_device_replacement_device_id", "device_replacement", ["device_id", "id"])


def downgrade() -> None:
    """Of several credentials of a device only one fits back: the newest of those in force."""
    op.drop_table("device_replacement")
    op.drop_table("enrolment")
    op.execute(
        f"DELETE FROM {CREDENTIAL} WHERE id NOT IN (SELECT DISTINCT ON (device_id) id "
        f"FROM {CREDENTIAL} ORDER BY device_id, (revoked_at IS NULL AND not_before <= now() "
        "AND (not_after IS NULL OR not_after > now())) DESC, number DESC)"
    )
    # Whoever is not to be let in yet, or no more, must not be let in by a release without dates.
    op.execute(
        f"UPDATE {CREDENTIAL} SET revoked_at = coalesce(revoked_at, now()) "
        "WHERE not_before > now() OR not_after <= now()"
    )
    op.drop_index("ix_device_credential_not_before", CREDENTIAL)
    op.drop_index("ix_device_credential_not_after", CREDENTIAL)
    op.drop_constraint("uq_device_credential_device_id", CREDENTIAL, type_="unique")
    op.drop_constraint(op.f("ck_device_credential_not_after"), CREDENTIAL, type_="check")
    op.drop_constraint("pk_device_credential", CREDENTIAL, type_="primary")
    for name in ("ended_because", "begun_at", "not_after", "not_before", "number", "id"):
        op.drop_column(CREDENTIAL, name)
    op.alter_column(CREDENTIAL, "revoked_at", comment=None)
    op.create_primary_key("pk_device_credential", CREDENTIAL, ["device_id"])
