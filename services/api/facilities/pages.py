"""Every facility in one's place, and the page of one of them with its rule for signatures."""

from datetime import date
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import RedirectResponse, Response

from services.api.access.transactions import reading
from services.api.console.folding import begin_words
from services.api.console.forms import Typed
from services.api.console.frames import frame
from services.api.console.render import page
from services.api.console.viewer import Viewer
from services.api.facilities import routes
from services.api.facilities.schemas import FacilityChange
from services.api.facilities.sheet import Asked, sheet
from services.api.inputs import FacilityCode
from services.api.overview import picture, queries
from services.api.overview.facts import Outlook
from services.api.problems import InvalidError
from services.api.resources import Given
from shared.domain.access import Action

router = APIRouter()


@router.get("/facilities")
async def facilities(
    request: Request,
    viewer: Viewer,
    resources: Given,
    q: Annotated[str, Query(max_length=200)] = "",
) -> Response:
    now = resources.now()
    async with reading(resources, viewer) as connection:
        record = await queries.record(connection, viewer.scope(Action.WATCH), now=now)
    outlooks = picture.overview(record, now=now).outlooks
    rows = sorted((one for one in outlooks if _is_wanted(one, q)), key=_by_name)
    return page(frame(request, viewer, now=now), "facilities.html", rows=rows, q=q)


def _is_wanted(outlook: Outlook, wanted: str) -> bool:
    facility = outlook.facility
    return begin_words(wanted, facility.name, facility.code, facility.commune)


def _by_name(outlook: Outlook) -> tuple[str, str]:
    return outlook.facility.name.casefold(), outlook.facility.code


@router.get("/facilities/{code}")
async def facility(
    request: Request,
    code: FacilityCode,
    viewer: Viewer,
    resources: Given,
    day: Annotated[date | None, Query()] = None,
) -> Response:
    return await sheet(request, viewer, resources, code, Asked(day=day))


@router.post("/facilities/{code}/signature")
async def require_signature(
    code: FacilityCode, viewer: Viewer, resources: Given, typed: Typed
) -> Response:
    required = typed.get("required")
    if required not in {"yes", "no"}:
        raise InvalidError("body.required", "It is neither yes nor no.", "Send one of them.")
    wanted = FacilityChange(requires_signature=required == "yes")
    await routes.change(code, wanted, viewer, resources)
    return RedirectResponse(f"/facilities/{code}#signature-title", HTTPStatus.SEE_OTHER)
