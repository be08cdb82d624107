"""Every statement about how far up their ladders incidents are."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.domain.access import Role
from shared.domain.escalation import LAST_RESORT
from shared.domain.incidents import EventKind
from shared.domain.ladders import Taken
from shared.domain.reminders import Said


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
#: What everybody hears who was told before.
_HEARD_BY_ALL = (EventKind.BECAME_UNSTABLE, EventKind.BECAME_STEADY)


async def past(connection: AsyncConnection, incident_ids: Sequence[int]) -> dict[int, Past]:
    found = await connection.execute(
        _PAST, {"incidents": list(incident_ids), "kinds": [*_CLIMBED, *_HEARD_BY_ALL]}
    )
    known: dict[int, Past] = {number: Past() for number in incident_ids}
    for incident_id, kind, detail in found:
        _note(known[incident_id], EventKind(kind), detail)
    return known


def _note(one: Past, kind: EventKind, detail: dict[str, object]) -> None:
    at = timedelta(seconds=float(str(detail.get("clock_s", detail.get("open_for_s", 0)))))
    if kind in _HEARD_BY_ALL:
        one.said += [replace(said, at=at) for said in dict.fromkeys(one.said)]
        return
    role, step = Role(str(detail["role"])), int(str(detail["step"]))
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
