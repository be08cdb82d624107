"""Bring a database to the newest schema, and its service roles to their passwords."""

from collections.abc import Iterable
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, make_url, text
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.db import partitions
from shared.db.row_security import install


def alembic_config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    return config


def upgrade(connection: Connection) -> None:
    command.upgrade(alembic_config(connection), "head")


def allow_login(connection: Connection, service_url: str) -> None:
    """Give the role named in a service's address the password that stands there."""
    url = make_url(service_url)
    statement = connection.scalar(
        text("SELECT format('ALTER ROLE %I LOGIN PASSWORD %L', :role ::text, :password ::text)"),
        {"role": url.username, "password": url.password},
    )
    connection.exec_driver_sql(str(statement).replace("%", "%%"))


async def run(engine: AsyncEngine, *, service_urls: Iterable[str] = ()) -> None:
    """Migrate, as the owner of the database. Running it twice changes nothing."""
    async with engine.connect() as connection:
        # One migration at a time, until the commit; the number is arbitrary but must stay.
        await connection.execute(text("SELECT pg_advisory_xact_lock(7120251)"))
        await connection.run_sync(upgrade)
        await connection.run_sync(install.apply)
        await partitions.make_missing(connection, today=await partitions.today(connection))
        for url in service_urls:
            await connection.run_sync(allow_login, url)
        await connection.commit()
