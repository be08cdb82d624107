"""How far up its ladder an incident is, and which ladders are in force."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.incidents.queries import UNIT
from services.api.incidents.story.upcoming import Climb
from shared.db import ladders as ladders_in_force
from shared.db.tables.alerting import event, gap, incident
from shared.db.tables.approvals import approval
from shared.db.tables.ladders import ladder, ladder_step
from shared.db.tables.registry import admin_unit, facility, zone
from shared.domain.access import Role
from shared.domain.approvals import Kind
from shared.domain.escalation import Rung
from shared.domain.holidays import NO_HOLIDAYS, Holidays
from shared.domain.incidents import EventKind
from shared.domain.ladders import Case, Ladder, Taken
from shared.domain.office_hours import Hours
from shared.domain.schedule import COUNTRY_TIME_ZONE, local_day
from shared.domain.states import Cause, Severity
from shared.runtime import public_holidays

#: So far around today holidays are looked up: an office is shut for a week.
_AROUND = timedelta(days=45)


async def climb(connection: AsyncConnection, incident_id: int, *, now: datetime) -> Climb | None:
    """Nothing for an incident that the caller may not see."""
    row = (await connection.execute(_incident(incident_id))).one_or_none()
    if row is None:
        return None
    case = Case(
        Severity(row.severity),
        Cause(row.cause),
        await _zone_kinds(connection, incident_id),
        row.facility_id,
        await _units(connection, row.unit_id),
        is_child=row.parent_id is not None,
        is_unstable=row.unstable_since is not None,
    )
    known = await ladders(connection, now=now)
    return Climb(
        case,
        known,
        await _taken(connection, incident_id),
        row.counts_from,
        row.remind_after,
        quiet=_quiet(row.muted_by, row.quiet),
        holidays=await _holidays(connection, known, now=now),
    )


def _incident(incident_id: int) -> Select[Any]:
    return (
        select(
            incident.c.cause,
            incident.c.severity,
            incident.c.facility_id,
            incident.c.parent_id,
            incident.c.remind_after,
            incident.c.unstable_since,
            incident.c.muted_by,
            approval.c.kind.label("quiet"),
            func.coalesce(incident.c.counts_from, incident.c.opened_at).label("counts_from"),
            UNIT.label("unit_id"),
        )
        .select_from(incident)
        .outerjoin(facility, facility.c.id == incident.c.facility_id)
        .outerjoin(approval, approval.c.id == incident.c.muted_by)
        .where(incident.c.id == incident_id)
    )


def _quiet(muted_by: int | None, kind: str | None) -> Kind | None:
    """Whoever may not see the request is told no step that may not come."""
    if muted_by is None:
        return None
    return Kind.MAINTENANCE if kind is None else Kind(kind)


async def _holidays(
    connection: AsyncConnection, known: Sequence[Ladder], *, now: datetime
) -> Holidays:
    """Asked for only where a step keeps hours."""
    if all(rung.hours is Hours.ANY for one in known for rung in one.rungs):
        return NO_HOLIDAYS
    first = local_day(now - _AROUND, COUNTRY_TIME_ZONE)
    last = local_day(now + _AROUND, COUNTRY_TIME_ZONE)
    decided = await ladders_in_force.decisions(connection, first=first, last=last)
    return public_holidays.between(first, last, decided)


async def ladders(connection: AsyncConnection, *, now: datetime) -> Sequence[Ladder]:
    """Those in force, the one for everything among them; keyed as alerts keys them."""
    step = ladder_step.c
    rows = await connection.execute(
        select(ladder.c.id, ladder.c.severity, ladder.c.zone_kind, ladder.c.facility_id,
               ladder.c.admin_unit_id, step.id.label("step_id"), step.step, step.role,
               step.after_s, step.hours, step.needs_all, step.repeat_s,
               func.coalesce(ladder.c.valid_from, step.valid_from).label("valid_from"))
        .select_from(ladder_step)
        .outerjoin(ladder, ladder.c.id == step.ladder_id)
        .where(
            step.valid_from <= now,
            or_(step.valid_to.is_(None), step.valid_to > now),
            or_(ladder.c.id.is_(None), and_(
                ladder.c.valid_from <= now,
                or_(ladder.c.valid_to.is_(None), ladder.c.valid_to > now),
            )),
            step.role.in_(list(Role)),
        )
        .order_by(step.step, step.after_s, step.id)
    )  # fmt: skip
    found: dict[int, list[Any]] = defaultdict(list)
    for row in rows:
        found[row.id or 0].append(row)
    return [_ladder(number, steps) for number, steps in found.items()]


def _ladder(number: int, steps: Sequence[Any]) -> Ladder:
    first = steps[0]
    return Ladder(
        key=f"{number}.{max(row.step_id for row in steps)}",
        rungs=tuple(
            Rung(
                row.step,
                Role(row.role),
                timedelta(seconds=row.after_s),
                hours=Hours(row.hours),
                needs_all=row.needs_all,
                repeat=None if row.repeat_s is None else timedelta(seconds=row.repeat_s),
            )
            for row in steps
        ),
        valid_from=max(row.valid_from for row in steps),
        id=number or None,
        severity=Severity(first.severity) if first.severity else None,
        zone_kind=first.zone_kind,
        facility_id=first.facility_id,
        admin_unit_id=first.admin_unit_id,
    )


async def _zone_kinds(connection: AsyncConnection, incident_id: int) -> frozenset[str]:
    rows = await connection.execute(
        select(zone.c.kind)
        .distinct()
        .join_from(gap, zone, zone.c.id == gap.c.zone_id)
        .where(gap.c.incident_id == incident_id, gap.c.state == "open")
    )
    return frozenset(rows.scalars())


async def _units(connection: AsyncConnection, unit_id: int | None) -> tuple[int, ...]:
    """The nearest first."""
    units: list[int] = []
    while unit_id is not None and unit_id not in units:
        units.append(unit_id)
        unit_id = await connection.scalar(
            select(admin_unit.c.parent_id).where(admin_unit.c.id == unit_id)
        )
    return tuple(units)


async def _taken(connection: AsyncConnection, incident_id: int) -> Sequence[Taken]:
    """The rungs that were climbed, as the history has it."""
    rows = await connection.execute(
        select(event.c.detail)
        .where(
            event.c.incident_id == incident_id,
            event.c.kind.in_((EventKind.TOLD, EventKind.STEP_UNREACHABLE)),
        )
        .order_by(event.c.id)
    )
    return [
        Taken(str(detail.get("ladder", "")), int(detail["step"]), Role(detail["role"]))
        for detail in rows.scalars()
        if detail.get("role") in set(Role) and "number" not in detail
    ]
