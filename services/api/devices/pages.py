"""A device's page; registering and retiring one: its connection is shown once."""

import json
from datetime import date
from http import HTTPStatus
from typing import Annotated, Final

import segno
from fastapi import APIRouter, Query, Request
from markupsafe import Markup
from pydantic import ValidationError
from starlette.responses import RedirectResponse, Response

from services.api.console import refusals
from services.api.console.forms import Typed
from services.api.console.frames import frame
from services.api.console.render import page
from services.api.console.viewer import Viewer
from services.api.credentials.schemas import MqttOut
from services.api.devices import routes
from services.api.devices import sheet as device_sheet
from services.api.devices.registration import register_device
from services.api.devices.schemas import DeviceCreatedOut, DeviceIn
from services.api.devices.shown import cares
from services.api.facilities.sheet import Asked, sheet
from services.api.inputs import DeviceCode, FacilityCode
from services.api.problems import RequestError
from services.api.resources import Given
from shared.contracts.topics import Leaf

router = APIRouter()
FIELDS: Final[tuple[str, ...]] = ("code", "name", "kind", "zone", "interval_s")


@router.post("/facilities/{code}/devices")
async def register(
    request: Request,
    code: FacilityCode,
    viewer: Viewer,
    resources: Given,
    typed: Typed,
) -> Response:
    fields: dict[str, str] = {name: typed[name] for name in FIELDS if name in typed}
    try:
        wanted = DeviceIn.model_validate(fields)
        device = await register_device(resources, viewer, code, wanted)
    except (ValidationError, RequestError) as refusal:
        fault = refusals.words_of(refusal, frame(request, viewer).translator)
        return await sheet(request, viewer, resources, code, Asked(None, fields, {"device": fault}))
    return _registered(request, viewer, code, device)


def _registered(
    request: Request, viewer: Viewer, facility: str, device: DeviceCreatedOut
) -> Response:
    own = frame(request, viewer)
    return page(
        own,
        "registered.html",
        status=HTTPStatus.CREATED,
        facility_code=facility,
        device=device,
        cares=cares(device, own.translator),
        mqtt=device.mqtt,
        qr=qr_code(device.mqtt),
        example=example(device.mqtt),
    )


def qr_code(mqtt: MqttOut) -> Markup:
    """The connection as compact JSON in an SVG of plain geometry."""
    content = json.dumps(mqtt.model_dump(), separators=(",", ":"), ensure_ascii=False)
    code = segno.make(content, error="m", micro=False)
    svg: str = code.svg_inline(omitsize=True, border=2)
    return Markup(svg)  # noqa: S704 - drawn by segno, holds no text


def example(mqtt: MqttOut) -> str:
    """Lines for a shell: one heartbeat, now; a gateway's is a list and names a device behind it."""
    beat = '{\\"at\\": $(date +%s)000}'
    if mqtt.heartbeat_topic.endswith(Leaf.HEARTBEATS):
        beat = '[{\\"device\\": \\"cam-1\\", \\"at\\": $(date +%s)000}]'
    return " \\\n  ".join(
        (
            f"mosquitto_pub -V mqttv5 -h {mqtt.host} -p {mqtt.port} -q 1",
            f"-u {mqtt.username} -P '{mqtt.password}'",
            f"-t {mqtt.heartbeat_topic}",
            f'-m "{beat}"',
        )
    )


@router.get("/facilities/{code}/devices/{device}")
async def device(
    request: Request,
    code: FacilityCode,
    device: DeviceCode,
    viewer: Viewer,
    resources: Given,
    day: Annotated[date | None, Query()] = None,
) -> Response:
    asked = device_sheet.Asked(day=day)
    return await device_sheet.sheet(request, viewer, resources, (code, device), asked)


@router.post("/facilities/{code}/devices/{device}/retire")
async def retire(
    code: FacilityCode, device: DeviceCode, viewer: Viewer, resources: Given
) -> Response:
    await routes.retire(code, device, viewer, resources)
    return RedirectResponse(f"/facilities/{code}#devices-title", HTTPStatus.SEE_OTHER)
