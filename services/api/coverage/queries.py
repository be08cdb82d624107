"""The statements behind coverage: one row a device, whatever the length of the window."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final, Protocol

from sqlalchemy import ColumnElement, RowMapping, and_, any_, func, literal, or_, select
from sqlalchemy.dialects.postgresql import ARRAY, BIGINT, TSTZMULTIRANGE
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.access.queries import Facility
from services.api.coverage.exempt import queries as exempt
from services.api.coverage.facts import Device, Record
from services.api.coverage.required import queries as required
from shared.db.tables import registry
from shared.db.tables.coverage import blind_span, device_day, device_fault, ingest_worker
from shared.db.tables.placement import device_placement
from shared.db.tables.registry import device
from shared.domain.coverage import MARGIN, Evidence, Lifetime, Moments, reach
from shared.domain.heartbeat import default_length_us
from shared.domain.intervals import Span, normal
from shared.domain.placements import Placement
from shared.domain.places import DeviceKind
from shared.domain.schedule import local_day
from shared.domain.states import WatchState

_SECOND: Final = timedelta(seconds=1)
#: Blindness that began longer before a window does not bear on it: gaps end, at last, by evidence.
_LONGEST_REACH: Final = timedelta(days=2)


class _Range(Protocol):
    lower: datetime
    upper: datetime


async def record(
    connection: AsyncConnection,
    facility: Facility,
    window: Span[datetime],
    *,
    as_known_at: datetime | None = None,
) -> Record:
    """What happened so near the window that it bears on it is in the record too.

    `as_known_at`: nothing is excused but by what was approved until then.
    """
    zones = await required.zones(connection, facility, window)
    there = await devices(connection, [facility.id], window)
    stood = there.get(facility.id, ())
    tolerances = [r.max_gap for each in zones for r in each.requirements]
    patiences = [each.lifetime.patience for each in stood]
    margin = max([*tolerances, *patiences, _SECOND]) + MARGIN
    blind = await _blind(connection, (window[0] - _LONGEST_REACH, window[1] + margin))
    wide = (reach(window[0], margin, blind), window[1] + margin)
    days = tuple(local_day(instant, facility.time_zone) for instant in wide)
    exempted = await exempt.maintenance(connection, [facility.id], window, as_known_at=as_known_at)
    return Record(
        zones=zones,
        devices=stood,
        evidence=await evidence(connection, stood, (days[0], days[1]), wide),
        seen_until=await connection.scalar(select(func.min(ingest_worker.c.seen_until))),
        blind=blind,
        exempt=exempted.get(facility.id, ()),
    )


async def devices(
    connection: AsyncConnection, facility_ids: Sequence[int], window: Span[datetime]
) -> Mapping[int, Sequence[Device]]:
    """By facility, those that were on record in the window, by code."""
    found = await connection.execute(
        select(
            device.c.id,
            device.c.facility_id,
            device.c.code,
            device.c.zone_id,
            device.c.kind,
            device.c.interval_s,
            device.c.tolerance_s,
            device.c.placed_at,
            device.c.approved_at,
            device.c.approved_until,
            device.c.registered_at,
            device.c.retired_at,
        )
        .where(
            device.c.facility_id == any_(literal(list(facility_ids), ARRAY(BIGINT))),
            _was_there(registry.device, window),
        )
        .order_by(device.c.code)
    )
    rows = found.mappings().all()
    former = await _former(connection, [row["id"] for row in rows if row["placed_at"] is not None])
    by_facility: dict[int, list[Device]] = defaultdict(list)
    for row in rows:
        by_facility[row["facility_id"]].append(
            Device(
                id=row["id"],
                code=row["code"],
                placements=_placements(row, former[row["id"]]),
                kind=row["kind"],
                lifetime=_lifetime(row),
            )
        )
    return by_facility


async def _former(
    connection: AsyncConnection, device_ids: Sequence[int]
) -> Mapping[int, Sequence[Placement]]:
    """Where those stood before that were ever moved."""
    by_device: dict[int, list[Placement]] = defaultdict(list)
    if device_ids:
        rows = await connection.execute(
            select(device_placement)
            .where(device_placement.c.device_id.in_(device_ids))
            .order_by(device_placement.c.valid_to)
        )
        for device_id, *placement in rows:
            by_device[device_id].append(Placement(*placement))
    return by_device


def _placements(row: RowMapping, former: Sequence[Placement]) -> Sequence[Placement]:
    if row["zone_id"] is None:
        return former
    return (*former, Placement(row["zone_id"], row["placed_at"]))


def _lifetime(row: RowMapping) -> Lifetime:
    """Nothing is expected of a camera while it may not record."""
    patience = timedelta(microseconds=default_length_us(row["interval_s"], row["tolerance_s"]))
    if row["kind"] != DeviceKind.CAMERA:
        return Lifetime(row["registered_at"], row["retired_at"], patience)
    began_at = row["approved_at"] or row["registered_at"]
    ends = [end for end in (row["retired_at"], row["approved_until"]) if end is not None]
    ended_at = began_at if row["approved_at"] is None else min(ends, default=None)
    return Lifetime(max(began_at, row["registered_at"]), ended_at, patience)


def _was_there(table: Any, window: Span[datetime]) -> ColumnElement[bool]:
    # What came later is shown too: the time before it was registered is unknown.
    return or_(table.c.retired_at.is_(None), table.c.retired_at > window[0])


async def evidence(
    connection: AsyncConnection, of: Sequence[Device], days: Span[date], wide: Span[datetime]
) -> dict[int, Evidence]:
    """Days are joined by the database; nothing outside the span comes with them."""
    kinds = {each.id: each.kind for each in of}
    device_ids = list(kinds)
    faults = await _faults(connection, device_ids, days, wide)
    rows = await connection.execute(
        select(
            device_day.c.device_id,
            _joined(device_day.c.watched, wide),
            _joined(device_day.c.late, wide),
            _joined(device_day.c.impaired, wide),
            _joined(device_day.c.proven, wide),
        )
        .where(_of(device_day, device_ids, days))
        .group_by(device_day.c.device_id)
    )
    return {
        device_id: Evidence(
            _moments(watched),
            _moments(late),
            _moments(impaired),
            faults.get(device_id, {}),
            _moments(proven),
            kinds[device_id],
        )
        for device_id, watched, late, impaired, proven in rows
    }


async def _faults(
    connection: AsyncConnection, device_ids: Sequence[int], days: Span[date], wide: Span[datetime]
) -> dict[int, dict[WatchState, Moments]]:
    rows = await connection.execute(
        select(device_fault.c.device_id, device_fault.c.fault, _joined(device_fault.c.spans, wide))
        .where(_of(device_fault, device_ids, days))
        .group_by(device_fault.c.device_id, device_fault.c.fault)
    )
    found: dict[int, dict[WatchState, Moments]] = defaultdict(dict)
    for device_id, fault, spans in rows:
        found[device_id][WatchState(fault)] = _moments(spans)
    return found


def _of(table: Any, device_ids: Sequence[int], days: Span[date]) -> ColumnElement[bool]:
    return and_(table.c.device_id.in_(device_ids), table.c.day.between(*days))


def _joined(column: ColumnElement[Any], wide: Span[datetime]) -> ColumnElement[Any]:
    whole = func.tstzmultirange(func.tstzrange(*wide), type_=TSTZMULTIRANGE)
    return func.range_agg(column, type_=TSTZMULTIRANGE).op("*", return_type=TSTZMULTIRANGE())(whole)


async def _blind(connection: AsyncConnection, wide: Span[datetime]) -> Moments:
    """When any worker could not know."""
    rows = await connection.execute(
        select(blind_span.c.from_at, blind_span.c.to_at).where(
            blind_span.c.to_at > wide[0], blind_span.c.from_at < wide[1]
        )
    )
    return normal((row.from_at, row.to_at) for row in rows)


def _moments(ranges: Iterable[_Range]) -> Moments:
    return tuple((span.lower, span.upper) for span in ranges)
