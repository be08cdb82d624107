"""`/facilities/{code}/adapter-rules`: what foreign names mean; add, change, remove and try."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from fastapi import APIRouter, Request
from pydantic import ValidationError
from starlette.responses import RedirectResponse, Response

from services.api.access.caller import Caller
from services.api.access.transactions import reading
from services.api.adapters import changing, mistakes, trying
from services.api.adapters.routes import RuleId
from services.api.adapters.schemas import MessageIn, RuleChange, RuleIn
from services.api.adapters.sheet import Asked, name_of, sheet
from services.api.console.forms import Typed
from services.api.console.frames import frame
from services.api.console.viewer import Viewer
from services.api.inputs import FacilityCode
from services.api.problems import RequestError
from services.api.resources import Given, Resources

router = APIRouter()
_TERMS: Final = ("publisher", "dialect", "prefix", "name", "device")


@router.get("/facilities/{code}/adapter-rules")
async def rules(request: Request, code: FacilityCode, viewer: Viewer, resources: Given) -> Response:
    """The address may fill the form for a new rule."""
    given = {name: request.query_params[name] for name in _TERMS if name in request.query_params}
    return await sheet(request, viewer, resources, code, Asked(given))


@router.post("/facilities/{code}/adapter-rules")
async def add(
    request: Request, code: FacilityCode, viewer: Viewer, resources: Given, typed: Typed
) -> Response:
    try:
        wanted = RuleIn.model_validate({name: typed[name] for name in _TERMS if name in typed})
        await changing.add(resources, viewer, code, wanted)
    except (ValidationError, RequestError) as refusal:
        told = await _told(request, viewer, resources, code, refusal)
        return await sheet(request, viewer, resources, code, Asked(typed, {"rule": told}))
    return _back(code)


@router.post("/facilities/{code}/adapter-rules/test")
async def test(
    request: Request, code: FacilityCode, viewer: Viewer, resources: Given, typed: Typed
) -> Response:
    kept = {f"try_{name}": text for name, text in typed.items()}
    async with reading(resources, viewer) as connection:
        house = await trying.house(connection, viewer, code)
    try:
        trial = trying.tried(house, _message(typed), now=resources.now())
    except (ValidationError, RequestError) as refusal:
        told = await _told(request, viewer, resources, code, refusal)
        return await sheet(request, viewer, resources, code, Asked(kept, {"try": told}))
    return await sheet(request, viewer, resources, code, Asked(kept, trial=trial))


def _message(typed: Mapping[str, str]) -> MessageIn:
    """With the rule not yet kept, if one was begun."""
    draft = {name: typed[f"draft_{name}"] for name in _TERMS if f"draft_{name}" in typed}
    rules = [{"publisher": typed.get("publisher", ""), **draft}] if "device" in draft else []
    content = "payload_base64" if "is_base64" in typed else "payload"
    return MessageIn.model_validate(
        {
            "publisher": typed.get("publisher"),
            "topic": typed.get("topic", ""),
            content: typed.get("payload", ""),
            "retained": "retained" in typed,
            "rules": rules,
        }
    )


@router.post("/facilities/{code}/adapter-rules/{id}/change")
async def change(
    request: Request,
    code: FacilityCode,
    rule_id: RuleId,
    viewer: Viewer,
    resources: Given,
    typed: Typed,
) -> Response:
    try:
        wanted = RuleChange(device=typed.get("device"))
        await changing.change(resources, viewer, code, rule_id, wanted)
    except (ValidationError, RequestError) as refusal:
        told = await _told(request, viewer, resources, code, refusal)
        return await sheet(request, viewer, resources, code, Asked({}, {"change": told}))
    return _back(code)


@router.post("/facilities/{code}/adapter-rules/{id}/remove")
async def remove(code: FacilityCode, rule_id: RuleId, viewer: Viewer, resources: Given) -> Response:
    await changing.remove(resources, viewer, code, rule_id)
    return _back(code)


def _back(code: str) -> Response:
    return RedirectResponse(f"/facilities/{code}/adapter-rules", HTTPStatus.SEE_OTHER)


async def _told(
    request: Request,
    viewer: Caller,
    resources: Resources,
    code: str,
    refusal: ValidationError | RequestError,
) -> str:
    async with reading(resources, viewer) as connection:
        house = await trying.house(connection, viewer, code)
    t = frame(request, viewer).translator
    return mistakes.words_of(refusal, t, lambda device: name_of(house, device))
