"""Tells of what was over before it could be told: one notice each, to those it would have reached.

While the alerting itself stood still, or the evidence was on its way, nobody heard. An incident of
that time climbs its ladder at one stroke, as far as it lasted, and its message says it comes late.
Time that was excused does not count; what is muted is not told to the facility's own people.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from services.alerts.exempt import queries as exemptions
from services.alerts.exempt import quieting
from services.alerts.group import queries as incidents
from services.alerts.history import queries as history
from services.alerts.tell import escalate, queries
from services.alerts.tell.outbox import Sender

#: The past is judged within this, however long the alerting stood still.
_WITHIN: Final = timedelta(hours=1)


async def tell(
    connection: AsyncConnection, ended: Sequence[int] | None, sender: Sender, *, now: datetime
) -> None:
    """Of what ended untold in this tick, or, when the past has been made up for, in all of it."""
    late = {}
    if ended is None or ended:
        late = await queries.untold_late(connection, ended, since=now - _WITHIN)
    if not late:
        return
    over = await incidents.these(connection, list(late))
    excused = await quieting.excuse(connection, over, now=now)
    lasted = {i: min(length, excused.counted.get(i, length)) for i, length in late.items()}
    missed = [
        replace(incident, lasts=True, counts_from=now - lasted[incident.id])
        for incident in over
        if incident.id not in excused.kept
    ]
    events = await escalate.escalate(connection, missed, sender, now=now)
    await history.append(connection, events, now=now)
    await exemptions.silence(connection, excused.muted)
