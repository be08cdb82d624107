"""The platform's own incidents: it is blind, or its messages reach nobody."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from services.alerts.group import queries
from services.alerts.group.grouping import opened
from services.alerts.group.queries import NewIncident, OpenIncident
from services.alerts.history.queries import Event
from services.alerts.undelivered.watch import watch_deliveries
from shared.domain.incidents import is_blind
from shared.domain.states import Cause, Severity


async def watch_ourselves(
    connection: AsyncConnection,
    opens: Sequence[OpenIncident],
    watermark: datetime | None,
    *,
    now: datetime,
) -> tuple[list[OpenIncident], list[Event]]:
    """What is wrong with us: we do not see, or nobody hears us. One incident each."""
    current, blind = await _watch_sight(connection, opens, watermark, now=now)
    current, unheard = await watch_deliveries(connection, current, now=now)
    return current, [*blind, *unheard]


async def _watch_sight(
    connection: AsyncConnection,
    opens: Sequence[OpenIncident],
    watermark: datetime | None,
    *,
    now: datetime,
) -> tuple[list[OpenIncident], list[Event]]:
    """It lasts while we are blind; it is over when the watermark has come near again."""
    blind = is_blind(watermark, now)
    current = [replace(i, lasts=blind) if i.cause is Cause.PLATFORM_BLIND else i for i in opens]
    if watermark is None or not blind or any(i.cause is Cause.PLATFORM_BLIND for i in opens):
        return current, []
    begun = await queries.create(
        connection,
        [NewIncident(None, Cause.PLATFORM_BLIND, watermark, severity=Severity.CRITICAL)],
        now=now,
    )
    return [*current, *begun], [opened(incident) for incident in begun]
