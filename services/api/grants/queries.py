"""Grants on record, and who read under them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, false, func, insert, or_, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.access.queries import within
from services.api.grants.schemas import ReadOut
from shared.db.tables.access_log import access_log
from shared.db.tables.agencies import agency_client, sharing_grant
from shared.db.tables.registry import admin_unit, facility
from shared.domain.access import Scope
from shared.domain.disclosure import Area, Dataset, Grant, Level


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit of today."""

    id: int
    code: str


@dataclass(frozen=True, slots=True)
class OnRecord:
    """A grant, whose it is, and in whose words."""

    grant: Grant
    agency: str
    agency_name: str
    is_agency_revoked: bool
    unit: str | None
    unit_name: str | None
    facility: str | None
    facility_name: str | None
    facility_unit_id: int | None
    purpose: str
    legal_basis: str
    proposed_by: int
    proposed_at: datetime
    revoked_by: str | None
    reason: str


def _all() -> Select[Any]:
    return (
        select(
            sharing_grant,
            agency_client.c.code.label("agency"),
            agency_client.c.name.label("agency_name"),
            agency_client.c.revoked_at.label("agency_revoked_at"),
            admin_unit.c.code.label("unit"),
            admin_unit.c.name.label("unit_name"),
            facility.c.code.label("facility"),
            facility.c.name.label("facility_name"),
            facility.c.admin_unit_id.label("facility_unit_id"),
        )
        .join_from(sharing_grant, agency_client)
        .outerjoin(admin_unit, admin_unit.c.id == sharing_grant.c.admin_unit_id)
        .outerjoin(facility, facility.c.id == sharing_grant.c.facility_id)
    )


def grant_of(row: Any) -> Grant:
    """Of a row that has all columns of the table."""
    return Grant(
        id=row.id,
        client_id=row.client_id,
        dataset=Dataset(row.dataset),
        area=Area(row.admin_unit_id, row.facility_id),
        level=Level(row.level),
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        approved_at=row.approved_at,
        refused_at=row.refused_at,
        revoked_at=row.revoked_at,
    )


def _on_record(row: Any) -> OnRecord:
    return OnRecord(
        grant=grant_of(row),
        agency=row.agency,
        agency_name=row.agency_name,
        is_agency_revoked=row.agency_revoked_at is not None,
        unit=row.unit,
        unit_name=row.unit_name,
        facility=row.facility,
        facility_name=row.facility_name,
        facility_unit_id=row.facility_unit_id,
        purpose=row.purpose,
        legal_basis=row.legal_basis,
        proposed_by=row.proposed_by,
        proposed_at=row.proposed_at,
        revoked_by=row.revoked_by,
        reason=row.reason,
    )


async def page(
    connection: AsyncConnection,
    scope: Scope,
    *,
    before: tuple[datetime, int] | None,
    limit: int,
) -> Sequence[OnRecord]:
    """Those that concern an area: within it, or around it. Newest first."""
    statement = _all().where(_concerns(scope, await _around(connection, scope)))
    if before is not None:
        place = tuple_(sharing_grant.c.proposed_at, sharing_grant.c.id)
        statement = statement.where(place < before)
    rows = await connection.execute(
        statement.order_by(sharing_grant.c.proposed_at.desc(), sharing_grant.c.id.desc()).limit(
            limit
        )
    )
    return [_on_record(row) for row in rows]


async def one(connection: AsyncConnection, grant_id: int, scope: Scope) -> OnRecord | None:
    statement = _all().where(
        sharing_grant.c.id == grant_id, _concerns(scope, await _around(connection, scope))
    )
    row = (await connection.execute(statement)).one_or_none()
    return _on_record(row) if row else None


async def of_client(connection: AsyncConnection, client_id: int) -> Sequence[OnRecord]:
    rows = await connection.execute(
        _all().where(sharing_grant.c.client_id == client_id).order_by(sharing_grant.c.id)
    )
    return [_on_record(row) for row in rows]


async def _around(connection: AsyncConnection, scope: Scope) -> Sequence[int]:
    """The units that an area lies in, itself included."""
    if scope.is_everywhere or scope.is_nowhere:
        return ()
    of_facilities = select(facility.c.admin_unit_id).where(facility.c.id.in_(scope.facility_ids))
    above = (
        select(admin_unit.c.id, admin_unit.c.parent_id)
        .where(or_(admin_unit.c.id.in_(scope.admin_unit_ids), admin_unit.c.id.in_(of_facilities)))
        .cte("above", recursive=True)
    )
    above = above.union(
        select(admin_unit.c.id, admin_unit.c.parent_id).join(
            above, above.c.parent_id == admin_unit.c.id
        )
    )
    return list(await connection.scalars(select(above.c.id)))


def _concerns(scope: Scope, around: Sequence[int]) -> ColumnElement[bool]:
    if scope.is_nowhere:
        return false()
    if scope.is_everywhere:
        return sharing_grant.c.id.is_not(None)
    return or_(
        sharing_grant.c.admin_unit_id.in_(around),
        sharing_grant.c.facility_id.in_(scope.facility_ids),
        facility.c.admin_unit_id.in_(scope.admin_unit_ids),
        and_(sharing_grant.c.admin_unit_id.is_(None), sharing_grant.c.facility_id.is_(None)),
    )


async def unit_named(connection: AsyncConnection, code: str, *, today: date) -> Unit | None:
    row = (
        await connection.execute(
            select(admin_unit.c.id, admin_unit.c.code).where(
                admin_unit.c.code == code,
                admin_unit.c.valid_from <= today,
                or_(admin_unit.c.valid_to.is_(None), admin_unit.c.valid_to > today),
            )
        )
    ).one_or_none()
    return Unit(*row) if row else None


async def units_of(
    connection: AsyncConnection, scope: Scope, *, today: date
) -> Sequence[tuple[str, str, str]]:
    """Code, name and level of those in an area today: the larger ones first."""
    statement = select(admin_unit.c.code, admin_unit.c.name, admin_unit.c.level).where(
        admin_unit.c.valid_from <= today,
        or_(admin_unit.c.valid_to.is_(None), admin_unit.c.valid_to > today),
    )
    if not scope.is_everywhere:
        statement = statement.where(admin_unit.c.id.in_(scope.admin_unit_ids))
    rows = await connection.execute(
        statement.order_by(admin_unit.c.level.desc(), admin_unit.c.name)
    )
    return [(row.code, row.name, row.level) for row in rows]


async def propose(connection: AsyncConnection, values: dict[str, Any]) -> int:
    grant_id: int = (
        await connection.execute(insert(sharing_grant).values(values).returning(sharing_grant.c.id))
    ).scalar_one()
    return grant_id


async def decide(
    connection: AsyncConnection, grant_id: int, user_id: int, values: dict[str, Any]
) -> bool:
    """Whether it was still open: of two who decide at once, one is first."""
    decided = await connection.scalar(
        update(sharing_grant)
        .where(
            sharing_grant.c.id == grant_id,
            sharing_grant.c.decided_by.is_(None),
            sharing_grant.c.revoked_at.is_(None),
        )
        .values(decided_by=user_id, **values)
        .returning(sharing_grant.c.id)
    )
    return decided is not None


async def revoke(
    connection: AsyncConnection, grant_id: int, *, by: str, reason: str, now: datetime
) -> bool:
    revoked = await connection.scalar(
        update(sharing_grant)
        .where(
            sharing_grant.c.id == grant_id,
            sharing_grant.c.revoked_at.is_(None),
            sharing_grant.c.refused_at.is_(None),
        )
        .values(revoked_by=by, revoked_at=now, reason=reason)
        .returning(sharing_grant.c.id)
    )
    return revoked is not None


async def homes(connection: AsyncConnection, scope: Scope) -> Sequence[tuple[str, str]]:
    """Code and name of the facilities in service in an area, by name."""
    rows = await connection.execute(
        select(facility.c.code, facility.c.name)
        .where(within(scope), facility.c.retired_at.is_(None))
        .order_by(facility.c.name)
        .limit(1000)
    )
    return [(row.code, row.name) for row in rows]


async def reads(connection: AsyncConnection, scope: Scope, *, limit: int) -> Sequence[ReadOut]:
    """What agencies read of the facilities in an area, newest first."""
    actor = func.concat("client:", agency_client.c.id)
    rows = await connection.execute(
        select(
            access_log.c.at,
            access_log.c.key,
            access_log.c.purpose,
            access_log.c.detail,
            agency_client.c.code,
            agency_client.c.name,
            facility.c.code.label("facility"),
            facility.c.name.label("facility_name"),
        )
        .join_from(access_log, facility, facility.c.id == access_log.c.facility_id)
        .join(agency_client, access_log.c.actor == actor)
        .where(within(scope), access_log.c.subject == "dataset")
        .order_by(access_log.c.n.desc())
        .limit(limit)
    )
    return [_read(row, json.loads(row.detail)) for row in rows]


def _read(row: Any, detail: dict[str, Any]) -> ReadOut:
    return ReadOut(
        at=row.at,
        agency=row.code,
        agency_name=row.name,
        facility=row.facility,
        facility_name=row.facility_name,
        dataset=row.key,
        purpose=row.purpose,
        grant=detail.get("grant"),
        level=str(detail.get("level", "")),
        records=int(detail.get("records", 0)),
    )
