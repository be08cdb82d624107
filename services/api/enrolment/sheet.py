"""The operator's page on a phone: what is to come into service, its code, and how far it is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from typing import Any, Final

from fastapi import Request
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import Response

from services.api.access.caller import Caller
from services.api.access.find import watched_facility
from services.api.access.queries import Facility
from services.api.access.transactions import reading
from services.api.console.frames import OFTEN, frame
from services.api.console.qr import qr_code
from services.api.console.render import Frame, near, page
from services.api.devices.speaking import queries as speaking
from services.api.devices.speaking.queries import Gateway
from services.api.enrolment import queries
from services.api.enrolment.schemas import EnrolmentIssuedOut, EnrolmentOut
from services.api.enrolment.shown import step_of, steps_of
from services.api.resources import Resources
from services.api.zones import queries as zones
from services.api.zones.schemas import ZoneOut
from shared.domain.access import Action

#: So many of the newest stand below the form; the API lists them all.
NEWEST: Final = 10
MOST_ZONES: Final = 200


@dataclass(frozen=True, slots=True)
class Asked:
    """What was typed into the form, and what was wrong with it."""

    fields: Mapping[str, str] = field(default_factory=dict)
    fault: str = ""


@dataclass(frozen=True, slots=True)
class _Content:
    facility: Facility
    zones: Sequence[ZoneOut]
    gateways: Sequence[Gateway]
    newest: Sequence[EnrolmentOut]

    @property
    def zone_names(self) -> dict[str, str]:
        return {zone.code: zone.name for zone in self.zones}


async def form(
    request: Request, viewer: Caller, resources: Resources, code: str, asked: Asked
) -> Response:
    content = await _content(resources, viewer, code)
    own = _frame(request, viewer, resources, content.facility)
    return page(
        own,
        "enrol.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if asked.fault else HTTPStatus.OK,
        given=asked.fields,
        fault=asked.fault,
        zones=content.zones,
        gateways=content.gateways,
        newest=steps_of(content.newest, content.zone_names, own.translator, _clock(own)),
        **_around(content),
    )


async def issued(
    request: Request, viewer: Caller, resources: Resources, code: str, made: EnrolmentIssuedOut
) -> Response:
    """The code, this once. The part that changes is fetched from the form's page."""
    content = await _content(resources, viewer, code)
    own = _frame(request, viewer, resources, content.facility)
    return page(
        own,
        "enrol_code.html",
        status=HTTPStatus.CREATED,
        made=made,
        step=step_of(made, content.zone_names, own.translator, _clock(own)),
        qr=qr_code(made.address),
        **_around(content),
    )


async def _content(resources: Resources, viewer: Caller, code: str) -> _Content:
    now = resources.now()
    async with reading(resources, viewer) as connection:
        facility = await watched_facility(connection, code, viewer)
        viewer.must_be_able_to(Action.MANAGE_DEVICES, facility)
        return _Content(
            facility,
            await _zones(connection, facility, now),
            await speaking.in_service(connection, facility.id),
            await queries.of_facility(connection, facility.id, before=None, limit=NEWEST, now=now),
        )


async def _zones(
    connection: AsyncConnection, facility: Facility, now: datetime
) -> Sequence[ZoneOut]:
    return await zones.of_facility(connection, facility.id, after="", limit=MOST_ZONES, now=now)


def _frame(request: Request, viewer: Caller, resources: Resources, facility: Facility) -> Frame:
    return frame(request, viewer, now=resources.now(), time_zone=facility.time_zone, refresh=OFTEN)


def _clock(own: Frame) -> Any:
    return near(own.translator, own.time_zone, own.now)


def _around(content: _Content) -> dict[str, Any]:
    code = content.facility.code
    return {"facility_code": code, "home": f"/facilities/{code}"}
