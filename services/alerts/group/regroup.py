"""From gaps to incidents: what belongs together, comes and goes, is left over; how bad it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from services.alerts.area import outage
from services.alerts.detect.transitions import Transition
from services.alerts.group import grouping, splitting, widening
from services.alerts.group.queries import OpenIncident
from services.alerts.history.queries import Event
from services.alerts.severity import rating
from services.alerts.unstable import flapping
from services.alerts.unstable.flapping import NOTHING_CHANGED, Calmed
from shared.domain.incidents import EventKind

_CHANGED = {EventKind.GAP_OPENED, EventKind.GAP_CLOSED}


@dataclass(frozen=True, slots=True)
class Regrouped:
    """The incidents that are open now, and how they came to be so."""

    opens: list[OpenIncident]
    #: What happened before the gaps of this tick are on record, and after.
    events: tuple[Event, ...] = ()
    later: tuple[Event, ...] = ()
    calmed: Calmed = NOTHING_CHANGED

    def ended_untold(self, still_open: Sequence[OpenIncident]) -> list[int]:
        left = {incident.id for incident in still_open}
        return [i.id for i in self.opens if not i.was_told and i.id not in left]

    @property
    def wider(self) -> list[int]:
        """Those that new gaps showed to be more than was told."""
        kind = EventKind.INCIDENT_WIDENED
        return [e.incident_id for e in self.events if e.kind is kind and e.incident_id]


async def regroup(
    connection: AsyncConnection,
    opens: Sequence[OpenIncident],
    transitions: Sequence[Transition],
    *,
    until: datetime,
    now: datetime,
) -> Regrouped:
    """In this order: an area is made of facilities, a facility of what turned out to be one."""
    opens, split, loose = await splitting.split(connection, opens, until=until, now=now)
    opens, widened = await widening.widen(connection, opens, until=until, now=now)
    new = [t.gap_id for t in transitions if t.kind is EventKind.GAP_OPENED]
    opens, gathered, grown = await grouping.gather(
        connection, opens, [*new, *loose], until=until, now=now
    )
    changed = [t.gap_id for t in transitions if t.kind in _CHANGED]
    opens, calmed = await flapping.judge(connection, opens, changed, until=until, now=now)
    opens, areas = await outage.follow(connection, opens, until=until, now=now)
    opens, rated = await rating.rate(connection, opens, grown, until=until, now=now)
    return Regrouped(
        opens,
        tuple(rating.with_severity(gathered, opens)),
        (*split, *widened, *rating.with_severity(areas, opens), *rated),
        calmed,
    )
