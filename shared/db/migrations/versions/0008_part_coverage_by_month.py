"""Part coverage by month, so that a month past its time goes at once and queries read few rows.

What is on record is not moved: the table that was becomes the part before the next month, which
takes two readings of it under the lock. What fits into no part goes into `_other`: nothing may ever
fail to be inserted. The months ahead are made by `shared.db.partitions`, after every migration.
"""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

#: By table: its primary key, and its indexes as they are made.
TABLES: dict[str, tuple[str, dict[str, str]]] = {
    "device_day": (
        "device_id, day",
        {"ix_device_day_corrected_at": "(corrected_at) WHERE corrected_at IS NOT NULL"},
    ),
    "device_fault": ("device_id, day, fault", {"ix_device_fault_day": "(day)"}),
}
READERS = "giamsat_alerts, giamsat_api"

#: Whoever waits for this lock makes ingest wait behind it, so it gives up soon, and asks again.
LOCK = """
DO $$
BEGIN
    FOR attempt IN 1..40 LOOP
        BEGIN
            SET LOCAL lock_timeout = '400ms';
            LOCK TABLE device_day, device_fault IN ACCESS EXCLUSIVE MODE;
            RETURN;
        EXCEPTION WHEN lock_not_available THEN
            PERFORM pg_sleep(0.3);
        END;
    END LOOP;
    RAISE lock_not_available USING MESSAGE = 'device_day or device_fault is never free';
END $$
"""

#: The table that was takes all days until the next month, and is named by where it ends.
SPLIT = """
DO $$
DECLARE
    ends date := date_trunc('month', current_date + 2) + interval '1 month';
    before text := '{table}_before_' || to_char(ends, 'YYYY_MM');
BEGIN
    CREATE TABLE {table}_other PARTITION OF {table} DEFAULT WITH (fillfactor = 80);
    WITH ahead AS (DELETE FROM {table}_whole WHERE day >= ends RETURNING *)
    INSERT INTO {table} SELECT * FROM ahead;
    EXECUTE format('ALTER TABLE {table}_whole RENAME TO %I', before);
    EXECUTE format('ALTER TABLE {table} ATTACH PARTITION %I FOR VALUES FROM (MINVALUE) TO (%L)',
                   before, ends);
END $$
"""


def upgrade() -> None:
    op.execute(LOCK)
    for table, (key, indexes) in TABLES.items():
        _put_aside(table, f"{table}_whole", indexes)
        op.execute(f"REVOKE ALL ON {table}_whole FROM giamsat_ingest, {READERS}")
        _make(table, f"{table}_whole", key, "PARTITION BY RANGE (day)", indexes)
        op.execute(SPLIT.format(table=table))


def downgrade() -> None:
    op.execute(LOCK)
    for table, (key, indexes) in TABLES.items():
        _put_aside(table, f"{table}_parted", indexes)
        _make(table, f"{table}_parted", key, "", indexes)
        op.execute(f"INSERT INTO {table} SELECT * FROM {table}_parted")
        op.execute(f"DROP TABLE {table}_parted")
    op.execute("ALTER TABLE device_day SET (fillfactor = 80)")


def _put_aside(table: str, name: str, indexes: dict[str, str]) -> None:
    """Its names are free afterwards."""
    op.execute(f"ALTER TABLE {table} RENAME CONSTRAINT pk_{table} TO pk_{name}")
    for index in indexes:
        op.execute(f"ALTER INDEX {index} RENAME TO {index}_of_{name}")
    op.execute(f"ALTER TABLE {table} RENAME TO {name}")


def _make(table: str, like: str, key: str, kind: str, indexes: dict[str, str]) -> None:
    """Empty, with the columns of another, and with the rights that services have."""
    like = f"LIKE {like} INCLUDING DEFAULTS INCLUDING COMMENTS INCLUDING STORAGE"
    op.execute(f"CREATE TABLE {table} ({like}) {kind}")
    op.execute(f"ALTER TABLE {table} ADD CONSTRAINT pk_{table} PRIMARY KEY ({key})")
    for index, what in indexes.items():
        op.execute(f"CREATE INDEX {index} ON {table} {what}")
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON {table} TO giamsat_ingest")
    op.execute(f"GRANT SELECT ON {table} TO {READERS}")
