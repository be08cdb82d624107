"""A page of the board in one statement, and what is folded under the area outages on it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    any_,
    case,
    exists,
    func,
    literal,
    not_,
    select,
    true,
    tuple_,
    union_all,
)
from sqlalchemy.dialects.postgresql import ARRAY, BIGINT
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.incidents.narrowing.queries import Wanted, narrowed
from services.api.incidents.queries import UNIT, seen_in
from shared.db.names import name_of
from shared.db.tables.alerting import incident
from shared.db.tables.people import acknowledgement
from shared.db.tables.registry import admin_unit, facility
from shared.domain.access import Scope
from shared.domain.states import Cause, IncidentState, Severity, WatchState

#: The worst first.
_RANK: Final = case({Severity.CRITICAL: 0, Severity.WARNING: 1}, value=incident.c.severity, else_=2)


@dataclass(frozen=True, slots=True)
class Entry:
    """An incident on the board."""

    id: int
    state: IncidentState
    rank: int
    cause: Cause
    fault: WatchState | None
    severity: Severity
    since_at: datetime
    opened_at: datetime
    resolved_at: datetime | None
    facility_id: int | None
    unit_id: int | None
    facility: str | None
    commune: str | None
    parent_id: int | None
    is_unstable: bool
    snoozed_until: datetime | None
    assigned_to: str | None
    resolution: str | None
    taken_by: str | None
    taken_at: datetime | None


@dataclass(frozen=True, slots=True)
class Tally:
    """What lasts, and how much of it nobody has taken up."""

    lasting: int
    untaken: int


@dataclass(frozen=True, slots=True)
class After:
    """Behind which incident of the board a page begins."""

    state: IncidentState
    rank: int
    at: datetime
    id: int


async def page(
    connection: AsyncConnection, scope: Scope, wanted: Wanted, *, after: After | None, limit: int
) -> Sequence[Entry]:
    """What lasts by severity and age; what is over, the newest first."""
    parts: list[Select[Any]] = []
    if wanted.state is not IncidentState.RESOLVED and _comes_before(after, IncidentState.OPEN):
        parts.append(_lasting(scope, wanted, after).limit(limit))
    if wanted.state is not IncidentState.OPEN:
        parts.append(_over(scope, wanted, after).limit(limit))
    if not parts:
        return []
    found = union_all(*(select(part.subquery()) for part in parts)).subquery()
    # As an array, so that the few found are looked up by their numbers.
    ids = func.array(select(found.c.id).scalar_subquery(), type_=ARRAY(BIGINT))
    statement = _entries().where(incident.c.id == any_(ids))
    rows = await connection.execute(statement.order_by(*_in_order()).limit(limit))
    return [_entry(row) for row in rows.mappings()]


def _comes_before(after: After | None, state: IncidentState) -> bool:
    return after is None or after.state is state


def _lasting(scope: Scope, wanted: Wanted, after: After | None) -> Select[Any]:
    statement = _chosen(scope, wanted).where(incident.c.state == IncidentState.OPEN)
    if after is not None and after.state is IncidentState.OPEN:
        behind = tuple_(_RANK, incident.c.since_at, incident.c.id) > tuple_(
            literal(after.rank), literal(after.at), literal(after.id)
        )
        statement = statement.where(behind)
    return statement.order_by(_RANK, incident.c.since_at, incident.c.id)


def _over(scope: Scope, wanted: Wanted, after: After | None) -> Select[Any]:
    statement = _chosen(scope, wanted).where(incident.c.state == IncidentState.RESOLVED)
    if after is not None and after.state is IncidentState.RESOLVED:
        behind = tuple_(incident.c.opened_at, incident.c.id) < (after.at, after.id)
        statement = statement.where(behind)
    return statement.order_by(incident.c.opened_at.desc(), incident.c.id.desc())


def _chosen(scope: Scope, wanted: Wanted) -> Select[Any]:
    statement = (
        select(incident.c.id)
        .select_from(incident)
        .outerjoin(facility, facility.c.id == incident.c.facility_id)
        .outerjoin(admin_unit, admin_unit.c.id == UNIT)
        .where(seen_in(scope), *narrowed(wanted))
    )
    return statement.where(not_(_is_folded(scope))) if wanted.is_whole else statement


def _is_folded(scope: Scope) -> ColumnElement[bool]:
    """Whether it stands under an area outage on the same board."""
    parent = incident.alias("parent")
    units = literal(list(scope.admin_unit_ids), ARRAY(BIGINT))
    is_seen = true() if scope.is_everywhere else parent.c.admin_unit_id == any_(units)
    return and_(
        incident.c.parent_id.is_not(None),
        exists(
            select(parent.c.id).where(
                parent.c.id == incident.c.parent_id,
                parent.c.cause == Cause.AREA_OUTAGE,
                parent.c.state == incident.c.state,
                is_seen,
            )
        ),
    )


def _in_order() -> tuple[ColumnElement[Any], ...]:
    is_open = incident.c.state == IncidentState.OPEN
    return (
        is_open.desc(),
        case((is_open, _RANK)),
        case((is_open, incident.c.since_at)),
        case((is_open, incident.c.id)),
        incident.c.opened_at.desc(),
        incident.c.id.desc(),
    )


async def under(connection: AsyncConnection, parents: Collection[int]) -> Sequence[Entry]:
    """What is part of area outages, as far as the caller may see it."""
    among = incident.c.parent_id == any_(literal(list(parents), ARRAY(BIGINT)))
    rows = await connection.execute(_entries().where(among).order_by(*_in_order()))
    return [_entry(row) for row in rows.mappings()]


@dataclass(frozen=True, slots=True)
class Tried:
    """An incident that somebody asked to take up, and since when it is theirs."""

    entry: Entry
    mine_at: datetime | None


async def tried(
    connection: AsyncConnection, scope: Scope, incident_ids: Collection[int], *, user_id: int
) -> Sequence[Tried]:
    """Of these, what a reader may see."""
    mine = (
        select(func.min(acknowledgement.c.acknowledged_at))
        .where(acknowledgement.c.incident_id == incident.c.id, acknowledgement.c.user_id == user_id)
        .scalar_subquery()
    )
    asked = incident.c.id == any_(literal(list(incident_ids), ARRAY(BIGINT)))
    statement = _entries().add_columns(mine.label("mine_at")).where(asked, seen_in(scope))
    rows = [dict(row) for row in (await connection.execute(statement)).mappings()]
    return [Tried(mine_at=row.pop("mine_at"), entry=_entry(row)) for row in rows]


def _entries() -> Select[Any]:
    first = (
        select(acknowledgement.c.user_id, acknowledgement.c.acknowledged_at)
        .where(acknowledgement.c.incident_id == incident.c.id)
        .order_by(acknowledgement.c.id)
        .limit(1)
        .lateral("first")
    )
    return (
        select(
            incident.c.id,
            incident.c.state,
            _RANK.label("rank"),
            incident.c.cause,
            incident.c.fault,
            incident.c.severity,
            incident.c.since_at,
            incident.c.opened_at,
            incident.c.resolved_at,
            incident.c.facility_id,
            UNIT.label("unit_id"),
            facility.c.name.label("facility"),
            admin_unit.c.name.label("commune"),
            incident.c.parent_id,
            incident.c.unstable_since.is_not(None).label("is_unstable"),
            incident.c.snoozed_until,
            name_of(incident.c.assigned_to).label("assigned_to"),
            incident.c.resolution,
            name_of(first.c.user_id).label("taken_by"),
            func.coalesce(first.c.acknowledged_at, incident.c.acknowledged_at).label("taken_at"),
        )
        .select_from(incident)
        .outerjoin(facility, facility.c.id == incident.c.facility_id)
        .outerjoin(admin_unit, admin_unit.c.id == UNIT)
        .outerjoin(first, true())
    )


def _entry(row: Any) -> Entry:
    codes = {
        "state": IncidentState(row["state"]),
        "cause": Cause(row["cause"]),
        "severity": Severity(row["severity"]),
        "fault": WatchState(row["fault"]) if row["fault"] else None,
    }
    return Entry(**{**row, **codes})


async def tally(connection: AsyncConnection, scope: Scope) -> Tally:
    taken = exists(
        select(acknowledgement.c.id).where(acknowledgement.c.incident_id == incident.c.id)
    )
    untaken = and_(incident.c.acknowledged_at.is_(None), not_(taken))
    row = (
        await connection.execute(
            select(func.count(), func.count().filter(untaken))
            .select_from(incident)
            .outerjoin(facility, facility.c.id == incident.c.facility_id)
            .where(seen_in(scope), incident.c.state == IncidentState.OPEN)
        )
    ).one()
    return Tally(row[0], row[1])
