"""Registering a zone in the console."""

from http import HTTPStatus

from fastapi import APIRouter, Request
from pydantic import ValidationError
from starlette.responses import RedirectResponse, Response

from services.api.console import refusals
from services.api.console.forms import Typed
from services.api.console.frames import frame
from services.api.console.viewer import Viewer
from services.api.facilities.sheet import Asked, sheet
from services.api.inputs import FacilityCode
from services.api.problems import RequestError
from services.api.resources import Given
from services.api.zones import routes
from services.api.zones.schemas import ZoneIn

router = APIRouter()


@router.post("/facilities/{code}/zones")
async def add(
    request: Request,
    code: FacilityCode,
    viewer: Viewer,
    resources: Given,
    typed: Typed,
) -> Response:
    wanted = {name: typed[name] for name in ("code", "name", "kind") if name in typed}
    asks = {name: typed[name] for name in ("min_devices", "max_gap_s") if name in typed}
    try:
        zone = ZoneIn.model_validate({**wanted, "requirement": asks})
        await routes.add(code, zone, viewer, resources, Response())
    except (ValidationError, RequestError) as refusal:
        fault = refusals.words_of(refusal, frame(request, viewer).translator)
        kept = {f"zone_{name}": text for name, text in typed.items()}
        return await sheet(request, viewer, resources, code, Asked(None, kept, {"zone": fault}))
    return RedirectResponse(f"/facilities/{code}", HTTPStatus.SEE_OTHER)
