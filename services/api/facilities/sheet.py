"""The page of one facility; also what a form on it that was refused comes back to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from http import HTTPStatus
from typing import Any, Final

from fastapi import Request
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import Response

from services.api.access.caller import Caller
from services.api.access.find import watched_facility
from services.api.access.queries import Facility
from services.api.access.transactions import reading
from services.api.console import strip
from services.api.console.frames import OFTEN, frame
from services.api.console.render import near, page
from services.api.coverage import picture as coverages
from services.api.coverage import queries as coverage_queries
from services.api.devices.schemas import DeviceOut
from services.api.devices.shown import device_rows
from services.api.devices.standing import queries as devices
from services.api.discovered import queries as discovered
from services.api.discovered.schemas import DiscoveredOut
from services.api.facilities import shapes, shown
from services.api.facilities.days import Days, window_of
from services.api.facilities.listing import queries as facilities
from services.api.facilities.schemas import FacilityOut
from services.api.licences import words as law
from services.api.overview import picture as overviews
from services.api.overview import queries as overview_queries
from services.api.overview.facts import Gap, Now, Outlook
from services.api.overview.shown import TICKS, Voice
from services.api.problems import MissingError
from services.api.profiles import queries as profiles
from services.api.profiles.names import name_of
from services.api.profiles.schemas import ProfileOut
from services.api.resources import Resources
from services.api.security import queries as security
from services.api.security import shown as events
from services.api.security.schemas import SecurityEventOut
from services.api.zones import queries as zones
from services.api.zones.schemas import ZoneOut
from shared.domain.access import Action, Scope
from shared.domain.places import DeviceKind
from shared.domain.schedule import local_day
from shared.i18n import marked

MOST: Final = 500

ANSWERS: Final[Mapping[Now, str]] = {
    Now.GAP: marked("Not watched right now"),
    Now.IMPAIRED: marked("Watched, but a camera has a poor picture"),
    Now.UNKNOWN: marked("Not known right now: the system is not receiving"),
    Now.COVERED: marked("Every zone is being watched"),
    Now.NOT_REQUIRED: marked("Nothing has to be watched here right now"),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """A day to look at, or a form that was refused: what was given, and what was wrong."""

    day: date | None = None
    given: Mapping[str, str] = field(default_factory=dict)
    faults: Mapping[str, str] = field(default_factory=dict)
    found: str = ""


@dataclass(frozen=True, slots=True)
class _Content:
    """What the database says."""

    facility: Facility
    outlook: Outlook
    gaps_now: list[Gap]
    zones: list[ZoneOut]
    devices: list[DeviceOut]
    picture: shown.Picture
    home: FacilityOut
    events: Sequence[SecurityEventOut]
    profiles: Sequence[ProfileOut]
    found: Sequence[DiscoveredOut]


async def sheet(
    request: Request, viewer: Caller, resources: Resources, code: str, asked: Asked
) -> Response:
    now = resources.now()
    async with reading(resources, viewer) as connection:
        content = await _content(connection, viewer, code, now=now, day=asked.day)
    return _drawn(request, viewer, content, asked=asked, now=now)


async def _content(
    connection: AsyncConnection, viewer: Caller, code: str, *, now: datetime, day: date | None
) -> _Content:
    facility = await watched_facility(connection, code, viewer)
    here = Scope(facility_ids=(facility.id,))
    today = local_day(now, facility.time_zone)
    home = await facilities.one(connection, code, here, on=None, today=today)
    record = await overview_queries.record(connection, here, now=now)
    view = overviews.overview(record, now=now)
    if home is None or not view.outlooks:
        raise MissingError("facility in service")
    window = (view.start_at, view.end_at) if day is None else window_of(day, facility.time_zone)
    return _Content(
        facility=facility,
        outlook=view.outlooks[0],
        gaps_now=[gap for gap in record.gaps.get(facility.id, ()) if gap.to_at is None],
        zones=list(await zones.of_facility(connection, facility.id, after="", limit=MOST, now=now)),
        devices=list(
            await devices.of_facility(connection, facility.id, after="", limit=MOST, now=now)
        ),
        picture=await picture_of(connection, facility, window),
        home=home,
        events=await events_of(connection, viewer, facility),
        profiles=await profiles.of_service(connection, after="", limit=MOST),
        found=await _found(connection, viewer, facility),
    )


async def _found(
    connection: AsyncConnection, viewer: Caller, facility: Facility
) -> Sequence[DiscoveredOut]:
    """For whoever registers devices there."""
    if not viewer.may(Action.MANAGE_DEVICES, facility):
        return ()
    return await discovered.unregistered(connection, facility.id, after="", limit=MOST)


async def events_of(
    connection: AsyncConnection, viewer: Caller, facility: Facility, device: str | None = None
) -> Sequence[SecurityEventOut]:
    """Those that the viewer may see; one more than are shown tells whether there are more."""
    if not viewer.may(Action.SEE_QUARANTINE, facility):
        return ()
    return await security.of_facility(
        connection, facility.id, device_code=device, limit=events.MOST + 1
    )


async def picture_of(
    connection: AsyncConnection, facility: Facility, window: tuple[datetime, datetime]
) -> shown.Picture:
    record = await coverage_queries.record(connection, facility, window)
    known = coverages.coverage(facility.code, record, window)
    return shown.Picture(
        window,
        {one.zone: one.spans for one in known.zones},
        {one.device: one.spans for one in known.devices},
    )


def _drawn(
    request: Request, viewer: Caller, content: _Content, *, asked: Asked, now: datetime
) -> Response:
    zone = content.facility.time_zone
    own = frame(request, viewer, now=now, time_zone=zone, refresh=OFTEN)
    days = Days(asked.day, local_day(now, zone))
    pen = shown.Pen(content.picture, Voice(own.translator, near(own.translator, zone, now)), now)
    return page(
        own,
        "facility.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if asked.faults else HTTPStatus.OK,
        days=days,
        heading=days.heading(own.translator),
        given=_given(asked, content.found),
        profiles={one.code: name_of(one.name, own.translator) for one in content.profiles},
        found=content.found,
        faults=asked.faults,
        may_register=viewer.may(Action.MANAGE_DEVICES, content.facility),
        may_change=viewer.may(Action.CHANGE_FACILITY, content.facility),
        **_answer(content),
        **_strips(content, pen),
        **_devices(content, pen.voice),
    )


def _given(asked: Asked, found: Sequence[DiscoveredOut]) -> Mapping[str, str]:
    """What was typed, or what is known of the camera that somebody chose."""
    for one in found:
        if one.endpoint == asked.found:
            name = one.name or one.hardware
            known = {"endpoint": one.endpoint, "name": name, "kind": DeviceKind.CAMERA.value}
            return {**known, "profile": "onvif-camera", **asked.given}
    return asked.given


def _answer(content: _Content) -> dict[str, Any]:
    return {
        "facility": content.outlook.facility,
        "home": content.home,
        "law": law,
        "shape": shapes.shape,
        "answer": ANSWERS[content.outlook.now],
        "mood": content.outlook.now,
        "gaps_now": content.gaps_now,
        "zone_names_now": {gap.zone_name for gap in content.gaps_now},
    }


def _strips(content: _Content, pen: shown.Pen) -> dict[str, Any]:
    window, time_zone = content.picture.window, content.facility.time_zone
    return {
        "zones": shown.zone_lines(content.zones, content.devices, pen),
        "episodes": shown.episodes(content.zones, pen),
        "sums": shown.sums_of(content.picture.zones.get(one.code, ()) for one in content.zones),
        "is_proven": content.picture.is_proven_somewhere,
        "is_unasked": content.picture.is_unasked_somewhere,
        "is_excused": content.picture.is_excused_somewhere,
        "ticks": strip.tick_marks(window, time_zone, mark_id=TICKS),
        "scale": strip.scale(window, time_zone),
        "zone_choices": content.zones,
    }


def _devices(content: _Content, voice: Voice) -> dict[str, Any]:
    device_names = {device.code: device.name for device in content.devices}
    # A place on a round says nothing, so it signs nothing.
    signing = [d for d in content.devices if d.zone and d.kind is not DeviceKind.ROUND_POINT]
    return {
        "gateways": [one for one in content.devices if one.kind is DeviceKind.GATEWAY],
        "devices": device_rows(content.devices, content.zones, voice),
        "requires_signature": content.home.requires_signature,
        "watching": len(signing),
        "keyless": [one.code for one in signing if not one.has_key],
        "events": events.told(content.events, device_names, voice.t),
    }
