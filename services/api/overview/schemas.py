"""The overview as the API tells it. Structs, not models: 500 facilities are written in 2 ms."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from services.api.overview.facts import Now, OpenIncident, Outlook, Overview, Stretch, Unwatched
from shared.domain.states import Cause, Quality, SecondState, WatchState


class SpanOut(
    msgspec.Struct, frozen=True, omit_defaults=True, rename={"start": "from", "end": "to"}
):
    """Time of one state; time in no span did not have to be watched. A gap is `excused` where
    approved maintenance excuses it in every zone that was not watched."""

    start: datetime
    end: datetime
    state: SecondState
    quality: Quality | None = None
    fault: WatchState | None = None
    cause: Cause | None = None
    excused: bool = False


class FacilityOut(msgspec.Struct, frozen=True):
    """One facility's last day; `share` is of the time that had to be watched and is known.

    Watched, gap, unknown and not required add up to the day; `excused_s` is a part of `gap_s`.
    """

    code: str
    name: str
    commune: str
    ownership: str
    children: int
    time_zone: str
    now: Now
    share: float | None
    watched_s: int
    required_s: int
    gap_s: int
    excused_s: int
    unknown_s: int
    not_required_s: int
    spans: list[SpanOut]


class ToldOut(msgspec.Struct, frozen=True):
    """A role that was sent word."""

    role: str
    at: datetime


class TakenOut(msgspec.Struct, frozen=True):
    """Who took it up."""

    name: str
    at: datetime


class IncidentOut(msgspec.Struct, frozen=True):
    """An open incident behind it."""

    id: int
    cause: Cause
    since: datetime
    told: list[ToldOut]
    acknowledged: list[TakenOut]


class UnwatchedOut(msgspec.Struct, frozen=True):
    """Not watched right now; `excused` if approved maintenance excuses all of it."""

    facility: str
    name: str
    children: int
    since: datetime
    cause: Cause | None
    zones: Sequence[str]
    excused: bool
    incidents: list[IncidentOut]


class FiguresOut(msgspec.Struct, frozen=True):
    """The sums. Seconds add up to a day of each facility; `excused_s` is a part of `gap_s`."""

    facilities: int
    facilities_unwatched: int
    children: int
    children_unwatched: int
    incidents_not_acknowledged: int
    share: float | None
    watched_s: int
    gap_s: int
    excused_s: int
    unknown_s: int
    not_required_s: int


class OverviewOut(msgspec.Struct, frozen=True, rename={"start": "from", "end": "to"}):
    """Who is not watched right now, and everybody's last day, worst first."""

    start: datetime
    end: datetime
    known_until: datetime | None
    is_blind: bool
    figures: FiguresOut
    unwatched: list[UnwatchedOut]
    facilities: list[FacilityOut]


def encoded(overview: Overview) -> bytes:
    return msgspec.json.encode(_overview(overview))


def _overview(overview: Overview) -> OverviewOut:
    return OverviewOut(
        start=overview.start_at,
        end=overview.end_at,
        known_until=overview.known_until,
        is_blind=overview.is_blind,
        figures=FiguresOut(
            facilities=len(overview.outlooks),
            facilities_unwatched=len(overview.unwatched),
            children=overview.children,
            children_unwatched=overview.children_unwatched,
            incidents_not_acknowledged=overview.untaken,
            share=overview.figures.share,
            watched_s=overview.figures.watched_s,
            gap_s=overview.figures.gap_s,
            excused_s=overview.figures.excused_s,
            unknown_s=overview.figures.unknown_s,
            not_required_s=overview.figures.not_required_s,
        ),
        unwatched=[_unwatched(entry) for entry in overview.unwatched],
        facilities=[_facility(outlook) for outlook in overview.outlooks],
    )


def _facility(outlook: Outlook) -> FacilityOut:
    facility, figures = outlook.facility, outlook.figures
    return FacilityOut(
        code=facility.code,
        name=facility.name,
        commune=facility.commune,
        ownership=facility.ownership,
        children=facility.children,
        time_zone=facility.time_zone,
        now=outlook.now,
        share=figures.share,
        watched_s=figures.watched_s,
        required_s=figures.required_s,
        gap_s=figures.gap_s,
        excused_s=figures.excused_s,
        unknown_s=figures.unknown_s,
        not_required_s=figures.not_required_s,
        spans=[_span(stretch) for stretch in outlook.stretches],
    )


def _span(stretch: Stretch) -> SpanOut:
    return SpanOut(
        stretch.start_at, stretch.end_at, stretch.state,
        stretch.quality, stretch.fault, stretch.cause, stretch.excused,
    )  # fmt: skip


def _unwatched(entry: Unwatched) -> UnwatchedOut:
    return UnwatchedOut(
        facility=entry.facility.code,
        name=entry.facility.name,
        children=entry.facility.children,
        since=entry.since_at,
        cause=entry.cause,
        zones=entry.zones,
        excused=entry.is_excused,
        incidents=[_incident(incident) for incident in entry.incidents],
    )


def _incident(incident: OpenIncident) -> IncidentOut:
    return IncidentOut(
        id=incident.id,
        cause=incident.cause,
        since=incident.since_at,
        told=[ToldOut(told.role, told.sent_at) for told in incident.told],
        acknowledged=[TakenOut(taken.name, taken.acknowledged_at) for taken in incident.taken],
    )
