"""Requests for cameras, and what became of them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, Select, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.camera_approvals.schemas import ApprovalOut, RequestIn
from shared.db.names import name_of
from shared.db.tables.placement import camera_approval
from shared.db.tables.registry import device, zone
from shared.domain.camera_approval import Approval, ApprovalState

_TERMS = (
    camera_approval.c.zone_id,
    camera_approval.c.requested_at,
    camera_approval.c.review_on,
    camera_approval.c.decided_at,
    camera_approval.c.is_granted,
    camera_approval.c.valid_to,
    camera_approval.c.ended_at,
)


async def of_devices(
    connection: AsyncConnection, device_ids: Iterable[int]
) -> Mapping[int, Sequence[Approval]]:
    rows = await connection.execute(
        select(camera_approval.c.device_id, *_TERMS)
        .where(camera_approval.c.device_id.in_(list(device_ids)))
        .order_by(camera_approval.c.id)
    )
    found: dict[int, list[Approval]] = defaultdict(list)
    for device_id, *terms in rows:
        found[device_id].append(Approval(*terms))
    return found


async def shown(
    connection: AsyncConnection, device_id: int, *, now: datetime
) -> Sequence[ApprovalOut]:
    """Newest first."""
    rows = await connection.execute(
        _shown()
        .where(camera_approval.c.device_id == device_id)
        .order_by(camera_approval.c.id.desc())
    )
    return [_out(row, now) for row in rows.mappings()]


async def one(
    connection: AsyncConnection, device_id: int, approval_id: int, *, now: datetime
) -> ApprovalOut | None:
    rows = await connection.execute(
        _shown().where(
            camera_approval.c.device_id == device_id, camera_approval.c.id == approval_id
        )
    )
    row = rows.mappings().one_or_none()
    return _out(row, now) if row else None


def _shown() -> Select[Any]:
    row = camera_approval.c
    return select(
        camera_approval,
        zone.c.code.label("zone"),
        zone.c.name.label("zone_name"),
        name_of(row.requested_by).label("requester"),
        name_of(row.decided_by).label("decider"),
        name_of(row.reviewed_by).label("reviewer"),
        name_of(row.ended_by).label("ender"),
    ).join_from(camera_approval, zone, zone.c.id == row.zone_id)


def approval_of(row: RowMapping) -> Approval:
    return Approval(*(row[column.name] for column in _TERMS))


def is_due(approval: Approval, now: datetime) -> bool:
    in_force = approval.state_at(now) is ApprovalState.APPROVED
    return in_force and approval.review_on <= now.date()


def _out(row: RowMapping, now: datetime) -> ApprovalOut:
    approval = approval_of(row)
    own = {name: row[name] for name in ApprovalOut.model_fields if name in row}
    return ApprovalOut.model_validate(
        {
            **own,
            "state": approval.state_at(now),
            "is_review_due": is_due(approval, now),
            "requested_by": row["requester"],
            "decided_by": row["decider"],
            "reviewed_by": row["reviewer"],
            "ended_by": row["ender"],
        }
    )


async def requester_of(connection: AsyncConnection, approval_id: int) -> int | None:
    user_id: int | None = await connection.scalar(
        select(camera_approval.c.requested_by).where(camera_approval.c.id == approval_id)
    )
    return user_id


async def add(
    connection: AsyncConnection,
    where: tuple[int, int],
    given: RequestIn,
    *,
    user_id: int,
    now: datetime,
) -> int:
    """Its number. `where`: camera and zone, of a locked facility, where nothing is asked for."""
    added = await connection.execute(
        insert(camera_approval)
        .values(
            device_id=where[0],
            zone_id=where[1],
            requested_by=user_id,
            requested_at=now,
            **given.model_dump(exclude={"zone"}),
        )
        .returning(camera_approval.c.id)
    )
    approval_id: int = added.scalar_one()
    return approval_id


async def change(
    connection: AsyncConnection, approval_id: int, values: Mapping[str, object]
) -> None:
    """The facility is locked, and what may be changed was looked at."""
    await connection.execute(
        update(camera_approval).where(camera_approval.c.id == approval_id).values(**values)
    )


async def end(
    connection: AsyncConnection, device_id: int, zone_id: int, values: Mapping[str, object]
) -> None:
    """All that is in force for the camera there."""
    await connection.execute(
        update(camera_approval)
        .where(
            camera_approval.c.device_id == device_id,
            camera_approval.c.zone_id == zone_id,
            camera_approval.c.is_granted,
            camera_approval.c.ended_at.is_(None),
        )
        .values(**values)
    )


async def tell_ingest(
    connection: AsyncConnection, device_id: int, allowed: tuple[datetime, datetime | None] | None
) -> None:
    """From when and until when the camera may record; ingest credits nothing else."""
    since, until = allowed or (None, None)
    await connection.execute(
        update(device)
        .where(device.c.id == device_id)
        .values(approved_at=since, approved_until=until)
    )
