"""Incidents, their history, and the acknowledgements that people add to it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    any_,
    case,
    func,
    insert,
    literal,
    or_,
    select,
    true,
    tuple_,
)
from sqlalchemy.dialects.postgresql import ARRAY, BIGINT
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.access.queries import within
from services.api.incidents.narrowing.queries import Wanted, narrowed
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
from shared.db.tables.registry import admin_unit, facility
from shared.domain.access import Scope
from shared.domain.handling import Way

#: Where an incident lies: its facility's unit, or the area that is out.
UNIT: Final = func.coalesce(facility.c.admin_unit_id, incident.c.admin_unit_id)
#: In an event's detail, who was told: numbers of people.
_PEOPLE: Final = "user_ids"


async def page(
    connection: AsyncConnection,
    scope: Scope,
    wanted: Wanted,
    *,
    before: tuple[datetime, int] | None,
    limit: int,
) -> Sequence[IncidentOut]:
    """Newest first."""
    statement = _shown(scope).where(*narrowed(wanted))
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
            case((facility.c.id.is_(None), admin_unit.c.code)).label("unit"),
            incident.c.cause,
            incident.c.fault,
            incident.c.severity,
            incident.c.state,
            incident.c.since_at.label("since"),
            incident.c.opened_at,
            incident.c.resolved_at,
            func.coalesce(incident.c.acknowledged_at, first).label("acknowledged_at"),
            incident.c.parent_id.label("parent"),
            incident.c.unstable_since,
            incident.c.snoozed_until,
            incident.c.assigned_to,
            incident.c.resolution,
        )
        .select_from(incident)
        .outerjoin(facility, facility.c.id == incident.c.facility_id)
        .outerjoin(admin_unit, admin_unit.c.id == UNIT)
        .where(seen_in(scope))
    )


def seen_in(scope: Scope) -> ColumnElement[bool]:
    """An area's outage is its officers', and everybody sees what it means for their own facility.

    The platform's own incidents belong to no place, so only those of everywhere see them.
    """
    if scope.is_everywhere:
        return true()
    units = literal(list(scope.admin_unit_ids), ARRAY(BIGINT))
    of_area = and_(incident.c.facility_id.is_(None), incident.c.admin_unit_id == any_(units))
    return or_(and_(facility.c.id.is_not(None), within(scope)), of_area)


async def place_of(connection: AsyncConnection, incident_id: int) -> tuple[int | None, int] | None:
    """Its facility and that one's unit, or its area; nothing for one of the platform's own."""
    row = (
        await connection.execute(
            select(facility.c.id, UNIT)
            .select_from(incident)
            .outerjoin(facility, facility.c.id == incident.c.facility_id)
            .where(incident.c.id == incident_id, UNIT.is_not(None))
        )
    ).one_or_none()
    return (row[0], row[1]) if row else None


async def area_of(connection: AsyncConnection, incident_id: int) -> str | None:
    """The name of the area that is out, if it is one."""
    name: str | None = await connection.scalar(
        select(admin_unit.c.name)
        .join_from(incident, admin_unit, admin_unit.c.id == incident.c.admin_unit_id)
        .where(incident.c.id == incident_id, incident.c.facility_id.is_(None))
    )
    return name


async def children(connection: AsyncConnection, incident_id: int) -> Sequence[int]:
    """What is part of an area outage, as far as the caller may see it."""
    rows = await connection.execute(
        select(incident.c.id).where(incident.c.parent_id == incident_id).order_by(incident.c.id)
    )
    return rows.scalars().all()


async def timeline(connection: AsyncConnection, incident_id: int) -> Sequence[EventOut]:
    rows = await connection.execute(
        select(
            event.c.id,
            event.c.happened_at,
            event.c.kind,
            event.c.gap_id,
            event.c.action_id,
            event.c.detail,
        )
        .where(event.c.incident_id == incident_id)
        .order_by(event.c.id)
    )
    return [
        EventOut(
            id=row.id,
            at=row.happened_at,
            kind=row.kind,
            gap=row.gap_id,
            action=row.action_id,
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
            notification.c.id,
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
            only_for("addresses", name_of(notification.c.user_id)).label("who"),
            notification.c.provider,
            notification.c.receipt,
            notification.c.receipt_at,
            notification.c.instead_of,
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
        acknowledgement.c.via,
        acknowledgement.c.acknowledged_at,
    ).order_by(acknowledgement.c.id)


@dataclass(frozen=True, slots=True)
class By:
    """How it was taken up, and by the link of which message or in answer to which."""

    way: Way
    notification_id: int | None = None


async def acknowledge(
    connection: AsyncConnection, incident_id: int, user_id: int, by: By, *, note: str, now: datetime
) -> int:
    acknowledgement_id: int = (
        await connection.execute(
            insert(acknowledgement)
            .values(
                incident_id=incident_id,
                user_id=user_id,
                note=note,
                via=by.way,
                notification_id=by.notification_id,
                acknowledged_at=now,
            )
            .returning(acknowledgement.c.id)
        )
    ).scalar_one()
    return acknowledgement_id
