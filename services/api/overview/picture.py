"""From what is on record to the picture of the last day: pure, whole seconds, no database."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Final

from services.api.overview.facts import (
    Facility,
    Fault,
    Figures,
    Gap,
    Horizon,
    Now,
    OpenIncident,
    Outlook,
    Overview,
    Record,
    Stretch,
    Unwatched,
)
from shared.domain.coverage import Knowledge, Moments
from shared.domain.intervals import intersect, normal, subtract, union
from shared.domain.states import WHOLE_FACILITY, Cause, Quality, SecondState

DAY: Final = timedelta(days=1)
#: So long without new evidence, and the platform itself is the one that does not see.
BLIND_AFTER: Final = timedelta(seconds=30)
_ORDER: Final = {now: place for place, now in enumerate(Now)}
_start = attrgetter("start_at")


def overview(record: Record, *, now: datetime) -> Overview:
    """The last day up to what is known; up to now, once the platform has gone blind."""
    until = record.horizon.until
    is_blind = _is_blind(until, now)
    end = last_day(record.horizon, now=now)[1]
    unseen = ((until or end - DAY, max(end, until or end)),)
    known = Knowledge(until=until or end - DAY, blind=union(record.blind, unseen))
    outlooks = [
        _outlook(facility, record, known, (end - DAY, end)) for facility in record.facilities
    ]
    outlooks.sort(key=_concern)
    return Overview(
        start_at=end - DAY,
        end_at=end,
        known_until=until,
        is_blind=is_blind,
        unwatched=_unwatched(record),
        outlooks=tuple(outlooks),
        figures=_total([outlook.figures for outlook in outlooks]),
        untaken=sum(1 for incident in record.incidents if not incident.taken),
    )


def last_day(horizon: Horizon, *, now: datetime) -> tuple[datetime, datetime]:
    """On whole seconds, as an overview draws it."""
    until = horizon.until
    end = (now if until is None or _is_blind(until, now) else until).replace(microsecond=0)
    return end - DAY, end


def _is_blind(until: datetime | None, now: datetime) -> bool:
    return until is None or now - until > BLIND_AFTER


def _concern(outlook: Outlook) -> tuple[int, float, str]:
    share = outlook.figures.share
    return _ORDER[outlook.now], 1.0 if share is None else share, outlook.facility.name


def _outlook(
    facility: Facility, record: Record, known: Knowledge, window: tuple[datetime, datetime]
) -> Outlook:
    gaps = record.gaps.get(facility.id, ())
    faults = record.faults.get(facility.id, ())
    late = record.late.get(facility.id, ())
    proved = record.proved.get(facility.id, ())
    if proved:
        known = Knowledge(known.until, subtract(known.blind, proved))
    stretches = of_facility(facility.required, gaps, faults, late=late, known=known, window=window)
    return Outlook(
        facility=facility,
        stretches=stretches,
        now=_now(facility, gaps, faults, known=known, end=window[1]),
        figures=_figures(stretches, window),
        gap_count=_gap_count(stretches),
    )


def _figures(stretches: Sequence[Stretch], window: tuple[datetime, datetime]) -> Figures:
    sums = dict.fromkeys(SecondState, 0)
    excused_s = 0
    for stretch in stretches:
        length = _seconds((stretch.start_at, stretch.end_at))
        sums[stretch.state] += length
        excused_s += length if stretch.excused else 0
    return Figures(
        watched_s=sums[SecondState.COVERED] + sums[SecondState.IMPAIRED],
        gap_s=sums[SecondState.GAP],
        excused_s=excused_s,
        unknown_s=sums[SecondState.UNKNOWN],
        not_required_s=_seconds(window) - sum(sums.values()),
    )


def _total(figures: Sequence[Figures]) -> Figures:
    return Figures(
        sum(one.watched_s for one in figures),
        sum(one.gap_s for one in figures),
        sum(one.excused_s for one in figures),
        sum(one.unknown_s for one in figures),
        sum(one.not_required_s for one in figures),
    )


def _gap_count(stretches: Sequence[Stretch]) -> int:
    """A gap that is in part excused is one."""
    if not any(stretch.excused for stretch in stretches):
        return sum(1 for stretch in stretches if stretch.state is SecondState.GAP)
    gaps = [(s.start_at, s.end_at) for s in stretches if s.state is SecondState.GAP]
    return len(normal(gaps))


def _seconds(span: tuple[datetime, datetime]) -> int:
    return round((span[1] - span[0]).total_seconds())


def of_facility(
    required: Moments,
    gaps: Sequence[Gap],
    faults: Sequence[Fault],
    *,
    late: Moments,
    known: Knowledge,
    window: tuple[datetime, datetime],
) -> tuple[Stretch, ...]:
    """Where two states meet the first of these has it: unknown, gap, impaired, late, live.

    A gap goes on through blindness, but what we could not see is not held against anybody.

    `known.blind` reaches to the end of the window where that is past what is known.
    """
    left = _whole(required, window)
    found: list[Stretch] = []
    taken, left = _take(known.blind, left, window)
    found += [Stretch(a, b, SecondState.UNKNOWN) for a, b in taken]
    for cause, spans, is_excused in _by_cause(gaps, known.until):
        taken, left = _take(spans, left, window)
        found += [Stretch(a, b, SecondState.GAP, cause=cause, excused=is_excused) for a, b in taken]
    for fault in faults:
        taken, left = _take(fault.spans, left, window)
        found += [Stretch(a, b, SecondState.IMPAIRED, fault=fault.fault) for a, b in taken]
    taken, left = _take(late, left, window)
    found += [Stretch(a, b, SecondState.COVERED, Quality.LATE) for a, b in taken]
    found += [Stretch(a, b, SecondState.COVERED, Quality.LIVE) for a, b in left]
    found.sort(key=_start)
    return tuple(found)


def _by_cause(gaps: Sequence[Gap], until: datetime) -> Iterator[tuple[Cause | None, Moments, bool]]:
    """What nothing excuses comes first: it is never hidden by what is excused in another zone."""
    causes = {gap.cause for gap in gaps}
    for cause in causes:
        yield cause, _spans(_bare(g, until) for g in gaps if g.cause is cause), False
    for cause in causes:
        if excused := _spans(g.excused for g in gaps if g.cause is cause):
            yield cause, excused, True


def _bare(gap: Gap, until: datetime) -> Moments:
    whole = ((gap.from_at, gap.to_at or until),)
    return subtract(whole, gap.excused) if gap.excused else whole


def _spans(sets: Iterable[Moments]) -> Moments:
    return tuple(span for spans in sets for span in spans)


def _take(
    spans: Moments, left: Moments, window: tuple[datetime, datetime]
) -> tuple[Moments, Moments]:
    """What of the spans is still to be had, and what is then left."""
    if not spans:
        return (), left
    taken = intersect(_whole(spans, window), left)
    return taken, subtract(left, taken) if taken else left


def _now(
    facility: Facility,
    gaps: Sequence[Gap],
    faults: Sequence[Fault],
    *,
    known: Knowledge,
    end: datetime,
) -> Now:
    if any(gap.to_at is None for gap in gaps):
        return Now.GAP
    if not any(start <= end < stop for start, stop in facility.required):
        return Now.NOT_REQUIRED
    if end - known.until > BLIND_AFTER:
        return Now.UNKNOWN
    return Now.IMPAIRED if any(fault.is_now for fault in faults) else Now.COVERED


def _unwatched(record: Record) -> tuple[Unwatched, ...]:
    """The longest unwatched first."""
    incidents: dict[int, list[OpenIncident]] = {}
    for incident in record.incidents:
        if incident.facility_id is not None:
            incidents.setdefault(incident.facility_id, []).append(incident)
    entries = [
        _unwatched_one(facility, lasting, record.faults.get(facility.id, ()), incidents)
        for facility in record.facilities
        if (lasting := [g for g in record.gaps.get(facility.id, ()) if g.to_at is None])
    ]
    return tuple(sorted(entries, key=lambda entry: entry.since_at))


def _unwatched_one(
    facility: Facility,
    gaps: Sequence[Gap],
    faults: Sequence[Fault],
    incidents: dict[int, list[OpenIncident]],
) -> Unwatched:
    ids = {gap.incident_id for gap in gaps}
    causes = {gap.cause for gap in gaps if gap.cause}
    # Silence of the whole facility explains every other silence in it.
    cause = min(causes & WHOLE_FACILITY or causes, default=None)
    return Unwatched(
        facility=facility,
        since_at=min(gap.from_at for gap in gaps),
        zones=tuple(sorted({gap.zone_name for gap in gaps})),
        cause=cause,
        faults=tuple(fault for fault in faults if fault.is_now),
        incidents=tuple(i for i in incidents.get(facility.id, ()) if i.id in ids),
        is_excused=all(gap.is_excused_now for gap in gaps),
    )


def _whole(spans: Moments, window: tuple[datetime, datetime]) -> Moments:
    """Out to whole seconds, within the window."""
    first, last = window
    if len(spans) == 1 and spans[0][0] <= first and last <= spans[0][1]:
        return (window,)  # as with nearly every facility: it was required all day
    clipped = ((max(_floor(start), first), min(_ceil(end), last)) for start, end in spans)
    return normal(clipped) if len(spans) > 1 else tuple(s for s in clipped if s[0] < s[1])


def _floor(instant: datetime) -> datetime:
    return instant.replace(microsecond=0) if instant.microsecond else instant


def _ceil(instant: datetime) -> datetime:
    return _floor(instant) + timedelta(seconds=1) if instant.microsecond else instant
