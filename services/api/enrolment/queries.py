"""Every statement about enrolments."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, RowMapping, insert, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.enrolment.schemas import EnrolmentOut
from shared.db.tables.coverage import device_latest
from shared.db.tables.enrolment import enrolment
from shared.db.tables.people import user_account
from shared.db.tables.registry import device, facility, zone
from shared.domain.enrolment import Course
from shared.domain.places import DeviceKind


@dataclass(frozen=True, slots=True)
class New:
    """One to put on record."""

    facility_id: int
    zone_id: int | None
    gateway_id: int | None
    kind: DeviceKind
    device_code: str
    name: str
    interval_s: float
    replaces_id: int | None
    code_hash: bytes
    issued_by: int
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Open:
    """One that can be redeemed now, by the codes of what it speaks of."""

    id: int
    facility: str
    zone: str | None
    gateway: str | None
    kind: DeviceKind
    device_code: str
    name: str
    interval_s: float
    replaces: str | None
    issued_by: int


_replaced = device.alias("replaced")
_became = device.alias("became")
_gateway = device.alias("gateway")
_is_promised = _gateway.c.id == enrolment.c.gateway_id


async def add(connection: AsyncConnection, new: New, *, now: datetime) -> int:
    enrolment_id: int = (
        await connection.execute(
            insert(enrolment)
            .values(
                facility_id=new.facility_id,
                zone_id=new.zone_id,
                gateway_id=new.gateway_id,
                kind=new.kind,
                device_code=new.device_code,
                name=new.name,
                interval_s=new.interval_s,
                replaces_id=new.replaces_id,
                code_hash=new.code_hash,
                issued_by=new.issued_by,
                issued_at=now,
                expires_at=new.expires_at,
            )
            .returning(enrolment.c.id)
        )
    ).scalar_one()
    return enrolment_id


async def taken_codes(
    connection: AsyncConnection, facility_id: int, *, now: datetime
) -> Collection[str]:
    """Of the devices there, retired ones too, and of those that may yet come."""
    devices = await connection.scalars(
        select(device.c.code).where(device.c.facility_id == facility_id)
    )
    promised = await connection.scalars(
        select(enrolment.c.device_code).where(
            enrolment.c.facility_id == facility_id, _is_open(now), enrolment.c.replaces_id.is_(None)
        )
    )
    return {*devices, *promised}


async def of_facility(
    connection: AsyncConnection,
    facility_id: int,
    *,
    before: tuple[datetime, int] | None,
    limit: int,
    now: datetime,
) -> Sequence[EnrolmentOut]:
    """Newest first."""
    asked = _SHOWN.where(enrolment.c.facility_id == facility_id)
    if before is not None:
        asked = asked.where(tuple_(enrolment.c.issued_at, enrolment.c.id) < before)
    rows = await connection.execute(
        asked.order_by(enrolment.c.issued_at.desc(), enrolment.c.id.desc()).limit(limit)
    )
    return [_out(row, now) for row in rows.mappings()]


async def one(
    connection: AsyncConnection, facility_id: int, enrolment_id: int, *, now: datetime
) -> EnrolmentOut | None:
    rows = await connection.execute(
        _SHOWN.where(enrolment.c.facility_id == facility_id, enrolment.c.id == enrolment_id)
    )
    row = rows.mappings().one_or_none()
    return _out(row, now) if row else None


async def opened_by(connection: AsyncConnection, code_hash: bytes, *, now: datetime) -> Open | None:
    """What a code opens, if it was not used, is not over, and its issuer may still log in."""
    rows = await connection.execute(
        select(
            enrolment.c.id,
            facility.c.code.label("facility"),
            zone.c.code.label("zone"),
            _gateway.c.code.label("gateway"),
            enrolment.c.kind,
            enrolment.c.device_code,
            enrolment.c.name,
            enrolment.c.interval_s,
            _replaced.c.code.label("replaces"),
            enrolment.c.issued_by,
        )
        .join_from(enrolment, facility)
        .join(user_account, user_account.c.id == enrolment.c.issued_by)
        .outerjoin(zone, zone.c.id == enrolment.c.zone_id)
        .outerjoin(_gateway, _is_promised & _gateway.c.retired_at.is_(None))
        .outerjoin(_replaced, _replaced.c.id == enrolment.c.replaces_id)
        .where(
            enrolment.c.code_hash == code_hash,
            _is_open(now),
            user_account.c.disabled_at.is_(None),
        )
    )
    row = rows.mappings().one_or_none()
    return Open(**{**row, "kind": DeviceKind(row["kind"])}) if row else None


async def redeem(
    connection: AsyncConnection, enrolment_id: int, *, device_id: int, now: datetime
) -> bool:
    """Whether it was open until now: of two at once one wins."""
    won = await connection.scalar(
        update(enrolment)
        .where(enrolment.c.id == enrolment_id, _is_open(now))
        .values(redeemed_at=now, device_id=device_id)
        .returning(enrolment.c.id)
    )
    return won is not None


async def cancel(connection: AsyncConnection, enrolment_id: int, *, now: datetime) -> bool:
    """Whether it was open until now."""
    done = await connection.scalar(
        update(enrolment)
        .where(enrolment.c.id == enrolment_id, _is_open(now))
        .values(cancelled_at=now)
        .returning(enrolment.c.id)
    )
    return done is not None


def _is_open(now: datetime) -> ColumnElement[bool]:
    return (
        enrolment.c.redeemed_at.is_(None)
        & enrolment.c.cancelled_at.is_(None)
        & (enrolment.c.expires_at > now)
    )


_SHOWN = (
    select(
        enrolment.c.id,
        enrolment.c.kind,
        zone.c.code.label("zone"),
        _gateway.c.code.label("gateway"),
        enrolment.c.device_code,
        _became.c.code.label("became"),
        enrolment.c.name,
        enrolment.c.replaces_id,
        enrolment.c.issued_at,
        enrolment.c.expires_at,
        enrolment.c.redeemed_at,
        enrolment.c.cancelled_at,
        device_latest.c.received_at,
    )
    .select_from(enrolment)
    .outerjoin(zone, zone.c.id == enrolment.c.zone_id)
    .outerjoin(_gateway, _is_promised)
    .outerjoin(_became, _became.c.id == enrolment.c.device_id)
    .outerjoin(device_latest, device_latest.c.device_id == enrolment.c.device_id)
)


def _out(row: RowMapping, now: datetime) -> EnrolmentOut:
    course = Course(
        expires_at=row["expires_at"],
        redeemed_at=row["redeemed_at"],
        cancelled_at=row["cancelled_at"],
        heard_at=row["received_at"],
    )
    return EnrolmentOut(
        id=row["id"],
        state=course.state(now),
        kind=row["kind"],
        zone=row["zone"],
        gateway=row["gateway"],
        device=row["became"] or row["device_code"],
        name=row["name"],
        is_replacement=row["replaces_id"] is not None,
        issued_at=row["issued_at"],
        expires_at=course.expires_at,
        redeemed_at=course.redeemed_at,
        heard_at=course.heard_at if course.state(now) == "heard" else None,
    )
