"""What a quiet day of a device takes on disk, after a day of heartbeats and as if told at once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date
from typing import Final

import asyncpg

from services.cli.postgres import OWNER, Postgres
from shared.db import partitions
from shared.db.session import create_engine, unit_of_work
from shared.domain.retention import Dataset
from tests.support import databases

MONTH: Final = date(2031, 3, 1)
TABLE: Final = partitions.name_of(Dataset.DEVICE_DAY, MONTH)
#: A province, for some days; its rows come in the order in which devices happen to speak.
_TOLD_AT_ONCE: Final = """
    INSERT INTO device_day (device_id, day, watched, late, impaired, changed_at)
    SELECT id, date '2031-03-01' + number, tstzmultirange(tstzrange(at, at + interval '1 day')),
           '{}', '{}', at
    FROM generate_series(0, 9) AS it (number),
         LATERAL (SELECT timestamptz '2031-03-01 00:00+07' + number * interval '1 day') AS day (at),
         LATERAL (SELECT id FROM generate_series(1, 10000) AS device (id)
                  ORDER BY hashint4(id + number)) AS device
"""
#: In each step a tenth of the sample's devices tell, in a transaction of their own, as a flush is.
SLOTS: Final = 10
_TELL: Final = """
    DO $$
    DECLARE
        midnight timestamptz := timestamptz '2031-03-01 00:00+07' + {day} * interval '1 day';
        pace interval := interval '{every_s} seconds';
        now timestamptz;
    BEGIN
        FOR step IN {first}..{last} LOOP
            now := midnight + step * pace / 10;
            INSERT INTO device_day AS kept (device_id, day, watched, late, impaired, changed_at)
            SELECT id, date '2031-03-01' + {day},
                   tstzmultirange(tstzrange(greatest(midnight, now - 1.2 * pace), now)),
                   '{{}}', '{{}}', now
            FROM generate_series(1, 500) AS device (id) WHERE id % 10 = step % 10 ORDER BY id
            ON CONFLICT (device_id, day) DO UPDATE SET
                watched = kept.watched + excluded.watched,
                late = kept.late + (excluded.late - kept.watched),
                impaired = kept.impaired + excluded.impaired,
                proven = kept.proven + excluded.proven,
                changed_at = excluded.changed_at;
            COMMIT;
        END LOOP;
    END $$
"""
DAY_S: Final = 86_400
#: The sample's days in haste, for the time's sake, and its last one in full.
IN_HASTE: Final = 9


@dataclass(frozen=True, slots=True)
class Size:
    """Bytes a row; the maps of a table's free space are small and do not grow with each row."""

    heap: float
    indexes: float
    maps: float


def measure() -> dict[str, float]:
    # Days go by within seconds here, in which an automatic vacuum would look like one of hours.
    with databases.running_postgres(shared_buffers="256MB", autovacuum="off") as server:
        return asyncio.run(_measure(server))


async def _measure(server: Postgres) -> dict[str, float]:
    at_once = await _at_once(server)
    all_day = await _all_day(server)
    return {
        # The sample's own maps would be a large part of it; those of a province are nothing.
        "storage.bytes_per_quiet_device_day": all_day.heap + all_day.indexes + at_once.maps,
        "storage.heap_bytes_told_all_day": all_day.heap,
        "storage.index_bytes_told_all_day": all_day.indexes,
        "storage.bytes_told_at_once": at_once.heap + at_once.indexes + at_once.maps,
    }


async def _at_once(server: Postgres) -> Size:
    async with _connected(await _fresh(server)) as driver:
        await driver.execute(_TOLD_AT_ONCE)
        return await _measured(driver)


async def _all_day(server: Postgres) -> Size:
    url = await _fresh(server)
    async with _connected(url) as driver, _connected(url) as reader:
        for day in range(IN_HASTE):
            await _tell_a_day(driver, reader, day, every_s=300)
        await _tell_a_day(driver, reader, IN_HASTE, every_s=30)
        return await _measured(driver)


async def _tell_a_day(
    driver: asyncpg.Connection, reader: asyncpg.Connection, day: int, *, every_s: int
) -> None:
    """At noon somebody reads for a minute, and what changes meanwhile cannot be tidied away."""
    noon, minute, midnight = (
        seconds * SLOTS // every_s for seconds in (DAY_S // 2, DAY_S // 2 + 60, DAY_S)
    )
    await driver.execute(_TELL.format(day=day, every_s=every_s, first=1, last=noon))
    async with reader.transaction(isolation="repeatable_read"):
        await reader.fetchval("SELECT count(*) FROM device_day")
        await driver.execute(_TELL.format(day=day, every_s=every_s, first=noon + 1, last=minute))
    await driver.execute(_TELL.format(day=day, every_s=every_s, first=minute + 1, last=midnight))
    await driver.execute(f"VACUUM ANALYZE {TABLE}")


async def _fresh(server: Postgres) -> str:
    """The address of a database with that month."""
    url = server.url_of(OWNER, server.password, await databases.fresh_database(server))
    engine = create_engine(url, application="bench")
    async with unit_of_work(engine) as connection:
        await partitions.make(connection, Dataset.DEVICE_DAY, MONTH)
    await engine.dispose()
    return url


@asynccontextmanager
async def _connected(url: str) -> AsyncIterator[asyncpg.Connection]:
    driver = await asyncpg.connect(url)
    try:
        yield driver
    finally:
        await driver.close()


async def _measured(driver: asyncpg.Connection) -> Size:
    await driver.execute(f"VACUUM ANALYZE {TABLE}")
    row = await driver.fetchrow(
        "SELECT pg_relation_size($1::regclass) AS heap, pg_indexes_size($1::regclass) AS indexes, "
        "pg_total_relation_size($1::regclass) AS whole, count(*) AS rows FROM device_day",
        TABLE,
    )
    heap, indexes, rows = row["heap"], row["indexes"], row["rows"]
    return Size(heap / rows, indexes / rows, (row["whole"] - heap - indexes) / rows)


if __name__ == "__main__":
    for key, value in measure().items():
        print(f"{key:40} {value:10.1f}")
