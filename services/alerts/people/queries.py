"""Every statement about who can be told: the ladders in force, and who holds which role where."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.domain.access import Role
from shared.domain.escalation import Recipient, Rung
from shared.domain.schedule import COUNTRY_TIME_ZONE, local_day


async def ladder(connection: AsyncConnection, *, now: datetime) -> list[Rung]:
    """The rungs in force."""
    found = await connection.execute(
        text(
            """
            SELECT step, role, after_s FROM ladder_step
            WHERE valid_from <= CAST(:now AS timestamptz)
              AND coalesce(valid_to, 'infinity') > CAST(:now AS timestamptz)
              AND role = ANY(CAST(:roles AS text[]))
            ORDER BY step, after_s, id
            """
        ),
        {"now": now, "roles": list(Role)},
    )
    return [Rung(row.step, Role(row.role), timedelta(seconds=row.after_s)) for row in found]


# A role held at a unit reaches every facility below it; one held nowhere in particular, all. What
# lies in a unit that is no more, because nobody has placed it yet, is the successor province's.
_REACHABLE = text(
    """
    WITH RECURSIVE place AS (
        SELECT id AS facility_id, admin_unit_id AS unit_id FROM facility
        WHERE id = ANY(CAST(:facilities AS bigint[]))
        UNION
        SELECT place.facility_id, above.id
        FROM place JOIN LATERAL (
            SELECT u.parent_id AS id FROM admin_unit u
            WHERE u.id = place.unit_id AND u.parent_id IS NOT NULL
            UNION ALL
            SELECT s.to_id FROM admin_unit_succession s JOIN admin_unit u ON u.id = s.from_id
            WHERE s.from_id = place.unit_id AND s.to_id IS NOT NULL AND u.level = 'province'
              AND s.effective_on <= CAST(:today AS date)
        ) AS above ON true
    ), held AS (
        SELECT place.facility_id, a.role, a.user_id
        FROM place JOIN role_assignment a ON a.admin_unit_id = place.unit_id
        WHERE a.valid_from <= CAST(:now AS timestamptz)
          AND coalesce(a.valid_to, 'infinity') > CAST(:now AS timestamptz)
        UNION
        SELECT f.id, a.role, a.user_id
        FROM unnest(CAST(:facilities AS bigint[])) AS f (id)
        JOIN role_assignment a
          ON a.facility_id = f.id OR (a.facility_id IS NULL AND a.admin_unit_id IS NULL)
        WHERE a.valid_from <= CAST(:now AS timestamptz)
          AND coalesce(a.valid_to, 'infinity') > CAST(:now AS timestamptz)
    )
    SELECT held.facility_id, held.role, u.id, u.email, u.language
    FROM held JOIN user_account u ON u.id = held.user_id
    WHERE coalesce(u.disabled_at, 'infinity') > CAST(:now AS timestamptz)
      AND held.role = ANY(CAST(:roles AS text[]))
    ORDER BY held.facility_id, held.role, u.id
    """
)
#: Stands for "no facility": who is found there holds a role everywhere.
_NOWHERE = 0


async def reachable(
    connection: AsyncConnection, facility_ids: Iterable[int | None], *, now: datetime
) -> dict[int | None, dict[Role, list[Recipient]]]:
    """By facility and role: who holds it there now."""
    wanted = [facility_id or _NOWHERE for facility_id in facility_ids]
    found = await connection.execute(
        _REACHABLE,
        {
            "facilities": wanted,
            "roles": list(Role),
            "now": now,
            "today": local_day(now, COUNTRY_TIME_ZONE),
        },
    )
    people: dict[int | None, dict[Role, list[Recipient]]] = {}
    for facility_id, code, user_id, address, language in found:
        roles = people.setdefault(facility_id or None, {})
        role = Role(code)
        roles.setdefault(role, []).append(Recipient(user_id, role, address, language))
    return people
