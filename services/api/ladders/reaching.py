"""Who would be told: of a ladder where nobody could be, and of a facility who when."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.access.transactions import reading_as_system
from services.api.ladders import queries
from services.api.ladders.queries import Home
from services.api.resources import Resources
from shared.db import in_charge
from shared.db import ladders as in_force
from shared.db.in_charge import Place, Staff
from shared.domain import duty
from shared.domain.access import Role, Scope
from shared.domain.escalation import Planned, Reached
from shared.domain.ladders import CHANNELS, Case, Ladder, choose_ladder, covers, plan
from shared.domain.schedule import COUNTRY_TIME_ZONE, local_day
from shared.domain.states import Cause, Severity
from shared.runtime import public_holidays

#: More are not looked at: somebody who sees the whole country is told of the first ones.
MOST_HOMES: Final = 1000
_AROUND: Final = timedelta(days=45)


@dataclass(frozen=True, slots=True)
class Homes:
    """Facilities that somebody watches over, the units they lie in, and who is there for them."""

    homes: Sequence[Home] = ()
    units: Mapping[Place, Sequence[int]] = field(default_factory=dict)
    staff: Mapping[Place, Staff] = field(default_factory=dict)

    def without(self, role: Role, ladder: Ladder) -> list[Home]:
        """Where a ladder counts, and nobody can be told in a role."""
        return [
            home
            for home in self.homes
            if covers(ladder, home.id, self.units.get(Place(home.id), ()))
            and not self.found(home.id, role).people
        ]

    def found(self, facility_id: int, role: Role) -> Reached:
        return duty.found(self.staff.get(Place(facility_id), {}).get(role, ()), CHANNELS)


async def homes(
    resources: Resources, connection: AsyncConnection, scope: Scope, *, now: datetime
) -> Homes:
    """Which facilities, as the caller sees them; who is there for them, as it is."""
    known = await queries.homes(connection, scope, limit=MOST_HOMES)
    return await around(resources, known, now=now)


async def around(resources: Resources, known: Sequence[Home], *, now: datetime) -> Homes:
    """Roles held above one's own place are not the caller's to list, but they count."""
    places = [Place(home.id) for home in known]
    if not places:
        return Homes()
    async with reading_as_system(resources) as all_seeing:
        units = await in_charge.units_of(all_seeing, places, now=now)
        staff = await in_charge.holders(all_seeing, places, now=now)
    return Homes(known, units, staff)


@dataclass(frozen=True, slots=True)
class Preview:
    """The ladder that counts, its turns, and whom each finds at this moment."""

    ladder: Ladder | None
    turns: Sequence[tuple[Planned, Reached]]

    @property
    def user_ids(self) -> Collection[int]:
        return {person.user_id for _, reached in self.turns for person in reached.people}


async def preview(
    resources: Resources, home: Home, severity: Severity, zone_kind: str | None, *, now: datetime
) -> Preview:
    """If it began now and nobody acted."""
    known = await around(resources, [home], now=now)
    first, last = (local_day(now + side, COUNTRY_TIME_ZONE) for side in (-_AROUND, _AROUND))
    async with reading_as_system(resources) as all_seeing:
        ladders = await in_force.ladders(all_seeing, now=now)
        decided = await in_force.decisions(all_seeing, first=first, last=last)
    units = tuple(known.units.get(Place(home.id), ()))
    kinds = frozenset({zone_kind} if zone_kind else ())
    case = Case(severity, Cause.DEVICE_SILENT, kinds, home.id, units)
    chosen = choose_ladder(ladders, case)
    holidays = public_holidays.between(first, last, decided)
    turns = plan(chosen, case, now, holidays=holidays).turns
    return Preview(chosen, [(turn, known.found(home.id, turn.rung.role)) for turn in turns])
