"""Lines for a log, added as the api adds them."""

from datetime import UTC, datetime

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.db.session import SYSTEM, unit_of_work
from shared.db.tables.access_log import access_log

AT = datetime(2026, 7, 1, 7, 59, tzinfo=UTC)


def line(key: str, **changes: object) -> dict[str, object]:
    plain = {
        "at": AT, "actor": "system", "verb": "read", "subject": "person", "key": key,
        "purpose": "", "address": "192.0.2.7", "trace_id": "", "detail": "{}",
    }  # fmt: skip
    return {**plain, **changes}


async def write(engine: AsyncEngine, count: int, **changes: object) -> None:
    async with unit_of_work(engine, SYSTEM) as connection:
        await write_in(connection, count, **changes)


async def write_in(connection: AsyncConnection, count: int, **changes: object) -> None:
    if count:
        rows = [line(str(i), **changes) for i in range(count)]
        await connection.execute(insert(access_log).inline(), rows)
