"""Every statement about who was told, and what there is to tell."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.alerts.devices import queries as devices
from services.alerts.devices.culprits import culprits
from services.alerts.outbox import drafts, posting
from services.alerts.tell.story import GapLine, PartLine, Story
from shared.domain.access import Role
from shared.domain.delivery import Channel
from shared.domain.escalation import Recipient
from shared.domain.states import WHOLE_FACILITY, Cause, GapState, Severity

Draft = drafts.Draft
post = posting.post


# One person is one reader, whatever they were told through. A message that died and one that was
# taken back told nobody anything.
# Whoever was told of what it took in, of its own facility, was told of it; and whoever was told
# that an exemption ended, of all that it had kept quiet together.
_TOLD = text(
    """
    WITH part AS (
        SELECT id AS incident_id, id AS own_id, true AS is_whole FROM incident
        WHERE id = ANY(CAST(:incidents AS bigint[]))
        UNION ALL
        SELECT home.id, child.id, true FROM incident home
        JOIN incident child ON child.parent_id = home.id AND child.facility_id = home.facility_id
        WHERE home.id = ANY(CAST(:incidents AS bigint[]))
        UNION
        SELECT e.incident_id, CAST(e.detail ->> 'told_in' AS bigint), false FROM event e
        WHERE e.incident_id = ANY(CAST(:incidents AS bigint[]))
          AND jsonb_exists(e.detail, 'told_in')
    )
    SELECT part.incident_id, coalesce(max(n.user_id), 0), (array_agg(n.role ORDER BY n.id))[1],
           coalesce(max(u.email), min(n.address)), (array_agg(n.language ORDER BY n.id DESC))[1],
           array_agg(n.channel ORDER BY n.id DESC)
    FROM part JOIN notification n ON n.incident_id = part.own_id
    LEFT JOIN user_account u ON u.id = n.user_id
    WHERE n.kind IN ('alert', 'escalation', 'handed_over', 'exemption_ended')
      AND n.state NOT IN ('dead', 'cancelled')
      AND (n.kind = 'exemption_ended' OR part.is_whole)
    GROUP BY part.incident_id, coalesce(CAST(n.user_id AS text), n.address)
    ORDER BY part.incident_id, min(n.id)
    """
)


async def told(
    connection: AsyncConnection, incident_ids: Sequence[int]
) -> dict[int, list[Recipient]]:
    """Who was told of each incident, and how, in the order of telling."""
    found = await connection.execute(_TOLD, {"incidents": list(incident_ids)})
    people: dict[int, list[Recipient]] = defaultdict(list)
    for incident_id, user_id, role, address, language, channels in found:
        ways = tuple(Channel(channel) for channel in dict.fromkeys(channels))
        people[incident_id].append(Recipient(user_id, Role(role), address, language, ways))
    return people


_STORIES = text(
    """
    SELECT i.id, i.facility_id, i.cause, i.since_at, i.resolved_at, coalesce(f.name, area.name),
           u.name, f.time_zone, i.severity, i.unstable_since, gateway.name AS gateway,
           (SELECT CAST(e.detail ->> 'late_by_s' AS float) FROM event e
            WHERE e.incident_id = i.id AND e.kind = 'incident_opened'
            ORDER BY e.id LIMIT 1) AS late_by_s
    FROM incident i
    LEFT JOIN facility f ON f.id = i.facility_id
    LEFT JOIN admin_unit u ON u.id = f.admin_unit_id
    LEFT JOIN admin_unit area ON area.id = i.admin_unit_id
    LEFT JOIN device gateway ON gateway.id = i.gateway_id
    WHERE i.id = ANY(CAST(:incidents AS bigint[]))
    """
)
_GAPS = text(
    """
    SELECT g.incident_id, z.name, g.from_at, g.to_at, g.state, g.zone_id,
           g.state = 'closed' AND EXISTS (
               SELECT FROM event e WHERE e.gap_id = g.id AND e.kind = 'gap_closed'
               AND e.detail ->> 'ended_by' = 'not_required'
               AND CAST(e.detail ->> 'to' AS timestamptz) = g.to_at) AS is_no_longer_required
    FROM gap g JOIN zone z ON z.id = g.zone_id
    WHERE g.incident_id = ANY(CAST(:incidents AS bigint[]))
    ORDER BY g.from_at, g.id
    """
)


async def stories(
    connection: AsyncConnection, incident_ids: Sequence[int], *, now: datetime
) -> dict[int, Story]:
    """What happened, as far as a message says it."""
    if not incident_ids:
        return {}
    wanted = {"incidents": list(incident_ids)}
    lines = await _gap_lines(connection, incident_ids, now=now)
    people = await told(connection, incident_ids)
    found = (await connection.execute(_STORIES, wanted)).all()
    areas = [row.id for row in found if row.cause == Cause.AREA_OUTAGE]
    parts = await _part_lines(connection, areas) if areas else {}
    return {
        row[0]: Story(
            incident_id=row[0],
            facility_id=row[1],
            cause=Cause(row[2]),
            since_at=row[3],
            resolved_at=row[4],
            facility=row[5] or "giamsat",
            commune=row[6],
            time_zone=row[7] or "Asia/Ho_Chi_Minh",
            gaps=tuple(lines[row[0]]),
            told=tuple(people.get(row[0], ())),
            now=now,
            severity=Severity(row[8]),
            unstable_since=row.unstable_since,
            late_by=None if row.late_by_s is None else timedelta(seconds=row.late_by_s),
            gateway=row.gateway,
            parts=tuple(parts.get(row[0], ())),
        )
        for row in found
    }


# Who left an outage that was over for most is named there; the outage's own event says who did.
_PARTS = text(
    """
    WITH part AS (
        SELECT parent_id, id FROM incident WHERE parent_id = ANY(CAST(:areas AS bigint[]))
        UNION
        SELECT e.incident_id, CAST(child.id AS bigint)
        FROM event e, jsonb_array_elements_text(e.detail -> 'incident_ids') AS child (id)
        WHERE e.incident_id = ANY(CAST(:areas AS bigint[])) AND e.kind = 'incident_left'
    )
    SELECT part.parent_id, f.name, u.name, i.since_at, i.resolved_at, CASE
           WHEN i.state = 'open' THEN 'open'
           WHEN NOT EXISTS (SELECT FROM gap g WHERE g.incident_id = i.id
                            AND g.state <> 'repaired') THEN 'repaired' ELSE 'closed' END
    FROM part
    JOIN incident i ON i.id = part.id
    JOIN facility f ON f.id = i.facility_id
    JOIN admin_unit u ON u.id = f.admin_unit_id
    ORDER BY part.parent_id, i.since_at, f.name
    """
)


async def _part_lines(
    connection: AsyncConnection, incident_ids: Sequence[int]
) -> dict[int, list[PartLine]]:
    """By outage: the facilities in it."""
    lines: dict[int, list[PartLine]] = defaultdict(list)
    for row in await connection.execute(_PARTS, {"areas": list(incident_ids)}):
        lines[row[0]].append(PartLine(row[1], row[2], row[3], row[4], GapState(row[5])))
    return lines


async def _gap_lines(
    connection: AsyncConnection, incident_ids: Sequence[int], *, now: datetime
) -> dict[int, list[GapLine]]:
    """By incident. Of a gap that is over nobody asks any more which device it was."""
    found = (await connection.execute(_GAPS, {"incidents": list(incident_ids)})).all()
    lasting = {row.zone_id for row in found if row.state == GapState.OPEN}
    watchers = await devices.of_zones(connection, lasting, now=now)
    lines: dict[int, list[GapLine]] = defaultdict(list)
    for incident_id, zone, start_at, end_at, state, zone_id, is_no_longer_required in found:
        line = GapLine(
            zone, start_at, end_at, GapState(state), is_no_longer_required=is_no_longer_required
        )
        if line.state is GapState.OPEN:
            own = watchers.get(zone_id, [])
            line = replace(line, culprits=culprits(own, since=start_at), has_devices=bool(own))
        lines[incident_id].append(line)
    return lines


async def resolved_among(connection: AsyncConnection, incident_ids: Sequence[int]) -> set[int]:
    found = await connection.execute(
        text(
            "SELECT id FROM incident WHERE state = 'resolved' "
            "AND id = ANY(CAST(:incidents AS bigint[]))"
        ),
        {"incidents": list(incident_ids)},
    )
    return set(found.scalars())


async def wrongly_told(
    connection: AsyncConnection, incident_ids: Sequence[int], *, settled_by: datetime
) -> set[int]:
    """Incidents of which somebody was told a gap that was no gap, and has not been told so yet.

    Only gaps that were repaired before `settled_by`: what comes back together is told together.
    """
    found = await connection.execute(
        text(
            """
            SELECT DISTINCT g.incident_id
            FROM gap g
            WHERE g.incident_id = ANY(CAST(:incidents AS bigint[])) AND g.state = 'repaired'
              AND g.repaired_at <= CAST(:settled_by AS timestamptz)
              AND EXISTS (SELECT FROM notification n WHERE n.incident_id = g.incident_id
                          AND n.created_at BETWEEN g.opened_at AND g.repaired_at)
              AND NOT EXISTS (SELECT FROM event e WHERE e.incident_id = g.incident_id
                              AND e.kind = 'corrected' AND e.happened_at >= g.repaired_at)
            """
        ),
        {"incidents": list(incident_ids), "settled_by": settled_by},
    )
    return set(found.scalars())


async def newly_named(
    connection: AsyncConnection, gap_ids: Sequence[int], *, widened: Collection[int]
) -> dict[int, tuple[str, ...]]:
    """By incident already told: the zones that these gaps bring into it. Once each. A facility that
    is silent as a whole was told whole, unless it has just turned out to be."""
    found = await connection.execute(
        text(
            """
            SELECT g.incident_id, array_agg(z.name ORDER BY g.id)
            FROM gap g
            JOIN zone z ON z.id = g.zone_id
            JOIN incident i ON i.id = g.incident_id
            WHERE g.id = ANY(CAST(:gaps AS bigint[])) AND g.state = 'open'
              AND EXISTS (SELECT FROM notification n WHERE n.incident_id = g.incident_id)
              AND (i.id = ANY(CAST(:widened AS bigint[]))
                   OR (i.cause <> ALL(CAST(:whole AS text[])) AND NOT EXISTS (
                       SELECT FROM gap older WHERE older.incident_id = g.incident_id
                       AND older.zone_id = g.zone_id AND older.id < g.id)))
            GROUP BY g.incident_id
            """
        ),
        {"gaps": list(gap_ids), "widened": list(widened), "whole": list(WHOLE_FACILITY)},
    )
    return {row[0]: tuple(row[1]) for row in found}


# As far as its gaps, or those of the facilities of an outage, are gaps. First of all the few that
# nobody was told of, then one look each.
_UNTOLD_LATE = text(
    """
    WITH untold AS MATERIALIZED (
        SELECT i.id, i.since_at FROM incident i
        WHERE i.state = 'resolved' AND i.opened_at > CAST(:since AS timestamptz)
          AND (CAST(:ids AS bigint[]) IS NULL OR i.id = ANY(CAST(:ids AS bigint[])))
          AND i.muted_by IS NULL
          AND NOT EXISTS (SELECT FROM notification n WHERE n.incident_id = i.id)
    ), part AS (
        SELECT id, id AS own_id FROM untold
        UNION ALL
        SELECT untold.id, child.id FROM untold JOIN incident child ON child.parent_id = untold.id
    )
    SELECT untold.id, max(over.at) - untold.since_at AS lasted
    FROM untold
    CROSS JOIN LATERAL (
        SELECT e.detail FROM event e WHERE e.incident_id = untold.id
        AND e.kind = 'incident_opened' AND jsonb_exists(e.detail, 'late_by_s') LIMIT 1
    ) AS late
    JOIN part ON part.id = untold.id
    CROSS JOIN LATERAL (
        SELECT max(g.to_at) AS at FROM gap g
        WHERE g.incident_id = part.own_id AND g.state = 'closed'
        OFFSET 0
    ) AS over
    GROUP BY untold.id, untold.since_at
    ORDER BY untold.since_at
    """
)


async def untold_late(
    connection: AsyncConnection, incident_ids: Sequence[int] | None, *, since: datetime
) -> dict[int, timedelta]:
    """Of these, or of all: what came on record late and was over before anybody heard; how long."""
    found = await connection.execute(
        _UNTOLD_LATE,
        {"ids": None if incident_ids is None else list(incident_ids), "since": since},
    )
    return {row.id: row.lasted for row in found if row.lasted is not None}
