"""The delivery log: messages, the newest first, and their attempts."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, any_, case, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY, BIGINT
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.deliveries.schemas import AttemptOut, DeliveryOut
from services.api.incidents.queries import UNIT, seen_in
from shared.db.names import name_of, only_for
from shared.db.tables.alerting import incident
from shared.db.tables.outbox import delivery_attempt, notification
from shared.db.tables.registry import facility
from shared.domain.access import Scope
from shared.domain.delivery import Channel, MessageKind, MessageState, Receipt


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which messages are asked for; what is absent does not narrow."""

    facility_id: int | None = None
    incident_id: int | None = None
    channel: Channel | None = None
    state: MessageState | None = None
    kind: MessageKind | None = None
    receipt: Receipt | None = None
    from_at: datetime | None = None
    to_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message, and where what it is about lies."""

    told: DeliveryOut
    #: A facility and its unit, or a unit alone; absent for what belongs to no place.
    place: tuple[int | None, int] | None
    facility: str | None


async def page(
    connection: AsyncConnection, scope: Scope, wanted: Wanted, *, before: int | None, limit: int
) -> Sequence[Delivery]:
    """Numbers grow with time."""
    statement = _narrowed(_shown(scope), wanted)
    if before is not None:
        statement = statement.where(notification.c.id < before)
    rows = await connection.execute(statement.order_by(notification.c.id.desc()).limit(limit))
    return [_delivery(row) for row in rows.mappings()]


async def one(connection: AsyncConnection, scope: Scope, number: int) -> Delivery | None:
    rows = await connection.execute(_shown(scope).where(notification.c.id == number))
    row = rows.mappings().one_or_none()
    return _delivery(row) if row else None


async def tries(
    connection: AsyncConnection, numbers: Collection[int]
) -> dict[int, list[AttemptOut]]:
    """By message, in their order; what the other side said may hold an address."""
    rows = await connection.execute(
        select(
            delivery_attempt.c.notification_id,
            delivery_attempt.c.started_at,
            delivery_attempt.c.ended_at,
            delivery_attempt.c.provider,
            delivery_attempt.c.outcome,
            only_for("addresses", delivery_attempt.c.detail).label("detail"),
        )
        .where(delivery_attempt.c.notification_id == any_(literal(list(numbers), ARRAY(BIGINT))))
        .order_by(delivery_attempt.c.id)
    )
    found: dict[int, list[AttemptOut]] = {number: [] for number in numbers}
    for row in rows.mappings():
        found[row["notification_id"]].append(AttemptOut.model_validate(dict(row)))
    return found


def _narrowed(statement: Select[Any], wanted: Wanted) -> Select[Any]:
    for column, value in (
        (incident.c.facility_id, wanted.facility_id),
        (notification.c.incident_id, wanted.incident_id),
        (notification.c.channel, wanted.channel),
        (notification.c.state, wanted.state),
        (notification.c.kind, wanted.kind),
        (notification.c.receipt, wanted.receipt),
    ):
        if value is not None:
            statement = statement.where(column == value)
    if wanted.from_at is not None:
        statement = statement.where(notification.c.created_at >= wanted.from_at)
    if wanted.to_at is not None:
        statement = statement.where(notification.c.created_at < wanted.to_at)
    return statement


def _last_outcome() -> Any:
    return (
        select(delivery_attempt.c.outcome)
        .where(delivery_attempt.c.notification_id == notification.c.id)
        .order_by(delivery_attempt.c.id.desc())
        .limit(1)
        .scalar_subquery()
    )


def _shown(scope: Scope) -> Select[Any]:
    is_pending = notification.c.state == MessageState.PENDING
    return (
        select(
            notification.c.id,
            notification.c.incident_id.label("incident"),
            facility.c.code.label("facility"),
            notification.c.kind,
            notification.c.role,
            notification.c.channel,
            notification.c.priority,
            notification.c.state,
            notification.c.created_at,
            case((is_pending, notification.c.due_at)).label("due_at"),
            notification.c.sent_at,
            notification.c.attempts,
            notification.c.provider,
            notification.c.provider_ref,
            _last_outcome().label("outcome"),
            notification.c.receipt,
            notification.c.receipt_at,
            func.encode(notification.c.content_hash, "hex").label("content_sha256"),
            notification.c.message_id,
            notification.c.instead_of,
            notification.c.digest_id.label("digest"),
            only_for("addresses", notification.c.address).label("address"),
            only_for("addresses", name_of(notification.c.user_id)).label("who"),
            incident.c.facility_id,
            UNIT.label("unit_id"),
            facility.c.name.label("facility_name"),
        )
        .select_from(notification)
        .outerjoin(incident, incident.c.id == notification.c.incident_id)
        .outerjoin(facility, facility.c.id == incident.c.facility_id)
        .where(seen_in(scope))
    )


def _delivery(row: Any) -> Delivery:
    unit_id = row["unit_id"]
    return Delivery(
        DeliveryOut.model_validate(dict(row)),
        None if unit_id is None else (row["facility_id"], unit_id),
        row["facility_name"],
    )
