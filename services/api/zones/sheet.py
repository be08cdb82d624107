"""The page of one zone: what was watched, what it requires, and the form to change that."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from http import HTTPStatus
from typing import Any

from fastapi import Request
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import Response

from services.api.access.caller import Caller
from services.api.access.find import watched_facility
from services.api.access.queries import Facility
from services.api.access.transactions import reading
from services.api.calendars import queries as calendars
from services.api.calendars import words as calendar_words
from services.api.calendars.schemas import CalendarOut
from services.api.console import strip
from services.api.console.frames import frame
from services.api.console.render import Frame, near, page
from services.api.coverage import picture as coverages
from services.api.coverage import queries as coverage_queries
from services.api.facilities import shown
from services.api.facilities.days import Days, window_of
from services.api.overview import queries as overview
from services.api.overview.picture import last_day
from services.api.overview.shown import TICKS, Voice
from services.api.resources import Resources
from services.api.zones import queries, words
from services.api.zones.find import zone_in
from services.api.zones.forms import KINDS
from services.api.zones.requirements import queries as requirements
from services.api.zones.requirements.schemas import RequirementOut
from services.api.zones.schemas import ZoneOut, ZoneWarningOut
from services.api.zones.warning import warnings_of
from shared.domain.access import Action
from shared.domain.intervals import Span
from shared.domain.schedule import local_day
from shared.domain.states import Quality, SecondState


@dataclass(frozen=True, slots=True)
class _Content:
    """What the database says."""

    facility: Facility
    zone: ZoneOut | None
    history: Sequence[RequirementOut]
    warnings: Sequence[ZoneWarningOut]
    picture: shown.Picture
    calendars: Sequence[CalendarOut]


@dataclass(frozen=True, slots=True)
class Asked:
    """A day to look at, or a form that was refused: what was given, and what was wrong."""

    day: date | None = None
    given: Mapping[str, str] = field(default_factory=dict)
    fault: str = ""


async def sheet(
    request: Request, viewer: Caller, resources: Resources, place: tuple[str, str], asked: Asked
) -> Response:
    now = resources.now()
    content = await _content(viewer, resources, place, asked.day)
    own = frame(request, viewer, now=now, time_zone=content.facility.time_zone)
    t = own.translator
    return page(
        own,
        "zone.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if asked.fault else HTTPStatus.OK,
        facility=content.facility,
        zone=content.zone,
        rows=[(one, words.asks(one, t), _standing(one, now)) for one in content.history],
        warnings=[words.warned(one, t) for one in content.warnings],
        calendars=content.calendars,
        week_of=lambda one: calendar_words.week_of(one, t),
        on_holidays=calendar_words.ON_HOLIDAYS,
        kinds=KINDS,
        given=asked.given,
        fault=asked.fault,
        may_change=viewer.may(Action.MANAGE_DEVICES, content.facility)
        and content.zone is not None
        and content.zone.retired_at is None,
        **_watch(content, asked, own, now),
    )


def _watch(content: _Content, asked: Asked, own: Frame, now: datetime) -> dict[str, Any]:
    """What was watched in the time looked at."""
    zone, picture = content.facility.time_zone, content.picture
    pen = shown.Pen(picture, Voice(own.translator, near(own.translator, zone, now)), now)
    days = Days(asked.day, local_day(now, zone))
    spans = [] if content.zone is None else picture.zones.get(content.zone.code, ())
    return {
        "days": days,
        "heading": days.heading(own.translator),
        "line": None if content.zone is None else shown.line_of(content.zone, spans, pen),
        "sums": shown.sums_of([spans]),
        "episodes": [] if content.zone is None else shown.episodes([content.zone], pen),
        "is_proven": any(span.quality is Quality.PROVEN for span in spans),
        "is_unasked": any(span.state is SecondState.NOT_REQUIRED for span in spans),
        "is_excused": any(span.excused for span in spans),
        "ticks": strip.tick_marks(picture.window, zone, mark_id=TICKS),
        "scale": strip.scale(picture.window, zone),
    }


async def _content(
    viewer: Caller, resources: Resources, place: tuple[str, str], day: date | None
) -> _Content:
    now = resources.now()
    async with reading(resources, viewer) as connection:
        facility = await watched_facility(connection, place[0], viewer)
        there = await zone_in(connection, facility.id, place[1])
        zone = await queries.shown(connection, facility.id, place[1], now=now)
        watchers = await queries.watchers(connection, there.id)
        if day is None:
            window = last_day(await overview.horizon(connection), now=now)
        else:
            window = window_of(day, facility.time_zone)
        return _Content(
            facility,
            zone,
            await requirements.history(connection, there.id),
            warnings_of(zone.requirement, watchers) if zone and not zone.retired_at else (),
            await picture_of(connection, facility, there.code, window),
            await calendars.of_facility(connection, facility.id, now=now),
        )


async def picture_of(
    connection: AsyncConnection, facility: Facility, code: str, window: Span[datetime]
) -> shown.Picture:
    """Of one zone, without its devices."""
    record = await coverage_queries.record(connection, facility, window)
    own = replace(record, zones=[one for one in record.zones if one.code == code])
    known = coverages.zones(own, window)
    return shown.Picture(window, {one.zone: one.spans for one in known}, {})


def _standing(one: RequirementOut, now: datetime) -> str:
    if one.valid_from > now:
        return "to_come"
    return "in_force" if one.valid_to is None or one.valid_to > now else "over"
