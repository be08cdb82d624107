"""Changing, revoking and replacing in the console: a new connection is shown once."""

from http import HTTPStatus

from fastapi import APIRouter, Request
from pydantic import ValidationError
from starlette.responses import RedirectResponse, Response

from services.api.console import refusals
from services.api.console.forms import Typed
from services.api.console.frames import frame
from services.api.console.render import page
from services.api.console.viewer import Viewer
from services.api.credentials import routes
from services.api.credentials.routes import Number
from services.api.credentials.schemas import MqttOut, ReplacementIn, RotationIn
from services.api.credentials.shown import connection_of
from services.api.devices.sheet import Asked, sheet
from services.api.inputs import DeviceCode, FacilityCode
from services.api.problems import RequestError
from services.api.resources import Given
from shared.i18n import marked

router = APIRouter()
_CHANGED = marked("The new password of %(device)s")
_REPLACED = marked("The new hardware of %(device)s")


@router.post("/facilities/{code}/devices/{device}/credentials")
async def rotate(
    request: Request,
    code: FacilityCode,
    device: DeviceCode,
    viewer: Viewer,
    resources: Given,
    typed: Typed,
) -> Response:
    try:
        wanted = RotationIn.model_validate({"overlap_s": typed.get("overlap_s", "86400")})
        made = await routes.rotate(code, device, viewer, resources, wanted)
    except (ValidationError, RequestError) as refusal:
        return await _refused(request, viewer, resources, (code, device), refusal)
    return _shown(request, viewer, (code, device), made.mqtt, _CHANGED)


@router.get("/facilities/{code}/devices/{device}/credentials")
@router.get("/facilities/{code}/devices/{device}/replace")
async def shown_once(code: FacilityCode, device: DeviceCode, _: Viewer) -> Response:
    """Loaded anew, a page that was shown once leads back to the device."""
    return _back(code, device)


@router.post("/facilities/{code}/devices/{device}/credentials/revoke")
async def revoke_all(
    code: FacilityCode, device: DeviceCode, viewer: Viewer, resources: Given
) -> Response:
    await routes.revoke_all(code, device, viewer, resources)
    return _back(code, device)


@router.post("/facilities/{code}/devices/{device}/credentials/{number}/revoke")
async def revoke(
    code: FacilityCode, device: DeviceCode, number: Number, viewer: Viewer, resources: Given
) -> Response:
    await routes.revoke(code, device, number, viewer, resources)
    return _back(code, device)


@router.post("/facilities/{code}/devices/{device}/replace")
async def replace(
    request: Request,
    code: FacilityCode,
    device: DeviceCode,
    viewer: Viewer,
    resources: Given,
    typed: Typed,
) -> Response:
    try:
        given = ReplacementIn.model_validate({"reason": typed.get("reason", "")})
        made = await routes.replace(code, device, given, viewer, resources)
    except (ValidationError, RequestError) as refusal:
        return await _refused(request, viewer, resources, (code, device), refusal)
    return _shown(request, viewer, (code, device), made.mqtt, _REPLACED)


async def _refused(
    request: Request,
    viewer: Viewer,
    resources: Given,
    where: tuple[str, str],
    refusal: ValidationError | RequestError,
) -> Response:
    told = refusals.words_of(refusal, frame(request, viewer).translator)
    return await sheet(request, viewer, resources, where, Asked(access_fault=told))


def _shown(
    request: Request, viewer: Viewer, where: tuple[str, str], mqtt: MqttOut, heading: str
) -> Response:
    own = frame(request, viewer)
    code, device = where
    return page(
        own,
        "connection.html",
        status=HTTPStatus.CREATED,
        heading=own.translator.gettext(heading, device=device),
        home=f"/facilities/{code}",
        facility_code=code,
        back=f"/facilities/{code}/devices/{device}",
        **connection_of(mqtt),
    )


def _back(code: str, device: str) -> Response:
    return RedirectResponse(
        f"/facilities/{code}/devices/{device}#access-title", HTTPStatus.SEE_OTHER
    )
