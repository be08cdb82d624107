"""Find attempts by the number under which a gateway took them."""

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A gateway that was asked first may report after another was asked as well."""
    op.create_index(
        "ix_delivery_attempt_taken",
        "delivery_attempt",
        ["provider", "detail"],
        postgresql_where=sa.text("outcome = 'accepted' AND provider <> 'smtp'"),
    )


def downgrade() -> None:
    """Such reports find nothing then."""
    op.drop_index("ix_delivery_attempt_taken", table_name="delivery_attempt")
