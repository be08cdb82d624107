"""Follows what was written: bad receipts, missing ones, and what waits for too long."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from services.alerts.lost import queries, repeating, taking
from services.alerts.lost.taking import Failed, Reason
from shared.domain.delivery import UNDELIVERED_AFTER, Channel

EVERY_S: Final = 1.0
#: A receipt may be late; later than this, it changes nothing any more.
RECEIPTS_COUNT_FOR: Final = timedelta(days=2)
#: Mail that does not come back for so long has arrived.
MAIL_IS_QUIET_AFTER: Final = timedelta(hours=1)


async def follow(
    connection: AsyncConnection,
    limits: Mapping[Channel, int],
    *,
    gateways: Collection[str] = (),
    now: datetime,
) -> None:
    """Whoever was not reached is told through something else; addresses that work are cleared.

    `gateways`: for short messages, by name. Each of them is tried before another channel is.
    """
    since = now - RECEIPTS_COUNT_FOR
    refused = await queries.refused_later(connection, since=since, now=now)
    await repeating.repeat(connection, gateways, since=since, now=now)
    unreported = await queries.unreported(connection, since=since, now=now)
    slow = await queries.slow(connection, waiting_since=now - UNDELIVERED_AFTER)
    failed = [
        *(Failed(number, Reason.BAD_RECEIPT, is_address_bad=True) for number in refused),
        *(Failed(number, Reason.NO_RECEIPT) for number in unreported),
        *(Failed(number, Reason.SLOW) for number in slow),
    ]
    await taking.take(connection, failed, limits, now=now)
    if slow:
        await queries.look_no_more(connection, slow)
    await queries.clear(connection, quiet_since=now - MAIL_IS_QUIET_AFTER)
