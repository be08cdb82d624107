"""Tell of excused time, also of what is excused afterwards."""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

EXCUSING = "decision = 'approved' AND kind IN ('maintenance', 'correction')"
AGAIN = "decision = 'approved' AND repeats IS NOT NULL"


def upgrade() -> None:
    op.drop_constraint(op.f("ck_approval_kind"), "approval", type_="check")
    op.create_check_constraint(
        op.f("ck_approval_kind"),
        "approval",
        "kind IN ('mute', 'maintenance', 'correction', 'named_export')",
    )
    op.create_check_constraint(
        op.f("ck_approval_correction_comes_afterwards"),
        "approval",
        "kind <> 'correction' OR ends_at <= requested_at",
    )
    op.create_index("ix_approval_excused_until", "approval", ["ends_at"], postgresql_where=EXCUSING)
    op.create_index(
        "ix_approval_excused_again", "approval", ["repeats_until"], postgresql_where=AGAIN
    )
    op.execute("DROP FUNCTION IF EXISTS giamsat_maintenance_of(bigint)")


def downgrade() -> None:
    """What was excused afterwards is excused no longer: the release before knows no corrections."""
    # Guards by command look at columns that go further back; whoever migrates next sets them again.
    guards = (
        "SELECT polname, polrelid::regclass::text FROM pg_policy "
        "WHERE polname LIKE 'guarded%' AND polrelid IN "
        "(SELECT polrelid FROM pg_policy WHERE polname = 'guarded_insert')"
    )
    for policy, table in op.get_bind().execute(sa.text(guards)).all():
        op.execute(f"DROP POLICY {policy} ON {table}")
    op.drop_index("ix_approval_excused_again", table_name="approval")
    op.drop_index("ix_approval_excused_until", table_name="approval")
    op.execute("DELETE FROM approval WHERE kind = 'correction'")
    op.drop_constraint(op.f("ck_approval_correction_comes_afterwards"), "approval", type_="check")
    op.drop_constraint(op.f("ck_approval_kind"), "approval", type_="check")
    op.create_check_constraint(
        op.f("ck_approval_kind"), "approval", "kind IN ('mute', 'maintenance', 'named_export')"
    )
