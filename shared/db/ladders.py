"""The ladders in force, and the days that their hours go by."""

from collections import defaultdict
from datetime import date, datetime, timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.domain.access import Role
from shared.domain.delivery import Channel
from shared.domain.escalation import Rung
from shared.domain.holidays import Decision, HolidayKind
from shared.domain.ladders import Ladder
from shared.domain.office_hours import Hours
from shared.domain.states import Severity

_LADDERS = text(
    """
    SELECT l.id, l.severity, l.zone_kind, l.facility_id, l.admin_unit_id,
           coalesce(l.valid_from, s.valid_from) AS valid_from, s.id AS step_id, s.step, s.role,
           s.after_s, s.channels, s.hours, s.needs_all, s.repeat_s
    FROM ladder_step s LEFT JOIN ladder l ON l.id = s.ladder_id
    WHERE s.valid_from <= CAST(:now AS timestamptz)
      AND coalesce(s.valid_to, 'infinity') > CAST(:now AS timestamptz)
      AND coalesce(l.valid_from, '-infinity') <= CAST(:now AS timestamptz)
      AND coalesce(l.valid_to, 'infinity') > CAST(:now AS timestamptz)
      AND s.role = ANY(CAST(:roles AS text[]))
    ORDER BY l.id NULLS FIRST, s.step, s.after_s, s.id
    """
)


async def ladders(connection: AsyncConnection, *, now: datetime) -> list[Ladder]:
    """Those in force, the one for everything among them."""
    found = await connection.execute(_LADDERS, {"now": now, "roles": list(Role)})
    rows = defaultdict(list)
    for row in found:
        rows[row.id].append(row)
    return [
        Ladder(
            key=f"{number or 0}.{max(row.step_id for row in steps)}",
            rungs=tuple(
                Rung(
                    row.step,
                    Role(row.role),
                    timedelta(seconds=row.after_s),
                    channels=tuple(Channel(channel) for channel in row.channels),
                    hours=Hours(row.hours),
                    needs_all=row.needs_all,
                    repeat=None if row.repeat_s is None else timedelta(seconds=row.repeat_s),
                )
                for row in steps
            ),
            valid_from=max(row.valid_from for row in steps),
            id=number,
            severity=None if steps[0].severity is None else Severity(steps[0].severity),
            zone_kind=steps[0].zone_kind,
            facility_id=steps[0].facility_id,
            admin_unit_id=steps[0].admin_unit_id,
        )
        for number, steps in rows.items()
    ]


async def decisions(connection: AsyncConnection, *, first: date, last: date) -> list[Decision]:
    """What the government decided about days, beside the law."""
    found = await connection.execute(
        text(
            "SELECT day, kind FROM holiday WHERE withdrawn_at IS NULL "
            "AND day BETWEEN CAST(:first AS date) AND CAST(:last AS date)"
        ),
        {"first": first, "last": last},
    )
    return [Decision(row.day, HolidayKind(row.kind)) for row in found]
