"""The page of one device; also what a form on it that was refused comes back to."""

from collections.abc import Sequence
from dataclasses import dataclass
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
from services.api.credentials import issuing
from services.api.credentials import queries as credentials
from services.api.credentials.schemas import CredentialOut, ReplacementOut
from services.api.credentials.shown import OVERLAPS, rows_of
from services.api.devices.find import device_in
from services.api.devices.queries import Device
from services.api.devices.schemas import DeviceOut
from services.api.devices.shown import row_of
from services.api.devices.speaking import queries as speaking
from services.api.devices.speaking.queries import Gateway
from services.api.devices.speaking.schemas import TieOut
from services.api.devices.standing import queries as standing
from services.api.facilities import shown
from services.api.facilities.days import ONE_DAY, Days, window_of
from services.api.facilities.listing import queries as facilities
from services.api.facilities.schemas import FacilityOut
from services.api.facilities.sheet import events_of, picture_of
from services.api.keys import queries as keys
from services.api.keys.schemas import KeyOut
from services.api.overview.shown import TICKS, Voice
from services.api.placements import queries as placements
from services.api.placements.schemas import PlacementOut
from services.api.problems import MissingError
from services.api.resources import Resources
from services.api.security import shown as events
from services.api.security.schemas import SecurityEventOut
from services.api.zones import queries as zones
from services.api.zones.schemas import ZoneOut
from shared.domain.access import Action
from shared.domain.places import DeviceKind, may_hold
from shared.domain.schedule import local_day

#: So many credentials stand on the page; the API lists them all.
NEWEST: Final = 8
MOST: Final = 500


@dataclass(frozen=True, slots=True)
class Asked:
    """A day to look at, or what was wrong with what was given."""

    day: date | None = None
    fault: str = ""
    #: What was wrong with a change of its passwords.
    access_fault: str = ""
    #: Why it cannot be moved where somebody wants it.
    move_fault: str = ""
    #: Why it cannot speak through the gateway that somebody chose.
    gateway_fault: str = ""

    @property
    def is_refused(self) -> bool:
        return bool(self.fault or self.access_fault or self.move_fault or self.gateway_fault)


@dataclass(frozen=True, slots=True)
class Speaking:
    """Through which gateways it speaks and spoke, and which there are; or who speaks through it."""

    ties: Sequence[TieOut] = ()
    gateways: Sequence[Gateway] = ()
    behind: Sequence[Gateway] = ()


@dataclass(frozen=True, slots=True)
class _Content:
    """What the database says."""

    facility: Facility
    home: FacilityOut
    device: DeviceOut
    zone: ZoneOut | None
    rooms: Sequence[ZoneOut]
    placements: Sequence[PlacementOut]
    speaking: Speaking
    keys: Sequence[KeyOut]
    events: Sequence[SecurityEventOut]
    credentials: Sequence[CredentialOut]
    replacements: Sequence[ReplacementOut]
    picture: shown.Picture


async def sheet(
    request: Request, viewer: Caller, resources: Resources, where: tuple[str, str], asked: Asked
) -> Response:
    """`where`: the codes of the facility and the device."""
    now = resources.now()
    async with reading(resources, viewer) as connection:
        facility = await watched_facility(connection, where[0], viewer)
        content = await _content(connection, viewer, facility, where[1], now=now, day=asked.day)
    zone = facility.time_zone
    own = frame(request, viewer, now=now, time_zone=zone, refresh=OFTEN)
    days = Days(asked.day, local_day(now, zone))
    voice = Voice(own.translator, near(own.translator, zone, now))
    return page(
        own,
        "device.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if asked.is_refused else HTTPStatus.OK,
        days=days,
        heading=days.heading(own.translator),
        may_manage=viewer.may(Action.MANAGE_DEVICES, facility),
        fault=asked.fault,
        access_fault=asked.access_fault,
        move_fault=asked.move_fault,
        gateway_fault=asked.gateway_fault,
        **_drawn(content, shown.Pen(content.picture, voice, now)),
    )


async def _content(
    connection: AsyncConnection,
    viewer: Caller,
    facility: Facility,
    code: str,
    *,
    now: datetime,
    day: date | None,
) -> _Content:
    there = await device_in(connection, facility.id, code)
    device = await standing.one(connection, facility.id, code, now=now)
    home = await facilities.one(
        connection,
        facility.code,
        viewer.scope(Action.SEE),
        on=None,
        today=local_day(now, facility.time_zone),
    )
    if device is None or home is None:
        raise MissingError("device")
    end = now.replace(microsecond=0)
    window = (end - ONE_DAY, end) if day is None else window_of(day, facility.time_zone)
    return _Content(
        facility=facility,
        home=home,
        device=device,
        zone=await zones.shown(connection, facility.id, device.zone or "", now=now),
        rooms=await zones.of_facility(connection, facility.id, after="", limit=MOST, now=now),
        placements=await placements.shown(connection, there.id),
        speaking=await _speaking(connection, facility, there),
        keys=await keys.of_device(connection, there.id),
        events=await events_of(connection, viewer, facility, code),
        credentials=await _credentials(connection, viewer, facility, there.id, now=now),
        replacements=await credentials.replacements(connection, there.id),
        picture=await picture_of(connection, facility, window),
    )


async def _speaking(connection: AsyncConnection, facility: Facility, there: Device) -> Speaking:
    if there.kind is DeviceKind.GATEWAY:
        return Speaking(behind=await speaking.behind(connection, there.id))
    return Speaking(
        ties=await speaking.shown(connection, there.id),
        gateways=await speaking.in_service(connection, facility.id),
    )


async def _credentials(
    connection: AsyncConnection,
    viewer: Caller,
    facility: Facility,
    device_id: int,
    *,
    now: datetime,
) -> Sequence[CredentialOut]:
    """The newest, for whoever may change them."""
    if not viewer.may(Action.MANAGE_DEVICES, facility):
        return ()
    newest = await credentials.page(connection, device_id, before=None, limit=NEWEST)
    return [issuing.shown(one, now=now) for one in newest]


def _drawn(content: _Content, pen: shown.Pen) -> dict[str, Any]:
    device, zone, t = content.device, content.zone, pen.voice.t
    window, time_zone = content.picture.window, content.facility.time_zone
    spans = content.picture.devices.get(device.code, ())
    return {
        "facility": content.home,
        "device": device,
        "row": row_of(device, {zone.code: zone.name} if zone else {}, pen.voice),
        "is_gateway": device.kind is DeviceKind.GATEWAY,
        "zone": shown.zone_lines([zone], [device], pen)[0] if zone else None,
        "line": shown.line_of(device, spans, pen) if spans else None,
        "proven": shown.proven_share(spans, t),
        "is_proven": content.picture.is_proven_somewhere,
        "is_excused": content.picture.is_excused_somewhere,
        "ticks": strip.tick_marks(window, time_zone, mark_id=TICKS),
        "scale": strip.scale(window, time_zone),
        "rooms": [one for one in content.rooms if may_hold(one.kind, device.kind)],
        "placements": content.placements,
        "speaking": content.speaking,
        "keys": content.keys,
        "credentials": rows_of(content.credentials, t),
        "replacements": content.replacements,
        "overlaps": OVERLAPS,
        "events": events.told(content.events, {device.code: device.name}, t),
    }
