"""The page of one zone: what it requires, will require and required, and the form to change it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus

from fastapi import Request
from starlette.responses import Response

from services.api.access.caller import Caller
from services.api.access.find import watched_facility
from services.api.access.queries import Facility
from services.api.access.transactions import reading
from services.api.calendars import queries as calendars
from services.api.calendars import words as calendar_words
from services.api.calendars.schemas import CalendarOut
from services.api.console.frames import frame
from services.api.console.render import page
from services.api.resources import Resources
from services.api.zones import queries, words
from services.api.zones.find import zone_in
from services.api.zones.forms import KINDS
from services.api.zones.requirements import queries as requirements
from services.api.zones.requirements.schemas import RequirementOut
from services.api.zones.schemas import ZoneOut, ZoneWarningOut
from services.api.zones.warning import warnings_of
from shared.domain.access import Action


@dataclass(frozen=True, slots=True)
class _Content:
    """What the database says."""

    facility: Facility
    zone: ZoneOut | None
    history: Sequence[RequirementOut]
    warnings: Sequence[ZoneWarningOut]
    calendars: Sequence[CalendarOut]


async def sheet(
    request: Request,
    viewer: Caller,
    resources: Resources,
    place: tuple[str, str],
    given: Mapping[str, str],
    fault: str = "",
) -> Response:
    now = resources.now()
    content = await _content(viewer, resources, place)
    own = frame(request, viewer, now=now, time_zone=content.facility.time_zone)
    t = own.translator
    return page(
        own,
        "zone.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if fault else HTTPStatus.OK,
        facility=content.facility,
        zone=content.zone,
        rows=[(one, words.asks(one, t), _standing(one, now)) for one in content.history],
        warnings=[words.warned(one, t) for one in content.warnings],
        calendars=content.calendars,
        week_of=lambda one: calendar_words.week_of(one, t),
        on_holidays=calendar_words.ON_HOLIDAYS,
        kinds=KINDS,
        given=given,
        fault=fault,
        may_change=viewer.may(Action.MANAGE_DEVICES, content.facility)
        and content.zone is not None
        and content.zone.retired_at is None,
    )


async def _content(viewer: Caller, resources: Resources, place: tuple[str, str]) -> _Content:
    now = resources.now()
    async with reading(resources, viewer) as connection:
        facility = await watched_facility(connection, place[0], viewer)
        there = await zone_in(connection, facility.id, place[1])
        zone = await queries.shown(connection, facility.id, place[1], now=now)
        watchers = await queries.watchers(connection, there.id)
        return _Content(
            facility,
            zone,
            await requirements.history(connection, there.id),
            warnings_of(zone.requirement, watchers) if zone and not zone.retired_at else (),
            await calendars.of_facility(connection, facility.id, now=now),
        )


def _standing(one: RequirementOut, now: datetime) -> str:
    if one.valid_from > now:
        return "to_come"
    return "in_force" if one.valid_to is None or one.valid_to > now else "over"
