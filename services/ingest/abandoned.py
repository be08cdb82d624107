"""Ends transactions whose worker has gone silent: their locks stand in every other worker's way.

PostgreSQL does so itself while a transaction is idle, but not in the midst of a statement: parsed,
and never executed, because the line went dead in between. Neither that nor a statement's time limit
then runs, and the locks stay until TCP gives up, which takes hours.
"""

from sqlalchemy.ext.asyncio import AsyncEngine

from services.ingest import metrics, queries
from shared.db.session import unit_of_work
from shared.runtime import logging

log = logging.get(__name__)


async def end_all(engine: AsyncEngine) -> int:
    """Returns how many there were. Whatever they held uncommitted comes again from the broker."""
    async with unit_of_work(engine) as connection:
        ended = await queries.end_abandoned(connection)
    if ended:
        log.error("abandoned_transactions_ended", count=ended)
        metrics.ABANDONED.inc(ended)
    return ended
