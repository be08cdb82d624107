"""Counts as a step of its ladder what a facility is told when an exemption ends: nothing is said
twice."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from services.alerts.climbing import planning
from services.alerts.climbing import queries as climbing
from services.alerts.climbing.queries import Past
from services.alerts.exempt.quieting import Ending
from services.alerts.group.queries import OpenIncident
from services.alerts.history.queries import Event
from shared.domain.access import Role
from shared.domain.approvals import Kind
from shared.domain.escalation import Reached, Rung
from shared.domain.incidents import EventKind
from shared.domain.ladders import Plan

#: Who hears that an exemption has ended.
HEARS: Final = Role.FACILITY_MANAGER


@dataclass(frozen=True, slots=True)
class Step:
    """What one incident's ladder makes of it; `rung` is absent if it has none for the role."""

    incident: OpenIncident
    key: str
    rung: Rung | None
    past: Past

    @property
    def was_taken(self) -> bool:
        return any(taken.role is HEARS for taken in self.past.taken)


async def steps(
    connection: AsyncConnection, endings: Sequence[Ending], *, now: datetime
) -> dict[int, Step]:
    """By incident."""
    incidents = [_as_released(ending) for ending in endings]
    rules = await planning.rules(connection, now=now)
    plans = await planning.plans(connection, incidents, rules, now=now)
    pasts = await climbing.past(connection, [incident.id for incident in incidents])
    return {i.id: Step(i, plans[i.id].key, _rung(plans[i.id]), pasts[i.id]) for i in incidents}


def _as_released(ending: Ending) -> OpenIncident:
    """After maintenance its clock counts from the end, as it stands in the row by now."""
    if ending.exemption.approval.kind is not Kind.MAINTENANCE:
        return ending.incident
    return replace(ending.incident, counts_from=max(ending.at, ending.incident.opened_at))


def _rung(plan: Plan) -> Rung | None:
    return next((turn.rung for turn in plan.turns if turn.rung.role is HEARS), None)


def events(
    reached: Reached, told: Mapping[int, Step], told_in: int, *, now: datetime
) -> list[Event]:
    """Why the step needs not be taken any more. `told_in`: the incident whose letter says it."""
    return [
        _event(step, step.rung, reached, told_in, now)
        for step in told.values()
        if step.rung is not None and reached.people
    ]


def _event(step: Step, rung: Rung, reached: Reached, told_in: int, now: datetime) -> Event:
    """Who was told in this role before is told again."""
    incident = step.incident
    detail: dict[str, object] = {
        "step": rung.number,
        "role": rung.role,
        "reason": "exemption_ended",
        "how": reached.how,
        "user_ids": [person.user_id for person in reached.people],
        "open_for_s": round((now - incident.opened_at).total_seconds(), 3),
        "clock_s": (now - incident.clock_from).total_seconds(),
        "ladder": step.key,
        "told_in": told_in,
    }
    if step.was_taken:
        detail["number"] = step.past.reminders + 1
        return Event(EventKind.REMINDED, incident.facility_id, incident.id, detail=detail)
    detail["needs_all"] = rung.needs_all
    return Event(EventKind.TOLD, incident.facility_id, incident.id, detail=detail)
