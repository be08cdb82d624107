"""Keep which role reaches what, so that the database can guard its rows itself.

The rules are applied by `shared.db.row_security` after every migration.
"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "role_right",
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column(
            "reach",
            sa.Text(),
            nullable=False,
            comment="a name of shared.db.row_security.REACHES",
        ),
        sa.PrimaryKeyConstraint("role", "reach", name=op.f("pk_role_right")),
    )
    op.execute("GRANT SELECT ON role_right TO giamsat_api")
    op.create_index("ix_admin_unit_parent_id", "admin_unit", ["parent_id"])


def downgrade() -> None:
    op.drop_index("ix_admin_unit_parent_id", "admin_unit")
    guarded = "SELECT relname FROM pg_class WHERE relrowsecurity"
    for table in op.get_bind().scalars(sa.text(guarded)).all():
        for policy in ("guarded", "unguarded"):
            op.execute(f"DROP POLICY IF EXISTS {policy} ON {table}")
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
    for function in (
        "enter(text, timestamptz)",
        "name_of(bigint)",
        "units_above(text)",
        "client()",
        "me()",
        "somewhere(text)",
        "facilities(text)",
        "units(text)",
        "everywhere(text)",
    ):
        op.execute(f"DROP FUNCTION IF EXISTS giamsat_{function}")
    op.drop_table("role_right")
