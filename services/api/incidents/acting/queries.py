"""What people did about an incident: appended, never changed."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    String,
    and_,
    any_,
    func,
    insert,
    literal,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.incidents.schemas import ActionOut
from shared.db.names import name_of
from shared.db.tables.alerting import incident, incident_action
from shared.db.tables.facilities import document
from shared.db.tables.people import role_assignment, user_account
from shared.db.tables.registry import admin_unit
from shared.domain.handling import ActionKind, Verdict
from shared.domain.states import IncidentState, Severity


@dataclass(frozen=True, slots=True)
class Act:
    """What somebody does."""

    kind: ActionKind
    user_id: int
    note: str
    detail: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Handled:
    """An incident as far as it decides what may be done about it."""

    state: IncidentState
    severity: Severity
    facility_id: int | None


@dataclass(frozen=True, slots=True)
class Explanation:
    """The last one that was given, and what was said to it."""

    id: int
    by: int
    verdict: Verdict | None


async def locked(connection: AsyncConnection, incident_id: int) -> Handled:
    """What people do about one incident is done one after another."""
    key = func.hashtextextended(f"incident_action/{incident_id}", 0)
    await connection.execute(select(func.pg_advisory_xact_lock(key)))
    row = (
        await connection.execute(
            select(incident.c.state, incident.c.severity, incident.c.facility_id).where(
                incident.c.id == incident_id
            )
        )
    ).one()
    return Handled(IncidentState(row.state), Severity(row.severity), row.facility_id)


async def add(connection: AsyncConnection, incident_id: int, act: Act, *, now: datetime) -> int:
    number: int = (
        await connection.execute(
            insert(incident_action)
            .values(
                incident_id=incident_id,
                kind=act.kind,
                user_id=act.user_id,
                acted_at=now,
                note=act.note,
                detail=dict(act.detail),
            )
            .returning(incident_action.c.id)
        )
    ).scalar_one()
    return number


async def of_incident(connection: AsyncConnection, incident_id: int) -> Sequence[ActionOut]:
    """In the order in which they were done."""
    detail = incident_action.c.detail
    rows = await connection.execute(
        select(
            incident_action.c.id,
            incident_action.c.kind,
            name_of(incident_action.c.user_id).label("by"),
            incident_action.c.acted_at.label("at"),
            incident_action.c.note,
            name_of(detail["user_id"].astext.cast(BigInteger)).label("to"),
            detail["until"].astext.label("until"),
            detail["resolution"].astext.label("resolution"),
            func.coalesce(detail["documents"], literal([], detail.type)).label("documents"),
            detail["explanation"].astext.cast(BigInteger).label("explanation"),
            detail["verdict"].astext.label("verdict"),
        )
        .where(incident_action.c.incident_id == incident_id)
        .order_by(incident_action.c.id)
    )
    return [ActionOut.model_validate(dict(row)) for row in rows.mappings()]


async def last_explanation(connection: AsyncConnection, incident_id: int) -> Explanation | None:
    of_this = incident_action.c.incident_id == incident_id
    review = incident_action.alias("review")
    verdict = (
        select(review.c.detail["verdict"].astext)
        .where(
            review.c.incident_id == incident_id,
            review.c.kind == ActionKind.REVIEW,
            review.c.id > incident_action.c.id,
        )
        .order_by(review.c.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    row = (
        await connection.execute(
            select(incident_action.c.id, incident_action.c.user_id, verdict)
            .where(of_this, incident_action.c.kind == ActionKind.EXPLAIN)
            .order_by(incident_action.c.id.desc())
            .limit(1)
        )
    ).one_or_none()
    return Explanation(row[0], row[1], Verdict(row[2]) if row[2] else None) if row else None


async def kept_documents(
    connection: AsyncConnection, facility_id: int, numbers: Collection[int]
) -> frozenset[int]:
    """Which of these scans are the facility's, are still there, and may be seen by the caller."""
    rows = await connection.execute(
        select(document.c.id).where(
            document.c.facility_id == facility_id,
            document.c.id == any_(literal(list(numbers), ARRAY(BigInteger))),
            document.c.removed_at.is_(None),
        )
    )
    return frozenset(rows.scalars())


async def holders(
    connection: AsyncConnection,
    place: tuple[int | None, int] | None,
    roles: Collection[str],
    *,
    now: datetime,
) -> Sequence[tuple[int, str, list[str]]]:
    """Who holds one of these roles at a place, above it or everywhere: number, name, roles."""
    rows = await connection.execute(
        select(
            user_account.c.id,
            name_of(user_account.c.id),
            func.array_agg(role_assignment.c.role.distinct()),
        )
        .join_from(role_assignment, user_account, user_account.c.id == role_assignment.c.user_id)
        .where(
            role_assignment.c.role == any_(literal(list(roles), ARRAY(String))),
            role_assignment.c.valid_from <= now,
            or_(role_assignment.c.valid_to.is_(None), role_assignment.c.valid_to > now),
            user_account.c.disabled_at.is_(None),
            _reaches(place),
        )
        .group_by(user_account.c.id)
        .order_by(user_account.c.id)
    )
    return [(number, name, sorted(held)) for number, name, held in rows]


def _reaches(place: tuple[int | None, int] | None) -> ColumnElement[bool]:
    everywhere = and_(
        role_assignment.c.facility_id.is_(None), role_assignment.c.admin_unit_id.is_(None)
    )
    if place is None:
        return everywhere
    facility_id, unit_id = place
    above = select(admin_unit.c.id, admin_unit.c.parent_id).where(admin_unit.c.id == unit_id)
    up = above.cte("up", recursive=True)
    up = up.union(
        select(admin_unit.c.id, admin_unit.c.parent_id).where(admin_unit.c.id == up.c.parent_id)
    )
    reached = [everywhere, role_assignment.c.admin_unit_id.in_(select(up.c.id))]
    if facility_id is not None:
        reached.append(role_assignment.c.facility_id == facility_id)
    return or_(*reached)
