"""Enrolling in the console, and the page on which whoever holds a code redeems it by hand."""

from http import HTTPStatus
from typing import Annotated, Final

from fastapi import APIRouter, Form, Request
from pydantic import ValidationError
from starlette.responses import RedirectResponse, Response

from services.api.access.caller import must_come_from_our_pages
from services.api.console import refusals
from services.api.console.forms import Typed
from services.api.console.frames import frame
from services.api.console.render import page
from services.api.console.viewer import Viewer
from services.api.credentials.shown import connection_of
from services.api.enrolment import redeeming, routes, sheet
from services.api.enrolment.routes import EnrolmentId, guest_of
from services.api.enrolment.schemas import EnrolledOut, EnrolmentIn, RedeemIn
from services.api.enrolment.sheet import Asked
from services.api.inputs import FacilityCode
from services.api.problems import RequestError
from services.api.resources import Given

router = APIRouter()
FIELDS: Final[tuple[str, ...]] = (
    "kind",
    "zone",
    "gateway",
    "name",
    "code",
    "interval_s",
    "replaces",
)


@router.get("/facilities/{code}/enrol")
async def ask(request: Request, code: FacilityCode, viewer: Viewer, resources: Given) -> Response:
    return await sheet.form(request, viewer, resources, code, Asked())


@router.post("/facilities/{code}/enrol")
async def issue(
    request: Request, code: FacilityCode, viewer: Viewer, resources: Given, typed: Typed
) -> Response:
    fields = {name: typed[name] for name in FIELDS if name in typed}
    try:
        wanted = EnrolmentIn.model_validate(fields)
        made = await routes.issue(code, wanted, viewer, resources, request, Response())
    except (ValidationError, RequestError) as refusal:
        told = refusals.words_of(refusal, frame(request, viewer).translator)
        return await sheet.form(request, viewer, resources, code, Asked(fields, told))
    return await sheet.issued(request, viewer, resources, code, made)


@router.post("/facilities/{code}/enrolments/{enrolment}/cancel")
async def cancel(
    code: FacilityCode, enrolment: EnrolmentId, viewer: Viewer, resources: Given
) -> Response:
    await routes.cancel(code, enrolment, viewer, resources)
    return RedirectResponse(f"/facilities/{code}/enrol", HTTPStatus.SEE_OTHER)


@router.get("/enrol")
async def knock(request: Request) -> Response:
    """The code stands behind the # of the address, which no browser sends: a script reads it."""
    return _asking(request, "", HTTPStatus.OK)


@router.post("/enrol")
async def redeem(
    request: Request, resources: Given, code: Annotated[str, Form(max_length=100)] = ""
) -> Response:
    """For whoever stands before the device and must type its connection in."""
    must_come_from_our_pages(request)
    own = frame(request, None)
    try:
        enrolled = await redeeming.redeem(resources, RedeemIn(code=code), guest_of(request))
    except RequestError as refusal:
        return _asking(request, refusals.words_of(refusal, own.translator), refusal.status)
    return _connection(request, enrolled)


def _asking(request: Request, fault: str, status: HTTPStatus) -> Response:
    return page(frame(request, None), "enrol_redeem.html", status=status, fault=fault)


def _connection(request: Request, enrolled: EnrolledOut) -> Response:
    return page(
        frame(request, None),
        "enrol_connection.html",
        status=HTTPStatus.CREATED,
        enrolled=enrolled,
        **connection_of(enrolled.mqtt),
    )
