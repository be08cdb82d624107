"""What whoever administers units must see: who is missing, what is unplaced, what will end."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.access.caller import Caller
from services.api.units import queries
from services.api.units.asked import AsOf, officers_seen_by
from services.api.units.authorities import queries as authorities
from services.api.units.queries import Row, Which
from services.api.units.reorganising import candidates
from services.api.units.schemas import CompetenceOut, StrandedOut
from shared.domain.access import Action, Role

#: Competences that end within this, or are to be asked about, are shown.
AHEAD: Final = timedelta(days=120)
MOST: Final = 500


@dataclass(frozen=True, slots=True)
class Notices:
    """Nothing of it is on record as done by anybody; it is looked up each time."""

    vacant: Sequence[Row] = ()
    stranded: Sequence[StrandedOut] = ()
    ending: Sequence[CompetenceOut] = ()

    def __bool__(self) -> bool:
        return bool(self.vacant or self.stranded or self.ending)


async def notices(connection: AsyncConnection, viewer: Caller, as_of: AsOf) -> Notices:
    """Only of today, and only what is the viewer's to put right."""
    scope = viewer.scope(Action.MANAGE_UNITS)
    if scope.is_nowhere or not as_of.is_today:
        return Notices()
    which = authorities.Which(as_of.on, review_before=as_of.on + AHEAD)
    return Notices(
        vacant=await vacant(connection, viewer, as_of),
        stranded=await candidates.stranded(connection, scope, today=as_of.on, limit=MOST),
        ending=await authorities.competences(connection, which, after="", limit=MOST),
    )


async def vacant(connection: AsyncConnection, viewer: Caller, as_of: AsOf) -> Sequence[Row]:
    """Communes of theirs in which nobody is child-protection officer."""
    which = Which(as_of.on, vacant_in=officers_seen_by(viewer), at=as_of.at)
    return await queries.listed(connection, which, after="", limit=MOST)


def is_told_on_the_overview(viewer: Caller) -> bool:
    return any(one.assignment.role is Role.DEPT_OFFICER for one in viewer.held)
