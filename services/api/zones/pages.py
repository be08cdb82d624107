"""Registering a zone in the console, its page, and what it requires."""

from datetime import date
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import ValidationError
from starlette.responses import RedirectResponse, Response

from services.api.access.find import watched_facility
from services.api.access.transactions import reading
from services.api.console import refusals
from services.api.console.forms import Typed
from services.api.console.frames import frame
from services.api.console.viewer import Viewer
from services.api.facilities.sheet import Asked, sheet
from services.api.inputs import FacilityCode, ZoneCode
from services.api.problems import InvalidError, RequestError
from services.api.resources import Given
from services.api.zones import routes, words
from services.api.zones import sheet as zone_sheet
from services.api.zones.forms import change_fields, requirement_fields
from services.api.zones.schemas import ZoneChange, ZoneIn

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
    try:
        asks = requirement_fields(typed)
        zone = ZoneIn.model_validate({**wanted, "requirement": asks})
        await routes.add(code, zone, viewer, resources, Response())
    except (ValidationError, RequestError) as refusal:
        fault = refusals.words_of(refusal, frame(request, viewer).translator)
        kept = {f"zone_{name}": text for name, text in typed.items()}
        return await sheet(request, viewer, resources, code, Asked(None, kept, {"zone": fault}))
    return RedirectResponse(f"/facilities/{code}", HTTPStatus.SEE_OTHER)


@router.get("/facilities/{code}/zones/{zone}")
async def shown(
    request: Request,
    code: FacilityCode,
    zone: ZoneCode,
    viewer: Viewer,
    resources: Given,
    day: Annotated[date | None, Query()] = None,
) -> Response:
    asked = zone_sheet.Asked(day)
    return await zone_sheet.sheet(request, viewer, resources, (code, zone), asked)


@router.post("/facilities/{code}/zones/{zone}/requirement")
async def require(
    request: Request,
    code: FacilityCode,
    zone: ZoneCode,
    viewer: Viewer,
    resources: Given,
    typed: Typed,
) -> Response:
    async with reading(resources, viewer) as connection:
        facility = await watched_facility(connection, code, viewer)
    try:
        asks = change_fields(typed, facility.time_zone)
        change = ZoneChange.model_validate({"requirement": asks})
        await routes.change(code, zone, change, viewer, resources)
    except (ValidationError, InvalidError) as refusal:
        t = frame(request, viewer).translator
        wrong = refusals.wrong_fields(refusal)
        told = [t.gettext(text) for field, text in words.FIELDS.items() if field in wrong]
        fault = " ".join(told) or t.gettext(refusals.SOMETHING)
        asked = zone_sheet.Asked(None, typed, fault)
        return await zone_sheet.sheet(request, viewer, resources, (code, zone), asked)
    return RedirectResponse(f"/facilities/{code}/zones/{zone}", HTTPStatus.SEE_OTHER)
