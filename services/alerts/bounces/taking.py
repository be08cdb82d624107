"""What follows from a bounce: the address is flagged, and its reader is told otherwise."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from services.alerts.bounces import queries
from services.alerts.bounces.report import Report
from services.alerts.lost import taking
from services.alerts.lost.taking import Failed, Reason
from shared.domain.delivery import Channel, Receipt


async def take(
    connection: AsyncConnection,
    notification_id: int,
    report: Report,
    limits: Mapping[Channel, int],
    *,
    now: datetime,
) -> None:
    """The same report twice is one."""
    if report.receipt is Receipt.DELIVERED:
        await queries.mark_delivered(connection, notification_id, now=now)
    elif await queries.bury(connection, notification_id, now=now):
        failed = Failed(notification_id, Reason.BOUNCED, is_address_bad=True)
        await taking.take(connection, [failed], limits, now=now)
