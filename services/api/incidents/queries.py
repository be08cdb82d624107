"""Incidents, their history, and the acknowledgements that people add to it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, case, func, insert, select, true, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.access.queries import within
from services.api.incidents.schemas import (
    AcknowledgementOut,
    EventOut,
    IncidentOut,
    NotificationOut,
)
from shared.db.names import name_of, only_for
from shared.db.tables.alerting import event, incident
from shared.db.tables.outbox import delivery_attempt, notification
from shared.db.tables.people import acknowledgement
from shared.db.tables.registry import facility
from shared.domain.access import Scope
from shared.domain.states import IncidentState

#: In an event's detail, who was told: numbers of people.
_PEOPLE: Final = "user_ids"


async def page(
    connection: AsyncConnection,
    scope: Scope,
    *,
    facility_id: int | None,
    state: IncidentState | None,
    before: tuple[datetime, int] | None,
    limit: int,
) -> Sequence[IncidentOut]:
    """Newest first."""
    statement = _shown(scope)
    if facility_id is not None:
        statement = statement.where(incident.c.facility_id == facility_id)
    if state is not None:
        statement = statement.where(incident.c.state == state)
    if before is not None:
        statement = statement.where(tuple_(incident.c.opened_at, incident.c.id) < before)
    rows = await connection.execute(
        statement.order_by(incident.c.opened_at.desc(), incident.c.id.desc()).limit(limit)
    )
    return [IncidentOut.model_validate(dict(row)) for row in rows.mappings()]


async def one(connection: AsyncConnection, incident_id: int, scope: Scope) -> IncidentOut | None:
    rows = await connection.execute(_shown(scope).where(incident.c.id == incident_id))
    row = rows.mappings().one_or_none()
    return IncidentOut.model_validate(dict(row)) if row else None


def _shown(scope: Scope) -> Select[Any]:
    """Acknowledged is what somebody acknowledged, also before alerts has taken it in."""
    first = (
        select(func.min(acknowledgement.c.acknowledged_at))
        .where(acknowledgement.c.incident_id == incident.c.id)
        .scalar_subquery()
    )
    return (
        select(
            incident.c.id,
            facility.c.code.label("facility"),
            incident.c.cause,
            incident.c.state,
            incident.c.since_at.label("since"),
            incident.c.opened_at,
            incident.c.resolved_at,
            func.coalesce(incident.c.acknowledged_at, first).label("acknowledged_at"),
        )
        .select_from(incident)
        .outerjoin(facility, facility.c.id == incident.c.facility_id)
        .where(_seen_in(scope))
    )


def _seen_in(scope: Scope) -> ColumnElement[bool]:
    """The platform's own incidents belong to no place, so only those of everywhere see them."""
    if scope.is_everywhere:
        return true()
    return and_(facility.c.id.is_not(None), within(scope))


async def place_of(connection: AsyncConnection, incident_id: int) -> tuple[int, int] | None:
    """Its facility and that one's unit; nothing for an incident of the platform's own."""
    row = (
        await connection.execute(
            select(facility.c.id, facility.c.admin_unit_id)
            .join_from(incident, facility)
            .where(incident.c.id == incident_id)
        )
    ).one_or_none()
    return (row[0], row[1]) if row else None


async def timeline(connection: AsyncConnection, incident_id: int) -> Sequence[EventOut]:
    rows = await connection.execute(
        select(event.c.id, event.c.happened_at, event.c.kind, event.c.gap_id, event.c.detail)
        .where(event.c.incident_id == incident_id)
        .order_by(event.c.id)
    )
    return [
        EventOut(
            id=row.id,
            at=row.happened_at,
            kind=row.kind,
            gap=row.gap_id,
            detail={key: value for key, value in row.detail.items() if key != _PEOPLE},
        )
        for row in rows
    ]


async def notifications(connection: AsyncConnection, incident_id: int) -> Sequence[NotificationOut]:
    """With addresses; the caller takes them away from who may not see people."""
    last = (
        select(delivery_attempt.c.outcome)
        .where(delivery_attempt.c.notification_id == notification.c.id)
        .order_by(delivery_attempt.c.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    rows = await connection.execute(
        select(
            notification.c.kind,
            notification.c.role,
            notification.c.channel,
            notification.c.state,
            notification.c.created_at,
            case((notification.c.state == "pending", notification.c.due_at)).label("due_at"),
            notification.c.sent_at,
            notification.c.attempts,
            last.label("outcome"),
            only_for("addresses", notification.c.address).label("address"),
        )
        .where(notification.c.incident_id == incident_id)
        .order_by(notification.c.id)
    )
    return [NotificationOut.model_validate(dict(row)) for row in rows.mappings()]


async def acknowledgements(
    connection: AsyncConnection, incident_id: int
) -> Sequence[AcknowledgementOut]:
    rows = await connection.execute(
        _acknowledgement().where(acknowledgement.c.incident_id == incident_id)
    )
    return [AcknowledgementOut.model_validate(dict(row)) for row in rows.mappings()]


async def acknowledgement_of(
    connection: AsyncConnection, incident_id: int, user_id: int
) -> AcknowledgementOut | None:
    """The one that somebody has given already. Theirs wait for each other from here on."""
    key = func.hashtextextended(f"acknowledgement/{incident_id}/{user_id}", 0)
    await connection.execute(select(func.pg_advisory_xact_lock(key)))
    rows = await connection.execute(
        _acknowledgement()
        .where(acknowledgement.c.incident_id == incident_id, acknowledgement.c.user_id == user_id)
        .limit(1)
    )
    row = rows.mappings().one_or_none()
    return AcknowledgementOut.model_validate(dict(row)) if row else None


def _acknowledgement() -> Select[Any]:
    return select(
        acknowledgement.c.id,
        name_of(acknowledgement.c.user_id).label("by"),
        acknowledgement.c.note,
        acknowledgement.c.acknowledged_at,
    ).order_by(acknowledgement.c.id)


async def acknowledge(
    connection: AsyncConnection, incident_id: int, user_id: int, *, note: str, now: datetime
) -> int:
    acknowledgement_id: int = (
        await connection.execute(
            insert(acknowledgement)
            .values(incident_id=incident_id, user_id=user_id, note=note, acknowledged_at=now)
            .returning(acknowledgement.c.id)
        )
    ).scalar_one()
    return acknowledgement_id
