"""Keeps the quarantine within its bounds: whoever fills it, it never fills the disk."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncEngine

from services.ingest.quarantine import queries
from shared.db.session import unit_of_work

MOST_ENTRIES: Final = 10_000
MOST_MESSAGES_OF_ONE: Final = 1_000
MOST_BYTES: Final = 64 << 20
#: What is older could not be credited any more (`Limits.backfill_us`).
KEPT_FOR: Final = timedelta(days=7)


async def keep_bounds(engine: AsyncEngine, *, now: datetime) -> None:
    async with unit_of_work(engine) as connection:
        await queries.trim(
            connection,
            entries=MOST_ENTRIES,
            messages=MOST_MESSAGES_OF_ONE,
            payload_bytes=MOST_BYTES,
            oldest=now - KEPT_FOR,
        )
