"""What is left of a whole facility's or gateway's silence, when most of it is over, is apart."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from services.alerts.causes import explaining
from services.alerts.causes import queries as gaps_to_explain
from services.alerts.gaps import queries as gaps
from services.alerts.gaps.queries import Part
from services.alerts.group.queries import OpenIncident
from services.alerts.group.widening import finding_of
from services.alerts.history.queries import Event
from shared.domain.area_outage import is_mostly_over
from shared.domain.incidents import EventKind
from shared.domain.states import WHOLE_FACILITY, Cause

_OF_MANY: Final = WHOLE_FACILITY | {Cause.GATEWAY_SILENT}


async def split(
    connection: AsyncConnection, opens: Sequence[OpenIncident], *, until: datetime, now: datetime
) -> tuple[list[OpenIncident], list[Event], list[int]]:
    """The gaps that are loose now come last: they are gathered anew."""
    many = {
        incident.id: incident
        for incident in opens
        if incident.cause in _OF_MANY
        and incident.lasting_since is not None
        and incident.unstable_since is None
    }
    parts = await gaps.parts_of(connection, list(many)) if many else []
    by_incident: dict[int, list[Part]] = defaultdict(list)
    for part in parts:
        by_incident[part.incident_id].append(part)
    mostly = [
        number
        for number, own in by_incident.items()
        if is_mostly_over((part.ended_at for part in own), now=now)
    ]
    left = await _left(connection, [many[number] for number in mostly], until=until)
    loose = [gap_id for own in left.values() for gap_id in own]
    await gaps.release(connection, loose)
    emptied = {number for number in left if not _lasting_in(by_incident[number], loose)}
    return (
        [replace(i, lasts=False, lasting_since=None) if i.id in emptied else i for i in opens],
        [_split(many[number], own) for number, own in left.items()],
        loose,
    )


async def _left(
    connection: AsyncConnection, mostly: Sequence[OpenIncident], *, until: datetime
) -> dict[int, list[int]]:
    """By incident: the gaps that last, of which what is known now says something else."""
    if not mostly:
        return {}
    kin = {incident.id: finding_of(incident).kin for incident in mostly}
    lasting = await gaps_to_explain.lasting_gaps(connection, list(kin))
    found = await explaining.findings(connection, lasting, until=until)
    left: dict[int, list[int]] = defaultdict(list)
    for gap in lasting:
        if gap.incident_id is not None and found[gap.id].kin != kin[gap.incident_id]:
            left[gap.incident_id].append(gap.id)
    return left


def _lasting_in(parts: Sequence[Part], loose: Sequence[int]) -> bool:
    return any(part.ended_at is None and part.gap_id not in loose for part in parts)


def _split(incident: OpenIncident, left: Sequence[int]) -> Event:
    detail: Mapping[str, object] = {"gaps": list(left), "reason": "most_is_over"}
    return Event(EventKind.INCIDENT_SPLIT, incident.facility_id, incident.id, detail=detail)
