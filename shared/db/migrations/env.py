"""Alembic's entry: runs the migrations on the connection it is handed."""

from alembic import context
from sqlalchemy import Connection, text

from shared.db import tables

connection: Connection = context.config.attributes["connection"]

# A migration that cannot have its lock within five seconds gives way to the running service.
connection.exec_driver_sql("SET lock_timeout = '5s'")


def is_declared(name: str | None, kind: str, _parents: object) -> bool:
    """Parts of a table are made by the calendar, not by a migration."""
    return kind != "table" or name not in parts


parts = set(connection.scalars(text("SELECT relname FROM pg_class WHERE relispartition")))
context.configure(
    connection=connection,
    target_metadata=tables.metadata,
    compare_type=True,
    include_name=is_declared,
)
with context.begin_transaction():
    context.run_migrations()
