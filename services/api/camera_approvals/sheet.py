"""The page of one camera's approvals; also what a form on it that was refused comes back to."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from http import HTTPStatus
from typing import Final

from fastapi import Request
from starlette.responses import Response

from services.api.access.caller import Caller
from services.api.access.find import watched_facility
from services.api.access.transactions import reading
from services.api.camera_approvals import queries, shown
from services.api.camera_approvals.case import Where
from services.api.console.frames import frame
from services.api.console.render import near, page
from services.api.devices.find import device_in
from services.api.devices.standing import queries as standing
from services.api.problems import MissingError
from services.api.resources import Resources
from services.api.zones import queries as zones
from shared.domain.access import Action
from shared.domain.camera_approval import ApprovalState
from shared.domain.places import PRIVACY_ZONES
from shared.domain.schedule import local_day

#: Somebody looks again after half a year, if nothing else is said.
_REVIEW_AFTER: Final = timedelta(days=180)
_MOST: Final = 500


@dataclass(frozen=True, slots=True)
class Asked:
    """A form that was refused: which one, what was typed, what was wrong."""

    form: str = ""
    given: Mapping[str, str] = field(default_factory=dict)
    fault: str = ""


async def sheet(
    request: Request, viewer: Caller, resources: Resources, where: Where, asked: Asked
) -> Response:
    now = resources.now()
    async with reading(resources, viewer) as connection:
        facility = await watched_facility(connection, where[0], viewer)
        camera = await device_in(connection, facility.id, where[1])
        device = await standing.one(connection, facility.id, where[1], now=now)
        approvals = await queries.shown(connection, camera.id, now=now)
        rooms = await zones.of_facility(connection, facility.id, after="", limit=_MOST, now=now)
    if device is None or device.approval is None:
        raise MissingError("camera")
    own = frame(request, viewer, now=now, time_zone=facility.time_zone)
    t = own.translator
    return page(
        own,
        "camera_approval.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if asked.fault else HTTPStatus.OK,
        home=f"/facilities/{where[0]}",
        device=device,
        mood=shown.mood_of(device.approval),
        approvals=approvals,
        states=shown.STATES,
        reason=lambda text: shown.reason(text, t),
        zones=[room for room in rooms if room.kind not in PRIVACY_ZONES],
        may_ask=viewer.may(Action.MANAGE_DEVICES, facility) and device.retired_at is None,
        may_decide=viewer.may(Action.APPROVE_CAMERA, facility),
        is_open=any(one.state is ApprovalState.REQUESTED for one in approvals),
        asked=asked,
        review_on=local_day(now + _REVIEW_AFTER, facility.time_zone),
        near=near(t, facility.time_zone, now),
    )
