"""Alembic's entry: runs the migrations on the connection it is handed."""

from alembic import context
from sqlalchemy import Connection

from shared.db import tables

connection: Connection = context.config.attributes["connection"]

# A migration that cannot have its lock within five seconds gives way to the running service.
connection.exec_driver_sql("SET lock_timeout = '5s'")
context.configure(connection=connection, target_metadata=tables.metadata, compare_type=True)
with context.begin_transaction():
    context.run_migrations()
