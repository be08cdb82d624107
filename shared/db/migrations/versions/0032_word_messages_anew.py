"""Let a province say it in its own words, and have them sent to oneself to look at."""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

#: Their rows are guarded by what downgrading takes away; whoever is older guards them anew.
GUARDED = ("message_template", "person_mail")


def upgrade() -> None:
    op.add_column(
        "message_template",
        sa.Column("admin_unit_id", sa.BigInteger(), comment="absent: everywhere"),
    )
    op.add_column("message_template", sa.Column("ended_by", sa.BigInteger()))
    op.create_foreign_key(
        op.f("fk_message_template_admin_unit_id_admin_unit"),
        "message_template", "admin_unit", ["admin_unit_id"], ["id"],
    )  # fmt: skip
    op.create_foreign_key(
        op.f("fk_message_template_ended_by_user_account"),
        "message_template", "user_account", ["ended_by"], ["id"],
    )  # fmt: skip
    op.create_check_constraint(
        op.f("ck_message_template_channel"), "message_template", "channel IN ('email', 'sms')"
    )
    op.create_check_constraint(
        op.f("ck_message_template_language"), "message_template", "language IN ('vi', 'en')"
    )
    _index(["channel", "language", "kind", sa.text("coalesce(admin_unit_id, 0)")])
    op.alter_column("person_mail", "invitation_id", nullable=True)
    op.add_column(
        "person_mail", sa.Column("user_id", sa.BigInteger(), comment="who has a test sent")
    )
    op.create_foreign_key(
        op.f("fk_person_mail_user_id_user_account"),
        "person_mail", "user_account", ["user_id"], ["id"],
    )  # fmt: skip
    op.create_check_constraint(
        op.f("ck_person_mail_purpose"), "person_mail", "num_nonnulls(invitation_id, user_id) = 1"
    )


def downgrade() -> None:
    for table in GUARDED:
        for policy in ("guarded", "unguarded"):
            op.execute(f"DROP POLICY IF EXISTS {policy} ON {table}")
    op.execute(
        "ALTER TABLE message_template DISABLE ROW LEVEL SECURITY, NO FORCE ROW LEVEL SECURITY"
    )
    op.execute("DELETE FROM person_mail WHERE invitation_id IS NULL")
    op.drop_column("person_mail", "user_id")
    op.alter_column("person_mail", "invitation_id", nullable=False)
    op.execute("DELETE FROM message_template WHERE admin_unit_id IS NOT NULL")
    _index(["channel", "language", "kind"])
    op.drop_constraint(op.f("ck_message_template_language"), "message_template")
    op.drop_constraint(op.f("ck_message_template_channel"), "message_template")
    op.drop_column("message_template", "ended_by")
    op.drop_column("message_template", "admin_unit_id")


def _index(columns: list[str | sa.TextClause]) -> None:
    name = "uq_message_template_in_force"
    op.drop_index(name, table_name="message_template", postgresql_where="valid_to IS NULL")
    op.create_index(
        name, "message_template", columns, unique=True, postgresql_where="valid_to IS NULL"
    )
