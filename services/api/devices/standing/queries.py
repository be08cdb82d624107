"""Devices as they are shown: on record, by their last word, clock, causes and keys."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, Select, and_, any_, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.camera_approvals import queries as camera_approvals
from services.api.camera_approvals.schemas import StandingOut
from services.api.devices.presence import Condition, patience, state_now
from services.api.devices.rhythm import warnings_of
from services.api.devices.schemas import ClockOut, ConditionOut, DeviceOut, LatestOut, WarningOut
from services.api.devices.standing.allowed import approval_warnings
from shared.contracts.heartbeat import READINGS
from shared.db.tables.coverage import (
    device_clock,
    device_condition,
    device_latest,
    ingest_worker,
)
from shared.db.tables.placement import device_profile
from shared.db.tables.registry import (
    device,
    device_key,
    device_suspension,
    requirement,
    zone,
)
from shared.domain.camera_approval import Approval, standing_of
from shared.domain.heartbeat import tolerance_s
from shared.domain.places import DeviceKind
from shared.domain.profiles import Listening, Rhythm
from shared.domain.states import ClockState, Hint, SecondState, WatchState

Conditions = Sequence[ConditionOut]

_gateway = device.alias("gateway")
_ON_RECORD = (
    device.c.id,
    device.c.code,
    device.c.name,
    device.c.kind,
    zone.c.code.label("zone"),
    device.c.zone_id,
    _gateway.c.code.label("gateway"),
    device.c.placed_at,
    device.c.interval_s,
    device.c.tolerance_s,
    device_profile.c.code.label("profile"),
    device_profile.c.listening,
    device.c.approved_at,
    device.c.approved_until,
    device.c.registered_at,
    device.c.retired_at,
)
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
    approvals = await camera_approvals.of_devices(
        connection, [row["id"] for row in found if row["kind"] == DeviceKind.CAMERA]
    )
    return [
        _device_out(row, _Known(conditions.get(row["id"], ()), approvals.get(row["id"], ())), now)
        for row in found
    ]


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
        .where(
            requirement.c.zone_id == device.c.zone_id,
            requirement.c.valid_to.is_(None),
            requirement.c.occupied,
            or_(requirement.c.kinds.is_(None), device.c.kind == any_(requirement.c.kinds)),
        )
        .scalar_subquery()
    )
    has_key = exists().where(
        device_key.c.device_id == device.c.id, device_key.c.revoked_at.is_(None)
    )
    return (
        select(
            *_ON_RECORD,
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
        .outerjoin(_gateway, _gateway.c.id == device.c.gateway_id)
        .outerjoin(device_profile, device_profile.c.id == device.c.profile_id)
        .outerjoin(device_latest, device_latest.c.device_id == device.c.id)
        .outerjoin(device_clock, device_clock.c.device_id == device.c.id)
        .outerjoin(device_suspension, _IS_OUT)
    )


@dataclass(frozen=True, slots=True)
class _Known:
    """What else is on record of a device."""

    conditions: Conditions
    approvals: Sequence[Approval]


def _device_out(row: RowMapping, known: _Known, now: datetime) -> DeviceOut:
    conditions = known.conditions
    latest = _latest_out(row) if row["at"] is not None else None
    is_in_service = row["retired_at"] is None
    approval = _standing_out(row, known.approvals, now)
    return DeviceOut(
        code=row["code"],
        name=row["name"],
        kind=DeviceKind(row["kind"]),
        zone=row["zone"],
        gateway=row["gateway"],
        placed_at=_placed_at(row),
        profile=row["profile"],
        interval_s=row["interval_s"],
        tolerance_s=tolerance_s(row["interval_s"], row["tolerance_s"]),
        registered_at=row["registered_at"],
        retired_at=row["retired_at"],
        state=_state(row, latest, conditions, now),
        latest=latest,
        conditions=list(conditions),
        clock=_clock_out(row) if row["clock_state"] is not None else None,
        suspended_until=row["suspended_until"] if is_in_service else None,
        has_key=row["has_key"],
        approval=approval,
        warnings=_warnings(row, approval) if is_in_service else [],
    )


def _placed_at(row: RowMapping) -> datetime | None:
    placed_at: datetime | None = row["placed_at"] or row["registered_at"]
    return None if row["zone_id"] is None else placed_at


def _standing_out(
    row: RowMapping, approvals: Sequence[Approval], now: datetime
) -> StandingOut | None:
    if row["kind"] != DeviceKind.CAMERA or row["zone_id"] is None:
        return None
    standing = standing_of(approvals, row["zone_id"], now=now, today=now.date())
    here = [one for one in approvals if one.zone_id == row["zone_id"]]
    return StandingOut(
        standing=standing,
        may_record=standing.may_record,
        since=row["approved_at"] if standing.may_record else None,
        until=row["approved_until"] if standing.may_record else None,
        review_on=max(one.review_on for one in here) if standing.may_record else None,
    )


def _warnings(row: RowMapping, approval: StandingOut | None) -> list[WarningOut]:
    if row["kind"] == DeviceKind.ROUND_POINT:
        return []
    listening = Listening(row["listening"] or Listening.ACTIVE)
    rhythm = Rhythm(row["interval_s"], row["tolerance_s"], listening)
    return [*approval_warnings(approval), *warnings_of(rhythm, row["max_gap_s"])]


def _state(
    row: RowMapping, latest: LatestOut | None, conditions: Conditions, now: datetime
) -> SecondState:
    # A gateway that only speaks for others is not silent, nor is a place on a round.
    is_expected = latest is not None or row["kind"] != DeviceKind.GATEWAY
    is_expected = is_expected and row["kind"] != DeviceKind.ROUND_POINT
    if row["retired_at"] is not None or not is_expected or not _may_record(row, now):
        return SecondState.UNKNOWN
    return state_now(
        last=(latest.at, latest.state) if latest else None,
        since=max(row["registered_at"], row["approved_at"] or row["registered_at"]),
        patience=patience(row["interval_s"], row["tolerance_s"]),
        seen_until=row["seen_until"],
        now=now,
        conditions=[one.condition for one in conditions],
    )


def _may_record(row: RowMapping, now: datetime) -> bool:
    """As ingest sees it; nothing is expected of a camera that may not."""
    if row["kind"] != DeviceKind.CAMERA:
        return True
    since, until = row["approved_at"], row["approved_until"]
    return since is not None and (until is None or now < until)


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
