"""The statements behind rounds: points, what their labels say, and who came by."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, insert, or_, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.access.queries import Facility
from shared.db.names import name_of, only_for
from shared.db.tables.alerting import gap
from shared.db.tables.registry import device, facility, zone
from shared.db.tables.requirements import round_check_in, round_point
from shared.domain.intervals import Span
from shared.domain.places import DeviceKind


@dataclass(frozen=True, slots=True)
class Point:
    """A place on a round: a device in a zone, and when its label was made."""

    device_id: int
    code: str
    name: str
    zone_code: str
    zone_name: str
    labelled_at: datetime | None
    last_at: datetime | None


@dataclass(frozen=True, slots=True)
class Room:
    """A zone, by its name."""

    code: str
    name: str
    is_retired: bool


@dataclass(frozen=True, slots=True)
class Home:
    """Where a point is."""

    facility: Facility
    name: str


@dataclass(frozen=True, slots=True)
class CheckIn:
    """The newest at a point."""

    id: int
    user_id: int
    checked_at: datetime


@dataclass(frozen=True, slots=True)
class Visit:
    """Somebody was at a place; who, for whoever may know."""

    id: int
    device: str
    zone: str
    checked_at: datetime
    who: str | None
    note: str


@dataclass(frozen=True, slots=True)
class Hole:
    """A gap on record in a zone."""

    zone: str
    from_at: datetime
    to_at: datetime | None
    incident_id: int | None


def _points() -> Select[Any]:
    last = (
        select(func.max(round_check_in.c.checked_at))
        .where(round_check_in.c.device_id == device.c.id)
        .scalar_subquery()
    )
    return (
        select(
            device.c.id,
            device.c.code,
            device.c.name,
            zone.c.code.label("zone_code"),
            zone.c.name.label("zone_name"),
            round_point.c.labelled_at,
            last,
        )
        .select_from(device)
        .join(zone, zone.c.id == device.c.zone_id)
        .outerjoin(round_point, round_point.c.device_id == device.c.id)
        .where(device.c.kind == DeviceKind.ROUND_POINT, device.c.retired_at.is_(None))
    )


async def points(connection: AsyncConnection, facility_id: int, *, limit: int) -> Sequence[Point]:
    """Those in service, by zone."""
    rows = await connection.execute(
        _points()
        .where(device.c.facility_id == facility_id)
        .order_by(zone.c.code, device.c.code)
        .limit(limit)
    )
    return [Point(*row) for row in rows]


async def point(connection: AsyncConnection, facility_id: int, code: str) -> Point | None:
    row = (
        await connection.execute(
            _points().where(device.c.facility_id == facility_id, device.c.code == code)
        )
    ).one_or_none()
    return Point(*row) if row else None


async def rooms(connection: AsyncConnection, facility_id: int) -> Sequence[Room]:
    """All zones, by name."""
    rows = await connection.execute(
        select(zone.c.code, zone.c.name, zone.c.retired_at.is_not(None))
        .where(zone.c.facility_id == facility_id)
        .order_by(zone.c.name, zone.c.code)
    )
    return [Room(*row) for row in rows]


async def name_of_facility(connection: AsyncConnection, facility_id: int) -> str:
    found = await connection.scalar(select(facility.c.name).where(facility.c.id == facility_id))
    return str(found or "")


async def labelled(connection: AsyncConnection, code_hash: bytes) -> tuple[Home, Point] | None:
    """Where a label is, as far as the caller may see the place."""
    row = (
        await connection.execute(
            _points()
            .add_columns(
                facility.c.name.label("home"),
                facility.c.id.label("home_id"),
                facility.c.code.label("home_code"),
                facility.c.admin_unit_id,
                facility.c.time_zone,
                facility.c.registered_at,
            )
            .join(facility, facility.c.id == device.c.facility_id)
            .where(round_point.c.code_hash == code_hash, facility.c.retired_at.is_(None))
        )
    ).one_or_none()
    if row is None:
        return None
    house = Facility(
        row.home_id, row.home_code, row.admin_unit_id, row.time_zone, row.registered_at, None
    )
    return Home(house, row.home), Point(*row[:7])


async def label(
    connection: AsyncConnection, device_id: int, code_hash: bytes, *, now: datetime
) -> None:
    """From now on the label says this, and whatever it said before is worthless."""
    new = upsert(round_point).values(device_id=device_id, code_hash=code_hash, labelled_at=now)
    await connection.execute(
        new.on_conflict_do_update(
            index_elements=[round_point.c.device_id],
            set_={"code_hash": new.excluded.code_hash, "labelled_at": new.excluded.labelled_at},
        )
    )


async def lock(connection: AsyncConnection, code_hash: bytes) -> bool:
    """Of two who check in at once one waits here; False if the label is worthless by now."""
    found = await connection.scalar(
        select(round_point.c.device_id)
        .where(round_point.c.code_hash == code_hash)
        .with_for_update()
    )
    return found is not None


async def last_check_in(connection: AsyncConnection, device_id: int) -> CheckIn | None:
    row = (
        await connection.execute(
            select(round_check_in.c.id, round_check_in.c.user_id, round_check_in.c.checked_at)
            .where(round_check_in.c.device_id == device_id)
            .order_by(round_check_in.c.checked_at.desc())
            .limit(1)
        )
    ).one_or_none()
    return CheckIn(*row) if row else None


async def check_in(
    connection: AsyncConnection, device_id: int, user_id: int, note: str, *, now: datetime
) -> int:
    """Its number."""
    number: int = (
        await connection.execute(
            insert(round_check_in)
            .values(device_id=device_id, user_id=user_id, checked_at=now, note=note)
            .returning(round_check_in.c.id)
        )
    ).scalar_one()
    return number


async def visits(
    connection: AsyncConnection, facility_id: int, window: Span[datetime], *, limit: int
) -> Sequence[Visit]:
    """In the order of time; also at places that are no longer on the round."""
    rows = await connection.execute(
        select(
            round_check_in.c.id,
            device.c.code,
            zone.c.code,
            round_check_in.c.checked_at,
            only_for("actors", name_of(round_check_in.c.user_id)),
            round_check_in.c.note,
        )
        .select_from(device)
        .join(round_check_in, round_check_in.c.device_id == device.c.id)
        .join(zone, zone.c.id == device.c.zone_id)
        .where(
            device.c.facility_id == facility_id,
            device.c.kind == DeviceKind.ROUND_POINT,
            round_check_in.c.checked_at >= window[0],
            round_check_in.c.checked_at < window[1],
        )
        .order_by(round_check_in.c.checked_at, round_check_in.c.id)
        .limit(limit)
    )
    return [Visit(*row) for row in rows]


async def holes(
    connection: AsyncConnection, facility_id: int, window: Span[datetime]
) -> Sequence[Hole]:
    """The gaps with a part in the window that late evidence has not done away with."""
    rows = await connection.execute(
        select(zone.c.code, gap.c.from_at, gap.c.to_at, gap.c.incident_id)
        .join_from(gap, zone)
        .where(
            gap.c.facility_id == facility_id,
            gap.c.state != "repaired",
            gap.c.from_at < window[1],
            or_(gap.c.to_at.is_(None), gap.c.to_at > window[0]),
        )
        .order_by(gap.c.from_at, gap.c.id)
    )
    return [Hole(*row) for row in rows]
