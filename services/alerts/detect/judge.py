"""Judges what became known since the last tick: load, decide, write."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from services.alerts.detect import queries
from services.alerts.detect.transitions import Transition, ZoneChange, apply
from services.alerts.evidence import queries as evidence
from services.alerts.gaps import queries as gaps
from services.alerts.gaps.queries import ZoneGap
from services.alerts.requirements import queries as requirements
from services.alerts.requirements.agenda import Agenda, agenda
from services.alerts.requirements.queries import Asked
from shared.domain import judgement
from shared.domain.coverage import MARGIN, Evidence, Moments
from shared.domain.gaps import Requirement, reconcile
from shared.domain.judgement import Stretch
from shared.domain.schedule import local_day, midnight

#: Evidence older than this is refused when it comes, so older gaps are settled for good.
BACKFILL = timedelta(days=7)


async def judge(
    connection: AsyncConnection, known: queries.Known, stretch: Stretch, *, now: datetime
) -> list[Transition]:
    """Bring the gaps on record in line with the evidence, up to the end of the stretch."""
    plan = await agenda(connection, since=stretch.start_at - BACKFILL)
    hours = plan.hours((stretch.start_at, stretch.end_at))
    suspects = await queries.suspect_zones(
        connection,
        stretch,
        _local_days(known, stretch),
        hours,
        longest_tolerance=known.longest_tolerance,
    )
    contradicted = await queries.contradicted_zones(connection, stretch)
    suspects |= contradicted.keys()
    concerned = await queries.disturbed_gaps(connection, stretch, backfill=BACKFILL)
    concerned |= await queries.unbound_gaps(connection, stretch, hours)
    if not suspects and not concerned:
        return []
    on_record = await gaps.gaps_of(
        connection, suspects, concerned, since=stretch.start_at - BACKFILL
    )
    reach = {zone: min(stretch.start_at, since) for zone, since in contradicted.items()}
    suspicion = _Suspicion(suspects, reach, plan)
    cases = await _load(connection, suspicion, on_record, concerned, stretch)
    changes = [change for case in cases for change in _decide(case)]
    return await apply(connection, changes, now=now)


def _local_days(known: queries.Known, stretch: Stretch) -> list[queries.LocalDay]:
    """Every local day that a tolerated hole before the stretch, or the stretch itself, touches."""
    days: list[queries.LocalDay] = []
    start = stretch.start_at - known.longest_tolerance - MARGIN
    for zone in known.time_zones:
        day = local_day(start, zone)
        while midnight(day, zone) < stretch.end_at:
            next_day = day + timedelta(days=1)
            days.append(queries.LocalDay(zone, day, midnight(day, zone), midnight(next_day, zone)))
            day = next_day
    return days


@dataclass(frozen=True, slots=True)
class _Case:
    """One zone, with all that its judgement needs."""

    zone_id: int
    facility_id: int
    requirements: Sequence[Requirement]
    devices: Sequence[Evidence]
    blind: Moments
    on_record: Sequence[ZoneGap]
    stretch: Stretch


@dataclass(frozen=True, slots=True)
class _Suspicion:
    """Zones that may have gaps not on record; those to be judged further back, since when."""

    zone_ids: Iterable[int]
    reach: Mapping[int, datetime]
    plan: Agenda

    def widened(self, stretch: Stretch, zone_id: int) -> Stretch:
        return replace(stretch, start_at=self.reach.get(zone_id, stretch.start_at))


async def _load(
    connection: AsyncConnection,
    suspicion: _Suspicion,
    on_record: Sequence[ZoneGap],
    concerned: set[int],
    stretch: Stretch,
) -> list[_Case]:
    by_zone: dict[int, list[ZoneGap]] = defaultdict(list)
    for known in on_record:
        by_zone[known.zone_id].append(known)
    zone_ids = {
        *suspicion.zone_ids,
        *(known.zone_id for known in on_record if known.gap.id in concerned),
    }
    asked = await requirements.of_zones(connection, zone_ids)
    starts = {
        zone_id: _start(
            by_zone[zone_id], concerned, asked[zone_id], suspicion.widened(stretch, zone_id)
        )
        for zone_id in zone_ids
    }
    if not starts:
        return []
    devices = await evidence.of_zones(connection, starts, until=stretch.end_at)
    blind = await evidence.blind_spans(connection, since=min(starts.values()), until=stretch.end_at)
    return [
        _Case(
            zone_id,
            asked[zone_id].facility_id,
            suspicion.plan.binding(asked[zone_id], (start, stretch.end_at)),
            devices[zone_id],
            blind,
            [known for known in by_zone[zone_id] if known.gap.start_at >= start],
            replace(stretch, start_at=start),
        )
        for zone_id, start in starts.items()
    ]


def _start(
    on_record: Sequence[ZoneGap],
    concerned: set[int],
    asked: Asked,
    stretch: Stretch,
) -> datetime:
    return judgement.reach_back(
        stretch,
        [known.gap for known in on_record],
        concerned=[known.gap for known in on_record if known.gap.id in concerned],
        tolerance=asked.longest_tolerance,
    )


def _decide(case: _Case) -> list[ZoneChange]:
    found = judgement.untolerated(
        case.requirements, case.devices, blind=case.blind, stretch=case.stretch
    )
    incidents: Mapping[int, int | None] = {
        known.gap.id: known.incident_id for known in case.on_record
    }
    changes = reconcile([known.gap for known in case.on_record], found)
    ends = frozenset(one.valid_to for one in case.requirements if one.valid_to is not None)
    return [
        ZoneChange(case.zone_id, case.facility_id, change, incidents, case.stretch.end_at, ends)
        for change in changes
    ]
