"""The one statement that appends to the history."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.domain.incidents import EventKind


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a gap or an incident, and why."""

    kind: EventKind
    facility_id: int | None
    incident_id: int | None = None
    gap_id: int | None = None
    detail: Mapping[str, object] = field(default_factory=dict)
    #: What a person did, taken in once: there is one event of it.
    action_id: int | None = None


# A gap's event belongs to the gap's incident, which may have been found only after the gap was.
_APPEND = text(
    """
    INSERT INTO event (happened_at, kind, facility_id, incident_id, gap_id, detail, action_id)
    SELECT CAST(:now AS timestamptz), fresh.kind, fresh.facility_id,
           coalesce(fresh.incident_id, gap.incident_id), fresh.gap_id, CAST(fresh.detail AS jsonb),
           fresh.action_id
    FROM unnest(CAST(:kinds AS text[]), CAST(:facilities AS bigint[]),
                CAST(:incidents AS bigint[]), CAST(:gaps AS bigint[]), CAST(:details AS text[]),
                CAST(:actions AS bigint[]))
         WITH ORDINALITY
         AS fresh (kind, facility_id, incident_id, gap_id, detail, action_id, place)
    LEFT JOIN gap ON gap.id = fresh.gap_id
    ORDER BY fresh.place
    RETURNING id
    """
)


async def append(
    connection: AsyncConnection, events: Sequence[Event], *, now: datetime
) -> list[int]:
    """The numbers of the events, in their order."""
    if not events:
        return []
    found = await connection.execute(
        _APPEND,
        {
            "now": now,
            "kinds": [event.kind for event in events],
            "facilities": [event.facility_id for event in events],
            "incidents": [event.incident_id for event in events],
            "gaps": [event.gap_id for event in events],
            "details": [_json(event.detail) for event in events],
            "actions": [event.action_id for event in events],
        },
    )
    return sorted(found.scalars())


def _json(detail: Mapping[str, object]) -> str:
    return json.dumps(detail, default=_plain, ensure_ascii=False)


def _plain(value: object) -> str:
    """Instants travel as RFC 3339."""
    return value.isoformat() if isinstance(value, datetime) else str(value)
