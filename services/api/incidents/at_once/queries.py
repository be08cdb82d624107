"""Statements that take up many incidents, each the same for one or a hundred."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import any_, exists, insert, literal, select, text
from sqlalchemy.dialects.postgresql import ARRAY, BIGINT
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.incidents.queries import UNIT, By, seen_in
from shared.db.tables.alerting import incident
from shared.db.tables.people import acknowledgement
from shared.db.tables.registry import admin_unit, facility
from shared.domain.access import Scope
from shared.domain.states import IncidentState


@dataclass(frozen=True, slots=True)
class Wanted:
    """An incident that somebody wants to take up. `place`: as `acknowledging.may` takes it."""

    id: int
    state: IncidentState
    place: tuple[int | None, int] | None
    is_mine: bool


# The same keys as one alone has, always in the same order, so that two presses wait and do not
# block each other.
_WAIT_FOR_EACH_OTHER: Final = text(
    """
    SELECT pg_advisory_xact_lock(hashtextextended('acknowledgement/' || id || '/' || :user_id, 0))
    FROM unnest(CAST(:ids AS bigint[])) AS asked (id)
    """
)


async def wanted(
    connection: AsyncConnection, incident_ids: Sequence[int], scope: Scope, *, user_id: int
) -> dict[int, Wanted]:
    """Those within somebody's sight. Their acknowledgements wait for each other from here on."""
    ids = sorted(incident_ids)
    await connection.execute(_WAIT_FOR_EACH_OTHER, {"ids": ids, "user_id": str(user_id)})
    mine = exists().where(
        acknowledgement.c.incident_id == incident.c.id, acknowledgement.c.user_id == user_id
    )
    rows = await connection.execute(
        select(
            incident.c.id,
            incident.c.state,
            facility.c.id.label("facility_id"),
            UNIT.label("unit_id"),
            mine.label("is_mine"),
        )
        .select_from(incident)
        .outerjoin(facility, facility.c.id == incident.c.facility_id)
        .outerjoin(admin_unit, admin_unit.c.id == UNIT)
        .where(seen_in(scope), incident.c.id == any_(literal(ids, ARRAY(BIGINT))))
    )
    return {row.id: _wanted(row) for row in rows}


def _wanted(row: Any) -> Wanted:
    place = None if row.unit_id is None else (row.facility_id, row.unit_id)
    return Wanted(row.id, IncidentState(row.state), place, row.is_mine)


async def acknowledge(
    connection: AsyncConnection,
    incident_ids: Sequence[int],
    user_id: int,
    by: By,
    *,
    note: str,
    now: datetime,
) -> None:
    if not incident_ids:
        return
    own = {
        "user_id": user_id,
        "note": note,
        "via": by.way,
        "notification_id": by.notification_id,
        "acknowledged_at": now,
    }
    values = [{"incident_id": number, **own} for number in incident_ids]
    await connection.execute(insert(acknowledgement).inline().values(values))
