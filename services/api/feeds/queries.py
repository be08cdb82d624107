"""The statements behind the feeds of facilities, gaps and incidents, and behind grants' use."""

from collections.abc import Sequence
from datetime import date
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, or_, select, text
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.access.queries import within
from services.api.feeds.facts import Horizon, Row, Window
from services.api.grants.queries import grant_of
from shared.db.tables.agencies import (
    agency_usage,
    facility_change,
    facility_departure,
    sharing_grant,
)
from shared.db.tables.alerting import gap, incident
from shared.db.tables.registry import admin_unit, facility, zone
from shared.domain.access import Scope
from shared.domain.disclosure import Dataset, Grant
from shared.domain.states import GapState

_HORIZON: Final = text(
    """
    SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS number,
           (SELECT system_identifier FROM pg_control_system()) || '/' ||
           (SELECT timeline_id FROM pg_control_checkpoint()) AS epoch,
           (SELECT min(seen_until) FROM ingest_worker) AS known_until
    """
)


async def horizon(connection: AsyncConnection) -> Horizon:
    """Every transaction below the number has ended, and all that it wrote can be seen.

    A database that was put back, or moved to another machine, has another epoch: its numbers are
    not those that were told before.
    """
    return Horizon(*(await connection.execute(_HORIZON)).one())


async def grants(connection: AsyncConnection, client_id: int, dataset: Dataset) -> Sequence[Grant]:
    rows = await connection.execute(
        select(sharing_grant).where(
            sharing_grant.c.client_id == client_id, sharing_grant.c.dataset == dataset
        )
    )
    return [grant_of(row) for row in rows]


async def grant(connection: AsyncConnection, grant_id: int) -> Grant | None:
    statement = select(sharing_grant).where(sharing_grant.c.id == grant_id)
    row = (await connection.execute(statement)).one_or_none()
    return grant_of(row) if row else None


async def words_of(connection: AsyncConnection, grant_id: int) -> tuple[str, str]:
    """Its purpose and its legal basis."""
    row = (
        await connection.execute(
            select(sharing_grant.c.purpose, sharing_grant.c.legal_basis).where(
                sharing_grant.c.id == grant_id
            )
        )
    ).one()
    return row.purpose, row.legal_basis


async def codes(connection: AsyncConnection, scope: Scope) -> Sequence[tuple[int, str]]:
    """The facilities of an area, by number and code."""
    rows = await connection.execute(select(facility.c.id, facility.c.code).where(within(scope)))
    return [(row.id, row.code) for row in rows]


async def departures(connection: AsyncConnection, window: Window) -> Sequence[str]:
    """Who went away from a unit of the area, also if they came back: their codes."""
    if window.is_whole or window.scope.is_everywhere or not window.scope.admin_unit_ids:
        return []
    rows = await connection.execute(
        select(facility_departure.c.facility_code)
        .where(
            facility_departure.c.from_unit_id.in_(window.scope.admin_unit_ids),
            _within(facility_departure.c.left_in, window),
        )
        .distinct()
        .order_by(facility_departure.c.facility_code)
    )
    return [row.facility_code for row in rows]


async def facilities(connection: AsyncConnection, window: Window) -> Sequence[Row]:
    changed = (
        facility.c.retired_at.is_(None)
        if window.is_whole
        else _within(facility_change.c.changed_in, window)
    )
    rows = await connection.execute(
        _in_area(
            select(
                facility.c.code,
                facility.c.name,
                admin_unit.c.code.label("unit"),
                facility.c.ownership,
                facility.c.children,
                facility.c.registered_at,
                facility.c.retired_at,
            ),
            window,
            facility.c.id,
        ).where(changed)
    )
    return [
        Row(
            place=(row.id, ""),
            key=row.code,
            facility=row.code,
            values={
                "unit": row.unit,
                "ownership": row.ownership,
                "children": row.children,
                "name": row.name,
                "registered_at": row.registered_at,
            },
            because="retired" if row.retired_at is not None else None,
        )
        for row in rows
    ]


async def gaps(connection: AsyncConnection, window: Window) -> Sequence[Row]:
    """A gap that evidence repaired, which came late, turned out to be none: it is taken away."""
    stands = gap.c.state != GapState.REPAIRED
    changed = (
        stands
        if window.is_whole
        else or_(
            _within(gap.c.changed_in, window),
            and_(stands, _within(facility_change.c.moved_in, window)),
        )
    )
    shown = (
        zone.c.code.label("zone"),
        gap.c.state,
        gap.c.from_at.label("from"),
        gap.c.to_at.label("to"),
        gap.c.incident_id.label("incident"),
    )
    statement = (
        select(facility.c.code, admin_unit.c.code.label("unit"), *shown)
        .join_from(facility, gap, gap.c.facility_id == facility.c.id)
        .join(zone, zone.c.id == gap.c.zone_id)
    )
    rows = await connection.execute(_in_area(statement, window, gap.c.id).where(changed))
    return [
        Row(
            place=(row["id"], ""),
            key=str(row["id"]),
            facility=row["code"],
            values=dict(row),
            because="repaired" if row["state"] == GapState.REPAIRED else None,
        )
        for row in rows.mappings()
    ]


async def incidents(connection: AsyncConnection, window: Window) -> Sequence[Row]:
    shown = (
        incident.c.cause,
        incident.c.state,
        incident.c.since_at.label("since"),
        incident.c.opened_at,
        incident.c.resolved_at,
        incident.c.acknowledged_at,
    )
    statement = _in_area(
        select(facility.c.code, admin_unit.c.code.label("unit"), *shown).join_from(
            facility, incident, incident.c.facility_id == facility.c.id
        ),
        window,
        incident.c.id,
    )
    if not window.is_whole:
        statement = statement.where(
            or_(
                _within(incident.c.changed_in, window),
                _within(facility_change.c.moved_in, window),
            )
        )
    rows = await connection.execute(statement)
    names = ("unit", "cause", "state", "since", "opened_at", "resolved_at", "acknowledged_at")
    return [
        Row((row.id, ""), str(row.id), row.code, {name: getattr(row, name) for name in names})
        for row in rows
    ]


def _in_area(statement: Select[Any], window: Window, place: ColumnElement[int]) -> Select[Any]:
    """In the order of `place`, from where the last page ended. `statement` is from facilities."""
    narrowed = (
        statement.add_columns(place.label("id"))
        .join(admin_unit, admin_unit.c.id == facility.c.admin_unit_id)
        .join(facility_change, facility_change.c.facility_id == facility.c.id)
        .where(within(window.scope))
        .order_by(place)
        .limit(window.limit)
    )
    if window.facility_id is not None:
        narrowed = narrowed.where(facility.c.id == window.facility_id)
    if window.after is not None:
        narrowed = narrowed.where(place > window.after[0])
    return narrowed


def _within(number: ColumnElement[int], window: Window) -> ColumnElement[bool]:
    return and_(number >= window.since, number < window.until)


async def charge(
    connection: AsyncConnection, client_id: int, day: date, records: int, *, most: int
) -> bool:
    """Whether there was room for so many more today."""
    if records > most:
        return False
    statement = upsert(agency_usage).values(client_id=client_id, day=day, records=records)
    charged = await connection.scalar(
        statement.on_conflict_do_update(
            index_elements=[agency_usage.c.client_id, agency_usage.c.day],
            set_={"records": agency_usage.c.records + statement.excluded.records},
            where=agency_usage.c.records + statement.excluded.records <= most,
        ).returning(agency_usage.c.records)
    )
    return charged is not None
