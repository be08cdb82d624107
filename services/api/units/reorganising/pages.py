"""`/units/reorganisations`: what has been carried out, what waits, and placing what is unplaced."""

from http import HTTPStatus

from fastapi import APIRouter, Request
from pydantic import ValidationError
from starlette.responses import RedirectResponse, Response

from services.api.access.caller import Caller
from services.api.access.transactions import reading
from services.api.console.forms import Typed
from services.api.console.frames import frame
from services.api.console.render import page
from services.api.console.viewer import Viewer
from services.api.problems import ConflictError, MissingError
from services.api.resources import Given, Resources
from services.api.units import queries as units
from services.api.units.around import common
from services.api.units.asked import as_of_day
from services.api.units.reorganising import candidates, queries, routes
from services.api.units.reorganising.routes import EffectiveOn
from services.api.units.schemas import ChoiceIn
from shared.domain.access import Action
from shared.i18n import marked

router = APIRouter()
REFUSED = marked("This unit cannot be chosen for the facility. Give a unit that follows its own.")


@router.get("/units/reorganisations")
async def reorganisations(request: Request, viewer: Viewer, resources: Given) -> Response:
    return await _sheet(request, viewer, resources)


@router.post("/units/reorganisations/{effective_on}/assignments")
async def assign(
    request: Request, effective_on: EffectiveOn, viewer: Viewer, resources: Given, typed: Typed
) -> Response:
    try:
        given = ChoiceIn.model_validate(typed)
        await routes.assign(effective_on, given, viewer, resources)
    except (ValidationError, ConflictError, MissingError):
        return await _sheet(request, viewer, resources, fault=REFUSED)
    return RedirectResponse("/units/reorganisations", HTTPStatus.SEE_OTHER)


async def _sheet(
    request: Request, viewer: Caller, resources: Resources, *, fault: str = ""
) -> Response:
    scope = viewer.must_be_able_to_somewhere(Action.SEE)
    as_of = as_of_day(None, resources.now())
    async with reading(resources, viewer) as connection:
        rows = await queries.reorganisations(connection, scope)
        stranded = await candidates.stranded(connection, scope, today=as_of.on)
        days = {one.since for one in stranded}
        places: dict[str, str] = {}
        for day in days:
            places |= await units.names_on(connection, day)
    own = frame(request, viewer, now=resources.now())
    return page(
        own,
        "units_reorganisations.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if fault else HTTPStatus.OK,
        rows=rows,
        stranded=stranded,
        places=places,
        fault=own.translator.gettext(fault) if fault else "",
        **common(viewer, as_of, own.translator),
    )
