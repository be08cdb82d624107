"""`/incidents/{id}`: one incident with its strips, gaps and story."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Final

from fastapi import Request
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import Response

from services.api.access.caller import Caller
from services.api.access.find import watched_facility
from services.api.access.transactions import reading
from services.api.console import strip, words
from services.api.console.frames import HOME_ZONE, OFTEN, frame
from services.api.console.render import near, page
from services.api.facilities.sheet import MOST, picture_of
from services.api.facilities.shown import Line, Pen, Picture, line_of
from services.api.incidents import acknowledging, shown
from services.api.incidents import queries as incidents
from services.api.incidents.acting.forms import TypedAction, refusal_words, snooze_choices
from services.api.incidents.acting.offer import Offer, offer
from services.api.incidents.routes import read
from services.api.incidents.schemas import IncidentDetailOut
from services.api.incidents.story import queries as climbing
from services.api.incidents.story import words as story_words
from services.api.incidents.story.telling import story
from services.api.incidents.story.upcoming import Upcoming, next_words, upcoming
from services.api.overview import queries as overview_queries
from services.api.overview.facts import Facility
from services.api.overview.shown import TICKS, Voice
from services.api.resources import Resources
from services.api.zones import queries as zone_queries
from services.api.zones.schemas import ZoneOut
from shared.domain.access import Action, Scope
from shared.domain.states import IncidentState
from shared.i18n import Translator, names
from shared.runtime.errors import GiamsatError

AROUND: Final = timedelta(hours=1)
LONGEST: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Refused:
    """A form that was not taken, why, and what had been typed."""

    kind: str
    refusal: GiamsatError
    typed: TypedAction


@dataclass(frozen=True, slots=True)
class _Known:
    """What the page is drawn from besides the incident itself."""

    home: "_Home | None"
    next: Upcoming | None
    offer: Offer
    place: tuple[int | None, int] | None
    area: str | None
    refused: Refused | None


@dataclass(frozen=True, slots=True)
class _Home:
    """The facility concerned, and what is known of it around the incident."""

    facility: Facility | None
    zones: Sequence[ZoneOut]
    picture: Picture


async def story_page(
    request: Request,
    viewer: Caller,
    resources: Resources,
    incident_id: int,
    refused: Refused | None = None,
) -> Response:
    now = resources.now()
    incident = await read(incident_id, viewer, resources)
    home = None
    async with reading(resources, viewer) as connection:
        if incident.facility is not None:
            home = await _home(connection, viewer, incident.facility, _window(incident, now))
        climb = await climbing.climb(connection, incident_id, now=now)
        place = await incidents.place_of(connection, incident_id)
        area = await incidents.area_of(connection, incident_id)
    able = await offer(resources, viewer, incident, place)
    next_one = upcoming(incident, climb, now=now) if climb else None
    return _drawn(
        request, viewer, incident, _Known(home, next_one, able, place, area, refused), now=now
    )


def _window(incident: IncidentDetailOut, now: datetime) -> tuple[datetime, datetime]:
    """An hour before and after; of a very long one its end."""
    end = min(now, (incident.resolved_at or now) + AROUND).replace(microsecond=0)
    start = max(incident.since - AROUND, end - LONGEST).replace(microsecond=0)
    return start, end


async def _home(
    connection: AsyncConnection, viewer: Caller, code: str, window: tuple[datetime, datetime]
) -> _Home:
    place = await watched_facility(connection, code, viewer)
    found = await overview_queries.facilities(
        connection, Scope(facility_ids=(place.id,)), since=window[0]
    )
    zones = await zone_queries.of_facility_with_retired(
        connection, place.id, after="", limit=MOST, now=window[1]
    )
    return _Home(found[0] if found else None, zones, await picture_of(connection, place, window))


def _drawn(
    request: Request,
    viewer: Caller,
    incident: IncidentDetailOut,
    known: _Known,
    *,
    now: datetime,
) -> Response:
    home = known.home
    facility = home.facility if home else None
    zone = facility.time_zone if facility else HOME_ZONE
    own = frame(request, viewer, now=now, time_zone=zone, refresh=OFTEN)
    t = own.translator
    voice = Voice(t, near(t, zone, now))
    zones = {one.code: one.name for one in home.zones} if home else {}
    is_open = incident.state is IncidentState.OPEN
    end = incident.resolved_at or now
    taken = [shown.taken_words(one, voice) for one in incident.acknowledgements]
    may = is_open and acknowledging.may(viewer, Action.ACKNOWLEDGE, known.place)
    return page(
        own,
        "incident.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if known.refused else HTTPStatus.OK,
        incident=incident,
        cause=t.gettext(words.CAUSES[incident.cause]),
        facts=shown.facts(incident, voice),
        next=next_words(known.next, voice, now=now) if known.next else "",
        facility_code=incident.facility,
        facility_name=known.area or shown.named(facility, incident.facility, t),
        is_open=is_open,
        length=t.duration(end - incident.since),
        taken_up=taken,
        may_take=may and not taken,
        strips=_strips(incident, home, voice, now),
        gaps=shown.gap_rows(incident.gaps, zones, voice),
        timeline=story(incident, zones, voice),
        **_scale(home, zone, now),
        **_forms(incident, known, t),
    )


def _scale(home: _Home | None, zone: str, now: datetime) -> dict[str, object]:
    """What stands above the strips and below them."""
    window = home.picture.window if home else (now - AROUND, now)
    return {
        "is_proven": home is not None and home.picture.is_proven_somewhere,
        "is_excused": home is not None and home.picture.is_excused_somewhere,
        "ticks": strip.tick_marks(window, zone, mark_id=TICKS, every_h=_every_h(window)),
        "scale": strip.scale(window, zone, every_h=_every_h(window)),
    }


def _forms(incident: IncidentDetailOut, known: _Known, t: Translator) -> dict[str, object]:
    """What its reader may do, and what was wrong with what they did."""
    refused = known.refused
    minutes = snooze_choices(incident.severity)
    return {
        "can": known.offer,
        "fault": refusal_words(refused.refusal, t) if refused else "",
        "typed": refused.typed if refused else TypedAction(),
        "snoozes": [(n, t.duration(timedelta(minutes=n))) for n in minutes],
        "resolutions": story_words.RESOLUTIONS,
        "roles": names.ROLES,
    }


def _every_h(window: tuple[datetime, datetime]) -> int:
    hours = (window[1] - window[0]) / timedelta(hours=1)
    return next((step for step in (1, 3, 6, 12) if hours <= step * 10), 24)


def _strips(
    incident: IncidentDetailOut, home: _Home | None, voice: Voice, now: datetime
) -> list[Line]:
    """Only of the zones concerned."""
    if home is None:
        return []
    concerned = {gap.zone for gap in incident.gaps}
    pen = Pen(home.picture, voice, now)
    return [
        line_of(zone, home.picture.zones.get(zone.code, ()), pen)
        for zone in home.zones
        if zone.code in concerned
    ]
