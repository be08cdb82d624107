"""What a fresh database needs before anyone can work: our database, an administrator, a ladder."""

from collections.abc import Iterable
from datetime import datetime

import asyncpg
from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.sessions.passwords import hashed
from services.cli import queries
from services.cli.postgres import DATABASE, Postgres
from services.cli.run_file import LogIn
from shared.db import migrate as migrations
from shared.db.session import create_engine, unit_of_work
from shared.domain.access import Role

#: Whom to tell of an incident that nobody has acknowledged, after how many seconds.
DEFAULT_LADDER = (
    (Role.FACILITY_MANAGER, 300),
    (Role.COMMUNE_CPO, 900),
    (Role.DEPT_OFFICER, 1800),
)
ADMINISTRATOR = "Quản trị hệ thống"


async def create_database(server: Postgres) -> None:
    connection = await asyncpg.connect(server.maintenance_url)
    try:
        found = await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", DATABASE)
        if found is None:
            await connection.execute(f"CREATE DATABASE {DATABASE}")
    finally:
        await connection.close()


def owners_engine(url: str) -> AsyncEngine:
    return create_engine(url, application="cli", pool_size=2)


async def migrate(engine: AsyncEngine, service_urls: Iterable[str]) -> None:
    """To the newest schema; the services' roles may log in with what stands in their addresses."""
    await migrations.run(engine, service_urls=service_urls)


async def ensure_administrator(engine: AsyncEngine, admin: LogIn, *, now: datetime) -> None:
    """Somebody must be able to log in."""
    async with unit_of_work(engine) as connection:
        if not await queries.has_administrator(connection, now=now):
            await queries.add_administrator(
                connection,
                email=admin.email,
                name=ADMINISTRATOR,
                password_hash=hashed(admin.password),
                now=now,
            )


async def ensure_ladder(engine: AsyncEngine, *, now: datetime) -> None:
    async with unit_of_work(engine) as connection:
        await queries.add_first_ladder(connection, DEFAULT_LADDER, now=now)
