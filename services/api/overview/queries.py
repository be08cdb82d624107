"""The statements behind the overview. None of them reads the evidence of quiet devices."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby
from operator import attrgetter
from typing import Final, TypeVar

from sqlalchemy import Subquery, any_, case, func, literal, or_, select, union_all
from sqlalchemy.dialects.postgresql import ARRAY, BIGINT, TSTZMULTIRANGE, Range
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.access.queries import within
from services.api.coverage.exempt import of_gaps
from services.api.coverage.required import queries as required
from services.api.overview.facts import (
    Facility,
    Fault,
    Gap,
    Horizon,
    Record,
)
from services.api.overview.telling import queries as telling
from shared.db.tables.alerting import alert_lease, gap, incident
from shared.db.tables.base import INSTANT
from shared.db.tables.coverage import (
    blind_span,
    device_day,
    device_fault,
    device_latest,
    ingest_worker,
)
from shared.db.tables.placement import stay
from shared.db.tables.registry import admin_unit, device, facility, requirement, zone
from shared.domain.access import Scope
from shared.domain.coverage import Moments
from shared.domain.intervals import normal, union
from shared.domain.states import Cause, WatchState

T = TypeVar("T", Gap, Fault)
DAY: Final = timedelta(days=1)
SHORTEST_BLIND: Final = timedelta(seconds=60)
FAR_PAST: Final = datetime(1970, 1, 1, tzinfo=UTC)
FAR_FUTURE: Final = datetime(9999, 1, 1, tzinfo=UTC)


async def record(connection: AsyncConnection, scope: Scope, *, now: datetime) -> Record:
    """Everything the overview of a scope is drawn from."""
    # Two seconds more than the day drawn: its end may lie that much before `now`.
    since = now - DAY - timedelta(minutes=1)
    dark = await blind(connection, since=since)
    return Record(
        horizon=await horizon(connection),
        facilities=await facilities(connection, scope, since=since),
        gaps=_by_facility(await gaps(connection, scope, since=since, now=now)),
        faults=_by_facility(await faults(connection, scope, since=since, now=now)),
        late=await late(connection, scope, since=since),
        blind=dark,
        proved=await proved(connection, scope, dark) if dark else {},
        incidents=await telling.open_incidents(connection, scope),
    )


@dataclass(frozen=True, slots=True)
class Place:
    """What somebody is responsible for."""

    name: str
    level: str


async def place_of(connection: AsyncConnection, unit_ids: Sequence[int]) -> Place | None:
    """The one unit named, or the province if none is and there is but one."""
    asked = (
        admin_unit.c.id == any_(literal(list(unit_ids), ARRAY(BIGINT)))
        if unit_ids
        else (admin_unit.c.level == "province") & admin_unit.c.valid_to.is_(None)
    )
    rows = (
        await connection.execute(
            select(admin_unit.c.name, admin_unit.c.level).where(asked).limit(2)
        )
    ).all()
    return Place(*rows[0]) if len(rows) == 1 else None


async def horizon(connection: AsyncConnection) -> Horizon:
    row = (
        await connection.execute(
            select(
                select(func.min(ingest_worker.c.seen_until)).scalar_subquery(),
                select(func.min(alert_lease.c.judged_until)).scalar_subquery(),
            )
        )
    ).one()
    return Horizon(row[0], row[1])


async def facilities(
    connection: AsyncConnection, scope: Scope, *, since: datetime
) -> Sequence[Facility]:
    """With the time during which anything had to be watched there."""
    by_calendar = await required.by_calendar(connection, scope, since=since)
    terms = _terms(since)
    whole = func.multirange(func.range_merge(terms.c.required))
    rows = await connection.execute(
        select(
            facility.c.id, facility.c.code, facility.c.name, facility.c.admin_unit_id,
            admin_unit.c.name, facility.c.ownership, facility.c.children, facility.c.time_zone,
            func.lower(terms.c.required, type_=INSTANT),
            func.upper(terms.c.required, type_=INSTANT),
            # Ranges are slow to read, and few facilities ever had nothing to watch in between.
            case((terms.c.required != whole, terms.c.required)),
        )
        .join_from(facility, admin_unit, admin_unit.c.id == facility.c.admin_unit_id)
        .outerjoin(terms, terms.c.facility_id == facility.c.id)
        .where(facility.c.retired_at.is_(None), within(scope))
    )  # fmt: skip
    return [
        Facility(
            id=row[0], code=row[1], name=row[2], admin_unit_id=row[3], commune=row[4],
            ownership=row[5], children=row[6], time_zone=row[7],
            required=union(_required(row[8], row[9], row[10]), by_calendar.get(row[0], ())),
        )
        for row in rows
    ]  # fmt: skip


def _terms(since: datetime) -> Subquery:
    """When something had to be watched around the clock, by facility."""
    term = func.tstzrange(
        func.greatest(requirement.c.valid_from, zone.c.registered_at),
        func.least(requirement.c.valid_to, zone.c.retired_at),
    )
    return (
        select(zone.c.facility_id, func.range_agg(term, type_=TSTZMULTIRANGE).label("required"))
        .join_from(requirement, zone, zone.c.id == requirement.c.zone_id)
        .where(
            requirement.c.occupied,
            requirement.c.calendar_id.is_(None),
            or_(requirement.c.valid_to.is_(None), requirement.c.valid_to > since),
        )
        .group_by(zone.c.facility_id)
        .subquery()
    )


def _required(
    first_at: datetime | None, last_at: datetime | None, parts: Iterable[Range[datetime]] | None
) -> Moments:
    if parts is not None:
        return _moments(parts)
    return ((first_at, last_at or FAR_FUTURE),) if first_at else ()


async def gaps(
    connection: AsyncConnection, scope: Scope, *, since: datetime, now: datetime
) -> Sequence[Gap]:
    """Those that last, by `uq_gap_open`, and those that ended in the window, by `ix_gap_to_at`."""
    columns = (gap.c.facility_id, gap.c.zone_id, gap.c.incident_id, gap.c.from_at, gap.c.to_at)
    lasting = select(*columns).where(gap.c.state == "open")
    ended = select(*columns).where(gap.c.state == "closed", gap.c.to_at > since)
    found = union_all(lasting, ended).subquery()
    result = await connection.execute(
        select(
            found.c.facility_id,
            zone.c.name,
            found.c.incident_id,
            incident.c.cause,
            found.c.from_at,
            found.c.to_at,
            zone.c.id.label("zone_id"),
            zone.c.code,
        )
        .join_from(found, zone, zone.c.id == found.c.zone_id)
        .join(facility, facility.c.id == found.c.facility_id)
        .outerjoin(incident, incident.c.id == found.c.incident_id)
        .where(within(scope))
        .order_by(found.c.facility_id, found.c.from_at)
    )
    rows = result.all()
    holes = [
        of_gaps.Hole(row[0], row[6], row[7], (max(row[4], since), row[5] or now)) for row in rows
    ]
    excuses = await of_gaps.excused(connection, holes)
    return [
        Gap(
            row[0], row[1], row[2], Cause(row[3]) if row[3] else None, row[4], row[5],
            excuse.excused, row[5] is None and any(end >= now for _, end in excuse.excused),
        )
        for row, excuse in zip(rows, excuses, strict=True)
    ]  # fmt: skip


async def faults(
    connection: AsyncConnection, scope: Scope, *, since: datetime, now: datetime
) -> Sequence[Fault]:
    """What devices told of themselves on the window's local days, by `ix_device_fault_day`."""
    rows = await connection.execute(
        select(
            device.c.facility_id,
            device.c.name,
            device_fault.c.fault,
            func.range_agg(device_fault.c.spans, type_=TSTZMULTIRANGE),
            func.bool_or(device_latest.c.state == device_fault.c.fault),
        )
        .join_from(device_fault, device, device.c.id == device_fault.c.device_id)
        .join(facility, facility.c.id == device.c.facility_id)
        .outerjoin(device_latest, device_latest.c.device_id == device.c.id)
        .where(
            # A day either side: where the local day begins depends on the facility.
            device_fault.c.day.between((since - DAY).date(), (now + DAY).date()),
            device.c.retired_at.is_(None),
            within(scope),
        )
        .group_by(device.c.facility_id, device.c.id, device_fault.c.fault)
        .order_by(device.c.facility_id)
    )
    return [
        Fault(row[0], row[1], WatchState(row[2]), _moments(row[3]), bool(row[4])) for row in rows
    ]


async def late(
    connection: AsyncConnection, scope: Scope, *, since: datetime
) -> Mapping[int, Moments]:
    """What only late evidence attests. It came after `since`: by `ix_device_day_corrected_at`."""
    only_late = device_day.c.late.op("-")(device_day.c.watched)
    rows = await connection.execute(
        select(device.c.facility_id, func.range_agg(only_late, type_=TSTZMULTIRANGE))
        .join_from(device_day, device, device.c.id == device_day.c.device_id)
        .join(facility, facility.c.id == device.c.facility_id)
        .where(
            device_day.c.corrected_at > since,
            device_day.c.day >= (since - DAY).date(),
            within(scope),
        )
        .group_by(device.c.facility_id)
    )
    return {row[0]: _moments(row[1] or ()) for row in rows}


async def blind(connection: AsyncConnection, *, since: datetime) -> Moments:
    """As long as a strip can show; shorter than the usual tolerated hole it says nothing."""
    rows = await connection.execute(
        select(blind_span.c.from_at, blind_span.c.to_at).where(blind_span.c.to_at > since)
    )
    whole = normal((row[0], row[1]) for row in rows)
    return tuple(span for span in whole if span[1] - span[0] >= SHORTEST_BLIND)


async def proved(connection: AsyncConnection, scope: Scope, dark: Moments) -> Mapping[int, Moments]:
    """What devices attested later of the time when the platform was blind: in every zone of a
    facility at once. The only statement here that looks at quiet devices, on few occasions."""
    spans = func.tstzmultirange(*(func.tstzrange(start, end) for start, end in dark))
    there = func.tstzmultirange(func.tstzrange(stay.c.since, stay.c.until))
    attested = device_day.c.watched.op("+")(device_day.c.late).op("-")(device_day.c.impaired)
    zones = (
        select(
            zone.c.facility_id,
            func.range_agg(attested.op("*")(spans).op("*")(there), type_=TSTZMULTIRANGE).label(
                "seen"
            ),
        )
        .join_from(device_day, stay, stay.c.device_id == device_day.c.device_id)
        .join(zone, zone.c.id == stay.c.zone_id)
        .join(facility, facility.c.id == zone.c.facility_id)
        .where(
            device_day.c.day.between((dark[0][0] - DAY).date(), (dark[-1][1] + DAY).date()),
            within(scope),
        )
        .group_by(zone.c.facility_id, stay.c.zone_id)
        .subquery()
    )
    rows = await connection.execute(
        select(
            zones.c.facility_id, func.range_intersect_agg(zones.c.seen, type_=TSTZMULTIRANGE)
        ).group_by(zones.c.facility_id)
    )
    return {row[0]: _moments(row[1] or ()) for row in rows}


def _by_facility(rows: Iterable[T]) -> dict[int, Sequence[T]]:
    """The rows come sorted by facility."""
    return {key: tuple(group) for key, group in groupby(rows, key=attrgetter("facility_id"))}


def _moments(ranges: Iterable[Range[datetime]]) -> Moments:
    return normal((span.lower or FAR_PAST, span.upper or FAR_FUTURE) for span in ranges)
