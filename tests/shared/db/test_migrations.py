from alembic import command
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.db import migrate
from shared.db.session import create_engine, unit_of_work
from tests.conftest import Database
from tests.support.registry import register


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


async def test_a_transaction_takes_one_number_for_all_it_changes_in_the_registry(
    engine: AsyncEngine,
) -> None:
    async def versions() -> list[int]:
        async with engine.connect() as connection:
            rows = await connection.execute(text("SELECT version FROM device ORDER BY id"))
        return list(rows.scalars())

    await register(engine, "CAM-1", "CAM-2")
    first, second = await versions()
    assert first == second
    async with unit_of_work(engine) as connection:
        await connection.execute(text("UPDATE device SET name = 'x' WHERE code = 'CAM-2'"))
    kept, changed = await versions()
    assert kept == first < changed
