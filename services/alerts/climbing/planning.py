"""Finds which open incidents may have a step or a reminder due, and plans their ladders."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from services.alerts.climbing import queries
from services.alerts.group.queries import OpenIncident
from shared.db import in_charge
from shared.db import ladders as ladders_in_force
from shared.db.in_charge import Place
from shared.domain.access import Role
from shared.domain.escalation import DEFAULT_LADDER, PLATFORM_LADDER, Rung, Standing
from shared.domain.holidays import NO_HOLIDAYS, Holidays
from shared.domain.incidents import HOLD
from shared.domain.ladders import Case, Ladder, Plan, choose_ladder, plan
from shared.domain.office_hours import Hours
from shared.domain.schedule import COUNTRY_TIME_ZONE, local_day
from shared.runtime import public_holidays

#: So far around today holidays are looked up: an incident lasts, and an office is shut for a week.
_AROUND = timedelta(days=45)


@dataclass(frozen=True, slots=True)
class Rules:
    """The ladders in force, and the holidays that their hours go by."""

    ladders: Sequence[Ladder]
    holidays: Holidays = NO_HOLIDAYS
    #: By steps done, how soon after its begin an incident may be due at all.
    _soonest: Sequence[timedelta] = field(default=())

    def may_be_due(self, incident: OpenIncident, now: datetime) -> bool:
        """No, if it is certain that nothing is due; what depends on its place is not asked here."""
        elapsed = now - incident.clock_from
        if incident.remind_after is not None and elapsed >= incident.remind_after:
            return True
        if incident.ladder_key is not None and not self._is_current(incident):
            return True
        done = incident.steps_done if incident.ladder_key is not None else 0
        return done < len(self._soonest) and elapsed >= self._soonest[done]

    def _is_current(self, incident: OpenIncident) -> bool:
        key, ending = incident.ladder_key or "", _case(incident).ending
        known = {ladder.key for ladder in self.ladders} | {"usual", "own"}
        return key.endswith(ending) and key.removesuffix(ending) in known


async def rules(connection: AsyncConnection, *, now: datetime) -> Rules:
    """Holidays are looked up only if a rung keeps hours."""
    known = await ladders_in_force.ladders(connection, now=now)
    soonest = _soonest([*(ladder.rungs for ladder in known), DEFAULT_LADDER, PLATFORM_LADDER])
    if all(rung.hours is Hours.ANY for ladder in known for rung in ladder.rungs):
        return Rules(known, NO_HOLIDAYS, soonest)
    first = local_day(now - _AROUND, COUNTRY_TIME_ZONE)
    last = local_day(now + _AROUND, COUNTRY_TIME_ZONE)
    decided = await ladders_in_force.decisions(connection, first=first, last=last)
    return Rules(known, public_holidays.between(first, last, decided), soonest)


def _soonest(ladders: Iterable[Sequence[Rung]]) -> list[timedelta]:
    """The n-th rung of any of them comes no sooner than this."""
    soonest: list[timedelta] = []
    for rungs in ladders:
        for number, after in enumerate(sorted(rung.after for rung in rungs)):
            if number == len(soonest):
                soonest.append(max(after, HOLD))
            soonest[number] = min(soonest[number], max(after, HOLD))
    return soonest


async def plans(
    connection: AsyncConnection, incidents: Collection[OpenIncident], known: Rules, *, now: datetime
) -> dict[int, Plan]:
    """By incident. What no ladder asks for is not looked up."""
    ids = [incident.id for incident in incidents]
    by_kind = any(ladder.zone_kind is not None for ladder in known.ladders)
    by_unit = any(ladder.admin_unit_id is not None for ladder in known.ladders)
    kinds = await queries.zone_kinds(connection, ids) if by_kind else {}
    places = {place_of(incident) for incident in incidents} if by_unit else set()
    units = await in_charge.units_of(connection, places, now=now) if places else {}
    return {i.id: _plan(i, known, kinds, units) for i in incidents}


def _plan(
    incident: OpenIncident,
    known: Rules,
    kinds: Mapping[int, frozenset[str]],
    units: Mapping[Place, tuple[int, ...]],
) -> Plan:
    case = replace(
        _case(incident),
        zone_kinds=kinds.get(incident.id, frozenset()),
        units=units.get(place_of(incident), ()),
    )
    chosen = choose_ladder(known.ladders, case)
    return plan(chosen, case, incident.clock_from, holidays=known.holidays)


def _case(incident: OpenIncident) -> Case:
    """As far as an incident says it itself."""
    return Case(
        incident.severity,
        incident.cause,
        facility_id=incident.facility_id,
        is_child=incident.parent_id is not None,
        is_unstable=incident.unstable_since is not None,
    )


def place_of(incident: OpenIncident) -> Place:
    """Where whoever is told must be in charge."""
    if incident.facility_id is not None:
        return Place(incident.facility_id)
    return Place(unit_id=incident.admin_unit_id)


def standing_of(
    incident: OpenIncident, steps_done: int, undelivered_to: tuple[Role, ...] = ()
) -> Standing:
    return Standing(
        incident.clock_from,
        steps_done,
        is_acknowledged=incident.acknowledged_at is not None,
        was_told=incident.was_told,
        snoozed_until=incident.snoozed_until,
        undelivered_to=undelivered_to,
    )
