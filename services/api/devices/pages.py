"""A device's page; registering and retiring one: its connection is shown once."""

from datetime import date
from http import HTTPStatus
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request
from pydantic import ValidationError
from starlette.responses import RedirectResponse, Response

from services.api.console import refusals
from services.api.console.forms import Typed
from services.api.console.frames import frame
from services.api.console.render import page
from services.api.console.viewer import Viewer
from services.api.credentials.shown import connection_of
from services.api.devices import routes
from services.api.devices import sheet as device_sheet
from services.api.devices.registration import register_device
from services.api.devices.schemas import DeviceChange, DeviceCreatedOut, DeviceIn
from services.api.devices.shown import cares
from services.api.facilities.sheet import Asked, sheet
from services.api.inputs import DeviceCode, FacilityCode
from services.api.problems import RequestError
from services.api.resources import Given

router = APIRouter()
FIELDS: Final[tuple[str, ...]] = (
    "code", "name", "kind", "zone", "gateway", "interval_s", "profile", "endpoint",
)  # fmt: skip


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
    if device.mqtt is None:
        # A place on a round has no connection: its own page prints its label.
        return RedirectResponse(f"/facilities/{code}/devices/{device.code}", HTTPStatus.SEE_OTHER)
    return _registered(request, viewer, code, device, connection_of(device.mqtt))


def _registered(
    request: Request,
    viewer: Viewer,
    facility: str,
    device: DeviceCreatedOut,
    connection: dict[str, Any],
) -> Response:
    own = frame(request, viewer)
    return page(
        own,
        "registered.html",
        status=HTTPStatus.CREATED,
        facility_code=facility,
        device=device,
        cares=cares(device, own.translator),
        **connection,
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


@router.post("/facilities/{code}/devices/{device}/gateways")
async def tie(
    request: Request,
    code: FacilityCode,
    device: DeviceCode,
    viewer: Viewer,
    resources: Given,
    typed: Typed,
) -> Response:
    """Say through which gateway it speaks; none is chosen with the empty line."""
    try:
        wanted = DeviceChange(gateway=typed.get("gateway") or None)
        await routes.change(code, device, wanted, viewer, resources)
    except (ValidationError, RequestError) as refusal:
        told = refusals.words_of(refusal, frame(request, viewer).translator)
        asked = device_sheet.Asked(gateway_fault=told)
        return await device_sheet.sheet(request, viewer, resources, (code, device), asked)
    address = f"/facilities/{code}/devices/{device}#gateway-title"
    return RedirectResponse(address, HTTPStatus.SEE_OTHER)


@router.post("/facilities/{code}/devices/{device}/retire")
async def retire(
    code: FacilityCode, device: DeviceCode, viewer: Viewer, resources: Given
) -> Response:
    await routes.retire(code, device, viewer, resources)
    return RedirectResponse(f"/facilities/{code}#devices-title", HTTPStatus.SEE_OTHER)
