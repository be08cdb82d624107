"""Which slot a worker stands in: its own by settings, a dead one's, or the lowest that is free."""

from datetime import datetime
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest.flush import SlotLostError
from services.ingest.settings import Settings
from services.ingest.slots import queries
from services.ingest.slots.queries import Claimed
from shared.contracts.heartbeat import to_us
from shared.runtime.errors import GiamsatError

#: No slot has this number.
NONE_YET: Final = -1


class SlotTakenError(GiamsatError):
    """Another worker was faster; the next attempt finds another slot."""

    def __init__(self) -> None:
        super().__init__("another worker took the slot", retryable=True)


async def slot(
    connection: AsyncConnection, settings: Settings, *, boot: str, now: datetime
) -> tuple[int, int]:
    """Claim one; returns its number and how far it had seen, in microseconds."""
    claimed = await _claimed(connection, settings, boot, now)
    if claimed is None:
        raise SlotTakenError
    return claimed.slot, to_us(claimed.seen_until)


async def _claimed(
    connection: AsyncConnection, settings: Settings, boot: str, now: datetime
) -> Claimed | None:
    if settings.slot is not None:
        return await queries.take_slot(connection, settings.slot, boot=boot, now=now)
    dead = await queries.take_dead_slot(
        connection, boot=boot, besides=NONE_YET, dead_after_s=settings.dead_after_s, now=now
    )
    return dead or await queries.take_free_slot(connection, boot=boot, now=now)


async def still_holds(connection: AsyncConnection, number: int, *, boot: str) -> None:
    """Raises SlotLostError if another worker stands there: its session must not be disturbed."""
    if not await queries.holds(connection, number, boot=boot):
        raise SlotLostError(number)
