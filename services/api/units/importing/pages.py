"""`/units/import`: sheets of units and authorities, tried out or brought in."""

from typing import Annotated

from fastapi import APIRouter, File, Form, Request, UploadFile
from starlette.responses import Response

from services.api.access.caller import Caller
from services.api.console.frames import frame
from services.api.console.render import page
from services.api.console.viewer import Viewer
from services.api.resources import Given, Resources
from services.api.units.around import common
from services.api.units.asked import as_of_day
from services.api.units.importing import routes
from services.api.units.schemas import ImportOut
from shared.domain.access import Action

router = APIRouter()


@router.get("/units/import")
async def form(request: Request, viewer: Viewer, resources: Given) -> Response:
    viewer.must_be_able_to_somewhere(Action.MANAGE_UNITS)
    return _drawn(request, viewer, resources, None)


@router.post("/units/import")
async def bring_in(
    request: Request,
    viewer: Viewer,
    resources: Given,
    file: Annotated[list[UploadFile], File()],
    dry_run: Annotated[str, Form()] = "",
) -> Response:
    texts = await routes.texts_of(file)
    work = routes.try_out if dry_run else routes.bring_in
    return _drawn(request, viewer, resources, await work(resources, viewer, texts))


def _drawn(
    request: Request, viewer: Caller, resources: Resources, outcome: ImportOut | None
) -> Response:
    own = frame(request, viewer, now=resources.now())
    as_of = as_of_day(None, resources.now())
    return page(
        own,
        "units_import.html",
        outcome=outcome,
        **common(viewer, as_of, own.translator),
    )
