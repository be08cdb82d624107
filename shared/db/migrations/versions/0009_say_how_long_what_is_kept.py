"""Say how long what is kept, what may not go, and what went."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

LOGS = "Decree 53/2022: system logs for at least 12 months; by our design 24"
RECORD = "What was missing and what was done about it is the record itself"
#: Dataset, months, days, why. Without months and days: kept for good.
POLICIES: tuple[tuple[str, int | None, int | None, str], ...] = (
    ("device_day", 24, 0, LOGS),
    ("device_fault", 24, 0, LOGS),
    ("blind_span", 24, 0, LOGS),
    ("security_event", 24, 0, LOGS),
    ("device_condition", 3, 0, "Ceased; what it did to the watch is in device_fault"),
    ("quarantine", 0, 90, "Counted nowhere; long enough to find and mend the cause"),
    ("quarantine_message", 0, 7, "As long as evidence may come late: no replay could count it"),
    ("session", 0, 1, "Ended; good for nothing but to be stolen"),
    ("gap", None, None, RECORD),
    ("incident", None, None, RECORD),
    ("event", None, None, RECORD),
)


def upgrade() -> None:
    policy = op.create_table(
        "retention_policy",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column(
            "dataset",
            sa.Text(),
            nullable=False,
            comment="a code of shared.domain.retention.Dataset",
        ),
        sa.Column("keep_months", sa.Integer(), comment="absent, as are the days: kept for good"),
        sa.Column("keep_days", sa.Integer(), comment="besides the months"),
        sa.Column("reason", sa.Text(), nullable=False, comment="the law or decision behind it"),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_to", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(keep_months IS NULL AND keep_days IS NULL)"
            " OR (keep_months >= 0 AND keep_days >= 0 AND keep_months + keep_days >= 1)",
            name=op.f("ck_retention_policy_keep"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retention_policy")),
    )
    op.create_index(
        "uq_retention_policy_in_force",
        "retention_policy",
        ["dataset"],
        unique=True,
        postgresql_where="valid_to IS NULL",
    )
    op.create_table(
        "legal_hold",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("facility_id", sa.BigInteger(), comment="absent: of every one"),
        sa.Column("first_day", sa.Date(), nullable=False, comment="local; included"),
        sa.Column("last_day", sa.Date(), comment="local; included. Absent: and all that comes"),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("placed_by", sa.BigInteger(), nullable=False),
        sa.Column("placed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("released_by", sa.BigInteger(), nullable=True),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("release_reason", sa.Text(), nullable=True),
        sa.CheckConstraint("first_day <= last_day", name=op.f("ck_legal_hold_days")),
        sa.CheckConstraint(
            "num_nulls(released_by, released_at, release_reason) IN (0, 3)",
            name=op.f("ck_legal_hold_released"),
        ),
        sa.ForeignKeyConstraint(
            ["facility_id"], ["facility.id"], name=op.f("fk_legal_hold_facility_id_facility")
        ),
        sa.ForeignKeyConstraint(
            ["placed_by"], ["user_account.id"], name=op.f("fk_legal_hold_placed_by_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["released_by"],
            ["user_account.id"],
            name=op.f("fk_legal_hold_released_by_user_account"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_legal_hold")),
    )
    op.create_index("ix_legal_hold_placed_at", "legal_hold", ["placed_at", "id"], unique=False)
    op.create_table(
        "purge_log",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("purged_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("policy_id", sa.BigInteger(), nullable=False),
        sa.Column("dataset", sa.Text(), nullable=False),
        sa.Column("part", sa.Text(), comment="of the table, if it went as a whole"),
        sa.Column(
            "before_day",
            sa.Date(),
            nullable=False,
            comment="whatever went is of a day before this",
        ),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["policy_id"],
            ["retention_policy.id"],
            name=op.f("fk_purge_log_policy_id_retention_policy"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_purge_log")),
    )
    op.create_index("ix_purge_log_purged_at", "purge_log", ["purged_at", "id"], unique=False)
    for dataset, months, days, reason in POLICIES:
        op.execute(
            sa.insert(policy).values(
                dataset=dataset,
                keep_months=months,
                keep_days=days,
                reason=reason,
                valid_from=sa.func.now(),
            )
        )
    op.execute("GRANT SELECT ON retention_policy, legal_hold, purge_log TO giamsat_api")
    op.execute("GRANT INSERT ON legal_hold TO giamsat_api")
    op.execute(
        "GRANT UPDATE (released_by, released_at, release_reason) ON legal_hold TO giamsat_api"
    )


def downgrade() -> None:
    op.drop_table("purge_log")
    op.drop_table("legal_hold")
    op.drop_table("retention_policy")
