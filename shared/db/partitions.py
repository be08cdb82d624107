"""The parts of the tables that are parted by month: which there are, and how one is added.

It is added beside the running ingest, which waits for the moment in which `_other`, where days
without a month of their own lie, gives up what it holds of the month.
"""

from datetime import date
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.domain.retention import BY_MONTH, Dataset, Part, months_to_make, next_month

#: Room for the versions of a row that is touched all day; without it each would enter the index.
FILLFACTOR: Final = 80
#: So many rows move within a few hundredths of a second. A month of which more lie in `_other`
#: has begun long ago; it stays there, and its rows go one by one.
MOST_MOVED: Final = 1_000

_PARTS = text(
    """
    SELECT part.relname, bound.first::date, bound.finish::date
    FROM pg_inherits
    JOIN pg_class AS part ON part.oid = pg_inherits.inhrelid,
    LATERAL (
        SELECT substring(pg_get_expr(part.relpartbound, part.oid) FROM 'FROM \\(''(.+?)''\\)'),
               substring(pg_get_expr(part.relpartbound, part.oid) FROM 'TO \\(''(.+?)''\\)')
    ) AS bound (first, finish)
    WHERE pg_inherits.inhparent = CAST(:table AS regclass)
    ORDER BY bound.first::date NULLS FIRST, bound.finish::date
    """
)


async def today(connection: AsyncConnection) -> date:
    """The database's own date, for what has no clock."""
    found: date = (await connection.execute(text("SELECT current_date"))).scalar_one()
    return found


async def one_at_a_time(connection: AsyncConnection) -> None:
    """Nobody else changes parts until the commit; the number is arbitrary but must stay."""
    await connection.execute(text("SELECT pg_advisory_xact_lock(7120252)"))


async def keep_all(connection: AsyncConnection) -> None:
    """No part goes until the transaction ends, so that each one listed can be read."""
    tables = ", ".join(table.value for table in BY_MONTH)
    await connection.execute(text(f"LOCK TABLE {tables} IN ACCESS SHARE MODE"))


async def of_table(connection: AsyncConnection, table: Dataset) -> list[Part]:
    """In the order of time."""
    found = await connection.execute(_PARTS, {"table": table.value})
    return [Part(*row) for row in found]


async def make_missing(connection: AsyncConnection, *, today: date) -> list[str]:
    """Whatever month should be there by now; returns the names of what was made."""
    await one_at_a_time(connection)
    made: list[str] = []
    for table in BY_MONTH:
        missing = months_to_make(await of_table(connection, table), today=today)
        made += [name_of(table, m) for m in missing if await make(connection, table, m)]
    return made


def name_of(table: Dataset, month: date) -> str:
    return f"{table.value}_{month:%Y_%m}"


async def make(connection: AsyncConnection, table: Dataset, month: date) -> bool:
    """Add a month, with what there is of it already; False if that is too much to move."""
    name, other = name_of(table, month), f"{table.value}_other"
    first, end = month.isoformat(), next_month(month).isoformat()
    within = f"day >= '{first}' AND day < '{end}'"
    if await _count(connection, other, within) > MOST_MOVED:
        return False
    statements = (
        f"CREATE TABLE {name} (LIKE {table.value} INCLUDING ALL) WITH (fillfactor={FILLFACTOR})",
        # A row on its way to `_other` would find the door shut: none may be under way.
        f"LOCK TABLE {table.value} IN SHARE ROW EXCLUSIVE MODE",
        f"WITH moved AS (DELETE FROM {other} WHERE {within} RETURNING *) "  # noqa: S608 - our own names and dates
        f"INSERT INTO {name} SELECT * FROM moved",
        f"ALTER TABLE {table.value} ATTACH PARTITION {name} "
        f"FOR VALUES FROM ('{first}') TO ('{end}')",
    )
    for statement in statements:
        await connection.execute(text(statement))
    return True


async def _count(connection: AsyncConnection, table: str, condition: str) -> int:
    """No further than it matters."""
    found = await connection.scalar(
        text(
            "SELECT count(*) FROM (SELECT FROM "  # noqa: S608 - our own names and dates
            f"{table} WHERE {condition} LIMIT {MOST_MOVED + 1}) AS found"
        )
    )
    return int(found or 0)
