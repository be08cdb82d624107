"""`/facilities/{code}/enrolments`, and `/enrolments/redeem`, which needs no log-in but a code."""

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from services.api.access.caller import CallerGiven
from services.api.access.find import locked_facility, watched_facility
from services.api.access.transactions import changing, reading
from services.api.enrolment import issuing, queries, redeeming
from services.api.enrolment.redeeming import Guest
from services.api.enrolment.schemas import (
    EnrolledOut,
    EnrolmentIn,
    EnrolmentIssuedOut,
    EnrolmentOut,
    RedeemIn,
)
from services.api.http.correlation import trace_id_of
from services.api.inputs import FacilityCode
from services.api.openapi import problems
from services.api.paging import Page, PagingGiven
from services.api.problems import ConflictError, MissingError
from services.api.resources import Given, Resources
from shared.domain.access import Action
from shared.domain.deeds import Deed, Subject, Verb
from shared.runtime import logging

log = logging.get(__name__)
router = APIRouter(tags=["enrolment"])
EnrolmentId = Annotated[int, Path(alias="enrolment", ge=1, le=2**63 - 1)]


@router.get(
    "/facilities/{code}/enrolments",
    operation_id="list_enrolments",
    responses=problems(401, 403, 404, 422),
)
async def list_enrolments(
    code: FacilityCode, caller: CallerGiven, resources: Given, paging: PagingGiven
) -> Page[EnrolmentOut]:
    """Devices that came into service by code, or may yet, the newest first."""
    async with reading(resources, caller) as connection:
        facility = await watched_facility(connection, code, caller)
        caller.must_be_able_to(Action.MANAGE_DEVICES, facility)
        rows = await queries.of_facility(
            connection,
            facility.id,
            before=paging.before_moment(),
            limit=paging.fetch,
            now=resources.now(),
        )
    return paging.page(rows, lambda row: row, lambda row: (row.issued_at, row.id))


@router.post(
    "/facilities/{code}/enrolments",
    status_code=201,
    operation_id="issue_enrolment",
    responses=problems(401, 403, 404, 409, 422),
)
async def issue(
    code: FacilityCode,
    given: EnrolmentIn,
    caller: CallerGiven,
    resources: Given,
    request: Request,
    response: Response,
) -> EnrolmentIssuedOut:
    """A one-time code for a device, good for 15 minutes and shown this once.

    The device is registered when it redeems the code, so a code that nobody uses leaves nothing.
    """
    made = await issuing.issue(resources, caller, code, given, site=site_of(resources, request))
    log.info("enrolment_issued", facility=code, device=made.device)
    response.headers["Location"] = f"/api/v1/facilities/{code}/enrolments/{made.id}"
    return made


@router.get(
    "/facilities/{code}/enrolments/{enrolment}",
    operation_id="read_enrolment",
    responses=problems(401, 403, 404, 422),
)
async def read(
    code: FacilityCode, enrolment: EnrolmentId, caller: CallerGiven, resources: Given
) -> EnrolmentOut:
    """How far one has come."""
    async with reading(resources, caller) as connection:
        facility = await watched_facility(connection, code, caller)
        caller.must_be_able_to(Action.MANAGE_DEVICES, facility)
        found = await queries.one(connection, facility.id, enrolment, now=resources.now())
    if found is None:
        raise MissingError("enrolment")
    return found


@router.delete(
    "/facilities/{code}/enrolments/{enrolment}",
    status_code=204,
    operation_id="cancel_enrolment",
    response_class=Response,
    responses=problems(401, 403, 404, 409, 422),
)
async def cancel(
    code: FacilityCode, enrolment: EnrolmentId, caller: CallerGiven, resources: Given
) -> None:
    """Let the code open nothing any more. What came into service by it already, stays."""
    deed = Deed(Verb.REVOKE, Subject.ENROLMENT, code, code, {"enrolment": enrolment})
    async with changing(resources, caller, deed) as connection:
        facility = await locked_facility(connection, code, caller, Action.MANAGE_DEVICES)
        now = resources.now()
        found = await queries.one(connection, facility.id, enrolment, now=now)
        if found is None:
            raise MissingError("enrolment")
        if not await queries.cancel(connection, enrolment, now=now):
            raise ConflictError(
                f"This code is {found.state} already: it opens nothing.", code="not_open"
            )


@router.post(
    "/enrolments/redeem",
    status_code=201,
    operation_id="redeem_enrolment",
    responses=problems(404, 409, 422, 429),
)
async def redeem(given: RedeemIn, resources: Given, request: Request) -> EnrolledOut:
    """For a device: its one-time code for what it logs in to the broker with. Once, no log-in."""
    return await redeeming.redeem(resources, given, guest_of(request))


def guest_of(request: Request) -> Guest:
    return Guest(request.client.host if request.client else "", trace_id_of(request.scope))


def site_of(resources: Resources, request: Request) -> str:
    """Where our pages are, as it was set; else as whoever asks reaches them."""
    return (resources.settings.console_url or str(request.base_url)).rstrip("/")
