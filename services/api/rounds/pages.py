"""`/r/{code}`, where a label leads, and a facility's nights."""

from datetime import date
from http import HTTPStatus
from typing import Annotated, Final

from fastapi import APIRouter, Form, Path, Query, Request
from pydantic import ValidationError
from starlette.responses import RedirectResponse, Response

from services.api.access_log import csv_file
from services.api.console import refusals
from services.api.console.forms import Typed
from services.api.console.frames import frame
from services.api.console.qr import qr_code
from services.api.console.render import page
from services.api.console.viewer import Viewer
from services.api.devices.registration import register_device
from services.api.devices.schemas import DeviceIn
from services.api.enrolment.routes import site_of
from services.api.inputs import DeviceCode, FacilityCode, Text
from services.api.problems import MissingError, RequestError
from services.api.resources import Given
from services.api.rounds import checking_in, labelling, sheet
from services.api.rounds.schemas import MOST_CODE, MOST_NOTED
from services.api.rounds.sheet import Asked
from shared.domain.places import DeviceKind

router = APIRouter()
FIELDS: Final[tuple[str, ...]] = ("code", "name", "zone")
Code = Annotated[Text, Path(max_length=MOST_CODE)]
Noted = Annotated[Text, Form(max_length=MOST_NOTED)]
Night = Annotated[date | None, Query()]


@router.get("/r/{code}")
async def look(request: Request, code: Code, viewer: Viewer, resources: Given) -> Response:
    """Looking checks nobody in: a phone's camera looks ahead."""
    try:
        stand = await checking_in.stand_at(resources, viewer, code)
    except MissingError:
        return _nothing_there(request, viewer)
    return await sheet.check_in_form(request, viewer, resources, stand, code)


@router.post("/r/{code}")
async def check_in(
    request: Request, code: Code, viewer: Viewer, resources: Given, note: Noted = ""
) -> Response:
    try:
        await checking_in.check_in(resources, viewer, code, note.strip())
    except MissingError:
        return _nothing_there(request, viewer)
    return RedirectResponse(f"/r/{code}", HTTPStatus.SEE_OTHER)


def _nothing_there(request: Request, viewer: Viewer) -> Response:
    """The same for a label that was replaced, one of elsewhere, and one that never was."""
    return page(frame(request, viewer), "round_unknown.html", status=HTTPStatus.NOT_FOUND)


@router.get("/facilities/{code}/rounds")
async def night(
    request: Request, code: FacilityCode, viewer: Viewer, resources: Given, night: Night = None
) -> Response:
    return await sheet.sheet(request, viewer, resources, code, Asked(night))


@router.get("/facilities/{code}/rounds.csv")
async def table(
    request: Request, code: FacilityCode, viewer: Viewer, resources: Given, night: Night = None
) -> Response:
    name, head, rows = await sheet.table(request, viewer, resources, code, Asked(night))
    return csv_file.answer(name, head, rows)


@router.post("/facilities/{code}/rounds/points")
async def add_point(
    request: Request, code: FacilityCode, viewer: Viewer, resources: Given, typed: Typed
) -> Response:
    """A place on the round: registered, and its label made at once."""
    fields: dict[str, str] = {name: typed[name] for name in FIELDS if name in typed}
    try:
        chosen = fields.get("code") or await labelling.free_code_for(resources, viewer, code)
        wanted = DeviceIn.model_validate({**fields, "code": chosen, "kind": DeviceKind.ROUND_POINT})
        await register_device(resources, viewer, code, wanted)
    except (ValidationError, RequestError) as refusal:
        told = refusals.words_of(refusal, frame(request, viewer).translator)
        asked = Asked(None, given=fields, fault=told)
        return await sheet.sheet(request, viewer, resources, code, asked)
    return await _labelled(request, viewer, resources, (code, wanted.code))


@router.post("/facilities/{code}/devices/{device}/label")
async def label(
    request: Request, code: FacilityCode, device: DeviceCode, viewer: Viewer, resources: Given
) -> Response:
    return await _labelled(request, viewer, resources, (code, device))


async def _labelled(
    request: Request, viewer: Viewer, resources: Given, place: tuple[str, str]
) -> Response:
    made = await labelling.new_label(resources, viewer, place, site=site_of(resources, request))
    names = await sheet.names_of(resources, viewer, place)
    return page(
        frame(request, viewer, now=resources.now()),
        "round_label.html",
        status=HTTPStatus.CREATED,
        label=made,
        names=names,
        qr=qr_code(made.address),
        home=f"/facilities/{place[0]}",
    )
