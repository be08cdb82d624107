"""The incidents that last: who was told of them, and who took them up."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from operator import itemgetter

from sqlalchemy import any_, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY, BIGINT
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.access.queries import within
from services.api.overview.facts import OpenIncident, Taken, Told
from shared.db.names import name_of
from shared.db.tables.alerting import incident
from shared.db.tables.outbox import notification
from shared.db.tables.people import acknowledgement
from shared.db.tables.registry import facility
from shared.domain.access import Scope
from shared.domain.states import Cause


async def open_incidents(connection: AsyncConnection, scope: Scope) -> Sequence[OpenIncident]:
    """The platform's own are for those who may see everywhere."""
    rows = await connection.execute(
        select(incident.c.id, incident.c.facility_id, incident.c.cause, incident.c.since_at)
        .outerjoin_from(incident, facility, facility.c.id == incident.c.facility_id)
        .where(incident.c.state == "open", within(scope))
        .order_by(incident.c.since_at)
    )
    found = [OpenIncident(row[0], row[1], Cause(row[2]), row[3]) for row in rows]
    ids = [entry.id for entry in found]
    told = await told_of(connection, ids) if ids else {}
    taken = await taken_up(connection, ids) if ids else {}
    return [
        replace(entry, told=told.get(entry.id, ()), taken=taken.get(entry.id, ()))
        for entry in found
    ]


async def told_of(
    connection: AsyncConnection, incident_ids: Sequence[int]
) -> Mapping[int, tuple[Told, ...]]:
    """Which roles were sent word, each when first."""
    rows = await connection.execute(
        select(
            notification.c.incident_id,
            notification.c.role,
            func.min(notification.c.sent_at).label("first_at"),
        )
        .where(
            notification.c.incident_id == any_(literal(list(incident_ids), ARRAY(BIGINT))),
            notification.c.sent_at.is_not(None),
        )
        .group_by(notification.c.incident_id, notification.c.role)
        .order_by(notification.c.incident_id, "first_at")
    )
    return {
        key: tuple(Told(row[1], row[2]) for row in group)
        for key, group in groupby(rows, key=itemgetter(0))
    }


async def taken_up(
    connection: AsyncConnection, incident_ids: Sequence[int]
) -> Mapping[int, tuple[Taken, ...]]:
    """Who acknowledged, first come first."""
    rows = await connection.execute(
        select(
            acknowledgement.c.incident_id,
            name_of(acknowledgement.c.user_id),
            acknowledgement.c.acknowledged_at,
        )
        .where(acknowledgement.c.incident_id == any_(literal(list(incident_ids), ARRAY(BIGINT))))
        .order_by(acknowledgement.c.incident_id, acknowledgement.c.acknowledged_at)
    )
    return {
        key: tuple(Taken(row[1], row[2]) for row in group)
        for key, group in groupby(rows, key=itemgetter(0))
    }
