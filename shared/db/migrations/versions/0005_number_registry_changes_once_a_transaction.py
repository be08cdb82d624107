"""Number registry changes once a transaction: a large import no longer rewrites one row each time.

All rows of a transaction become visible together, so they may share its number.
"""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # The setting lives as long as the transaction; a rolled-back savepoint takes it back as well.
    op.execute(
        """
        CREATE OR REPLACE FUNCTION number_registry_change() RETURNS trigger
        LANGUAGE plpgsql AS $$
        DECLARE
            number text := current_setting('giamsat.registry_version', true);
        BEGIN
            IF coalesce(number, '') = '' THEN
                UPDATE registry_version SET version = version + 1 WHERE id = 1
                RETURNING version INTO number;
                PERFORM set_config('giamsat.registry_version', number, true);
            END IF;
            NEW.version := number;
            RETURN NEW;
        END $$
        """
    )


def downgrade() -> None:
    op.execute(
        """
        CREATE OR REPLACE FUNCTION number_registry_change() RETURNS trigger
        LANGUAGE plpgsql AS $$
        BEGIN
            UPDATE registry_version SET version = version + 1 WHERE id = 1
            RETURNING version INTO NEW.version;
            RETURN NEW;
        END $$
        """
    )
