"""Every statement about ladders, and about how far up incidents are."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.domain.access import Role
from shared.domain.delivery import Channel
from shared.domain.escalation import LAST_RESORT, Rung
from shared.domain.holidays import Decision, HolidayKind
from shared.domain.incidents import EventKind
from shared.domain.ladders import Ladder, Taken
from shared.domain.office_hours import Hours
from shared.domain.reminders import Said
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


async def zone_kinds(
    connection: AsyncConnection, incident_ids: Collection[int]
) -> dict[int, frozenset[str]]:
    """By incident: what kinds of zones are not watched."""
    found = await connection.execute(
        text(
            """
            SELECT g.incident_id, array_agg(DISTINCT z.kind)
            FROM gap g JOIN zone z ON z.id = g.zone_id
            WHERE g.incident_id = ANY(CAST(:incidents AS bigint[])) AND g.state = 'open'
            GROUP BY g.incident_id
            """
        ),
        {"incidents": list(incident_ids)},
    )
    return {row[0]: frozenset(row[1]) for row in found}


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


@dataclass(slots=True)
class Past:
    """What was said of an incident so far, as the history has it."""

    taken: list[Taken] = field(default_factory=list)
    said: list[Said] = field(default_factory=list)
    #: The number of the last reminder.
    reminders: int = 0


_PAST = text(
    """
    SELECT incident_id, kind, detail FROM event
    WHERE incident_id = ANY(CAST(:incidents AS bigint[])) AND kind = ANY(CAST(:kinds AS text[]))
    ORDER BY id
    """
)
_CLIMBED = (EventKind.TOLD, EventKind.STEP_UNREACHABLE, EventKind.REMINDED)


async def past(connection: AsyncConnection, incident_ids: Sequence[int]) -> dict[int, Past]:
    found = await connection.execute(
        _PAST, {"incidents": list(incident_ids), "kinds": list(_CLIMBED)}
    )
    known: dict[int, Past] = {number: Past() for number in incident_ids}
    for incident_id, kind, detail in found:
        _note(known[incident_id], EventKind(kind), detail)
    return known


def _note(one: Past, kind: EventKind, detail: dict[str, object]) -> None:
    role, step = Role(str(detail["role"])), int(str(detail["step"]))
    at = timedelta(seconds=float(str(detail.get("clock_s", detail.get("open_for_s", 0)))))
    number = int(str(detail.get("number", 0)))
    one.said.append(Said(role, at, is_last_resort=step == LAST_RESORT))
    one.reminders = max(one.reminders, number)
    if number == 0 and step != LAST_RESORT and kind is not EventKind.REMINDED:
        one.taken.append(Taken(str(detail.get("ladder", "")), step, role))


@dataclass(frozen=True, slots=True)
class Climbed:
    """How far an incident stands now; `reminded_at` only if somebody was."""

    incident_id: int
    steps_done: int
    ladder_key: str
    remind_after: timedelta | None
    reminded_at: datetime | None


async def note(connection: AsyncConnection, climbed: Iterable[Climbed]) -> None:
    """Count the rungs climbed."""
    rows = list(climbed)
    await connection.execute(
        text(
            """
            UPDATE incident
            SET step = fresh.steps, ladder_key = fresh.ladder_key,
                remind_after = fresh.remind_after,
                reminded_at = coalesce(fresh.reminded_at, incident.reminded_at),
                version = version + 1
            FROM unnest(CAST(:ids AS bigint[]), CAST(:steps AS int[]), CAST(:keys AS text[]),
                        CAST(:after AS interval[]), CAST(:at AS timestamptz[]))
                 AS fresh (id, steps, ladder_key, remind_after, reminded_at)
            WHERE incident.id = fresh.id
            """
        ),
        {
            "ids": [row.incident_id for row in rows],
            "steps": [row.steps_done for row in rows],
            "keys": [row.ladder_key for row in rows],
            "after": [row.remind_after for row in rows],
            "at": [row.reminded_at for row in rows],
        },
    )
