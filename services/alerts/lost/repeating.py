"""A gateway took a short message and keeps silent about it: another one sends it again.

The message is due again as it is, with its key, its number and its place in the order. Only when
no gateway is left is its reader tried through another channel.
"""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from services.alerts.history import queries as history
from services.alerts.history.queries import Event
from services.alerts.lost import queries
from services.alerts.lost.queries import Lost
from services.alerts.lost.taking import Reason
from shared.domain.incidents import EventKind


async def repeat(
    connection: AsyncConnection, gateways: Collection[str], *, since: datetime, now: datetime
) -> None:
    """`gateways`: all that are set. With one there is nobody else to ask."""
    if len(gateways) < 2:
        return
    silent = await queries.send_again(connection, gateways, since=since, now=now)
    if not silent:
        return
    again = await queries.lost(connection, sorted(silent))
    await history.append(
        connection,
        [_event(one, silent[one.id]) for one in again if one.incident_id],
        now=now,
    )


def _event(lost: Lost, gateway: str) -> Event:
    detail: dict[str, object] = {
        "notification_id": lost.id,
        "kind": lost.kind,
        "role": lost.role,
        "channel": lost.channel,
        "attempts": lost.attempts,
        "reason": Reason.NO_RECEIPT,
        "instead": lost.channel,
        "not_through": gateway,
    }
    return Event(EventKind.DELIVERY_FAILED, lost.facility_id, lost.incident_id, detail=detail)
