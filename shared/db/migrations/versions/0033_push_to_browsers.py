"""Push to people's own browsers: each of them tells one person."""

from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Of several people at one machine, whoever subscribed last keeps its browser."""
    op.execute(
        """
        UPDATE contact_point SET removed_at = now()
        WHERE channel = 'push' AND removed_at IS NULL AND EXISTS (
            SELECT FROM contact_point later
            WHERE later.channel = 'push' AND later.removed_at IS NULL
              AND later.address = contact_point.address AND later.id > contact_point.id)
        """
    )
    op.create_index(
        "uq_contact_point_browser",
        "contact_point",
        ["address"],
        unique=True,
        postgresql_where="channel = 'push' AND removed_at IS NULL",
    )


def downgrade() -> None:
    op.drop_index("uq_contact_point_browser", table_name="contact_point")
