"""Moving a device in the console."""

from http import HTTPStatus

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from services.api.console import refusals
from services.api.console.forms import Typed
from services.api.console.frames import frame
from services.api.console.viewer import Viewer
from services.api.devices.sheet import Asked, sheet
from services.api.inputs import DeviceCode, FacilityCode
from services.api.placements.moving import move as move_device
from services.api.problems import ConflictError
from services.api.resources import Given

router = APIRouter()


@router.post("/facilities/{code}/devices/{device}/placements")
async def move(
    request: Request,
    code: FacilityCode,
    device: DeviceCode,
    viewer: Viewer,
    resources: Given,
    typed: Typed,
) -> Response:
    try:
        await move_device(resources, viewer, (code, device), typed.get("zone", ""))
    except ConflictError as conflict:
        told = refusals.words_of(conflict, frame(request, viewer).translator)
        asked = Asked(move_fault=told)
        return await sheet(request, viewer, resources, (code, device), asked)
    address = f"/facilities/{code}/devices/{device}#place-title"
    return RedirectResponse(address, HTTPStatus.SEE_OTHER)
