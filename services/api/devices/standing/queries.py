"""Devices as they are shown: on record, by their last word, clock, causes and keys."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, Select, and_, exists, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.devices.presence import Condition, state_now
from services.api.devices.rhythm import warnings_of
from services.api.devices.schemas import ClockOut, ConditionOut, DeviceOut, LatestOut
from shared.contracts.heartbeat import READINGS
from shared.db.tables.coverage import (
    device_clock,
    device_condition,
    device_latest,
    ingest_worker,
)
from shared.db.tables.registry import (
    device,
    device_key,
    device_suspension,
    requirement,
    zone,
)
from shared.domain.places import DeviceKind
from shared.domain.states import ClockState, Hint, SecondState, WatchState

Conditions = Sequence[ConditionOut]

_IS_OUT = and_(
    device_suspension.c.device_id == device.c.id, device_suspension.c.resumed_at.is_(None)
)


async def of_facility(
    connection: AsyncConnection, facility_id: int, *, after: str, limit: int, now: datetime
) -> Sequence[DeviceOut]:
    """Those in service, by code."""
    which = _shown().where(
        device.c.facility_id == facility_id, device.c.retired_at.is_(None), device.c.code > after
    )
    return await _listed(connection, which, limit, now)


async def of_facility_with_retired(
    connection: AsyncConnection, facility_id: int, *, after: str, limit: int, now: datetime
) -> Sequence[DeviceOut]:
    which = _shown().where(device.c.facility_id == facility_id, device.c.code > after)
    return await _listed(connection, which, limit, now)


async def one(
    connection: AsyncConnection, facility_id: int, code: str, *, now: datetime
) -> DeviceOut | None:
    which = _shown().where(device.c.facility_id == facility_id, device.c.code == code)
    rows = await _listed(connection, which, 1, now)
    return rows[0] if rows else None


async def _listed(
    connection: AsyncConnection, statement: Select[Any], limit: int, now: datetime
) -> Sequence[DeviceOut]:
    rows = await connection.execute(statement.order_by(device.c.code).limit(limit))
    found = rows.mappings().all()
    conditions = await _conditions(connection, [row["id"] for row in found])
    return [_device_out(row, conditions.get(row["id"], ()), now) for row in found]


async def _conditions(
    connection: AsyncConnection, device_ids: Iterable[int]
) -> Mapping[int, Conditions]:
    """What holds, the oldest first."""
    rows = await connection.execute(
        select(device_condition.c.device_id, device_condition.c.condition, device_condition.c.since)
        .where(device_condition.c.device_id.in_(list(device_ids)), device_condition.c.holds)
        .order_by(device_condition.c.since, device_condition.c.condition)
    )
    found: dict[int, list[ConditionOut]] = defaultdict(list)
    for device_id, code, since in rows:
        found[device_id].append(ConditionOut(condition=_condition(code), since=since))
    return found


def _condition(code: str) -> Condition:
    return Hint(code) if code in set(Hint) else WatchState(code)


def _shown() -> Select[Any]:
    seen_until = select(func.min(ingest_worker.c.seen_until)).scalar_subquery()
    # One is in force, but for the instant at which it is changed.
    max_gap_s = (
        select(func.max(requirement.c.max_gap_s))
        .where(requirement.c.zone_id == device.c.zone_id, requirement.c.valid_to.is_(None))
        .scalar_subquery()
    )
    has_key = exists().where(
        device_key.c.device_id == device.c.id, device_key.c.revoked_at.is_(None)
    )
    return (
        select(
            device.c.id,
            device.c.code,
            device.c.name,
            device.c.kind,
            zone.c.code.label("zone"),
            device.c.interval_s,
            device.c.registered_at,
            device.c.retired_at,
            device_latest.c.at,
            device_latest.c.received_at,
            device_latest.c.state,
            device_latest.c.readings,
            device_clock.c.state.label("clock_state"),
            device_clock.c.offset_ms,
            device_clock.c.since,
            device_clock.c.measured_at,
            seen_until.label("seen_until"),
            max_gap_s.label("max_gap_s"),
            device_suspension.c.until.label("suspended_until"),
            has_key.label("has_key"),
        )
        .select_from(device)
        .outerjoin(zone, zone.c.id == device.c.zone_id)
        .outerjoin(device_latest, device_latest.c.device_id == device.c.id)
        .outerjoin(device_clock, device_clock.c.device_id == device.c.id)
        .outerjoin(device_suspension, _IS_OUT)
    )


def _device_out(row: RowMapping, conditions: Conditions, now: datetime) -> DeviceOut:
    latest = _latest_out(row) if row["at"] is not None else None
    is_in_service = row["retired_at"] is None
    return DeviceOut(
        code=row["code"],
        name=row["name"],
        kind=DeviceKind(row["kind"]),
        zone=row["zone"],
        interval_s=row["interval_s"],
        registered_at=row["registered_at"],
        retired_at=row["retired_at"],
        state=_state(row, latest, conditions, now),
        latest=latest,
        conditions=list(conditions),
        clock=_clock_out(row) if row["clock_state"] is not None else None,
        suspended_until=row["suspended_until"] if is_in_service else None,
        has_key=row["has_key"],
        warnings=warnings_of(row["interval_s"], row["max_gap_s"]) if is_in_service else [],
    )


def _state(
    row: RowMapping, latest: LatestOut | None, conditions: Conditions, now: datetime
) -> SecondState:
    # A gateway that only speaks for others is not silent.
    is_expected = latest is not None or row["kind"] != DeviceKind.GATEWAY
    if row["retired_at"] is not None or not is_expected:
        return SecondState.UNKNOWN
    return state_now(
        last=(latest.at, latest.state) if latest else None,
        since=row["registered_at"],
        interval_s=row["interval_s"],
        seen_until=row["seen_until"],
        now=now,
        conditions=[one.condition for one in conditions],
    )


def _clock_out(row: RowMapping) -> ClockOut:
    return ClockOut(
        state=ClockState(row["clock_state"]),
        offset_s=row["offset_ms"] / 1000,
        since=row["since"],
        measured_at=row["measured_at"],
    )


def _latest_out(row: RowMapping) -> LatestOut:
    readings = {name: row["readings"].get(name) for name in READINGS}
    return LatestOut(
        at=row["at"], received_at=row["received_at"], state=WatchState(row["state"]), **readings
    )
