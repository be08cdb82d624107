"""Moving a device in the console."""

from http import HTTPStatus
from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from services.api.console.forms import Typed
from services.api.console.frames import frame
from services.api.console.viewer import Viewer
from services.api.devices.sheet import Asked, sheet
from services.api.inputs import DeviceCode, FacilityCode
from services.api.placements.moving import move as move_device
from services.api.problems import ConflictError
from services.api.resources import Given
from shared.i18n import marked

router = APIRouter()
#: By the code of the problem.
_CONFLICTS: Final = {
    "privacy_zone": marked("Children are private in this zone: no camera may watch it."),
    "retired": marked("This is no longer in service."),
}
_SOMETHING: Final = marked("Something in the form is not right.")


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
        fault = frame(request, viewer).translator.gettext(_CONFLICTS.get(conflict.code, _SOMETHING))
        asked = Asked(move_fault=fault)
        return await sheet(request, viewer, resources, (code, device), asked)
    address = f"/facilities/{code}/devices/{device}#place-title"
    return RedirectResponse(address, HTTPStatus.SEE_OTHER)
