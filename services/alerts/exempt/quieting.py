"""Finds what nobody, or not everybody, is told of because of an exemption, and says when it ends.

An incident is kept quiet while all that lasts of it is exempt: `incident.muted_by` says by which
approval. The day it no longer is, its ladder begins to count, and the facility hears why now.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from services.alerts.exempt import queries
from services.alerts.exempt.queries import Exemption, Lasting, Standing
from services.alerts.group.queries import OpenIncident
from services.alerts.history import queries as history
from services.alerts.history.queries import Event
from shared.domain import exemptions
from shared.domain.approvals import Kind
from shared.domain.exemptions import INSTANT, Moments, Part, Released
from shared.domain.incidents import HOLD, EventKind
from shared.domain.intervals import intersect, union
from shared.domain.states import GapState


@dataclass(frozen=True, slots=True)
class Ending:
    """An incident that was kept quiet, and is not any more."""

    incident: OpenIncident
    exemption: Exemption
    why: Released
    at: datetime

    @property
    def is_news(self) -> bool:
        """What outgrew a maintenance window is told as anything else is."""
        is_mute = self.exemption.approval.kind is Kind.MUTE
        return is_mute or self.why is not Released.OUTGROWN


@dataclass(frozen=True, slots=True)
class Quiet:
    """Of a tick: the incidents nobody is told of, those the facility is not told of, new gaps that
    are no news, what is to be written down, and what is told again."""

    kept: frozenset[int] = frozenset()
    muted: frozenset[int] = frozenset()
    gaps: frozenset[int] = frozenset()
    events: tuple[Event, ...] = ()
    endings: tuple[Ending, ...] = ()

    def tellable(self, opens: Sequence[OpenIncident]) -> list[OpenIncident]:
        """What is released in this tick has its clock set: its turn is the next one."""
        passed = self.kept | {ending.incident.id for ending in self.endings}
        return [incident for incident in opens if incident.id not in passed]

    def news(self, gap_ids: Sequence[int]) -> list[int]:
        return [gap_id for gap_id in gap_ids if gap_id not in self.gaps]


NOTHING: Final = Quiet()


async def look(
    connection: AsyncConnection,
    opens: Sequence[OpenIncident],
    *,
    until: datetime,
    now: datetime,
) -> Quiet:
    """Load what may be exempt, decide, write. Nothing is loaded while nothing is exempt."""
    moment = Moment(min(until, now), now)
    if not await queries.is_any(connection, now=now):
        return NOTHING
    granted = await queries.approved(connection, now=now)
    mine = {incident.id: incident for incident in opens if incident.facility_id is not None}
    was = {i: by for i, by in (await queries.quiet(connection)).items() if i in mine}
    gaps = await queries.lasting(connection, granted, list(mine), now=now)
    found = await _cases(connection, gaps, granted, moment)
    quiet_gaps, by = _decide(found, was, granted, moment)
    changed = {i: by.get(i) for i in mine if by.get(i) != was.get(i)}
    endings = tuple(
        _ending(mine[i], granted[was[i]], now) for i in changed if i in was and by.get(i) is None
    )
    await queries.keep_quiet(connection, changed)
    await queries.count_from(
        connection,
        {e.incident.id: e.at for e in endings if e.exemption.approval.kind is Kind.MAINTENANCE},
    )
    begun = [_muted(mine[i], granted[to], now) for i, to in changed.items() if to is not None]
    return Quiet(
        kept=frozenset(i for i, to in by.items() if _kind(granted, to) is Kind.MAINTENANCE),
        muted=frozenset(i for i, to in by.items() if _kind(granted, to) is Kind.MUTE),
        gaps=frozenset(quiet_gaps),
        events=(*begun, *(_ended(ending) for ending in endings)),
        endings=endings,
    )


@dataclass(frozen=True, slots=True)
class Excused:
    """Of incidents that are over before anybody was told: of which nobody is to be told, of which
    the facility is not, and for how long those that were exempt in part were not."""

    kept: frozenset[int] = frozenset()
    muted: frozenset[int] = frozenset()
    counted: Mapping[int, timedelta] = field(default_factory=dict)


async def excuse(
    connection: AsyncConnection, over: Sequence[OpenIncident], *, now: datetime
) -> Excused:
    """What is not told, or not to everybody, is on record with its reason."""
    since = min((incident.since_at for incident in over), default=now)
    granted = await queries.approved(connection, since=since, now=now)
    mine = {incident.id: incident for incident in over if incident.facility_id is not None}
    if not granted or not mine:
        return Excused()
    states = (GapState.OPEN, GapState.CLOSED)
    gaps = await queries.lasting(connection, granted, list(mine), states=states, now=now)
    moment = Moment(now, now)
    parts: dict[Kind, dict[int, list[Part]]] = {kind: defaultdict(list) for kind in Kind}
    for case in await _cases(connection, gaps, granted, moment):
        for kind in (Kind.MAINTENANCE, Kind.MUTE):
            parts[kind][case.lasting.incident_id].append(case.part(kind, moment))
    kept = _quiet(parts[Kind.MAINTENANCE])
    muted = {i: by for i, by in _quiet(parts[Kind.MUTE]).items() if i not in kept}
    by = kept | muted
    await queries.keep_quiet(connection, by)
    events = [_muted(mine[i], granted[number], now) for i, number in by.items()]
    await history.append(connection, events, now=now)
    lengths = {
        i: exemptions.counted(own)
        for i, own in parts[Kind.MAINTENANCE].items()
        if any(part.exempt for part in own)
    }
    return Excused(frozenset(kept), frozenset(muted), lengths)


def _quiet(parts: Mapping[int, Sequence[Part]]) -> dict[int, int]:
    return {i: number for i, own in parts.items() if (number := exemptions.kept_quiet_by(own))}


def _kind(granted: Mapping[int, Exemption], number: int) -> Kind:
    return granted[number].approval.kind


@dataclass(frozen=True, slots=True)
class Moment:
    """Up to when all is judged, and what time it is."""

    until: datetime
    now: datetime

    @property
    def after(self) -> datetime:
        """Just after now: what holds now has a part before it."""
        return self.now + INSTANT


@dataclass(frozen=True, slots=True)
class _Case:
    """One lasting gap, and when which exemption of a kind covers it."""

    lasting: Lasting
    exempt: Mapping[Kind, tuple[tuple[int, Moments], ...]] = field(default_factory=dict)

    def part(self, kind: Kind, moment: Moment) -> Part:
        tolerance = max(self.lasting.duty.max_gap, HOLD)
        start, end = self.lasting.from_at, self.lasting.to_at or moment.until
        return Part((start, max(end, start + INSTANT)), tolerance, self.exempt[kind])


async def _cases(
    connection: AsyncConnection,
    gaps: Sequence[Lasting],
    granted: Mapping[int, Exemption],
    moment: Moment,
) -> list[_Case]:
    by_device = [gap for gap in gaps if gap.devices]
    standing = await queries.watchers(
        connection,
        {gap.zone_id for gap in by_device},
        since=min((gap.from_at for gap in by_device), default=moment.now),
        now=moment.now,
    )
    return [_case(gap, granted, standing.get(gap.zone_id, ()), moment) for gap in gaps]


def _case(
    gap: Lasting, granted: Mapping[int, Exemption], standing: Sequence[Standing], moment: Moment
) -> _Case:
    """Exemptions of several devices count together; each is named for when it holds."""
    exempt: dict[Kind, list[tuple[int, Moments]]] = {kind: [] for kind in Kind}
    held = {
        number: exemptions.held(granted[number].approval, (gap.from_at, moment.after))
        for number in gap.touched
    }
    for kind in (Kind.MAINTENANCE, Kind.MUTE):
        own = {number: held[number] for number in held if _kind(granted, number) is kind}
        together = _by_devices(gap, own, standing, moment)
        for number, spans in own.items():
            covered = spans if number in gap.whole else intersect(together, spans)
            if covered:
                exempt[kind].append((number, covered))
    return _Case(gap, {kind: tuple(spans) for kind, spans in exempt.items()})


def _by_devices(
    gap: Lasting, held: Mapping[int, Moments], standing: Sequence[Standing], moment: Moment
) -> Moments:
    """What exempt devices mean for their zone, as far as is judged, and on from there."""
    watchers = [
        replace(one.watcher, exempt=union(*(held.get(n, ()) for n in gap.devices.get(one.id, ()))))
        for one in standing
        if gap.kinds is None or one.kind in gap.kinds
    ]
    until = gap.to_at or moment.until
    known = exemptions.excused(((gap.from_at, until),), gap.duty, watchers)
    if gap.to_at is not None or not known or known[-1][1] < until:
        return known
    return union(known, ((moment.until, moment.after),))


def _decide(
    cases: Sequence[_Case],
    was: Mapping[int, int],
    granted: Mapping[int, Exemption],
    moment: Moment,
) -> tuple[set[int], dict[int, int]]:
    """The gaps nobody hears of, and the incidents kept quiet, by which approval."""
    by_incident: dict[int, list[_Case]] = defaultdict(list)
    for case in cases:
        by_incident[case.lasting.incident_id].append(case)
    quiet = {
        case.lasting.id
        for case in cases
        if exemptions.kept_quiet_by([case.part(Kind.MAINTENANCE, moment)]) is not None
    }
    by = {i: number for i, own in by_incident.items() if (number := _by_which(own, moment))}
    # What comes and goes is at times not there: it stays as it is while the exemption holds.
    absent = {
        i: number
        for i, number in was.items()
        if i not in by_incident
        and exemptions.holds_until(granted[number].approval, moment.now) is not None
    }
    return quiet, by | absent


def _by_which(cases: Collection[_Case], moment: Moment) -> int | None:
    """Maintenance says more than a mute."""
    kept = exemptions.kept_quiet_by([case.part(Kind.MAINTENANCE, moment) for case in cases])
    if kept is not None:
        return kept
    return exemptions.muted_by([case.part(Kind.MUTE, moment) for case in cases], moment.now)


def _ending(incident: OpenIncident, exemption: Exemption, now: datetime) -> Ending:
    return Ending(
        incident,
        exemption,
        exemptions.why_released(exemption.approval, now),
        exemptions.released_at(exemption.approval, now),
    )


def _muted(incident: OpenIncident, exemption: Exemption, now: datetime) -> Event:
    it = exemption.approval
    detail = {
        "approval": exemption.id,
        "reason": it.kind,
        "until": exemptions.holds_until(it, now),
        "nobody_told": it.kind is Kind.MAINTENANCE,
        "approved_by": it.decided_by,
    }
    return Event(EventKind.MUTED, incident.facility_id, incident.id, detail=detail)


def _ended(ending: Ending) -> Event:
    detail = {
        "approval": ending.exemption.id,
        "was": ending.exemption.approval.kind,
        "reason": ending.why,
        "at": ending.at,
    }
    incident = ending.incident
    return Event(EventKind.EXEMPTION_ENDED, incident.facility_id, incident.id, detail=detail)
