"""What a page of a feed stands on: the grant, whom it reaches, how far changes are numbered."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.access import queries as places
from services.api.feeds import place, queries
from services.api.feeds.facts import Horizon
from services.api.feeds.place import Reach
from shared.domain.disclosure import Grant
from shared.domain.schedule import COUNTRY_TIME_ZONE, local_day


@dataclass(frozen=True, slots=True)
class Basis:
    """In one view of the database."""

    grant: Grant
    reach: Reach
    horizon: Horizon
    now: datetime


async def basis_of(connection: AsyncConnection, grant: Grant, now: datetime) -> Basis:
    today = local_day(now, COUNTRY_TIME_ZONE)
    children_of = await places.children_of(connection, today=today)
    reach = place.reach_of(grant.area, children_of)
    return Basis(grant, reach, await queries.horizon(connection), now)
