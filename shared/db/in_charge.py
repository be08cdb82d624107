"""Who can be told: who holds which role where, who is on duty, and through what they are reached.

Alerts asks when it tells, the api when it shows who would be told.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.domain.access import Role
from shared.domain.delivery import Channel
from shared.domain.duty import Holder, OnDuty
from shared.domain.escalation import Recipient
from shared.domain.schedule import COUNTRY_TIME_ZONE, local_day


@dataclass(frozen=True, slots=True)
class Place:
    """A facility, a unit and all below it, or, with neither, nowhere in particular."""

    facility_id: int | None = None
    unit_id: int | None = None


#: By role.
Staff = Mapping[Role, list[Holder]]

# The units that a place lies in, the nearest first. What lies in a unit that is no more, because
# nobody has placed it yet, is the successor province's.
_PLACES: Final = """
    WITH RECURSIVE asked AS (
        SELECT * FROM unnest(CAST(:facilities AS bigint[]), CAST(:units AS bigint[]))
             AS asked (facility_id, asked_id)
    ), place AS (
        SELECT asked.facility_id, asked.asked_id, coalesce(f.admin_unit_id, asked.asked_id)
               AS unit_id, 0 AS height
        FROM asked LEFT JOIN facility f ON f.id = asked.facility_id
        WHERE coalesce(f.admin_unit_id, asked.asked_id) <> 0
        UNION
        SELECT place.facility_id, place.asked_id, above.id, place.height + 1
        FROM place JOIN LATERAL (
            SELECT u.parent_id AS id FROM admin_unit u
            WHERE u.id = place.unit_id AND u.parent_id IS NOT NULL
            UNION ALL
            SELECT s.to_id FROM admin_unit_succession s JOIN admin_unit u ON u.id = s.from_id
            WHERE s.from_id = place.unit_id AND s.to_id IS NOT NULL AND u.level = 'province'
              AND s.effective_on <= CAST(:today AS date)
        ) AS above ON true
    )
"""
# A role held at a unit reaches every facility below it; one held nowhere in particular, all.
_HOLDERS = text(
    _PLACES  # noqa: S608 - both parts stand here
    + """
    , on_duty AS (
        SELECT facility_id, asked_id, role, user_id, bool_and(is_deputy) AS is_deputy
        FROM (
            SELECT place.facility_id, place.asked_id, d.role, d.user_id, d.is_deputy
            FROM place JOIN duty_shift d ON d.admin_unit_id = place.unit_id
            WHERE d.cancelled_at IS NULL AND d.starts_at <= CAST(:now AS timestamptz)
              AND d.ends_at > CAST(:now AS timestamptz)
            UNION ALL
            SELECT asked.facility_id, asked.asked_id, d.role, d.user_id, d.is_deputy
            FROM asked JOIN duty_shift d ON d.facility_id = asked.facility_id
            WHERE d.cancelled_at IS NULL AND d.starts_at <= CAST(:now AS timestamptz)
              AND d.ends_at > CAST(:now AS timestamptz)
        ) AS shift
        GROUP BY facility_id, asked_id, role, user_id
    ), held AS (
        SELECT place.facility_id, place.asked_id, a.role, a.user_id, a.is_deputy
        FROM place JOIN role_assignment a ON a.admin_unit_id = place.unit_id
        WHERE a.valid_from <= CAST(:now AS timestamptz)
          AND coalesce(a.valid_to, 'infinity') > CAST(:now AS timestamptz)
        UNION ALL
        SELECT asked.facility_id, asked.asked_id, a.role, a.user_id, a.is_deputy
        FROM asked JOIN role_assignment a
          ON a.facility_id = asked.facility_id
             OR (a.facility_id IS NULL AND a.admin_unit_id IS NULL)
        WHERE a.valid_from <= CAST(:now AS timestamptz)
          AND coalesce(a.valid_to, 'infinity') > CAST(:now AS timestamptz)
    )
    SELECT held.facility_id, held.asked_id, held.role, u.id, u.email, u.language,
           bool_and(held.is_deputy), bool_and(on_duty.is_deputy),
           ARRAY(
               SELECT 'email' WHERE NOT EXISTS (
                   SELECT FROM address_fault f WHERE f.channel = 'email' AND f.address = u.email)
               UNION ALL
               SELECT c.channel FROM contact_point c
               WHERE c.user_id = u.id AND c.verified_at IS NOT NULL AND c.removed_at IS NULL
                 AND NOT EXISTS (SELECT FROM address_fault f
                                 WHERE f.channel = c.channel AND f.address = c.address))
    FROM held
    JOIN user_account u ON u.id = held.user_id
    LEFT JOIN on_duty ON on_duty.facility_id = held.facility_id AND on_duty.user_id = held.user_id
         AND on_duty.asked_id = held.asked_id AND on_duty.role = held.role
    WHERE coalesce(u.disabled_at, 'infinity') > CAST(:now AS timestamptz)
      AND held.role = ANY(CAST(:roles AS text[]))
    GROUP BY held.facility_id, held.asked_id, held.role, u.id
    ORDER BY held.facility_id, held.asked_id, held.role, u.id
    """
)


async def holders(
    connection: AsyncConnection, places: Iterable[Place], *, now: datetime
) -> dict[Place, Staff]:
    """By place and role: who holds it there now, and whether they are on duty."""
    asked = _asked(places, now)
    found = await connection.execute(_HOLDERS, {**asked, "roles": list(Role), "now": now})
    people: dict[Place, dict[Role, list[Holder]]] = {}
    for row in found:
        facility_id, unit_id, code, user_id, address, language, is_deputy, duty, channels = row
        role = Role(code)
        holder = Holder(
            Recipient(user_id, role, address, language),
            is_deputy=is_deputy,
            on_duty=_on_duty(duty),
            open_on=frozenset(Channel(channel) for channel in channels),
        )
        place = Place(facility_id or None, unit_id or None)
        people.setdefault(place, {}).setdefault(role, []).append(holder)
    return dict(people)


def _on_duty(as_deputy: object) -> OnDuty | None:
    if as_deputy is None:
        return None
    return OnDuty.DEPUTY if as_deputy else OnDuty.PRINCIPAL


def _asked(places: Iterable[Place], now: datetime) -> dict[str, object]:
    """Nothing is 0 there: it stands in keys."""
    wanted = list(dict.fromkeys(places))
    return {
        "facilities": [place.facility_id or 0 for place in wanted],
        "units": [place.unit_id or 0 for place in wanted],
        "today": local_day(now, COUNTRY_TIME_ZONE),
    }


_UNITS = text(
    _PLACES  # noqa: S608 - both parts stand here
    + """
    SELECT facility_id, asked_id, array_agg(unit_id ORDER BY height, unit_id)
    FROM (SELECT facility_id, asked_id, unit_id, min(height) AS height FROM place
          GROUP BY facility_id, asked_id, unit_id) AS chain
    GROUP BY facility_id, asked_id
    """
)


async def units_of(
    connection: AsyncConnection, places: Collection[Place], *, now: datetime
) -> dict[Place, tuple[int, ...]]:
    """The units each place lies in, the nearest first."""
    found = await connection.execute(_UNITS, _asked(places, now))
    return {
        Place(facility_id or None, unit_id or None): tuple(chain)
        for facility_id, unit_id, chain in found
    }
