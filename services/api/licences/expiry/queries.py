"""Licences that end soon, and those that ended with nothing in their place."""

from collections.abc import Sequence
from datetime import date, timedelta

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.access.queries import within
from services.api.licences.schemas import ExpiringOut
from shared.db.tables.facilities import facility_standing as standing
from shared.db.tables.registry import admin_unit, facility
from shared.domain.access import Scope
from shared.domain.facility_status import LicenceState, Status
from shared.domain.licence_expiry import LONGEST_DAYS, days_left, urgency


async def expiring(
    connection: AsyncConnection,
    scope: Scope,
    *,
    today: date,
    within_days: int,
    after: str,
    limit: int,
) -> Sequence[ExpiringOut]:
    """By code of their facility."""
    rows = await connection.execute(
        select(facility.c.code, facility.c.name, admin_unit.c.code, standing.c.licence_to)
        .join_from(facility, standing, standing.c.facility_id == facility.c.id)
        .join(admin_unit, admin_unit.c.id == facility.c.admin_unit_id)
        .where(_ends(scope, today, within_days), facility.c.code > after)
        .order_by(facility.c.code)
        .limit(limit)
    )
    found = []
    for code, name, unit, licence_to in rows:
        concern = urgency(licence_to, today=today)
        if concern is not None:
            found.append(
                ExpiringOut(
                    facility=code,
                    name=name,
                    admin_unit=unit,
                    last_day=licence_to - timedelta(days=1),
                    days_left=days_left(licence_to, today=today),
                    urgency=concern,
                )
            )
    return found


async def counts(connection: AsyncConnection, scope: Scope, *, today: date) -> tuple[int, int]:
    """How many end within 90 days, and how many have ended."""
    has_ended = standing.c.licence == LicenceState.EXPIRED
    rows = await connection.execute(
        select(has_ended, func.count())
        .select_from(facility)
        .join(standing, standing.c.facility_id == facility.c.id)
        .where(_ends(scope, today, LONGEST_DAYS))
        .group_by(has_ended)
    )
    by_end = {bool(ended): int(n) for ended, n in rows}
    return by_end.get(False, 0), by_end.get(True, 0)


def _ends(scope: Scope, today: date, within_days: int) -> ColumnElement[bool]:
    return and_(
        within(scope),
        facility.c.retired_at.is_(None),
        standing.c.from_on <= today,
        or_(standing.c.to_on.is_(None), standing.c.to_on > today),
        standing.c.status != Status.DISSOLVED,
        standing.c.licence.in_([LicenceState.VALID, LicenceState.EXPIRED]),
        standing.c.licence_to <= today + timedelta(days=within_days),
    )
