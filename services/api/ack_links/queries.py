"""The message that a link belongs to, and what has become of its incident."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.db.tables.alerting import incident
from shared.db.tables.outbox import notification
from shared.db.tables.people import acknowledgement, user_account
from shared.db.tables.registry import admin_unit, facility
from shared.domain.states import Cause, IncidentState


@dataclass(frozen=True, slots=True)
class Told:
    """Who was told of what. No name: whoever holds the link may not be who it was sent to."""

    notification_id: int
    incident_id: int
    user_id: int
    language: str
    is_disabled: bool
    state: IncidentState
    cause: Cause
    since_at: datetime
    resolved_at: datetime | None
    #: Of the facility, or of the area; absent: the platform itself.
    place: str | None
    time_zone: str | None
    #: When the person took it up, by this link or another way.
    taken_at: datetime | None


async def told(connection: AsyncConnection, notification_id: int) -> Told | None:
    """Nothing for a message that was to no person, or about no incident."""
    taken_at = (
        select(func.min(acknowledgement.c.acknowledged_at))
        .where(
            or_(
                acknowledgement.c.notification_id == notification.c.id,
                (acknowledgement.c.incident_id == notification.c.incident_id)
                & (acknowledgement.c.user_id == notification.c.user_id),
            )
        )
        .scalar_subquery()
    )
    rows = await connection.execute(
        select(
            notification.c.id.label("notification_id"),
            notification.c.incident_id,
            notification.c.user_id,
            notification.c.language,
            user_account.c.disabled_at.is_not(None).label("is_disabled"),
            incident.c.state,
            incident.c.cause,
            incident.c.since_at,
            incident.c.resolved_at,
            func.coalesce(facility.c.name, admin_unit.c.name).label("place"),
            facility.c.time_zone,
            taken_at.label("taken_at"),
        )
        .select_from(notification)
        .join(incident, incident.c.id == notification.c.incident_id)
        .join(user_account, user_account.c.id == notification.c.user_id)
        .outerjoin(facility, facility.c.id == incident.c.facility_id)
        .outerjoin(admin_unit, admin_unit.c.id == incident.c.admin_unit_id)
        .where(notification.c.id == notification_id)
    )
    row = rows.mappings().one_or_none()
    if row is None:
        return None
    codes = {"state": IncidentState(row["state"]), "cause": Cause(row["cause"])}
    return Told(**{**row, **codes})
