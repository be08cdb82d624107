"""Gives the demo's facilities papers, places and capacities: some in order, some running out."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.facilities import queries as facilities
from services.api.licences import queries
from services.api.licences.schemas import FactIn
from shared.domain.facility_status import FactKind, timeline
from shared.domain.schedule import COUNTRY_TIME_ZONE, local_day

DEPARTMENT: Final = "syt-51"


@dataclass(frozen=True, slots=True)
class Papers:
    """Where a facility is, how many it may house, and when its licence ends, in days from now."""

    latitude: float
    longitude: float
    capacity: int
    licence_days: int | None
    is_public: bool = False
    must_remedy: bool = False


#: About where the communes are; the facilities are invented.
PAPERS: Final[Mapping[str, Papers]] = {
    "hoa-sen": Papers(14.350, 108.000, 150, 18, must_remedy=True),
    "hoa-mai": Papers(14.385, 107.930, 90, 400),
    "hy-vong": Papers(14.520, 107.915, 60, 70),
    "ban-mai": Papers(14.610, 108.280, 30, -12),
    "ctxh-quang-ngai": Papers(15.120, 108.800, 80, None, is_public=True),
}


async def give_papers(
    connection: AsyncConnection, facility_ids: Mapping[str, int], by: int, *, now: datetime
) -> None:
    today = local_day(now, COUNTRY_TIME_ZONE)
    department = await queries.authority_on(connection, DEPARTMENT, today)
    for code, papers in PAPERS.items():
        facility_id = facility_ids[code]
        place = {"latitude": papers.latitude, "longitude": papers.longitude}
        await facilities.change(connection, facility_id, {**place, "capacity": papers.capacity})
        for fact in facts_of(papers, today):
            authority_id = department if fact.kind is FactKind.REMEDY_ORDERED else None
            await queries.add_fact(
                connection, facility_id, fact, authority_id=authority_id, by=by, now=now
            )
        spans = timeline(await queries.valid_facts(connection, facility_id))
        await queries.keep_standing(connection, facility_id, spans)


def facts_of(papers: Papers, today: date) -> list[FactIn]:
    first = FactKind.ESTABLISHMENT if papers.is_public else FactKind.REGISTRATION
    ends = papers.licence_days
    facts = [
        FactIn(kind=first, effective_on=date(2018, 3, 15), number="12/2018"),
        FactIn(
            kind=FactKind.LICENCE_ISSUED,
            effective_on=date(2021, 12, 1),
            number="07/GP",
            last_day=today + timedelta(days=ends) if ends is not None else None,
            scope=f"Chăm sóc, nuôi dưỡng tối đa {papers.capacity} người",
        ),
    ]
    if papers.must_remedy:
        facts.append(
            FactIn(
                kind=FactKind.REMEDY_ORDERED,
                effective_on=today - timedelta(days=20),
                number="88/QĐ-SYT",
                due_on=today + timedelta(days=40),
                note="Bổ sung bình chữa cháy, sửa tường rào.",
            )
        )
    return facts
