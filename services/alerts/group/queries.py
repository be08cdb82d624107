"""Every statement about incidents: which are open, and what becomes of them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.domain.incidents import PROMPT
from shared.domain.states import Cause, Severity, WatchState


@dataclass(frozen=True, slots=True)
class OpenIncident:
    """An incident that is not over, as this tick found it."""

    id: int
    facility_id: int | None
    cause: Cause
    since_at: datetime
    opened_at: datetime
    steps_done: int
    acknowledged_at: datetime | None
    #: The last message about it was written then; absent: nobody was told yet.
    last_told_at: datetime | None = None
    #: The oldest of its gaps that last came on record then; absent: none lasts.
    lasting_since: datetime | None = None
    #: Whether it is to go on. Without any gap that lasts it may still: while it is unstable, or
    #: for an area as long as its facilities say so.
    lasts: bool = True
    first_acknowledged_at: datetime | None = None
    first_acknowledged_by: int | None = None
    admin_unit_id: int | None = None
    gateway_id: int | None = None
    #: The area outage that it is part of: area_outage.is_told_by_parent says whom that spares.
    parent_id: int | None = None
    fault: WatchState | None = None
    severity: Severity = Severity.WARNING
    severity_due_at: datetime | None = None
    unstable_since: datetime | None = None
    counts_from: datetime | None = None
    reminded_at: datetime | None = None
    snoozed_until: datetime | None = None
    assigned_to: int | None = None
    ladder_key: str | None = None
    remind_after: timedelta | None = None
    #: Taken in this tick into another that has the same cause; its end is told as that one's.
    merged_into: int | None = None

    @property
    def is_newly_acknowledged(self) -> bool:
        return self.acknowledged_at is None and self.first_acknowledged_at is not None

    @property
    def was_told(self) -> bool:
        return self.last_told_at is not None

    @property
    def clock_from(self) -> datetime:
        """From when the ladder counts."""
        return self.counts_from or self.opened_at

    @property
    def held_from(self) -> datetime:
        """From when the hold counts: what lasts anew is held anew, whatever the ladder counts."""
        held = self.lasting_since or self.opened_at
        clock = self.clock_from
        return min(held, clock) if held <= self.opened_at <= clock + PROMPT else held


_INCIDENTS = """
    SELECT i.id, i.facility_id, i.cause, i.since_at, i.opened_at, i.step AS steps_done,
           i.acknowledged_at,
           (SELECT max(n.created_at) FROM notification n WHERE n.incident_id = i.id)
               AS last_told_at,
           lasting.since AS lasting_since,
           first.acknowledged_at AS first_acknowledged_at, first.user_id AS first_acknowledged_by,
           i.admin_unit_id, i.gateway_id, i.parent_id, i.fault, i.severity, i.severity_due_at,
           i.unstable_since, i.counts_from, i.reminded_at, i.snoozed_until, i.assigned_to,
           i.ladder_key, i.remind_after
    FROM incident i
    LEFT JOIN (
        SELECT incident_id, min(opened_at) AS since FROM gap WHERE state = 'open'
        GROUP BY incident_id
    ) AS lasting ON lasting.incident_id = i.id
    LEFT JOIN LATERAL (
        SELECT a.acknowledged_at, a.user_id FROM acknowledgement a
        WHERE a.incident_id = i.id ORDER BY a.id LIMIT 1
    ) AS first ON i.acknowledged_at IS NULL
    WHERE """
_OPEN = text(_INCIDENTS + "i.state = 'open' ORDER BY i.id")
_THESE = text(_INCIDENTS + "i.id = ANY(CAST(:ids AS bigint[])) ORDER BY i.since_at")


async def these(connection: AsyncConnection, incident_ids: Sequence[int]) -> list[OpenIncident]:
    """As if they were open: of what is over, some is still to be told."""
    found = await connection.execute(_THESE, {"ids": list(incident_ids)})
    return [_open(row) for row in found.mappings()]


async def open_incidents(connection: AsyncConnection) -> list[OpenIncident]:
    return [_open(row) for row in (await connection.execute(_OPEN)).mappings()]


def _open(row: RowMapping) -> OpenIncident:
    values = dict(row)
    return OpenIncident(
        **values
        | {
            "cause": Cause(row["cause"]),
            "fault": None if row["fault"] is None else WatchState(row["fault"]),
            "severity": Severity(row["severity"]),
            "lasts": row["lasting_since"] is not None,
        }
    )


@dataclass(frozen=True, slots=True)
class NewIncident:
    """An incident to open; the platform's own and an area's have no facility."""

    facility_id: int | None
    cause: Cause
    since_at: datetime
    gateway_id: int | None = None
    fault: WatchState | None = None
    admin_unit_id: int | None = None
    severity: Severity = Severity.NOTICE
    #: Since when its ladder counts, if what it is about was known before.
    counts_from: datetime | None = None


# One open incident per facility and cause: whoever writes it first owns it.
_CREATE = text(
    """
    INSERT INTO incident (facility_id, cause, state, since_at, opened_at, gateway_id, fault,
                          admin_unit_id, severity, counts_from)
    SELECT facility_id, cause, 'open', since_at, CAST(:now AS timestamptz), gateway_id, fault,
           admin_unit_id, severity, counts_from
    FROM unnest(CAST(:facilities AS bigint[]), CAST(:causes AS text[]),
                CAST(:since AS timestamptz[]), CAST(:gateways AS bigint[]),
                CAST(:faults AS text[]), CAST(:units AS bigint[]), CAST(:severities AS text[]),
                CAST(:clocks AS timestamptz[]))
         AS fresh (facility_id, cause, since_at, gateway_id, fault, admin_unit_id, severity,
                   counts_from)
    ON CONFLICT DO NOTHING
    RETURNING id, facility_id, cause, since_at, opened_at, gateway_id, fault, admin_unit_id,
              severity, counts_from
    """
)


async def create(
    connection: AsyncConnection, fresh: Sequence[NewIncident], *, now: datetime
) -> list[OpenIncident]:
    if not fresh:
        return []
    found = await connection.execute(
        _CREATE,
        {
            "facilities": [incident.facility_id for incident in fresh],
            "causes": [incident.cause for incident in fresh],
            "since": [incident.since_at for incident in fresh],
            "gateways": [incident.gateway_id for incident in fresh],
            "faults": [incident.fault for incident in fresh],
            "units": [incident.admin_unit_id for incident in fresh],
            "severities": [incident.severity for incident in fresh],
            "clocks": [incident.counts_from for incident in fresh],
            "now": now,
        },
    )
    return [_begun(row) for row in found.mappings()]


def _begun(row: RowMapping) -> OpenIncident:
    """Nobody was told of it yet, and it lasts."""
    values = {
        **row,
        "cause": Cause(row["cause"]),
        "fault": None if row["fault"] is None else WatchState(row["fault"]),
        "severity": Severity(row["severity"]),
    }
    return OpenIncident(
        **values, steps_done=0, acknowledged_at=None, severity_due_at=row["since_at"]
    )


async def date_back(connection: AsyncConnection, incident_ids: Iterable[int]) -> None:
    """An incident began with the earliest of its gaps that was one."""
    touched = sorted(set(incident_ids))
    if not touched:
        return
    await connection.execute(
        text(
            """
            UPDATE incident SET since_at = earliest.from_at, version = version + 1
            FROM (SELECT incident_id, min(from_at) AS from_at FROM gap
                  WHERE incident_id = ANY(CAST(:incidents AS bigint[])) AND state <> 'repaired'
                  GROUP BY incident_id) AS earliest
            WHERE incident.id = earliest.incident_id
            """
        ),
        {"incidents": touched},
    )


@dataclass(frozen=True, slots=True)
class NewCause:
    """What an incident turns out to be."""

    incident_id: int
    cause: Cause
    gateway_id: int | None


async def widen(connection: AsyncConnection, wider: Sequence[NewCause]) -> None:
    if wider:
        await connection.execute(
            text(
                """
                UPDATE incident SET cause = fresh.cause, gateway_id = fresh.gateway_id,
                                    version = version + 1
                FROM unnest(CAST(:ids AS bigint[]), CAST(:causes AS text[]),
                            CAST(:gateways AS bigint[])) AS fresh (id, cause, gateway_id)
                WHERE incident.id = fresh.id AND incident.state = 'open'
                """
            ),
            {
                "ids": [one.incident_id for one in wider],
                "causes": [one.cause for one in wider],
                "gateways": [one.gateway_id for one in wider],
            },
        )


async def take_in(connection: AsyncConnection, into: Mapping[int, int]) -> None:
    """Incidents become parts of others, with whatever they had taken in themselves."""
    if into:
        await connection.execute(
            text(
                """
                UPDATE incident SET parent_id = fresh.into_id, version = version + 1
                FROM unnest(CAST(:ids AS bigint[]), CAST(:into AS bigint[])) AS fresh (id, into_id)
                WHERE incident.id = fresh.id OR incident.parent_id = fresh.id
                """
            ),
            {"ids": list(into), "into": list(into.values())},
        )


async def acknowledge(connection: AsyncConnection, moments: Mapping[int, datetime]) -> None:
    if moments:
        await connection.execute(
            text(
                """
                UPDATE incident SET acknowledged_at = fresh.at, version = version + 1
                FROM unnest(CAST(:ids AS bigint[]), CAST(:moments AS timestamptz[]))
                     AS fresh (id, at)
                WHERE incident.id = fresh.id AND incident.acknowledged_at IS NULL
                """
            ),
            {"ids": list(moments), "moments": list(moments.values())},
        )


async def resolve(
    connection: AsyncConnection, incident_ids: Sequence[int], *, now: datetime
) -> None:
    if incident_ids:
        await connection.execute(
            text(
                """
                UPDATE incident SET state = 'resolved', resolved_at = CAST(:now AS timestamptz),
                                    version = version + 1
                WHERE id = ANY(CAST(:ids AS bigint[])) AND state = 'open'
                """
            ),
            {"ids": list(incident_ids), "now": now},
        )
