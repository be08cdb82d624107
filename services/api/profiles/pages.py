"""Types of devices in the console: to look at, and for administrators to add and change."""

from http import HTTPStatus
from typing import Final

from fastapi import APIRouter, Request
from pydantic import ValidationError
from starlette.responses import RedirectResponse, Response

from services.api.access.transactions import reading
from services.api.console import words
from services.api.console.forms import Typed
from services.api.console.frames import frame
from services.api.console.refusals import SOMETHING
from services.api.console.render import page
from services.api.console.viewer import Viewer
from services.api.problems import ConflictError
from services.api.profiles import queries, routes
from services.api.profiles.names import name_of
from services.api.profiles.schemas import ProfileIn, VersionIn
from services.api.resources import Given
from shared.domain.access import Action
from shared.domain.profiles import Listening, Power
from shared.i18n import marked

router = APIRouter()
_MOST: Final = 500
LISTENING: Final = {
    Listening.ACTIVE: marked("speaks by the clock, or when asked"),
    Listening.PASSIVE: marked("sleeps until it stirs"),
}
POWERS: Final = {Power.MAINS: marked("mains"), Power.BATTERY: marked("battery")}
_TAKEN: Final = marked("There is such a code already: a change of it is a new version.")


@router.get("/device-profiles")
async def profiles(request: Request, viewer: Viewer, resources: Given) -> Response:
    return await _drawn(request, viewer, resources, {}, "")


@router.post("/device-profiles")
async def keep(request: Request, viewer: Viewer, resources: Given, typed: Typed) -> Response:
    """A new type, or a new version of the one that is named."""
    try:
        if typed.get("is_version"):
            code = typed.get("code", "")
            await routes.add_version(code, VersionIn.model_validate(typed), viewer, resources)
        else:
            given = ProfileIn.model_validate(typed)
            await routes.add(given, viewer, resources, Response())
    except ValidationError:
        return await _drawn(request, viewer, resources, typed, SOMETHING)
    except ConflictError:
        return await _drawn(request, viewer, resources, typed, _TAKEN)
    return RedirectResponse("/device-profiles", HTTPStatus.SEE_OTHER)


@router.post("/device-profiles/{profile}/retire")
async def retire(profile: routes.ProfileCode, viewer: Viewer, resources: Given) -> Response:
    await routes.retire(profile, viewer, resources)
    return RedirectResponse("/device-profiles", HTTPStatus.SEE_OTHER)


async def _drawn(
    request: Request, viewer: Viewer, resources: Given, given: dict[str, str], fault: str
) -> Response:
    async with reading(resources, viewer) as connection:
        rows = await queries.of_service(connection, after="", limit=_MOST)
    own = frame(request, viewer)
    return page(
        own,
        "device_profiles.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if fault else HTTPStatus.OK,
        rows=rows,
        words=words,
        name_of=lambda name: name_of(name, own.translator),
        listening=LISTENING,
        powers=POWERS,
        may_manage=viewer.scope(Action.MANAGE_PROFILES).is_everywhere,
        given=given,
        fault=fault and own.translator.gettext(fault),
    )
