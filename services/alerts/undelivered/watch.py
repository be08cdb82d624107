"""Our own incident while messages reach nobody: one for all of them, and never about itself."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from services.alerts.group import queries as incidents
from services.alerts.group.grouping import opened
from services.alerts.group.queries import NewIncident, OpenIncident
from services.alerts.history.queries import Event
from services.alerts.undelivered import queries
from shared.domain.access import Role
from shared.domain.delivery import UNDELIVERED_AFTER
from shared.domain.states import Cause, Severity

#: A message that died is somebody's to look into; one that died so long ago is on record.
DEAD_COUNTS_FOR: Final = timedelta(hours=1)


async def watch_deliveries(
    connection: AsyncConnection, opens: Sequence[OpenIncident], *, now: datetime
) -> tuple[list[OpenIncident], list[Event]]:
    """It is over when nothing waits for too long, and nothing has died for a while."""
    since = await queries.undelivered_since(
        connection, dead_since=now - DEAD_COUNTS_FOR, waiting_since=now - UNDELIVERED_AFTER
    )
    current = [
        replace(one, lasts=since is not None) if one.cause is Cause.DELIVERY_FAILED else one
        for one in opens
    ]
    if since is None or any(one.cause is Cause.DELIVERY_FAILED for one in opens):
        return current, []
    begun = await incidents.create(
        connection,
        [NewIncident(None, Cause.DELIVERY_FAILED, since, severity=Severity.CRITICAL)],
        now=now,
    )
    return [*current, *begun], [opened(one) for one in begun]


async def steps_undelivered(
    connection: AsyncConnection, opens: Sequence[OpenIncident], *, now: datetime
) -> dict[int, tuple[Role, ...]]:
    """By incident whose last step reached nobody, whom it told. Nothing is looked for while all
    that was written arrives: then our own incident is not open."""
    if not any(one.cause is Cause.DELIVERY_FAILED and one.lasts for one in opens):
        return {}
    return await queries.steps_undelivered(
        connection, dead_since=now - DEAD_COUNTS_FOR, waiting_since=now - UNDELIVERED_AFTER
    )
