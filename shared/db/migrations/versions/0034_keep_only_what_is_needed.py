"""Say how long messages and what gateways said are kept."""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

RECORD = "What was missing and what was done about it is the record itself"
LOGS = "Decree 53/2022: system logs for at least 12 months; by our design 24"
#: Dataset, months, days, why. Without months and days: kept for good.
POLICIES: tuple[tuple[str, int | None, int | None, str], ...] = (
    ("incident_action", None, None, RECORD),
    ("acknowledgement", None, None, RECORD),
    (
        "notification",
        24,
        0,
        "That somebody was told stays, with a hash of what was sent; the words and the address go",
    ),
    ("delivery_attempt", 24, 0, LOGS),
    ("webhook_call", 12, 0, "Decree 53/2022: system logs for at least 12 months"),
    ("sms_receipt", 0, 90, "Taken over by the message; long enough to settle with a gateway"),
    ("sms_inbound", 0, 90, "Telephones and words of people; what they did is in the record"),
    ("person_text", 0, 90, "Codes and tests, emptied once sent; long enough to find a fault"),
    ("person_mail", 0, 90, "Links and tests, emptied once sent; long enough to find a fault"),
    ("contact_point", 0, 90, "Removed by its owner; long enough for reports that come late"),
)


def upgrade() -> None:
    policy = sa.table(
        "retention_policy",
        sa.column("dataset"),
        sa.column("keep_months"),
        sa.column("keep_days"),
        sa.column("reason"),
        sa.column("valid_from"),
    )
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


def downgrade() -> None:
    """What went is gone; of what went by these policies the log goes with them."""
    names = ", ".join(f"'{dataset}'" for dataset, *_ in POLICIES)
    op.execute(f"DELETE FROM purge_log WHERE dataset IN ({names})")
    op.execute(f"DELETE FROM retention_policy WHERE dataset IN ({names})")
