from alembic import command
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.db import migrate
from shared.db.session import create_engine
from tests.conftest import Database


async def test_migrated_schema_is_the_declared_schema(engine: AsyncEngine) -> None:
    async with engine.connect() as connection:
        await connection.run_sync(lambda sync: command.check(migrate.alembic_config(sync)))


async def test_migrating_twice_changes_nothing(engine: AsyncEngine) -> None:
    await migrate.run(engine)


async def test_a_service_may_not_write_anothers_table(engine: AsyncEngine) -> None:
    async with engine.connect() as connection:
        allowed = await connection.scalar(
            text("SELECT has_table_privilege('giamsat_ingest', 'gap', 'INSERT')")
        )
    assert allowed is False


async def test_a_finished_migration_does_not_keep_others_from_migrating(
    engine: AsyncEngine, database: Database
) -> None:
    await migrate.run(engine)
    other = create_engine(database.url, application="tests")
    await migrate.run(other)
    await other.dispose()
