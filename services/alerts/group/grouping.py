"""Puts gaps that share a cause into one incident."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from services.alerts.causes import explaining
from services.alerts.causes import queries as gaps_to_explain
from services.alerts.causes.queries import Unexplained
from services.alerts.gaps import queries as gaps
from services.alerts.group import queries, recognising, widening
from services.alerts.group.queries import NewIncident, OpenIncident
from services.alerts.history.queries import Event
from shared.domain import causes
from shared.domain.causes import Finding
from shared.domain.incidents import HOLD, EventKind
from shared.domain.states import Cause

Key = tuple[int | None, Finding]
#: What comes on record so much later than it could have is told as known late.
LATE: Final = timedelta(minutes=5)


async def gather(
    connection: AsyncConnection,
    opens: Sequence[OpenIncident],
    gap_ids: Sequence[int],
    *,
    until: datetime,
    now: datetime,
) -> tuple[list[OpenIncident], list[Event], frozenset[int]]:
    """Every gap without an incident joins the open one of its facility and cause, or begins it.

    What comes last are the incidents that any of them joined.
    """
    loose = await gaps_to_explain.loose_gaps(connection, gap_ids) if gap_ids else []
    if not loose:
        return list(opens), [], frozenset()
    heard = await explaining.hear(connection, loose, until=until)
    found = await explaining.findings(connection, loose, until=until, heard=heard)
    opens, found, widened = await recognising.recognise(connection, opens, loose, found, heard)
    known = _Known(opens, await _unstable_zones(connection, opens))
    begun = await queries.create(connection, _beginnings(loose, found, known, now), now=now)
    known.add(begun)
    homes = {gap.id: known.home_of(gap, found[gap.id]) for gap in loose}
    joined = {gap_id: home.id for gap_id, home in homes.items() if home is not None}
    await gaps.join(connection, joined)
    await queries.date_back(connection, joined.values())
    lasting = {joined[gap.id] for gap in loose if gap.end_at is None and gap.id in joined}
    late = _known_late(loose, joined, now)
    events = [*(opened(i, late_by=late.get(i.id)) for i in begun), *widened]
    after = [
        *(_going_on(i, now) if i.id in lasting else i for i in opens),
        *(_going_on(i, now) if i.id in lasting else replace(i, lasts=False) for i in begun),
    ]
    return after, events, frozenset(joined.values())


def opened(incident: OpenIncident, *, late_by: timedelta | None = None) -> Event:
    """Told to nobody yet: the reason is on record from the start."""
    detail: dict[str, object] = {
        "cause": incident.cause,
        "since": incident.since_at,
        "held_until": incident.held_from + HOLD,
        "gateway_id": incident.gateway_id,
        "fault": incident.fault,
        "admin_unit_id": incident.admin_unit_id,
        "late_by_s": late_by and late_by.total_seconds(),
    }
    known = {key: value for key, value in detail.items() if value is not None}
    return Event(EventKind.INCIDENT_OPENED, incident.facility_id, incident.id, detail=known)


class _Known:
    """Where a gap may belong."""

    def __init__(self, opens: Sequence[OpenIncident], unstable: Mapping[int, int]) -> None:
        #: By zone: the unstable incident that it is part of.
        self._unstable = unstable
        self._of_facility: dict[int | None, list[OpenIncident]] = defaultdict(list)
        self.add(opens)

    def add(self, begun: Sequence[OpenIncident]) -> None:
        for incident in begun:
            self._of_facility[incident.facility_id].append(incident)

    def home_of(self, gap: Unexplained, finding: Finding) -> OpenIncident | None:
        """What comes and goes stays in its incident, whatever it looks like this time."""
        own = self._of_facility[gap.facility_id]
        unstable = self._unstable.get(gap.zone_id)
        return next(
            (i for i in own if i.id == unstable),
            next((i for i in own if _is_of(i, finding)), None),
        )


def _is_of(incident: OpenIncident, finding: Finding) -> bool:
    """A picture of which no fault was named belongs to any."""
    if finding.cause is Cause.PICTURE and finding.fault is None:
        return incident.cause is Cause.PICTURE
    return widening.finding_of(incident).kin == finding.kin


async def _unstable_zones(
    connection: AsyncConnection, opens: Sequence[OpenIncident]
) -> dict[int, int]:
    unstable = [incident.id for incident in opens if incident.unstable_since is not None]
    return await gaps.zones_of(connection, unstable) if unstable else {}


def _beginnings(
    loose: Iterable[Unexplained],
    found: Mapping[int, Finding],
    known: _Known,
    now: datetime,
) -> list[NewIncident]:
    gaps_of: dict[Key, list[Unexplained]] = defaultdict(list)
    for gap in loose:
        if known.home_of(gap, found[gap.id]) is None:
            gaps_of[gap.facility_id, found[gap.id].kin].append(gap)
    return [
        NewIncident(
            facility_id,
            why.cause,
            min(gap.start_at for gap in own),
            why.gateway_id,
            why.fault,
            counts_from=min((at for gap in own if (at := gap.counted_from) < now), default=None),
        )
        for (facility_id, _), own in gaps_of.items()
        for why in [causes.widest(found[gap.id] for gap in own)]
    ]


def _going_on(incident: OpenIncident, now: datetime) -> OpenIncident:
    return replace(incident, lasts=True, lasting_since=incident.lasting_since or now)


def _known_late(
    loose: Iterable[Unexplained], incident_of: Mapping[int, int], now: datetime
) -> dict[int, timedelta]:
    """By incident: how long after it could have been known, if that is long."""
    late: dict[int, timedelta] = {}
    for gap in loose:
        late_by = now - gap.start_at - gap.tolerance
        if gap.id in incident_of and late_by > LATE:
            late[incident_of[gap.id]] = max(late_by, late.get(incident_of[gap.id], late_by))
    return late
