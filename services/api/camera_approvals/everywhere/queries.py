"""Approvals in a scope: to decide, to review, in force."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists, func, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.access.queries import within
from services.api.camera_approvals import queries
from services.api.camera_approvals.schemas import ListedOut, Which
from shared.db.tables.placement import camera_approval
from shared.db.tables.registry import device, facility, zone
from shared.domain.access import Scope

_newer = camera_approval.alias("newer")


async def page(
    connection: AsyncConnection,
    scope: Scope,
    which: Which,
    *,
    before: tuple[datetime, int] | None,
    limit: int,
    now: datetime,
) -> Sequence[ListedOut]:
    """Newest first."""
    row = camera_approval.c
    statement = (
        select(
            camera_approval,
            facility.c.code.label("facility"),
            facility.c.name.label("facility_name"),
            device.c.code.label("device"),
            device.c.name.label("device_name"),
            zone.c.name.label("zone_name"),
        )
        .join_from(camera_approval, device, device.c.id == row.device_id)
        .join(facility, facility.c.id == device.c.facility_id)
        .join(zone, zone.c.id == row.zone_id)
        .where(device.c.retired_at.is_(None), within(scope), _are(which, now))
    )
    if before is not None:
        statement = statement.where(tuple_(row.requested_at, row.id) < before)
    rows = await connection.execute(
        statement.order_by(row.requested_at.desc(), row.id.desc()).limit(limit)
    )
    found = []
    for one in rows.mappings():
        approval = queries.approval_of(one)
        own = {name: one[name] for name in ListedOut.model_fields if name in one}
        told = {"state": approval.state_at(now), "is_review_due": queries.is_due(approval, now)}
        found.append(ListedOut.model_validate({**own, **told}))
    return found


async def count(connection: AsyncConnection, scope: Scope, which: Which, *, now: datetime) -> int:
    counted = await connection.scalar(
        select(func.count())
        .select_from(camera_approval)
        .join(device, device.c.id == camera_approval.c.device_id)
        .join(facility, facility.c.id == device.c.facility_id)
        .where(device.c.retired_at.is_(None), within(scope), _are(which, now))
    )
    return counted or 0


def _are(which: Which, now: datetime) -> ColumnElement[bool]:
    row = camera_approval.c
    match which:
        case Which.TO_DECIDE:
            return row.decided_at.is_(None)
        case Which.IN_FORCE:
            return _in_force(now)
        case Which.REVIEW_DUE:
            return and_(_in_force(now), row.review_on <= now.date())


def _in_force(now: datetime) -> ColumnElement[bool]:
    """The newest for a camera where it stands; what it renewed need not be looked at."""
    row, newer = camera_approval.c, _newer.c
    is_renewed = exists().where(
        newer.device_id == row.device_id,
        newer.zone_id == row.zone_id,
        newer.is_granted,
        newer.ended_at.is_(None),
        newer.id > row.id,
    )
    return and_(
        row.is_granted,
        row.ended_at.is_(None),
        or_(row.valid_to.is_(None), row.valid_to > now),
        row.zone_id == device.c.zone_id,
        ~is_renewed,
    )
