"""Number every change of the registry, in the order in which it becomes visible."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TABLES = ("facility", "zone", "device")


def upgrade() -> None:
    op.execute("INSERT INTO registry_version (id, version) VALUES (1, 0)")
    # The row lock is held until the change commits, so no lower number can appear later.
    op.execute(
        """
        CREATE FUNCTION number_registry_change() RETURNS trigger
        LANGUAGE plpgsql AS $$
        BEGIN
            UPDATE registry_version SET version = version + 1 WHERE id = 1
            RETURNING version INTO NEW.version;
            RETURN NEW;
        END $$
        """
    )
    for table in TABLES:
        op.execute(
            f"CREATE TRIGGER number_change BEFORE INSERT OR UPDATE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION number_registry_change()"
        )


def downgrade() -> None:
    for table in TABLES:
        op.execute(f"DROP TRIGGER number_change ON {table}")
    op.execute("DROP FUNCTION number_registry_change()")
    op.execute("DELETE FROM registry_version")
