"""What is past its time: what would go and what is held, and how it goes."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.cli.maintain import queries
from services.cli.maintain.briefly import FOR_ROWS, briefly
from services.cli.maintain.queries import Policy
from shared.db import partitions
from shared.db.session import reading
from shared.domain.retention import (
    BY_MONTH,
    Fate,
    Hold,
    Keep,
    Part,
    cutoff,
    fate,
    month_cutoff,
)

#: Where the day begins last: what is past its time there is so everywhere.
LAST_ZONE: Final = timedelta(hours=-12)
#: Between two pieces, so that the disk is not ours alone.
PAUSE_S: Final = 0.02


@dataclass(frozen=True, slots=True)
class Prospect:
    """A table, or a part of one, of which something is past its time."""

    policy: Policy
    part: Part
    before: date
    goes_whole: bool
    rows: int
    held: int


def today_everywhere(now: datetime) -> date:
    """The date that has begun in every time zone."""
    return (now + LAST_ZONE).date()


async def prospects(connection: AsyncConnection, *, today: date) -> list[Prospect]:
    """What would go today."""
    holds = await queries.holds(connection)
    return [
        prospect
        for policy in await queries.policies(connection)
        if policy.keep is not None
        async for prospect in _of_policy(connection, policy, policy.keep, holds, today=today)
    ]


async def _of_policy(
    connection: AsyncConnection, policy: Policy, keep: Keep, holds: list[Hold], *, today: date
) -> AsyncIterator[Prospect]:
    dataset = policy.dataset
    parts = [Part(dataset.value, None, None)]
    before = cutoff(keep, today=today)
    if dataset in BY_MONTH:
        parts = await partitions.of_table(connection, dataset)
        before = month_cutoff(keep, today=today)
    for part in parts:
        its_fate = fate(part, holds, cutoff=before)
        if its_fate is Fate.STAY:
            continue
        rows, held = await queries.past(connection, dataset, part.name, before=before)
        goes_whole = its_fate is Fate.GO
        if goes_whole or rows or held:
            yield Prospect(policy, part, before, goes_whole, rows, held)


async def carry_out(engine: AsyncEngine, prospect: Prospect, *, now: datetime) -> int:
    """Let it go; returns how many rows went. A hold placed meanwhile is heeded."""
    if prospect.goes_whole:
        drop = partial(_drop, prospect=prospect, now=now)
        return await briefly(engine, prospect.part.name, drop)
    gone = 0
    for piece in await _pieces(engine, prospect):
        delete = partial(_delete, prospect=prospect, piece=piece, now=now)
        gone += await briefly(engine, prospect.part.name, delete, FOR_ROWS)
        await asyncio.sleep(PAUSE_S)
    return gone


async def _drop(connection: AsyncConnection, *, prospect: Prospect, now: datetime) -> int:
    """The lock on the table comes last, with the commit right behind it."""
    policy, part = prospect.policy, prospect.part
    await partitions.one_at_a_time(connection)
    await queries.settle_holds(connection)
    there = part in await partitions.of_table(connection, policy.dataset)
    holds = await queries.holds(connection)
    if not there or fate(part, holds, cutoff=prospect.before) is not Fate.GO:
        return 0
    await queries.record(
        connection, policy, rows=prospect.rows, before=prospect.before, part=part.name, now=now
    )
    await queries.drop(connection, part.name)
    return prospect.rows


async def _pieces(engine: AsyncEngine, prospect: Prospect) -> list[tuple[str, str]]:
    if not prospect.rows:
        return []
    async with reading(engine) as connection:
        return list(await queries.block_ranges(connection, prospect.part.name))


async def _delete(
    connection: AsyncConnection, *, prospect: Prospect, piece: tuple[str, str], now: datetime
) -> int:
    policy, table, before = prospect.policy, prospect.part.name, prospect.before
    await queries.settle_holds(connection)
    rows = await queries.delete_within(connection, policy.dataset, table, piece, before=before)
    if rows:
        await queries.record(connection, policy, rows=rows, before=before, part=None, now=now)
    return rows
