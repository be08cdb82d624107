"""Every statement about what people did: acknowledgements and actions not yet taken in."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.domain.access import Role
from shared.domain.delivery import MessageKind
from shared.domain.escalation import Recipient
from shared.domain.handling import ActionKind
from shared.domain.states import IncidentState, Severity


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """Somebody took an incident up; `is_noted` if the history has it already."""

    id: int
    incident_id: int
    user_id: int
    at: datetime
    via: str
    is_noted: bool


async def acknowledgements(
    connection: AsyncConnection, incident_ids: Collection[int]
) -> dict[int, list[Acknowledged]]:
    """By incident, the first one first."""
    found = await connection.execute(
        text(
            """
            SELECT a.id, a.incident_id, a.user_id, a.acknowledged_at, a.via,
                   EXISTS (SELECT FROM event e
                           WHERE e.incident_id = a.incident_id AND e.kind = 'acknowledged'
                             AND CAST(e.detail ->> 'acknowledgement_id' AS bigint) = a.id)
            FROM acknowledgement a
            WHERE a.incident_id = ANY(CAST(:incidents AS bigint[]))
            ORDER BY a.id
            """
        ),
        {"incidents": list(incident_ids)},
    )
    by_incident: dict[int, list[Acknowledged]] = defaultdict(list)
    for row in found:
        by_incident[row[1]].append(Acknowledged(*row))
    return by_incident


async def agreed(
    connection: AsyncConnection, incident_ids: Collection[int]
) -> dict[int, frozenset[int]]:
    """By incident: who has acknowledged it."""
    found = await acknowledgements(connection, incident_ids)
    return {number: frozenset(one.user_id for one in given) for number, given in found.items()}


async def asked_of_all(
    connection: AsyncConnection, incident_ids: Collection[int], *, now: datetime
) -> dict[int, frozenset[int]]:
    """By incident: who was told in a step that needs all, and could still answer."""
    found = await connection.execute(
        text(
            """
            SELECT DISTINCT asked.incident_id, asked.user_id
            FROM (
                SELECT e.incident_id,
                       CAST(jsonb_array_elements_text(e.detail -> 'user_ids') AS bigint) AS user_id
                FROM event e
                WHERE e.incident_id = ANY(CAST(:incidents AS bigint[])) AND e.kind = 'told'
                  AND e.detail -> 'needs_all' = 'true'
            ) AS asked
            JOIN user_account u ON u.id = asked.user_id
            WHERE coalesce(u.disabled_at, 'infinity') > CAST(:now AS timestamptz)
              AND EXISTS (SELECT FROM role_assignment a WHERE a.user_id = u.id
                          AND a.valid_from <= CAST(:now AS timestamptz)
                          AND coalesce(a.valid_to, 'infinity') > CAST(:now AS timestamptz))
            """
        ),
        {"incidents": list(incident_ids), "now": now},
    )
    people: dict[int, set[int]] = defaultdict(set)
    for incident_id, user_id in found:
        people[incident_id].add(user_id)
    return {incident_id: frozenset(users) for incident_id, users in people.items()}


async def acknowledge(connection: AsyncConnection, moments: Mapping[int, datetime]) -> None:
    await connection.execute(
        text(
            """
            UPDATE incident SET acknowledged_at = fresh.at, version = version + 1
            FROM unnest(CAST(:ids AS bigint[]), CAST(:moments AS timestamptz[])) AS fresh (id, at)
            WHERE incident.id = fresh.id AND incident.acknowledged_at IS NULL
            """
        ),
        {"ids": list(moments), "moments": list(moments.values())},
    )


#: What asks somebody to act; how it ended, and what is theirs, is told all the same.
_CALLS: Final = (MessageKind.ALERT, MessageKind.ESCALATION, MessageKind.REMINDER)


async def cancel_sends(
    connection: AsyncConnection, incident_ids: Collection[int]
) -> dict[int, list[int]]:
    """What has not gone out need not any more; by incident. What is on its way stays on record as
    sent, because whoever sends it says so."""
    found = await connection.execute(
        text(
            """
            UPDATE notification
            SET state = CASE WHEN sent_at IS NULL THEN 'cancelled' ELSE 'sent' END
            WHERE incident_id = ANY(CAST(:incidents AS bigint[])) AND state = 'pending'
              AND kind = ANY(CAST(:kinds AS text[]))
            RETURNING incident_id, id
            """
        ),
        {"incidents": list(incident_ids), "kinds": list(_CALLS)},
    )
    cancelled: dict[int, list[int]] = defaultdict(list)
    for incident_id, number in sorted(tuple(row) for row in found):
        cancelled[incident_id].append(number)
    return cancelled


@dataclass(frozen=True, slots=True)
class Action:
    """What somebody did, not taken in yet, and the incident as it stands."""

    id: int
    incident_id: int
    kind: ActionKind
    user_id: int
    at: datetime
    detail: Mapping[str, Any]
    facility_id: int | None
    state: IncidentState
    severity: Severity
    clock_from: datetime
    snoozed_until: datetime | None


# Numbers are given before a transaction ends, so one may come after a greater one; by less than
# this.
_SLACK: Final = 2000
_UNFOLDED = text(
    """
    SELECT a.id, a.incident_id, a.kind, a.user_id, a.acted_at, a.detail, i.facility_id, i.state,
           i.severity, coalesce(i.counts_from, i.opened_at) AS clock_from,
           i.snoozed_until
    FROM incident_action a JOIN incident i ON i.id = a.incident_id
    WHERE a.id > (SELECT coalesce(max(action_id), 0) FROM event) - :slack
      AND NOT EXISTS (SELECT FROM event e WHERE e.action_id = a.id)
    ORDER BY a.id
    LIMIT 500
    """
)


async def unfolded(connection: AsyncConnection) -> list[Action]:
    """In the order in which they were done."""
    found = await connection.execute(_UNFOLDED, {"slack": _SLACK})
    return [_action(row) for row in found]


def _action(row: Row[Any]) -> Action:
    return Action(
        id=row.id,
        incident_id=row.incident_id,
        kind=ActionKind(row.kind),
        user_id=row.user_id,
        at=row.acted_at,
        detail=row.detail,
        facility_id=row.facility_id,
        state=IncidentState(row.state),
        severity=Severity(row.severity),
        clock_from=row.clock_from,
        snoozed_until=row.snoozed_until,
    )


@dataclass(frozen=True, slots=True)
class Handled:
    """What an incident is to carry from now on; what nobody changed is absent."""

    incident_id: int
    snoozed_until: datetime | None = None
    counts_from: datetime | None = None
    assigned_to: int | None = None
    resolution: str | None = None


async def handle(connection: AsyncConnection, handled: Iterable[Handled]) -> None:
    rows = list(handled)
    await connection.execute(
        text(
            """
            UPDATE incident
            SET snoozed_until = coalesce(fresh.snoozed_until, incident.snoozed_until),
                counts_from = coalesce(fresh.counts_from, incident.counts_from),
                assigned_to = coalesce(fresh.assigned_to, incident.assigned_to),
                resolution = coalesce(fresh.resolution, incident.resolution),
                version = version + 1
            FROM unnest(CAST(:ids AS bigint[]), CAST(:snoozed AS timestamptz[]),
                        CAST(:counts AS timestamptz[]), CAST(:assigned AS bigint[]),
                        CAST(:resolutions AS text[]))
                 AS fresh (id, snoozed_until, counts_from, assigned_to, resolution)
            WHERE incident.id = fresh.id
            """
        ),
        {
            "ids": [row.incident_id for row in rows],
            "snoozed": [row.snoozed_until for row in rows],
            "counts": [row.counts_from for row in rows],
            "assigned": [row.assigned_to for row in rows],
            "resolutions": [row.resolution for row in rows],
        },
    )


async def people(
    connection: AsyncConnection, user_ids: Sequence[int], *, now: datetime
) -> dict[int, Recipient]:
    """Whoever is to be told that something is theirs, in the role they hold."""
    found = await connection.execute(
        text(
            """
            SELECT u.id, u.email, u.language, min(a.role)
            FROM user_account u JOIN role_assignment a ON a.user_id = u.id
            WHERE u.id = ANY(CAST(:users AS bigint[]))
              AND coalesce(u.disabled_at, 'infinity') > CAST(:now AS timestamptz)
              AND a.valid_from <= CAST(:now AS timestamptz)
              AND coalesce(a.valid_to, 'infinity') > CAST(:now AS timestamptz)
            GROUP BY u.id
            """
        ),
        {"users": list(user_ids), "now": now},
    )
    return {row[0]: Recipient(row[0], Role(row[3]), row[1], row[2]) for row in found}
